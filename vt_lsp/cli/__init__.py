"""The engine from a terminal and from CI."""
