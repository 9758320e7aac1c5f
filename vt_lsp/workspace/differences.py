"""What two readings of one file have in common and what not, by value: places do not count."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.text import changed_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.models import CodeFacts, SpecFacts, Symbol

Key = tuple[str, ...]
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def example_names(facts: SpecFacts) -> set[str]:
    """Names that the document's examples define; a stub defines nothing: it claims."""
    stubs = {c.subject.rpartition(".")[2] for c in facts.claims if "stub" in c.hints and "example" not in c.hints}
    return set(facts.bound) - stubs


def mentioned(facts: SpecFacts) -> set[str]:
    """Names that the document writes in backticks, and modules that it imports, with the packages above them."""
    modules = {claim.subject for claim in facts.claims if claim.kind == "import"}
    above = {m[:i] for m in modules for i, char in enumerate(m) if char == "."}
    return {claim.subject for claim in facts.claims if claim.kind == "name"} | modules | above


def described(facts: SpecFacts) -> set[str]:
    """Dotted names that directives describe by hand."""
    return {c.subject for c in facts.claims if "described" in c.hints}


def base_names(facts: CodeFacts) -> set[str]:
    """Names that the file's classes derive from."""
    return {base.partition("[")[0].rpartition(".")[2] for symbol in facts.symbols for base in symbol.bases}


def words_of(name: str) -> list[str]:
    """The words of a name, sorted: ``max_retries`` and ``retries_max`` have the same."""
    return sorted(_WORD.findall(name))


def defined_names(facts: CodeFacts) -> set[str]:
    """Last components of all names that the file defines."""
    return {symbol.name.rpartition(".")[2] for symbol in facts.symbols}


def _shape(symbol: Symbol) -> tuple[object, ...]:
    """A symbol without its place."""
    s = symbol
    return s.name, s.kind, s.signature, s.returns, s.annotation, s.value, s.bases, s.decorators, s.flags


def changed_tops(path: str, old: CodeFacts, new: CodeFacts) -> set[Key]:
    """Keys of the file's top-level names that are defined otherwise now; ``*`` for its imports, exports and flags."""
    changed: set[Key] = set()
    if (old.imports, old.exports, old.flags) != (new.imports, new.exports, new.flags):
        changed.add(("top", path, "*"))
        names = {i.name for i in old.imports} ^ {i.name for i in new.imports}
        changed.update(("top", path, name) for name in names)
    gone, come = _differing(old.symbols, new.symbols)
    if not gone and not come:
        return changed
    before, after = _by_top(gone), _by_top(come)
    for top in before.keys() | after.keys():
        if before.get(top) != after.get(top):
            changed.add(("top", path, top))
    if _tops(old.symbols) != _tops(new.symbols):
        changed.add(("top", path, "*"))
    return changed


def _differing(old: Sequence[Symbol], new: Sequence[Symbol]) -> tuple[Sequence[Symbol], Sequence[Symbol]]:
    """Both without the beginning and the end that they have in common: an edit changes few symbols, and moves many."""
    both = min(len(old), len(new))
    start = 0
    while start < both and _is_same(old[start], new[start]):
        start += 1
    stop = 0
    while stop < both - start and _is_same(old[-1 - stop], new[-1 - stop]):
        stop += 1
    return old[start : len(old) - stop], new[start : len(new) - stop]


def differing_words(old: str, new: str) -> tuple[set[str], set[str]]:
    """The words of both, which stand there once each, without the beginning and the end that they have in common."""
    start, old_end, _ = changed_span(old, new)
    begin = old.rfind(" ", 0, start) + 1
    tail = old.find(" ", old_end)
    rest = len(old) - tail if tail >= 0 else 0
    return set(old[begin : len(old) - rest].split()), set(new[begin : len(new) - rest].split())


def _is_same(one: Symbol, other: Symbol) -> bool:
    return one is other or _shape(one) == _shape(other)


def _tops(symbols: Iterable[Symbol]) -> set[str]:
    return {symbol.name.partition(".")[0] for symbol in symbols}


def _by_top(symbols: Iterable[Symbol]) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for symbol in symbols:
        found.setdefault(symbol.name.partition(".")[0], []).append(_shape(symbol))
    return found
