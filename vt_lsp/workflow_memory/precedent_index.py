"""All decisions by their words, meaning, tags, symbols, files and links; grows by one decision without a rebuild."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from vt_lsp.workflow_memory.text_index import TextIndex, highest
from vt_lsp.workflow_memory.vectors import DIMENSIONS
from vt_lsp.workflow_memory.words import terms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from vt_lsp.workflow_memory.vectors import StaticVectors

_BY_TEXT: Final = 100
_BY_MEANING: Final = 50
_BY_PLACE: Final = 100
_RESCORED: Final = 200
_NEIGHBOURS_OF: Final = 20
_WORD_BITS: Final = 64

PlaceKind = Literal["symbol", "path", "requirement", "section"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What retrieval knows of one decision.

    ``when`` is seconds since the epoch. ``sections`` are headings of documents (``docs/design.md#Retries``). ``links``
    are ids of decisions that it names. ``superseded_by`` is the id of its successor, or empty. ``outcome`` runs from -1
    (it went wrong) over 0 (not known) to 1 (it went well). ``in_force`` is False for what was rejected or replaced.
    """

    id: str
    title: str
    text: str = ""
    when: float = 0.0
    tags: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    requirements: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    superseded_by: str = ""
    outcome: float = 0.0
    in_force: bool = True


@dataclass(frozen=True, slots=True)
class Situation:
    """What someone is about to decide: free text (its title, and the rest), and where it is about."""

    title: str = ""
    text: str = ""
    tags: frozenset[str] = frozenset()
    symbols: frozenset[str] = frozenset()
    paths: frozenset[str] = frozenset()
    requirements: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """A situation in terms: of its title, of its text, and the weight of each."""

    title: list[str]
    text: list[str]
    weights: dict[str, float]


def ask(situation: Situation) -> Asked:
    """The terms of a situation. A title's word counts three times, one that is repeated in the text once more."""
    title, text = terms(situation.title), terms(situation.text)
    heads, counts = frozenset(title), Counter(text)
    return Asked(
        title,
        text,
        {
            term: min(4.0, 3.0 * (term in heads) + (counts[term] > 0) + (counts[term] > 2))
            for term in dict.fromkeys(title + text)
        },
    )


@dataclass(frozen=True, slots=True)
class Candidates:
    """Rows that may fit, and for each how its text and its meaning (cosine, 0 without vectors) fit.

    ``text`` is the BM25 score with phrases; ``words`` the same without phrases.
    """

    rows: list[int]
    words: NDArray[np.float32]
    text: NDArray[np.float32]
    titles: NDArray[np.float32]
    meaning: NDArray[np.float32]


class PrecedentIndex:
    """The index of one project's decisions. One thread writes; equal entries in any order make an equal index."""

    def __init__(self, entries: Iterable[Entry] = (), vectors: StaticVectors | None = None) -> None:
        self.texts = TextIndex()
        self.entries: list[Entry | None] = []  # by row; None where it was removed
        self._row_of: dict[str, int] = {}
        self._times: list[float] = []
        self._places: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._linked: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.vectors = vectors
        self._meanings = np.zeros((0, DIMENSIONS), np.float16)
        self._bits = np.zeros((0, DIMENSIONS // _WORD_BITS), np.uint64)
        self._alive = np.zeros(0, np.bool_)
        for entry in entries:
            self.put(entry)

    def __len__(self) -> int:
        """Decisions in the index."""
        return len(self._row_of)

    def put(self, entry: Entry) -> None:
        """Add a decision, or put it in the place of the one with its id."""
        self.discard(entry.id)
        row = self.texts.add(terms(entry.title), terms(entry.text))
        self.entries.append(entry)
        self._row_of[entry.id] = row
        insort(self._times, entry.when)
        for place in _places(entry):
            self._places[place].add(row)
        for other in entry.links:
            self._linked[entry.id][other] += 1
            self._linked[other][entry.id] += 1
        self._grow(row)
        self._alive[row] = True
        if self.vectors is not None:
            meaning = self.vectors.embed([f"{entry.title}. {entry.text}"])[0]
            self._meanings[row] = meaning
            self._bits[row] = _signs(meaning)

    def discard(self, identity: str) -> None:
        """Forget a decision, if it is there."""
        row = self._row_of.pop(identity, None)
        if row is None:
            return
        entry = self.entries[row]
        assert entry is not None
        self.texts.remove(row)
        self.entries[row] = None
        self._alive[row] = False
        self._times.pop(bisect_right(self._times, entry.when) - 1)
        for place in _places(entry):
            self._places[place].discard(row)
        for other in entry.links:
            self._linked[identity][other] -= 1
            self._linked[other][identity] -= 1

    def get(self, identity: str) -> Entry | None:
        """The decision with this id."""
        row = self._row_of.get(identity)
        return None if row is None else self.entries[row]

    def at(self, kind: PlaceKind, name: str) -> list[Entry]:
        """The decisions about a place, oldest first; those about a symbol's members are about the symbol too."""
        found = (self.entries[row] for row in self._places.get((kind, name), ()))
        return sorted((entry for entry in found if entry is not None), key=lambda entry: (entry.when, entry.id))

    def newer(self, entry: Entry) -> int:
        """How many decisions are newer."""
        return len(self._times) - bisect_right(self._times, entry.when)

    def neighbours(self, identity: str) -> list[int]:
        """The rows of the decisions that this one is linked with, in either direction."""
        return [
            self._row_of[other]
            for other, count in self._linked.get(identity, {}).items()
            if count > 0 and other != identity and other in self._row_of
        ]

    def candidates(self, situation: Situation, asked: Asked) -> Candidates:
        """What may fit: best by text and by meaning, neighbours of the best by text, and what is of the same place."""
        alive = self._alive[: len(self.entries)]
        best = self.texts.best(asked.weights, alive, _BY_TEXT)
        rows = dict.fromkeys(best)
        for row in best[:_NEIGHBOURS_OF]:
            entry = self.entries[row]
            assert entry is not None
            rows.update(dict.fromkeys(self.neighbours(entry.id)))
        for place in _places(situation):
            rows.update(dict.fromkeys(sorted(self._places.get(place, ()), reverse=True)[:_BY_PLACE]))
        query = self._meaning_of(situation)
        if query is not None:
            rows.update(dict.fromkeys(self._by_meaning(query, alive)))
        found = list(rows)
        at = np.array(found, np.int64)
        meaning = np.zeros(len(found), np.float32)
        if query is not None and found:
            meaning = self._meanings[at].astype(np.float32) @ query
        own = self.texts.scores(asked.weights, found)
        return Candidates(
            found,
            own,
            own + self.texts.phrases(found, (asked.title, asked.text)),
            self.texts.title_overlap(found, asked.title),
            meaning,
        )

    def _meaning_of(self, situation: Situation) -> NDArray[np.float32] | None:
        text = f"{situation.title}. {situation.text}".strip(". ")
        if self.vectors is None or not text:
            return None
        meaning = self.vectors.embed([text])[0]
        return meaning if meaning.any() else None

    def _by_meaning(self, query: NDArray[np.float32], alive: NDArray[np.bool_]) -> list[int]:
        """Nearest by the signs of the vectors (256 bits each), the best of these by the vectors themselves."""
        differing = np.bitwise_count(self._bits[: len(alive)] ^ _signs(query)).sum(axis=1, dtype=np.int32)
        near = np.array(highest(np.where(alive, -differing, -DIMENSIONS - 1), _RESCORED), np.int64)
        near = near[alive[near]]
        cosines = self._meanings[near].astype(np.float32) @ query
        return [int(near[at]) for at in highest(cosines, _BY_MEANING)]

    def _grow(self, row: int) -> None:
        if row >= len(self._alive):
            size = max(64, 2 * len(self._alive))
            self._alive = _resized(self._alive, size)
            if self.vectors is not None:
                self._meanings = _resized(self._meanings, size)
                self._bits = _resized(self._bits, size)


def _places(entry: Entry | Situation) -> list[tuple[str, str]]:
    """The places that a decision is about; a member's class is one too."""
    found = [("requirement", name) for name in entry.requirements]
    found += [("path", name) for name in entry.paths]
    found += [("section", name) for name in entry.sections]
    for symbol in entry.symbols:
        found.append(("symbol", symbol))
        owner = symbol.rpartition(".")[0]
        if owner:
            found.append(("symbol", owner))
    return found


def _signs(vector: NDArray[np.float32]) -> NDArray[np.uint64]:
    return np.packbits(vector > 0).view(np.uint64)


def _resized(array: NDArray[Any], size: int) -> NDArray[Any]:
    grown = np.zeros((size, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
