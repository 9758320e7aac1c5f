"""GitHub spec-kit: ``specs/NNN-feature/{spec,plan,tasks,data-model,quickstart}.md``, contracts and checklists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vt_lsp.models import Requirement, Role
from vt_lsp.specs.blocks import Text
from vt_lsp.specs.page import Extra
from vt_lsp.specs.requirement_ids import (
    located,
    read_state,
    reference,
    role_of,
    sections,
    status_claim,
    texts,
    traced,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim
    from vt_lsp.specs.page import Page

PATHS = re.compile(
    r"(?:^|/)specs/(?:[^/]+/)*[^/]*\d{3}[^/]*/"
    r"(?:(?:spec|plan|tasks|data-model|quickstart|research)\.md|(?:contracts|checklists)/.+\.md)$|"
    r"(?:^|/)specs/[^/]+/(?:spec|plan|data-model|quickstart)\.md$"
)
_FEATURE = re.compile(
    r"(.*/|^)(?:spec|plan|tasks|data-model|quickstart|research)\.md$|(.*/)(?:contracts|checklists)/", re.IGNORECASE
)
_STORY = re.compile(r"User Story (\d+)\b", re.IGNORECASE)
_ID = re.compile(
    rb"[ \t]*[-*+]?[ \t]*\**((?:FR|SC|NFR)-\d{1,3}[a-z]?)\**[ \t]*(?:\([^)\n]*\))?[ \t]*\**[ \t]*[:.\xe2-]"
)
_NAMED = re.compile(rb"(?<![\w/-])(?:(?:FR|SC|NFR)-\d{1,3}[a-z]?|(?<=\[)US\d+(?=\]))(?![\w-]*\d)")
# What stands near an id of another feature.
_ELSEWHERE = re.compile(
    rb"\b\d{3}-[a-z]{2,}|\b(?:other|parent|previous|another|existing)\s+(?:feature|spec)|\b(?:feature|spec)\s+\d{2,}",
    re.IGNORECASE,
)
_ITEM = re.compile(r"(\d+)[.)]")


def read(page: Page) -> Extra:
    """Requirements, stories and their scenarios, the status, and whom tasks and plans name."""
    found = _FEATURE.match(page.path)
    folder = (found[1] or found[2] or "") if found else ""
    spec, tasks = (f"{folder}spec.md",), (f"{folder}tasks.md",)
    if page.path.lower().endswith("/spec.md"):
        requirements = (*_requirements(page), *_stories(page))
        state = read_state(page)
        named = tuple(r for r in requirements if "scenario" not in r.flags)
        claims = (*status_claim(state, "Implemented", tasks), *traced(named, tasks, role_of(page)))
        return Extra(claims=claims, requirements=requirements, state=state)
    if "/checklists/" in page.path.lower():
        reviewed = tuple(replace(t, flags=tuple(dict.fromkeys((*t.flags, "checklist")))) for t in page.tasks)
        references = tuple(replace(c, role=Role.CURRENT) for c in _references(page, spec))
        return Extra(claims=references, tasks=reviewed)
    return Extra(claims=tuple(_references(page, spec)))


def _requirements(page: Page) -> Iterator[Requirement]:
    seen = set()
    for start, end, _ in texts(page):
        match = _ID.match(page.data, start, end)
        if match and match[1] not in seen:
            seen.add(match[1])
            line = page.data.find(b"\n", match.end(), end)
            title = page.data[match.end() : end if line < 0 else line].decode("utf-8", "replace").strip(" :*")
            yield Requirement(match[1].decode(), title[:200], *match.span(1))


def _stories(page: Page) -> Iterator[Requirement]:
    for section in sections(page):
        story = _STORY.match(section.title)
        if story is None:
            continue
        name = f"US{int(story[1])}"
        yield Requirement(name, section.title, *located(page, section.heading, story[0]), flags=("story",))
        number = 0
        for block in page.blocks[section.first : section.last]:
            if isinstance(block, Text) and block.kind == "item" and block.pieces and block.parent < 0:
                mark = page.data[block.start : block.pieces[0][0]].decode("utf-8", "replace")
                if _ITEM.match(mark.strip()):
                    number += 1
                    span = located(page, block, "")
                    yield Requirement(f"{name}/AC{number}", "", *span, flags=("scenario",))


def _references(page: Page, bases: tuple[str, ...]) -> Iterator[Claim]:
    if not _NAMED.search(page.data):
        return
    for start, end, slug in texts(page):
        if _ELSEWHERE.search(page.data, start, end):
            continue
        for match in _NAMED.finditer(page.data, start, end):
            yield reference(page, match[0].decode(), *match.span(), slug, bases)
