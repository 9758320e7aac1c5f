"""A damaged database of decisions: everything that can be read goes into a new one, the old one is kept."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from vt_lsp.models import Outcome, WorkflowDecision
from vt_lsp.workflow_memory import schema
from vt_lsp.workspace.versioned import micros

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

T = TypeVar("T", WorkflowDecision, Outcome)

_START: Final = re.compile(rb'\{"id":"')
_FURTHEST: Final = 10_000_000  # rows that are tried one by one


def salvage(file: Path, problem: str) -> str:
    """Move the damaged ``file`` away and make a new one of what can be read; gives the report, one paragraph."""
    kept = _move_away(file)
    decisions = {one.id: one for one in _all(kept, "decisions", "number", WorkflowDecision)}
    whole = len(decisions)
    for carved in _carved(kept, WorkflowDecision):
        decisions.setdefault(carved.id, carved)
    outcomes = {one.id: one for one in _all(kept, "outcomes", "rowid", Outcome)}
    events = [row for row in _rows(kept, "SELECT sequence, decision, data FROM events") if row[1] in decisions]
    with closing(schema.connect(file)) as db:
        db.execute("BEGIN IMMEDIATE")
        for number, one in enumerate(sorted(decisions.values(), key=lambda d: (d.timestamp, d.id)), 1):
            values = (one.id, micros(one.timestamp), number, _json(one))
            db.execute("INSERT INTO decisions(id, at, changed, data) VALUES (?, ?, ?, ?)", values)
        db.executemany("INSERT OR IGNORE INTO events VALUES (?, ?, ?)", events)
        for outcome in outcomes.values():
            if outcome.decision in decisions:
                row = (outcome.id, outcome.decision, micros(outcome.timestamp), _json(outcome))
                db.execute("INSERT INTO outcomes VALUES (?, ?, ?, ?)", row)
        now = datetime.now(UTC)
        logged = {row[1] for row in events}
        for one in decisions.values():
            if one.id not in logged:
                changes = (("decision", "null", _json(one)),)
                event = {"sequence": 0, "decision": one.id, "timestamp": now, "kind": "recorded", "changes": changes}
                event["reason"] = "salvaged from a damaged database"
                db.execute("INSERT INTO events(decision, data) VALUES (?, ?)", (one.id, _json(event)))
        # An index of another store that has seen all up to some event must see these decisions again.
        last = db.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()[0]
        db.execute("UPDATE decisions SET changed = changed + ?", (last,))
        db.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'events'", (last + len(decisions),))
        db.execute("COMMIT")
    report = (
        f"The memory was damaged ({problem}). {len(decisions)} decisions ({len(decisions) - whole} of them from"
        f" fragments, perhaps in a former state), {len(outcomes)} outcomes and {len(events)} events were saved into"
        f" {file.name}; the damaged file is kept as {kept.name}."
    )
    kept.with_suffix(".txt").write_text(f"{report}\n", encoding="utf-8")
    return report


def _move_away(file: Path) -> Path:
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    kept = file.with_name(f"{file.stem}-damaged-{stamp}{file.suffix}")
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            file.with_name(file.name + suffix).rename(kept.with_name(kept.name + suffix))
    return kept


def _all(file: Path, table: str, key: str, kind: type[T]) -> Iterator[T]:
    for (data,) in _rows(file, f"SELECT data FROM {table}", f"SELECT data FROM {table} WHERE {key} = ?"):  # noqa: S608
        with suppress(msgspec.MsgspecError, TypeError):
            yield msgspec.json.decode(str(data), type=kind)


def _rows(file: Path, query: str, one_by_one: str = "") -> list[tuple[object, ...]]:
    """What a query gives before it hits the damage, then what can be had row by row."""
    found: list[tuple[object, ...]] = []
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{file.as_uri()}?mode=rw", uri=True)) as db:
        try:
            for row in db.execute(query):
                found.append(row)  # noqa: PERF402  what came before the damage counts
        except sqlite3.Error:
            missing = 0
            for number in range(1, _FURTHEST if one_by_one else 0):
                try:
                    row = db.execute(one_by_one, (number,)).fetchone()
                except sqlite3.Error:
                    row = None
                missing = 0 if row is not None else missing + 1
                if row is not None:
                    found.append(row)
                if missing > 10_000:
                    break
    return found


def _carved(file: Path, kind: type[T]) -> Iterator[T]:
    """Records that lie whole in the bytes of the file or of its log, the latest copy of each first."""
    decoder = json.JSONDecoder()
    for part in (file.with_name(file.name + "-wal"), file):
        with suppress(OSError):
            data = part.read_bytes()
            for start in reversed([found.start() for found in _START.finditer(data)]):
                text = data[start : start + 65_536].decode("utf-8", "replace")
                with suppress(ValueError, msgspec.MsgspecError, RecursionError):
                    _, end = decoder.raw_decode(text)
                    yield msgspec.json.decode(text[:end], type=kind)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
