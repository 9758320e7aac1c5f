"""From a place and a question to the definitions that they speak of: the seeds of the walk through the symbol graph.

What a drift says comes first, then the claims of the paragraph, then its words: written as code or as prose, spelled
right or nearly right, whole or in part. The document as a whole and the headings around the place say a little too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA

from vt_lsp.workspace.resolver import Absent, Found, Open, resolve

if TYPE_CHECKING:
    from vt_lsp.claude_integration.symbol_graph import SymbolGraph
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport
    from vt_lsp.workspace.index import Index

_TERM: Final = re.compile(r"--[A-Za-z][\w-]+|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CODE: Final = re.compile(r"``([^`\n]+)``|`([^`\n]+)`|\[([\w.]+)\]\[")
_ASSIGNED: Final = re.compile(r"\s*[(=]")
_MARKED: Final = re.compile(r"[_.\d]|[a-z][A-Z]|^[A-Z]{2,}|^--")
_AROUND: Final = 12  # lines of a paragraph
_MOST_TERMS: Final = 60
_LIKE: Final = 0.5  # of a spelling
_FAR: Final = 15  # lines at which a claim of the document counts half
_WORDS: Final = frozenset(
    "the and for with that this from are you your can will not use used using when which has have its into all any "
    "default defaults true false none self cls return returns import class def see also following example note code "
    "module method function http https www com org html docs".split()
)

Seeds = dict[int, float]


@dataclass(frozen=True, slots=True)
class Term:
    """One name that a text may speak of, and how much it counts."""

    text: str
    weight: float
    is_code: bool


def seeds(engine: Engine, graph: SymbolGraph, path: str, span: tuple[int, int], question: str = "") -> Seeds:
    """Which nodes a question about the bytes ``span`` of a file speaks of, with weights; nothing is kept of it.

    ``path`` may be empty: then the question alone says what it is about.
    """
    index = engine.index
    asked, index.asked = index.asked, set()
    wishes, index.wishes = index.wishes, set()
    try:
        found: Seeds = defaultdict(float)
        finder = _Finder(index, graph, found)
        for term in terms(question, question):
            finder.add(term, 1.0)
        data = engine.text(path) if path else None
        if data is not None:
            _add_place(engine, finder, path, data, span)
        return dict(found)
    finally:
        index.asked, index.wishes = asked, wishes


def document_seeds(engine: Engine, graph: SymbolGraph, path: str) -> Seeds:
    """What a file as a whole speaks of, the same for all its places; nothing without a file."""
    found: Seeds = defaultdict(float)
    if (own := graph.file(path)) is not None:
        found[own] += 1.0
    for _, verdict in engine.verdicts(path) if path else ():
        if verdict.target is not None:
            target = graph.find(*verdict.target) if verdict.target[1] else graph.file(verdict.target[0])
            if target is not None:
                found[target] += 1.0
    return dict(found)


def _add_place(engine: Engine, finder: _Finder, path: str, data: bytes, span: tuple[int, int]) -> None:
    start, end = line_span(data, *span)
    if engine.code_facts(path) is not None:
        _add_code_place(engine, finder, path, span)
    for drift in drifts_at(engine, path, (start, end)):
        _add_drift(finder, drift)
    first, last = paragraph(data, start, end)
    line, around = data[start:end].decode("utf-8", "replace"), data[first:last].decode("utf-8", "replace")
    for term in terms(line, around):
        finder.add(term, 2.0)
    for term in terms(around, around):
        finder.add(term, 0.5)
    _add_claims(engine, finder, path, data, (start, end))


def _add_code_place(engine: Engine, finder: _Finder, path: str, span: tuple[int, int]) -> None:
    finder.put(finder.graph.file(path), 1.0)
    symbol = engine.symbol_at(path, span[0])
    if symbol is not None:
        finder.put(finder.graph.find(path, symbol.name), 6.0)


def drifts_at(engine: Engine, path: str, span: tuple[int, int]) -> list[DriftReport]:
    """The drifts with a side that meets these bytes."""
    places = [(drift, place) for drift in engine.drifts(path) for place in (drift.spec, drift.code)]
    return list(
        {
            drift.fingerprint: drift
            for drift, place in places
            if place is not None and place.path == path and place.start < span[1] and span[0] <= place.end
        }.values()
    )


def _add_drift(finder: _Finder, drift: DriftReport) -> None:
    if drift.code is not None:
        finder.put(finder.graph.file(drift.code.path), 1.0)
        for symbol in finder.graph.code[drift.code.path].symbols if drift.code.path in finder.graph.code else ():
            if symbol.name_start == drift.code.start and drift.code.end:
                finder.put(finder.graph.find(drift.code.path, symbol.name), 8.0)
    for number, name in enumerate(drift.replacements[:4]):
        finder.add(Term(name, 4.0 / (1 + number), is_code=True), 1.0)
    for text in (drift.subject, drift.written, drift.actual):
        for term in terms(text, text):
            finder.add(Term(term.text, 2.0, is_code=True), 1.0)


def _add_claims(engine: Engine, finder: _Finder, path: str, data: bytes, span: tuple[int, int]) -> None:
    """What the document speaks of: claims near the place count more, and those at it most."""
    middle = data.count(b"\n", 0, span[0])
    seen, line, weights = 0, 0, dict[int, float]()
    for claim, verdict in sorted(engine.verdicts(path), key=lambda pair: pair[0].start):
        line += data.count(b"\n", seen, claim.start)
        seen = max(seen, claim.start)
        is_here = span[0] <= claim.start < span[1] or claim.start <= span[0] < claim.end
        if is_here:
            for name in (claim.subject, claim.owner, *claim.context[:3]):
                finder.add(Term(name, 1.5, is_code=True), 1.0)
        if verdict.target is None:
            continue
        node = finder.node(*verdict.target)
        if node is not None:
            near = 5.0 if is_here else 1.0 / (1 + abs(line - middle) / _FAR)
            weights[node] = max(weights.get(node, 0.0), near)
    total = sum(weights.values())
    for node, weight in weights.items():
        finder.put(node, weight if weight > 1 else 4.0 * weight / (4.0 + total))


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds the nodes that a term may mean, and adds them up."""

    index: Index
    graph: SymbolGraph
    found: Seeds

    def put(self, node: int | None, weight: float) -> None:
        if node is not None:
            self.found[node] += weight if self.graph.is_product(node) else weight / 3

    def node(self, path: str, name: str) -> int | None:
        return self.graph.find(path, name) if name else self.graph.file(path)

    def add(self, term: Term, factor: float) -> None:
        weight = term.weight * factor
        parts = term.text.split(".") if not term.text.startswith("--") else [term.text]
        if len(parts) > 1:
            self._dotted(term.text, weight)
        last = len(parts) - 1
        for number, part in enumerate(parts):
            share = weight if number == last else weight / 3
            is_known = self._exact(part, share)
            if term.is_code and len(part) > 2 and (number == last or not is_known):
                self._nearly(part, share if not is_known else share / 4)

    def _exact(self, name: str, weight: float) -> bool:
        nodes = self.graph.named(name)
        modules = [path for path in self.index.paths_named(f"{name}.py") if self.graph.file(path) is not None]
        count = len(nodes) + len(modules)
        for node in nodes[:40]:
            self.put(node, weight / count**0.7)
        for path in modules[:8]:
            self.put(self.graph.file(path), weight / count)
        return count > 0

    def _nearly(self, name: str, weight: float) -> None:
        spelled = [*self.index.near(name), *self.index.other_case(name), *self.index.reordered(name)]
        for number, near in enumerate(dict.fromkeys(spelled)):
            distance = OSA.distance(name.lower(), near.lower())
            for node in self.graph.named(near)[:8]:
                self.put(node, 1.5 * weight / (1 + min(distance, 3) + number / 2))
        past = self.index._past.get(name)  # noqa: SLF001 - no question of a claim: no key is due
        if past is not None:
            for renamed in filter(None, (getattr(past, "renamed_to", ""),)):
                for node in self.graph.named(renamed)[:8]:
                    self.put(node, 2 * weight)
            self.put(self.graph.file(getattr(past, "path", "")), weight / 2)
        for node, likeness in self.graph.alike(name, 16):
            self.put(node, weight * likeness**2)

    def _dotted(self, name: str, weight: float) -> None:
        answer = resolve(self.index, name)
        if isinstance(answer, Found):
            self.put(self.node(answer.path, answer.symbol.name if answer.symbol else ""), 2 * weight)
            return
        owner = answer.owner if isinstance(answer, Absent) else answer.inside if isinstance(answer, Open) else None
        missing = answer.missing if isinstance(answer, Absent) else name.rpartition(".")[2]
        if owner is not None:
            symbol = owner.symbol.name if owner.symbol is not None else ""
            self.put(self.node(owner.path, symbol), weight / 2)
            for member in self.index.members(owner.path, symbol):
                likeness = OSA.normalized_similarity(missing, member.name.rpartition(".")[2])
                if likeness > _LIKE:
                    self.put(self.graph.find(owner.path, member.name), 2 * weight * likeness**2)
        parts = name.split(".")
        package = next((".".join(parts[:n]) for n in range(len(parts) - 1, 0, -1) if self._is_module(parts[:n])), "")
        if package:
            self._modules(package, parts[package.count(".") + 1], weight)

    def _is_module(self, parts: list[str]) -> bool:
        name = ".".join(parts)
        return bool(self.index.module(name)) or self.index.is_namespace(name)

    def _modules(self, package: str, missing: str, weight: float) -> None:
        """A module of a package is not there: those that are."""
        rows = [
            (own, path) for own, path in self.index.modules_below(package) if own.count(".") == package.count(".") + 1
        ]
        for own, path in rows:
            likeness = OSA.normalized_similarity(missing, own.rpartition(".")[2])
            self.put(self.graph.file(path), weight * (0.5 / len(rows) + likeness**2))


def terms(text: str, around: str) -> list[Term]:
    """The names in a text, most telling first; ``around`` shows which of its words are written as code."""
    code = {word for found in _CODE.finditer(around) for word in _TERM.findall(found[found.lastindex or 0])}
    rows: dict[str, Term] = {}
    for found in _TERM.finditer(text):
        word = found[0].rstrip(".")
        if len(word) < 2 or word.lower() in _WORDS:
            continue
        is_called = _ASSIGNED.match(text, found.end()) is not None and text[found.end() : found.end() + 1] in "(="
        is_code = word in code or is_called or _MARKED.search(word) is not None
        weight = 1.0 if is_code else 0.15 if word.islower() else 0.4
        if word not in rows or rows[word].weight < weight:
            rows[word] = Term(word, weight, is_code)
    return sorted(rows.values(), key=lambda term: -term.weight)[:_MOST_TERMS]


def line_span(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The whole lines that hold these bytes, without the last line's end."""
    stop = data.find(b"\n", max(end, start))
    return data.rfind(b"\n", 0, start) + 1, len(data) if stop < 0 else stop


def paragraph(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The lines around whole lines up to the next empty ones, at most so many on each side."""
    first, last = start, end
    for _ in range(_AROUND):
        before = data.rfind(b"\n", 0, max(first - 1, 0)) + 1
        if first == 0 or not data[before : first - 1].strip():
            break
        first = before
    for _ in range(_AROUND):
        after = data.find(b"\n", last + 1)
        after = len(data) if after < 0 else after
        if last >= len(data) or not data[last + 1 : after].strip():
            break
        last = after
    return first, last
