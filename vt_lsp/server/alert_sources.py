"""What alerts learn beside evaluations: conflicts of decisions and forecasts. Asked once a day, beside the loop."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.alert_input import conflict_events
from vt_lsp.models import AlertType
from vt_lsp.progress import lists
from vt_lsp.progress.slip import outlooks
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, has_memory, open_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vt_lsp.continuous_eval.alert_events import Event
    from vt_lsp.engine import Engine
    from vt_lsp.progress.report import Document
    from vt_lsp.progress.slip import Outlook
    from vt_lsp.server.session import Folder


async def conflicts(folder: Folder) -> Mapping[AlertType, tuple[Event, ...]] | None:
    """The conflicts of the folder's decisions; None where it has none, or they cannot be read."""
    is_trusted = folder.settings is None or not folder.settings.untrusted_workspace
    return await asyncio.to_thread(lambda: _conflicts(Path(folder.root), may_run_git=is_trusted))


def _conflicts(root: Path, *, may_run_git: bool) -> Mapping[AlertType, tuple[Event, ...]] | None:
    if not has_memory(root, may_run_git=may_run_git):
        return None
    from vt_lsp.workflow_memory.recall import Recall  # noqa: PLC0415 - only where something was recorded

    try:
        with open_memory(root, may_run_git=may_run_git) as store:
            return {AlertType.DECISION_CONFLICT: conflict_events(Recall(store, None).conflicts.all())}
    except MemoryStoreError:
        return None  # whoever asks for decisions is told


async def expectations(folder: Folder) -> Sequence[Outlook]:
    """What is to be expected of each task list of the folder."""
    engine = folder.engine
    if engine is None or not engine.settings.history:
        return ()
    found = [lists.document(engine, path) for path in lists.task_lists(engine)]
    return await asyncio.to_thread(_expectations, engine, [one for one in found if one is not None])


def _expectations(engine: Engine, documents: Sequence[Document]) -> Sequence[Outlook]:
    now = time.time()
    today = datetime.fromtimestamp(now, UTC).date()
    return [outlook for one in lists.look(engine, documents, now) for outlook in outlooks(one, today)]
