"""Files on disk, editor overlays, the cache, git history, and the index in memory."""
