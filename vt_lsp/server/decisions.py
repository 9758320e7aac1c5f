"""The commands of the workflow memory. Nothing of it is imported or opened before the first of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.models import DecisionLink, DecisionStatus, DecisionType, LinkType
from vt_lsp.server.memory import memory_of
from vt_lsp.server.pages import inline
from vt_lsp.server.spots import full_name, section_at, spot_at
from vt_lsp.wording import plural
from vt_lsp.workflow_memory import timeline
from vt_lsp.workflow_memory.acceptance import accept, undo
from vt_lsp.workflow_memory.conflict_detector import decided_of
from vt_lsp.workflow_memory.exchange import whole
from vt_lsp.workflow_memory.filters import Filter
from vt_lsp.workflow_memory.memory_store import Found

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.engine import Engine
    from vt_lsp.models import DecisionEvent, DriftReport, Outcome, WorkflowDecision
    from vt_lsp.server.memory import Opened
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.workflow_memory.conflict_detector import Conflict

Json = dict[str, Any]

_FIELDS = {"title": str, "rationale": str, "decision_type": str, "status": str, "author": str}
_LISTS = ("tags", "files", "symbols", "alternatives")
_LINKS = (LinkType.SUPERSEDES, LinkType.AMENDS, LinkType.APPLIES)
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
    form = engine.acceptable(drift)
    symbol = full_name(engine, drift.code.path, engine.symbol_of(drift)) if drift.code is not None else ""
    one = await memory_of(folder).run(lambda opened: accept(opened.tracker, drift, form, reason, symbol))
    await _show_again(session, folder)
    return _decisions(f"Accepted: {drift.details}", [one])


async def undo_accept(session: Session, name: object = None) -> Json:
    """Take an acceptance back, by the decision's id or the drift's fingerprint."""
    wanted = _text(name, "vt-lsp.undoAccept takes the id of a decision or the fingerprint of a drift")
    changed: list[WorkflowDecision] = []
    for folder in session.folders:
        try:
            found = await memory_of(folder).run(lambda opened: undo(opened.tracker, wanted))
        except JsonRpcInvalidParams:
            continue  # it may be another folder's
        changed += found
        if found:
            await _show_again(session, folder)
    if not changed:
        raise JsonRpcInvalidParams(f"{wanted} accepts no drift, or was taken back already")
    return _decisions("The drift is shown again", changed)


async def record_decision(session: Session, given: object = None) -> Json:
    """Record ``{outcome, title?, rationale?, decision_type?, status?, tags?, files?, symbols?, uri?, …}``.

    ``range`` (in ``uri``) or ``drift`` (a fingerprint) say what it is about. ``applies``, ``amends``, ``supersedes``
    are ids; what applies another one inherits what is not given. One that contradicts a standing decision is not
    recorded: the answer has the ``conflicts``, and whoever means it asks again with ``despite``, a list of their ids.
    """
    fields = _object(given, "vt-lsp.recordDecision takes an object with an outcome")
    folder = _folder(session, fields)
    known = _known(fields) | _about(session, folder, fields)
    despite = {str(name) for name in fields.get("despite") or ()}
    outcome = str(fields.get("outcome") or "")
    names = {kind: [str(fields[kind.value])] for kind in _LINKS if fields.get(kind.value)}
    if not outcome.strip() and LinkType.APPLIES not in names:
        raise JsonRpcInvalidParams("a decision needs an outcome: what was chosen")

    def record(opened: Opened) -> tuple[WorkflowDecision, list[Conflict]]:
        tracker, said = opened.tracker, outcome
        links = [DecisionLink(kind, tracker.store.need(name).id) for kind, found in names.items() for name in found]
        for applied in names.get(LinkType.APPLIES, ()):
            before = tracker.store.need(applied)
            said = said.strip() or before.outcome
            for name in ("title", "decision_type", "tags"):
                known.setdefault(name, getattr(before, name))
        links += [DecisionLink(LinkType.CONTRADICTS, tracker.store.need(name).id) for name in sorted(despite)]
        new = tracker.draft(said, links=tuple(links), **known)
        found = [one for one in opened.recall.conflicts.against(decided_of(new)) if not despite & set(one.key)]
        return (new if found else tracker.add(new)), found

    one, conflicts = await memory_of(folder).run(record)
    if conflicts:
        from vt_lsp.server.conflicts import contradiction  # noqa: PLC0415 - it needs what decisions rarely do

        return {**contradiction(one, conflicts), "decisions": []}
    session.refresh_lenses()
    return {**_decisions("Recorded", [one]), "conflicts": []}


def _known(fields: Json) -> Json:
    """The fields of a decision that were given and are not empty."""
    kinds = {"decision_type": DecisionType, "status": DecisionStatus}
    known: Json = {}
    for name in _FIELDS.keys() & fields.keys():
        text = _text(fields[name], f"{name} is a text") if fields[name] else ""
        try:
            known[name] = kinds[name](text) if text and name in kinds else text
        except ValueError as error:
            raise JsonRpcInvalidParams(str(error)) from error
    known |= {name: tuple(map(str, fields[name])) for name in _LISTS if isinstance(fields.get(name), list)}
    return {name: value for name, value in known.items() if value}


def _about(session: Session, folder: Folder, fields: Json) -> Json:
    """Files, symbols and section by the drift or the range that were given, as far as they are not given themselves."""
    engine, found = folder.engine, dict[str, Any]()
    if engine is None:
        return found
    drift = engine.find(str(fields["drift"])) if fields.get("drift") else None
    if drift is not None:
        files = dict.fromkeys(place.path for place in (drift.spec, drift.code) if place is not None)
        symbol = full_name(engine, drift.code.path, engine.symbol_of(drift)) if drift.code is not None else ""
        found = _place(engine, drift.spec.path, drift.spec.start, symbol) | {"files": tuple(files)}
    elif isinstance(fields.get("uri"), str) and isinstance(fields.get("range"), dict):
        home = session.home(str(fields["uri"]))
        offset = session.texts.offset(engine, home[2], _start(fields["range"]), session.units) if home else None
        if home is not None and offset is not None:
            spot = spot_at(engine, home[2], offset)
            symbol = max(spot.symbols, key=len, default="") if spot is not None else ""
            found = _place(engine, home[2], offset, symbol) | {"files": (home[2],)}
    return {name: value for name, value in found.items() if not fields.get(name)}


def _place(engine: Engine, path: str, offset: int, symbol: str) -> Json:
    section = section_at(engine, path, offset)
    return {
        **({"context": {"section": section[0]}} if section is not None and section[0] else {}),
        **({"symbols": (symbol,)} if symbol else {}),
    }


def _start(given: object) -> lsp.Position:
    start = given.get("start") if isinstance(given, dict) else None
    at = start if isinstance(start, dict) else {}
    line, character = at.get("line"), at.get("character")
    if not all(isinstance(value, int) and 0 <= value < 1 << 31 for value in (line, character)):
        raise JsonRpcInvalidParams("a range has a start with a line and a character")
    return lsp.Position(int(line or 0), int(character or 0))


async def record_outcome(session: Session, name: object = None, given: object = None) -> Json:
    """Say what became of a decision: ``{success?, note?, metrics?, uri?}``."""
    wanted = _text(name, "vt-lsp.recordOutcome takes the id of a decision and an object")
    fields = _object(given, "vt-lsp.recordOutcome takes the id of a decision and an object")
    success, metrics = fields.get("success"), fields.get("metrics") or {}
    if success not in {None, True, False} or not isinstance(metrics, dict):
        raise JsonRpcInvalidParams("success is true, false or null, metrics is an object")
    figures = {str(key): float(value) for key, value in metrics.items() if isinstance(value, (int, float))}
    note = str(fields.get("note") or "")

    def record(opened: Opened) -> WorkflowDecision:
        opened.tracker.add_outcome(wanted, success=success, note=note, metrics=figures)
        return opened.tracker.store.need(wanted)

    return _decisions("What became of it is recorded", [await memory_of(_folder(session, fields)).run(record)])


async def show_decision(session: Session, name: object = None) -> Json:
    """One decision in full: what was chosen and why, what it is linked with, what became of it, its history."""
    wanted = _text(name, "vt-lsp.showDecision takes the id of a decision")

    def read(opened: Opened) -> tuple[WorkflowDecision, list[str], list[Outcome], list[DecisionEvent]]:
        store = opened.tracker.store
        one = store.need(wanted)
        others = [link.target for link in one.links] + list(store.successors(one.id))
        titles = {other.id: timeline.headline(other) for other in store.get_many(others).values()}
        linked = [f"{link.type} {_named(titles, link.target)}" for link in one.links]
        linked += [f"superseded by {_named(titles, name)}" for name in store.successors(one.id)]
        return one, linked, list(store.outcomes(one.id)), list(store.events(one.id))

    for folder in session.folders:
        try:
            one, linked, outcomes, events = await memory_of(folder).run(read)
        except JsonRpcInvalidParams:
            continue  # it may be another folder's
        answer = _decisions(timeline.headline(one), [one])
        places = [f"[{inline(path)}]({session.uri_of(folder, path)})" for path in one.files]
        if one.source.partition("#")[0].endswith(".md"):
            path = one.source.partition("#")[0]
            places.insert(0, f"[{inline(path)}]({session.uri_of(folder, path)})")
        parts = [
            *(f"Instead of: {inline(text)}" for text in one.alternatives),
            ", ".join([*(f"`{name}`" for name in one.symbols), *dict.fromkeys(places)]),
            *(f"- {text}" for text in linked),
            *(f"- {_became(each)}" for each in outcomes),
            "## History",
            *(f"- {each.timestamp:%Y-%m-%d} {inline(each.reason or each.kind)}" for each in events),
        ]
        answer["markdown"] += "\n" + "\n\n".join(part for part in parts if part) + "\n"
        return {**answer, "outcomes": whole(outcomes), "events": whole(events)}
    raise JsonRpcInvalidParams(f"no decision has the id {wanted}")


def _named(titles: dict[str, str], name: str) -> str:
    return f"`{name}` {inline(titles.get(name, ''))}".strip()


def _became(outcome: Outcome) -> str:
    verdict = {True: "went well", False: "went badly", None: "cannot be said yet"}[outcome.success]
    figures = ", ".join(f"{name} {value:g}" for name, value in outcome.metrics.items())
    said = ": ".join(part for part in (verdict, inline(outcome.note)) if part)
    return f"{outcome.timestamp:%Y-%m-%d} {said}{f' ({inline(figures)})' if figures else ''}"


async def search_decisions(session: Session, given: object = None) -> Json:
    """The decisions that fit a text, an object with the fields of a Filter, or ``{ids}``."""
    fields = {"text": given} if isinstance(given, str) else _object(given or {}, "a text or an object is searched for")
    texts = {name: str(fields[name]) for name in ("text", "tag", "file", "symbol", "author") if fields.get(name)}
    many = {name: tuple(map(str, fields[name])) for name in ("types", "statuses") if isinstance(fields.get(name), list)}
    limit, offset = (fields.get(name, default) for name, default in (("limit", _MOST), ("offset", 0)))
    if not all(isinstance(value, int) and 0 <= value < 1 << 31 for value in (limit, offset)):
        raise JsonRpcInvalidParams("limit and offset are numbers from 0 on")
    wanted = Filter(**texts, **many, limit=limit, offset=offset)  # type: ignore[arg-type]  # by name

    ids = [str(name) for name in fields.get("ids") or ()]

    def search(opened: Opened) -> Found:
        store = opened.tracker.store
        if not ids:
            return store.find(wanted)
        known = sorted(store.get_many(ids).values(), key=lambda one: (one.timestamp, one.id), reverse=True)
        return Found(len(known), tuple(known))

    found = await memory_of(_folder(session, fields)).run(search)
    title = plural(found.total, "decision").capitalize() + (f" for {wanted.text}" if wanted.text else "")
    return {**_decisions(title, found.decisions), "total": found.total}


async def show_timeline(session: Session, given: object = None) -> Json:
    """All decisions by time: as data, as a page of Markdown, and as one page of HTML."""
    folder = _folder(session, _object(given or {}, "vt-lsp.showTimeline takes an object or nothing"))

    def read(opened: Opened) -> tuple[timeline.TimelineEntry, ...]:
        return timeline.entries(list(opened.tracker.store.all()), opened.tracker.store.outcomes())

    found = await memory_of(folder).run(read)
    lines = "\n".join(timeline.as_text(found)).replace("```", "'''") or "Nothing was recorded yet."
    return {
        "entries": whole(found),
        "html": timeline.as_html(found, Path(folder.root).name),
        "title": f"{len(found)} decisions by time",
        "markdown": f"# Decisions\n\n```text\n{lines}\n```\n",
    }


# -------------------------------------------------------------------------------------------------------------- helpers


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
    parts = [f"# {inline(title)}"]
    for one in shown:
        by = f" by {inline(one.author)}" if one.author else ""
        if timeline.headline(one) != title:
            parts.append(f"## {inline(timeline.headline(one))}")
        parts.append(f"`{one.id}` {one.timestamp:%Y-%m-%d}{by}, {one.decision_type}, {one.status}")
        said = [one.outcome] if " ".join(one.outcome.split()) != timeline.headline(one) else []
        parts += [_quoted(text) for text in (*said, one.rationale) if text]
    return {"decisions": whole(shown), "title": " ".join(title.split()), "markdown": "\n\n".join(parts) + "\n"}


def _quoted(text: str) -> str:
    return "\n".join(f"> {inline(line)}" for line in text.split("\n"))


def _text(value: object, otherwise: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise JsonRpcInvalidParams(otherwise)
    return value


def _object(value: object, otherwise: str) -> Json:
    if not isinstance(value, dict):
        raise JsonRpcInvalidParams(otherwise)
    return value
