"""An inverted index with BM25 scores that grows by one text at a time.

Each term has two growing arrays, of rows and of weighted counts, which numpy reads where they lie: a query touches the
postings of its own words and nothing else. Robertson and Zaragoza 2009, "The probabilistic relevance framework".
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_K1: Final = 1.2
_B: Final = 0.75
_TITLE_WEIGHT: Final = 5
_UNSEEN: Final = 50  # texts that are taken to exist beside those known: among three, a word in one is not common
_BREAK: Final = -1  # between title and text: no phrase goes across
_SHIFT: Final = 32
_COMMON: Final = 4096  # rows
BEST_OF_A_TERM: Final = _K1 + 1.0  # what a term that fills a text adds for each unit of its rarity


def highest(scores: NDArray[np.generic], count: int) -> list[int]:
    """The places of the highest scores, best first; of equals the later one, which is the newer."""
    if len(scores) > count:
        places = np.argpartition(scores, len(scores) - count)[len(scores) - count :]
    else:
        places = np.arange(len(scores))
    order = np.lexsort((places, scores[places]))[::-1]
    return [int(place) for place in places[order]]


class TextIndex:
    """Rows of (title, text) as terms. Rows count from 0 in the order of ``add``; a removed one keeps its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._rows: list[array[int]] = []  # by the number of the term
        self._counts: list[array[float]] = []
        self._frequency: list[int] = []
        self._titles: list[frozenset[int]] = []  # by row
        self._terms: list[array[int]] = []  # by row: numbers of the title's terms, _BREAK, numbers of the text's
        self._lengths: array[float] = array("f")
        self._total_length = 0
        self._alive = 0

    def __len__(self) -> int:
        """Rows that are not removed."""
        return self._alive

    def add(self, title: Sequence[str], text: Sequence[str]) -> int:
        """Add a row and give its number."""
        row = len(self._lengths)
        heads = [self._number(term) for term in title]
        body = [self._number(term) for term in text]
        counts = Counter(body)
        for number in heads:
            counts[number] += _TITLE_WEIGHT
        for number, count in counts.items():
            self._rows[number].append(row)
            self._counts[number].append(count)
            self._frequency[number] += 1
        self._titles.append(frozenset(heads))
        self._terms.append(array("i", (*heads, _BREAK, *body)))
        self._lengths.append(len(heads) + len(body))
        self._total_length += len(heads) + len(body)
        self._alive += 1
        return row

    def remove(self, row: int) -> None:
        """Take a row out of all counts. Its postings stay: the caller skips it among the scores."""
        for number in set(self._terms[row]) - {_BREAK}:
            self._frequency[number] -= 1
        self._total_length -= len(self._terms[row]) - 1
        self._alive -= 1

    def rarity(self, term: str) -> float:
        """How much a term says: its inverse document frequency, above 0."""
        number = self._numbers.get(term)
        return self._rarity(self._frequency[number] if number is not None else 0)

    def best(self, query: Mapping[str, float], alive: NDArray[np.bool_], count: int) -> list[int]:
        """The ``count`` rows with the highest BM25 scores above 0, best first, for terms with weights.

        In a large index terms of more than a few thousand rows choose nothing, as long as rarer ones do: that decides
        among rows that hardly differ, and took most of the time.
        """
        known = [number for term in query if (number := self._numbers.get(term)) is not None]
        rare = [number for number in known if self._frequency[number] <= _COMMON]
        chosen = dict.fromkeys(rare if len(rare) > 1 else known)
        total = np.zeros(len(self._lengths), np.float32)
        norms = self._norms()
        for term, weight in query.items():
            if (number := self._numbers.get(term)) in chosen and number is not None:
                rows, counts = self._postings(number)
                total[rows] += self._factor(number, weight) * counts / (counts + norms[rows])
        scores = np.where(alive[: len(total)], total, 0)
        return [row for row in highest(scores, count) if scores[row] > 0]

    def scores(self, query: Mapping[str, float], rows: Sequence[int]) -> NDArray[np.float32]:
        """The BM25 scores of these rows, for terms with weights."""
        wanted = np.array(rows, np.int32)
        total = np.zeros(len(wanted), np.float32)
        norms = self._norms()[wanted] if len(wanted) else total
        for term, weight in query.items():
            if len(wanted) and (number := self._numbers.get(term)) is not None:
                known, counts = self._postings(number)
                at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
                count = np.where(known[at] == wanted, counts[at], np.float32(0))
                total += self._factor(number, weight) * count / (count + norms)
        return total

    def _postings(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """The rows of a term, ascending, and its weighted counts there."""
        return np.frombuffer(self._rows[number], np.int32), np.frombuffer(self._counts[number], np.float32)

    def _factor(self, number: int, weight: float) -> np.float32:
        return np.float32(weight * self._rarity(self._frequency[number]) * BEST_OF_A_TERM)

    def _norms(self) -> NDArray[np.float32]:
        lengths = np.frombuffer(self._lengths, np.float32) if self._lengths else np.zeros(0, np.float32)
        average = max(1.0, self._total_length / max(1, self._alive))
        norms: NDArray[np.float32] = np.float32(_K1 * (1.0 - _B)) + np.float32(_K1 * _B / average) * lengths
        return norms

    def phrases(self, rows: Sequence[int], sentences: Iterable[Sequence[str]]) -> NDArray[np.float32]:
        """For each row, how much the pairs of neighbouring terms say that it shares with the sentences."""
        worth: dict[int, float] = {}
        for sentence in sentences:
            for first, second in itertools.pairwise(sentence):
                a, b = self._numbers.get(first), self._numbers.get(second)
                if a is not None and b is not None:
                    worth[(a << _SHIFT) + b] = self._rarity(max(self._frequency[a], self._frequency[b]))
        if not worth or not rows:
            return np.zeros(len(rows), np.float32)
        pairs = np.array(sorted(worth), np.int64)
        values = np.array([worth[int(pair)] for pair in pairs], np.float32)
        parts = [np.frombuffer(self._terms[row], np.int32) for row in rows]
        numbers = np.concatenate(parts).astype(np.int64)
        owner = np.repeat(np.arange(len(rows)), [len(part) for part in parts])
        codes = (numbers[:-1] << _SHIFT) + numbers[1:]
        at = np.minimum(np.searchsorted(pairs, codes), len(pairs) - 1)
        found = (pairs[at] == codes) & (owner[:-1] == owner[1:]) & (numbers[:-1] >= 0)
        once = np.unique(owner[:-1][found] * len(pairs) + at[found])  # a phrase counts once in a text
        totals = np.bincount(once // len(pairs), values[once % len(pairs)], minlength=len(rows))
        return totals.astype(np.float32)

    def title_overlap(self, rows: Sequence[int], title: Iterable[str]) -> NDArray[np.float32]:
        """For each row, the Jaccard coefficient of the terms of its title and those given."""
        asked = set(title)
        known = {number for term in asked if (number := self._numbers.get(term)) is not None}
        overlaps = np.zeros(len(rows), np.float32)
        for at, row in enumerate(rows):
            own = self._titles[row]
            common = len(own & known)
            if common:
                overlaps[at] = common / (len(own) + len(asked) - common)
        return overlaps

    def shared(self, row: int, terms: Iterable[str]) -> list[str]:
        """Which of the terms occur in a row, in the order given."""
        own = set(self._terms[row])
        return [term for term in terms if self._numbers.get(term, -2) in own]

    def _number(self, term: str) -> int:
        number = self._numbers.setdefault(term, len(self._numbers))
        if number == len(self._rows):
            self._rows.append(array("i"))
            self._counts.append(array("f"))
            self._frequency.append(0)
        return number

    def _rarity(self, found: int) -> float:
        return math.log((self._alive + _UNSEEN - found + 0.5) / (found + 0.5) + 1.0)
