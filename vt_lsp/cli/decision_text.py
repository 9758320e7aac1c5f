"""Decisions as lines for a terminal; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.cli.formats.excerpt import clean
from vt_lsp.workflow_memory.timeline import headline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.models import DecisionEvent, Outcome, WorkflowDecision
    from vt_lsp.workflow_memory.decision_tracker import Statistics
    from vt_lsp.workflow_memory.exchange import Imported

_MOST = 200  # characters of a value in the history


def page_lines(decisions: Sequence[WorkflowDecision], total: int | None = None, offset: int = 0) -> Iterator[str]:
    """Two lines for each decision."""
    for one in decisions:
        yield f"{one.id}  {clean(headline(one))}"
        by = f" by {clean(one.author)}" if one.author else ""
        tags = "".join(f" #{clean(tag)}" for tag in one.tags)
        yield f"    {one.timestamp:%Y-%m-%d}{by}, {one.decision_type}, {one.status}{tags}"
    if total is not None and not decisions:
        yield "no decision fits"
    elif total is not None and total > len(decisions):
        yield f"{offset + 1} to {offset + len(decisions)} of {total}"


def decision_lines(
    decision: WorkflowDecision,
    superseded_by: Sequence[str],
    outcomes: Sequence[Outcome],
    events: Sequence[DecisionEvent],
) -> Iterator[str]:
    """One decision in full."""
    yield from page_lines([decision])
    for title, text in (
        ("Situation", decision.context.get("situation", "")),
        ("Chosen", decision.outcome),
        ("Why", decision.rationale),
        ("Instead of", "\n".join(decision.alternatives)),
        ("Files", "\n".join(decision.files)),
        ("Symbols", "\n".join(decision.symbols)),
        ("Links", "\n".join(f"{link.type} {link.target}" for link in decision.links)),
        ("Superseded by", "\n".join(superseded_by)),
        ("Read from", decision.source),
    ):
        if text:
            yield ""
            yield title
            yield from (f"    {clean(line)}" for line in text.split("\n"))
    if outcomes:
        yield ""
        yield "What became of it"
        yield from map(_outcome_line, outcomes)
    yield ""
    yield "History"
    for event in events:
        by = f" by {clean(event.author)}" if event.author else ""
        reason = f": {clean(event.reason)}" if event.reason else ""
        yield f"    {event.timestamp:%Y-%m-%d %H:%M} {event.kind}{by}{reason}"
        if event.kind == "changed":
            for name, before, after in event.changes:
                yield f"        {name}: {clean(before[:_MOST])} → {clean(after[:_MOST])}"


def _outcome_line(outcome: Outcome) -> str:
    verdict = {True: "✓ it worked", False: "✗ it failed", None: "· not clear yet"}[outcome.success]
    figures = "".join(f", {clean(name)} {value:g}" for name, value in outcome.metrics.items())
    note = f": {clean(outcome.note)}" if outcome.note else ""
    return f"    {outcome.timestamp:%Y-%m-%d} {verdict}{figures}{note}"


def statistics_lines(found: Statistics) -> Iterator[str]:
    """Counts, and what became of each type."""
    yield f"{found.decisions} decisions"
    tables = {"type": found.by_type, "status": found.by_status, "author": found.by_author, "tag": found.by_tag}
    for name, counts in tables.items():
        if counts:
            said = ", ".join(f"{clean(key) or 'unknown'} {count}" for key, count in list(counts.items())[:12])
            yield f"by {name}: {said}"
    for one in found.effectiveness:
        if one.with_outcome:
            rate = f", {100 * one.rate:.0f} % went well" if one.rate is not None else ""
            yield f"{one.kind}: {one.with_outcome} of {one.decisions} with an outcome{rate}"


def imported_lines(done: Imported) -> Iterator[str]:
    """What an import did."""
    yield f"{done.read} read, {len(done.changed)} new or changed, {done.outcomes} outcomes"
    yield from (f"not read: {clean(problem)}" for problem in done.problems)
