"""A map of the repository: signatures only, grouped by file, the best ranked that fit a budget of tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration.tokens import estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from vt_lsp.claude_integration.symbol_graph import Node, SymbolGraph

_LONG: Final = 160  # characters of a signature
_LEAST: Final = 1e-6
_FULL: Final = 40  # entries in a row that no longer fit: the budget is spent

Entry = tuple[str, str]  # path and qualified name; the name is empty for the file itself


@dataclass(frozen=True, slots=True)
class RepositoryMap:
    """The text, what stands in it, and what it costs."""

    text: str
    entries: tuple[Entry, ...]
    tokens: int

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that it names, in order."""
        return tuple(dict.fromkeys(path for path, _ in self.entries))


def repository_map(
    graph: SymbolGraph,
    rank: NDArray[np.float64],
    budget: int,
    is_allowed: Callable[[str], bool] = lambda _path: True,
    known: frozenset[Entry] = frozenset(),
) -> RepositoryMap:
    """The definitions of the highest rank, with the classes that they stand in, within ``budget`` tokens.

    Files that are not allowed do not appear. Files come in the order of their best entry, entries in the order of the
    text. What is ``known`` is not said again, unless it is around something new.
    """
    chosen: dict[str, dict[str, str]] = {}
    spent = missed = 0
    for number in rank.argsort()[::-1]:
        node = graph.nodes[int(number)]
        if rank[number] < _LEAST or missed >= _FULL:
            break
        if (node.path, node.name) in known or not is_allowed(node.path):
            continue
        added = _missing(graph, chosen.get(node.path), node)
        cost = sum(estimate(line + "\n") for line in added.values())
        if spent + cost > budget:
            missed += 1
            continue
        chosen.setdefault(node.path, {}).update(added)
        spent += cost
    text = "".join(_file(graph, path, entries) for path, entries in chosen.items())
    entries = tuple((path, name) for path, found in chosen.items() for name in found)
    return RepositoryMap(text, entries, estimate(text))


def _missing(graph: SymbolGraph, chosen: dict[str, str] | None, node: Node) -> dict[str, str]:
    """The lines that the map lacks to show a node: its file, the classes around it, itself."""
    wanted = [""]
    if node.name and node.declared:
        wanted.append(node.name)
    elif node.name:
        parts = node.name.split(".")
        wanted += [".".join(parts[: count + 1]) for count in range(len(parts))]
    return {name: _line(graph, node.path, name) for name in wanted if chosen is None or name not in chosen}


def _line(graph: SymbolGraph, path: str, name: str) -> str:
    if not name:
        return f"{path}:"
    number = graph.find(path, name)
    return signature(graph.nodes[number]) if number is not None else f"  {name}"


def _file(graph: SymbolGraph, path: str, entries: dict[str, str]) -> str:
    def place(name: str) -> tuple[int, str]:
        number = graph.find(path, name) if name else None
        symbol = graph.nodes[number].symbol if number is not None else None
        return (symbol.start if symbol is not None else -1 if not name else 1 << 40), name

    return "".join(f"{entries[name]}\n" for name in sorted(entries, key=place))


def signature(node: Node) -> str:
    """One definition in one line, indented as deep as it stands."""
    symbol, last = node.symbol, node.name.rpartition(".")[2]
    if symbol is None:
        return f"  [{node.declared}] {node.name}"
    indent = "  " * (1 + node.name.count("."))
    flags = "async " if "async" in symbol.flags else ""
    match symbol.kind:
        case "class":
            bases = f"({', '.join(symbol.bases)})" if symbol.bases else ""
            said = f"class {last}{bases}"
        case "function" | "method":
            returns = f" -> {symbol.returns}" if symbol.returns else ""
            said = f"{flags}def {last}{symbol.signature}{returns}"
        case "property":
            said = f"@property {last}" + (f" -> {symbol.returns}" if symbol.returns else "")
        case _:
            said = last + (f": {symbol.annotation}" if symbol.annotation else "")
            said += f" = {symbol.value}" if symbol.value else ""
    said = " ".join(said.split())
    return indent + (said if len(said) <= _LONG else f"{said[: _LONG - 1]}…")
