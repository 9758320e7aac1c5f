"""The history of decisions to look at: text, data, a Mermaid diagram, one HTML page that needs nothing else."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime  # noqa: TC003  msgspec reads the annotations
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import msgspec

from vt_lsp.models import DecisionLink, LinkType

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.models import Outcome, WorkflowDecision

_LONGEST: Final = 4_000  # characters of one text on the page
_LONGEST_LABEL: Final = 80
_MERMAID_SIGNS: Final = frozenset('#:;"<>{}[]()`\\|%&')


class TimelineEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One decision on the timeline; ``success`` is that of its last outcome, ``superseded_by`` what replaced it."""

    id: str
    timestamp: datetime
    decision_type: str
    status: str
    title: str
    outcome: str
    rationale: str
    author: str
    tags: tuple[str, ...]
    files: tuple[str, ...]
    symbols: tuple[str, ...]
    links: tuple[DecisionLink, ...]
    superseded_by: tuple[str, ...]
    success: bool | None
    note: str


def entries(decisions: Sequence[WorkflowDecision], outcomes: Sequence[Outcome]) -> tuple[TimelineEntry, ...]:
    """The decisions oldest first, with what became of them; ``outcomes`` are oldest first."""
    last = {outcome.decision: outcome for outcome in outcomes}
    successors: dict[str, list[str]] = defaultdict(list)
    for one in decisions:
        for link in one.links:
            if link.type is LinkType.SUPERSEDES:
                successors[link.target].append(one.id)
    return tuple(
        TimelineEntry(
            id=one.id,
            timestamp=one.timestamp,
            decision_type=one.decision_type,
            status=one.status,
            title=headline(one),
            outcome=one.outcome[:_LONGEST],
            rationale=one.rationale[:_LONGEST],
            author=one.author,
            tags=one.tags,
            files=one.files,
            symbols=one.symbols,
            links=one.links,
            superseded_by=tuple(successors[one.id]),
            success=last[one.id].success if one.id in last else None,
            note=last[one.id].note[:_LONGEST] if one.id in last else "",
        )
        for one in sorted(decisions, key=lambda d: (d.timestamp, d.id))
    )


def headline(decision: WorkflowDecision) -> str:
    """Its title, or the first line of what was chosen; one line, not too long."""
    text = " ".join((decision.title or decision.outcome).split())
    return text if len(text) <= 2 * _LONGEST_LABEL else f"{text[: 2 * _LONGEST_LABEL - 1]}…"


def as_text(found: Sequence[TimelineEntry]) -> Iterator[str]:
    """Lines, by month."""
    month = ""
    for one in found:
        if f"{one.timestamp:%Y-%m}" != month:
            month = f"{one.timestamp:%Y-%m}"
            yield month
        mark = {True: " ✓", False: " ✗", None: ""}[one.success]
        by = f", by {one.author}" if one.author else ""
        yield f"  {one.timestamp:%d} {one.id}  {one.title}{mark}  ({one.decision_type}, {one.status}{by})"
        yield from (f"       {link.type} {link.target}" for link in one.links)


def as_mermaid(found: Sequence[TimelineEntry]) -> Iterator[str]:
    """Lines of a Mermaid timeline, a section for each month."""
    yield "timeline"
    yield "    title Decisions"
    month = ""
    for one in found:
        if f"{one.timestamp:%Y-%m}" != month:
            month = f"{one.timestamp:%Y-%m}"
            yield f"    section {month}"
        label = one.title if len(one.title) <= _LONGEST_LABEL else f"{one.title[: _LONGEST_LABEL - 1]}…"
        yield f"        {one.timestamp:%m-%d} : {_mermaid(label)} : {_mermaid(f'{one.decision_type}, {one.status}')}"


def as_html(found: Sequence[TimelineEntry], name: str) -> str:
    """One page of HTML for the project ``name``; what people wrote is data in it, never markup."""
    template = files("vt_lsp.workflow_memory").joinpath("timeline.html").read_text("utf-8")
    data = msgspec.json.encode({"name": name, "entries": found}).decode()
    # Inside a script only "<" can end it or open a comment; the two separators end a line in old JavaScript.
    safe = data.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return template.replace("{{DATA}}", safe, 1)


def _mermaid(text: str) -> str:
    """Signs of Mermaid's grammar and of HTML as its numeric entities."""
    return "".join(f"#{ord(sign)};" if sign in _MERMAID_SIGNS else sign for sign in " ".join(text.split()))
