"""Python text to facts: what a file defines, read without importing anything."""
