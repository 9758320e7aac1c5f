"""Which definitions matter for a place: personalised PageRank over who names what.

A node is a file, a definition in it, or something that it declares (an option, an environment variable, a route). A
file leads to the definitions that its words name, a definition to its file, its class and its bases. The walk starts at
the seeds and returns to them, so what is near to the question ranks before what is merely popular.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from vt_lsp.models import CodeFacts, Symbol

_DAMPING: Final = 0.8
_ROUNDS: Final = 24
_COMMON: Final = 12  # a word that more files define tells nothing
_ASIDE: Final = 0.2  # what a test or a tool names counts for less
_OWN: Final = 0.5  # of a file to its own definitions, all together
_SUBWORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


@dataclass(frozen=True, slots=True)
class Node:
    """A file (``name`` empty), a definition, or a declared name; ``symbol`` is None for all but definitions."""

    path: str
    name: str = ""
    symbol: Symbol | None = None
    declared: str = ""  # its kind


class SymbolGraph:
    """The graph of one state of the project; never changed."""

    def __init__(self, code: Mapping[str, CodeFacts], product: Collection[str]) -> None:
        """``code`` are the facts by path, ``product`` the paths that are no tests, examples or tools."""
        self.nodes: list[Node] = []
        self._code = code
        self._product = frozenset(product)
        self._files: dict[str, int] = {}
        self._at: dict[tuple[str, str], int] = {}
        self._named: dict[str, list[int]] = defaultdict(list)
        self._subwords: dict[str, list[int]] = defaultdict(list)
        self._edges: list[tuple[int, int, float]] = []
        for path, facts in code.items():
            self._add_file(path, facts)
        for path, facts in code.items():
            self._link(path, facts)
        self._matrix = _Matrix(len(self.nodes), self._edges)
        self._edges = []

    @property
    def code(self) -> Mapping[str, CodeFacts]:
        """The facts that it was made of."""
        return self._code

    def rank(self, seeds: Mapping[int, float]) -> NDArray[np.float64]:
        """The share of each node, together 1; without seeds, of what is popular."""
        return self._matrix.walk(seeds)

    def file(self, path: str) -> int | None:
        """The node of a file."""
        return self._files.get(path)

    def find(self, path: str, name: str) -> int | None:
        """The node of a definition, by its qualified name."""
        return self._at.get((path, name))

    def named(self, name: str) -> Sequence[int]:
        """Definitions and declared things with this last name."""
        return self._named.get(name, ())

    def is_product(self, node: int) -> bool:
        """The node stands in no test, example or tool."""
        return self.nodes[node].path in self._product

    def alike(self, name: str, most: int = 8) -> list[tuple[int, float]]:
        """Nodes that share words with a name, the rarer the better: (node, likeness up to 1), best first."""
        words = set(subwords(name))
        if not words:
            return []
        scores: dict[int, float] = defaultdict(float)
        total = 0.0
        for word in words:
            found = self._subwords.get(word, ())
            weight = math.log(1 + len(self.nodes) / (1 + len(found)))
            total += weight
            if len(found) <= len(self.nodes) // 20 + 50:
                for node in found:
                    scores[node] += weight
        rows = [
            (node, score / (total + 0.4 * max(len(set(subwords(self._word(node)))) - len(words), 0)))
            for node, score in scores.items()
        ]
        rows.sort(key=lambda row: (-row[1], self.nodes[row[0]].path, self.nodes[row[0]].name))
        return rows[:most]

    # ------------------------------------------------------------------------------------------------------- building

    def _word(self, node: int) -> str:
        one = self.nodes[node]
        return one.name.rpartition(".")[2] if one.name else one.path.rpartition("/")[2].partition(".")[0]

    def _add(self, node: Node) -> int:
        number = len(self.nodes)
        self.nodes.append(node)
        for word in dict.fromkeys(subwords(self._word(number))):
            self._subwords[word].append(number)
        return number

    def _add_file(self, path: str, facts: CodeFacts) -> None:
        self._files[path] = self._add(Node(path))
        for symbol in facts.symbols:
            if (path, symbol.name) not in self._at:
                number = self._at[path, symbol.name] = self._add(Node(path, symbol.name, symbol))
                self._named[symbol.name.rpartition(".")[2]].append(number)
        for one in facts.declared:
            if one.kind in {"option", "environment", "route", "command"} and (path, one.name) not in self._at:
                number = self._at[path, one.name] = self._add(Node(path, one.name, declared=one.kind))
                self._named[one.name].append(number)

    def _link(self, path: str, facts: CodeFacts) -> None:
        file, weight = self._files[path], 1.0 if path in self._product else _ASIDE
        own = [number for name in dict.fromkeys(_names(facts)) if (number := self._at.get((path, name))) is not None]
        for number in own:
            self._edges += [(number, file, 1.0), (file, number, _OWN / len(own))]
            self._link_symbol(path, number)
        for word in facts.words.split():
            found = self._named.get(word, ())
            elsewhere = [number for number in found if self.nodes[number].path != path]
            if elsewhere and len(elsewhere) <= _COMMON:
                self._edges += [(file, number, weight / len(elsewhere)) for number in elsewhere]

    def _link_symbol(self, path: str, number: int) -> None:
        node = self.nodes[number]
        owner = self._at.get((path, node.name.rpartition(".")[0])) if "." in node.name else None
        if owner is not None:
            self._edges += [(number, owner, 1.0), (owner, number, 0.3)]
        for base in node.symbol.bases if node.symbol is not None else ():
            found = self._named.get(base.partition("[")[0].rpartition(".")[2], ())
            self._edges += [(number, other, 1.0 / len(found)) for other in found[:_COMMON]]


class _Matrix:
    """Edges as arrays, with the weights of each node's edges together 1."""

    def __init__(self, size: int, edges: Iterable[tuple[int, int, float]]) -> None:
        rows = np.array(list(edges), dtype=np.float64).reshape(-1, 3)
        self._size = size
        self._from = rows[:, 0].astype(np.int64)
        self._to = rows[:, 1].astype(np.int64)
        sums = np.bincount(self._from, weights=rows[:, 2], minlength=size)
        self._weights = rows[:, 2] / sums[self._from] if len(rows) else rows[:, 2]
        self._dead = sums == 0

    def walk(self, seeds: Mapping[int, float]) -> NDArray[np.float64]:
        if not self._size:
            return np.zeros(0)
        start = np.zeros(self._size)
        for node, weight in seeds.items():
            start[node] += weight
        start = start / start.sum() if start.sum() else np.full(self._size, 1.0 / self._size)
        rank = start.copy()
        for _ in range(_ROUNDS):
            moved = np.bincount(self._to, weights=rank[self._from] * self._weights, minlength=self._size)
            rank = _DAMPING * (moved + rank[self._dead].sum() * start) + (1 - _DAMPING) * start
        return rank


def subwords(name: str) -> list[str]:
    """The words that a name is made of, in lower case: ``HTTPRequest_id`` -> http, request, id."""
    return [word.lower() for word in _SUBWORD.findall(name) if len(word) > 1]


def _names(facts: CodeFacts) -> list[str]:
    return [*(symbol.name for symbol in facts.symbols), *(one.name for one in facts.declared)]
