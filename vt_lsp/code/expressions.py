"""Small expressions to Python's own syntax trees; nothing is run."""

from __future__ import annotations

import ast
import warnings
from typing import Final

LIMIT: Final = 500
"""Longer texts are not parsed, in characters."""


class UnclearError(Exception):
    """The text means something that is not understood here."""


def parse_expression(text: str) -> ast.expr:
    """The tree of one expression.

    Raises:
        UnclearError: the text is too long, too deep or no expression.
    """
    if len(text) > LIMIT:
        raise UnclearError
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes in foreign strings are not our business
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnclearError from error


def dotted_name(node: ast.expr) -> str:
    """``a.b.c`` of a name or an attribute.

    Raises:
        UnclearError: the expression is something else.
    """
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise UnclearError
    return ".".join([node.id, *reversed(parts)])
