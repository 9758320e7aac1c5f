r"""Byte offsets to lines and columns, and back, in the units that each edge speaks.

Lines end at ``\n``, ``\r\n`` or ``\r`` only (LSP 3.18, "Text Documents"); form feed, NEL or U+2028 end no line.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import AnyStr, Literal

Units = Literal["utf-8", "utf-16", "utf-32"]


class LineIndex:
    """Lines of one text; built once for each version of it."""

    __slots__ = ("_starts", "data")

    def __init__(self, data: bytes) -> None:
        """``data`` is the text as UTF-8; it may be broken."""
        lines = data.splitlines(keepends=True)  # of bytes, unlike str, only at the three line ends
        self.data = data
        self._starts = list(accumulate(map(len, lines), initial=0))
        if lines and not lines[-1].endswith((b"\n", b"\r")):
            self._starts.pop()  # the text ends inside of the last line

    @property
    def count(self) -> int:
        """Number of lines, at least one."""
        return len(self._starts)

    def position(self, offset: int, units: Units) -> tuple[int, int]:
        """Line and column of a byte offset, both from 0; an offset inside a line end counts as the line's end."""
        line = bisect_right(self._starts, offset) - 1
        head = self.data[self._starts[line] : min(offset, self._stop(line))]
        return line, _measure(head, units)

    def offset(self, line: int, column: int, units: Units) -> int:
        """Byte offset of a line and column, both from 0; both are clamped into the text."""
        if line >= len(self._starts):
            return len(self.data)
        start, stop = self._starts[line], self._stop(line)
        if units == "utf-8":
            return min(start + column, stop)
        text = self.data[start:stop]
        if text.isascii():
            return min(start + column, stop)
        seen = 0
        for char in text.decode("utf-8", "surrogateescape"):
            if seen >= column:
                break
            seen += 2 if units == "utf-16" and ord(char) > 0xFFFF else 1
            start += len(char.encode("utf-8", "surrogateescape"))
        return start

    def line_text(self, line: int) -> str:
        """The text of a line without its end."""
        return self.data[self._starts[line] : self._stop(line)].decode("utf-8", "replace")

    def _stop(self, line: int) -> int:
        """Where the text of a line ends and its line end begins."""
        if line + 1 == len(self._starts):
            return len(self.data)
        end = self._starts[line + 1]
        return end - (2 if self.data.startswith(b"\r\n", end - 2) else 1)


def changed_span(old: AnyStr, new: AnyStr) -> tuple[int, int, int]:
    """The one span that differs between two texts: its start, its end in ``old`` and its end in ``new``.

    Where words that were put in or taken out could stand at several places, it is the first of them.
    """
    tail = _common(old, new, min(len(old), len(new)), -1)
    start = _common(old, new, min(len(old), len(new)) - tail, 1)
    return start, len(old) - tail, len(new) - tail


def _common(one: AnyStr, other: AnyStr, most: int, side: Literal[1, -1]) -> int:
    """Length of the common beginning (side 1) or end, at most ``most``; by halving: comparing slices is done in C."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if side == 1:
            is_same = one[low:middle] == other[low:middle]
        else:
            is_same = one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]
        if is_same:
            low = middle
        else:
            high = middle - 1
    return low


def _measure(head: bytes, units: Units) -> int:
    if units == "utf-8" or head.isascii():
        return len(head)
    text = head.decode("utf-8", "surrogateescape")
    if units == "utf-32":
        return len(text)
    return len(text) + sum(ord(char) > 0xFFFF for char in text)
