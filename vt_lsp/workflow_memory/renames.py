"""What decisions are about follows the code: symbols and files that git knows to have another name now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.workspace.history import PastDefinition, PastFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vt_lsp.models import WorkflowDecision
    from vt_lsp.workflow_memory.decision_tracker import DecisionTracker

    Exists = Callable[[str], bool]


def gone(symbols: Iterable[str], files: Iterable[str], is_defined: Exists, is_there: Exists) -> set[str]:
    """The names and paths of decisions that the project no longer has: what to ask git about."""
    names = {part for symbol in symbols for part in symbol.split(".") if not is_defined(part)}
    return names | {path for path in files if "/" in path and not is_there(path)}


def follow(tracker: DecisionTracker, past: Mapping[str, object], is_defined: Exists) -> list[WorkflowDecision]:
    """Give decisions the present names of what they are about, each as an event; ``past`` is what git knew.

    Only a name that is defined now takes the place of another, and only where file and class are those that were meant.
    """
    changed = []
    for decision in list(tracker.store.all()) if past else ():
        symbols = tuple(_symbol(symbol, decision.files, past, is_defined) for symbol in decision.symbols)
        files = tuple(_file(path, past) for path in decision.files)
        if (symbols, files) != (decision.symbols, decision.files):
            reason = "the code was renamed"
            changed.append(tracker.change(decision.id, reason, symbols=symbols, files=files))
    return changed


def _file(path: str, past: Mapping[str, object]) -> str:
    known = past.get(path)
    return known.renamed_to or path if isinstance(known, PastFile) else path


def _symbol(symbol: str, files: tuple[str, ...], past: Mapping[str, object], is_defined: Exists) -> str:
    before, after = symbol.split("."), symbol.split(".")
    for at, name in enumerate(before):
        known = past.get(name)
        if not isinstance(known, PastDefinition) or not known.renamed_to or not is_defined(known.renamed_to):
            continue
        inner = known.symbol.split(".")
        outer = before[: at + 1 - len(inner)]
        if before[at + 1 - len(inner) : at + 1] == inner and _is_in(known.path, outer, files):
            after[at] = known.renamed_to
    return ".".join(after)


def _is_in(path: str, module: list[str], files: tuple[str, ...]) -> bool:
    """Whether a file is the module that a symbol names, or, where it names none, one that the decision names."""
    dotted = path.rpartition(".")[0].removesuffix("/__init__").split("/")
    return dotted[-len(module) :] == module if module else path in files
