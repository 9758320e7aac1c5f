"""Past decisions for a question: those that fit it, or all; none where there is no memory. Blocking."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from vt_lsp.claude_integration.messages import Excerpt
from vt_lsp.claude_integration.streaming import Decision
from vt_lsp.workflow_memory.adr_files import sync
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, open_memory
from vt_lsp.workflow_memory.precedent_engine import precedents
from vt_lsp.workflow_memory.precedent_index import Situation
from vt_lsp.workflow_memory.recall import open_recall, requirements_in

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.models import DriftReport, WorkflowDecision

log = logging.getLogger(__name__)

_MOST = 5


def situation_of(question: str, path: str, drift: DriftReport | None, symbol: str) -> Situation:
    """What is asked, as the memory is asked."""
    text = f"{question}\n{drift.details}" if drift is not None else question
    places = {path, drift.spec.path, drift.code.path if drift.code is not None else ""} if drift is not None else {path}
    return Situation(
        title=drift.details if drift is not None else question,
        text=text,
        symbols=frozenset({symbol} - {""}),
        paths=frozenset(places - {""}),
        requirements=requirements_in(text),
    )


def fitting(root: Path, situation: Situation) -> tuple[Decision, ...]:
    """The decisions that fit, best first."""
    try:
        with open_memory(root) as store:
            sync(root, store)
            recall = open_recall(store)
            found = precedents(recall.precedents, situation, _MOST)
            return tuple(_decision(store.need(one.entry.id), one.reasons) for one in found)
    except MemoryStoreError as error:
        log.warning("the memory cannot be asked: %s", error)
        return ()


def everything(root: Path) -> tuple[Excerpt, ...]:
    """All decisions, one paragraph each, the newest first; nothing where there are none."""
    try:
        with open_memory(root) as store:
            sync(root, store)
            found = sorted(store.all(), key=lambda one: one.timestamp, reverse=True)
    except MemoryStoreError as error:
        log.warning("the memory cannot be asked: %s", error)
        return ()
    text = "\n\n".join(_paragraph(one) for one in found)
    return (Excerpt("All decisions, the newest first", text),) if text else ()


def _decision(one: WorkflowDecision, reasons: tuple[str, ...]) -> Decision:
    title = one.title or one.outcome.partition("\n")[0]
    return Decision(one.id, title, one.outcome, str(one.status), f"{one.timestamp:%Y-%m-%d}", reasons)


def _paragraph(one: WorkflowDecision) -> str:
    head = f"{one.id} {one.timestamp:%Y-%m-%d} {one.decision_type}, {one.status}: {one.title}"
    links = ", ".join(f"{link.type} {link.target}" for link in one.links)
    return "\n".join(
        text for text in (head, one.outcome, f"because: {one.rationale}" * bool(one.rationale), links) if text
    )
