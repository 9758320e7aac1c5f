"""What a decision would contradict, asked before it is recorded; and which conflicts are news."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.models import DriftType
from vt_lsp.workflow_memory.conflict_detector import ConflictIndex, decided_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.models import DriftReport, WorkflowDecision
    from vt_lsp.workflow_memory.conflict_detector import Conflict
    from vt_lsp.workflow_memory.memory_store import MemoryStore


def contradicted(store: MemoryStore, new: WorkflowDecision) -> list[str]:
    """A line for each standing decision that a draft contradicts, with its words."""
    index = ConflictIndex()
    for decision in store.all():
        index.put(decided_of(decision))
    lines = []
    for conflict in index.against(decided_of(new)):
        side = conflict.newer if conflict.older.id == new.id else conflict.older
        lines.append(f"this contradicts {side.id} ({side.title}): “{side.quote}”")
    return lines


def contradicting_code(drifts: Iterable[DriftReport]) -> list[DriftReport]:
    """The drifts by which the code does otherwise than a decision record says, as evidence."""
    return [drift for drift in drifts if drift.drift_type is DriftType.DECISION_CONTRADICTED]


def new_conflicts(before: Iterable[Conflict], after: Iterable[Conflict]) -> list[Conflict]:
    """The conflicts of ``after`` that were not there ``before``, or were less grave; what an alert is about."""
    known = {conflict.key: conflict.severity for conflict in before}
    return [conflict for conflict in after if known.get(conflict.key) != conflict.severity]
