"""GSD (get-shit-done): ``.planning``, whose plans say in their front matter what must exist when they are done.

The front matter is YAML; of it only the lists of plain values and of mappings that the tool itself writes are read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Claim, Requirement, Role
from vt_lsp.specs.blocks import Raw
from vt_lsp.specs.literals import has_gap
from vt_lsp.specs.page import Extra
from vt_lsp.specs.requirement_ids import texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.specs.page import Page

PATHS = re.compile(r"(?:^|/)\.planning/(?:requirements|roadmap)\.md$|(?:^|/)\.planning/phases/[^/]+/[^/]*plan\.md$")
_ROOT = re.compile(r"((?:.*/)?\.planning/)", re.IGNORECASE)
_ID = re.compile(rb"[ \t]*\**([A-Z][A-Z0-9]*-\d{1,3})\**[ \t]*\**:")
_NAMED = re.compile(rb"\*\*Requirements\*\*:[ \t]*\[?([A-Z][A-Z0-9, \t-]*\d)\]?", re.IGNORECASE)
_IDS = re.compile(rb"(?<![\w-])[A-Z][A-Z0-9]*-\d{1,3}(?![\w-])")
_KEY = re.compile(rb"(?m)^([ ]*)(- )?([a-z_]+):[ \t]*(.*)$")
_ITEM = re.compile(rb"(?m)^[ ]*- [\"']?([^\"'\n:]+?)[\"']?[ \t]*$")
_VALUE = re.compile(rb"[\"']?([^\"'\n]*?)[\"']?[ \t]*$")


def read(page: Page) -> Extra:
    """Requirements and who names them; the artifacts of a plan."""
    root = _ROOT.match(page.path)
    bases = (f"{root[1] if root else '.planning/'}REQUIREMENTS.md",)
    name = page.path.rpartition("/")[2].lower()
    if name == "requirements.md":
        return Extra(requirements=tuple(_requirements(page)))
    if name == "roadmap.md":
        return Extra(claims=tuple(_named(page, bases)))
    matter = next((b for b in page.blocks[:2] if isinstance(b, Raw) and b.kind == "matter"), None)
    if matter is None:
        return Extra()
    summary = f"{page.path[: -len('PLAN.md')]}SUMMARY.md"
    return Extra(claims=tuple(_matter(page, matter.start, matter.end, bases, summary)))


def _requirements(page: Page) -> Iterator[Requirement]:
    for start, end, _ in texts(page):
        match = _ID.match(page.data, start, end)
        if match:
            line = page.data.find(b"\n", match.end(), end)
            title = page.data[match.end() : end if line < 0 else line].decode("utf-8", "replace").strip(" *")
            yield Requirement(match[1].decode(), title[:200], *match.span(1))


def _named(page: Page, bases: tuple[str, ...]) -> Iterator[Claim]:
    for start, end, slug in texts(page):
        for match in _NAMED.finditer(page.data, start, end):
            for name in _IDS.finditer(page.data, *match.span(1)):
                yield _reference(name, slug, bases)


def _matter(page: Page, start: int, end: int, bases: tuple[str, ...], summary: str) -> Iterator[Claim]:
    keys = list(_KEY.finditer(page.data, start, end))
    for number, key in enumerate(keys):
        stop = keys[number + 1].start() if number + 1 < len(keys) else end
        if key[3] == b"requirements":
            for name in _IDS.finditer(page.data, key.end(3), stop):
                yield _reference(name, "", bases)
        elif key[3] == b"path" and key[2]:
            yield from _artifact(page, keys[number:], summary)
        elif key[3] == b"files_modified":
            for item in _ITEM.finditer(page.data, key.end(), stop):
                yield from _path(item, summary)


def _artifact(page: Page, keys: list[re.Match[bytes]], summary: str) -> Iterator[Claim]:
    """The file of an artifact, and each name that it shall contain or export."""
    value = _VALUE.match(page.data, *keys[0].span(4))
    if value is None or not value[1]:
        return
    yield from _path(value, summary)
    inner = len(keys[0][1]) + 2
    for key in keys[1:]:
        if len(key[1]) != inner or key[2]:
            return
        if key[3] == b"contains":
            said = re.match(rb"[\"']?(?:async\s+)?(?:class|def)\s+([A-Za-z_]\w*)", key[4])
            names = [(said[1], said.start(1), said.end(1))] if said else []
        elif key[3] == b"exports" and key[4].startswith(b"["):
            names = [(m[0], m.start(), m.end()) for m in re.finditer(rb"[A-Za-z_]\w*", key[4])]
        else:
            continue
        for name, first, last in names:
            yield Claim(
                "artifact", name.decode(), key.start(4) + first, key.start(4) + last, Role.CURRENT,
                owner=value[1].decode("utf-8", "replace"), bases=(summary,), hints=("made",),
            )  # fmt: skip


def _path(match: re.Match[bytes], summary: str) -> Iterator[Claim]:
    path = match[1].decode("utf-8", "replace").strip()
    if "/" in path and not has_gap(path) and not path.startswith("/"):
        yield Claim("artifact", path, *match.span(1), Role.CURRENT, bases=(summary,))


def _reference(match: re.Match[bytes], section: str, bases: tuple[str, ...]) -> Claim:
    """A plan that is done is of the past, but what it names must be there nevertheless."""
    return Claim("reference", match[0].decode(), *match.span(), Role.CURRENT, section=section, bases=bases)
