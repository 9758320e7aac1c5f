"""Names that an example calls, raises, derives from or decorates with, and that nothing in sight defines."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from vt_lsp.specs.example_values import text_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tree_sitter import Node

# Those of Python 2 too: examples are older than the code.
_BUILTINS = frozenset(dir(builtins)) | frozenset(
    "apply basestring buffer cmp coerce execfile file intern long raw_input reduce reload unichr unicode xrange".split()
)
_LEFT_SIDES = {"function_definition": "name", "class_definition": "name", "keyword_argument": "name"}


def undefined_names(root: Node, known: Collection[str]) -> Iterator[tuple[Node, str]]:
    """Identifiers at places where a callable or a class is meant, each with the place.

    ``known`` are the names that the fence and its predecessors bind. Places: ``decorator``, ``call``, ``raise`` (also
    the callee of what is raised), ``base``.
    """
    for node in _identifiers(root):
        name = text_of(node)
        if name in known or name in _BUILTINS:
            continue
        place = _place(node)
        if place:
            yield node, place


def used_names(root: Node) -> set[str]:
    """All identifiers that are no targets of imports."""
    return {text_of(node) for node in _identifiers(root)}


def _identifiers(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in ("import_statement", "import_from_statement", "future_import_statement"):
            continue
        if node.type == "identifier":
            yield node
        skipped = node.child_by_field_name(_LEFT_SIDES[node.type]) if node.type in _LEFT_SIDES else None
        if node.type == "attribute":
            skipped = node.child_by_field_name("attribute")
        stack.extend(child for child in reversed(node.named_children) if child != skipped)


def _place(node: Node) -> str:
    above = node.parent
    if above is None:
        return ""
    is_call = above.type == "call" and above.child_by_field_name("function") == node
    outer = above.parent if is_call else above
    if outer is None:
        return ""
    if outer.type == "decorator":
        return "decorator"
    if outer.type == "raise_statement":
        return "raise"
    if outer.type == "argument_list" and not is_call:
        return "base" if outer.parent is not None and outer.parent.type == "class_definition" else ""
    return "call" if is_call else ""
