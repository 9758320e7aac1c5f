"""The cache on disk: facts by key, in one SQLite file of the user's, never in the workspace.

A cache may be lost at any time and must never be in the way: whatever is wrong with it is said once in the log, and
work goes on without it. Values are plain bytes with a checksum; nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import threading
import time
import zlib
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

T = TypeVar("T")
log = logging.getLogger(__name__)

_APPLICATION = 0x76746C73  # "vtls", in the header of the file
_SCHEMA = 1
_LAYOUT = "CREATE TABLE IF NOT EXISTS facts(key BLOB PRIMARY KEY, value BLOB NOT NULL)"
_WAIT = 2.0  # seconds for another process to finish its write
_TRIES = 20
_AT_ONCE = 500  # keys in one query; SQLite takes at least 999
_CHECKSUM = 4  # bytes


def cache_directory(root: Path) -> Path | None:
    """The folder for what is remembered of the workspace ``root``; None when it would lie inside the workspace."""
    return _outside(root, platformdirs.user_cache_path("vt-lsp", appauthor=False))


def state_directory(root: Path) -> Path | None:
    """The folder for what must not be lost of the workspace ``root``; None when it would lie inside the workspace."""
    return _outside(root, platformdirs.user_state_path("vt-lsp", appauthor=False))


def _outside(root: Path, base: Path) -> Path | None:
    home = root.resolve()
    folder = base / hashlib.blake2b(os.fsencode(home), digest_size=12).hexdigest()
    return None if folder.resolve().is_relative_to(home) else folder


class FactsStore:
    """Facts kept between two runs. Any thread and several processes may use it at the same time."""

    def __init__(self, directory: Path) -> None:
        """Open or make the cache in ``directory``; does not raise."""
        self._lock = threading.Lock()
        self._file = directory / "facts.sqlite"
        self._said = False
        self._writable = True
        self._db: sqlite3.Connection | None = None
        try:
            make_private(directory)
            self._db = self._open_or_replace()
        except (OSError, sqlite3.Error) as error:
            self._give_up("cannot be used", error)

    @property
    def is_usable(self) -> bool:
        """Whether anything can be loaded."""
        return self._db is not None

    def count(self) -> int:
        """Number of values kept."""
        return self._try(lambda db: int(db.execute("SELECT count(*) FROM facts").fetchone()[0]), 0)

    def load(self, keys: Iterable[bytes]) -> dict[bytes, bytes]:
        """The values of those ``keys`` that are known and whole."""
        wanted = list(keys)
        found: dict[bytes, bytes] = {}
        rows: list[tuple[object, object]]
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            rows = self._try(partial(_rows, keys=part), [])
            for key, value in rows:
                if isinstance(key, bytes) and isinstance(value, bytes) and _is_whole(value):
                    found[key] = value[_CHECKSUM:]
        return found

    def save(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        """Keep these values; what cannot be kept is lost."""
        rows = [(key, zlib.crc32(value).to_bytes(_CHECKSUM, "big") + value) for key, value in items]
        if rows:
            self._write(lambda db: db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows))

    def prune(self, live: Iterable[bytes]) -> None:
        """Drop all but the ``live`` keys, once more than twice as many are kept."""
        kept = set(live)
        if self.count() <= 2 * len(kept):
            return
        keys: list[tuple[bytes]] = self._try(lambda db: db.execute("SELECT key FROM facts").fetchall(), [])
        dead = [row for row in keys if row[0] not in kept]
        self._write(lambda db: db.executemany("DELETE FROM facts WHERE key = ?", dead))

    def close(self) -> None:
        """Let go of the file; the store answers with nothing from now on."""
        with self._lock:
            db, self._db = self._db, None
            if db is not None:
                with suppress(sqlite3.Error):
                    db.close()

    def _open_or_replace(self) -> sqlite3.Connection:
        """Open the file; one that is damaged or not ours makes room for a new one."""
        for _ in range(_TRIES):
            try:
                return _open(self._file)
            except sqlite3.OperationalError as error:
                # Full or read-only: the file itself may be good. Two processes that make it at the same time may find
                # it locked, without SQLite waiting as it does elsewhere.
                if "locked" not in str(error):
                    raise
                time.sleep(_WAIT / _TRIES)
            except sqlite3.DatabaseError as error:
                self._say("is damaged and starts anew", error)
                _remove(self._file)
        return _open(self._file)

    def _write(self, action: Callable[[sqlite3.Connection], object]) -> None:
        if self._writable:

            def transaction(db: sqlite3.Connection) -> None:
                with db:
                    action(db)

            self._try(transaction, None)

    def _try(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        with self._lock:
            if self._db is None:
                return otherwise
            try:
                return action(self._db)
            except sqlite3.OperationalError as error:
                self._writable = False  # full, read-only or locked for long: what is there can still be read
                self._say("takes nothing new", error)
            except sqlite3.DatabaseError as error:
                self._give_up("is damaged and was thrown away", error)
                _remove(self._file)
            return otherwise

    def _give_up(self, what: str, error: Exception) -> None:
        self._say(what, error)
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()

    def _say(self, what: str, error: Exception) -> None:
        if not self._said:
            self._said = True
            log.warning("The cache %s %s: %s", self._file, what, error)


def _open(file: Path) -> sqlite3.Connection:
    # SQLite gives its -wal and -shm files the permissions of the main file.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    db = sqlite3.connect(file, timeout=_WAIT, check_same_thread=False)
    try:
        # The tables first: whoever makes the file at this moment makes them last.
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
        application = db.execute("PRAGMA application_id").fetchone()[0]
        schema = db.execute("PRAGMA user_version").fetchone()[0]
        if tables and (application, schema) != (_APPLICATION, _SCHEMA):
            raise sqlite3.DatabaseError("not a cache of this version")  # noqa: TRY301  closed below
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        if not tables:
            with db:
                db.execute(f"PRAGMA application_id = {_APPLICATION}")
                db.execute(f"PRAGMA user_version = {_SCHEMA}")
                db.execute(_LAYOUT)
        db.execute("SELECT key, value FROM facts LIMIT 1").fetchone()
    except BaseException:
        db.close()
        raise
    return db


def _rows(db: sqlite3.Connection, keys: list[bytes]) -> list[tuple[object, object]]:
    marks = ",".join("?" * len(keys))
    return db.execute(f"SELECT key, value FROM facts WHERE key IN ({marks})", keys).fetchall()  # noqa: S608  only "?"


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            file.with_name(file.name + suffix).unlink()


def make_private(directory: Path) -> None:
    """Make the folder for the user alone; one that belongs to somebody else is refused."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        if directory.stat().st_uid != os.geteuid():
            raise PermissionError("the folder belongs to another user")
        directory.chmod(0o700)


def _is_whole(value: bytes) -> bool:
    checked = memoryview(value)
    return len(value) >= _CHECKSUM and zlib.crc32(checked[_CHECKSUM:]) == int.from_bytes(checked[:_CHECKSUM], "big")
