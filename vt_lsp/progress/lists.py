"""The task lists of a workspace, as the engine knows them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vt_lsp.progress.churn import churn
from vt_lsp.progress.history import Histories
from vt_lsp.progress.report import Document, Progress, is_task_list, progress_of
from vt_lsp.progress.ticks import Ticks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.engine import Engine


def task_lists(engine: Engine) -> list[str]:
    """The paths of the documents that are lists of tasks which somebody means to do, sorted."""
    specs = sorted(engine.index.specs.items())
    return [path for path, facts in specs if facts.tasks and is_task_list(path, facts, engine.text(path) or b"")]


def document(engine: Engine, path: str) -> Document | None:
    """A document with tasks as it stands now, to be looked at in any thread; None where there are none."""
    facts = engine.spec_facts(path)
    if facts is None or not facts.tasks:
        return None
    try:
        changed = (engine.root / path).stat().st_mtime
    except OSError:
        changed = time.time()
    named = sorted(
        (claim.start, verdict.target[0]) for claim, verdict in engine.verdicts(path) if verdict.target is not None
    )
    drifts = [drift for drift in engine.drifts(path) if drift.spec.path == path]
    return Document(path, facts, engine.text(path) or b"", drifts, changed, named)


def look(engine: Engine, documents: Iterable[Document], now: float) -> list[Progress]:
    """What can be said of these lists at ``now`` (seconds since 1970); blocking, for any thread."""
    histories = Histories(engine.git, engine.store, Ticks(engine.root))
    recent = churn(engine.git, engine.store, now)
    return [progress_of(one, histories, now, recent) for one in documents]
