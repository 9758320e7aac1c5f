"""What was decided before about the place at hand: below a hover, and as a count in a lens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from lsprotocol import types as lsp

from vt_lsp.server.claims import is_spec
from vt_lsp.server.pages import inline
from vt_lsp.server.spots import names_of
from vt_lsp.wording import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.engine import Engine
    from vt_lsp.models import WorkflowDecision
    from vt_lsp.server.memory import Opened
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.server.spots import Spot
    from vt_lsp.text import LineIndex
    from vt_lsp.workflow_memory.precedent_engine import Precedent
    from vt_lsp.workflow_memory.precedent_index import Entry, PlaceKind, PrecedentIndex

MOST_SHOWN = 3
MOST_LISTED = 50
_LONGEST = 160
_KINDS = frozenset({"class", "function", "method", "property", "constant", "alias"})


class _Shown(NamedTuple):
    decision: WorkflowDecision
    precedent: Precedent


# ---------------------------------------------------------------------------------------------------------------- hover


async def precedents_of(session: Session, folder: Folder, spot: Spot) -> str:
    """The best decisions for a spot in Markdown; "" where nothing fits."""
    from vt_lsp.server.memory import memory_of  # noqa: PLC0415 - it needs sqlite3

    found = await memory_of(folder).look(lambda opened: _best(opened, spot))
    return "\n".join(_lines(session, folder, spot, found)) if found else ""


def _best(opened: Opened, spot: Spot) -> list[_Shown]:
    from vt_lsp.workflow_memory.precedent_engine import precedents  # noqa: PLC0415 - it needs numpy

    found = precedents(opened.recall.precedents, spot.situation(), MOST_SHOWN)
    known = opened.tracker.store.get_many([one.entry.id for one in found])
    return [_Shown(known[one.entry.id], one) for one in found if one.entry.id in known]


def _lines(session: Session, folder: Folder, spot: Spot, found: list[_Shown]) -> Iterator[str]:
    yield "**Decided before**\n"
    for decision, precedent in found:
        by = f" by {inline(decision.author)}" if decision.author else ""
        why = inline("; ".join(precedent.reasons).replace("`", ""))
        title = precedent.entry.title
        outcome = "" if decision.outcome.strip() == title.strip() else f" {inline(_short(decision.outcome))}"
        yield f"- {_opening(session, folder, decision, title)}{outcome}  "
        yield f"  {decision.timestamp:%Y-%m-%d}{by}, {decision.status}; {why}"
        if precedent.successor is not None:
            yield f"  {_link(session, 'Look at its successor', 'showDecision', precedent.successor.id)}"
        if session.client_says("commandLinks"):
            given = {"applies": decision.id, "uri": folder.uri, **_where(spot)}
            yield f"  {_link(session, 'Apply it here…', 'recordDecision', given)}"


def _where(spot: Spot) -> dict[str, list[str]]:
    symbol = max(spot.symbols, key=len, default="")
    files = spot.paths | {name.partition("#")[0] for name in spot.sections}
    return {"symbols": [symbol] if symbol else [], "files": sorted(files)}


def _opening(session: Session, folder: Folder, decision: WorkflowDecision, title: str) -> str:
    """The title as a link to where the decision stands, or to its page; else with its id, by which it is found."""
    said = f"**{inline(_short(title))}**"
    if session.client_says("commandLinks"):
        return _link(session, said, "showDecision", decision.id)
    path = decision.source.partition("#")[0]
    if path.endswith(".md"):
        return f"[{said}]({session.uri_of(folder, path)})"
    return f"{said} `{decision.id}`"


def _link(session: Session, title: str, command: str, argument: object) -> str:
    if not session.client_says("commandLinks"):
        return f"{title}: `{argument}`"
    return f"[{title}](command:vt-lsp.{command}?{quote(json.dumps([argument]), safe='')})"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


# --------------------------------------------------------------------------------------------------------------- lenses


class _Wanted(NamedTuple):
    """A line that may get a lens, and the names of what stands there."""

    line: int
    kind: PlaceKind
    names: tuple[str, ...]


async def decision_lenses(
    session: Session, folder: Folder, engine: Engine, path: str, index: LineIndex
) -> list[lsp.CodeLens]:
    """How many decisions in force are about the file, its classes and functions, or its sections."""
    from vt_lsp.server.memory import memory_of  # noqa: PLC0415 - it needs sqlite3

    wanted = _of_spec(engine, path, index) if is_spec(path) else _of_code(engine, path, index)
    file = _Wanted(0, "path", (path,))

    def count(opened: Opened) -> list[tuple[int, list[str]]]:
        found = opened.recall.precedents
        return [(one.line, _ids(found, one, path)) for one in (file, *wanted)]

    memory = memory_of(folder)
    counted = await memory.look(count, session.refresh_lenses)
    if counted is not None:
        session.server.spawn(memory.follow_renames())
    uri = session.uri_of(folder, path)
    return [_lens(line, ids, uri) for line, ids in counted or () if ids]


async def add_decisions(folder: Folder, path: str, tree: dict[str, Any]) -> None:
    """Put the decisions in force about a document and its sections beside their claims, where there are any."""
    from vt_lsp.server.memory import memory_of  # noqa: PLC0415 - it needs sqlite3

    def of(opened: Opened) -> dict[str, list[dict[str, str]]]:
        found: dict[str, list[dict[str, str]]] = {}
        for entry in opened.recall.precedents.at("path", path):
            if entry.in_force:
                row = {"id": entry.id, "title": _short(entry.title)}
                for name in {one.partition("#")[2] for one in entry.sections} or {""}:
                    found.setdefault(name, []).append(row)
        return found

    decided = await memory_of(folder).look(of)
    due = [(tree, "")] if decided else []
    while due and decided:
        node, title = due.pop()
        if title in decided:
            node["decisions"] = decided.pop(title)
        due += [(section, section["title"]) for section in node["sections"]]
    if decided:  # of sections that have another title now, or no claims
        tree["decisions"] = [*tree.get("decisions", ()), *(row for rows in decided.values() for row in rows)]


def _of_spec(engine: Engine, path: str, index: LineIndex) -> list[_Wanted]:
    facts = engine.spec_facts(path)
    if facts is None:
        return []
    wanted = [
        _Wanted(index.position(start, "utf-8")[0], "section", (f"{path}#{title}",))
        for _, title, start, _ in facts.headings
        if title
    ]
    wanted += [
        _Wanted(index.position(one.start, "utf-8")[0], "requirement", (one.id,)) for one in facts.requirements if one.id
    ]
    return wanted


def _of_code(engine: Engine, path: str, index: LineIndex) -> list[_Wanted]:
    facts = engine.code_facts(path)
    return [
        _Wanted(index.position(symbol.name_start, "utf-8")[0], "symbol", tuple(names_of(engine, path, symbol.name)))
        for symbol in (facts.symbols if facts is not None else ())
        if symbol.kind in _KINDS
    ]


def _ids(index: PrecedentIndex, wanted: _Wanted, path: str) -> list[str]:
    found = {entry.id: entry for name in wanted.names for entry in index.at(wanted.kind, name) if entry.in_force}
    if wanted.kind == "symbol":
        found = {name: entry for name, entry in found.items() if _is_here(entry, wanted.names, path)}
    return sorted(found)[-MOST_LISTED:]


def _is_here(entry: Entry, names: tuple[str, ...], path: str) -> bool:
    """Whether a decision that names a symbol without its module means the one in this file."""
    alone = min(names, key=len)
    is_told = any(
        name.startswith(f"{long}.") or name == long for long in names if long != alone for name in entry.symbols
    )
    files = {one for one in entry.paths if one.endswith((".py", ".pyi"))}
    return is_told or not files or path in files


def _lens(line: int, ids: list[str], uri: str) -> lsp.CodeLens:
    where = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 0))
    title = plural(len(ids), "decision")
    return lsp.CodeLens(where, lsp.Command(title, "vt-lsp.searchDecisions", arguments=[{"ids": ids, "uri": uri}]))
