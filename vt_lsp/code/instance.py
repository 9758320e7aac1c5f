"""Attributes that methods give to their instance: ``self.x = …``, ``self.x: T = …``, ``setattr(self, "x", …)``.

A regular expression finds the candidates and the tree confirms each: walking all method bodies would cost as much as
parsing them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from vt_lsp.code import grammar as g
from vt_lsp.models import Symbol

if TYPE_CHECKING:
    from tree_sitter import Node

    from vt_lsp.code.pieces import Context, Owner

_FIRST_PARAMETER = re.compile(rb"\(\s*([^\W\d]\w*)\s*[,):]")
_SETATTR = re.compile(
    rb"(?<![\w.])setattr\(\s*(?:self|cls|type\(self\)|self\.__class__|__class__)\s*,\s*(?:[\"'](\w+)[\"']\s*,)?"
)
_NAMESPACE = re.compile(
    rb"(?:self|cls)\.__dict__\s*(?:=[^=]|\[[^\]]*\]\s*=[^=]|\.(?:update|setdefault)\b)|vars\(self\)"
)


@lru_cache(maxsize=64)
def _assignment(first: bytes) -> re.Pattern[bytes]:
    # What follows the name may end a target: `=`, `:`, `,`, `)`, `]`, `in`, or `as self.x:`.
    return re.compile(re.escape(first) + rb"\.([^\W\d]\w*)[ \t]*(?:=(?!=)|:(?!=)|[,)\]]|in\b)")


def read_instance_attributes(context: Context, owner: Owner) -> None:
    """Add what the methods of a class assign to its instances; the first assignment counts, an annotated one more."""
    found: dict[str, Symbol] = {}
    for method in owner.methods:
        parameters = method.child_by_field_id(g.PARAMETERS)
        body = method.child_by_field_id(g.BODY)
        if parameters is None or body is None:
            continue
        first = _FIRST_PARAMETER.match(context.data, parameters.start_byte, parameters.end_byte)
        if first is None:
            continue
        for match in _assignment(first[1]).finditer(context.data, body.start_byte, body.end_byte):
            name = match[1].decode("utf-8", "replace")
            known = found.get(name)
            if name in owner.names or (known is not None and (known.annotation or match[0][-1:] != b":")):
                continue
            symbol = _confirmed(context, method, match, owner.prefix + name)
            if symbol is not None and (known is None or symbol.annotation):
                found[name] = symbol
    context.piece.symbols += found.values()
    owner.names |= found.keys()


def _confirmed(context: Context, method: Node, match: re.Match[bytes], name: str) -> Symbol | None:
    """The symbol of ``self.x`` if the tree agrees that it is a target of an assignment, a loop or a ``with``."""
    start, end = match.span(1)
    label = method.descendant_for_byte_range(start, end)
    target = label.parent if label is not None and label.type == "identifier" else None
    if target is None or target.type != "attribute" or target.start_byte != match.start():
        return None
    above = target.parent
    if above is not None and above.type == "assignment":
        if above.child_by_field_id(g.LEFT) != target:
            return None
        right = above.child_by_field_id(g.RIGHT)
        while right is not None and right.type == "assignment":
            right = right.child_by_field_id(g.RIGHT)
        annotation = context.text(above.child_by_field_id(g.TYPE))
        return _symbol(name, above, start, annotation, context.value(right))
    return _symbol(name, target, start, "", "") if _is_target(target) else None


def _symbol(name: str, node: Node, name_start: int, annotation: str, value: str) -> Symbol:
    return Symbol(name, "attribute", node.start_byte, node.end_byte, name_start, annotation=annotation, value=value)


def _is_target(node: Node) -> bool:
    """A part of a tuple target, the name of a ``for`` or of an ``as``."""
    for _ in range(20):
        above = node.parent
        if above is None:
            return False
        if above.type in {"assignment", "for_statement", "for_in_clause"}:
            return above.child_by_field_id(g.LEFT) == node
        if above.type == "as_pattern_target":
            return True
        if above.type not in g.PATTERNS:
            return False
        node = above
    return False


def read_dynamic_attributes(context: Context, owner: Owner, start: int, end: int) -> None:
    """Add ``setattr(self, "x", …)`` between two offsets; a name that is not written out opens the class."""
    if context.data.find(b"setattr(", start, end) >= 0:
        for match in _SETATTR.finditer(context.data, start, end):
            if match[1] is None:
                owner.is_open = True
                continue
            name = match[1].decode("utf-8", "replace")
            if name not in owner.names:
                owner.names.add(name)
                symbol = Symbol(owner.prefix + name, "attribute", *match.span(), match.start(1))
                context.piece.symbols.append(symbol)
    if not owner.is_open and (
        context.data.find(b"__dict__", start, end) >= 0 or context.data.find(b"vars(self)", start, end) >= 0
    ):
        owner.is_open = _NAMESPACE.search(context.data, start, end) is not None
