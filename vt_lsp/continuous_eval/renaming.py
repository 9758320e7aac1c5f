"""A definition gets another name: the edits of the code that surely means it, and of the documents that speak of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Edit, Place
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.workspace.impact import Impact

_NAMED = 10  # places that are told
_PAST = frozenset({"historical", "template"})


def mentions(engine: Engine, path: str, symbol: str) -> list[Place]:
    """Where documents of now write the last word of a symbol's name and mean it, members of it included."""
    old = symbol.rpartition(".")[2]
    found = (
        word_in(engine, spec, claim.start, claim.end, old)
        for spec, claim, _ in engine.claims_about(path, symbol)
        if str(claim.role) not in _PAST and kind_of(spec) == "spec"
    )
    return list(dict.fromkeys(place for place in found if place is not None))


def rename_edits(engine: Engine, target: tuple[str, str], new: str, found: Impact) -> tuple[Edit, ...]:
    """All edits that give the definition ``target`` the simple name ``new``: itself, its sure uses, documents."""
    places = [*definitions(engine, target), *found.sure, *mentions(engine, *target)]
    return tuple(Edit(place, new) for place in sorted(dict.fromkeys(places), key=lambda one: (one.path, one.start)))


def where(engine: Engine, places: Sequence[Place]) -> str:
    """The first places in words, ``src/a.py:12``; "" for none."""
    lines = [(one.path, (engine.text(one.path) or b"").count(b"\n", 0, one.start) + 1) for one in places[:_NAMED]]
    more = f" and {len(places) - _NAMED} more" if len(places) > _NAMED else ""
    return ", ".join(f"{path}:{line}" for path, line in lines) + more


def definitions(engine: Engine, target: tuple[str, str]) -> Iterator[Place]:
    """The name in each of its definitions: overloads and branches have several."""
    path, name = target
    facts = engine.code_facts(path)
    size = len(name.rpartition(".")[2].encode())
    for symbol in facts.symbols if facts is not None else ():
        if symbol.name == name:
            yield Place(path, symbol.name_start, symbol.name_start + size)


def word_in(engine: Engine, path: str, start: int, end: int, word: str) -> Place | None:
    """The first whole ``word`` of the dotted name that begins in a span."""
    chain = (engine.text(path) or b"")[start:end].partition(b"(")[0]
    match = re.search(rb"(?<!\w)" + re.escape(word.encode()) + rb"(?!\w)", chain)
    return Place(path, start + match.start(), start + match.end()) if match else None
