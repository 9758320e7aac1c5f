"""Go to definition: from a claim of a spec to the code that it speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import claim_near, is_spec, named_path
from vt_lsp.server.texts import START

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import Claim, Verdict
    from vt_lsp.server.session import Folder, Session


def definition(session: Session, params: lsp.DefinitionParams) -> list[lsp.Location] | list[lsp.LocationLink] | None:
    """Where the code lies that the claim at the cursor, or beside it on the line, speaks of."""
    home = session.home(params.text_document.uri)
    if home is None or not is_spec(home[2]):
        return None
    folder, engine, path = home
    offset = session.texts.offset(engine, path, params.position, session.units)
    found = claim_near(engine, path, offset) if offset is not None else None
    if found is None:
        return None
    claim, verdict = found
    target = target_range(session, folder, engine, verdict)
    if target is None and (named := named_path(folder, path, claim)) is not None:
        target = lsp.Location(session.uri_of(folder, named), START)
    if target is None:
        return None
    document = session.server.client_capabilities.text_document
    if document is None or document.definition is None or not document.definition.link_support:
        return [target]
    return [_link(session, engine, path, claim, target)]


def target_range(session: Session, folder: Folder, engine: Engine, verdict: Verdict) -> lsp.Location | None:
    """The place in the code that a verdict came from."""
    place = engine.place_of(verdict)
    if place is None:
        return None
    uri = session.uri_of(folder, place.path)
    return lsp.Location(uri, session.texts.range(engine, place, session.units) if place.end else START)


def _link(session: Session, engine: Engine, path: str, claim: Claim, target: lsp.Location) -> lsp.LocationLink:
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`

    origin = session.texts.range(engine, Place(path, claim.start, claim.end), session.units)
    return lsp.LocationLink(target.uri, target.range, target.range, origin_selection_range=origin)
