"""The figures of all evaluations over time, in one SQLite file of the user's, never in the workspace.

A point holds what changed since the point before: the counts of those documents that are others now. So merging two
neighbours is a union, and what is old is merged to one point an hour, and then to one a day. Drifts are kept from
their first sight to their last, with some time after it; runs of a monitor with what it owed and what it delivered.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean
from typing import TYPE_CHECKING, Final

import msgspec

from vt_lsp.continuous_eval.compliance import Count
from vt_lsp.continuous_eval.evaluation import Figures, Resolved, Seen, folders_of
from vt_lsp.workspace.store import make_private, state_directory
from vt_lsp.workspace.versioned import Layout, connect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

FILE: Final = "monitor.sqlite"
HOUR: Final = 3600
DAY: Final = 24 * HOUR
RAW_SECONDS: Final = 2 * DAY  # as long each point is kept as it was made
HOURLY_SECONDS: Final = 60 * DAY
RESOLVED_SECONDS: Final = 400 * DAY  # more than a year of what was resolved
WAIT: Final = 0.25  # seconds for another process to finish its write; what waits longer is written later

_APPLICATION: Final = 0x76746C6D  # "vtlm", in the header of the file
_LAYOUT: Final = """
CREATE TABLE points(start REAL PRIMARY KEY, end REAL NOT NULL, evaluations INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE drifts(
    fingerprint TEXT NOT NULL,
    since REAL NOT NULL,
    until REAL,
    type TEXT NOT NULL,
    severity TEXT NOT NULL,
    path TEXT NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (fingerprint, since)
);
CREATE INDEX standing ON drifts(until);
CREATE TABLE runs(
    pid INTEGER NOT NULL,
    started REAL NOT NULL,
    kind TEXT NOT NULL,
    beat REAL NOT NULL,
    ended REAL,
    due INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    late INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0,
    evaluations INTEGER NOT NULL DEFAULT 0,
    health TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (pid, started)
);
"""
MIGRATIONS: tuple[str, ...] = (_LAYOUT,)  # the n-th leads from version n - 1 to n; never change one that was released


@dataclass(frozen=True, slots=True)
class Point:
    """The figures at the end of a span of time, with the counts of those documents that changed in it (None: gone)."""

    start: float
    end: float
    evaluations: int
    total: Count
    by_type: Mapping[str, int]
    by_severity: Mapping[str, int]
    changed: Mapping[str, Count | None]


@dataclass(frozen=True, slots=True)
class Trend:
    """All points, the oldest first; drifts that stand, and those that were resolved, the latest last."""

    points: tuple[Point, ...] = ()
    standing: tuple[Seen, ...] = ()
    resolved: tuple[Resolved, ...] = ()

    def of_spec(self, path: str) -> list[tuple[float, Count]]:
        """Time and count of one document, whenever it changed."""
        return [(point.end, point.changed[path] or Count()) for point in self.points if path in point.changed]

    def of_folder(self, folder: str) -> list[tuple[float, Count]]:
        """The same for all documents below a folder; ``""`` is the root."""
        specs: dict[str, Count] = {}
        found = []
        for point in self.points:
            mine = {path: count for path, count in point.changed.items() if folder in folders_of(path)}
            _apply(specs, mine)
            if mine:
                found.append((point.end, _total(specs.values())))
        return found

    def mean_time_to_realign(self, since: float = 0.0) -> float | None:
        """Seconds from a drift's first sight to its last, on average over those resolved after ``since``."""
        ages = [one.age for one in self.resolved if one.at >= since]
        return fmean(ages) if ages else None


@dataclass(frozen=True, slots=True)
class Run:
    """One process that monitored: ``kind`` is server or monitor; ``beat`` is its last sign of life.

    Of the evaluations that were due, ``delivered`` came at most 10 s late, ``late`` ones of them after more than a
    second; the others were ``missed``. ``evaluations`` counts all that were made.
    """

    pid: int
    started: float
    kind: str
    beat: float
    ended: float | None = None
    due: int = 0
    delivered: int = 0
    late: int = 0
    missed: int = 0
    evaluations: int = 0
    health: str = "{}"


@dataclass(frozen=True, slots=True)
class Uptime:
    """All runs that are remembered, the oldest first."""

    runs: tuple[Run, ...] = ()

    @property
    def due(self) -> int:
        """Evaluations that were due."""
        return sum(run.due for run in self.runs)

    @property
    def missed(self) -> int:
        """Evaluations that were due and did not come, or came more than 10 s late."""
        return sum(run.missed for run in self.runs)

    @property
    def availability(self) -> float:
        """Share of the due evaluations that were delivered; 1.0 when none was due."""
        return 1.0 - self.missed / self.due if self.due else 1.0


def read_trend(root: Path, since: float = 0.0) -> Trend:
    """What is known of the project ``root`` from ``since`` on; nothing where there is no file, or no good one."""
    found = _read(root)
    if found is None:
        return Trend()
    with closing(found), suppress(sqlite3.Error, msgspec.MsgspecError):
        return found.trend(since)
    return Trend()


def read_uptime(root: Path) -> Uptime:
    """The runs of monitors of the project ``root``; none where there is no file, or no good one."""
    found = _read(root)
    if found is None:
        return Uptime()
    with closing(found), suppress(sqlite3.Error):
        return found.uptime()
    return Uptime()


def _read(root: Path) -> MetricsStore | None:
    directory = state_directory(root)
    if directory is None or not (directory / FILE).exists():
        return None
    with suppress(OSError, sqlite3.Error):
        return MetricsStore(directory)
    return None


class MetricsStore:
    """The open file. Everything may raise sqlite3.Error; one thread at a time."""

    def __init__(self, directory: Path) -> None:
        """Open or make the file in ``directory``; raises OSError or sqlite3.Error."""
        make_private(directory)
        self._db = _connect(directory / FILE)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    # -------------------------------------------------------------------------------------------------------- reading

    def trend(self, since: float = 0.0) -> Trend:
        """All points, with those before ``since`` merged into the first one; drifts that stood later than that."""
        points = [
            _point(row) for row in self._db.execute("SELECT start, end, evaluations, data FROM points ORDER BY 1")
        ]
        before = [point for point in points if point.end < since]
        shown = [*([merge(before)] if before else []), *points[len(before) :]]
        rows = self._db.execute(
            "SELECT fingerprint, type, severity, path, details, since, until FROM drifts"
            " WHERE until IS NULL OR until >= ? ORDER BY until, since",
            (since,),
        ).fetchall()
        return Trend(
            tuple(shown),
            tuple(Seen(*row[:6]) for row in rows if row[6] is None),
            tuple(Resolved(Seen(*row[:6]), row[6]) for row in rows if row[6] is not None),
        )

    def known(self) -> tuple[dict[str, Seen] | None, Figures | None]:
        """The drifts that stood at the end, and the figures of then; None where nothing was ever evaluated."""
        trend = self.trend(float("inf"))
        if not trend.points:
            return None, None
        last = trend.points[-1]
        specs = {path: count for path, count in last.changed.items() if count is not None}
        folders: dict[str, Count] = {}
        for folder in {folder for path in specs for folder in folders_of(path)}:
            folders[folder] = _total(count for path, count in specs.items() if folder in folders_of(path))
        figures = Figures(last.total, specs, folders, last.by_type, last.by_severity)
        return {seen.fingerprint: seen for seen in trend.standing}, figures

    def uptime(self) -> Uptime:
        """All runs, the oldest first."""
        rows = self._db.execute(
            "SELECT pid, started, kind, beat, ended, due, delivered, late, missed, evaluations, health FROM runs"
            " ORDER BY started, pid"
        )
        return Uptime(tuple(Run(*row) for row in rows))

    # -------------------------------------------------------------------------------------------------------- writing

    def write(self, points: Sequence[Point], drifts: Iterable[tuple[Seen, float | None]], run: Run | None) -> None:
        """Keep all of it or nothing; what is there already is written over."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)", map(_row, points))
            self._db.executemany(
                "INSERT OR REPLACE INTO drifts(fingerprint, type, severity, path, details, since, until)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(s.fingerprint, s.drift_type, s.severity, s.path, s.details, s.since, until) for s, until in drifts],
            )
            if run is not None:
                self._db.execute(
                    "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", dataclasses.astuple(run)
                )

    def compact(self, now: float) -> None:
        """Merge what is older than two days to hours, than two months to days; drop what was resolved long ago."""
        with self._db:
            rows = self._db.execute("SELECT start, end, evaluations, data FROM points ORDER BY 1").fetchall()
            for _, group in groupby(map(_point, rows), key=lambda point: _span(point, now)):
                points = list(group)
                if len(points) > 1:
                    self._db.executemany("DELETE FROM points WHERE start = ?", [(point.start,) for point in points])
                    self._db.execute("INSERT INTO points VALUES (?, ?, ?, ?)", _row(merge(points)))
            self._db.execute("DELETE FROM drifts WHERE until < ?", (now - RESOLVED_SECONDS,))
            self._db.execute("DELETE FROM runs WHERE beat < ?", (now - RESOLVED_SECONDS,))


def merge(points: Sequence[Point]) -> Point:
    """One point for neighbours in time, at least one of them, the oldest first."""
    changed: dict[str, Count | None] = {}
    for point in points:
        changed |= point.changed
    last = points[-1]
    return replace(last, start=points[0].start, evaluations=sum(point.evaluations for point in points), changed=changed)


def difference(old: Mapping[str, Count], new: Mapping[str, Count]) -> dict[str, Count | None]:
    """The documents whose counts are others now, with these; None for those that are gone."""
    changed: dict[str, Count | None] = {path: count for path, count in new.items() if old.get(path) != count}
    return changed | dict.fromkeys(old.keys() - new.keys())


def _span(point: Point, now: float) -> tuple[int, float]:
    """What points have in common that are kept as one: resolution, and the number of the hour or day."""
    age = now - point.end
    if age > HOURLY_SECONDS:
        return DAY, point.end // DAY
    return (HOUR, point.end // HOUR) if age > RAW_SECONDS else (0, point.start)


def _apply(specs: dict[str, Count], changed: Mapping[str, Count | None]) -> None:
    for path, count in changed.items():
        if count is None:
            specs.pop(path, None)
        else:
            specs[path] = count


def _total(counts: Iterable[Count]) -> Count:
    found = list(counts)
    return Count(sum(c.holds for c in found), sum(c.broken for c in found), sum(c.unknown for c in found))


class _Data(msgspec.Struct, array_like=True):
    """What a point keeps as JSON."""

    total: tuple[int, int, int]
    by_type: dict[str, int]
    by_severity: dict[str, int]
    changed: dict[str, tuple[int, int, int] | None]


def _numbers(count: Count) -> tuple[int, int, int]:
    return count.holds, count.broken, count.unknown


def _row(point: Point) -> tuple[float, float, int, str]:
    changed = {path: _numbers(count) if count is not None else None for path, count in point.changed.items()}
    data = _Data(_numbers(point.total), dict(point.by_type), dict(point.by_severity), changed)
    return point.start, point.end, point.evaluations, msgspec.json.encode(data).decode()


def _point(row: tuple[float, float, int, str]) -> Point:
    start, end, evaluations, text = row
    data = msgspec.json.decode(text, type=_Data)
    changed = {path: Count(*numbers) if numbers is not None else None for path, numbers in data.changed.items()}
    return Point(start, end, evaluations, Count(*data.total), data.by_type, data.by_severity, changed)


def _connect(file: Path) -> sqlite3.Connection:
    db = connect(file, Layout("a monitor's history", _APPLICATION, MIGRATIONS, WAIT, "NORMAL"))
    try:
        db.execute("SELECT count(*) FROM runs").fetchone()
    except BaseException:
        db.close()
        raise
    db.isolation_level = "DEFERRED"  # a write begins a transaction, which `with` ends
    return db
