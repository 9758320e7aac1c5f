"""What the report says, as plain data; the page shows exactly this."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from vt_lsp.continuous_eval.compliance import Count, count
from vt_lsp.progress.exchange import as_data
from vt_lsp.progress.lists import document, look, task_lists
from vt_lsp.report import kept
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Place
    from vt_lsp.progress.report import Document

Json = dict[str, Any]

FORMAT_VERSION: Final = 1
_DAY: Final = 86400.0
_SUMMARY: Final = ("files", "specs", "claims", "holds", "broken", "unknown", "compliance", "by_type", "by_severity")

# Why a section is empty, and what fills it.
_ABSENT: Final = {
    "trend": "No measurements were kept yet; the trend begins with the second one.",
    "drifts": "Nothing has drifted: every claim that can be decided holds.",
    "documents": "No document makes a claim that can be decided.",
    "commits": "Of no open drift is known which commit broke it.",
    "lists": "No document is a list of at least eight tasks.",
    "decisions": "No decision was recorded yet; vt-lsp decisions add records one, and ADRs are read by themselves.",
    "conflicts": "No two decisions contradict each other.",
    "alerts": "No alert was raised yet.",
    "claude": "Claude was not asked yet.",
}


class Gathered:
    """What the engine knows, taken at one moment; all else can be done in another thread."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name
        self.now = time.time()
        summary = engine.summary()
        self.summary = {key: getattr(summary, key) for key in _SUMMARY}
        self.documents: list[Json] = []
        self.drifts: list[Json] = []
        self.lists: list[Document] = []
        self.lines: dict[str, LineIndex] = {}


def gather(engine: Engine, name: str) -> Generator[None, None, Gathered]:
    """Take what the report needs of the engine; yields now and then, so that others have their turn."""
    found = Gathered(engine, name)
    for path in sorted(engine.index.specs):
        counted = count(engine.judged(path))
        if counted != Count():
            found.documents.append({"path": path, "folder": path.rpartition("/")[0], **_count(counted)})
            yield
    lines: dict[str, LineIndex] = {}
    for drift in engine.drifts():
        found.drifts.append(_drift(drift, engine, lines, found.now))
        yield
    for path in task_lists(engine):
        one = document(engine, path)
        if one is not None:
            found.lists.append(one)
            found.lines[path] = LineIndex(one.data)
        yield
    return found


def contents(found: Gathered) -> Json:
    """The whole report; asks git and the stores, blocking, for any thread."""
    engine = found.engine
    lists = look(engine, found.lists, found.now)
    past = kept.Past(engine.root, found.now)
    drifts = [_with_age(one, past.seen, found.now) for one in found.drifts]
    decisions, conflicts = kept.decisions(engine.root, may_run_git=engine.may_run_git)
    body: Json = {
        "documents": [{**one, "before": past.before_of_spec(one["path"])} for one in found.documents],
        "folders": [{**one, "before": past.before_of_folder(one["path"])} for one in _folders(found.documents)],
        "trend": past.trend(),
        "drifts": drifts,
        "commits": _commits(drifts),
        "lists": [as_data(one, found.lines[one.path]) for one in lists],
        "decisions": decisions,
        "conflicts": conflicts,
        "alerts": kept.alerts(engine.root),
        "claude": kept.claude(found.now),
    }
    return {
        "version": FORMAT_VERSION,
        "name": found.name,
        "revision": engine.revision(),
        "time": kept.moment(found.now),
        "summary": found.summary,
        **body,
        "absent": {key: said for key, said in _ABSENT.items() if not body[key]},
    }


def _count(counted: Count) -> Json:
    return {
        "holds": counted.holds,
        "broken": counted.broken,
        "unknown": counted.unknown,
        "compliance": counted.compliance if counted.decided else None,
    }


def _folders(documents: Iterable[Json]) -> list[Json]:
    totals: dict[str, list[Json]] = {}
    for one in documents:
        totals.setdefault(one["folder"], []).append(one)
    return [
        {
            "path": folder,
            "documents": len(rows),
            **_count(Count(*(sum(row[key] for row in rows) for key in ("holds", "broken", "unknown")))),
        }
        for folder, rows in sorted(totals.items())
    ]


def _drift(drift: DriftReport, engine: Engine, lines: dict[str, LineIndex], now: float) -> Json:
    def place(where: Place | None) -> Json | None:
        if where is None:
            return None
        if where.path not in lines:
            lines[where.path] = LineIndex(engine.text(where.path) or b"")
        return {"path": where.path, "line": lines[where.path].position(where.start, "utf-32")[0] + 1}

    commit = drift.broken_by
    return {
        "fingerprint": drift.fingerprint,
        "type": str(drift.drift_type),
        "severity": str(drift.severity),
        "details": drift.details,
        "spec": place(drift.spec),
        "code": place(drift.code),
        "commit": None if commit is None else commit.commit,
        "since": None if commit is None else commit.date[:10],
        "days": None if commit is None else _days_since(commit.date, now),
        "subject": None if commit is None else commit.subject,
    }


def _with_age(drift: Json, seen: Mapping[str, float], now: float) -> Json:
    """How old a drift is at least, where no commit tells it: since it was first seen."""
    if drift["days"] is not None or drift["fingerprint"] not in seen:
        return drift
    return {**drift, "days": max(0, int((now - seen[drift["fingerprint"]]) / _DAY))}


def _days_since(when: str, now: float) -> int | None:
    """Whole days from a date of git; none below 0, since clocks differ; None for what is no date."""
    try:
        then = datetime.fromisoformat(when)
    except ValueError:
        return None
    return max(0, int((now - (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()) / _DAY))


def _commits(drifts: Sequence[Json]) -> list[Json]:
    """The commits that broke something, the one that broke most first."""
    broken = Counter(one["commit"] for one in drifts if one["commit"])
    first = {one["commit"]: one for one in reversed(drifts) if one["commit"]}
    return [
        {
            "commit": commit,
            "date": first[commit]["since"],
            "subject": first[commit]["subject"],
            "drifts": number,
            "types": dict(sorted(Counter(one["type"] for one in drifts if one["commit"] == commit).items())),
        }
        for commit, number in sorted(broken.items(), key=lambda pair: (-pair[1], first[pair[0]]["since"], pair[0]))
    ]
