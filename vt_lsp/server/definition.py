"""Go to definition: from a claim of a spec to what it speaks of: code, a file, a heading, a requirement, a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import claim_near, is_spec, named_path
from vt_lsp.server.texts import START

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import Claim, Place, Verdict
    from vt_lsp.server.session import Folder, Session


def definition(session: Session, params: lsp.DefinitionParams) -> list[lsp.Location] | list[lsp.LocationLink] | None:
    """Where the code lies that the claim at the cursor, or beside it on the line, speaks of."""
    home = session.home(params.text_document.uri)
    if home is None or not is_spec(home[2]):
        return None
    folder, engine, path = home
    offset = session.texts.offset(engine, path, params.position, session.units)
    if offset is None:
        return None
    origin, target = _named(session, folder, engine, path, offset) or _claimed(session, folder, engine, path, offset)
    if target is None:
        return None
    document = session.server.client_capabilities.text_document
    if origin is None or document is None or document.definition is None or not document.definition.link_support:
        return [target]
    where = session.texts.range(engine, origin, session.units)
    return [lsp.LocationLink(target.uri, target.range, target.range, origin_selection_range=where)]


def _named(
    session: Session, folder: Folder, engine: Engine, path: str, offset: int
) -> tuple[Place, lsp.Location] | None:
    """What defines the id at a byte: a requirement, or a task that another one waits for."""
    from vt_lsp.workspace.traces import requirement_at, task_at  # noqa: PLC0415 - not before `initialize`

    found = requirement_at(engine.index, path, offset)
    if found is not None:
        place = found[0].place
        return found[1], lsp.Location(
            session.uri_of(folder, place.path), session.texts.range(engine, place, session.units)
        )
    task = task_at(engine.index, path, offset, engine.text(path) or b"")
    if task is None:
        return None
    return task[1], lsp.Location(session.uri_of(folder, path), session.texts.range(engine, task[0], session.units))


def _claimed(
    session: Session, folder: Folder, engine: Engine, path: str, offset: int
) -> tuple[Place | None, lsp.Location | None]:
    """What the claim at a byte, or beside it on the line, resolved to."""
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`

    found = claim_near(engine, path, offset)
    if found is None:
        return None, None
    claim, verdict = found
    target = target_range(session, folder, engine, verdict)
    if target is None and (named := named_path(folder, path, claim)) is not None:
        target = lsp.Location(session.uri_of(folder, named), _heading(session, engine, named, claim))
    return Place(path, claim.start, claim.end), target


def _heading(session: Session, engine: Engine, path: str, claim: Claim) -> lsp.Range:
    """The heading that a link's anchor names, else the document's start."""
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`
    from vt_lsp.specs.anchors import Slugs  # noqa: PLC0415

    facts = engine.spec_facts(path)
    if claim.kind != "link" or not claim.expected or facts is None:
        return START
    slugs = Slugs()
    starts = (start for _, title, start, _ in facts.headings if slugs.add(title) == claim.expected)
    start = next(starts, None)
    return START if start is None else session.texts.range(engine, Place(path, start, start), session.units)


def target_range(session: Session, folder: Folder, engine: Engine, verdict: Verdict) -> lsp.Location | None:
    """The place in the code that a verdict came from."""
    place = engine.place_of(verdict)
    if place is None:
        return None
    uri = session.uri_of(folder, place.path)
    return lsp.Location(uri, session.texts.range(engine, place, session.units) if place.end else START)
