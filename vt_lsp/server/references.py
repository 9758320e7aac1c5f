"""Find references: from a symbol of the code, or a claim on it, to all specs that speak of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import claim_near, is_spec
from vt_lsp.server.definition import target_range

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Session


def references(session: Session, params: lsp.ReferenceParams) -> list[lsp.Location] | None:
    """The claims that speak of what is at the cursor; with the definition if the client asks for it."""
    home = session.home(params.text_document.uri)
    if home is None:
        return None
    folder, engine, path = home
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`

    offset = session.texts.offset(engine, path, params.position, session.units)
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


def _target(engine: Engine, path: str, offset: int) -> tuple[str, str] | None:
    """The file and symbol that the cursor is on."""
    if is_spec(path):
        found = claim_near(engine, path, offset)
        return found[1].target if found is not None else None
    symbol = engine.symbol_at(path, offset)
    return (path, symbol.name) if symbol is not None else None
