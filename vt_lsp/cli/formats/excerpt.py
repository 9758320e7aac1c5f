"""A line of source, cut to the width of a terminal around the span that matters; pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from vt_lsp.cli.result import Texts
    from vt_lsp.models import Place

_TAB: Final = "    "
_ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One line as it is shown. ``start`` and ``end`` are terminal cells of the marked span inside ``text``."""

    number: int
    text: str
    start: int
    end: int


def clean(text: str) -> str:
    """Text that a terminal only shows: tabs become spaces, control and direction characters a visible mark."""
    return "".join(map(_shown, text))


def _shown(char: str) -> str:
    if char == "\t":
        return _TAB
    return "�" if unicodedata.category(char) in ("Cc", "Cf", "Cs") else char


def excerpt(texts: Texts, place: Place, width: int) -> Excerpt:
    """The first line of a place, cut to ``width`` cells so that its span can be seen."""
    lines = texts.lines(place.path)
    span = texts.span(place)
    line = lines.line_text(span.line - 1)
    stop = span.end_column - 1 if span.end_line == span.line else len(line)
    head, marked, tail = line[: span.column - 1], line[span.column - 1 : stop], line[stop:]
    indent = len(head) - len(head.lstrip())
    return _fit(span.line, clean(head[indent:]), clean(marked), clean(tail), max(width, 8))


def around(texts: Texts, place: Place, context: int) -> tuple[Excerpt, ...]:
    """The lines of a place, at most 12 and marked, and ``context`` lines before and after."""
    lines = texts.lines(place.path)
    span = texts.span(place)
    last = span.end_line if span.end_column > 1 else max(span.line, span.end_line - 1)
    last = min(last, span.line + 11)
    shown = []
    for number in range(max(1, span.line - context), min(lines.count, last + context) + 1):
        text = lines.line_text(number - 1)
        start = end = 0
        if span.line <= number <= last:
            first = span.column - 1 if number == span.line else len(text) - len(text.lstrip())
            stop = span.end_column - 1 if number == span.end_line else len(text)
            start, end = cell_len(clean(text[:first])), cell_len(clean(text[:stop]))
        shown.append(Excerpt(number, clean(text), start, end))
    return tuple(shown)


def _fit(number: int, head: str, marked: str, tail: str, width: int) -> Excerpt:
    marked = _cut(marked, max(4, width - 4))
    room = width - cell_len(marked)
    if cell_len(head) + cell_len(tail) > room:
        keep = max(room - cell_len(tail), room * 2 // 3)
        if cell_len(head) > keep:
            head = _ELLIPSIS + _last_cells(head, keep - 1)
        tail = _cut(tail, room - cell_len(head))
    start = cell_len(head)
    return Excerpt(number, head + marked + tail, start, start + cell_len(marked))


def shortened(path: str, cells: int) -> str:
    """A path that fits; its end says more than its beginning."""
    return path if cell_len(path) <= cells else _ELLIPSIS + _last_cells(path, cells - 1)


def _cut(text: str, cells: int) -> str:
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, cells - 1) + _ELLIPSIS if cells > 0 else ""


def _last_cells(text: str, cells: int) -> str:
    while text and cell_len(text) > cells:
        text = text[max(1, (cell_len(text) - cells) // 2) :]
    return text
