"""Document links: the paths and links of a spec that hold, to be opened by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import is_spec, named_path

if TYPE_CHECKING:
    from vt_lsp.server.session import Session


def document_links(session: Session, params: lsp.DocumentLinkParams) -> list[lsp.DocumentLink] | None:
    """Links to what the claims on files resolved to."""
    home = session.home(params.text_document.uri)
    if home is None or not is_spec(home[2]):
        return None
    folder, engine, path = home
    index = session.texts.lines(engine, path)
    if index is None:
        return None
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`
    from vt_lsp.server.texts import span  # noqa: PLC0415

    links = []
    for claim, verdict in engine.verdicts(path):
        target = named_path(folder, path, claim) if verdict.state == "holds" else None
        if target is not None:
            anchor = f"#{claim.expected}" if claim.kind == "link" and claim.expected else ""
            where = span(index, Place(path, claim.start, claim.end), session.units)
            links.append(lsp.DocumentLink(where, target=session.uri_of(folder, target) + anchor))
    return links
