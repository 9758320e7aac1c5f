"""Rename in specs: the id of a requirement, or a name of the code where documents write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.server.claims import claim_at, is_spec
from vt_lsp.server.workspace_edit import Note, workspace_edit

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import Place
    from vt_lsp.server.session import Folder, Session

OPTIONS = lsp.RenameOptions(prepare_provider=True)

_ID = re.compile(r"[A-Za-z][A-Za-z0-9]*-\d[\w.-]*")
_PAST = frozenset({"historical", "template"})
_CODE_STAYS = "Only documents are changed. The code itself is renamed by the language server for Python."
_IDS_ONLY = "Only documents are changed, not what comments and tests of the code call it."


class _Renaming(NamedTuple):
    old: str
    here: Place
    places: list[Place]
    is_id: bool
    taken: frozenset[str]


def prepare_rename(session: Session, params: lsp.PrepareRenameParams) -> lsp.PrepareRenamePlaceholder | None:
    """The word that would be renamed, or None where nothing can be."""
    found = _found(session, params.text_document.uri, params.position)
    if found is None:
        return None
    _, engine, renaming = found
    return lsp.PrepareRenamePlaceholder(session.texts.range(engine, renaming.here, session.units), renaming.old)


def rename(session: Session, params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
    """The edits of all documents of the folder; an error where the new name would not be one, or is taken."""
    found = _found(session, params.text_document.uri, params.position)
    if found is None:
        return None
    folder, engine, renaming = found
    if not engine.is_complete:
        raise JsonRpcInvalidParams("still indexing: not all documents are known yet")
    new = params.new_name.strip()
    is_name = _ID.fullmatch(new) if renaming.is_id else new.isidentifier()
    if not is_name:
        raise JsonRpcInvalidParams(f"`{new}` is not {'an id like FR-001' if renaming.is_id else 'a name of Python'}")
    if new in renaming.taken:
        raise JsonRpcInvalidParams(f"the document defines a `{new}` already")
    changes: dict[str, list[lsp.TextEdit]] = {}
    for place in renaming.places:
        where = session.texts.range(engine, place, session.units)
        changes.setdefault(place.path, []).append(lsp.TextEdit(where, new))
    note = Note("Mentions in specs", _IDS_ONLY if renaming.is_id else _CODE_STAYS)
    return workspace_edit(session, folder, changes, note)


def _found(session: Session, uri: str, position: lsp.Position) -> tuple[Folder, Engine, _Renaming] | None:
    home = session.home(uri)
    if home is None or not is_spec(home[2]):
        return None
    folder, engine, path = home
    offset = session.texts.offset(engine, path, position, session.units)
    if offset is None:
        return None
    renaming = _of_id(engine, path, offset) or _of_symbol(engine, path, offset)
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
    return _Renaming(old, here, sorted(places, key=lambda p: (p.path, p.start)), is_id=True, taken=taken)


def _of_symbol(engine: Engine, path: str, offset: int) -> _Renaming | None:
    found = claim_at(engine, path, offset)
    if found is None or found[1].target is None or found[1].state != "holds" or not found[1].target[1]:
        return None
    file, symbol = found[1].target
    while symbol:  # the cursor may be on the class of a method
        old = symbol.rpartition(".")[2]
        places = [
            place
            for spec, claim, _ in engine.claims_about(file, symbol)
            if is_spec(spec) and str(claim.role) not in _PAST
            if (place := _word(engine, spec, claim.start, claim.end, old)) is not None
        ]
        here = next((p for p in places if p.path == path and p.start <= offset <= p.end), None)
        if here is not None:
            return _Renaming(old, here, list(dict.fromkeys(places)), is_id=False, taken=frozenset())
        symbol = symbol.rpartition(".")[0]
    return None


def _word(engine: Engine, path: str, start: int, end: int, word: str) -> Place | None:
    """The first whole ``word`` of the dotted name that begins in a span."""
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`

    chain = (engine.text(path) or b"")[start:end].partition(b"(")[0]
    match = re.search(rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)", chain)
    return Place(path, start + match.start(), start + match.end()) if match else None


def _written(engine: Engine, place: Place) -> str:
    return (engine.text(place.path) or b"")[place.start : place.end].decode("utf-8", "replace")
