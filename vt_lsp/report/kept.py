"""What was kept of a project beside its files: decisions and their conflicts, alerts, measurements, Claude's cost.

Each function reads one store and gives plain data, or None where there is nothing; none of them raises for a store that
is missing or damaged.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from vt_lsp.claude_integration.usage import days_ago, statistics, usage_log
from vt_lsp.continuous_eval.alert_store import AlertStoreError, Filter, has_alerts, open_alerts
from vt_lsp.continuous_eval.metrics_store import Trend, read_trend
from vt_lsp.workflow_memory import timeline
from vt_lsp.workflow_memory.adr_files import sync
from vt_lsp.workflow_memory.exchange import whole
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, open_memory
from vt_lsp.workflow_memory.recall import Recall

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.claude_integration.usage import Asked
    from vt_lsp.continuous_eval.compliance import Count
    from vt_lsp.workflow_memory.conflict_detector import Conflict

log = logging.getLogger(__name__)

Json = dict[str, Any]

_LONGEST: Final = 1_000  # characters of one text of a decision
_MOST_POINTS: Final = 400  # of the trend
_MOST_ALERTS: Final = 500
_CLAUDE_DAYS: Final = 30
_CHANGE_DAYS: Final = 30 * 86400.0


def moment(at: float) -> str:
    """Seconds since 1970 as the report writes a time."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


class Past:
    """The measurements of a project, as far as they were kept."""

    def __init__(self, root: Path, now: float) -> None:
        self._trend: Trend = read_trend(root)
        self._now = now
        self.seen = {one.fingerprint: one.since for one in self._trend.standing}

    def trend(self) -> list[Json]:
        """The counts of all documents together, oldest first; of many points the last of each span."""
        points = self._trend.points
        step = max(1, -(-len(points) // _MOST_POINTS))
        kept = points[len(points) - 1 :: -step][::-1] if points else ()
        return [
            {
                "time": moment(point.end),
                "holds": point.total.holds,
                "broken": point.total.broken,
                "unknown": point.total.unknown,
                "compliance": point.total.compliance,
            }
            for point in kept
            if point.total.decided
        ]

    def before_of_spec(self, path: str) -> float | None:
        """The compliance of a document thirty days ago, or when it was first measured; None if it never was."""
        return self._before(self._trend.of_spec(path))

    def before_of_folder(self, folder: str) -> float | None:
        """The same for all documents below a folder."""
        return self._before(self._trend.of_folder(folder))

    def _before(self, series: list[tuple[float, Count]]) -> float | None:
        known = [(at, count) for at, count in series if count.decided]
        old = [count for at, count in known if at <= self._now - _CHANGE_DAYS]
        first = old[-1:] or [count for _, count in known[:1]]
        return first[0].compliance if first else None


def alerts(root: Path) -> list[Json]:
    """The alerts of a project, the newest first."""
    if not has_alerts(root):
        return []
    try:
        with open_alerts(root) as store:
            _, found = store.find(Filter(limit=_MOST_ALERTS))
    except AlertStoreError as error:
        log.warning("the report is without alerts: %s", error)
        return []
    return [
        {
            "id": one.id,
            "time": moment(one.timestamp.timestamp()),
            "type": str(one.alert_type),
            "severity": str(one.severity),
            "message": one.message,
            "state": str(one.state),
        }
        for one in found
    ]


def claude(now: float) -> Json | None:
    """What the user asked Claude within thirty days, in all projects, and what it cost; None if nothing was asked."""
    found = [one for one in usage_log().read(days_ago(_CLAUDE_DAYS, now)) if one.kind == "question"]
    if not found:
        return None
    total = statistics(found)
    by_day: dict[str, list[Asked]] = {}
    for one in found:
        by_day.setdefault(moment(one.at)[:10], []).append(one)
    names = ("questions", "hits", "offline", "prompt_tokens", "output_tokens", "read_from_prompt_cache", "saved_tokens")
    return {
        "days": _CLAUDE_DAYS,
        **{name: getattr(total, name) for name in names},
        "hit_rate": round(total.hit_rate, 4),
        "cost": total.cost,
        "by_day": [
            {
                "date": date,
                "questions": len(asked),
                "hits": sum(one.cached for one in asked),
                "cost": round(sum(one.cost for one in asked if not one.cached), 6),
            }
            for date, asked in sorted(by_day.items())
        ],
    }


def decisions(root: Path, *, may_run_git: bool) -> tuple[list[Json], list[Json]]:
    """All decisions of a project, oldest first, with what became of them; and the conflicts between them."""
    try:
        with open_memory(root, may_run_git=may_run_git) as store:
            if may_run_git:
                sync(root, store)
            found = timeline.entries(list(store.all()), store.outcomes())
            conflicts = Recall(store, None).conflicts.report().conflicts if found else ()
    except MemoryStoreError as error:
        log.warning("the report is without decisions: %s", error)
        return [], []
    rows: list[Json] = whole(found)
    for row in rows:
        for name in ("outcome", "rationale", "note"):
            row[name] = row[name] if len(row[name]) <= _LONGEST else f"{row[name][: _LONGEST - 1]}…"
    return rows, [_conflict(one) for one in conflicts]


def _conflict(one: Conflict) -> Json:
    return {
        "severity": str(one.severity),
        "explanation": one.explanation,
        "older": {"id": one.older.id, "quote": one.older.quote},
        "newer": {"id": one.newer.id, "quote": one.newer.quote},
        "prevails": one.prevails,
        "ways": [way.title for way in one.resolutions],
    }
