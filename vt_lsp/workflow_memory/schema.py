"""The layout of the database of decisions, and how an older one becomes the present one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

APPLICATION: Final = 0x76746C64  # "vtld", in the header of the file
WAIT: Final = 10.0  # seconds for another process to finish its write

# A decision is one JSON text; what is searched is taken out of it by SQLite itself, so that it cannot go out of step.
_LAYOUT: Final = """
CREATE TABLE decisions(
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    data TEXT NOT NULL,
    type TEXT GENERATED ALWAYS AS (json_extract(data, '$.decision_type')) VIRTUAL,
    status TEXT GENERATED ALWAYS AS (coalesce(json_extract(data, '$.status'), 'accepted')) VIRTUAL,
    author TEXT GENERATED ALWAYS AS (coalesce(json_extract(data, '$.author'), '')) VIRTUAL,
    source TEXT GENERATED ALWAYS AS (coalesce(json_extract(data, '$.source'), '')) VIRTUAL,
    accepted TEXT GENERATED ALWAYS AS (json_extract(data, '$.accepted.drift')) VIRTUAL,
    title TEXT GENERATED ALWAYS AS (json_extract(data, '$.title')) VIRTUAL,
    outcome TEXT GENERATED ALWAYS AS (json_extract(data, '$.outcome')) VIRTUAL,
    rationale TEXT GENERATED ALWAYS AS (json_extract(data, '$.rationale')) VIRTUAL,
    other TEXT GENERATED ALWAYS AS (
        coalesce(json_extract(data, '$.context'), '') || ' ' || coalesce(json_extract(data, '$.alternatives'), '')
        || ' ' || coalesce(json_extract(data, '$.tags'), '') || ' ' || coalesce(json_extract(data, '$.files'), '')
        || ' ' || coalesce(json_extract(data, '$.symbols'), '')
    ) VIRTUAL
);
CREATE INDEX by_time ON decisions(at, id);
CREATE INDEX by_type ON decisions(type, at);
CREATE INDEX by_status ON decisions(status, at);
CREATE INDEX by_author ON decisions(author, at);
CREATE INDEX by_source ON decisions(source) WHERE source <> '';
CREATE INDEX by_acceptance ON decisions(accepted) WHERE accepted IS NOT NULL;
CREATE INDEX by_change ON decisions(changed);
CREATE TABLE facets(
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    decision INTEGER NOT NULL REFERENCES decisions(number) ON DELETE CASCADE,
    PRIMARY KEY (kind, value, decision)
) WITHOUT ROWID;
CREATE INDEX facets_of ON facets(decision);
CREATE TABLE events(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    decision TEXT NOT NULL REFERENCES decisions(id),
    data TEXT NOT NULL
);
CREATE INDEX events_of ON events(decision);
CREATE TRIGGER events_stay BEFORE UPDATE ON events BEGIN SELECT raise(ABORT, 'an event is never changed'); END;
CREATE TRIGGER events_remain BEFORE DELETE ON events BEGIN SELECT raise(ABORT, 'an event is never deleted'); END;
CREATE TABLE outcomes(
    id TEXT PRIMARY KEY,
    decision TEXT NOT NULL REFERENCES decisions(id),
    at INTEGER NOT NULL,
    data TEXT NOT NULL
);
CREATE INDEX outcomes_of ON outcomes(decision, at);
CREATE TABLE sources(name TEXT PRIMARY KEY, digest TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
    title, outcome, rationale, other,
    content='decisions', content_rowid='number', tokenize='porter unicode61 remove_diacritics 2'
);
CREATE TRIGGER words_added AFTER INSERT ON decisions BEGIN
    INSERT INTO words(rowid, title, outcome, rationale, other)
    VALUES (new.number, new.title, new.outcome, new.rationale, new.other);
    INSERT OR IGNORE INTO facets SELECT 'tag', value, new.number FROM json_each(new.data, '$.tags');
    INSERT OR IGNORE INTO facets SELECT 'file', value, new.number FROM json_each(new.data, '$.files');
    INSERT OR IGNORE INTO facets SELECT 'symbol', value, new.number FROM json_each(new.data, '$.symbols');
    INSERT OR IGNORE INTO facets
    SELECT 'link-' || json_extract(value, '$.type'), json_extract(value, '$.target'), new.number
    FROM json_each(new.data, '$.links');
END;
CREATE TRIGGER words_changed AFTER UPDATE OF data ON decisions BEGIN
    INSERT INTO words(words, rowid, title, outcome, rationale, other)
    VALUES ('delete', old.number, old.title, old.outcome, old.rationale, old.other);
    INSERT INTO words(rowid, title, outcome, rationale, other)
    VALUES (new.number, new.title, new.outcome, new.rationale, new.other);
    DELETE FROM facets WHERE decision = old.number;
    INSERT OR IGNORE INTO facets SELECT 'tag', value, new.number FROM json_each(new.data, '$.tags');
    INSERT OR IGNORE INTO facets SELECT 'file', value, new.number FROM json_each(new.data, '$.files');
    INSERT OR IGNORE INTO facets SELECT 'symbol', value, new.number FROM json_each(new.data, '$.symbols');
    INSERT OR IGNORE INTO facets
    SELECT 'link-' || json_extract(value, '$.type'), json_extract(value, '$.target'), new.number
    FROM json_each(new.data, '$.links');
END;
CREATE TRIGGER words_gone AFTER DELETE ON decisions BEGIN
    INSERT INTO words(words, rowid, title, outcome, rationale, other)
    VALUES ('delete', old.number, old.title, old.outcome, old.rationale, old.other);
END;
"""

MIGRATIONS: tuple[str, ...] = (_LAYOUT,)  # the n-th leads from version n - 1 to n; never change one that was released


class NewerSchemaError(Exception):
    """The file was made by a later version of the program; its text is one line for the user."""


def connect(file: Path) -> sqlite3.Connection:
    """Open or make the database, of the present layout; raises sqlite3.Error, OSError or NewerSchemaError."""
    # SQLite gives its -wal and -shm files the permissions of the main file.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
    db = sqlite3.connect(file, timeout=WAIT, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # what was acknowledged survives a power cut
        db.execute("PRAGMA foreign_keys = ON")
        _migrate(db, file)
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: sqlite3.Connection, file: Path) -> None:
    version = _version(db)
    if version == len(MIGRATIONS):
        return
    if version > 0:
        _back_up(db, file.with_name(f"{file.stem}-before-{len(MIGRATIONS)}{file.suffix}"))
    db.execute("BEGIN IMMEDIATE")
    try:
        # Again: another process may have come first.
        for number in range(_version(db), len(MIGRATIONS)):
            for statement in _statements(MIGRATIONS[number]):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection) -> int:
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    application = db.execute("PRAGMA application_id").fetchone()[0]
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if tables and application != APPLICATION:
        raise NewerSchemaError("the file is a database, but none of decisions")
    if version > len(MIGRATIONS):
        raise NewerSchemaError(
            f"the database was made by a newer vt-lsp (schema {version}, this one knows {len(MIGRATIONS)}):"
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
