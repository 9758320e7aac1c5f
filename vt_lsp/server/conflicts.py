"""The commands about decisions that contradict each other, and the warning before one is recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast, get_args

from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.server.memory import memory_of
from vt_lsp.server.pages import inline
from vt_lsp.wording import plural
from vt_lsp.workflow_memory.conflict_detector import Way
from vt_lsp.workflow_memory.contradictions import contradicting_code
from vt_lsp.workflow_memory.exchange import whole
from vt_lsp.workflow_memory.reconciliation import Settlement, reconcile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.models import DriftReport, WorkflowDecision
    from vt_lsp.server.memory import Opened
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.workflow_memory.conflict_detector import Conflict, ConsistencyReport

Json = dict[str, Any]


async def show_conflicts(session: Session, *_: object) -> Json:
    """How far the decisions agree, with each other and with the code: the consistency report of all folders."""
    session.edits.flush()
    reports = [(folder, await memory_of(folder).run(_report)) for folder in session.folders]
    found = [one for _, report in reports for one in report.conflicts]
    contradicted = [(folder, drift) for folder in session.folders for drift in _contradicted(folder)]
    in_force, total = sum(r.in_force for _, r in reports), sum(r.decisions for _, r in reports)
    title = f"{plural(len(found), 'conflict').capitalize()} among {in_force} in force of {total} decisions"
    parts = [f"# {title}", *(_section(one) for one in found)]
    if contradicted:
        lines = [_drift(session, folder, drift) for folder, drift in contradicted]
        parts += ["## What the code does otherwise", "\n".join(lines)]
    return {
        "summary": {
            "decisions": total,
            "in_force": in_force,
            "statements": sum(report.statements for _, report in reports),
            "consistent": all(report.consistent for _, report in reports),
        },
        "conflicts": [row(one) for one in found],
        "contradicted": [
            {"fingerprint": drift.fingerprint, "path": drift.spec.path, "message": drift.details}
            for _, drift in contradicted
        ],
        "title": title,
        "markdown": "\n\n".join(parts) + "\n",
    }


async def reconcile_decisions(session: Session, given: object = None) -> Json:
    """Settle a conflict: ``{one, other, way?, reason?, keep?, scope?}``; ends in a decision that records it."""
    fields = given if isinstance(given, dict) else {}
    one, other = (str(fields.get(name) or "") for name in ("one", "other"))
    way = str(fields.get("way") or "supersede")
    if not one or not other or way not in get_args(Way):
        raise JsonRpcInvalidParams(
            f"vt-lsp.reconcileDecisions takes an object with one, other and a way ({', '.join(get_args(Way))})"
        )
    reason, keep, scope = (str(fields.get(name) or "") for name in ("reason", "keep", "scope"))

    def settle(opened: Opened) -> WorkflowDecision | None:
        key = tuple(sorted(opened.tracker.store.need(name).id for name in (one, other)))
        found = next((each for each in opened.recall.conflicts.all() if each.key == key), None)
        if found is None:
            return None
        return reconcile(opened.tracker, found, Settlement(cast("Way", way), reason, keep, scope))

    problem = ""
    for folder in session.folders:
        try:
            recorded = await memory_of(folder).run(settle)
        except JsonRpcInvalidParams as error:
            problem = problem or str(error.message)  # it may be another folder's
            continue
        if recorded is not None:
            session.refresh_lenses()
            said = f"# Reconciled\n\n`{recorded.id}` {inline(recorded.outcome)}\n\n> {inline(recorded.rationale)}\n"
            return {"recorded": whole(recorded), "title": "Reconciled", "markdown": said}
    raise JsonRpcInvalidParams(problem or f"{one} and {other} are not in conflict")


def contradiction(new: WorkflowDecision, conflicts: list[Conflict]) -> Json:
    """The answer where a decision was not recorded, since others stand against it."""
    count = plural(len(conflicts), "standing decision")
    title = f"Not recorded: this contradicts {count}"
    parts = [f"# {title}", f"> {inline(new.outcome)}", *(_section(one, new.id) for one in conflicts)]
    parts.append("Whoever means it records it again with `despite`, or with `supersedes` what it replaces.")
    return {"conflicts": [row(one, new.id) for one in conflicts], "title": title, "markdown": "\n\n".join(parts) + "\n"}


def row(conflict: Conflict, new: str = "") -> Json:
    """One conflict as data; ``standing`` is the id of the side that is not ``new``."""
    standing = next((side for side in (conflict.older, conflict.newer) if side.id != new), conflict.older)
    return {
        "severity": str(conflict.severity),
        "explanation": conflict.explanation,
        "older": whole(conflict.older),
        "newer": whole(conflict.newer),
        "prevails": conflict.prevails,
        "rule": conflict.rule,
        "resolutions": whole(conflict.resolutions),
        "standing": standing.id,
    }


def _report(opened: Opened) -> ConsistencyReport:
    return opened.recall.conflicts.report()


def _contradicted(folder: Folder) -> Iterable[DriftReport]:
    return contradicting_code(folder.engine.drifts() if folder.engine is not None else ())


def _section(conflict: Conflict, new: str = "") -> str:
    sides = [
        f"- {f'`{side.id}` ' if side.id != new else ''}**{inline(side.title)}**: “{inline(side.quote)}”"
        for side in (conflict.older, conflict.newer)
    ]
    ways = [f"- → {inline(way.title)}" for way in conflict.resolutions] if not new else []
    return "\n".join([f"## {inline(conflict.explanation)}", "", *sides, *ways])


def _drift(session: Session, folder: Folder, drift: DriftReport) -> str:
    assert folder.engine is not None
    line = session.texts.range(folder.engine, drift.spec, session.units).start.line + 1
    return f"- [{drift.spec.path}:{line}]({session.uri_of(folder, drift.spec.path)}#L{line}) {inline(drift.details)}"
