"""Judging what the specs claim against what the code has."""
