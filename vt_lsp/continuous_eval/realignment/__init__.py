"""A drift in, its ways out: edits of the spec or of the code, proven and ranked; one file per kind of edit."""
