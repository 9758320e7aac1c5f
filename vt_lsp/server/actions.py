"""Quick fixes of a drift: accept it here, or change one word of the spec."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import is_spec
from vt_lsp.server.texts import span
from vt_lsp.server.to_lsp import SOURCE

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Place
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.text import LineIndex

_FENCE = re.compile(r" {0,3}(?:>\s?)*(`{3,}|~{3,})")
_WORD = re.compile(r"[\w./-]+")
MOST_REPLACEMENTS = 3


def code_actions(session: Session, params: lsp.CodeActionParams) -> list[lsp.CodeAction] | None:
    """The fixes of the drifts that the client shows in the range."""
    only = params.context.only
    if only is not None and not any(lsp.CodeActionKind.QuickFix.value.startswith(str(_value(kind))) for kind in only):
        return None
    home = session.home(params.text_document.uri)
    if home is None:
        return None
    folder, engine, path = home
    drifts = {drift.fingerprint: drift for drift in engine.drifts(path)}
    actions = []
    for diagnostic in params.context.diagnostics:
        drift = drifts.get(diagnostic.data) if isinstance(diagnostic.data, str) else None
        if diagnostic.source == SOURCE and drift is not None:
            actions.extend(_fixes(session, folder, engine, path, drift, diagnostic))
    return actions


def _fixes(  # noqa: PLR0913, PLR0917 - the place and the drift
    session: Session, folder: Folder, engine: Engine, path: str, drift: DriftReport, shown: lsp.Diagnostic
) -> list[lsp.CodeAction]:
    actions = []
    index = session.texts.lines(engine, path)
    word = _word(index, drift) if index is not None and drift.spec.path == path else None
    if index is not None and word is not None:
        for new in drift.replacements[:MOST_REPLACEMENTS]:
            if _WORD.fullmatch(new):
                edit = _edit(session, folder, path, lsp.TextEdit(span(index, word, session.units), new))
                preferred = len(drift.replacements) == 1
                actions.append(_action(f"Change the spec to `{new}`", edit, shown, is_preferred=preferred))
    if index is not None:
        ignore = _ignore_spec(session, index, drift) if is_spec(path) else _ignore_code(session, index, drift, shown)
        actions.append(_action("Ignore this drift here", _edit(session, folder, path, ignore), shown))
    return actions


def _word(index: LineIndex, drift: DriftReport) -> Place | None:
    """Where the wrong word stands: the place itself, or the only such word in its lines."""
    subject, place = drift.subject.encode(), drift.spec
    if not _WORD.fullmatch(drift.subject):
        return None
    if index.data[place.start : place.end] == subject:
        return place
    first, last = index.position(place.start, "utf-8")[0], index.position(place.end, "utf-8")[0]
    begin, end = index.offset(first, 0, "utf-8"), index.offset(last, 1 << 30, "utf-8")
    found = list(re.finditer(rb"(?<![\w.])%s(?![\w])" % re.escape(subject), index.data[begin:end]))
    if len(found) != 1:
        return None
    return replace(place, start=begin + found[0].start(), end=begin + found[0].end())


def _ignore_spec(session: Session, index: LineIndex, drift: DriftReport) -> lsp.TextEdit:
    """A comment at the end of the line; for a fence, inside which it would be text, on a line above it."""
    line = index.position(drift.spec.start, session.units)[0]
    comment = f"<!-- vt-lsp: ignore[{drift.drift_type}] -->"
    opened = _fence_around(index, line)
    if opened is not None:
        text = index.line_text(opened)
        indent = text[: len(text) - len(text.lstrip())]
        at = lsp.Position(opened, 0)
        return lsp.TextEdit(lsp.Range(at, at), f"{indent}{comment}{_newline(index)}")
    start, stop = index.offset(line, 0, "utf-8"), index.offset(line, 1 << 30, "utf-8")
    said = index.data[start:stop].rstrip()
    is_row = said.lstrip().startswith(b"|") and said.endswith(b"|")
    at = lsp.Position(*index.position(start + len(said) - is_row, session.units))
    return lsp.TextEdit(lsp.Range(at, at), f"{comment} " if is_row else f" {comment}")


def _ignore_code(session: Session, index: LineIndex, drift: DriftReport, shown: lsp.Diagnostic) -> lsp.TextEdit:
    line = shown.range.start.line
    if drift.code is not None:
        line = index.position(drift.code.start, session.units)[0]
    end = index.position(index.offset(line, 1 << 30, "utf-8"), session.units)
    at = lsp.Position(*end)
    return lsp.TextEdit(lsp.Range(at, at), f"  # vt-lsp: ignore[{drift.drift_type}]")


def _fence_around(index: LineIndex, line: int) -> int | None:
    opened: int | None = None
    mark = ""
    for number in range(line):
        found = _FENCE.match(index.line_text(number))
        if found and opened is None:
            opened, mark = number, found[1]
        elif found and found[1].startswith(mark):
            opened = None
    return opened


def _newline(index: LineIndex) -> str:
    return "\r\n" if b"\r\n" in index.data[:4096] else "\n"


def _action(
    title: str, edit: lsp.WorkspaceEdit, shown: lsp.Diagnostic, *, is_preferred: bool | None = None
) -> lsp.CodeAction:
    return lsp.CodeAction(
        title, kind=lsp.CodeActionKind.QuickFix, diagnostics=[shown], edit=edit, is_preferred=is_preferred or None
    )


def _edit(session: Session, folder: Folder, path: str, change: lsp.TextEdit) -> lsp.WorkspaceEdit:
    """With the version where the client takes one, so that an edit of an older text is refused."""
    uri = session.uri_of(folder, path)
    workspace = session.server.client_capabilities.workspace
    takes_versions = workspace is not None and workspace.workspace_edit is not None
    if takes_versions and workspace.workspace_edit.document_changes:  # type: ignore[union-attr] # just looked at
        document = session.server.documents.document(uri)
        version = document.version if document is not None else None
        identifier = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
        return lsp.WorkspaceEdit(document_changes=[lsp.TextDocumentEdit(identifier, [change])])
    return lsp.WorkspaceEdit(changes={uri: [change]})


def _value(kind: object) -> object:
    return getattr(kind, "value", kind)
