"""Completion in specs: names and paths of the code in backticks, targets of links, ids of requirements and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import is_spec
from vt_lsp.server.texts import span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Session
    from vt_lsp.specs.writing import Writing
    from vt_lsp.workspace.candidates import Candidate, Near

OPTIONS = lsp.CompletionOptions(trigger_characters=["`", ".", "/", "(", "#", "-"], resolve_provider=False)

_KINDS = {
    "class": lsp.CompletionItemKind.Class,
    "function": lsp.CompletionItemKind.Function,
    "method": lsp.CompletionItemKind.Method,
    "property": lsp.CompletionItemKind.Property,
    "field": lsp.CompletionItemKind.Field,
    "attribute": lsp.CompletionItemKind.Field,
    "enum-member": lsp.CompletionItemKind.EnumMember,
    "constant": lsp.CompletionItemKind.Constant,
    "module": lsp.CompletionItemKind.Module,
    "path": lsp.CompletionItemKind.File,
    "folder": lsp.CompletionItemKind.Folder,
    "variable": lsp.CompletionItemKind.Variable,
    "alias": lsp.CompletionItemKind.Variable,
}
_MOST_DETAIL = 160


def completion(session: Session, params: lsp.CompletionParams) -> lsp.CompletionList | None:
    """What may be written at the cursor; None in prose, in code blocks and in code."""
    home = session.home(params.text_document.uri)
    if home is None or not is_spec(home[2]):
        return None
    _, engine, path = home
    index = session.texts.lines(engine, path)
    if index is None:
        return None
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`
    from vt_lsp.specs.writing import writing_at  # noqa: PLC0415
    from vt_lsp.workspace import candidates  # noqa: PLC0415

    offset = index.offset(params.position.line, params.position.character, session.units)
    writing = writing_at(index.data, offset)
    if writing is None:
        return None
    best, is_all = candidates.nearest(_candidates(engine, path, writing))
    where = span(index, Place(path, writing.start, writing.end), session.units)
    items = [_item(candidate, where, number) for number, candidate in enumerate(best)]
    # Names depend on what is typed (members come later, private names after an underscore): the client asks again.
    return lsp.CompletionList(is_incomplete=not is_all or writing.kind in {"code", "link"}, items=items)


def _candidates(engine: Engine, path: str, writing: Writing) -> Iterator[Candidate]:
    from vt_lsp.workspace import candidates  # noqa: PLC0415 - not before `initialize`

    index, text = engine.index, writing.text
    match writing.kind:
        case "code":
            if "/" not in text:
                yield from candidates.names(index, text, _near(engine, path))
            yield from candidates.paths(index, text, path, from_root=True)
        case "link":
            yield from candidates.paths(index, text, path, from_root=False)
            yield from candidates.files_named(index, text, path)
        case "anchor":
            yield from candidates.anchors(index, path, writing.target)
        case "task":
            yield from candidates.task_ids(index, text, path)
        case "decision":
            yield from candidates.decision_ids(index, text)
        case "id" | "number":
            yield from candidates.requirement_ids(index, text, path)


def _near(engine: Engine, path: str) -> Near:
    from vt_lsp.workspace.candidates import Near  # noqa: PLC0415 - not before `initialize`

    judged = engine.verdicts(path)
    return Near(
        frozenset(claim.subject for claim, verdict in judged if verdict.state == "holds"),
        frozenset(verdict.target[0] for _, verdict in judged if verdict.target is not None),
    )


def _item(candidate: Candidate, where: lsp.Range, number: int) -> lsp.CompletionItem:
    symbol = candidate.symbol
    kind = _KINDS.get(symbol.kind if symbol is not None else candidate.sort, lsp.CompletionItemKind.Reference)
    detail = candidate.detail
    if symbol is not None:
        returns = f" -> {symbol.returns}" if symbol.returns else ""
        said = f"{symbol.signature}{returns}" if symbol.signature else symbol.annotation
        detail = f"{said}  {candidate.path}".strip()
    return lsp.CompletionItem(
        label=candidate.text,
        kind=kind,
        detail=detail[:_MOST_DETAIL] or None,
        sort_text=f"{number:04}",
        filter_text=candidate.filter or None,
        text_edit=lsp.TextEdit(where, candidate.text),
    )
