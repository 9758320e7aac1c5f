"""Classes that are made by a call: ``namedtuple("P", "x y")``, ``Enum("E", "A B")``, ``TypedDict("T", {…})``."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from vt_lsp.code import grammar as g
from vt_lsp.models import Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from vt_lsp.code.pieces import Context
    from vt_lsp.models import SymbolKind

_FLAG = {"namedtuple": "namedtuple", "NamedTuple": "namedtuple", "TypedDict": "typeddict"}
_STRING = re.compile(r"""[rRuU]?(["']{1,3})([^"'\\]*)\1""")
_WORD = re.compile(r"[^\W\d]\w*")
_HARMLESS = frozenset({"module", "qualname", "type", "start", "boundary", "rename", "total", "closed"})

Member = tuple[str, int, int, str, str]  # name, first and last byte, annotation (what a pair has second), value


class _UnreadableError(Exception):
    """The members are computed."""


def class_from_call(  # noqa: PLR0913, PLR0917 - a definition and its place
    context: Context, node: Node, label: Node, call: Node, name: str, flags: tuple[str, ...]
) -> list[Symbol]:
    """The class and its members, or nothing if the call does not begin with the name of a class."""
    callee = context.text(call.child_by_field_id(g.FUNCTION))
    listing = call.child_by_field_id(g.ARGUMENTS)
    arguments = [] if listing is None else [child for child in listing.named_children if child.type != "comment"]
    if not arguments or arguments[0].type != "string":
        return []
    flag = _FLAG.get(g.last_name(callee), "enum")
    try:
        members = _members(context, flag, arguments[1:])
    except _UnreadableError:
        members, flags = [], (*flags, "open")
    kind: SymbolKind = "enum-member" if flag == "enum" else "field"
    head = Symbol(
        name,
        "class",
        node.start_byte,
        node.end_byte,
        label.start_byte,
        bases=(callee,),
        flags=(*flags, flag),
    )
    return [
        head,
        *(
            Symbol(f"{name}.{member}", kind, start, end, start, annotation=annotation, value=value)
            for member, start, end, annotation, value in members
        ),
    ]


def _members(context: Context, flag: str, arguments: list[Node]) -> list[Member]:
    listing: Node | None = None
    defaults: list[str] = []
    for argument in arguments:
        if argument.type != "keyword_argument":
            if listing is not None:
                raise _UnreadableError
            listing = argument
            continue
        key = context.text(argument.child_by_field_id(g.NAME))
        value = argument.child_by_field_id(g.VALUE)
        if key in {"names", "field_names", "fields"}:
            listing = value
        elif key == "defaults" and value is not None and value.type in {"tuple", "list"}:
            defaults = [context.value(child) for child in value.named_children]
        elif key == "defaults" or key not in _HARMLESS:
            raise _UnreadableError
    if listing is None:
        raise _UnreadableError
    members = list(_listed(context, listing))
    if flag == "enum":
        return [(name, start, end, "", second) for name, start, end, second, _ in members]
    if defaults and flag == "namedtuple":
        values = chain([""] * (len(members) - len(defaults)), defaults)
        return [(*member[:4], value) for member, value in zip(members, values, strict=False)]
    return members


def _listed(context: Context, listing: Node) -> Iterator[Member]:
    """Names in one string, a list of names, a list of pairs, or a dict."""
    if listing.type == "string":
        text, start = _string(context, listing)
        for match in _WORD.finditer(text):
            yield match[0], start + match.start(), start + match.end(), "", ""
        return
    if listing.type not in {"list", "tuple", "dictionary"}:
        raise _UnreadableError
    for item in listing.named_children:
        if item.type == "string":
            name, start = _string(context, item)
            yield name, start, start + len(name), "", ""
        elif item.type in {"tuple", "list", "pair"}:
            parts = [child for child in item.named_children if child.type != "comment"]
            if len(parts) != 2 or parts[0].type != "string":
                raise _UnreadableError
            name, start = _string(context, parts[0])
            second = context.value(parts[1])
            yield name, start, start + len(name), second, ""
        elif item.type != "comment":
            raise _UnreadableError


def _string(context: Context, node: Node) -> tuple[str, int]:
    """The text of a plain string and the offset of its first character."""
    raw = context.text(node)
    match = _STRING.fullmatch(raw)
    if match is None or not raw.isascii():
        raise _UnreadableError
    return match[2], node.start_byte + match.start(2)
