"""What was kept of a project beside its files: decisions and their conflicts, alerts, measurements, Claude's cost.

Each function reads one store and gives plain data, or None where there is nothing; none of them raises for a store that
is missing or damaged.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from vt_lsp.workflow_memory import timeline
from vt_lsp.workflow_memory.adr_files import sync
from vt_lsp.workflow_memory.exchange import whole
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, open_memory
from vt_lsp.workflow_memory.recall import Recall

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.workflow_memory.conflict_detector import Conflict

log = logging.getLogger(__name__)

Json = dict[str, Any]

_LONGEST: Final = 1_000  # characters of one text of a decision


def decisions(root: Path) -> tuple[list[Json], list[Json]]:
    """All decisions of a project, oldest first, with what became of them; and the conflicts between them."""
    try:
        with open_memory(root) as store:
            sync(root, store)
            found = timeline.entries(list(store.all()), store.outcomes())
            conflicts = Recall(store, None).conflicts.report().conflicts if found else ()
    except MemoryStoreError as error:
        log.warning("the report is without decisions: %s", error)
        return [], []
    rows: list[Json] = whole(found)
    for row in rows:
        for name in ("outcome", "rationale", "note"):
            row[name] = row[name] if len(row[name]) <= _LONGEST else f"{row[name][: _LONGEST - 1]}…"
    return rows, [_conflict(one) for one in conflicts]


def _conflict(one: Conflict) -> Json:
    return {
        "severity": str(one.severity),
        "explanation": one.explanation,
        "older": {"id": one.older.id, "quote": one.older.quote},
        "newer": {"id": one.newer.id, "quote": one.newer.quote},
        "prevails": one.prevails,
        "ways": [way.title for way in one.resolutions],
    }
