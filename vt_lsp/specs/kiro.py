"""Kiro and its kin (cc-sdd, spec-workflow): numbered requirements and criteria, properties, tasks with trailers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Requirement
from vt_lsp.specs.blocks import Text
from vt_lsp.specs.page import Extra
from vt_lsp.specs.requirement_ids import (
    Section,
    located,
    read_state,
    reference,
    role_of,
    sections,
    texts,
    traced,
    trailer_references,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim
    from vt_lsp.specs.page import Page

PATHS = re.compile(
    r"(?:^|/)(?:\.kiro/specs/[^/]+|\.spec-workflow/specs/[^/]+|specs?(?:/[^/]+)?)/(?:requirements|bugfix|design|tasks)\.md$"
)
# "Requirement 3: title", "3. title", and the same in other languages ("需求 3", "المتطلب 3:").
_HEADING = re.compile(r"(?:(?:[^\W\d_]+\s+){0,2}[^\W\d_]+\s*)?(\d{1,3})(?:\s*[:.\uff1a\uff0e)\u2013\u2014-]|\s*$)")
_WORDED = re.compile(
    r"(?:Requirement|Bug|需求|要件|المتطلب|Requisito|Anforderung|Exigence|Требование)\b", re.IGNORECASE
)
_PROPERTY = re.compile(r"Property\s+(\d+)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"(\d+)[.)]")
_DOTTED = re.compile(rb"[ \t*]*(\d{1,3}\.\d{1,3})[.:)]?[*]*\s")
_NAMED_PROPERTY = re.compile(rb"\*\*Property\s+(\d+)\b", re.IGNORECASE)


def read(page: Page) -> Extra:
    """Requirements and criteria, properties, and the ids that tasks and properties name."""
    folder, _, name = page.path.rpartition("/")
    beside = f"{folder}/" if folder else ""
    defined = (f"{beside}requirements.md", f"{beside}bugfix.md")
    if name.lower() in {"requirements.md", "bugfix.md"}:
        requirements = tuple(_requirements(page))
        claims = traced(requirements, (f"{beside}tasks.md",), role_of(page))
        return Extra(claims=claims, requirements=requirements, state=read_state(page))
    references = list(trailer_references(page, defined))
    if name.lower() == "tasks.md":
        references += _properties_named(page, (f"{beside}design.md",))
    return Extra(claims=tuple(references), requirements=tuple(_properties(page)))


def _requirements(page: Page) -> Iterator[Requirement]:
    every = list(sections(page))
    found = [(at, match) for at, s in enumerate(every) if (match := _HEADING.match(s.title))]
    worded = [(at, match) for at, match in found if _WORDED.match(every[at].title)]
    # A document that calls its requirements so has other numbered headings too; one that does not, has them alone.
    deepest = max((every[at].level for at, _ in found), default=0)
    chosen = worded or [(at, match) for at, match in found if every[at].level == deepest]
    stops = [*(at for at, _ in chosen[1:]), len(every)]
    for (at, match), stop in zip(chosen, stops, strict=False):
        span = located(page, every[at].heading, match[0].strip(" :."))
        yield Requirement(match[1], every[at].title, *span)
        yield from _criteria(page, match[1], every[at:stop])
    if not chosen:
        yield from _dotted(page)


def _criteria(page: Page, requirement: str, inside: list[Section]) -> Iterator[Requirement]:
    """Numbered items below a requirement; a list that restarts, or is numbered lazily, counts on."""
    last, seen = 0, set[str]()
    for section in inside:
        for block in page.blocks[section.first : section.last]:
            if not isinstance(block, Text) or not block.pieces or block.kind == "heading":
                continue
            start, end = block.pieces[0][0], block.pieces[-1][1]
            literal = _DOTTED.match(page.data, start, end)
            mark = _NUMBERED.match(page.data[block.start : start].decode("utf-8", "replace").strip())
            if literal:
                name = literal[1].decode()
            elif mark and block.kind == "item" and block.parent < 0:
                last = max(int(mark[1]), last + 1)
                name = f"{requirement}.{last}"
            else:
                continue
            if name not in seen:
                seen.add(name)
                yield Requirement(name, "", *located(page, block, ""), flags=("criterion",))


def _dotted(page: Page) -> Iterator[Requirement]:
    """``1.1 WHEN …`` without headings of requirements, as in bugfix.md."""
    for start, end, _ in texts(page):
        match = _DOTTED.match(page.data, start, end)
        if match:
            yield Requirement(match[1].decode(), "", *match.span(1), flags=("criterion",))


def _properties(page: Page) -> Iterator[Requirement]:
    for section in sections(page):
        match = _PROPERTY.match(section.title)
        if match:
            span = located(page, section.heading, match[0])
            yield Requirement(f"Property {int(match[1])}", section.title, *span, flags=("property",))


def _properties_named(page: Page, bases: tuple[str, ...]) -> Iterator[Claim]:
    for start, end, slug in texts(page):
        for match in _NAMED_PROPERTY.finditer(page.data, start, end):
            name = f"Property {int(match[1])}"
            yield reference(page, name, match.start() + 2, match.end(), slug, bases)
