"""What goes out with a question: the drift and its clause, definitions, callers, decisions, a map; within a budget.

What changes least from one question to the next comes first, so that a provider that keeps prefixes can use them: the
map of the document (the same for all its places), then what belongs to the place (the same for explaining and for
realigning). Files that may not leave the machine do not appear; secrets are masked and texts are fenced by whoever
sends them.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeVar, cast

from vt_lsp.claude_integration.cache import digest
from vt_lsp.claude_integration.messages import Excerpt
from vt_lsp.claude_integration.relevance import document_seeds, drifts_at, line_span, paragraph, seeds
from vt_lsp.claude_integration.repository_map import repository_map, signature
from vt_lsp.claude_integration.symbol_graph import Node, SymbolGraph
from vt_lsp.claude_integration.tokens import estimate
from vt_lsp.text import LineIndex
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

    from vt_lsp.claude_integration.references import Reference
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Symbol

T = TypeVar("T")
PartKind = Literal["map", "place-map", "definitions", "neighbours", "precedents", "spec", "drift", "selection"]

ORDER: Final[tuple[PartKind, ...]] = (
    "map", "place-map", "definitions", "neighbours", "precedents", "spec", "drift", "selection",
)  # fmt: skip
_SHARES: Final[Mapping[PartKind, float]] = {
    "map": 0.2, "definitions": 0.25, "neighbours": 0.05, "precedents": 0.06, "spec": 0.14, "drift": 0.06,
    "selection": 0.2,
}  # fmt: skip
_OVERHEAD: Final = 24  # tokens of a title and a fence
_MOST_DEFINITIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a question is asked: a file and bytes of it; ``is_selection`` when a person selected them."""

    path: str = ""
    start: int = 0
    end: int = 0
    is_selection: bool = False


NOWHERE: Final = Place()


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of the context, with what it costs."""

    kind: PartKind
    excerpt: Excerpt
    tokens: int


@dataclass(frozen=True, slots=True)
class Context:
    """All parts, the most stable first; ``mapped`` are the files of which signatures go out."""

    parts: tuple[Part, ...] = ()
    mapped: tuple[str, ...] = ()

    @property
    def tokens(self) -> int:
        """The estimated tokens of all parts."""
        return sum(part.tokens for part in self.parts)

    @property
    def excerpts(self) -> tuple[Excerpt, ...]:
        """The parts as they are asked with."""
        return tuple(part.excerpt for part in self.parts)

    def of(self, *kinds: PartKind) -> list[Excerpt]:
        """The parts of these kinds."""
        return [part.excerpt for part in self.parts if part.kind in kinds]


@dataclass(frozen=True, slots=True)
class Decision:
    """A past decision that fits, for the context."""

    id: str
    title: str
    outcome: str
    status: str
    date: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a context is made for.

    ``drift`` is the one that is meant where several meet at the place; ``decisions`` come best first. Only parts of
    the ``kinds`` are made. ``about`` are files that are asked about without a place, ``words`` text that tells of
    names without being the question.
    """

    question: str
    place: Place = NOWHERE
    kinds: frozenset[PartKind] = frozenset(ORDER)
    drift: DriftReport | None = None
    decisions: tuple[Decision, ...] = ()
    about: tuple[str, ...] = ()
    words: str = ""


class Contexts:
    """Contexts of one engine; keeps the graph of the last state of the code."""

    def __init__(self, engine: Engine, allows: Callable[[str], bool]) -> None:
        """``allows`` tells of a path below the root whether anything of it may leave the machine."""
        self._engine = engine
        self._allows = allows
        self._graph: SymbolGraph | None = None

    @property
    def engine(self) -> Engine:
        """Whose contexts these are."""
        return self._engine

    def graph(self) -> SymbolGraph:
        """The symbol graph of the code as it is now; blocking: a large project takes a second."""
        if not self.is_current:
            index = self._engine.index
            self._graph = SymbolGraph(dict(index.code), index.layout.primary)
        assert self._graph is not None
        return self._graph

    @property
    def is_current(self) -> bool:
        """The graph that is kept is of the code as it is now."""
        return self._graph is not None and _is_same(self._graph.code, self._engine.index.code)

    async def prepare(self) -> None:
        """Make the graph beside the loop, if there is none of the code as it is now."""
        if not self.is_current:
            index = self._engine.index
            self._graph = await asyncio.to_thread(SymbolGraph, dict(index.code), index.layout.primary)

    def steps(self, asked: Asked, budget: int) -> Generator[None, None, Context]:
        """The context of a question, of at most ``budget`` estimated tokens, made in steps of a few milliseconds.

        Run it in the engine's thread; between two steps others may have their turn.
        """
        return _Builder(self._engine, self.graph(), self._allows, asked, budget).steps()

    def build(self, asked: Asked, budget: int) -> Context:
        """The same at once."""
        return finish(self.steps(asked, budget))


def finish(steps: Generator[None, None, T]) -> T:
    """Go through all steps at once."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return cast("T", end.value)


def _is_same(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    return len(old) == len(new) and all(old.get(path) is facts for path, facts in new.items())


class _Builder:
    """One context in the making: each part takes of its share, and what is left goes to the map of the place."""

    def __init__(
        self, engine: Engine, graph: SymbolGraph, allows: Callable[[str], bool], asked: Asked, budget: int
    ) -> None:
        self._engine = engine
        self._graph = graph
        self._allows = allows
        place = asked.place
        self._place = place if not place.path or allows(place.path) else NOWHERE
        self._asked = asked
        self._budget = budget
        self._parts: list[Part] = []
        self._digests: dict[str, str] = {}

    def steps(self) -> Generator[None, None, Context]:
        place, graph = self._place, self._graph
        drifts = [self._asked.drift] if self._asked.drift is not None else self._drifts()
        self._add_drift(drifts)
        self._add_spec(drifts)
        self._add_selection()
        self._add_precedents(self._asked.decisions)
        yield
        if self._asked.kinds.isdisjoint({"map", "place-map", "definitions", "neighbours"}):
            return self._context(())
        text = f"{self._asked.question}\n{self._asked.words}"
        wanted = seeds(self._engine, graph, place.path, (place.start, place.end), text)
        yield
        rank = graph.rank(wanted)
        targets = self._targets(drifts, rank.argsort()[::-1])
        self._add_definitions(targets)
        yield
        if "neighbours" in self._asked.kinds:
            yield from self._add_neighbours(targets[:1])
        stable = repository_map(
            graph,
            graph.rank(document_seeds(self._engine, graph, place.path)),
            self._share("map"),
            self._allows,
        )
        self._put("map", Excerpt("Map of the repository, signatures only", stable.text, stable=True))
        yield
        rest = self._budget - sum(part.tokens for part in self._parts) - _OVERHEAD
        near = repository_map(graph, rank, rest, self._allows, frozenset(stable.entries))
        self._put("place-map", Excerpt("More signatures, nearest to the question", near.text))
        return self._context((*stable.paths, *near.paths))

    def _context(self, mapped: Iterable[str]) -> Context:
        parts = sorted(self._parts, key=lambda part: ORDER.index(part.kind))
        return Context(tuple(parts), tuple(dict.fromkeys(mapped)))

    # ---------------------------------------------------------------------------------------------------------- parts

    def _share(self, kind: PartKind) -> int:
        return int(self._budget * _SHARES[kind]) - _OVERHEAD

    def _put(self, kind: PartKind, excerpt: Excerpt) -> None:
        if kind in self._asked.kinds and excerpt.text.strip():
            self._parts.append(Part(kind, excerpt, estimate(excerpt.text) + _OVERHEAD))

    def _drifts(self) -> list[DriftReport]:
        data = self._engine.text(self._place.path) if self._place.path else None
        if data is None:
            return []
        span = line_span(data, self._place.start, self._place.end)
        return drifts_at(self._engine, self._place.path, span)[:2]

    def _add_drift(self, drifts: Sequence[DriftReport]) -> None:
        told = "\n\n".join(describe(self._engine, drift) for drift in drifts)
        self._put("drift", Excerpt("The drift, as found", cut(told, self._share("drift"))))

    def _add_spec(self, drifts: Sequence[DriftReport]) -> None:
        """The clause: the section around it if that fits, else the paragraph."""
        places = [(drift.spec.path, drift.spec.start, drift.spec.end) for drift in drifts[:1]]
        if not places and self._place.path:
            places = [(self._place.path, self._place.start, self._place.end)]
        if not self._place.path:
            places += [
                (spec, claim.start, claim.end)
                for path in self._asked.about
                for spec, claim, _ in self._engine.claims_about(path)
            ]
        left, shown = self._share("spec"), set[tuple[str, int, int]]()
        for path, start, end in places:
            data = self._engine.text(path)
            if data is None or not self._allows(path) or kind_of(path) == "code":
                continue
            span = self._clause(path, data, start, end)
            if (path, *span) in shown or left <= 0:
                continue
            shown.add((path, *span))
            self._put_excerpt("spec", "What is written", path, data, span, left)
            left -= estimate(data[slice(*span)].decode("utf-8", "replace")) + _OVERHEAD

    def _clause(self, path: str, data: bytes, start: int, end: int) -> tuple[int, int]:
        facts = self._engine.spec_facts(path)
        around = [h for h in (facts.headings if facts else ()) if h[2] <= start < h[3]]
        for _, _, first, last in sorted(around, key=lambda heading: heading[3] - heading[2]):
            if estimate(data[first:last].decode("utf-8", "replace")) <= self._share("spec"):
                return first, last
        return paragraph(data, *line_span(data, start, end))

    def _put_excerpt(  # noqa: PLR0913, PLR0917 - a piece of a file and where it goes
        self, kind: PartKind, title: str, path: str, data: bytes, span: tuple[int, int], budget: int
    ) -> None:
        text = cut(data[span[0] : span[1]].decode("utf-8", "replace"), budget)
        self._put(kind, self._excerpt(title, text, path, data, span))

    def _excerpt(self, title: str, text: str, path: str, data: bytes, span: tuple[int, int]) -> Excerpt:
        if path not in self._digests:
            self._digests[path] = digest(data)
        return Excerpt(title, text, path, self._digests[path], *lines(data, *span))

    def _add_selection(self) -> None:
        place = self._place
        data = self._engine.text(place.path) if place.path and place.is_selection else None
        if data is not None and place.end > place.start:
            budget = self._share("selection")
            self._put_excerpt("selection", "Selected", place.path, data, (place.start, place.end), budget)

    def _add_precedents(self, decisions: Sequence[Decision]) -> None:
        rows: list[str] = []
        for one in decisions:
            because = f" (fits: {'; '.join(one.reasons)})" if one.reasons else ""
            row = f"- {one.id} {one.date} {one.status}: {one.title}. {one.outcome}{because}"
            if estimate("\n".join([*rows, row])) > self._share("precedents"):
                break
            rows.append(row)
        self._put("precedents", Excerpt("Decisions of the past that fit", "\n".join(rows)))

    def _targets(self, drifts: Sequence[DriftReport], order: Iterable[int]) -> list[tuple[str, Symbol]]:
        """The definitions that the question is about: of the drift, at the place, then of the highest rank."""
        found: dict[tuple[str, str], tuple[str, Symbol]] = {}
        for drift in drifts:
            symbol = self._engine.symbol_at(drift.code.path, drift.code.start) if drift.code is not None else None
            if drift.code is not None and drift.code.end and symbol is not None:
                found[drift.code.path, symbol.name] = drift.code.path, symbol
        if self._place.path and (here := self._engine.symbol_at(self._place.path, self._place.start)) is not None:
            found[self._place.path, here.name] = self._place.path, here
        for number in order:
            node = self._graph.nodes[int(number)]
            if len(found) >= _MOST_DEFINITIONS:
                break
            if node.symbol is not None and self._graph.is_product(int(number)):
                found.setdefault((node.path, node.name), (node.path, node.symbol))
        return [row for row in found.values() if self._allows(row[0])]

    def _add_definitions(self, targets: Sequence[tuple[str, Symbol]]) -> None:
        """Definitions as they stand, each whole; one that does not fit is left to the map."""
        left = self._share("definitions")
        shown: list[tuple[str, int, int]] = []
        for path, symbol in targets:
            data = self._engine.text(path)
            if data is None:
                continue
            span = data.rfind(b"\n", 0, symbol.start) + 1, symbol.end
            if any(known == path and first < span[1] and span[0] < last for known, first, last in shown):
                continue  # a part of what is shown, or around it
            text = data[slice(*span)].decode("utf-8", "replace")
            cost = estimate(text) + _OVERHEAD
            if cost <= left and "definitions" in self._asked.kinds:
                left -= cost
                shown.append((path, *span))
                self._put("definitions", self._excerpt(f"Definition of {symbol.name}", text, path, data, span))

    def _add_neighbours(self, targets: Sequence[tuple[str, Symbol]]) -> Iterator[None]:
        from vt_lsp.claude_integration.references import callees, callers  # noqa: PLC0415 - loads the grammar

        rows: list[str] = []
        for path, symbol in targets:
            used = yield from callers(self._engine, path, symbol.name)
            uses = callees(self._engine, path, symbol)
            both = (*(("used by", one) for one in used[:8]), *(("uses", one) for one in uses[:8]))
            rows += [f"{symbol.name} {how} {_named(one)}" for how, one in both if self._allows(one.path)]
        kept: list[str] = []
        for row in rows:
            if estimate("\n".join([*kept, row])) > self._share("neighbours"):
                break
            kept.append(row)
        self._put("neighbours", Excerpt("Who uses it, and what it uses", "\n".join(kept)))


def _named(one: Reference) -> str:
    said = signature(Node(one.path, one.symbol.name, one.symbol)).strip() if one.symbol is not None else "the module"
    return f"{one.path}: {said}"


# ---------------------------------------------------------------------------------------------------------------- text


def lines(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The first and the last line of a span, from 1."""
    index = LineIndex(data)
    first, last = (index.position(max(at, 0), "utf-8")[0] + 1 for at in (start, max(end - 1, start)))
    return first, last


def where(data: bytes, path: str, start: int, end: int) -> str:
    """A place for people: path and lines from 1."""
    first, last = lines(data, start, end)
    return f"{path}:{first}" if first == last else f"{path}:{first}-{last}"


def cut(text: str, budget: int) -> str:
    """Whole lines of a text within a budget, and a last one that says what is missing."""
    if estimate(text) <= budget:
        return text
    lines = text.splitlines()
    kept: list[str] = []
    spent = 12
    for line in lines:
        spent += estimate(line + "\n")
        if spent > budget:
            break
        kept.append(line)
    return "\n".join([*kept, f"[{len(lines) - len(kept)} more lines left out]"])


def describe(engine: Engine, drift: DriftReport) -> str:
    """One drift as plain facts: what, both places, the difference, since when, ways out."""
    rows = [f"{drift.drift_type}: {drift.details}"]
    for label, place in (("written at", drift.spec), ("code at", drift.code)):
        data = engine.text(place.path) if place is not None else None
        if place is not None:
            shown = where(data, place.path, place.start, place.end) if data is not None else place.path
            rows.append(f"{label}: {shown}")
    rows += [f"the spec says: {drift.written}"] if drift.written else []
    rows += [f"the code has: {drift.actual}"] if drift.actual else []
    if (commit := drift.broken_by) is not None:
        rows.append(f"since: {commit.commit[:10]} {commit.date[:10]} {commit.subject}")
    rows += [f"way out: {told}" for told in drift.suggestions[:4]]
    return "\n".join(rows)
