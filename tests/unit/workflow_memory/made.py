"""Decisions for the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from vt_lsp.models import DecisionType, WorkflowDecision
from vt_lsp.workflow_memory.ids import make_id

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def decision(number: int = 0, **fields: Any) -> WorkflowDecision:
    """The number-th decision, a day after the one before; with the same id each time."""
    timestamp = fields.pop("timestamp", START + timedelta(days=number))
    given: dict[str, Any] = {
        "id": make_id(timestamp, str(number)),
        "timestamp": timestamp,
        "decision_type": DecisionType.ERROR_HANDLING,
        "title": f"Retry number {number}",
        "outcome": "Retry with exponential back-off",
        "rationale": "The payment gateway answers late",
    }
    return WorkflowDecision(**given | fields)
