"""Code lenses: how many claims hold, on the headings of specs and on the symbols that specs speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.claims import count, is_spec, within

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Session
    from vt_lsp.text import LineIndex

_KINDS = frozenset({"class", "function", "method", "property", "constant", "alias"})


def code_lenses(session: Session, params: lsp.CodeLensParams) -> list[lsp.CodeLens] | None:
    """The lenses of a document, complete: there is nothing to resolve."""
    home = session.home(params.text_document.uri)
    if home is None or not home[1].is_complete:
        return None
    _, engine, path = home
    index = session.texts.lines(engine, path)
    if index is None:
        return None
    uri = params.text_document.uri
    return _of_spec(session, engine, path, uri, index) if is_spec(path) else _of_code(session, engine, path, uri, index)


def _of_spec(session: Session, engine: Engine, path: str, uri: str, index: LineIndex) -> list[lsp.CodeLens]:
    facts, verdicts = engine.spec_facts(path), engine.verdicts(path)
    total = count(verdict for _, verdict in verdicts)
    if facts is None or not total.decided:
        return []
    lenses = [_lens(0, f"{total.label} claims hold in this document", uri)]
    for _, _, start, end in facts.headings:
        counted = count(within(verdicts, start, end))
        if counted.decided and start:  # the first line has the total
            lenses.append(_lens(index.position(start, session.units)[0], f"{counted.label} claims hold", uri))
    return lenses


def _of_code(session: Session, engine: Engine, path: str, uri: str, index: LineIndex) -> list[lsp.CodeLens]:
    facts = engine.code_facts(path)
    lenses = []
    for symbol in facts.symbols if facts is not None else ():
        about = engine.claims_about(path, symbol.name) if symbol.kind in _KINDS else ()
        specs = len({spec for spec, _, verdict in about if verdict.state != "unknown"})
        if specs:
            broken = count(verdict for _, _, verdict in about).broken
            title = f"{specs} spec{'s' * (specs != 1)}" + (f", {broken} broken" if broken else "")
            lenses.append(_lens(index.position(symbol.name_start, session.units)[0], title, uri))
    return lenses


def _lens(line: int, title: str, uri: str) -> lsp.CodeLens:
    where = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 0))
    return lsp.CodeLens(where, command=lsp.Command(title=title, command="vt-lsp.showCompliance", arguments=[uri]))
