"""Architecture decision records: Nygard's form with adr-tools, MADR 2 to 4, log4brains.

A record lies in a folder of its kind (``docs/adr``, ``doc/adr``, ``docs/decisions``, ``decision-records``, …) and its
file is named by a number or a date. Of an accepted record what it decides speaks of now; its context and its options
are of the past, and so is a whole record that was superseded or rejected (``roles.py``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vt_lsp.models import Claim, Requirement, Role
from vt_lsp.specs.blocks import BlockParser, Table, Text
from vt_lsp.specs.decision_status import PATHS, read_status
from vt_lsp.specs.outline import read_outline
from vt_lsp.specs.page import Extra, Page
from vt_lsp.specs.requirement_ids import located, sections

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.specs.requirement_ids import Section

__all__ = [
    "FORMAT",
    "PATHS",
    "DecisionRecord",
    "Part",
    "RecordLink",
    "citations",
    "code_citations",
    "read",
    "read_record",
]

FORMAT = "decision-record"
Relation = Literal["supersedes", "superseded-by", "amends", "amended-by"]

_NUMBER = re.compile(r"(?:adr[-_ ]?)?(\d{1,4})(?![\d])(?!-\d\d)", re.IGNORECASE)
_DATED = re.compile(r"\d{4}-?\d{2}-?\d{2}(?:-[\w-]+)?")
_TITLE_NUMBER = re.compile(r"(?:ADR[-\s#]*)?(\d{1,4})\s*[.:)\u2013\u2014-]\s+|ADR[-\s#]*(\d{1,4})\b\s*", re.IGNORECASE)
_RELATION = re.compile(
    r"\b(?P<relation>super[sc]eded?[ \t_-]+by|super[sc]edes|amended[ \t_-]+by|amends)\b"
    r"[*_`\"']*[ \t]*:?(?P<rest>[^\n]{0,400})",
    re.IGNORECASE,
)
_TARGET_LINK = re.compile(r"\]\(<?([^)\s>]+)")
_TARGET_NUMBER = re.compile(r"\bADR[-\s#]*(\d{1,4})\b(?!-\d\d)", re.IGNORECASE)
_TARGET_PLAIN = re.compile(r"[ \t\"'\[(`#]*(\d{1,4})(?![\d%])(?!-\d\d)(?!\.\d)")
_FIELD = re.compile(r"(?m)^[ \t*_+>|-]*([A-Za-z][A-Za-z -]{2,30}?)[*_ \t]*[:|][*_ \t]*(.*?)[ \t|]*$")
_LIST = re.compile(r"^[ \t]*-[ \t]+(.+?)[ \t]*$")
_CHOSEN = re.compile(
    r"(?:chosen|selected)\s+(?:option|alternative)\s*:?\s*[\"'*_`\[\u201c]*(.+?)(?:[\"*_`\]\u201d]|,\s|\.\s|$)",
    re.IGNORECASE,
)
_CITATION = re.compile(rb"(?<![\w/.#-])ADR[- ]?(\d{1,4})(?![\w]|[-/.]\w)")
_INSTEAD = re.compile(
    rb"\buses?\s+[`*_]*([A-Za-z][\w-]+)[`*_]*\s+instead\s+of\s+[`*_]*([A-Za-z][\w-]+)[`*_]*\s*(?=[.,;)\n]|\Z)"
)
_HEAD = 6000
_LINE = 300  # characters of a line of code
_DECIDERS = frozenset({"deciders", "decision-makers", "decision makers", "decider", "author", "authors"})


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a record: its text, and its first and last byte."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RecordLink:
    """Another record, by its number or by a path relative to the record's folder."""

    relation: Relation
    target: str
    start: int
    end: int

    @property
    def number(self) -> int | None:
        """The number of the other record; None where its file is named by a date."""
        return _number_of(self.target.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """One record. ``id`` is its number, or the date and name of its file; spans are bytes of the text.

    ``status`` is accepted, proposed, rejected, deprecated, superseded, or "" where it says none of these.
    """

    id: str
    number: int | None
    title: str
    style: Literal["nygard", "madr", "log4brains"]
    status: str
    status_span: tuple[int, int]
    date: str = ""
    deciders: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[RecordLink, ...] = ()
    context: Part | None = None
    options: tuple[Part, ...] = ()
    chosen: str = ""
    decision: Part | None = None
    consequences: Part | None = None
    confirmation: Part | None = None


def read_record(text: str, path: str) -> DecisionRecord | None:
    """The decision record that lies at ``path`` (relative, with ``/``), or None for another document."""
    data = text.replace("\r\n", " \n").encode("utf-8", "surrogateescape")
    blocks = BlockParser().parse(data).blocks
    return _record(Page(path, data, blocks, read_outline(data, path, blocks), ()))


def read(page: Page) -> Extra:
    """The record's number as a requirement that others name, its status, and the claims on its place in the graph."""
    record = _record(page)
    if record is None:
        return Extra()
    start, end = record.status_span
    flags = ("decision", record.status, record.style, *(f"{link.relation}:{_target(link)}" for link in record.links))
    stated = [
        Claim(
            "decision", record.id, start, end, Role.CURRENT, owner=record.status,
            expected=page.data[start:end].decode("utf-8", "replace"),
        )
    ]  # fmt: skip
    claims = stated if record.status else []
    claims += (
        Claim(
            "decision-link", _target(link), link.start, link.end, Role.CURRENT, owner=link.relation, signature=record.id
        )
        for link in record.links
    )
    claims += _choices(page, record)
    title = Requirement(record.id, record.title, *_title_span(page), flags=flags)
    state = (record.status, start, end) if record.status else None
    return Extra(claims=tuple(claims), requirements=(title,), state=state)


def citations(page: Page) -> Iterator[Claim]:
    """Where the text of a document, code apart, names a record by its number: ``ADR-0012``."""
    if b"ADR" not in page.data:
        return
    role, section = page.outline.role, ""
    for number, block in enumerate(page.blocks):
        heading = page.outline.headings.get(number)
        if heading is not None:
            role, section = heading.role, heading.slug
        spans = (
            block.pieces if isinstance(block, Text) else ((block.start, block.end),) if isinstance(block, Table) else ()
        )
        for start, end in spans:
            for match in _CITATION.finditer(page.data, start, end):
                yield _cited(match, role, section)


def code_citations(data: bytes) -> Iterator[Claim]:
    """The same in the comments and docstrings of Python: no quote stands before it on its line."""
    if b"ADR" not in data:
        return
    for match in _CITATION.finditer(data):
        before = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        if len(before) < _LINE and not re.search(rb"(?<![\"'])[\"'](?![\"'])", before.partition(b"#")[0]):
            yield _cited(match, Role.CURRENT, "")


def _cited(match: re.Match[bytes], role: Role, section: str) -> Claim:
    return Claim("citation", match[0].decode(), *match.span(), role, owner=str(int(match[1])), section=section)


def _record(page: Page) -> DecisionRecord | None:
    if not PATHS.search(page.path.lower()):
        return None
    name = page.path.rpartition("/")[2].rpartition(".")[0]
    every = list(sections(page))
    title = next((s.title for s in every if s.level == 1), "")
    dated = _DATED.match(name)
    numbered = _TITLE_NUMBER.match(title)
    number = None if dated else _number_of(name)
    if not every or "template" in name.lower() or (dated is None and number is None):
        return None
    text = page.data.decode("utf-8", "surrogateescape")
    said = read_status(text)
    fields = _fields(text[: min(_HEAD, len(text))], every, page)
    parts = _Parts(page, every)
    decision, options = parts.find("decision outcome", "decision"), parts.options()
    return DecisionRecord(
        id=name if dated else str(number),
        number=number,
        title=title[numbered.end() :].strip() if numbered else title,
        style="log4brains" if dated else "madr" if parts.find("decision outcome") else "nygard",
        status=said.status if said else "",
        status_span=_bytes(text, said.first, said.last) if said and said.last > said.first else _title_span(page),
        date=fields.get("date", ""),
        deciders=_several(next((fields[key] for key in fields if key in _DECIDERS), "")),
        tags=_several(fields.get("tags", "")),
        links=tuple(_links(page, every)),
        context=parts.find("context"),
        options=options,
        chosen=_chosen(decision),
        decision=decision,
        consequences=parts.find("consequences", "positive consequences"),
        confirmation=parts.find("confirmation", "validation"),
    )  # fmt: skip


def _choices(page: Page, record: DecisionRecord) -> Iterator[Claim]:
    """What an accepted record takes instead of what: its chosen option, and "`x` instead of `y`" in its decision."""
    decision = record.decision
    if record.status != "accepted" or decision is None or page.outline.role is not Role.CURRENT:
        return
    chosen, others = _library(record.chosen), tuple(filter(None, (_library(one.text) for one in record.options)))
    if chosen and chosen in others and len(others) == len(record.options):
        start = page.data.find(record.chosen.encode("utf-8", "surrogateescape"), decision.start, decision.end)
        bases = tuple(name for name in others if name != chosen)
        if start >= 0 and bases:
            yield Claim("choice", chosen, start, start + len(record.chosen.encode()), Role.CURRENT, bases=bases)
    for match in _INSTEAD.finditer(page.data, decision.start, decision.end):
        first, second = match[1].decode(), match[2].decode()
        if _library(first) and _library(second):
            yield Claim("choice", _library(first), *match.span(1), Role.CURRENT, bases=(_library(second),))


def _library(text: str) -> str:
    """The one word that an option is, as a package would be named; "" for an option of more words."""
    plain = re.split(r"\s+[-\u2013\u2014(]|[:(]", re.sub(r"\]\([^)]*\)", "", text), maxsplit=1)[0].strip(" \"'*_`[].")
    return plain.lower().replace("-", "_") if re.fullmatch(r"[A-Za-z][\w-]*", plain) else ""


def _number_of(name: str) -> int | None:
    match = _NUMBER.match(name)
    return int(match[1]) if match else None


def _target(link: RecordLink) -> str:
    """A record as others name it: its number, or the name of its file."""
    number = link.number
    return str(number) if number is not None else link.target.rpartition("/")[2].partition("#")[0].removesuffix(".md")


def _bytes(text: str, first: int, last: int) -> tuple[int, int]:
    start = len(text[:first].encode("utf-8", "surrogateescape"))
    return start, start + len(text[first:last].encode("utf-8", "surrogateescape"))


def _title_span(page: Page) -> tuple[int, int]:
    heading = next((s.heading for s in sections(page) if s.level == 1), None)
    return located(page, heading, "") if heading is not None else (0, 0)


class _Parts:
    """The sections of a record by their titles."""

    def __init__(self, page: Page, every: Sequence[Section]) -> None:
        self._page, self._every = page, every

    def find(self, *names: str) -> Part | None:
        """The first section whose title begins with one of the names."""
        for name in names:
            for at, section in enumerate(self._every):
                if section.level > 1 and _plain(section.title).startswith(name):
                    return self._part(at)
        return None

    def options(self) -> tuple[Part, ...]:
        """The items below "Considered Options", or the headings below it."""
        at = next(
            (
                n for n, s in enumerate(self._every)
                if re.match(r"(?:considered\s+)?(?:options|alternatives)", _plain(s.title))
            ),
            -1,
        )  # fmt: skip
        if at < 0:
            return ()
        section = self._every[at]
        found = [
            Part(self._page.text(block).strip(), *located(self._page, block, ""))
            for block in self._page.blocks[section.first : section.last]
            if isinstance(block, Text) and block.kind == "item" and block.parent < 0 and block.pieces
        ]
        for inner in self._every[at + 1 :]:
            if inner.level <= section.level:
                break
            if inner.level == section.level + 1:
                found.append(Part(inner.title, *located(self._page, inner.heading, "")))
        return tuple(found)

    def _part(self, at: int) -> Part:
        section = self._every[at]
        start = section.heading.end
        end = next((s.heading.start for s in self._every[at + 1 :] if s.level <= section.level), len(self._page.data))
        return Part(self._page.data[start:end].decode("utf-8", "replace").strip(), start, end)


def _plain(title: str) -> str:
    return re.sub(r"^[\W\d_]+", "", title.lower()).strip()


def _chosen(decision: Part | None) -> str:
    found = _CHOSEN.search(decision.text[:2000]) if decision else None
    return re.sub(r"\]\([^)]*\)", "", found[1]).strip(" \"'*_`[]\u201c\u201d.") if found else ""


def _fields(head: str, every: Sequence[Section], page: Page) -> dict[str, str]:
    """``Date: …`` and the like before the first section: of the front matter, of lines, bullets and tables."""
    second = next((s.heading.start for s in every if s.level > 1), len(page.data))
    text = head[: len(page.data[:second].decode("utf-8", "surrogateescape"))]
    found: dict[str, str] = {}
    lines = text.split("\n")
    for number, line in enumerate(lines):
        match = _FIELD.match(line)
        if match is None:
            continue
        value = match[2].strip()
        if not value:
            items = []
            for following in lines[number + 1 :]:
                item = _LIST.match(following)
                if item is None:
                    break
                items.append(item[1])
            value = ", ".join(items)
        found.setdefault(match[1].strip().lower(), value.strip("\"' "))
    return found


def _several(value: str) -> tuple[str, ...]:
    parts = (re.sub(r"^\[\[?|\]$", "", part.strip()).strip("\"' ") for part in value.split(","))
    return tuple(part for part in parts if part and not part.startswith("{"))


def _links(page: Page, every: Sequence[Section]) -> Iterator[RecordLink]:
    """Relations that the head, the status and the list of links tell."""
    second = next((n for n, s in enumerate(every) if s.level > 1), len(every))
    spans = [(0, every[second].heading.start if second < len(every) else len(page.data))]
    for at, section in enumerate(every):
        if section.level > 1 and _plain(section.title) in {"status", "links", "related", "related decisions"}:
            stop = every[at + 1].heading.start if at + 1 < len(every) else len(page.data)
            spans.append((section.heading.end, stop))
    for first, last in spans:
        text = page.data[first:last].decode("utf-8", "surrogateescape")
        for match in _RELATION.finditer(text):
            yield from _related(text, match, first)


def _related(text: str, match: re.Match[str], shift: int) -> Iterator[RecordLink]:
    word = match["relation"].lower()
    relation: Relation = (
        ("superseded-by" if word.endswith("by") else "supersedes")
        if word.startswith("super")
        else ("amended-by" if word.endswith("by") else "amends")
    )
    start, end = match.span("rest")
    following = _RELATION.search(text, start, end)
    end = following.start() if following else end
    targets = list(_TARGET_LINK.finditer(text, start, end)) or list(_TARGET_NUMBER.finditer(text, start, end))
    if not targets and (plain := _TARGET_PLAIN.match(text, start, end)):
        targets = [plain]
    for target in targets:
        if "://" in target[1] or target[1].startswith("#") or not re.search(r"\d", target[1]):
            continue
        first, last = _bytes(text, *target.span(1))
        yield RecordLink(relation, target[1], shift + first, shift + last)
