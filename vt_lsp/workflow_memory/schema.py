"""The layout of the database of decisions, and how an older one becomes the present one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vt_lsp.workspace import versioned

if TYPE_CHECKING:
    import sqlite3
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
INSERT INTO words(words, rank) VALUES ('rank', 'bm25(5.0, 3.0, 1.0, 1.0)');
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
    """The file was made by a later version of the program, or is another one's; its text is one line for the user."""


def connect(file: Path) -> sqlite3.Connection:
    """Open or make the database, of the present layout; raises sqlite3.Error, OSError or NewerSchemaError."""
    layout = versioned.Layout("decisions", APPLICATION, MIGRATIONS, WAIT, "FULL")
    try:
        return versioned.connect(file, layout)
    except (versioned.ForeignFileError, versioned.NewerFileError) as error:
        raise NewerSchemaError(str(error)) from error  # neither is damage, from which something could be salvaged
