"""Inline suppressions: ``<!-- vt-lsp: ignore[type, type] reason -->`` and ``<!-- vt-lsp: ignore-file -->``.

In reStructuredText they are comments too: ``.. vt-lsp: ignore[type] reason``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.specs.blocks import Code, Text

if TYPE_CHECKING:
    from vt_lsp.specs.blocks import Blocks

_COMMENT = re.compile(
    rb"<!--\s*vt-lsp:\s*ignore(-file)?(?:\s{0,9}\[([\w\s,-]{0,300})\])?[ \t:]*([^\n]{0,300}?)\s{0,9}-->"
)
_RST_COMMENT = re.compile(
    rb"(?m)(?<=^)[ \t]*\.\.[ \t]+vt-lsp:\s*ignore(-file)?(?:\s{0,9}\[([\w\s,-]{0,300})\])?[ \t:]*([^\n]{0,300})$"
)
_CODE_SPAN = re.compile(rb"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_SPAN = 300  # bytes of a line that are searched for the end of a code span
_LINE_START = re.compile(rb"[\s>]*(?:[-*+]\s+|\d+[.)]\s+)?")

Ignore = tuple[int, int, tuple[str, ...], str]


def read_ignores(data: bytes, blocks: Blocks) -> tuple[Ignore, ...]:
    """What each comment covers: the rest of its line's text before it, else the next block, else nothing."""
    return _read(data, blocks, _COMMENT)


def read_rst_ignores(data: bytes, blocks: Blocks) -> tuple[Ignore, ...]:
    """The same for the comments of reStructuredText."""
    return _read(data, blocks, _RST_COMMENT)


def _read(data: bytes, blocks: Blocks, comment: re.Pattern[bytes]) -> tuple[Ignore, ...]:
    if b"vt-lsp:" not in data:
        return ()
    found: list[Ignore] = []
    code = [(block.start, block.end) for block in blocks.blocks if isinstance(block, Code)]
    for match in comment.finditer(data):
        if any(start <= match.start() < end for start, end in code) or _is_in_code_span(data, match.start()):
            continue
        types = tuple(t for t in (match[2] or b"").decode("utf-8", "replace").replace(",", " ").split() if t)
        reason = match[3].decode("utf-8", "replace").strip()
        span = (0, len(data)) if match[1] else _covered(data, blocks, match)
        if span is not None:
            found.append((*span, types, reason))
    return tuple(found)


def _is_in_code_span(data: bytes, offset: int) -> bool:
    """The comment is shown in backticks, not meant."""
    line = data.rfind(b"\n", 0, offset) + 1
    return any(span.start() < offset < span.end() for span in _CODE_SPAN.finditer(data[: offset + _SPAN], line))


def _covered(data: bytes, blocks: Blocks, match: re.Match[bytes]) -> tuple[int, int] | None:
    line = data.rfind(b"\n", 0, match.start()) + 1
    if not _LINE_START.fullmatch(data, line, match.start()):
        end = data.find(b"\n", match.end())
        return line, len(data) if end < 0 else end
    starts = ((b.pieces[0][0] if isinstance(b, Text) and b.pieces else b.start, b.end) for b in blocks.blocks)
    following = [(start, -end) for start, end in starts if start >= match.end()]
    following += [(start, -end) for start, end in blocks.lists if start >= match.end()]
    if not following:
        return None
    start, end = min(following)
    # The last block ends behind the line end that the parser wanted, if the text has none.
    return start, min(-end, len(data))
