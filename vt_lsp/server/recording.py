"""Quick fixes that record a decision: accept a drift, or fix it and say why. For clients that ask for the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.spots import full_name

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport
    from vt_lsp.server.session import Session


def recording_actions(
    session: Session, engine: Engine, drift: DriftReport, shown: lsp.Diagnostic, fix: lsp.CodeAction | None
) -> list[lsp.CodeAction]:
    """The same edit as ``fix`` (the first quick fix, if any) with its reason, and the acceptance of a drift."""
    if not session.client_says("asksForDecisions"):
        return []
    actions = []
    if fix is not None:
        files = dict.fromkeys(place.path for place in (drift.spec, drift.code) if place is not None)
        symbol = full_name(engine, drift.code.path, engine.symbol_of(drift)) if drift.code is not None else ""
        given = {"outcome": fix.title, "title": drift.details, "files": list(files)}
        given |= {"symbols": [symbol]} if symbol else {}  # the fixed drift could not be asked any more
        actions.append(_action(f"{fix.title}, and record why…", "recordDecision", given, shown, fix.edit))
    actions.append(_action("Accept this drift…", "acceptDrift", drift.fingerprint, shown))
    return actions


def _action(
    title: str, name: str, argument: object, shown: lsp.Diagnostic, edit: lsp.WorkspaceEdit | None = None
) -> lsp.CodeAction:
    command = lsp.Command(title=title, command=f"vt-lsp.{name}", arguments=[argument])
    return lsp.CodeAction(title, kind=lsp.CodeActionKind.QuickFix, diagnostics=[shown], edit=edit, command=command)
