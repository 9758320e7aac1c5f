"""Words that mean nothing to the block structure, taken out of the block grammar's sight.

The grammar makes a token of each word and mark, and a tree of each line, though blocks are told by how lines begin.
What cannot matter becomes one long word of the same length, so that all offsets stay true and the parse takes half
the time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# A line that begins with a word or with a mark that begins no block, behind the marks of a list, quote or heading.
_LINE = re.compile(
    rb"(?m)^([ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+(?:\[[ xX]\][ \t]+)?|#{1,6} +)?"
    rb"(?:[A-Za-z\"'(){},;@.?/]|`(?!`)|\*(?![ *\t-]|$)|(?<=    )#))([^\n]*[^\s\\])(?=[ \t]*$)"
)
# Bars make tables, angles end HTML, number signs end headings.
_MASK = bytes(c if c in b"\n\r\0|<>\\#`" else 0x78 for c in range(256))
_HTML_END = re.compile(rb"--+>|\?>|\]>|</")
# Link definitions of more than one line: there each mark counts.
_LONG_DEFINITION = re.compile(
    rb"(?m)^[ \t>*+\d.)-]*\[[^\]\n]*(?:\n|\]:(?:[ \t]*\n|[^\n]*\n[ \t>]*[\"'(]|[ \t]*\S+[ \t]+[^\"'(\n]|"
    rb"[ \t]*\S+[ \t]+[\"'(][^\n]*[^\"')\s][ \t]*\n))"
)
_FENCE = re.compile(rb"(?m)^( {0,3})(`{3,}(?=[^`\n]*$)|~{3,})([^\n]*)$")
_LONG_HTML = re.compile(rb"(?im)^[ \t>*+-]*<(?:pre|script|style|textarea|\?|!\[)")
_HTML_LINE = re.compile(rb"(?m)^[ \t>*+-]*<")
_OUTSIDE = re.compile(rb"\n[^ \n]")


def masked(data: bytes) -> bytes:
    """A text of the same length and the same blocks; ``data`` must have only line feeds as line ends."""
    if _LONG_DEFINITION.search(data):
        return data
    if b"\n```" in data or b"\n~~~" in data or data.startswith((b"```", b"~~~")):
        data = _with_masked_fences(data)
    return _LINE.sub(_masked_line, data)


def _masked_line(match: re.Match[bytes]) -> bytes:
    head, tail = match[1], match[2]
    if (b">" in tail and _HTML_END.search(tail)) or (b"#" in tail and b"#" in head):
        return match[0]
    return head + tail.translate(_MASK)


def _with_masked_fences(data: bytes) -> bytes:
    """The text with the content of each fence at the left margin as one line; as it is where a fence may be none."""
    if _LONG_HTML.search(data) or _hides_fences(data):
        return data
    parts: list[bytes] = []
    last = 0
    for start, end in _fence_contents(data):
        if start < 0:
            return data
        parts += (data[last:start], b"x" * (end - start - 1), b"\n")
        last = end
    return b"".join((*parts, data[last:]))


def _hides_fences(data: bytes) -> bool:
    """Whether a comment or the front matter holds what looks like a fence."""
    if data.startswith((b"---", b"+++")):
        head = data[: data.find(data[:3], 3)]
        if b"```" in head or b"~~~" in head:
            return True
    start = data.find(b"<!--")
    while start >= 0:
        end = data.find(b"-->", start)
        comment = data[start : end if end >= 0 else len(data)]
        if b"\n" in comment and (b"```" in comment or b"~~~" in comment):
            return True
        start = data.find(b"<!--", end) if end >= 0 else -1
    return False


def _fence_contents(data: bytes) -> Iterator[tuple[int, int]]:
    """The spans of content at the left margin; (-1, -1) if it cannot be told from the lines alone."""
    opening: re.Match[bytes] | None = None
    for line in _FENCE.finditer(data):
        if opening is None:
            paragraph = data.rfind(b"\n\n", 0, line.start())
            if b"<" in data[max(paragraph, 0) : line.start()] and _HTML_LINE.search(
                data, max(paragraph, 0), line.start()
            ):
                yield -1, -1
            opening = line
            continue
        closes = line[2].startswith(opening[2]) and not line[3].strip()
        if opening[1]:
            # In a list item, or not: both readings must agree.
            if not closes or not line[1] or _OUTSIDE.search(data, opening.end(), line.start()):
                yield -1, -1
            opening = None
        elif closes:
            if line.start() - opening.end() > 2:
                yield opening.end() + 1, line.start()
            opening = None
