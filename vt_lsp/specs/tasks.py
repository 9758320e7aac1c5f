"""Task lists: checkboxes, and headings or bullets with a mark of status, in the grammars of all formats.

One lenient reader, since agents mix the grammars (spec-formats, sections 0 to 5): ``T012``, ``2.1``, ``CHK001``,
``AUTH-01``, ``Task 3``, ``Phase 2``, ``Feature 5.2``; ``[P]``, ``[US1]``, ``(P)``; ``_Requirements: 1.2_``,
``**Validates: Requirements 1.2**``, ``(AC: 1, 2)``, ``(depends on T012)``, ``_Depends: 1.1_``.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from vt_lsp.models import Task
from vt_lsp.specs.blocks import Text
from vt_lsp.specs.scope import Dedented
from vt_lsp.specs.status import read_status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vt_lsp.specs.blocks import Block
    from vt_lsp.specs.outline import Outline

_ID = re.compile(
    r"\**\s*(?:(?P<bold>[A-Z]{2,}[A-Z0-9]*-\d{2,})\**\s*:|(?P<spec_kit>T\d{3,}[a-z]?|CHK\d{3,})\b|"
    r"(?P<number>\d+(?:\.\d+)*[a-z]?)(?:[.)]|(?=\s))|"
    r"(?P<named>(?:Task|Subtask|Phase|Feature|Milestone|Story|Epic|Step)\s+\d+(?:\.\d+)*[a-z]?|\d\d-\d\d(?=:))\**\s*[:.\u2013\u2014-]?)\s*"
)
_STORY = re.compile(r"\[(US\d+(?:\s*[,/&+-]\s*(?:US)?\d+)*)\]")
_STORY_NUMBER = re.compile(r"\d+")
_TRAILER = re.compile(
    r"_Requirements?:\s*([^_\n]+)_|\*\*Validates:\s*Requirements?\s+([^*\n]+)\*\*|\(AC:?\s*#?([\d,\s#and]+)\)",
    re.IGNORECASE,
)
_DEPENDS = re.compile(
    r"_Depends(?: on)?:\s*([^_\n]+)_|\(depends on:?\s+([^)\n]+)\)|"
    r"\bdepends on:?\s+((?:T?\d[\w.]*(?:\s*,\s*|\s+and\s+)?)+)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"[A-Z]{2,}-\d+[a-z]?|\d+(?:\.\d+)*|[A-Z]+\d+(?:\.\d+)*")
_MARKS = "\u2705\u2611\u2714\u2713\U0001f7e2\U0001f6a7\u23f3\U0001f504\U0001f7e1\u274c\U0001f6ab"
_MOST_TEXT = 300  # characters of a task's text that are kept


def read_tasks(data: bytes, blocks: Sequence[Block], outline: Outline) -> tuple[Task, ...]:
    """The tasks of a document in order; items of a checklist and nested ones are tasks too."""
    children = _children(blocks)
    slug = _slug_at(outline)
    tasks = []
    for number, block in enumerate(blocks):
        if not isinstance(block, Text) or not block.pieces or block.kind == "paragraph":
            continue
        text = Dedented(data, block.pieces).data.decode("utf-8", "replace").strip()
        bare, status = read_status(text.split("\n", 1)[0], block.checkbox)
        if not status or (block.kind == "heading" and not _ID.match(bare)):
            continue
        tasks.append(_task((data, block), bare, status, _body(data, blocks, children, number), slug(number)))
    return tuple(tasks)


def _task(page: tuple[bytes, Text], bare: str, status: str, body: str, section: str) -> Task:
    data, block = page
    found = _ID.match(bare)
    name = next((group for group in found.groups() if group), "") if found else ""
    said = bare[found.end() :] if found else bare
    start, end = block.pieces[0]
    line = data.find(b"\n", start, end)
    flags = [flag for flag, holds in _flags(data, block, said) if holds]
    if name.startswith("CHK"):
        flags.append("checklist")
    stories = [f"US{number}" for group in _STORY.findall(said) for number in _STORY_NUMBER.findall(group)]
    refs = [*stories, *_named(_TRAILER, f"{bare}\n{body}")]
    return Task(
        id=name,
        text=said.strip(" *:-\u2013\u2014")[:_MOST_TEXT],
        status=status,
        start=start,
        end=end if line < 0 else line,
        mark=_mark(data, block),
        level=block.level,
        flags=tuple(flags),
        refs=tuple(dict.fromkeys(refs)),
        depends=tuple(dict.fromkeys(_named(_DEPENDS, f"{bare}\n{body}"))),
        section=section,
    )


def _flags(data: bytes, block: Text, said: str) -> list[tuple[str, bool]]:
    start = block.pieces[0][0]
    return [
        ("optional", bool(block.checkbox) and data[block.start : start].rstrip().endswith(b"]*")),
        ("parallel", "[P]" in said[:20] or said.rstrip().endswith("(P)")),
        ("heading", block.kind == "heading"),
    ]


def _mark(data: bytes, block: Text) -> int:
    """The byte of the box, or of the emoji; -1 without one."""
    start, end = block.pieces[0][0], block.pieces[-1][1]
    if block.checkbox:
        return data.rfind(b"[", block.start, start)
    places = [at for mark in _MARKS if (at := data.find(mark.encode(), block.start, end)) >= 0]
    return min(places, default=-1)


def _named(pattern: re.Pattern[str], text: str) -> list[str]:
    groups = [group for match in pattern.finditer(text) for group in match.groups() if group]
    return [name for group in groups for name in _REFERENCE.findall(group)]


def _children(blocks: Sequence[Block]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for number, block in enumerate(blocks):
        if block.parent >= 0:
            found.setdefault(block.parent, []).append(number)
    return found


def _body(data: bytes, blocks: Sequence[Block], children: dict[int, list[int]], number: int) -> str:
    """The text of what a task holds, without the tasks inside it."""
    parts: list[str] = []
    waiting = list(reversed(children.get(number, ())))
    block = blocks[number]
    if isinstance(block, Text) and block.kind == "item":
        parts.append(Dedented(data, block.pieces).data.decode("utf-8", "replace"))
    while waiting:
        inner = waiting.pop()
        block = blocks[inner]
        if isinstance(block, Text) and not block.checkbox:
            parts.append(Dedented(data, block.pieces).data.decode("utf-8", "replace"))
            waiting.extend(reversed(children.get(inner, ())))
    return "\n".join(parts)


def _slug_at(outline: Outline) -> Callable[[int], str]:
    """The section that a block stands in, by the block's number."""
    order = sorted(outline.headings)

    def slug(number: int) -> str:
        at = bisect_right(order, number) - 1
        return outline.headings[order[at]].slug if at >= 0 else ""

    return slug
