"""What a project's memory says to a situation: its precedents and its conflicts, kept up with the store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vt_lsp.models import DecisionStatus
from vt_lsp.workflow_memory.conflict_detector import IN_FORCE, ConflictIndex, decided_of
from vt_lsp.workflow_memory.precedent_index import Entry, PrecedentIndex
from vt_lsp.workflow_memory.vectors import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.models import Outcome, WorkflowDecision
    from vt_lsp.workflow_memory.memory_store import MemoryStore
    from vt_lsp.workflow_memory.vectors import StaticVectors

_REQUIREMENT: Final = re.compile(r"\b[A-Z][A-Z]{1,9}-\d+(?:[.-]\d+)*\b")


class Recall:
    """Both indexes of one store; ``refresh`` takes in what changed since, by whichever process."""

    def __init__(self, store: MemoryStore, vectors: StaticVectors | None) -> None:
        self._store = store
        self._sequence = 0
        self.precedents = PrecedentIndex((), vectors)
        self.conflicts = ConflictIndex()
        self.refresh()

    def refresh(self) -> None:
        """Take in every decision that was recorded, changed, replaced or judged since the last time."""
        latest = self._store.last_sequence()
        if latest == self._sequence:
            return
        for decision in self._store.changed_since(self._sequence):
            successors = self._store.successors(decision.id)
            self.precedents.put(entry_of(decision, self._store.outcomes(decision.id), successors))
            self.conflicts.put(decided_of(decision))
        self._sequence = latest


def open_recall(store: MemoryStore) -> Recall:
    """The indexes of a store, with static vectors where they are installed."""
    return Recall(store, load())


def entry_of(decision: WorkflowDecision, outcomes: Sequence[Outcome], successors: Sequence[str]) -> Entry:
    """A decision for retrieval; of its outcomes the last that can be judged counts."""
    text = "\n".join((decision.outcome, *decision.context.values(), decision.rationale, *decision.alternatives))
    section = decision.context.get("section", "")
    judged = [outcome.success for outcome in outcomes if outcome.success is not None]
    return Entry(
        id=decision.id,
        title=decision.title or decision.outcome.partition("\n")[0],
        text=text,
        when=decision.timestamp.timestamp(),
        tags=frozenset(decision.tags),
        symbols=frozenset(decision.symbols),
        paths=frozenset(decision.files),
        requirements=requirements_in(f"{decision.title} {text}"),
        sections=frozenset(f"{path}#{section}" for path in decision.files) if section else frozenset(),
        links=frozenset((*decision.precedents, *(link.target for link in decision.links))),
        superseded_by=successors[-1] if successors and decision.status is DecisionStatus.SUPERSEDED else "",
        outcome=(1.0 if judged[-1] else -1.0) if judged else 0.0,
        in_force=decision.status.value in IN_FORCE,
    )


def requirements_in(text: str) -> frozenset[str]:
    """The ids of requirements that a text names (``REQ-12``, ``FR-3.1``)."""
    return frozenset(_REQUIREMENT.findall(text[:20_000]))
