"""Open the memory of a project for one command."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vt_lsp.cli.errors import UsageError
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, open_memory
from vt_lsp.workflow_memory.recall import Recall, open_recall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vt_lsp.workflow_memory.memory_store import MemoryStore


@contextmanager
def opened(root: Path) -> Iterator[tuple[MemoryStore, Recall]]:
    """The store of a project and what it recalls; what goes wrong with it is told in one line."""
    try:
        with open_memory(root) as store:
            yield store, open_recall(store)
    except MemoryStoreError as error:
        raise UsageError(str(error)) from error
