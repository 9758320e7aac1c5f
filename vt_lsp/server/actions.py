"""Quick fixes of a drift: change the words of the spec that are wrong, or accept it here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import is_markdown, is_spec
from vt_lsp.server.recording import recording_actions
from vt_lsp.server.texts import span
from vt_lsp.server.to_lsp import SOURCE
from vt_lsp.server.workspace_edit import workspace_edit

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Realignment
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.text import LineIndex


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
    for diagnostic in _meant(params, session.publisher.shown(params.text_document.uri)):
        drift = drifts.get(str(diagnostic.data))
        if drift is not None:
            actions.extend(_fixes(session, folder, engine, path, drift, diagnostic))
    return actions


def _meant(params: lsp.CodeActionParams, shown: list[lsp.Diagnostic]) -> list[lsp.Diagnostic]:
    """Our diagnostics that a client asks about.

    Some clients send none, but only the range; some send them without what we put into them.
    """
    asked = params.context.diagnostics
    if not asked:
        return [one for one in shown if _meets(one.range, params.range)]
    whole = [one for one in asked if one.source == SOURCE and isinstance(one.data, str)]
    poor = [(one.range, one.code) for one in asked if one.data is None and one.source in {SOURCE, None}]
    return whole + [one for one in shown if (one.range, one.code) in poor]


def _meets(one: lsp.Range, other: lsp.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _fixes(  # noqa: PLR0913, PLR0917 - the place and the drift
    session: Session, folder: Folder, engine: Engine, path: str, drift: DriftReport, shown: lsp.Diagnostic
) -> list[lsp.CodeAction]:
    actions = []
    for way in drift.realignments:
        if (changes := _changes(session, engine, way)) is not None:
            preferred = way.safe and len(drift.realignments) == 1
            actions.append(_action(way.title, workspace_edit(session, folder, changes), shown, is_preferred=preferred))
    index = session.texts.lines(engine, path)
    if index is not None:
        ignore = _ignore(session, index, path, drift, shown)
        if ignore is not None:
            actions.append(_action("Ignore this drift here", workspace_edit(session, folder, {path: [ignore]}), shown))
    return [*actions, *recording_actions(session, engine, drift, shown, actions[0] if drift.realignments else None)]


def _ignore(
    session: Session, index: LineIndex, path: str, drift: DriftReport, shown: lsp.Diagnostic
) -> lsp.TextEdit | None:
    """The comment that silences a drift; None in JSON, which has none."""
    from vt_lsp.specs.readers import is_rst  # noqa: PLC0415 - not before `initialize`

    if is_spec(path) and is_rst(path):
        return _ignore_rst(session, index, drift)
    if is_markdown(path):
        return _ignore_spec(session, index, drift)
    line = shown.range.start.line
    if not is_spec(path) and drift.code is not None:
        line = index.position(drift.code.start, session.units)[0]
    return None if path.lower().endswith(".json") else _ignore_line(session, index, line, drift)


def _changes(session: Session, engine: Engine, way: Realignment) -> dict[str, list[lsp.TextEdit]] | None:
    """The edits of a way out by path; None if one of the texts is gone."""
    changes: dict[str, list[lsp.TextEdit]] = {}
    for edit in way.edits:
        index = session.texts.lines(engine, edit.place.path)
        if index is None:
            return None
        new = lsp.TextEdit(span(index, edit.place, session.units), edit.new_text)
        changes.setdefault(edit.place.path, []).append(new)
    return changes


def _ignore_spec(session: Session, index: LineIndex, drift: DriftReport) -> lsp.TextEdit:
    """A comment at the end of the line; for a fence, inside which it would be text, on a line above it."""
    from vt_lsp.specs.writing import fence_around  # noqa: PLC0415 - not before `initialize`

    line = index.position(drift.spec.start, session.units)[0]
    comment = f"<!-- vt-lsp: ignore[{drift.drift_type}] -->"
    start = fence_around(index.data, index.offset(line, 0, "utf-8"))
    if start is not None:
        opened = index.position(start, "utf-8")[0]
        text = index.line_text(opened)
        indent = text[: len(text) - len(text.lstrip())]
        at = lsp.Position(opened, 0)
        return lsp.TextEdit(lsp.Range(at, at), f"{indent}{comment}{_newline(index)}")
    start, stop = index.offset(line, 0, "utf-8"), index.offset(line, 1 << 30, "utf-8")
    said = index.data[start:stop].rstrip()
    is_row = said.lstrip().startswith(b"|") and said.endswith(b"|")
    at = lsp.Position(*index.position(start + len(said) - is_row, session.units))
    return lsp.TextEdit(lsp.Range(at, at), f"{comment} " if is_row else f" {comment}")


def _ignore_line(session: Session, index: LineIndex, line: int, drift: DriftReport) -> lsp.TextEdit:
    end = index.position(index.offset(line, 1 << 30, "utf-8"), session.units)
    at = lsp.Position(*end)
    return lsp.TextEdit(lsp.Range(at, at), f"  # vt-lsp: ignore[{drift.drift_type}]")


def _ignore_rst(session: Session, index: LineIndex, drift: DriftReport) -> lsp.TextEdit | None:
    """A comment above the block with the drift, or above what is around it where a comment is no comment: in code."""
    from vt_lsp.specs.readers import read  # noqa: PLC0415 - the same

    indent = 1 << 16
    for number in range(index.position(drift.spec.start, session.units)[0], -1, -1):
        text = index.line_text(number)
        width = len(text) - len(text.lstrip())
        begins = text.strip() and (not number or not index.line_text(number - 1).strip())
        if not begins or width >= indent:
            continue
        indent = width
        comment = f"{text[:width]}.. vt-lsp: ignore[{drift.drift_type}]{_newline(index) * 2}"
        at = index.offset(number, 0, "utf-8")
        changed = index.data[:at] + comment.encode() + index.data[at:]
        place = drift.spec.start + len(comment.encode())
        if any(start <= place < end for start, end, _, _ in read(changed, drift.spec.path).ignores):
            where = lsp.Position(number, 0)
            return lsp.TextEdit(lsp.Range(where, where), comment)
    return None


def _newline(index: LineIndex) -> str:
    return "\r\n" if b"\r\n" in index.data[:4096] else "\n"


def _action(
    title: str, edit: lsp.WorkspaceEdit, shown: lsp.Diagnostic, *, is_preferred: bool | None = None
) -> lsp.CodeAction:
    return lsp.CodeAction(
        title, kind=lsp.CodeActionKind.QuickFix, diagnostics=[shown], edit=edit, is_preferred=is_preferred or None
    )


def _value(kind: object) -> object:
    return getattr(kind, "value", kind)
