"""Decisions, their events and outcomes, in one SQLite file of the user's for each project.

What a call acknowledged by returning is on disk: it survives ``kill -9`` and a power cut. Any thread and several
processes may read and write at the same time. Nothing is overwritten: each write leaves an event.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self

import msgspec

from vt_lsp.models import DecisionEvent, DecisionType, LinkType, Outcome, WorkflowDecision
from vt_lsp.workflow_memory import schema
from vt_lsp.workflow_memory.filters import Filter, query
from vt_lsp.workflow_memory.home import FILE, memory_directory, register
from vt_lsp.workflow_memory.salvage import salvage
from vt_lsp.workspace.store import make_private
from vt_lsp.workspace.versioned import micros

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from vt_lsp.models import EventKind

    Changes = tuple[tuple[str, str, str], ...]

log = logging.getLogger(__name__)

_LONGEST_PREFIX: Final = 40
_TRIES: Final = 50
_PAUSE: Final = 0.05  # seconds

_encode = msgspec.json.Encoder().encode
_decision = msgspec.json.Decoder(WorkflowDecision).decode
_event = msgspec.json.Decoder(DecisionEvent).decode
_outcome = msgspec.json.Decoder(Outcome).decode


class MemoryStoreError(Exception):
    """The memory cannot do what was asked; its text is one line for the user. Nothing acknowledged was lost."""


class UnknownDecisionError(MemoryStoreError):
    """No decision, or more than one, has this id or beginning of an id."""


class Found(msgspec.Struct, frozen=True):
    """One page of what a filter finds, and how many there are in all."""

    total: int
    decisions: tuple[WorkflowDecision, ...]


def now() -> datetime:
    """The present moment, aware and in UTC."""
    return datetime.now(UTC)


def has_memory(root: Path, *, may_run_git: bool = True) -> bool:
    """Whether anything was ever recorded for the project ``root``; costs a look at the disk, and git asked once."""
    directory = memory_directory(root, may_run_git=may_run_git)
    return directory is not None and (directory / FILE).exists()


def open_memory(root: Path, *, may_run_git: bool = True) -> MemoryStore:
    """The memory of the project ``root``, made if it is not there; raises MemoryStoreError."""
    directory = memory_directory(root, may_run_git=may_run_git)
    if directory is None:
        raise MemoryStoreError("the state directory lies inside the project; set XDG_STATE_HOME to another place")
    store = MemoryStore(directory)
    if may_run_git:
        register(root, directory)
    return store


class MemoryStore:
    """The decisions of one project."""

    def __init__(self, directory: Path, clock: Callable[[], datetime] = now) -> None:
        """Open or make the database in ``directory``; raises MemoryStoreError.

        A damaged one is kept beside a new one that has everything that could be read; ``salvaged`` is the report.
        """
        self.file = directory / FILE
        self.salvaged: str = ""
        self._clock = clock
        self._lock = threading.RLock()
        try:
            make_private(directory)
            self._db = self._open()
        except (OSError, sqlite3.Error, schema.NewerSchemaError) as error:
            raise MemoryStoreError(f"the memory {self.file} cannot be opened: {error}") from error

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.file)
        except sqlite3.Error as error:
            if not _is_damage(error):
                raise  # full, locked, read-only: the file itself may be good
            self.salvaged = salvage(self.file, str(error))
            log.warning("%s", self.salvaged)
            return _connect(self.file)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -------------------------------------------------------------------------------------------------------- writing

    def put(self, *decisions: WorkflowDecision, author: str = "", reason: str = "") -> tuple[str, ...]:
        """Record these decisions, or change those that are known, all or none; the ids of what was news.

        A decision that is known with the same fields is left alone, so that doing a thing twice does it once.
        """
        with self._transaction() as db:
            return tuple(one.id for one in decisions if self._put(db, one, author, reason))

    def put_from(
        self, name: str, digest: str, *decisions: WorkflowDecision, reason: str = "read from"
    ) -> tuple[str, ...]:
        """The same for what stands in a source, and note that this text of it is known."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO sources VALUES (?, ?)", (name, digest))
            return tuple(one.id for one in decisions if self._put(db, one, "", f"{reason} {name}"))

    def add_outcome(self, outcome: Outcome) -> bool:
        """Keep what became of a decision; False when this very outcome is known. Raises UnknownDecisionError."""
        with self._transaction() as db:
            if db.execute("SELECT 1 FROM decisions WHERE id = ?", (outcome.decision,)).fetchone() is None:
                raise UnknownDecisionError(f"no decision has the id {outcome.decision}")
            values = (outcome.id, outcome.decision, micros(outcome.timestamp), _json(outcome))
            is_news = db.execute("INSERT OR IGNORE INTO outcomes VALUES (?, ?, ?, ?)", values).rowcount > 0
            if is_news:
                change = ("outcome", "null", _json(outcome))
                number = self._next(db)
                db.execute("UPDATE decisions SET changed = ? WHERE id = ?", (number, outcome.decision))
                self._log(db, number, self._event(outcome.decision, "outcome", (change,), outcome.author))
            return is_news

    def _put(self, db: sqlite3.Connection, new: WorkflowDecision, author: str, reason: str) -> bool:
        text, by, number = _json(new), author or new.author, self._next(db)
        row = db.execute("SELECT data FROM decisions WHERE id = ?", (new.id,)).fetchone()
        if row is None:
            db.execute(
                "INSERT INTO decisions(id, at, changed, data) VALUES (?, ?, ?, ?)",
                (new.id, micros(new.timestamp), number, text),
            )
            self._log(db, number, self._event(new.id, "recorded", (("decision", "null", text),), by, reason))
            return True
        changes = _differences(_decision(row[0]), new)
        if changes:
            values = (micros(new.timestamp), number, text, new.id)
            db.execute("UPDATE decisions SET at = ?, changed = ?, data = ? WHERE id = ?", values)
            self._log(db, number, self._event(new.id, "changed", changes, by, reason))
        return bool(changes)

    @staticmethod
    def _next(db: sqlite3.Connection) -> int:
        """The number of the event to come; nobody else writes before this transaction ends."""
        row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return int(row[0]) + 1 if row is not None else 1

    @staticmethod
    def _log(db: sqlite3.Connection, number: int, event: DecisionEvent) -> None:
        db.execute("INSERT INTO events VALUES (?, ?, ?)", (number, event.decision, _json(event)))

    def _event(self, decision: str, kind: EventKind, changes: Changes, author: str, reason: str = "") -> DecisionEvent:
        return DecisionEvent(
            sequence=0,
            decision=decision,
            timestamp=self._clock(),
            kind=kind,
            author=author,
            changes=changes,
            reason=reason,
        )

    # -------------------------------------------------------------------------------------------------------- reading

    def get(self, name: str) -> WorkflowDecision | None:
        """The decision with this id, or with a unique beginning of it."""
        with self._reading() as db:
            row = db.execute("SELECT data FROM decisions WHERE id = ?", (name,)).fetchone()
            if row is None and 1 < len(name) <= _LONGEST_PREFIX:
                prefix = name.upper() if name[:2].upper() == "D-" else name
                between = (prefix, prefix + "\U0010ffff")
                rows = db.execute("SELECT data FROM decisions WHERE id >= ? AND id < ? LIMIT 2", between).fetchall()
                row = rows[0] if len(rows) == 1 else None
            return _decision(row[0]) if row is not None else None

    def need(self, name: str) -> WorkflowDecision:
        """The same; raises UnknownDecisionError."""
        found = self.get(name)
        if found is None:
            raise UnknownDecisionError(f"no decision, or more than one, has the id {name!r}")
        return found

    def get_many(self, ids: Sequence[str]) -> dict[str, WorkflowDecision]:
        """Those of these decisions that are known, by id."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT data FROM decisions WHERE id IN (SELECT value FROM json_each(?))", (_json(list(ids)),)
            ).fetchall()
            return {one.id: one for one in (_decision(row[0]) for row in rows)}

    def find(self, wanted: Filter) -> Found:
        """One page of the decisions that fit: those with a text best first, others newest first."""
        number, source, values, order = query(wanted)
        with self._reading() as db:
            total = db.execute(f"SELECT count(*) FROM {source}", values).fetchone()[0]  # noqa: S608  made of constants
            page = (*values, wanted.limit, wanted.offset)
            rows = db.execute(f"SELECT {number} FROM {source} {order} LIMIT ? OFFSET ?", page).fetchall()  # noqa: S608
            numbers = [row[0] for row in rows]
            # Texts are long: only those of this page are read.
            texts = dict(
                db.execute(
                    "SELECT number, data FROM decisions WHERE number IN (SELECT value FROM json_each(?))",
                    (_json(numbers),),
                ).fetchall()
            )
            return Found(int(total), tuple(_decision(texts[number]) for number in numbers if number in texts))

    def all(self) -> Iterator[WorkflowDecision]:
        """All decisions, oldest first."""
        return self.changed_since(0)

    def changed_since(self, sequence: int) -> Iterator[WorkflowDecision]:
        """The decisions that were recorded, changed or got an outcome after that event; by their last event."""
        while True:
            with self._reading() as db:
                rows = db.execute(
                    "SELECT changed, data FROM decisions WHERE changed > ? ORDER BY changed LIMIT 1000", (sequence,)
                ).fetchall()
            if not rows:
                return
            for _, data in rows:
                yield _decision(data)
            sequence = rows[-1][0]

    def last_sequence(self) -> int:
        """The number of the last event; it grows with every write of any process."""
        with self._reading() as db:
            return int(db.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()[0])

    def data_version(self) -> int:
        """Changes when another process wrote; costs next to nothing."""
        with self._reading() as db:
            return int(db.execute("PRAGMA data_version").fetchone()[0])

    def events(self, decision: str | None = None) -> tuple[DecisionEvent, ...]:
        """The changes of one decision, or of all, in the order in which they were made."""
        where = "" if decision is None else "WHERE decision = ?"
        values = () if decision is None else (decision,)
        with self._reading() as db:
            rows = db.execute(f"SELECT sequence, data FROM events {where} ORDER BY sequence", values).fetchall()  # noqa: S608
            return tuple(msgspec.structs.replace(_event(data), sequence=number) for number, data in rows)

    def outcomes(self, decision: str | None = None) -> tuple[Outcome, ...]:
        """What became of one decision, or of all, oldest first."""
        where = "" if decision is None else "WHERE decision = ?"
        values = () if decision is None else (decision,)
        with self._reading() as db:
            rows = db.execute(f"SELECT data FROM outcomes {where} ORDER BY at, id", values).fetchall()  # noqa: S608
            return tuple(_outcome(row[0]) for row in rows)

    def linking_to(self, decision: str, kind: LinkType) -> tuple[str, ...]:
        """The ids of the decisions that ``kind`` (supersede, amend, …) this one, oldest first."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT d.id FROM facets f JOIN decisions d ON d.number = f.decision"
                " WHERE f.kind = ? AND f.value = ? ORDER BY d.at, d.id",
                (f"link-{kind}", decision),
            ).fetchall()
        return tuple(row[0] for row in rows)

    def successors(self, decision: str) -> tuple[str, ...]:
        """The ids of the decisions that supersede this one, oldest first."""
        return self.linking_to(decision, LinkType.SUPERSEDES)

    def read_sources(self) -> dict[str, str]:
        """The digest of each source as it was last read."""
        with self._reading() as db:
            return dict(db.execute("SELECT name, digest FROM sources").fetchall())

    def from_source(self, source: str) -> tuple[WorkflowDecision, ...]:
        """The decisions that were read there."""
        with self._reading() as db:
            rows = db.execute("SELECT data FROM decisions WHERE source = ? AND source <> ''", (source,)).fetchall()
            return tuple(_decision(row[0]) for row in rows)

    def acceptances(self) -> tuple[WorkflowDecision, ...]:
        """The standing decisions that accept a drift."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT data FROM decisions WHERE accepted IS NOT NULL AND type = ? AND status = 'accepted'",
                (DecisionType.ACCEPTED_DRIFT,),
            ).fetchall()
            return tuple(_decision(row[0]) for row in rows)

    def counts(self, column: str) -> dict[str, int]:
        """How many decisions there are by ``type``, ``status`` or ``author``, most first."""
        if column not in {"type", "status", "author"}:
            raise ValueError(column)
        with self._reading() as db:
            rows = db.execute(
                f"SELECT {column}, count(*) FROM decisions GROUP BY 1 ORDER BY 2 DESC, 1"  # noqa: S608  one of three
            ).fetchall()
        return dict(rows)

    def facet_counts(self, kind: str) -> dict[str, int]:
        """How many decisions have each ``tag``, ``file`` or ``symbol``, most first."""
        with self._reading() as db:
            rows = db.execute(
                "SELECT value, count(*) FROM facets WHERE kind = ? GROUP BY 1 ORDER BY 2 DESC, 1", (kind,)
            ).fetchall()
        return dict(rows)

    # -------------------------------------------------------------------------------------------------------- helpers

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._errors():
            yield self._db

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            what = "is in use by another process for too long" if "locked" in str(error) else "cannot be used"
            raise MemoryStoreError(f"the memory {self.file} {what}: {error}; nothing was recorded") from error
        except sqlite3.Error as error:
            if not _is_damage(error):
                raise MemoryStoreError(f"the memory {self.file} refuses this: {error}") from error
            self._db.close()
            self.salvaged = salvage(self.file, str(error))
            self._db = _connect(self.file)
            raise MemoryStoreError(f"{self.salvaged} Try again.") from error
        except msgspec.MsgspecError as error:
            raise MemoryStoreError(f"the memory {self.file} holds what this vt-lsp does not know: {error}") from error
        except UnicodeEncodeError as error:
            raise MemoryStoreError(f"this is no text: {error.object!r}; nothing was recorded") from error


def _is_damage(error: sqlite3.Error) -> bool:
    """The file itself is not what it should be; anything else may be wrong with the disk, the call or the time."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _connect(file: Path) -> sqlite3.Connection:
    for _ in range(_TRIES):
        try:
            return schema.connect(file)
        except sqlite3.OperationalError as error:
            # Two processes that make the file at the same time may find it locked, without SQLite waiting.
            if "locked" not in str(error):
                raise
            time.sleep(_PAUSE)
    return schema.connect(file)


def _differences(old: WorkflowDecision, new: WorkflowDecision) -> tuple[tuple[str, str, str], ...]:
    return tuple(
        (name, _json(getattr(old, name)), _json(getattr(new, name)))
        for name in WorkflowDecision.__struct_fields__
        if getattr(old, name) != getattr(new, name)
    )


def _json(value: object) -> str:
    return _encode(value).decode()
