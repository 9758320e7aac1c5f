"""Past decisions that fit a situation, best first, with reasons in words; nothing where nothing fits.

A weighted sum, since reciprocal rank fusion never was better. The weights were set on public collections of decisions,
whose own links are the right answers (docs/accuracy.md); they are few and nothing learns them anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from vt_lsp.workflow_memory.precedent_index import ask
from vt_lsp.workflow_memory.text_index import BEST_OF_A_TERM
from vt_lsp.workflow_memory.words import STOP, raw_words, stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from vt_lsp.workflow_memory.precedent_index import Candidates, Entry, PrecedentIndex, Situation

_TEXT: Final = 5.0
_TITLE: Final = 2.0
_MEANING: Final = 5.0
_TAGS: Final = 2.0
_RECENCY: Final = 2.0
_RECENT: Final = 20  # decisions; what is older hardly gains from its age
_POPULARITY: Final = 0.8
_NEIGHBOUR: Final = 1.0
_NEIGHBOUR_SHARPNESS: Final = 8  # a neighbour of the best counts, one of the tenth does not
_SMALL: Final = 50  # decisions; among fewer, age and links say little
_OUTCOME: Final = 1.0
_SAME_SYMBOL: Final = 6.0
_SAME_OWNER: Final = 3.0
_SAME_REQUIREMENT: Final = 6.0
_SAME_SECTION: Final = 6.0
_SAME_PATH: Final = 4.0

# The gate: weighed by reading what is shown against how often something is (docs/accuracy.md).
GATE: Final = 0.55
GATE_OF_MORE: Final = 0.8
_GATE_PLACE: Final = 1.5  # the same class alone is enough, also beside others
_GATE_SHARE: Final = 0.1
_GATE_WORDS: Final = 0.8
_GATE_MOST: Final = 0.35
_GATE_TITLE: Final = 0.1
_GATE_MEANING: Final = 2.0
_GATE_COSINE: Final = 0.5

_MOST_WORDS: Final = 4  # in a reason
SIMILAR_MEANING: Final = 0.6  # cosine


@dataclass(frozen=True, slots=True)
class Precedent:
    """A past decision that fits.

    ``score`` orders the results of one query and compares nothing else. ``confidence`` (0 to 1) is what the gate
    looks at. ``reasons`` are short, most telling first. ``successor`` is the decision to look at instead.
    """

    entry: Entry
    score: float
    confidence: float
    reasons: tuple[str, ...]
    successor: Entry | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is the same then and now, what was there only then, what is there only now; each line with its kind."""

    same: tuple[str, ...]
    only_then: tuple[str, ...]
    only_now: tuple[str, ...]


def precedents(index: PrecedentIndex, situation: Situation, limit: int = 5) -> list[Precedent]:
    """The decisions that fit, best first, at most ``limit``; none when none fits well enough.

    Those after the first must fit better: what only fits somewhat is worth one look, not five.
    """
    shown: list[Precedent] = []
    for found in ranked(index, situation, max(0, limit)):
        if found.confidence >= (GATE_OF_MORE if shown else GATE):
            shown.append(found)
    return shown


def ranked(index: PrecedentIndex, situation: Situation, limit: int) -> list[Precedent]:
    """The best ``limit`` decisions however badly they fit."""
    asked = ask(situation)
    found = index.candidates(situation, asked)
    if not found.rows:
        return []
    entries = [entry for row in found.rows if (entry := index.entries[row]) is not None]
    owners = _owners(situation.symbols)
    places = np.array([_place_score(situation, owners, entry) for entry in entries])
    scores = _scores(index, situation, found, entries) + places
    most = BEST_OF_A_TERM * sum(weight * index.texts.rarity(term) for term, weight in asked.weights.items())
    wording = _surface(f"{situation.title} {situation.text}")
    order = sorted(range(len(entries)), key=lambda at: (-scores[at], -entries[at].when, entries[at].id))[:limit]
    results = []
    for at in order:
        entry, meaning = entries[at], float(found.meaning[at])
        share = float(found.words[at]) / max(most, 1e-9)
        common = index.texts.shared(found.rows[at], asked.weights)
        common.sort(key=lambda term: -asked.weights[term] * index.texts.rarity(term))
        successor = index.get(entry.superseded_by) if entry.superseded_by else None
        reasons = [
            *_reasons_of_place(situation, entry),
            *_reasons_of_text([wording.get(term, term) for term in common[:_MOST_WORDS]], meaning),
            *_reasons_of_fate(entry, successor),
        ]
        confidence = _confidence(len(asked.weights), share, float(found.titles[at]), meaning, float(places[at]))
        results.append(Precedent(entry, round(float(scores[at]), 4), confidence, tuple(reasons), successor))
    return results


def _scores(
    index: PrecedentIndex, situation: Situation, found: Candidates, entries: Sequence[Entry]
) -> NDArray[np.float64]:
    match = _TEXT * found.text / max(float(found.text.max()), 1e-9) + _TITLE * found.titles + _MEANING * found.meaning
    likeness = (match / max(float(match.max()), 1e-9)).clip(0.0) ** _NEIGHBOUR_SHARPNESS
    like = dict(zip(found.rows, likeness.tolist(), strict=True))
    trust = len(index) / (len(index) + _SMALL)
    scores: NDArray[np.float64] = match.astype(np.float64)
    for at, entry in enumerate(entries):
        neighbours = index.neighbours(entry.id)
        scores[at] += (
            _TAGS * _jaccard(situation.tags, entry.tags)
            + _OUTCOME * entry.outcome
            + trust
            * (
                _RECENCY * math.exp(-index.newer(entry) / _RECENT)
                + _POPULARITY * math.log1p(len(neighbours))
                + _NEIGHBOUR * max((like.get(row, 0.0) for row in neighbours), default=0.0)
            )
        )
    return scores


def compare(then: Entry, now: Situation) -> Comparison:
    """What a past decision and a situation have in common, and what not, by place, tag and wording."""
    kinds = (
        ("symbol", then.symbols, now.symbols),
        ("file", then.paths, now.paths),
        ("requirement", then.requirements, now.requirements),
        ("tag", then.tags, now.tags),
    )
    same = [f"{kind}: {name}" for kind, old, new in kinds for name in sorted(old & new)]
    only_then = [f"{kind}: {name}" for kind, old, new in kinds for name in sorted(old - new)]
    only_now = [f"{kind}: {name}" for kind, old, new in kinds for name in sorted(new - old)]
    old_words = _surface(f"{then.title} {then.text}")
    new_words = _surface(f"{now.title} {now.text}")
    for lines, words in (
        (same, [word for term, word in new_words.items() if term in old_words]),
        (only_then, [word for term, word in old_words.items() if term not in new_words]),
        (only_now, [word for term, word in new_words.items() if term not in old_words]),
    ):
        if words:
            lines.append(f"wording: {', '.join(words[: 2 * _MOST_WORDS])}")
    return Comparison(tuple(same), tuple(only_then), tuple(only_now))


def _confidence(terms: int, share: float, title: float, meaning: float, place: float) -> float:
    """From how much of what a situation says (``share``, 0 to 1) a decision says too; GATE is enough.

    Of few words more must fit: that one of three words occurs is chance. A place in common speaks for itself.
    """
    evidence = place / _GATE_PLACE
    if terms:
        evidence += (share + _GATE_TITLE * title) / min(_GATE_MOST, _GATE_SHARE + _GATE_WORDS / terms)
    if meaning:
        evidence += _GATE_MEANING * (meaning - _GATE_COSINE)
    evidence = max(0.0, evidence)
    return round(evidence**2 / (1.0 + evidence**2), 4)


def _place_score(situation: Situation, owners: set[str], entry: Entry) -> float:
    score = 0.0
    if owners and entry.symbols:
        if situation.symbols & entry.symbols:
            score += _SAME_SYMBOL
        elif owners & _owners(entry.symbols):
            score += _SAME_OWNER
    if situation.requirements & entry.requirements:
        score += _SAME_REQUIREMENT
    if situation.sections & entry.sections:
        score += _SAME_SECTION
    if situation.paths & entry.paths:
        score += _SAME_PATH
    return score


def _owners(symbols: Iterable[str]) -> set[str]:
    """The symbols themselves and the classes or modules that they are members of."""
    return {name for symbol in symbols for name in (symbol, symbol.rpartition(".")[0]) if name}


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one and other else 0.0


def _surface(text: str) -> dict[str, str]:
    """The terms of a text, each with the first word that it stands for."""
    found: dict[str, str] = {}
    for word in raw_words(text):
        if word not in STOP and len(word) > 1:
            found.setdefault(stem(word), word)
    return found


def _reasons_of_place(situation: Situation, entry: Entry) -> Iterator[str]:
    yield from (f"same symbol `{symbol}`" for symbol in sorted(situation.symbols & entry.symbols))
    if not situation.symbols & entry.symbols:
        yield from (f"same class `{name}`" for name in sorted(_owners(situation.symbols) & _owners(entry.symbols)))
    yield from (f"same requirement {name}" for name in sorted(situation.requirements & entry.requirements))
    yield from (f"same section {name.partition('#')[2]}" for name in sorted(situation.sections & entry.sections))
    yield from (f"same file {path}" for path in sorted(situation.paths & entry.paths))
    tags = sorted(situation.tags & entry.tags)
    if tags:
        yield f"same tag{'s' if len(tags) > 1 else ''}: {', '.join(tags)}"


def _reasons_of_text(words: Sequence[str], meaning: float) -> Iterator[str]:
    if words:
        yield f"similar wording: {', '.join(words)}"
    if meaning >= SIMILAR_MEANING:
        yield "similar meaning"


def _reasons_of_fate(entry: Entry, successor: Entry | None) -> Iterator[str]:
    if entry.superseded_by:
        yield f"superseded by {successor.title if successor else entry.superseded_by}"
    if entry.outcome:
        yield f"its outcome was {'good' if entry.outcome > 0 else 'bad'}"
