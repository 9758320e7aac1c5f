"""Where the docstrings of classes and functions stand; what they say is for :mod:`vt_lsp.specs.docstrings` to read."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.models import Symbol

_STRING = rb"\"[^\"\n\\]*\"|'[^'\n\\]*'"
_BASES = re.compile(rb"[ \t]*(?:\((?:[^()\"'#]|#[^\n]*|%b|\((?:[^()\"'#]|%b)*\))*+\))?[ \t]*(?=:)" % (_STRING, _STRING))
_RETURNS = rb"[ \t]*->[ \t]*"
_OPENING = re.compile(rb"[ \t]*:[ \t]*(?:(?:#[^\n]*)?\r?\n[ \t]*)++[rRuU]?(\"\"\"|''')")
_KINDS = frozenset({"class", "function", "method"})
_CLOSING = {
    b'"""': re.compile(rb"(?:[^\"\\]|\\.|\"(?!\"\"))*+", re.DOTALL),
    b"'''": re.compile(rb"(?:[^'\\]|\\.|'(?!''))*+", re.DOTALL),
}


class Docstring(NamedTuple):
    """The text of a docstring is ``data[start:end]``, as it is written, without its quotes."""

    owner: Symbol
    start: int
    end: int


def docstrings(data: bytes, symbols: Sequence[Symbol], marks: Sequence[int]) -> Iterator[Docstring]:
    """The docstrings in triple quotes of ``symbols`` in which one of the offsets ``marks`` (sorted) lies.

    A definition whose header is unusual has none.
    """
    for symbol in symbols:
        if symbol.kind not in _KINDS:
            continue
        nearest = bisect_left(marks, symbol.name_start)
        if nearest == len(marks) or marks[nearest] >= symbol.end:
            continue
        opening = _opening(data, symbol)
        if opening is None:
            continue
        closing = _CLOSING[opening[1]].match(data, opening.end(), symbol.end)
        if closing is not None and data.startswith(opening[1], closing.end()) and marks[nearest] < closing.end():
            yield Docstring(symbol, opening.end(), closing.end())


def _opening(data: bytes, symbol: Symbol) -> re.Match[bytes] | None:
    """The rest of the definition's header, up to the quotes that open its docstring."""
    at = symbol.name_start + len(symbol.name.rpartition(".")[2].encode())
    if symbol.kind == "class":
        bases = _BASES.match(data, at, symbol.end)
        return _OPENING.match(data, bases.end(), symbol.end) if bases is not None else None
    for part, before in ((symbol.signature, b""), (symbol.returns, _RETURNS)):
        if part:
            text = part.encode()
            lead = re.compile(before).match(data, at)
            if lead is None or not data.startswith(text, lead.end()):
                return None
            at = lead.end() + len(text)
    return _OPENING.match(data, at, symbol.end)
