"""A conflict is settled by a person: one of four ways, with a reason, recorded as a decision of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vt_lsp.models import DecisionLink, LinkType
from vt_lsp.workflow_memory.memory_store import MemoryStoreError

if TYPE_CHECKING:
    from vt_lsp.models import WorkflowDecision
    from vt_lsp.workflow_memory.conflict_detector import Conflict, Way
    from vt_lsp.workflow_memory.decision_tracker import DecisionTracker

EXCEPTION_TAG = "exception"


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a person settles a conflict.

    ``prevails`` is the id of the side that stays; empty follows the rules of precedence, another one overrides them and
    needs a reason. ``scope`` says, for narrowing, where the side that stays holds.
    """

    way: Way
    reason: str = ""
    prevails: str = ""
    scope: str = ""


def reconcile(tracker: DecisionTracker, conflict: Conflict, settlement: Settlement) -> WorkflowDecision:
    """Settle a conflict; gives the decision that records it.

    Superseding ends the other side. Amending and an exception leave both in force: the side that stays
    is linked as amending the other.
    Raises MemoryStoreError when something is missing.
    """
    way, reason, scope = settlement.way, settlement.reason, settlement.scope
    sides = {conflict.older.id: conflict.newer.id, conflict.newer.id: conflict.older.id}
    stays = settlement.prevails or conflict.prevails
    if stays not in sides:
        raise MemoryStoreError(f"{stays} is not a side of this conflict ({conflict.older.id}, {conflict.newer.id})")
    if stays != conflict.prevails and not reason.strip():
        raise MemoryStoreError(f"by the rules {conflict.prevails} prevails; to override them, give a reason")
    if way == "narrow" and not scope.strip():
        raise MemoryStoreError("to narrow a decision, say where it holds")
    kept, other = tracker.store.need(stays), tracker.store.need(sides[stays])
    said = {
        "supersede": f"{kept.id} supersedes {other.id}",
        "amend": f"{kept.id} amends {other.id}",
        "narrow": f"{kept.id} holds only there: {scope}",
        "exception": f"{kept.id} is an exception to {other.id}",
    }[way]
    if way == "supersede":
        tracker.supersede(other.id, kept.id, reason or said)
    else:
        links = tuple(dict.fromkeys((*kept.links, DecisionLink(LinkType.AMENDS, other.id))))
        context = {**kept.context, "scope": scope} if way == "narrow" else kept.context
        tags = tuple(dict.fromkeys((*kept.tags, EXCEPTION_TAG))) if way == "exception" else kept.tags
        tracker.change(kept.id, reason or said, links=links, context=context, tags=tags)
    return tracker.record(
        said,
        kept.decision_type,
        title=f"Reconciled {conflict.older.id} and {conflict.newer.id}",
        rationale=reason or conflict.explanation,
        context={"situation": conflict.explanation},
        tags=("reconciliation",),
        links=(DecisionLink(LinkType.RELATES, kept.id), DecisionLink(LinkType.RELATES, other.id)),
    )
