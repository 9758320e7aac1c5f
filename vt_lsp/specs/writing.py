"""What is being written at a place of a spec: the half-written name, path, link or id before the cursor."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Kind = Literal["code", "link", "anchor", "id", "number", "task", "decision"]

_FENCE = re.compile(rb"^ *(?:>[ \t]*)*(?:[-*+] +)?(`{3,}|~{3,})([^\r\n]*)", re.MULTILINE)
_TICKS = re.compile(r"`+")
_TOKEN = re.compile(r"[\w./\\-]*\Z")
_LINK = re.compile(r"(?:\]\(<?|^ {0,3}\[[^\]]+\]:[ \t]+<?)([^()\s<>#]*)(?:(#)([^()\s<>]*))?\Z")
_NUMBERS = re.compile(
    r"(?:_Requirements?:\s*|\*\*Validates(?::\s*|\*\*:\s*)(?:Requirements?\s+)?)(?:[^_*]*[\s,])?([\w.-]*)\Z",
    re.IGNORECASE,
)
_TASKS = re.compile(
    r"(?:_Depends(?: on)?:\s*|\bdepends on:?\s+)(?:[\w.]+(?:\s*,\s*|\s+and\s+))*([\w.]*)\Z", re.IGNORECASE
)
_DECISION = re.compile(r"(?<![\w-])(ADR-\d*)\Z", re.IGNORECASE)
_ID = re.compile(r"(?<![\w/-])([A-Z]{2,}-[\w.-]*)\Z")
_MOST_LINE = 4_000  # characters before the cursor that are looked at
_WORD_END = re.compile(r"\w*")
_ID_END = re.compile(r"[^\W_]*(?:[.-][^\W_]+)*")  # the underscore after a list of ids is a mark of emphasis
_PATH_END = re.compile(r"[\w./-]*")


class Writing(NamedTuple):
    """``text`` is what stands from byte ``start`` to the cursor; ``end`` is the byte after what a choice replaces.

    ``target`` is the document before the ``#`` of an anchor.
    """

    kind: Kind
    text: str
    start: int
    end: int
    target: str = ""


def fence_around(data: bytes, offset: int) -> int | None:
    """The first byte of the line that opens the code block around a byte; None outside of one."""
    opened: int | None = None
    mark = b""
    for found in _FENCE.finditer(data, 0, offset):
        if opened is None:
            if found[1][:1] == b"~" or b"`" not in found[2]:
                opened, mark = found.start(), found[1]
        elif found[1].startswith(mark) and not found[2].strip():
            opened = None
    return opened


def writing_at(data: bytes, offset: int) -> Writing | None:
    """What is being written at byte ``offset``, or None: prose and code blocks are left alone. Linear in the text."""
    begin = max(data.rfind(b"\n", 0, offset), data.rfind(b"\r", 0, offset)) + 1
    if offset - begin > _MOST_LINE or fence_around(data, begin) is not None or _FENCE.match(data, begin):
        return None
    before = data[begin:offset].decode("utf-8", "replace")
    ends = [at for at in (data.find(b"\n", offset), data.find(b"\r", offset)) if at >= 0]
    after = data[offset : min([*ends, len(data), offset + _MOST_LINE])].decode("utf-8", "replace")
    if _in_code(before):
        token = _TOKEN.search(before)
        return _made("code", token[0] if token else "", offset, after)
    if (link := _LINK.search(before)) is not None:
        if link[2]:
            return _made("anchor", link[3], offset, after, link[1])
        return _made("link", link[1], offset, after)
    for kind, pattern in _IDS:
        if (found := pattern.search(before)) is not None:
            return _made(kind, found[1], offset, after)
    return None


_IDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("decision", _DECISION),
    ("number", _NUMBERS),
    ("task", _TASKS),
    ("id", _ID),
)


def _made(kind: Kind, text: str, offset: int, after: str, target: str = "") -> Writing:
    if kind in {"link", "anchor"} or (kind == "code" and "/" in text):
        ending = _PATH_END.match(after)
    else:
        ending = (_WORD_END if kind == "code" else _ID_END).match(after)
    rest = ending[0] if ending else ""
    return Writing(kind, text, offset - len(text.encode()), offset + len(rest.encode()), target)


def _in_code(before: str) -> bool:
    """A code span is open at the end of ``before``: its ticks were not answered by as many on the line."""
    opened = 0
    for ticks in _TICKS.finditer(before):
        size = len(ticks[0])
        if opened == size:
            opened = 0
        elif not opened and not before[: ticks.start()].endswith("\\"):
            opened = size
    return opened > 0
