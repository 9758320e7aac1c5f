"""Record decisions one after the other, and say the number of each once the store has acknowledged it.

``python writer.py DIRECTORY FIRST [LIMIT]``: with a limit no file may grow over so many bytes, as on a full disk.
"""

from __future__ import annotations

import resource
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vt_lsp.models import DecisionType, WorkflowDecision
from vt_lsp.workflow_memory.ids import make_id
from vt_lsp.workflow_memory.memory_store import MemoryStore, MemoryStoreError


def main(directory: str, first: str, limit: str = "") -> None:
    store = MemoryStore(Path(directory))
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    number = int(first)
    while True:
        timestamp = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        made = WorkflowDecision(
            id=make_id(timestamp, str(number)),
            timestamp=timestamp,
            decision_type=DecisionType.TESTING,
            outcome=f"number {number}",
            rationale="because " * 40,
        )
        try:
            store.put(made)
        except MemoryStoreError as error:
            sys.stdout.write(f"! {error}\n")
            return
        sys.stdout.write(f"{made.id}\n")
        sys.stdout.flush()
        number += 1


main(*sys.argv[1:])
