"""Code lenses: how many claims hold, on the headings of specs and on the symbols that specs speak of; decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.continuous_eval.compliance import Tally, count
from vt_lsp.server import progress
from vt_lsp.server.claims import is_spec, judged, judged_about
from vt_lsp.server.precedents import decision_lenses
from vt_lsp.wording import plural

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.compliance import Judged
    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Session
    from vt_lsp.text import LineIndex

_KINDS = frozenset({"class", "function", "method", "property", "constant", "alias"})


async def code_lenses(session: Session, params: lsp.CodeLensParams) -> list[lsp.CodeLens] | None:
    """The lenses of a document, complete: there is nothing to resolve."""
    home = session.home(params.text_document.uri)
    if home is None or not home[1].is_complete:
        return None
    folder, engine, path = home
    index = session.texts.lines(engine, path)
    if index is None:
        return None
    uri = params.text_document.uri
    if is_spec(path):
        known = [*progress.lenses(session, folder, engine, path, uri), *_of_spec(session, engine, path, uri, index)]
    else:
        known = _of_code(session, engine, path, uri, index)
    return known + await decision_lenses(session, folder, engine, path, index)


def _of_spec(session: Session, engine: Engine, path: str, uri: str, index: LineIndex) -> list[lsp.CodeLens]:
    facts, claimed = engine.spec_facts(path), judged(engine, path)
    total = count(claimed)
    if facts is None or not total.decided:
        return []
    lenses = [_lens(0, f"{total.label} claims hold in this document", uri)]
    tally = Tally(claimed)
    for _, _, start, end in facts.headings:
        counted = tally.count(start, end)
        if counted.decided and start:  # the first line has the total
            line = index.position(start, session.units)[0]
            lenses.append(_lens(line, f"{counted.label} claims hold", uri, {"line": line, "character": 0}))
    return lenses


def _of_code(session: Session, engine: Engine, path: str, uri: str, index: LineIndex) -> list[lsp.CodeLens]:
    facts = engine.code_facts(path)
    about: dict[str, list[Judged]] = {}
    for one in judged_about(engine, path):
        names = one.verdict.target[1].split(".") if one.verdict.target is not None else []
        for depth in range(len(names)):  # what is said of a member is said of its class
            about.setdefault(".".join(names[: depth + 1]), []).append(one)
    lenses = []
    for symbol in facts.symbols if facts is not None else ():
        states = [one for one in about.get(symbol.name, ()) if one.state != "unknown"]
        if states and symbol.kind in _KINDS:
            broken = count(states).broken
            said = f"{plural(len(states), 'claim')} in {plural(len({one.path for one in states}), 'spec')}"
            title = f"{said}, {broken} broken" if broken else said
            at = index.position(symbol.name_start, session.units)
            lenses.append(_lens(at[0], title, uri, {"line": at[0], "character": at[1]}))
    return lenses


def _lens(line: int, title: str, *arguments: object) -> lsp.CodeLens:
    where = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 0))
    return lsp.CodeLens(where, lsp.Command(title, "vt-lsp.showCompliance", arguments=list(arguments)))
