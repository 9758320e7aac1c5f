"""The quick fix that is taken with its reason: the same edit, and a decision that says why. For clients that ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.spots import full_name

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport
    from vt_lsp.server.session import Session


def with_reason(session: Session, engine: Engine, drift: DriftReport, fix: lsp.CodeAction) -> list[lsp.CodeAction]:
    """``fix``, after which the client asks why; nothing for a client that does not ask."""
    if not session.client_says("asksForDecisions"):
        return []
    files = dict.fromkeys(place.path for place in (drift.spec, drift.code) if place is not None)
    symbol = full_name(engine, drift.code.path, engine.symbol_of(drift)) if drift.code is not None else ""
    # All of it, since the fixed drift cannot be asked any more.
    given = {"outcome": fix.title, "title": drift.details, "files": list(files), "symbols": [symbol] if symbol else []}
    title = f"{fix.title}, and record why…"
    command = lsp.Command(title=title, command="vt-lsp.recordDecision", arguments=[given])
    return [lsp.CodeAction(title, kind=fix.kind, diagnostics=fix.diagnostics, data=fix.data, command=command)]
