"""What is seen only in a whole file: names bound from afar, and tricks after which absent names prove nothing."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.code import grammar as g
from vt_lsp.models import Symbol

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from tree_sitter import Node

_GLOBAL = re.compile(rb"global[ \t]+(%b(?:[ \t]*,[ \t]*%b)*)" % (g.IDENTIFIER, g.IDENTIFIER))
_WORD = re.compile(g.IDENTIFIER)
# Begins with a plain word: the regular expression engine then skips to it quickly.
_SETATTR = re.compile(rb"setattr\(\s*(%b)\s*,\s*(?:[\"'](%b)[\"']\s*,)?" % (g.IDENTIFIER, g.IDENTIFIER))
_SELF = frozenset({b"self", b"cls", b"__class__", b"type"})
_DYNAMIC = re.compile(
    rb"globals\(\)\s*(?:\[[^\]\n]*\]\s*=[^=]|\.(?:update|setdefault|__setitem__)\b)"
    rb"|=\s*globals\(\)\s*(?:$|[;#])"
    rb"|sys\.modules\[\s*__name__\s*\]\s*(?:=[^=]|\.__class__\s*=|\.__dict__|,)"
    rb"|setattr\(\s*sys\.modules|^del\s+sys\.modules\["
    # A helper at module level that fills the namespace: `copy_globals(other, globals())`.
    rb"|^[\w.]+\([^\n]{0,200}\bglobals\(\)",
    re.MULTILINE,
)
_NOT_WORD = bytes(c if c >= 0x80 or chr(c).isalnum() or c == 0x5F else 0x20 for c in range(256))
_BOM = b"\xef\xbb\xbf"
_BLOCK = 4096

Words = dict[bytes, None]


def words(data: bytes) -> Words:
    """Every identifier-like word of a text once, in the order of first appearance."""
    return _words(data.removeprefix(_BOM))


def _words(data: bytes) -> Words:
    return dict.fromkeys(data.translate(_NOT_WORD).split())


class EditedWords:
    """The :func:`words` of a text that is edited, kept for blocks of lines: an edit splits few of them."""

    def __init__(self, size: int = _BLOCK) -> None:
        """The text is empty; blocks have ``size`` bytes and the rest of their last line."""
        self._size = size
        self._blocks: list[tuple[int, Words]] = []  # size in bytes and words; no word crosses the end of a line

    def edit(self, data: bytes, span: tuple[int, int, int]) -> Words:
        """The words of the next text ``data``; ``span`` as from :func:`vt_lsp.text.changed_span`."""
        start, old_end, new_end = span
        blocks = self._blocks
        first = begin = 0
        while first < len(blocks) - 1 and begin + blocks[first][0] <= start:
            begin += blocks[first][0]
            first += 1
        last, end = first, begin
        while last < len(blocks) and end <= old_end:  # also the block behind a line end that may be gone
            end += blocks[last][0]
            last += 1
        fresh = list(_cut(data[begin : end + new_end - old_end], self._size))
        blocks[first:last] = [(len(block), _words(block)) for block in fresh]
        if not begin and fresh:
            blocks[0] = len(fresh[0]), words(fresh[0])
        return dict.fromkeys(chain.from_iterable(found for _, found in blocks))


def _cut(data: bytes, size: int) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        stop = data.find(b"\n", start + size) + 1 or len(data)
        yield data[start:stop]
        start = stop


def is_dynamic(data: bytes, known: Container[bytes]) -> bool:
    """The module's names are made at run time, by the spelling of the usual tricks; ``known`` are its words."""
    if b"globals" not in known and b"modules" not in known:
        return False
    return _DYNAMIC.search(data) is not None


def globals_from_functions(data: bytes, root: Node, symbols: Sequence[Symbol]) -> list[Symbol]:
    """The module variables that functions declare ``global`` and the module itself does not define."""
    known: set[str] = set()
    found: list[Symbol] = []
    for match in _GLOBAL.finditer(data):
        node = root.descendant_for_byte_range(match.start(), match.start() + 6)
        if node is None or node.parent is None or node.parent.type != "global_statement":
            continue
        known = known or {symbol.name for symbol in symbols}
        for word in _WORD.finditer(data, *match.span(1)):
            name = word[0].decode("utf-8", "replace")
            if name not in known:
                known.add(name)
                found.append(Symbol(name, "variable", *word.span(), word.start()))
    return found


def with_outside_attributes(data: bytes, symbols: list[Symbol]) -> list[Symbol]:
    """Apply ``setattr(Foo, "bar", …)``; a name that is not written out makes the class open."""
    calls = [match for match in _SETATTR.finditer(data) if match[1] not in _SELF]
    if not calls:
        return symbols
    classes = {symbol.name.encode(): symbol.name for symbol in symbols if symbol.kind == "class"}
    opened: set[str] = set()
    known = {symbol.name for symbol in symbols}
    found: list[Symbol] = []
    for match in calls:
        owner = classes.get(match[1])
        if owner is None or (match.start() and g.IN_WORD.match(data, match.start() - 1)):
            continue
        if match[2] is None:
            opened.add(owner)
            continue
        name = f"{owner}.{match[2].decode('utf-8', 'replace')}"
        if name not in known:
            known.add(name)
            found.append(Symbol(name, "attribute", *match.span(), match.start(2)))
    return [_opened(symbol) if symbol.name in opened else symbol for symbol in symbols] + found


def _opened(symbol: Symbol) -> Symbol:
    if symbol.kind != "class" or "open" in symbol.flags:
        return symbol
    return msgspec.structs.replace(symbol, flags=(*symbol.flags, "open"))


def exports(steps: Sequence[tuple[str, tuple[str, ...]]]) -> tuple[str, ...] | None:
    """``__all__`` after its steps; None if there is none or a step cannot be read."""
    if not steps or any(sign == "?" for sign, _ in steps):
        return None
    names: dict[str, None] = {}
    for sign, listed in steps:
        for name in listed:
            if sign == "-":
                names.pop(name, None)
            else:
                names[name] = None
    return tuple(names)
