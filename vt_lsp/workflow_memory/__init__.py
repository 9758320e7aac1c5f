"""The memory of decisions: what was decided, why, and what became of it."""
