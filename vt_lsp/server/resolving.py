"""The edits of a code action, made when it is chosen, from the texts as they are then.

Who edits between the list and the choice gets the edit for the new text, or is told that the drift is no longer there.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams

from vt_lsp.continuous_eval.fixing import compatible
from vt_lsp.continuous_eval.renaming import touched, where, whole
from vt_lsp.server.actions import all_ways
from vt_lsp.server.spec_view import fields
from vt_lsp.server.texts import START, span
from vt_lsp.server.workspace_edit import Note, makes_files, workspace_edit
from vt_lsp.workspace.impact import as_words, impact
from vt_lsp.workspace.patches import CannotPatch, by_path, encoded
from vt_lsp.workspace.reading import Unreadable, read_file
from vt_lsp.workspace.replacing import Refused, check_writable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Edit, Realignment
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.workspace.impact import Impact

log = logging.getLogger(__name__)

_ATTEMPTS = 3  # a watcher that tells late of what is known already is no reason to give up
_GONE = "the text has changed meanwhile: ask for the quick fixes again"


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What the user has chosen: a way out of a drift, or all that are safe in one document."""

    folder: Folder
    engine: Engine
    path: str
    drift: DriftReport | None = None
    way: Realignment | None = None


async def resolve(session: Session, action: lsp.CodeAction) -> lsp.CodeAction:
    """The action with its edit; an error where it cannot be made any more."""
    if action.edit is not None or action.data is None:
        return action
    await _look_at_disk(session, action)
    await _look_back(session, action)
    for _ in range(_ATTEMPTS):
        chosen, found = _chosen(session, action), None
        target = _touched(chosen)
        if target is None or (found := await session.ways.find_impact(chosen.engine, target)) is not None:
            break
    else:
        raise JsonRpcContentModified(_GONE)
    decided = await asyncio.to_thread(_decided, chosen.engine, target[1]) if target is not None else ""
    action.edit = _edit(session, chosen, found, decided)
    return action


def at_once(session: Session, action: lsp.CodeAction) -> lsp.CodeAction | None:
    """The same for a client that does not ask later; None for an action that it cannot be given."""
    if action.edit is not None or action.data is None:
        return action
    try:
        chosen = _chosen(session, action)
        target = _touched(chosen)
        found = impact(chosen.engine.index, target, chosen.engine.text) if target is not None else None
        action.edit = _edit(session, chosen, found)
    except (JsonRpcContentModified, JsonRpcInvalidParams):
        return None
    action.data = None
    return action


def _chosen(session: Session, action: lsp.CodeAction) -> _Chosen:
    data = fields(action.data)
    home = session.home(str(data.get("uri")))
    if home is None:
        raise JsonRpcContentModified(_GONE)
    if data.get("all") is True:
        return _Chosen(*home)
    folder, engine, path = home
    drift = next((one for one in engine.drifts(path) if one.fingerprint == data.get("drift")), None)
    ways = all_ways(session, engine, drift) if drift is not None else ()
    way = next((one for one in ways if (one.title, one.target) == (data.get("way"), data.get("target"))), None)
    if drift is None or way is None:
        raise JsonRpcContentModified(_GONE)
    return _Chosen(folder, engine, path, drift, way)


def _touched(chosen: _Chosen) -> tuple[str, str] | None:
    """The definition whose callers are to be known."""
    way = chosen.way
    return touched(way) if way is not None else None


async def _look_back(session: Session, action: lsp.CodeAction) -> None:
    """The past is asked again where a text has changed since the list was made."""
    data = fields(action.data)
    home = session.home(str(data.get("uri")))
    if home is None or data.get("kind") != "rollback":
        return
    _, engine, path = home
    drift = next((one for one in engine.drifts(path) if one.fingerprint == data.get("drift")), None)
    if drift is not None:
        await session.ways.find_way_back(engine, drift)


async def _look_at_disk(session: Session, action: lsp.CodeAction) -> None:
    """Closed files may have been written since they were read; nobody need have told us."""
    home = session.home(str(fields(action.data).get("uri")))
    if home is None:
        return
    folder, engine, path = home
    closed = {one for drift in engine.drifts(path) for one in (drift.spec.path, drift.code.path if drift.code else "")}
    closed -= {path for _, path in session.open_documents(folder)} | {""}
    changed: dict[str, bytes | None] = {}
    for one in closed:
        try:
            now: bytes | None = read_file(engine.root, one)
        except Unreadable:
            now = None
        if now != engine.text(one):
            changed[one] = now
    if changed:
        session.edits.on_disk(folder, changed)


def _decided(engine: Engine, symbol: str) -> str:
    """How many decisions of the workflow memory speak of a symbol, in words; "" for none. Blocking, for any thread."""
    from vt_lsp.workflow_memory.filters import Filter  # noqa: PLC0415 - only where there is a memory
    from vt_lsp.workflow_memory.memory_store import MemoryStoreError, has_memory, open_memory  # noqa: PLC0415

    root, may_run_git = engine.root, engine.may_run_git
    if not has_memory(root, may_run_git=may_run_git):
        return ""
    try:
        with open_memory(root, may_run_git=may_run_git) as store:
            found = store.find(Filter(symbol=symbol, limit=1))
    except MemoryStoreError as error:
        log.warning("%s", error)
        return ""
    if not found.total:
        return ""
    more = f" and {found.total - 1} more" if found.total > 1 else ""
    return f"Decided: {found.decisions[0].title or found.decisions[0].outcome}{more}."


def _edit(session: Session, chosen: _Chosen, found: Impact | None, decided: str = "") -> lsp.WorkspaceEdit:
    engine, way = chosen.engine, chosen.way
    if way is None:
        edits = [edit for one in _safe(session, chosen) for edit in one.edits]
        return workspace_edit(session, chosen.folder, _changes(session, engine, edits))
    if found is not None and chosen.drift is not None:
        way = whole(engine, chosen.drift, way, found)
        if way is None:
            raise JsonRpcInvalidParams("renamed with all its callers, the drift would not be gone")
    changes = _changes(session, engine, way.edits)
    new_files = [path for path in changes if engine.text(path) is None]
    if new_files and not makes_files(session):
        raise JsonRpcInvalidParams("this editor makes no new files")
    is_wide = way.target == "code" and (len(changes) > 1 or bool(found and found.unsure))
    note = Note(way.title, " ".join(filter(None, (_words(engine, way, found), decided))), asks=is_wide and not way.safe)
    return workspace_edit(session, chosen.folder, changes, note, new_files)


def _safe(session: Session, chosen: _Chosen) -> Sequence[Realignment]:
    """The safe ways out of the drifts of a document that change this document alone, and do not meet."""
    engine = chosen.engine
    offered = (
        next((way for way in session.ways.of(engine, drift) if way.safe and way.edits), None)
        for drift in engine.drifts(chosen.path)
    )
    here = [way for way in offered if way is not None and by_path(way.edits).keys() == {chosen.path}]
    return list(compatible(here))


def _words(engine: Engine, way: Realignment, found: Impact | None) -> str:
    """What the user should know before the edit is made."""
    said = [way.reason] if way.reason else []
    if found is not None and (target := touched(way)) is not None:
        also = as_words(found)
        verb = "Also changes" if way.renames is not None else "It is used by"
        said += [f"{verb} {also}."] if also else []
        specs = sorted({spec for spec, _, _ in engine.claims_about(*target)})
        said += [f"Documents speak of it: {', '.join(specs)}."] if specs else []
        if found.unsure and way.renames is not None:
            said.append(f"Perhaps also meant, and not changed: {where(engine, found.unsure)}.")
    return " ".join(said)


def _changes(session: Session, engine: Engine, edits: Iterable[Edit]) -> dict[str, list[lsp.TextEdit]]:
    """The edits by path; an error where a file may not be changed."""
    changes: dict[str, list[lsp.TextEdit]] = {}
    for path, some in by_path(edits).items():
        data, index = engine.text(path), session.texts.lines(engine, path)
        try:
            check_writable(Path(engine.root), path)
            changes[path] = [
                lsp.TextEdit(
                    span(index, edit.place, session.units) if index is not None else START,
                    encoded(edit.new_text, data or b"").decode("utf-8", "replace"),
                )
                for edit in some
            ]
        except (Refused, CannotPatch) as refused:
            raise JsonRpcInvalidParams(f"{path} is not changed: {refused}") from refused
    return changes
