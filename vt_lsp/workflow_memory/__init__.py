"""The workflow memory: what was decided, what became of it, and what it means for what is decided next."""
