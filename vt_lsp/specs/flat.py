"""A block's text as sentences are read in it: code spans are tokens, links their text, emphasis is gone.

The text is a Latin-1 view of the bytes, so that each of its characters is one byte of the block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.specs.inline import Inline

# The token of code span n in the flat text is "\x00n\x01"; neither character can occur in Markdown text.
TOKEN = r"\x00(?:\d+)\x01"  # noqa: S105
_UNWANTED = re.compile(rb"[\x00\x01*]+")


class Flat:
    """``text`` is the flat text, ``lower`` the same in lower case.

    ``codes`` are the contents of its code spans in order, ``spans`` these spans.
    """

    __slots__ = ("_offsets", "_starts", "codes", "lower", "spans", "text")

    def __init__(self, data: bytes, inlines: Sequence[Inline]) -> None:
        """``inlines`` are the spans that the inline grammar found in ``data``."""
        self._starts: list[int] = []
        self._offsets: list[int] = []
        self.codes: list[str] = []
        self.spans: list[Inline] = []
        if not inlines and not _UNWANTED.search(data):
            self._starts, self._offsets, self.text = [0], [0], data.decode("latin-1")
            self.lower = self.text.lower()
            return
        characters = data.decode("latin-1")
        parts: list[str] = []
        length = position = 0
        for start, end, code in _cuts(data, inlines):
            if start < position:
                continue
            if start > position:
                self._starts.append(length)
                self._offsets.append(position)
                parts.append(characters[position:start])
                length += start - position
            if code is not None:
                token = f"\x00{len(self.codes)}\x01"
                self.codes.append(data[code.inner_start : code.inner_end].decode("utf-8", "replace"))
                self.spans.append(code)
                self._starts.append(length)
                self._offsets.append(start)
                parts.append(token)
                length += len(token)
            position = end
        self.text = "".join(parts)
        self.lower = self.text.lower()

    def offset(self, index: int) -> int:
        """The byte of the block that a character of the flat text came from."""
        part = bisect_right(self._starts, index) - 1
        return self._offsets[part] + index - self._starts[part] if part >= 0 else 0

    def code(self, token: str) -> int:
        """The number of the code span that a token stands for."""
        return int(token[1:-1])


def _cuts(data: bytes, inlines: Sequence[Inline]) -> list[tuple[int, int, Inline | None]]:
    cuts: list[tuple[int, int, Inline | None]] = [(m.start(), m.end(), None) for m in _UNWANTED.finditer(data)]
    for inline in inlines:
        if inline.kind == "code":
            cuts.append((inline.start, inline.end, inline))
        elif inline.kind in {"html", "autolink"}:
            cuts.append((inline.start, inline.end, None))
        else:
            cuts.append((inline.start, inline.inner_start, None))
            cuts.append((inline.inner_end, inline.end, None))
    # At one place the longest cut wins: an emphasis mark inside a code span is no cut of its own.
    cuts.sort(key=lambda cut: (cut[0], -cut[1]))
    cuts.append((len(data), len(data), None))
    return cuts
