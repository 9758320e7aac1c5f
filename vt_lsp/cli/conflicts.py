"""``vt-lsp decisions conflicts`` and ``vt-lsp decisions reconcile``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.formats import terminal
from vt_lsp.cli.formats.excerpt import clean
from vt_lsp.cli.scan import load_settings, scanned
from vt_lsp.text import LineIndex
from vt_lsp.workflow_memory.contradictions import contradicting_code
from vt_lsp.workflow_memory.recall import Recall
from vt_lsp.workflow_memory.reconciliation import Settlement, reconcile

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from vt_lsp.models import WorkflowDecision
    from vt_lsp.workflow_memory.conflict_detector import Conflict, ConsistencyReport
    from vt_lsp.workflow_memory.decision_tracker import DecisionTracker


def show(root: Path, tracker: DecisionTracker, options: argparse.Namespace) -> int:
    """Show the consistency report; 1 when there is a conflict of severity error."""
    report = Recall(tracker.store, None).conflicts.report()
    code = list(_code(root)) if options.code else None
    if options.format == "json":
        document = _document(report, root) | ({"contradicted": code} if code is not None else {})
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    else:
        console = terminal.open_console(options.color)
        for line in _lines(report, code or ()):
            console.print(line)
    return 0 if report.consistent else 1


def _code(root: Path) -> Iterator[dict[str, object]]:
    """Where the code does otherwise than a decision record says."""
    settings, _ = load_settings(root)
    with scanned(root, settings) as engine:
        for drift in contradicting_code(engine.drifts()):
            line = LineIndex(engine.text(drift.spec.path) or b"").position(drift.spec.start, "utf-8")[0] + 1
            place = {"path": drift.spec.path, "line": line}
            yield {"fingerprint": drift.fingerprint, **place, "message": drift.details}


def settle(tracker: DecisionTracker, options: argparse.Namespace) -> int:
    """Settle the conflict between two decisions, and record that."""
    store = tracker.store
    one, other = sorted(store.need(name).id for name in (options.one, options.other))
    found = Recall(store, None).conflicts.all()
    conflict = next((each for each in found if each.key == (one, other)), None)
    if conflict is None:
        raise UsageError(f"{one} and {other} are not in conflict")
    keep = store.need(options.keep).id if options.keep else ""
    _tell(reconcile(tracker, conflict, Settlement(options.way, options.reason, keep, options.scope)), options)
    return 0


def _tell(recorded: WorkflowDecision, options: argparse.Namespace) -> None:
    if options.format == "json":
        document = {"version": 1, "recorded": recorded}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    else:
        terminal.open_console(options.color).print(Text(f"{recorded.id}  {clean(recorded.outcome)}"))


def _document(report: ConsistencyReport, root: Path) -> dict[str, object]:
    return {
        "version": 1,
        "root": root.as_posix(),
        "summary": {
            "decisions": report.decisions,
            "in_force": report.in_force,
            "statements": report.statements,
            "consistent": report.consistent,
        },
        "conflicts": [_row(conflict) for conflict in report.conflicts],
    }


def _row(conflict: Conflict) -> dict[str, object]:
    return {
        "severity": conflict.severity,
        "explanation": conflict.explanation,
        "older": conflict.older,
        "newer": conflict.newer,
        "prevails": conflict.prevails,
        "rule": conflict.rule,
        "resolutions": conflict.resolutions,
    }


def _lines(report: ConsistencyReport, code: Iterable[dict[str, object]]) -> Iterator[Text]:
    for conflict in report.conflicts:
        yield Text.assemble(
            (conflict.severity.value, terminal.SEVERITY_STYLES[conflict.severity]), f"  {clean(conflict.explanation)}"
        )
        for side in (conflict.older, conflict.newer):
            yield Text.assemble("  ", (side.id, "cyan"), f"  “{clean(side.quote)}”")
        yield from (Text.assemble(("  → ", "green"), clean(way.title)) for way in conflict.resolutions)
        yield Text()
    for row in code:
        yield Text(f"{row['path']}:{row['line']}  {clean(str(row['message']))}")
    yield Text(_summary(report, report.conflicts), "dim")


def _summary(report: ConsistencyReport, found: Sequence[Conflict]) -> str:
    count = f"{len(found)} conflict{'' if len(found) == 1 else 's'}" if found else "No conflicts"
    return f"{count} among {report.in_force} in force of {report.decisions} decisions ({report.statements} statements)"
