"""The commands of the workflow memory. Nothing of it is imported or opened before the first of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.workflow_memory import timeline
from vt_lsp.workflow_memory.acceptance import accept, undo
from vt_lsp.workflow_memory.adr_files import sync
from vt_lsp.workflow_memory.decision_tracker import DecisionTracker, author_from
from vt_lsp.workflow_memory.exchange import whole
from vt_lsp.workflow_memory.filters import Filter
from vt_lsp.workflow_memory.memory_store import Found, MemoryStoreError, open_memory
from vt_lsp.workspace.git import Git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, WorkflowDecision
    from vt_lsp.server.session import Folder, Session

T = TypeVar("T")
Json = dict[str, Any]

_FIELDS = {"title": str, "rationale": str, "decision_type": str, "status": str, "author": str}
_LISTS = ("tags", "files", "symbols", "alternatives")
_MOST = 50


async def accept_drift(session: Session, fingerprint: object = None, reason: object = "") -> Json:
    """Record that a drift is meant; it is shown again when claim or code change."""
    name = _text(fingerprint, "vt-lsp.acceptDrift takes the fingerprint of a drift and a reason")
    session.edits.flush()
    for folder in session.folders:
        drift = folder.engine.find(name) if folder.engine is not None else None
        if folder.engine is not None and drift is not None:
            return await _accept(session, folder, folder.engine, drift, str(reason or ""))
    raise JsonRpcInvalidParams(f"no drift has the fingerprint {name}")


async def _accept(session: Session, folder: Folder, engine: Engine, drift: DriftReport, reason: str) -> Json:
    form, symbol = engine.acceptable(drift), engine.symbol_of(drift)
    one = await _with_memory(folder, lambda tracker: accept(tracker, drift, form, reason, symbol))
    await _show_again(session, folder)
    return _decisions(f"Accepted: {drift.details}", [one])


async def undo_accept(session: Session, name: object = None) -> Json:
    """Take an acceptance back, by the decision's id or the drift's fingerprint."""
    wanted = _text(name, "vt-lsp.undoAccept takes the id of a decision or the fingerprint of a drift")
    changed: list[WorkflowDecision] = []
    for folder in session.folders:
        try:
            found = await _with_memory(folder, lambda tracker: undo(tracker, wanted))
        except JsonRpcInvalidParams:
            continue  # it may be another folder's
        changed += found
        if found:
            await _show_again(session, folder)
    if not changed:
        raise JsonRpcInvalidParams(f"{wanted} accepts no drift, or was taken back already")
    return _decisions("The drift is shown again", changed)


async def record_decision(session: Session, given: object = None) -> Json:
    """Record ``{outcome, title?, rationale?, decision_type?, status?, tags?, files?, symbols?, uri?}``."""
    fields = _object(given, "vt-lsp.recordDecision takes an object with an outcome")
    outcome = _text(fields.get("outcome"), "a decision needs an outcome: what was chosen")
    folder = _folder(session, fields)
    from vt_lsp.models import DecisionStatus, DecisionType  # noqa: PLC0415 - for two fields

    kinds = {"decision_type": DecisionType, "status": DecisionStatus}
    known: Json = {}
    for name in _FIELDS.keys() & fields.keys():
        text = _text(fields[name], f"{name} is a text") if fields[name] else ""
        try:
            known[name] = kinds[name](text) if text and name in kinds else text
        except ValueError as error:
            raise JsonRpcInvalidParams(str(error)) from error
    known |= {name: tuple(map(str, fields[name])) for name in _LISTS if isinstance(fields.get(name), list)}
    one = await _with_memory(
        folder, lambda tracker: tracker.record(outcome, **{key: value for key, value in known.items() if value})
    )
    return _decisions("Recorded", [one])


async def record_outcome(session: Session, name: object = None, given: object = None) -> Json:
    """Say what became of a decision: ``{success?, note?, metrics?, uri?}``."""
    wanted = _text(name, "vt-lsp.recordOutcome takes the id of a decision and an object")
    fields = _object(given, "vt-lsp.recordOutcome takes the id of a decision and an object")
    success, metrics = fields.get("success"), fields.get("metrics") or {}
    if success not in {None, True, False} or not isinstance(metrics, dict):
        raise JsonRpcInvalidParams("success is true, false or null, metrics is an object")
    figures = {str(key): float(value) for key, value in metrics.items() if isinstance(value, (int, float))}
    note = str(fields.get("note") or "")

    def record(tracker: DecisionTracker) -> WorkflowDecision:
        tracker.add_outcome(wanted, success=success, note=note, metrics=figures)
        return tracker.store.need(wanted)

    return _decisions("What became of it is recorded", [await _with_memory(_folder(session, fields), record)])


async def search_decisions(session: Session, given: object = None) -> Json:
    """The decisions that fit a text, or an object with the fields of a Filter."""
    fields = {"text": given} if isinstance(given, str) else _object(given or {}, "a text or an object is searched for")
    texts = {name: str(fields[name]) for name in ("text", "tag", "file", "symbol", "author") if fields.get(name)}
    many = {name: tuple(map(str, fields[name])) for name in ("types", "statuses") if isinstance(fields.get(name), list)}
    limit, offset = (fields.get(name, default) for name, default in (("limit", _MOST), ("offset", 0)))
    if not all(isinstance(value, int) and 0 <= value < 1 << 31 for value in (limit, offset)):
        raise JsonRpcInvalidParams("limit and offset are numbers from 0 on")
    wanted = Filter(**texts, **many, limit=limit, offset=offset)  # type: ignore[arg-type]  # by name

    def search(tracker: DecisionTracker) -> Found:
        return tracker.store.find(wanted)

    found = await _with_memory(_folder(session, fields), search)
    title = f"{found.total or 'No'} decision{'s' * (found.total != 1)}" + (f" for {wanted.text}" if wanted.text else "")
    return {**_decisions(title, found.decisions), "total": found.total}


async def show_timeline(session: Session, given: object = None) -> Json:
    """All decisions by time: as data, as a page of Markdown, and as one page of HTML."""
    folder = _folder(session, _object(given or {}, "vt-lsp.showTimeline takes an object or nothing"))

    def read(tracker: DecisionTracker) -> tuple[timeline.TimelineEntry, ...]:
        return timeline.entries(list(tracker.store.all()), tracker.store.outcomes())

    found = await _with_memory(folder, read)
    lines = "\n".join(timeline.as_text(found)).replace("```", "'''") or "Nothing was recorded yet."
    return {
        "entries": whole(found),
        "html": timeline.as_html(found, Path(folder.root).name),
        "title": f"{len(found)} decisions by time",
        "markdown": f"# Decisions\n\n```text\n{lines}\n```\n",
    }


# -------------------------------------------------------------------------------------------------------------- helpers


async def _with_memory(folder: Folder, action: Callable[[DecisionTracker], T]) -> T:
    """Do something with the memory of a folder beside the loop; what it says is told to the client."""

    def work() -> T:
        root = Path(folder.root)
        with open_memory(root) as store:
            sync(root, store)
            return action(DecisionTracker(store, author_from(Git(root))))

    try:
        return await asyncio.to_thread(work)
    except MemoryStoreError as error:
        raise JsonRpcInvalidParams(str(error)) from error


async def _show_again(session: Session, folder: Folder) -> None:
    await session.publisher.publish_all(folder)
    session.status.changed()
    session.refresh_lenses()


def _folder(session: Session, fields: Json) -> Folder:
    uri = fields.get("uri")
    if isinstance(uri, str):
        for folder, _ in session.locate(uri)[:1]:
            return folder
        raise JsonRpcInvalidParams(f"no folder of the workspace holds {uri}")
    if not session.folders:
        raise JsonRpcInvalidParams("no folder is open")
    return session.folders[0]


def _decisions(title: str, found: Iterable[WorkflowDecision]) -> Json:
    shown = list(found)
    parts = [f"# {_inline(title)}"]
    for one in shown:
        by = f" by {_inline(one.author)}" if one.author else ""
        parts.append(f"## {_inline(timeline.headline(one))}")
        parts.append(f"`{one.id}` {one.timestamp:%Y-%m-%d}{by}, {one.decision_type}, {one.status}")
        parts += [_quoted(text) for text in (one.outcome, one.rationale) if text]
    return {"decisions": whole(shown), "title": " ".join(title.split()), "markdown": "\n\n".join(parts) + "\n"}


def _quoted(text: str) -> str:
    return "\n".join(f"> {_inline(line)}" for line in text.split("\n"))


def _inline(text: str) -> str:
    """Words of people as text in Markdown: no markup, no HTML."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#|~!&" else sign for sign in " ".join(text.split()))


def _text(value: object, otherwise: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise JsonRpcInvalidParams(otherwise)
    return value


def _object(value: object, otherwise: str) -> Json:
    if not isinstance(value, dict):
        raise JsonRpcInvalidParams(otherwise)
    return value
