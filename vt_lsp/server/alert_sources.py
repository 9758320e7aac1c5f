"""What alerts learn beside evaluations: conflicts of decisions and forecasts. Asked once a day, beside the loop."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.alert_input import conflict_events
from vt_lsp.continuous_eval.alert_input import forecasts as forecast_days
from vt_lsp.models import AlertType
from vt_lsp.progress.history import Histories
from vt_lsp.progress.report import Document, is_task_list
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, has_memory, open_memory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from vt_lsp.continuous_eval.alert_events import Event
    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Folder


async def conflicts(folder: Folder) -> Mapping[AlertType, tuple[Event, ...]] | None:
    """The conflicts of the folder's decisions; None where it has none, or they cannot be read."""
    return await asyncio.to_thread(_conflicts, Path(folder.root))


def _conflicts(root: Path) -> Mapping[AlertType, tuple[Event, ...]] | None:
    if not has_memory(root):
        return None
    from vt_lsp.workflow_memory.recall import Recall  # noqa: PLC0415 - only where something was recorded

    try:
        with open_memory(root) as store:
            return {AlertType.DECISION_CONFLICT: conflict_events(Recall(store, None).conflicts.all())}
    except MemoryStoreError:
        return None  # whoever asks for decisions is told


async def forecasts(folder: Folder) -> Mapping[str, date]:
    """By path, the day that each task list of the folder is forecast for."""
    engine = folder.engine
    if engine is None or not engine.settings.history:
        return {}
    documents = _documents(engine)
    return await asyncio.to_thread(forecast_days, documents, Histories(engine.git, engine.store), time.time())


def _documents(engine: Engine) -> list[Document]:
    found = []
    for path, facts in sorted(engine.index.specs.items()):
        data = (engine.text(path) or b"") if facts.tasks else b""
        if facts.tasks and is_task_list(path, facts, data):
            try:
                changed = (engine.root / path).stat().st_mtime
            except OSError:
                changed = time.time()
            found.append(Document(path, facts, data, engine.drifts(path), changed))
    return found
