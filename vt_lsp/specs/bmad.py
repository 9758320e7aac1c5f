"""BMAD Method: stories with a status, numbered acceptance criteria and tasks that name them; epics and requirements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Requirement
from vt_lsp.specs.blocks import Text
from vt_lsp.specs.page import Extra
from vt_lsp.specs.requirement_ids import located, read_state, reference, sections, status_claim, texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim
    from vt_lsp.specs.page import Page

PATHS = re.compile(
    r"(?:^|/)_bmad-output/.+\.md$|(?:^|/)stories/(?:[^/]*/)?(?:epic-?)?\d+[-.]\d+[^/]*\.md$|(?:^|/)(?:prd|epics)\.md$"
)
_STORY = re.compile(r"(?:^|/)(?:story-)?\d+[-.]\d+[^/]*\.md$", re.IGNORECASE)
_NUMBERED = re.compile(r"(\d+)[.)]")
_BOLD = re.compile(rb"[ \t]*(?:[-*][ \t]+)?\**AC[ \t#-]*(\d+)\b|[ \t]*\**(\d+)\.[ \t]")
_TITLE = re.compile(r"(?:AC[ #-]*|Acceptance Criteri(?:on|a)\s+)(\d+)\b", re.IGNORECASE)
_NAMED = re.compile(rb"\(ACs?:?[ \t]*((?:#?[ \t]*\d+(?:[ \t]*(?:,|and|&)[ \t]*#?[ \t]*)?)+)\)", re.IGNORECASE)
_DEFINED = re.compile(rb"[ \t]*(?:[-*][ \t]+)?\**((?:NFR|FR)-?\d{1,3})\**[ \t]*\**[ \t]*[:\xe2(-]")
_STORY_TITLE = re.compile(r"(?:Story|Epic)\s+(\d+(?:\.\d+)?)\b", re.IGNORECASE)


def read(page: Page) -> Extra:
    """A story's status, criteria and the criteria that its tasks name; requirements and stories of other documents."""
    if not _STORY.search(page.path):
        return Extra(requirements=tuple(_requirements(page)))
    state = read_state(page)
    criteria = tuple(_criteria(page))
    claims = (*status_claim(state, "done", (page.path,)), *(_named(page) if criteria else ()))
    return Extra(claims=claims, requirements=criteria, state=state)


def _criteria(page: Page) -> Iterator[Requirement]:
    """The numbered criteria below "Acceptance Criteria", as items, bold lines or headings."""
    seen: set[int] = set()
    inside, level = False, 0
    for section in sections(page):
        if section.title.lower().startswith("acceptance criteria") and not _TITLE.match(section.title):
            inside, level = True, section.level
        elif section.level <= level:
            inside = False
        if not inside:
            continue
        title = _TITLE.match(section.title)
        if title:
            seen.add(int(title[1]))
            yield _criterion(page, section.heading, int(title[1]))
        for block in page.blocks[section.first : section.last]:
            if isinstance(block, Text) and block.pieces and block.parent < 0:
                number = _number(page, block, seen)
                if number:
                    seen.add(number)
                    yield _criterion(page, block, number)


def _number(page: Page, block: Text, seen: set[int]) -> int:
    """The number of a criterion; 0 for other text. An item of a list that restarts counts on."""
    mark = _NUMBERED.match(page.data[block.start : block.pieces[0][0]].decode("utf-8", "replace").strip())
    if mark and block.kind == "item":
        number = int(mark[1])
        return number if number not in seen else max(seen) + 1
    bold = _BOLD.match(page.data, block.pieces[0][0], block.pieces[-1][1])
    number = int(bold[1] or bold[2]) if bold else 0
    return number if number not in seen else 0


def _criterion(page: Page, block: Text, number: int) -> Requirement:
    return Requirement(str(number), "", *located(page, block, ""), flags=("criterion",))


def _named(page: Page) -> Iterator[Claim]:
    for start, end, slug in texts(page):
        for match in _NAMED.finditer(page.data, start, end):
            for number in re.compile(rb"\d+").finditer(page.data, *match.span(1)):
                yield reference(page, number[0].decode(), *number.span(), slug, (page.path,))


def _requirements(page: Page) -> Iterator[Requirement]:
    seen = set()
    for start, end, _ in texts(page):
        match = _DEFINED.match(page.data, start, end)
        if match and match[1] not in seen:
            seen.add(match[1])
            yield Requirement(match[1].decode(), "", *match.span(1))
    for section in sections(page):
        story = _STORY_TITLE.match(section.title)
        if story:
            yield Requirement(
                story[0].title(), section.title, *located(page, section.heading, story[0]), flags=("story",)
            )
