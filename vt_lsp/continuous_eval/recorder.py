"""What a monitor remembers, on its way to the disk: nothing is lost while the disk is full or the file is locked.

Of several processes that look at one folder, the oldest one writes the history; the others step in when it has ended.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vt_lsp.continuous_eval.evaluation import Figures, Seen
from vt_lsp.continuous_eval.metrics_store import FILE, HOUR, MetricsStore, Point, Run, difference, merge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from vt_lsp.continuous_eval.evaluation import Evaluation

log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 10.0
SILENT_SECONDS: Final = 45.0  # without a sign of life for so long, another process counts as gone
COMPACT_SECONDS: Final = 3600.0
_MOST: Final = 500  # points that wait; more are merged


class Recorder:
    """The owner of a monitor notes, any thread writes: :meth:`note` and :meth:`beat` never wait for the disk."""

    def __init__(self, directory: Path | None, kind: str, clock: Callable[[], float] = time.time) -> None:
        """``directory`` is the folder's state directory (None: nothing is kept); ``kind`` is server or monitor."""
        self._directory = directory
        self._clock = clock
        self._lock = threading.Lock()  # of what waits
        self._writing = threading.Lock()  # of the file
        self._store: MetricsStore | None = None
        self._points: dict[float, Point] = {}  # in order of time
        self._last: Point | None = None
        self._drifts: dict[tuple[str, float], tuple[Seen, float | None]] = {}
        self._known: Mapping[str, Seen] = {}
        self._figures = Figures()
        self._has_noted = False
        self._is_whole = False  # the file has all that was noted before what waits
        self._compacted = 0.0
        self.run = Run(os.getpid(), clock(), kind, clock())
        self.writes_history = True

    def load(self) -> tuple[dict[str, Seen] | None, Figures | None]:
        """What stood when the last monitor of the folder ended; Nones where nothing is known. Blocking."""
        if self._directory is None:
            return None, None
        with self._writing:
            try:
                known, figures = self._open().known()
            except (OSError, sqlite3.Error) as error:
                self._close(error)
                return None, None
            self._known, self._figures = known or {}, figures or Figures()
            self._is_whole = True
        return known, figures

    def note(self, evaluation: Evaluation, known: Mapping[str, Seen]) -> None:
        """Remember an evaluation; ``known`` are the drifts that stand after it."""
        with self._lock:
            self._has_noted = True
            self._add(evaluation.time, evaluation.figures)
            for name in known.keys() - self._known.keys():
                self._drifts[name, known[name].since] = known[name], None
            for one in evaluation.resolved:
                self._drifts[one.seen.fingerprint, one.seen.since] = one.seen, one.at
            self._known = known

    def _add(self, now: float, figures: Figures) -> None:
        """One point more; where nothing is new, the last one lasts longer, for an hour at most."""
        changed = difference(self._figures.specs, figures.specs)
        last = self._last
        if (
            last is not None
            and not changed
            and (last.by_type, last.by_severity) == (figures.by_type, figures.by_severity)
            and now - last.start < HOUR
        ):
            self._last = replace(last, end=now, evaluations=last.evaluations + 1)
            self._points.pop(last.start, None)
        else:
            self._last = Point(now, now, 1, figures.total, figures.by_type, figures.by_severity, changed)
        self._points[self._last.start] = self._last
        self._figures = figures
        if len(self._points) > _MOST:
            merged = merge([self._points.pop(start) for start in list(self._points)[:2]])
            self._points = {merged.start: merged} | self._points

    def beat(self, **changes: object) -> None:
        """A sign of life, with what changed of the run."""
        with self._lock:
            self.run = replace(self.run, beat=self._clock(), **changes)  # type: ignore[arg-type]  # fields of Run

    def flush(self) -> str:
        """Write what waits; what is wrong, in words, or "". Blocking, for any thread; does not raise."""
        if self._directory is None:
            return "the state directory lies inside the project: no history is kept"
        with self._writing:
            try:
                return self._write(self._open())
            except sqlite3.OperationalError as error:  # full, locked, read-only: the file itself may be good
                self._close(error)
                return f"the history cannot be written: {error}"
            except sqlite3.DatabaseError as error:
                self._close(error)
                kept = self._move_away()
                return f"the history was damaged and is begun anew ({error}); the damaged file is kept as {kept}"
            except OSError as error:
                self._close(error)
                return f"the history cannot be written: {error.strerror or error}"

    def close(self) -> None:
        """Write what waits, and let go of the file."""
        self.beat(ended=self._clock())
        self.flush()
        with self._writing:
            self._close(None)

    def _write(self, store: MetricsStore) -> str:
        self.writes_history = self._is_first(store)
        if self.writes_history and not self._is_whole and self._has_noted:
            self._take_over(store)
        with self._lock:
            points, drifts, run = dict(self._points), dict(self._drifts), self.run
        store.write(
            list(points.values()) if self.writes_history else (), drifts.values() if self.writes_history else (), run
        )
        with self._lock:
            if self.writes_history:  # what was noted meanwhile waits for the next time
                self._points = {start: point for start, point in self._points.items() if points.get(start) != point}
                self._drifts = {key: one for key, one in self._drifts.items() if drifts.get(key) != one}
            else:
                self._points, self._drifts, self._is_whole = {}, {}, False
        if self.writes_history and run.beat - self._compacted > COMPACT_SECONDS:
            store.compact(run.beat)
            self._compacted, self._last = run.beat, None  # it may be part of another one now
        return ""

    def _is_first(self, store: MetricsStore) -> bool:
        mine = (self.run.started, self.run.pid)
        return not any(
            (run.started, run.pid) < mine and run.ended is None and self._is_alive(run) for run in store.uptime().runs
        )

    def _is_alive(self, run: Run) -> bool:
        if run.pid == self.run.pid or self.run.beat - run.beat > SILENT_SECONDS:
            return False
        return os.name != "posix" or _exists(run.pid)

    def _take_over(self, store: MetricsStore) -> None:
        """The file knows something else than we do: what we see counts, but it may have seen it earlier."""
        stood, figures = store.known()
        now = self._clock()
        with self._lock:
            changed = difference((figures or Figures()).specs, self._figures.specs)
            f = self._figures
            self._last = Point(now, now, 1, f.total, f.by_type, f.by_severity, changed)
            self._points = {now: self._last}
            before = stood or {}
            self._known = {name: before.get(name, seen) for name, seen in self._known.items()}
            ended = {key: one for key, one in self._drifts.items() if one[1] is not None}
            self._drifts = {(name, seen.since): (seen, None) for name, seen in self._known.items()} | ended
            for name, seen in before.items():
                if name not in self._known:
                    self._drifts[name, seen.since] = seen, now
            self._is_whole = True

    def _open(self) -> MetricsStore:
        assert self._directory is not None
        if self._store is None:
            self._store = MetricsStore(self._directory)
        return self._store

    def _close(self, error: Exception | None) -> None:
        if error is not None:
            log.debug("the history of the monitor: %s", error)
        store, self._store = self._store, None
        if store is not None:
            with suppress(sqlite3.Error):
                store.close()

    def _move_away(self) -> str:
        assert self._directory is not None
        file = self._directory / FILE
        kept = file.with_name(f"{file.stem}-damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}{file.suffix}")
        for suffix in ("-wal", "-shm", ""):
            with suppress(OSError):
                file.with_name(file.name + suffix).replace(kept.with_name(kept.name + suffix))
        self._is_whole = False
        return kept.name


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
