"""A definition gets another name: the edits of the code that surely means it, and of the documents that speak of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.realignment.gate import proves
from vt_lsp.models import Edit, Place
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Realignment
    from vt_lsp.workspace.impact import Impact

_NAMED = 10  # places that are told
# What they add was used by nobody.
_ADDS = frozenset(
    {
        "add-field",
        "add-attribute",
        "add-enum-member",
        "add-method",
        "add-base",
        "re-export",
        "create-stub",
        "create-file",
    }
)
_OPENING = re.compile(rb"\s*\(")
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


def touched(way: Realignment) -> tuple[str, str] | None:
    """The definition whose users an edit of the code concerns; None where it concerns nobody who is there already.

    Who calls a class calls its ``__init__``.
    """
    if way.target != "code" or way.symbol is None or not way.symbol[1] or way.kind in _ADDS:
        return None
    path, name = way.symbol
    return path, name.removesuffix(".__init__")


def whole(engine: Engine, drift: DriftReport, way: Realignment, found: Impact) -> Realignment | None:
    """A way out with the callers that it carries along; None where the drift would not be gone then.

    A renamed definition takes all its sure uses along, a renamed parameter the keywords of sure calls. It is proven in
    the files that the drift is about: the others only follow.
    """
    if way.renames is None or way.symbol is None or way.target != "code":
        return way
    old, new = way.renames
    if way.symbol[1].rpartition(".")[2] == old:
        others = rename_edits(engine, way.symbol, new, found)
    elif way.kind == "rename-parameter":
        others = tuple(Edit(place, new) for place in _keywords(engine, found.sure, old))
    else:
        return way
    taken = {edit.place for edit in way.edits}
    edits = (*way.edits, *(edit for edit in others if edit.place not in taken))
    case = engine.case(drift)
    about = {drift.spec.path, way.symbol[0]}
    if case is None or proves(case, [edit for edit in edits if edit.place.path in about]) is None:
        return None
    return replace(way, edits=edits)


def _keywords(engine: Engine, calls: Iterable[Place], name: str) -> Iterator[Place]:
    """Where the calls pass an argument by this name; ``calls`` are the places of the callee's last word."""
    from vt_lsp.code.calls import Brackets  # noqa: PLC0415  only for such edits

    texts: dict[str, tuple[bytes, Brackets]] = {}
    for place in calls:
        if place.path not in texts:
            data = engine.text(place.path) or b""
            texts[place.path] = data, Brackets(data)
        data, brackets = texts[place.path]
        opening = _OPENING.match(data, place.end)
        call = brackets.call(opening.end() - 1) if opening is not None else None
        for argument in call.arguments if call is not None else ():
            if argument.keyword == name:
                start = data.rfind(name.encode(), place.end, argument.start)
                yield Place(place.path, start, start + len(name.encode()))


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
