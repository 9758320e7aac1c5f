"""All alerts of a project, in one SQLite file of the user's; the one door through which the pure core is stepped.

Each step reads the state, computes and writes in one transaction, so that two editors and a monitor on one project
raise an alert once, and what a killed process had not written happens again in the next one.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

import msgspec

from vt_lsp.continuous_eval.alert_events import Known, news, only_conditions, with_outlooks
from vt_lsp.continuous_eval.alert_state import Observed, State, Step
from vt_lsp.continuous_eval.alert_system import step
from vt_lsp.models import Alert, Severity
from vt_lsp.workspace.store import make_private, state_directory
from vt_lsp.workspace.versioned import Layout, connect, micros, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from vt_lsp.continuous_eval.alert_events import Event, Observation
    from vt_lsp.continuous_eval.alert_state import Input, Policy
    from vt_lsp.models import AlertType
    from vt_lsp.progress.slip import Outlook

T = TypeVar("T")
log = logging.getLogger(__name__)

FILE: Final = "alerts.sqlite"
KEEP_DAYS: Final = 365
_WAIT: Final = 5.0  # seconds for another process to finish its write
_PREFIX: Final = 4  # characters of an id that are enough to name it
_APPLICATION: Final = 0x76746C61  # "vtla", in the header of the file
_LAYOUT: Final = """
CREATE TABLE alerts(
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    data TEXT NOT NULL,
    state TEXT GENERATED ALWAYS AS (coalesce(json_extract(data, '$.state'), 'open')) VIRTUAL,
    type TEXT GENERATED ALWAYS AS (json_extract(data, '$.alert_type')) VIRTUAL,
    severity TEXT GENERATED ALWAYS AS (json_extract(data, '$.severity')) VIRTUAL,
    rule TEXT GENERATED ALWAYS AS (json_extract(data, '$.rule')) VIRTUAL,
    drift_type TEXT GENERATED ALWAYS AS (json_extract(data, '$.context.drift_type')) VIRTUAL,
    path TEXT GENERATED ALWAYS AS (coalesce(json_extract(data, '$.context.path'), '')) VIRTUAL
);
CREATE INDEX by_time ON alerts(at);
CREATE INDEX by_state ON alerts(state, changed);
CREATE TABLE trail(
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    alert TEXT NOT NULL REFERENCES alerts(id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    severity TEXT NOT NULL,
    by TEXT NOT NULL,
    how TEXT NOT NULL
);
CREATE INDEX trail_of ON trail(alert);
CREATE TABLE kept(name TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
"""
MIGRATIONS: tuple[str, ...] = (_LAYOUT,)  # the n-th leads from version n - 1 to n; never change one that was released

_encode = msgspec.json.Encoder().encode
_alert = msgspec.json.Decoder(Alert).decode


class AlertStoreError(Exception):
    """The history cannot do what was asked; its text is one line for the user."""


class Turn(msgspec.Struct, frozen=True):
    """One change of an alert: when it came to this state, by whom or what, and how."""

    at: datetime
    state: str
    severity: Severity
    by: str = ""
    how: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which alerts; empty fields ask for nothing. ``path`` also names a folder."""

    states: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rule: str = ""
    drift_type: str = ""
    path: str = ""
    since: datetime | None = None
    limit: int = 100
    offset: int = 0


def has_alerts(root: Path) -> bool:
    """Whether anything was ever kept for the project ``root``; one look at the disk."""
    directory = state_directory(root)
    return directory is not None and (directory / FILE).exists()


def open_alerts(root: Path) -> AlertStore:
    """The alerts of the project ``root``, made if they are not there; raises AlertStoreError."""
    directory = state_directory(root)
    if directory is None:
        raise AlertStoreError("the state directory lies inside the project; set XDG_STATE_HOME to another place")
    return AlertStore(directory)


class AlertStore:
    """The alerts of one project. Any thread and several processes may use it at the same time."""

    def __init__(self, directory: Path) -> None:
        """Open or make the file in ``directory``; a damaged one is put aside. Raises AlertStoreError."""
        self.file = directory / FILE
        self._lock = threading.Lock()
        try:
            make_private(directory)
            self._db = self._open()
        except (OSError, sqlite3.Error) as error:
            raise AlertStoreError(f"the alerts {self.file} cannot be opened: {error}") from error

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self.file)
        except sqlite3.OperationalError:
            raise  # full, locked, read-only or newer: the file itself may be good
        except sqlite3.DatabaseError as error:
            aside = self.file.with_name(f"{self.file.stem}-damaged{self.file.suffix}")
            log.warning(
                "the alerts %s are damaged (%s): a new file is begun, the old one is kept beside it", aside, error
            )
            for suffix in ("-wal", "-shm"):
                with suppress(OSError):
                    self.file.with_name(self.file.name + suffix).unlink()
            self.file.replace(aside)
            return _connect(self.file)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------------------- stepping

    def observe(self, found: Observation, now: datetime, policy: Policy) -> Step:
        """An evaluation: what is news in it becomes events, and these alerts. Raises AlertStoreError."""

        def work(db: sqlite3.Connection) -> Step:
            known = _load(db, "known", Known | None)
            ages = {rule.age / timedelta(days=1) for rule in policy.rules if rule.age}
            after, events = news(known, found, now.astimezone(UTC), ages)
            if after != known:
                _save(db, "known", after)
            return _stepped(db, Observed(events), now, policy)

        return self._transaction(work)

    def notice(self, found: Mapping[AlertType, tuple[Event, ...]], now: datetime, policy: Policy) -> Step:
        """Conditions were looked at, and nothing else. Raises AlertStoreError."""

        def work(db: sqlite3.Connection) -> Step:
            known = _load(db, "known", Known | None)
            after, events = only_conditions(known or Known(), found)
            if known is not None and after != known:  # before the first evaluation nothing is remembered
                _save(db, "known", after)
            return _stepped(db, Observed(events), now, policy)

        return self._transaction(work)

    def expect(self, found: Sequence[Outlook], now: datetime, policy: Policy) -> Step:
        """What is to be expected of the task lists now. Raises AlertStoreError."""

        def work(db: sqlite3.Connection) -> Step:
            known = _load(db, "known", Known | None)
            if known is None:
                return _stepped(db, Observed(()), now, policy)
            compared, conditions = with_outlooks(known, found)
            after, events = only_conditions(compared, conditions)
            if after != known:
                _save(db, "known", after)
            return _stepped(db, Observed(events), now, policy)

        return self._transaction(work)

    def step(self, given: Input, now: datetime, policy: Policy) -> Step:
        """Anything else that happened. Raises AlertStoreError."""
        return self._transaction(lambda db: _stepped(db, given, now, policy))

    def prune(self, now: datetime, days: int = KEEP_DAYS) -> int:
        """Drop what was resolved more than so many days ago; gives how many."""
        before = micros(now - timedelta(days=days))
        query = "DELETE FROM alerts WHERE state = 'resolved' AND changed < ?"
        return self._transaction(lambda db: db.execute(query, (before,)).rowcount)

    # -------------------------------------------------------------------------------------------------------- reading

    def state(self) -> State:
        """What the next step begins with."""
        return self._read(_state)

    def known(self) -> Known:
        """What the last evaluation left."""
        return self._read(lambda db: _load(db, "known", Known | None) or Known())

    def find(self, wanted: Filter) -> tuple[int, tuple[Alert, ...]]:
        """How many alerts fit, and one page of them, the newest first."""
        where, values = _where(wanted)

        def read(db: sqlite3.Connection) -> tuple[int, tuple[Alert, ...]]:
            total = db.execute(f"SELECT count(*) FROM alerts WHERE {where}", values).fetchone()[0]  # noqa: S608  no input
            query = f"SELECT data FROM alerts WHERE {where} ORDER BY at DESC, id LIMIT ? OFFSET ?"  # noqa: S608  no input
            rows = db.execute(query, (*values, wanted.limit, wanted.offset))
            return int(total), tuple(_alert(row[0]) for row in rows)

        return self._read(read)

    def need(self, name: str) -> Alert:
        """The alert with this id, or with a beginning of it that no other has; raises AlertStoreError."""
        if len(name) < _PREFIX or not name.isalnum():
            raise AlertStoreError(f"no alert has the id {name[:40]!r}")
        rows = self._read(lambda db: db.execute("SELECT data FROM alerts WHERE id GLOB ?", (f"{name}*",)).fetchall())
        if len(rows) != 1:
            raise AlertStoreError(f"{'no alert has' if not rows else 'several alerts have'} the id {name[:40]!r}")
        return _alert(rows[0][0])

    def trail(self, name: str) -> tuple[Turn, ...]:
        """How an alert came to its state, the oldest first."""
        query = "SELECT at, state, severity, by, how FROM trail WHERE alert = ? ORDER BY sequence"
        rows = self._read(lambda db: db.execute(query, (name,)).fetchall())
        return tuple(Turn(moment(at), state, Severity(severity), by, how) for at, state, severity, by, how in rows)

    # -------------------------------------------------------------------------------------------------------- helpers

    def _read(self, action: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with self._lock:
                return action(self._db)
        except (sqlite3.Error, msgspec.MsgspecError) as error:
            raise AlertStoreError(f"the alerts {self.file} cannot be read: {error}") from error

    def _transaction(self, action: Callable[[sqlite3.Connection], T]) -> T:
        with self._lock:
            db = self._db
            try:
                db.execute("BEGIN IMMEDIATE")
                answer = action(db)
                db.execute("COMMIT")
            except (sqlite3.Error, msgspec.MsgspecError) as error:
                raise AlertStoreError(f"the alerts {self.file} cannot be written: {error}") from error
            else:
                return answer
            finally:
                with suppress(sqlite3.Error):
                    if db.in_transaction:
                        db.execute("ROLLBACK")


def _stepped(db: sqlite3.Connection, given: Input, now: datetime, policy: Policy) -> Step:
    before = _state(db)
    after = step(before, given, now, policy)
    at = micros(now)
    for alert in after.changed:
        values = (alert.id, micros(alert.timestamp), at, _encode(alert).decode())
        query = "INSERT INTO alerts VALUES (?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET changed = ?3, data = ?4"
        db.execute(query, values)
    for alert in after.turned:
        query = "INSERT INTO trail(alert, at, state, severity, by, how) VALUES (?, ?, ?, ?, ?, ?)"
        db.execute(query, (alert.id, at, alert.state, str(alert.severity), alert.resolved_by, alert.how))
    shown = {name: alert.id for name, alert in after.state.alerts.items()}
    if shown != {name: alert.id for name, alert in before.alerts.items()}:
        _save(db, "shown", tuple(shown.values()))
    rest, old_rest = (msgspec.structs.replace(one, alerts={}) for one in (after.state, before))
    if rest != old_rest:
        _save(db, "state", rest)
    return after


def _state(db: sqlite3.Connection) -> State:
    rest = _load(db, "state", State | None) or State()
    names = _load(db, "shown", tuple[str, ...] | None) or ()
    query = "SELECT data FROM alerts WHERE id IN (SELECT value FROM json_each(?))"
    found = [_alert(row[0]) for row in db.execute(query, (_encode(names).decode(),))]
    return msgspec.structs.replace(rest, alerts={alert.fingerprint: alert for alert in found})


def _load(db: sqlite3.Connection, name: str, kind: Any) -> Any:  # noqa: ANN401 - of that kind
    row = db.execute("SELECT data FROM kept WHERE name = ?", (name,)).fetchone()
    return msgspec.json.decode(row[0], type=kind) if row is not None else None


def _save(db: sqlite3.Connection, name: str, value: object) -> None:
    db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, _encode(value).decode()))


def _where(wanted: Filter) -> tuple[str, tuple[object, ...]]:
    parts: list[str] = ["1"]
    values: list[object] = []
    many: tuple[tuple[str, Sequence[str]], ...] = (
        ("state", wanted.states), ("type", wanted.types), ("severity", wanted.severities),
    )  # fmt: skip
    for column, choices in many:
        if choices:
            parts.append(f"{column} IN ({', '.join('?' * len(choices))})")
            values += choices
    for column, value in (("rule", wanted.rule), ("drift_type", wanted.drift_type)):
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if path := wanted.path.rstrip("/"):
        parts.append("(path = ? OR substr(path, 1, ?) = ?)")
        values += [path, len(path) + 1, f"{path}/"]
    if wanted.since is not None:
        parts.append("at >= ?")
        values.append(micros(wanted.since))
    return " AND ".join(parts), tuple(values)


# ------------------------------------------------------------------------------------------------------------ the file


def _connect(file: Path) -> sqlite3.Connection:
    # FULL: what was told was kept, no power cut tells it again.
    db = connect(file, Layout("alerts", _APPLICATION, MIGRATIONS, _WAIT, "FULL"))
    try:
        db.execute("SELECT count(*) FROM kept").fetchone()
    except BaseException:
        db.close()
        raise
    return db
