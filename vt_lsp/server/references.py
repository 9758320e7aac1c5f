"""Find references: from a symbol of the code, or a claim on it, to all specs that speak of it; who names an id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import claim_near, is_spec
from vt_lsp.server.definition import target_range

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Folder, Session


def references(session: Session, params: lsp.ReferenceParams) -> list[lsp.Location] | None:
    """The claims that speak of what is at the cursor; with the definition if the client asks for it."""
    home = session.home(params.text_document.uri)
    if home is None:
        return None
    folder, engine, path = home
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`

    offset = session.texts.offset(engine, path, params.position, session.units)
    if offset is not None and (named := _named(session, folder, engine, path, offset, params)) is not None:
        return named
    target = _target(engine, path, offset) if offset is not None else None
    if target is None:
        return None
    found: dict[tuple[str, int, int], lsp.Location] = {}
    for spec, claim, verdict in engine.claims_about(*target):
        if params.context.include_declaration and not found:
            declared = target_range(session, folder, engine, verdict)
            if declared is not None:
                found["", 0, 0] = declared
        place = session.texts.range(engine, Place(spec, claim.start, claim.end), session.units)
        found[spec, claim.start, claim.end] = lsp.Location(session.uri_of(folder, spec), place)
    return list(found.values()) or None


def _named(  # noqa: PLR0913, PLR0917 - a place, and what is asked of it
    session: Session, folder: Folder, engine: Engine, path: str, offset: int, params: lsp.ReferenceParams
) -> list[lsp.Location] | None:
    """Who names the requirement at a byte: documents, comments and tests; None where there is none."""
    from vt_lsp.workspace.traces import named_in_code, named_in_specs, requirement_at  # noqa: PLC0415

    found = requirement_at(engine.index, path, offset)
    if found is None:
        return None
    traced = found[0]
    places = [*named_in_specs(engine.index, traced), *named_in_code(engine.index, traced, engine.text)]
    if params.context.include_declaration:
        places.insert(0, traced.place)
    return [
        lsp.Location(session.uri_of(folder, place.path), session.texts.range(engine, place, session.units))
        for place in places
    ]


def _target(engine: Engine, path: str, offset: int) -> tuple[str, str] | None:
    """The file and symbol that the cursor is on."""
    if is_spec(path):
        found = claim_near(engine, path, offset)
        return found[1].target if found is not None else None
    symbol = engine.symbol_at(path, offset)
    return (path, symbol.name) if symbol is not None else None
