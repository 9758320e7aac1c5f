"""The workflow memory of a folder: opened at its first use, used by one thread, kept up with the disk."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.workflow_memory.adr_files import may_decide, sync
from vt_lsp.workflow_memory.decision_tracker import DecisionTracker, author_from
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, has_memory, open_memory
from vt_lsp.workspace.git import Git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vt_lsp.server.session import Folder
    from vt_lsp.workflow_memory.recall import Recall
    from vt_lsp.workspace.discovery import Listing

T = TypeVar("T")
log = logging.getLogger(__name__)

_BUDGET = 20.0  # seconds for git
PATIENCE_SECONDS = 0.25  # for those who only look: an answer without decisions is better than a late one


class Opened(NamedTuple):
    """The memory as an action finds it: what was recorded, and what it says to a situation."""

    tracker: DecisionTracker
    recall: Recall


class Memory:
    """The memory of one folder. Owned by the loop; a thread of its own does one action after the other."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "vt-lsp-memory")
        self._opened: Opened | None = None
        self._is_stale = True  # decisions that stand in the repository may have changed
        self._listing: Listing | None = None
        self._is_followed = False
        self._decides = False  # whether a file of that listing decides something

    def changed(self, paths: Iterable[str]) -> None:
        """Files were written: those that decide something are read again at the next use."""
        self._is_stale = self._is_stale or any(map(may_decide, paths))

    async def run(self, action: Callable[[Opened], T]) -> T:
        """Do something for a person; the memory is made if there is none. What it says is told to the client."""
        self._is_stale = True
        try:
            return await asyncio.wrap_future(self._thread.submit(self._do, action))
        except MemoryStoreError as error:
            raise JsonRpcInvalidParams(str(error)) from error

    async def look(self, action: Callable[[Opened], T], late: Callable[[], None] = lambda: None) -> T | None:
        """The same for a hover or a lens: None where nothing was ever decided, or where it takes too long.

        In the latter case ``late`` is called once it could be asked again.
        """
        if not self._is_worth_it():
            return None
        future = asyncio.wrap_future(self._thread.submit(self._do, action))
        try:
            return await asyncio.wait_for(asyncio.shield(future), PATIENCE_SECONDS)
        except TimeoutError:
            future.add_done_callback(lambda done: None if done.cancelled() or done.exception() else late())
        except MemoryStoreError as error:
            log.warning("the memory of decisions: %s", error)
        return None

    async def follow_renames(self) -> None:
        """Once for each opening: what decisions are about gets its present names, as far as git knows them."""
        engine = self._folder.engine
        if self._is_followed or engine is None or not engine.is_complete or not engine.settings.history:
            return
        self._is_followed = True
        from vt_lsp.workflow_memory.renames import follow, gone  # noqa: PLC0415 - it is rarely needed

        store = self._opened.tracker.store if self._opened is not None else None
        if store is None:
            return
        symbols = await asyncio.to_thread(store.facet_counts, "symbol")
        files = await asyncio.to_thread(store.facet_counts, "file")
        index = engine.index
        past = await asyncio.to_thread(
            engine.recall, gone(symbols, files, lambda name: bool(index.defined_in(name)), index.has_path), _BUDGET
        )
        new = {str(name) for one in past.values() if (name := getattr(one, "renamed_to", None))}
        defined = {name for name in new if index.defined_in(name)}
        if new:
            await self.run(lambda opened: follow(opened.tracker, past, defined.__contains__))

    def close(self) -> None:
        """Let go of the file, after what is under way; does not wait."""
        self._thread.submit(self._release)
        self._thread.shutdown(wait=False)

    def _is_worth_it(self) -> bool:
        if self._opened is not None or has_memory(Path(self._folder.root), may_run_git=self._may_run_git()):
            return True
        listing = self._folder.listing
        if listing is not None and listing is not self._listing:
            self._listing = listing
            self._decides = any(map(may_decide, listing.specs))
        return self._decides

    def _may_run_git(self) -> bool:
        settings = self._folder.settings
        return settings is None or not settings.untrusted_workspace

    def _do(self, action: Callable[[Opened], T]) -> T:
        root, may_run_git = Path(self._folder.root), self._may_run_git()
        if self._opened is None:
            from vt_lsp.workflow_memory.recall import open_recall  # noqa: PLC0415 - it needs numpy

            store = open_memory(root, may_run_git=may_run_git)
            if may_run_git:
                sync(root, store)
            self._is_stale = False
            author = author_from(Git(root)) if may_run_git else ""
            self._opened = Opened(DecisionTracker(store, author), open_recall(store))
        elif self._is_stale and may_run_git:
            self._is_stale = False
            sync(root, self._opened.tracker.store)
        self._opened.recall.refresh()
        result = action(self._opened)
        self._opened.recall.refresh()
        return result

    def _release(self) -> None:
        if self._opened is not None:
            self._opened.tracker.store.close()
            self._opened = None


def memory_of(folder: Folder) -> Memory:
    """The memory of a folder; nothing is opened yet."""
    if folder.memory is None:
        folder.memory = Memory(folder)
    return folder.memory
