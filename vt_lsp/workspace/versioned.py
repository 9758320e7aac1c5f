"""SQLite files of the user's that last: private, with the version of their layout in the header.

An older one is brought forward when it is opened.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from pathlib import Path

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ForeignFileError(sqlite3.DatabaseError):
    """The file is a database of something else."""


class NewerFileError(sqlite3.OperationalError):
    """The file was made by a later version of the program, and is good."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a file holds, and how an older one becomes the present one.

    ``application`` stands in the header of the file (PRAGMA application_id). The n-th of ``migrations`` leads from
    version n - 1 to n. ``wait`` are the seconds for another process to finish its write. With ``synchronous`` FULL what
    was acknowledged survives a power cut.
    """

    holds: str
    application: int
    migrations: tuple[str, ...]
    wait: float
    synchronous: Literal["FULL", "NORMAL"]


def connect(file: Path, layout: Layout) -> sqlite3.Connection:
    """Open or make the file, of the present layout, without implicit transactions; raises sqlite3.Error or OSError."""
    # SQLite gives its -wal and -shm files the permissions of the main file.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    db = sqlite3.connect(file, timeout=layout.wait, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute(f"PRAGMA synchronous = {layout.synchronous}")
        db.execute("PRAGMA foreign_keys = ON")
        _migrate(db, file, layout)
    except BaseException:
        db.close()
        raise
    return db


def micros(moment: datetime) -> int:
    """A moment as it stands in such a file: microseconds since 1970, UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(micros: int) -> datetime:
    """The moment that stands there, in UTC."""
    return _EPOCH + timedelta(microseconds=micros)


def _migrate(db: sqlite3.Connection, file: Path, layout: Layout) -> None:
    version, newest = _version(db, layout), len(layout.migrations)
    if version == newest:
        return
    if version > 0:
        _back_up(db, file.with_name(f"{file.stem}-before-{newest}{file.suffix}"))
    db.execute("BEGIN IMMEDIATE")
    try:
        # Again: another process may have come first.
        for number in range(_version(db, layout), newest):
            for statement in _statements(layout.migrations[number]):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {layout.application}")
        db.execute(f"PRAGMA user_version = {newest}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection, layout: Layout) -> int:
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if tables and application != layout.application:
        raise ForeignFileError(f"the file is a database, but none of {layout.holds}")
    if version > len(layout.migrations):
        raise NewerFileError(
            f"the database was made by a newer vt-lsp (schema {version}, this one knows {len(layout.migrations)}):"
            " upgrade vt-lsp; nothing was changed"
        )
    return version


def _back_up(db: sqlite3.Connection, file: Path) -> None:
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0), 0o600))
    with closing(sqlite3.connect(file)) as copy:
        db.backup(copy)


def _statements(script: str) -> list[str]:
    found: list[str] = []
    statement = ""
    for line in script.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            found.append(statement)
            statement = ""
    return found
