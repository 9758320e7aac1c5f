"""Ticks as they were saved: when, between two commits, a task appeared, was ticked or unticked.

Commits say *what* happened to a list, these marks say *when*. They are kept in the user's state directory, without a
word of the tasks: a task is a hash of its words.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Final, NamedTuple

from vt_lsp.progress.changes import Snapshot, matched, plain
from vt_lsp.workspace.store import make_private, state_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from vt_lsp.progress.changes import Entry

log = logging.getLogger(__name__)

FILE: Final = "ticks.sqlite"
_LAYOUT: Final = """
CREATE TABLE IF NOT EXISTS marks(path TEXT NOT NULL, at INTEGER NOT NULL, task BLOB NOT NULL, done INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS marks_by_path ON marks(path, at);
"""
_WAIT: Final = 2.0  # seconds for another process to finish its write


class Mark(NamedTuple):
    """At ``at`` (seconds since 1970) a save had the task with this key, ticked or not, as the save before had not."""

    at: int
    task: bytes
    done: bool


def keys_of(entries: Sequence[Entry]) -> list[bytes]:
    """A key for each task: a hash of its words, and of which of equal ones it is."""
    seen: Counter[str] = Counter()
    keys = []
    for entry in entries:
        words = plain(entry)
        seen[words] += 1
        keys.append(hashlib.blake2b(f"{words}\0{seen[words]}".encode("utf-8", "replace"), digest_size=8).digest())
    return keys


def woven(older: Snapshot | None, newer: Snapshot, marks: Sequence[Mark]) -> Iterator[Snapshot]:
    """The texts that were saved between two that are known, oldest first, as far as the marks tell.

    ``marks`` are in order of time. Where the last mark of a task contradicts ``newer``, its marks are of another branch
    or of a text that was thrown away, and count for nothing.
    """
    between = [m for m in marks if m.at < newer.at and (older is None or m.at > older.at)]
    if not between:
        return
    keys = keys_of(newer.entries)
    last = {mark.task: mark.done for mark in between}
    known = dict(enumerate(older.entries)) if older is not None else {}
    matches = matched(known, newer.entries)
    used = {key for key, entry in zip(keys, newer.entries, strict=True) if last.get(key) == entry.done}
    state = {key: known[number].done for key, number in zip(keys, matches, strict=True) if number is not None}
    gone = tuple(known[number] for number in known if number not in set(matches))
    times = sorted({mark.at for mark in between if mark.task in used})
    at = 0
    for time in times:
        while at < len(between) and between[at].at <= time:
            if between[at].task in used:
                state[between[at].task] = between[at].done
            at += 1
        entries = tuple(e._replace(done=state[key]) for key, e in zip(keys, newer.entries, strict=True) if key in state)
        yield Snapshot(time, (*entries, *gone), newer.by_agent)


class Ticks:
    """The marks of one project. Any thread and several processes may use it; what cannot be kept is lost."""

    def __init__(self, root: Path) -> None:
        self._directory = state_directory(root)

    def record(self, path: str, entries: Sequence[Entry], at: float) -> bool:
        """A list was saved with these tasks; whether any of them was news."""
        if self._directory is None:
            return False
        try:
            make_private(self._directory)
            with closing(self._open()) as db, db:
                db.execute("BEGIN IMMEDIATE")
                rows = db.execute("SELECT task, done, max(rowid) FROM marks WHERE path = ? GROUP BY task", (path,))
                last = {task: bool(done) for task, done, _ in rows}
                now = dict(zip(keys_of(entries), (entry.done for entry in entries), strict=True))
                news = [(path, int(at), task, done) for task, done in now.items() if last.get(task) is not done]
                db.executemany("INSERT INTO marks VALUES (?, ?, ?, ?)", news)
        except (OSError, sqlite3.Error) as error:
            log.warning("ticks cannot be kept in %s: %s", self._directory, error)
            return False
        return bool(news)

    def marks(self, path: str) -> tuple[Mark, ...]:
        """What was recorded of a list, in order of time; none where there is nothing to read."""
        if self._directory is None or not (self._directory / FILE).exists():
            return ()
        try:
            with closing(self._open()) as db:
                rows = db.execute("SELECT at, task, done FROM marks WHERE path = ? ORDER BY at, rowid", (path,))
                return tuple(Mark(int(at), bytes(task), bool(done)) for at, task, done in rows)
        except (OSError, sqlite3.Error, ValueError, TypeError) as error:
            log.warning("ticks cannot be read from %s: %s", self._directory, error)
            return ()

    def _open(self) -> sqlite3.Connection:
        assert self._directory is not None
        file = self._directory / FILE
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
        db = sqlite3.connect(file, timeout=_WAIT)
        try:
            db.executescript(_LAYOUT)
        except BaseException:
            db.close()
            raise
        return db
