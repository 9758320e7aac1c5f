"""OpenSpec: ``openspec/specs`` says what is, ``openspec/changes`` what a change adds, modifies, removes and renames."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Claim, Requirement
from vt_lsp.specs.blocks import Text
from vt_lsp.specs.page import Extra
from vt_lsp.specs.requirement_ids import located, role_of, sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.specs.page import Page

PATHS = re.compile(r"(?:^|/)openspec/(?:specs|changes)/.+\.md$")
_CHANGE = re.compile(r"(?P<root>(?:.*/)?openspec/)changes/(?!archive/)(?P<change>[^/]+)/(?P<rest>.+)$", re.IGNORECASE)
_REQUIREMENT = re.compile(r"Requirement:\s*(.+?)\s*$", re.IGNORECASE)
_DELTA = re.compile(r"(ADDED|MODIFIED|REMOVED|RENAMED)\s+Requirements?\b", re.IGNORECASE)
_BULLET = re.compile(rb"(?:(FROM|TO):\s*)?`?#{0,4}\s*Requirement:\s*([^`\n]+?)\s*`?\s*$", re.IGNORECASE | re.MULTILINE)


def read(page: Page) -> Extra:
    """The requirements of a spec or of a change's deltas, what the deltas change, and whether a change is finished."""
    change = _CHANGE.match(page.path)
    if change is None:
        return Extra(requirements=tuple(_requirements(page)))
    if change["rest"].lower() == "tasks.md":
        return Extra(claims=tuple(_finished(page, change["change"])))
    if not change["rest"].lower().startswith("specs/"):
        return Extra()
    requirements = tuple(_requirements(page))
    main = f"{change['root']}{change['rest']}"
    tasks = f"{change['root']}changes/{change['change']}/tasks.md"
    claims = tuple(
        Claim("delta", r.id, r.start, r.end, role_of(page), expected=r.title, bases=(main, tasks), hints=r.flags)
        for r in requirements
        if {"modified", "removed", "renamed"} & set(r.flags)
    )
    return Extra(claims=claims, requirements=requirements)


def _requirements(page: Page) -> Iterator[Requirement]:
    """Requirements with the flag of the delta that they stand in; the title of a renamed one is its new name."""
    flags: tuple[str, ...] = ()
    for section in sections(page):
        delta = _DELTA.match(section.title)
        if section.level <= 2:
            flags = (delta[1].lower(),) if delta else ()
        if flags:
            yield from _listed(page, section.first, section.last, flags)
        found = _REQUIREMENT.match(section.title)
        if found and "renamed" not in flags:
            name = " ".join(found[1].split())
            yield Requirement(name, "", *located(page, section.heading, found[1]), flags=flags)


def _listed(page: Page, first: int, last: int, flags: tuple[str, ...]) -> Iterator[Requirement]:
    """Requirements that a delta only names, as bullets or as FROM and TO."""
    old: tuple[str, int, int] | None = None
    for block in page.blocks[first:last]:
        if not isinstance(block, Text) or not block.pieces or block.kind == "heading":
            continue
        for match in _BULLET.finditer(page.data, block.pieces[0][0], block.pieces[-1][1]):
            name = " ".join(match[2].decode("utf-8", "replace").split())
            role = (match[1] or b"").upper()
            if role == b"FROM":
                old = (name, *match.span(2))
            elif role == b"TO" and old is not None:
                yield Requirement(old[0], name, old[1], old[2], flags=flags)
                old = None
            elif not role and block.kind == "item" and "removed" in flags:
                yield Requirement(name, "", *match.span(2), flags=flags)


def _finished(page: Page, change: str) -> Iterator[Claim]:
    """The claim that a change is still to be done, which its tasks say too: at the head of the list."""
    first = next((s.heading for s in sections(page)), None)
    if first is not None and page.tasks:
        yield Claim("status", change, *located(page, first, ""), bases=(page.path,), hints=("change",))
