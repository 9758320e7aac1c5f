"""A small order book."""
