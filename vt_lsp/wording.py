"""How numbers are said to people, the same in a terminal and in an editor."""

from __future__ import annotations


def plural(number: int, noun: str) -> str:
    """``1 drift``, ``2 drifts``, ``no drift``."""
    return f"{number or 'no'} {noun}{'s' * (number > 1)}"
