"""The piece of a document that one requirement stands in: a list's item, a paragraph, or the section of its heading."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.engine import Engine

Span = tuple[int, int]

_ITEM: Final = re.compile(rb"([ \t]*)(?:[-*+]|\d+[.)])[ \t]")
_HEADING: Final = re.compile(rb"#{1,6}[ \t]")


def clause_at(engine: Engine, path: str, offset: int) -> Span | None:
    """The smallest clause around a byte; None where the document has none there, or no text."""
    around = [span for span in clauses(engine, path) if span[0] <= offset <= span[1]]
    return min(around, key=lambda span: span[1] - span[0], default=None)


def clauses(engine: Engine, path: str) -> Iterator[Span]:
    """All clauses of a document, in no order; a list's items and the list itself are clauses both."""
    data = engine.text(path) or b""
    facts = engine.spec_facts(path)
    for block in _blocks(data):
        if not _HEADING.match(data, block[0]):
            yield block
            yield from _items(data, block)
    headings = {start: (start, end) for _, _, start, end in (facts.headings if facts is not None else ())}
    for one in facts.requirements if facts is not None else ():
        line = data.rfind(b"\n", 0, one.start) + 1
        if section := headings.get(line) or headings.get(one.start):
            yield section[0], section[0] + len(data[slice(*section)].rstrip())


def _blocks(data: bytes) -> Iterator[Span]:
    """Lines up to the next empty one, without the last line's end."""
    start = at = 0
    for line in data.splitlines(keepends=True):
        if not line.strip():
            if at > start:
                yield start, at - 1
            start = at + len(line)
        at += len(line)
    if at > start:
        yield start, start + len(data[start:].rstrip())


def _items(data: bytes, block: Span) -> Iterator[Span]:
    """The items of a list, each with what is indented below it."""
    opened: list[tuple[int, int]] = []  # indentation and first byte
    at = block[0]
    for line in data[slice(*block)].splitlines(keepends=True):
        if (item := _ITEM.match(line)) is not None:
            depth = len(item[1].expandtabs(4))
            while opened and opened[-1][0] >= depth:
                yield opened.pop()[1], at - 1
            opened.append((depth, at))
        at += len(line)
    for _, start in opened:
        yield start, block[1]
