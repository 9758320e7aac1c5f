"""Decisions in other forms: JSON lines both ways, CSV out, and the database of Velocitytree in."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vt_lsp.models import DecisionLink, DecisionType, LinkType, Outcome, WorkflowDecision
from vt_lsp.workflow_memory.decision_tracker import type_of
from vt_lsp.workflow_memory.ids import make_id
from vt_lsp.workflow_memory.memory_store import MemoryStoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from vt_lsp.workflow_memory.memory_store import MemoryStore

_COLUMNS: Final = (
    "id", "timestamp", "decision_type", "status", "title", "outcome", "rationale", "confidence", "author", "tags",
    "files", "symbols", "alternatives", "links", "source",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_TABLES: Final = {"decisions", "decision_outcomes"}


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did; ``problems`` say a place and what is wrong there."""

    read: int
    changed: tuple[str, ...] = ()
    outcomes: int = 0
    problems: tuple[str, ...] = ()


# ----------------------------------------------------------------------------------------------------------- JSON lines


def whole(value: Any) -> Any:  # noqa: ANN401  any value of the memory
    """Plain data with all fields, also those that have their default."""
    if isinstance(value, msgspec.Struct):
        return {name: whole(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, (tuple, list)):
        return [whole(one) for one in value]
    if isinstance(value, dict):
        return {str(key): whole(one) for key, one in value.items()}
    return msgspec.to_builtins(value)


def write_json_lines(decisions: Iterable[WorkflowDecision], outcomes: Sequence[Outcome]) -> Iterator[str]:
    """A line for each decision, with what became of it under ``outcomes``."""
    by_decision: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_decision.setdefault(outcome.decision, []).append(outcome)
    for one in decisions:
        yield json.dumps({**whole(one), "outcomes": whole(by_decision.get(one.id, []))}, ensure_ascii=False) + "\n"


def read_json_lines(store: MemoryStore, name: str, text: str) -> Imported:
    """Take in lines as :func:`write_json_lines` writes them; where a field is missing, what can be told is filled."""
    decisions: list[WorkflowDecision] = []
    outcomes: list[Outcome] = []
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                decision, became = _from_line(line)
            except (ValueError, TypeError, RecursionError) as error:  # msgspec's errors are ValueErrors
                problems.append(f"{name}:{number}: {error}")
            else:
                decisions.append(decision)
                outcomes += became
    changed = store.put(*decisions, reason=f"imported from {name}")
    return Imported(
        read=len(decisions), changed=changed, outcomes=sum(map(store.add_outcome, outcomes)), problems=tuple(problems)
    )


def _from_line(line: str) -> tuple[WorkflowDecision, list[Outcome]]:
    given = json.loads(line)
    if not isinstance(given, dict):
        raise TypeError("a line holds one object")
    outcomes = msgspec.convert(given.pop("outcomes", []), list[Outcome])
    if not str(given.get("outcome") or "").strip():
        raise ValueError("a decision needs an outcome: what was chosen")
    moment = msgspec.convert(given.get("timestamp") or "2000-01-01T00:00:00Z", datetime)
    moment = _aware(moment)
    digest = hashlib.blake2b(line.strip().encode("utf-8", "surrogatepass")).hexdigest()
    words = (str(given.get(key, "")) for key in ("title", "outcome", "rationale"))
    outcomes = [msgspec.structs.replace(one, timestamp=_aware(one.timestamp)) for one in outcomes]
    filled = {"id": make_id(moment, digest), "decision_type": type_of(*words), **given, "timestamp": moment}
    decision = msgspec.convert(filled, WorkflowDecision)
    return decision, [msgspec.structs.replace(one, decision=decision.id) for one in outcomes]


# ------------------------------------------------------------------------------------------------------------------ CSV


def write_csv(decisions: Iterable[WorkflowDecision]) -> str:
    """A table for a spreadsheet; no cell is a formula there, whatever somebody wrote into a decision."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for one in decisions:
        writer.writerow([_cell(getattr(one, name)) for name in _COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        value = "; ".join(f"{one.type} {one.target}" if isinstance(one, DecisionLink) else str(one) for one in value)
    text = str(value).replace("\0", "")
    # A spreadsheet runs what begins so (OWASP, "CSV Injection"); it shows no leading apostrophe.
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


# --------------------------------------------------------------------------------------------------------- Velocitytree


def read_velocitytree(store: MemoryStore, file: Path) -> Imported:
    """Take in ``workflow_memory.db`` of Velocitytree 2; the file is only read. Its times, without a zone, count as UTC.

    Raises MemoryStoreError when it is none.
    """
    problems: list[str] = []
    decisions: dict[str, WorkflowDecision] = {}
    outcomes: list[Outcome] = []
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables >= _TABLES:
                raise MemoryStoreError(f"{file} is no database of Velocitytree")
            for row in db.execute("SELECT * FROM decisions ORDER BY timestamp"):
                with _noted(problems, f"decision {row['id']}"):
                    decisions[row["id"]] = _from_velocitytree(row)
            for row in db.execute("SELECT * FROM decision_outcomes ORDER BY id"):
                with _noted(problems, f"outcome {row['id']}"):
                    outcomes += _became(row, decisions)
            if "decision_relationships" in tables:
                for row in db.execute("SELECT * FROM decision_relationships ORDER BY id"):
                    _relate(row, decisions)
    except sqlite3.Error as error:
        raise MemoryStoreError(f"{file} cannot be read: {error}") from error
    ids = {old: one.id for old, one in decisions.items()}
    made = [
        msgspec.structs.replace(one, precedents=tuple(ids.get(name, name) for name in one.precedents))
        for one in decisions.values()
    ]
    changed = store.put(*made, reason=f"imported from {file.name}")
    return Imported(
        read=len(made), changed=changed, outcomes=sum(map(store.add_outcome, outcomes)), problems=tuple(problems)
    )


@contextmanager
def _noted(problems: list[str], place: str) -> Iterator[None]:
    """Note what is wrong with one row, and go on with the next."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        problems.append(f"{place}: {error}")


def _from_velocitytree(row: sqlite3.Row) -> WorkflowDecision:
    moment = _utc(row["timestamp"])
    context = json.loads(row["context"]) if row["context"] else {}
    words = {key: value if isinstance(value, str) else json.dumps(value) for key, value in context.items()}
    if row["outcome"]:
        words["velocitytree outcome"] = str(row["outcome"])
    files = context.get("file") or context.get("file_path") or context.get("files") or ()
    return WorkflowDecision(
        id=make_id(moment, f"velocitytree:{row['id']}"),
        timestamp=moment,
        decision_type=DecisionType(row["decision_type"].replace("_", "-")),
        outcome=str(row["decision"]),
        rationale=str(row["rationale"] or ""),
        context=words,
        confidence=float(row["confidence"] or 0.0),
        precedents=tuple(map(str, json.loads(row["precedents"]))) if row["precedents"] else (),
        tags=tuple(map(str, json.loads(row["tags"]))) if row["tags"] else (),
        files=(files,) if isinstance(files, str) else tuple(map(str, files)),
        author=str(row["user_id"] or ""),
        source=f"velocitytree:{row['id']}",
    )


def _became(row: sqlite3.Row, decisions: dict[str, WorkflowDecision]) -> list[Outcome]:
    one = decisions.get(row["decision_id"])
    if one is None:
        return []
    given = json.loads(row["metrics"]) if row["metrics"] else {}
    metrics = {key: float(value) for key, value in given.items() if isinstance(value, (int, float))}
    return [
        Outcome(
            id=f"O-velocitytree-{row['decision_id']}-{row['id']}",
            decision=one.id,
            timestamp=_utc(row["outcome_timestamp"]),
            success=None if row["success"] is None else bool(row["success"]),
            metrics=metrics,
            note=str(row["feedback"] or one.context.get("velocitytree outcome", "")),
            author=one.author,
        )
    ]


def _relate(row: sqlite3.Row, decisions: dict[str, WorkflowDecision]) -> None:
    parent, child = decisions.get(row["parent_id"]), decisions.get(row["child_id"])
    if parent is not None and child is not None:
        word = str(row["relationship_type"] or "")
        kind = LinkType.SUPERSEDES if word.startswith("supersede") else LinkType.RELATES
        links = tuple(dict.fromkeys((*child.links, DecisionLink(kind, parent.id))))
        decisions[row["child_id"]] = msgspec.structs.replace(child, links=links)


def _utc(text: str) -> datetime:
    return _aware(datetime.fromisoformat(text))


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
