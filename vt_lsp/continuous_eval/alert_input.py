"""What other parts of the program know, as input of the alerts: evaluations, health, decisions, forecasts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vt_lsp.continuous_eval.alert_events import Event, Observation, standing
from vt_lsp.models import AlertType, Severity
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from vt_lsp.continuous_eval.evaluation import Evaluation, Health
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport
    from vt_lsp.workflow_memory.conflict_detector import Conflict

_MEASURED: Final = 200  # drifts that are new at once: of more, the reach is not counted one by one


def observation(
    evaluation: Evaluation, text: Callable[[str], bytes | None], reach: Callable[[DriftReport], int] = lambda _drift: 1
) -> Observation:
    """An evaluation for the rules; ``text`` gives the bytes of a path, ``reach`` how much a new drift concerns."""
    appeared = {drift.fingerprint for drift in evaluation.appeared}
    is_counted = len(appeared) <= _MEASURED
    lines: dict[str, LineIndex] = {}
    found = []
    for drift in evaluation.drifts:
        path = drift.spec.path
        if path not in lines:
            lines[path] = LineIndex(text(path) or b"")
        line, _ = lines[path].position(drift.spec.start, "utf-32")
        since = evaluation.since.get(drift.fingerprint)
        moment = datetime.fromtimestamp(since, UTC) if since is not None else None
        count = reach(drift) if is_counted and drift.fingerprint in appeared else 1
        found.append(standing(drift, line + 1, moment, count))
    figures = evaluation.figures
    shares = {path: (count.holds, count.decided) for path, count in figures.specs.items()}
    shares[""] = (figures.total.holds, figures.total.decided)
    return Observation(
        drifts=tuple(found),
        compliance=shares,
        unsaved=evaluation.unsaved,
        conditions={AlertType.MONITOR_UNHEALTHY: health_events(evaluation.health)},
    )


def reach_of(engine: Engine, open_paths: Collection[str], drift: DriftReport) -> int:
    """How many claims speak of the same code, and how many open files it concerns; 1 at least.

    For the thread that owns the engine.
    """
    is_open = {drift.spec.path, drift.code.path if drift.code is not None else drift.spec.path} & set(open_paths)
    if drift.code is None or not drift.code.end:
        return 1 + len(is_open)
    symbol = engine.symbol_at(drift.code.path, drift.code.start)
    claims = engine.claims_about(drift.code.path, symbol.name) if symbol is not None else ()
    return max(1, len(claims)) + len(is_open)


def health_events(health: Health) -> tuple[Event, ...]:
    """The troubles of the monitor, as conditions: an error where it does not evaluate, else information."""
    severity = Severity.ERROR if health.state == "failing" else Severity.INFORMATION
    return tuple(
        Event(
            type=AlertType.MONITOR_UNHEALTHY, subject=f"monitor:{one.kind}", message=one.text, severity=severity
        )
        for one in health.troubles
    )  # fmt: skip


def conflict_events(conflicts: Iterable[Conflict]) -> tuple[Event, ...]:
    """Decisions that contradict each other, as conditions."""
    return tuple(
        Event(
            type=AlertType.DECISION_CONFLICT,
            subject="conflict:" + " ".join(one.key),
            message=one.explanation,
            severity=one.severity,
        )
        for one in conflicts
    )


def claude_event(reason: str) -> Event:
    """Claude cannot be asked, as a condition."""
    return Event(
        type=AlertType.CLAUDE_UNAVAILABLE,
        subject="claude",
        message=f"Claude is not available: {reason}",
        severity=Severity.INFORMATION,
    )
