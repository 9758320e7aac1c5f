"""Symbols of specs: the tree of headings, each with how many of its claims hold; requirements of all documents."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.continuous_eval.compliance import Tally
from vt_lsp.server.claims import is_spec, judged

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.models import Requirement
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.text import LineIndex

_MOST = 200  # symbols in one answer


def document_symbols(session: Session, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol] | None:
    """The headings of a spec; None for code, which other servers outline better."""
    home = session.home(params.text_document.uri)
    if home is None or not is_spec(home[2]):
        return None
    _, engine, path = home
    facts, index = engine.spec_facts(path), session.texts.lines(engine, path)
    if facts is None or index is None:
        return None
    tally = Tally(judged(engine, path))
    roots: list[lsp.DocumentSymbol] = []
    stack: list[tuple[int, lsp.DocumentSymbol]] = []
    for level, title, start, end in facts.headings:
        counted = tally.count(start, end)
        symbol = lsp.DocumentSymbol(
            name=title or "…",
            kind=lsp.SymbolKind.String,
            range=_range(session, index, start, end),
            selection_range=_first_line(session, index, start, end),
            detail=f"{counted.label} hold" if counted.decided else None,
            children=[],
        )
        while stack and stack[-1][0] >= level:
            stack.pop()
        siblings = stack[-1][1].children if stack else roots
        if siblings is not None:
            siblings.append(symbol)  # type: ignore[attr-defined] # declared as a Sequence, made as a list above
        stack.append((level, symbol))
    return roots


def workspace_symbols(session: Session, params: lsp.WorkspaceSymbolParams) -> list[lsp.WorkspaceSymbol] | None:
    """Requirements of all folders whose id or title has the words of the query; None without a query."""
    wanted = params.query.casefold().strip()
    if not wanted:
        return None
    session.edits.flush()
    found = (
        _named(session, folder, folder.engine, path, requirement)
        for folder in session.folders
        if folder.engine is not None
        for path, facts in sorted(folder.engine.index.specs.items())
        for requirement in facts.requirements
        if wanted in f"{requirement.id} {requirement.title}".casefold() and session.is_owner(folder, path)
    )
    return list(islice(found, _MOST)) or None


def _named(
    session: Session, folder: Folder, engine: Engine, path: str, requirement: Requirement
) -> lsp.WorkspaceSymbol:
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`

    where = session.texts.range(engine, Place(path, requirement.start, requirement.end), session.units)
    title = "" if requirement.title.startswith(requirement.id) else requirement.title
    name = f"{requirement.id} {title}".strip()
    location = lsp.Location(session.uri_of(folder, path), where)
    return lsp.WorkspaceSymbol(location, name, lsp.SymbolKind.String, container_name=path)


def _range(session: Session, index: LineIndex, start: int, end: int) -> lsp.Range:
    first, last = index.position(start, session.units), index.position(end, session.units)
    return lsp.Range(lsp.Position(*first), lsp.Position(*last))


def _first_line(session: Session, index: LineIndex, start: int, end: int) -> lsp.Range:
    line, column = index.position(start, session.units)
    stop = min(index.offset(line, 1 << 30, "utf-8"), end)
    return lsp.Range(lsp.Position(line, column), lsp.Position(*index.position(stop, session.units)))
