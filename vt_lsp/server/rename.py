"""Rename the id of a requirement, or a name of the code that documents write: here, there and in the code."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams

from vt_lsp.server.claims import claim_at, is_spec
from vt_lsp.server.workspace_edit import Note, workspace_edit

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import Place
    from vt_lsp.server.session import Folder, Session

OPTIONS = lsp.RenameOptions(prepare_provider=True)

_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*-\d[\w.-]*")
_IDS_ONLY = "Only documents are changed, not what comments and tests of the code call it."


class _Renaming(NamedTuple):
    """``places`` are those of an id; what a symbol's are is looked up when it is renamed."""

    old: str
    here: Place
    taken: frozenset[str]
    places: tuple[Place, ...] = ()
    symbol: tuple[str, str] | None = None


def prepare_rename(session: Session, params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
    """The word that would be renamed, or None where nothing can be."""
    found = _found(session, params.text_document.uri, params.position)
    if found is None:
        return None
    _, engine, renaming = found
    return lsp.PrepareRenamePlaceholder(session.texts.range(engine, renaming.here, session.units), renaming.old)


async def rename(session: Session, params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
    """The edits of the folder's documents and code; an error where the new name would not be one, or is taken."""
    found = _found(session, params.text_document.uri, params.position)
    if found is None:
        return None
    folder, engine, renaming = found
    if not engine.is_complete:
        raise JsonRpcInvalidParams("still indexing: not all documents are known yet")
    new = params.new_name.strip()
    is_name = _ID.fullmatch(new) if renaming.symbol is None else new.isidentifier() and not keyword.iskeyword(new)
    if not is_name:
        raise JsonRpcInvalidParams(f"`{new}` is not {'an id like FR-001' if renaming.symbol is None else 'a name'}")
    if new in renaming.taken:
        raise JsonRpcInvalidParams(f"`{new}` is defined there already")
    places, note = renaming.places, Note("Mentions in specs", _IDS_ONLY)
    if renaming.symbol is not None:
        places, note = await _everywhere(session, engine, renaming.symbol, new)
    changes: dict[str, list[lsp.TextEdit]] = {}
    for place in places:
        where = session.texts.range(engine, place, session.units)
        changes.setdefault(place.path, []).append(lsp.TextEdit(where, new))
    return workspace_edit(session, folder, changes, note)


async def _everywhere(
    session: Session, engine: Engine, symbol: tuple[str, str], new: str
) -> tuple[tuple[Place, ...], Note]:
    """The definition, what surely means it, and documents; what may mean it is told, and left as it is."""
    from vt_lsp.continuous_eval.renaming import rename_edits, where  # noqa: PLC0415 - not before `initialize`

    found = await session.ways.find_impact(engine, symbol)
    if found is None:
        raise JsonRpcContentModified("the text has changed meanwhile: rename again")
    unsure = where(engine, found.unsure)
    told = f"Perhaps also meant, and not changed: {unsure}." if unsure else "All uses are changed that are known."
    note = Note(f"Rename {symbol[1]}", told, asks=bool(unsure))
    return tuple(edit.place for edit in rename_edits(engine, symbol, new, found)), note


def _found(session: Session, uri: str, position: lsp.Position) -> tuple[Folder, Engine, _Renaming] | None:
    home = session.home(uri)
    if home is None:
        return None
    folder, engine, path = home
    offset = session.texts.offset(engine, path, position, session.units)
    if offset is None:
        return None
    if is_spec(path):
        renaming = _of_id(engine, path, offset) or _of_symbol(engine, path, offset)
    else:
        renaming = _of_definition(engine, path, offset)
    return (folder, engine, renaming) if renaming is not None else None


def _of_id(engine: Engine, path: str, offset: int) -> _Renaming | None:
    from vt_lsp.workspace.traces import named_in_specs, requirement_at  # noqa: PLC0415 - not before `initialize`

    found = requirement_at(engine.index, path, offset)
    if found is None:
        return None
    traced, here = found
    old = traced.requirement.id
    places = [traced.place, *named_in_specs(engine.index, traced)]
    # Ids that follow from the order of the text (1.2, the second criterion) have no name that could be another one.
    if not _ID.fullmatch(old) or any(_written(engine, place) != old for place in places):
        return None
    taken = frozenset(r.id for r in engine.index.requirements(traced.path))
    return _Renaming(old, here, taken, places=tuple(sorted(places, key=lambda p: (p.path, p.start))))


def _of_symbol(engine: Engine, path: str, offset: int) -> _Renaming | None:
    found = claim_at(engine, path, offset)
    if found is None or found[1].target is None or found[1].state != "holds" or not found[1].target[1]:
        return None
    from vt_lsp.continuous_eval.renaming import mentions  # noqa: PLC0415 - the same

    file, symbol = found[1].target
    while symbol:  # the cursor may be on the class of a method
        old = symbol.rpartition(".")[2]
        here = next((p for p in mentions(engine, file, symbol) if p.path == path and p.start <= offset <= p.end), None)
        if here is not None:
            return _Renaming(old, here, _neighbours(engine, file, symbol), symbol=(file, symbol))
        symbol = symbol.rpartition(".")[0]
    return None


def _of_definition(engine: Engine, path: str, offset: int) -> _Renaming | None:
    """A definition in the code that documents speak of; any other one is left to the language server for Python."""
    from vt_lsp.continuous_eval.renaming import definitions, mentions  # noqa: PLC0415 - the same

    symbol = engine.symbol_at(path, offset)
    places = definitions(engine, (path, symbol.name)) if symbol is not None else ()
    here = next((place for place in places if place.start <= offset <= place.end), None)
    if symbol is None or here is None or not mentions(engine, path, symbol.name):
        return None
    taken = _neighbours(engine, path, symbol.name)
    return _Renaming(symbol.name.rpartition(".")[2], here, taken, symbol=(path, symbol.name))


def _neighbours(engine: Engine, path: str, symbol: str) -> frozenset[str]:
    """The names that are taken where the symbol is defined."""
    owner = symbol.rpartition(".")[0]
    facts = engine.code_facts(path)
    bound = (one.name for one in facts.imports) if facts is not None and not owner else ()
    members = (one.name.rpartition(".")[2] for one in engine.index.members(path, owner))
    return frozenset((*members, *bound)) - {symbol.rpartition(".")[2]}


def _written(engine: Engine, place: Place) -> str:
    return (engine.text(place.path) or b"")[place.start : place.end].decode("utf-8", "replace")
