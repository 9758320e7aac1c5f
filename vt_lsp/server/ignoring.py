"""The comment that silences one drift, where it is meant to stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import is_markdown, is_spec

if TYPE_CHECKING:
    from vt_lsp.models import DriftReport
    from vt_lsp.server.session import Session
    from vt_lsp.text import LineIndex


def ignore(session: Session, index: LineIndex, path: str, drift: DriftReport, where: lsp.Range) -> lsp.TextEdit | None:
    """The comment that silences a drift; None in JSON, which has none."""
    from vt_lsp.specs.readers import is_rst  # noqa: PLC0415 - not before `initialize`

    if is_spec(path) and is_rst(path):
        return _ignore_rst(session, index, drift)
    if is_markdown(path):
        return _ignore_spec(session, index, drift)
    line = where.start.line
    if not is_spec(path) and drift.code is not None:
        line = index.position(drift.code.start, session.units)[0]
    return None if path.lower().endswith(".json") else _ignore_line(session, index, line, drift)


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
