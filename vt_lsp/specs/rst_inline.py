"""Literals, interpreted text and links inside one block of reStructuredText."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import tree_sitter_rst
from tree_sitter import Language, Parser

from vt_lsp.specs.inline import MAX_BYTES, Inline

if TYPE_CHECKING:
    from tree_sitter import Node

_PARSER = Parser(Language(tree_sitter_rst.language()))
# Sphinx's roles of the Python domain say that a definition is meant.
_DEFINITIONS = frozenset("class meth func attr mod exc data obj const deco any autolink".split())
_SHOWN = frozenset("file option envvar code literal command program samp setting".split())
_TARGET = re.compile(rb"[^<>]*<([^<>]+)>\s*")
_MARKS = re.compile(rb"[!~]?@?-?")


def parse_inline(text: bytes) -> tuple[Inline, ...]:
    """The spans of one block's text in the order of their start; none if the text is longer than ``MAX_BYTES``."""
    if len(text) > MAX_BYTES or b"`" not in text:
        return ()
    found: list[Inline] = []
    stack = [_PARSER.parse(text).root_node]
    while stack:
        node = stack.pop()
        if node.type == "literal":
            if node.end_byte - node.start_byte > 4:
                found.append(Inline("code", node.start_byte, node.end_byte, node.start_byte + 2, node.end_byte - 2))
        elif node.type == "interpreted_text":
            found += _interpreted(node, text)
        elif node.type == "reference":
            found += _link(node, text)
        else:
            stack.extend(reversed(node.named_children))
    return tuple(found)


def _interpreted(node: Node, text: bytes) -> list[Inline]:
    """Interpreted text as code, unless its role says that it is something else."""
    start, end = node.start_byte, node.end_byte
    role = next((child for child in node.named_children if child.type == "role"), None)
    name = text[role.start_byte : role.end_byte].strip(b":").decode("ascii", "replace") if role is not None else ""
    name = name.rpartition(":")[2]
    inner_start = text.find(b"`", start, end) + 1
    inner_end = text.rfind(b"`", start, end)
    if not 0 < inner_start < inner_end:
        return []
    target = _TARGET.fullmatch(text, inner_start, inner_end)
    if target is not None:
        inner_start, inner_end = target.span(1)
    if name in _DEFINITIONS:
        marks = _MARKS.match(text, inner_start, inner_end)
        inner_start = marks.end() if marks else inner_start
        return [Inline("code", start, end, inner_start, inner_end, is_reference=True)]
    return [Inline("code", start, end, inner_start, inner_end)] if not name or name in _SHOWN else []


def _link(node: Node, text: bytes) -> list[Inline]:
    start, end = node.start_byte, node.end_byte
    target = _TARGET.fullmatch(text, start + 1, text.rfind(b"`", start, end))
    if target is None:
        return []
    shown = start + 1, text.find(b"<", start, end)
    return [Inline("link", start, end, *shown, *target.span(1))]
