"""Where each block stands: under which headings and list items, and what time these speak of."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from vt_lsp.models import Role
from vt_lsp.specs.anchors import Slugs, plain_title
from vt_lsp.specs.banner import is_banner_over
from vt_lsp.specs.blocks import Text
from vt_lsp.specs.names import read_name
from vt_lsp.specs.roles import (
    is_decision_record,
    role_of_document,
    role_of_heading,
    role_with_status,
    section_level,
)
from vt_lsp.specs.scope import Dedented
from vt_lsp.specs.status import read_status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.specs.blocks import Block

_CODE = re.compile(r"(`+)(.+?)\1")
_KIND = (
    r"(?:data)?class(?:es)?|enum|function|method|module|exception|decorator|dataclass|model|protocol|object|component"
)
_KIND_FIRST = re.compile(rf"(?:The\s+)?(?:{_KIND})\s*:?\s+([A-Za-z_][\w.]*)(?:\(.*\))?$", re.IGNORECASE)
_KIND_LAST = re.compile(rf"(?:^|\s)([A-Za-z_]\w*(?:\.\w+)*)(?:\(\))?\s+(?:{_KIND})\b", re.IGNORECASE)
_SHAPED = re.compile(r"[A-Z]\w*[a-z]\w*|\w+_\w+|\w+\.\w[\w.]*")
_NUMBERING = re.compile(r"^(?:\d+(?:\.\d+)*[.)]?|[A-Z]\.|\W+)\s+")
# Headings that every document has; they name no thing of the code.
_COMMON = frozenset(
    "api "
    "arguments args attributes background caveats classes configuration constants contents context "
    "contributing description design details discussion documentation enums events example examples "
    "exceptions faq features fields functions goals guide implementation installation install "
    "introduction license limitations members methods models motivation notes options output overview "
    "parameters params properties purpose quickstart raises rationale reference references remarks "
    "requirements return returns scope settings setup signature structure summary syntax testing tests "
    "tutorial types usage values variables warning warnings yields note tip tips".split()
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in force: what it names, its slug, and the role and status of its section."""

    level: int
    names: tuple[str, ...]
    slug: str
    role: Role
    status: str


@dataclass(slots=True)
class Outline:
    """All headings of a document, and the document's own role and status."""

    role: Role
    status: str
    headings: dict[int, Heading] = field(default_factory=dict)  # by the index of the block
    sections: tuple[tuple[int, str, int, int], ...] = ()
    anchors: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def heading_names(title: str) -> tuple[str, ...]:
    """What a heading (raw title) speaks of: its code spans, or the one name that it consists of or classifies."""
    codes = [said for match in _CODE.finditer(title) for said in read_name(match[2])]
    names = tuple(said.subject for said in codes if said.kind in {"name", "class"})
    if names:
        return names
    plain = _NUMBERING.sub("", plain_title(title))
    whole = read_name(plain)
    if len(whole) == 1 and whole[0].kind in {"name", "class"}:
        subject = whole[0].subject
        return () if subject.lower() in _COMMON else (subject,)
    found = _KIND_FIRST.match(plain)
    if found and found[1].lower() not in _COMMON and (_SHAPED.fullmatch(found[1]) or found[1][0].isupper()):
        return (found[1].rstrip("."),)
    found = _KIND_LAST.search(plain)
    return (found[1],) if found and _SHAPED.fullmatch(found[1]) else ()


def read_outline(data: bytes, path: str, blocks: Sequence[Block]) -> Outline:
    """The headings of a document with the roles that they, the marks of status and the path give."""
    found = [(i, b, _title(data, b)) for i, b in enumerate(blocks) if isinstance(b, Text) and b.kind == "heading"]
    marks = {i: read_status(title) for i, _, title in found}
    top = next((plain_title(marks[i][0]) for i, block, _ in found if block.level == 1), "")
    role = role_of_document(path, top, data)
    if role in {Role.CURRENT, Role.PLANNED} and is_banner_over(data, blocks, top):
        role = Role.HISTORICAL
    groups = _groups([(i, block.level) for i, block, _ in found])
    status = _document_status(role, groups, {i: status for i, (_, status) in marks.items()}, blocks)
    role = role_with_status(role, status) if status == "done" else role
    outline = Outline(role, status)
    ticked = {id(groups[i]) for i, (_, mark) in marks.items() if mark} if role is Role.PLANNED else set()
    record, part_level = is_decision_record(path), section_level(path)
    slugs, stack = Slugs(), list[Heading]()
    for index, block, title in found:
        while stack and stack[-1].level >= block.level:
            stack.pop()
        above = stack[-1] if stack else Heading(0, (), "", role, status)
        bare, mark = marks[index]
        if not mark and id(groups[index]) in ticked:
            mark = "open"
        is_part = block.level == part_level
        own = (
            role_of_heading(plain_title(bare), decision_record=record, is_part=is_part)
            if above.level or block.level > 1
            else None
        )
        section_role = above.role if own is None or above.role in {Role.TEMPLATE, Role.HISTORICAL} else own
        section_role = role_with_status(section_role, mark)
        slug = slugs.add(title)
        stack.append(Heading(block.level, heading_names(bare), slug, section_role, mark or above.status))
        # What stands between the title of a record and its parts tells why it was written.
        tells = part_level > block.level and section_role is Role.CURRENT
        outline.headings[index] = replace(stack[-1], role=Role.HISTORICAL) if tells else stack[-1]
    slugs.add_ids(data)
    outline.anchors = slugs.anchors
    outline.sections = _sections(data, found)
    return outline


def _title(data: bytes, block: Text) -> str:
    return Dedented(data, block.pieces).data.decode("utf-8", "replace").strip().rstrip("#").rstrip()


def _groups(levels: list[tuple[int, int]]) -> dict[int, list[int]]:
    """For each heading its siblings and itself: the same level under the same parent."""
    groups: dict[int, list[int]] = {}
    stack: list[tuple[int, list[int]]] = []
    for index, level in levels:
        while stack and stack[-1][0] > level:
            stack.pop()
        if not stack or stack[-1][0] < level:
            stack.append((level, []))
        stack[-1][1].append(index)
        groups[index] = stack[-1][1]
    return groups


def _document_status(role: Role, groups: dict[int, list[int]], marks: dict[int, str], blocks: Sequence[Block]) -> str:
    """A plan whose features are all ticked is done; one with some ticks is in progress."""
    if role is not Role.PLANNED:
        return ""
    boxes = {block.checkbox.lower() for block in blocks if isinstance(block, Text) and block.checkbox}
    ticked = {id(group): group for i, group in groups.items() if marks[i] == "done"}
    if not ticked and "x" not in boxes:
        return ""
    complete = all(marks[i] in {"done", "dropped"} for group in ticked.values() for i in group)
    return "done" if complete and not boxes - {"x"} else "doing"


def _sections(data: bytes, found: list[tuple[int, Text, str]]) -> tuple[tuple[int, str, int, int], ...]:
    """Level, plain title, first and last byte of each section."""
    result: list[tuple[int, str, int, int]] = []
    ends: dict[int, int] = {}  # for each level, where the next section of that level or above begins
    for _, block, title in reversed(found):
        end = min((at for level, at in ends.items() if level <= block.level), default=len(data))
        result.append((block.level, plain_title(title), block.start, end))
        ends[block.level] = block.start
    return tuple(reversed(result))
