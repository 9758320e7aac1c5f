"""What the grammars of requirements have in common: where ids are defined, named and given a status.

A reader of a format says which documents define the ids that its page names (``bases`` of the claims), by their paths.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.models import Claim, Requirement, Role
from vt_lsp.specs.anchors import plain_title
from vt_lsp.specs.blocks import Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import ClaimKind
    from vt_lsp.specs.page import Page

State = tuple[str, int, int]

_STATUS = re.compile(
    rb"(?im)^[ \t>*_-]*status[*_]*[ \t]*:[*_ \t]*[`\"']?([a-z][a-z \t_-]{2,30}?)[ \t*_`\"'.]*(?:\(.*\))?$"
)
_HEAD = 3000  # bytes in which a document says its own status
_TRAILER = re.compile(
    rb"_Requirements?:\s*([^_\n]+)_|\*\*Validates:\s*(?:Requirements?\s+)?([^*\n]+)\*\*|\*\*Validates\*\*:\s*([^\n]+)",
    re.IGNORECASE,
)
_LIST = re.compile(
    rb"(?:(?:Requirements?|Req\.?)\s+)?(\d+(?:\.\d+)?)(?:\s*(?:,|and|&)\s*(?:Requirements?\s+)?\d+(?:\.\d+)?)*\s*"
)
_NUMBER = re.compile(rb"\d+(?:\.\d+)?")
_PART = re.compile(rb"[^,;&]+")


class Section(NamedTuple):
    """A heading, its plain title, and the numbers of the blocks below it up to the next heading of any level."""

    title: str
    level: int
    heading: Text
    first: int
    last: int


def sections(page: Page) -> Iterator[Section]:
    """The headings of a page in order."""
    order = sorted(page.outline.headings)
    for at, number in enumerate(order):
        block = page.blocks[number]
        if isinstance(block, Text):
            last = order[at + 1] if at + 1 < len(order) else len(page.blocks)
            yield Section(plain_title(page.text(block).strip()), block.level, block, number + 1, last)


def located(page: Page, block: Text, text: str) -> tuple[int, int]:
    """The bytes of ``text`` in a block, or of the block's first line."""
    start, end = block.pieces[0][0], block.pieces[-1][1]
    at = page.data.find(text.encode(), start, end) if text else -1
    if at >= 0:
        return at, at + len(text.encode())
    line = page.data.find(b"\n", start, end)
    stop = end if line < 0 else line
    return start, start + len(page.data[start:stop].rstrip())


def texts(page: Page) -> Iterator[tuple[int, int, str]]:
    """First and last byte of each text and table of a page, and the slug of its section."""
    slug = ""
    for number, block in enumerate(page.blocks):
        heading = page.outline.headings.get(number)
        slug = heading.slug if heading is not None else slug
        if isinstance(block, Text) and block.pieces:
            yield block.pieces[0][0], block.pieces[-1][1], slug
        elif isinstance(block, Table):
            yield block.start, block.end, slug


def read_state(page: Page) -> State | None:
    """What a document says of its own status near its top, in lower case, and where."""
    found = _STATUS.search(page.data, 0, _HEAD)
    return (found[1].decode("ascii").strip().lower(), *found.span(1)) if found else None


def status_claim(state: State | None, done: str, tasks: tuple[str, ...]) -> tuple[Claim, ...]:
    """The claim of a status; ``done`` is the format's word for a finished document, ``tasks`` where its tasks are."""
    if state is None:
        return ()
    said, start, end = state
    return (Claim("status", said, start, end, expected=done, bases=tasks),)


def role_of(page: Page) -> Role:
    """The time that references of a page speak of: a plan must name what is required too."""
    role = page.outline.role
    return role if role in {Role.HISTORICAL, Role.TEMPLATE} else Role.CURRENT


def reference(  # noqa: PLR0913, PLR0917 - the fields of a claim
    page: Page, subject: str, start: int, end: int, section: str, bases: tuple[str, ...], kind: ClaimKind = "reference"
) -> Claim:
    """The claim that one of the documents ``bases`` defines an id."""
    return Claim(kind, subject, start, end, role_of(page), section=section, bases=bases)


def trailer_references(page: Page, bases: tuple[str, ...]) -> Iterator[Claim]:
    """Numbers in ``_Requirements: 1.1, 2.3_`` and ``**Validates: Requirements 1.2**``, where a part is understood."""
    if b"equirement" not in page.data and b"alidates" not in page.data:
        return
    for start, end, slug in texts(page):
        for match in _TRAILER.finditer(page.data, start, end):
            group = match.lastindex or 0
            for part in _PART.finditer(page.data, *match.span(group)):
                if _LIST.fullmatch(part[0].strip()):
                    for number in _NUMBER.finditer(page.data, *part.span()):
                        yield reference(page, number[0].decode(), *number.span(), slug, bases)


def traced(requirements: tuple[Requirement, ...], tasks: tuple[str, ...], role: Role) -> tuple[Claim, ...]:
    """The claims that some task names a requirement; criteria count for the requirement that they belong to."""
    return tuple(
        Claim("requirement", r.id, r.start, r.end, role, bases=tasks)
        for r in requirements
        if not {"criterion", "scenario", "property"} & set(r.flags)
    )
