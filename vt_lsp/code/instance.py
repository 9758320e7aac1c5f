"""Attributes that methods give to their instance: ``self.x = …``, ``self.x: T = …``, ``setattr(self, "x", …)``.

``self.__dict__["x"] = …`` is one, too. A regular expression finds the candidates and the tree confirms each: walking
all method bodies would cost as much as parsing them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code import grammar as g
from vt_lsp.models import Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from vt_lsp.code.pieces import Context, Owner

_FIRST_PARAMETER = re.compile(rb"\(\s*(%b)\s*[,):]" % g.IDENTIFIER)
# A target is followed by `=`, by an annotation, or by the rest of a tuple that is assigned to or looped over.
_TARGET = rb"\.(%b)[ \t]*+(?:=(?!=)|:(?=[ \t]*[^\s=#])|in\b|(?=[,)\]][^\n=]{0,200}(?:=[^=]|\bin\b)))" % g.IDENTIFIER
# They begin with a plain word: the regular expression engine then skips to it quickly.
OF_SELF = re.compile(rb"self" + _TARGET)
_OF_CLS = re.compile(rb"cls" + _TARGET)
_OF_AS = re.compile(rb"as (?:self|cls)\.(%b)[ \t]*+:[ \t\r]*\n" % g.IDENTIFIER)
_SETATTR = re.compile(
    rb"setattr\(\s*(?:self|cls|type\(self\)|self\.__class__|__class__)\s*,\s*(?:[\"'](%b)[\"']\s*,)?" % g.IDENTIFIER
)
_NAMESPACE = re.compile(
    rb"(?:self|cls)\.__dict__\s*(?:=[^=]|\[(?![\"'])[^\]]*\]\s*=[^=]|\.(?:update|setdefault)\b)"
    rb"|(?<![\w.\x80-\xff])vars\(self\)|self\.__class__\s*=[^=]"
)
# What a metaclass does that gives its classes names which nobody wrote out.
_MAKES_NAMES = re.compile(
    rb"\bsetattr\b|__(?:getattr|getattribute|prepare|dict)__|\bvars\(|\.(?:update|setdefault|pop)\(|\*\*\{"
    rb"|\[\s*[^\"'\s\]][^\]\n]{0,200}\]\s*=(?!=)"
)
_KEY = re.compile(rb"\[\s*[\"'](%b)[\"']\s*\]\s*=(?!=)" % g.IDENTIFIER)
_TRICKS = (b"__dict__", b"vars", b"__class__")
_IN_NAMESPACE = re.compile(rb"(?:self|cls)\.__dict__\s*\[\s*[\"'](%b)[\"']\s*\]\s*=(?!=)" % g.IDENTIFIER)


def read_instance_attributes(context: Context, owner: Owner, body: Node) -> None:
    """Add what the methods of a class assign to its instances; the first assignment counts, an annotated one more."""
    data, start, end = context.data, body.start_byte, body.end_byte
    matches = list(OF_SELF.finditer(data, start, end))
    if b"cls" in context.words:
        matches += _OF_CLS.finditer(data, start, end)
    if data.find(b"as self.", start, end) >= 0:
        matches += _OF_AS.finditer(data, start, end)
    for method in owner.unusual_methods:
        matches += _unusual(context, method)
    found: dict[str, Symbol] = {}
    for match in matches:
        name = match[1].decode("utf-8", "replace")
        known = found.get(name)
        if name in owner.names or (known is not None and (known.annotation or match[0][-1:] != b":")):
            continue
        if owner.nested and any(first <= match.start() < last for first, last in owner.nested):
            continue
        symbol = _confirmed(context, body, match, owner.prefix + name)
        if symbol is not None and (known is None or symbol.annotation):
            found[name] = symbol
    context.piece.symbols += found.values()
    owner.names |= found.keys()


def _unusual(context: Context, method: Node) -> Iterator[re.Match[bytes]]:
    """Candidates in a method whose first parameter has a name of its own."""
    parameters = method.child_by_field_id(g.PARAMETERS)
    if parameters is None:
        return iter(())
    first = _FIRST_PARAMETER.match(context.data, parameters.start_byte, parameters.end_byte)
    if first is None or first[1] in {b"self", b"cls"}:
        return iter(())
    return re.compile(re.escape(first[1]) + _TARGET).finditer(context.data, parameters.end_byte, method.end_byte)


def _confirmed(context: Context, body: Node, match: re.Match[bytes], name: str) -> Symbol | None:
    """The symbol of ``self.x`` if the tree agrees that it is a target of an assignment, a loop or a ``with``."""
    start = match.start()
    node = body.descendant_for_byte_range(start, match.end())
    if node is not None and node.type == "assignment" and node.start_byte == start:
        right = node.child_by_field_id(g.RIGHT)
        while right is not None and right.type == "assignment":
            right = right.child_by_field_id(g.RIGHT)
        if context.is_guess(node):
            return _symbol(name, node, match.start(1), "", "")
        annotation = context.text(node.child_by_field_id(g.TYPE))
        return _symbol(name, node, match.start(1), annotation, context.value(right))
    label = body.descendant_for_byte_range(*match.span(1))
    target = label.parent if label is not None else None
    if target is None or target.type != "attribute" or not _is_target(target):
        return None
    first = target.children[0]
    if first.type != "identifier" or context.text(first) not in match[0].decode("utf-8", "replace"):
        return None
    return _symbol(name, target, match.start(1), "", "")


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


def read_dynamic_attributes(context: Context, owner: Owner, body: Node) -> None:
    """Add ``setattr(self, "x", …)`` and the like in methods; a name that is not written out opens the class."""
    start, end = body.start_byte, body.end_byte
    if b"setattr" in context.words:
        for match in _SETATTR.finditer(context.data, start, end):
            if g.IN_WORD.match(context.data, match.start() - 1):
                continue
            if match[1] is None:
                owner.is_open = True
                continue
            _record_dynamic(context, owner, match)
    if b"__dict__" in context.words:
        for match in _IN_NAMESPACE.finditer(context.data, start, end):
            _record_dynamic(context, owner, match)
    if not owner.is_open and any(word in context.words for word in _TRICKS):
        owner.is_open = _NAMESPACE.search(context.data, start, end) is not None


def read_namespace_keys(context: Context, owner: Owner, body: Node) -> bool:
    """Add the names that a metaclass writes into the namespace of its classes; false if it may make others, too."""
    start, end = body.start_byte, body.end_byte
    if _MAKES_NAMES.search(context.data, start, end):
        return False
    for match in _KEY.finditer(context.data, start, end):
        _record_dynamic(context, owner, match)
    return True


def _record_dynamic(context: Context, owner: Owner, match: re.Match[bytes]) -> None:
    """Add the attribute that the first group of ``match`` names."""
    name = match[1].decode("utf-8", "replace")
    if name not in owner.names:
        owner.names.add(name)
        symbol = Symbol(owner.prefix + name, "attribute", *match.span(), match.start(1))
        context.piece.symbols.append(symbol)
