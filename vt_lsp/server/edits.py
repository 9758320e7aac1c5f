"""Edits of the editor and of the disk on their way into the engines.

An edit is answered at once. Only where edits come in closer than people type (pasting in parts, agents, a backlog) they
are gathered, so that a storm costs a few checks and not one for each edit; the last version is always checked.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from vt_lsp.server.scan import LARGE_BYTES, ensure_history, ensure_pump

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Folder, Session

log = logging.getLogger(__name__)

CLOSE_SECONDS = 0.03  # edits closer than this are a storm
PATIENCE_SECONDS = 0.25  # the longest that a storm waits for its end
CHECK_SECONDS = 0.045  # what one edit may take of the loop before the rest is done in slices


class Edits:
    """Which open documents have changed since the engines saw them."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._dirty: dict[str, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._storm_began = 0.0
        self._last = float("-inf")  # when the last edit came, or the last answer was done
        self._parsing: set[tuple[Folder, str]] = set()  # large texts that a thread reads for the first time
        self.recomputes = 0

    def changed(self, uri: str) -> None:
        """The editor's text of an open document is another one."""
        self._dirty[uri] = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        is_close = now - self._last < CLOSE_SECONDS
        self._last = now
        if self._timer is None and not is_close:
            self.flush()
            return
        if self._timer is None:
            self._storm_began = now
        else:
            self._timer.cancel()
        self._timer = loop.call_at(min(now + CLOSE_SECONDS, self._storm_began + PATIENCE_SECONDS), self.flush)

    def flush(self) -> None:
        """Bring the engines up to the editor's text now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._dirty:
            return
        dirty, self._dirty = self._dirty, {}
        self.recomputes += 1
        touched: dict[Folder, set[str]] = {}
        for uri in dirty:
            document = self._session.server.documents.document(uri)
            if document is None:
                continue
            for folder, path in self._session.locate(uri):
                if self.is_for_thread(folder, path, uri, document.data):
                    continue
                if folder.engine is not None and self._update(folder.engine, path, document.data, overlay=True):
                    touched.setdefault(folder, set()).add(path)
        for folder, paths in touched.items():
            self.settle(folder, paths)
        self._last = max(self._last, asyncio.get_running_loop().time())

    def is_for_thread(self, folder: Folder, path: str, uri: str, data: bytes) -> bool:
        """A large text that is new here is parsed beside the loop; until then, what lies on disk counts."""
        engine = folder.engine
        if engine is None or len(data) <= LARGE_BYTES or engine.is_kept_parsed(path):
            return False
        if (folder, path) not in self._parsing:
            self._parsing.add((folder, path))
            self._session.server.spawn(self._parse(folder, engine, path, uri, data))
        return True

    async def _parse(self, folder: Folder, engine: Engine, path: str, uri: str, data: bytes) -> None:
        try:
            document = await asyncio.to_thread(engine.parse, path, data)
        finally:
            self._parsing.discard((folder, path))
        if folder.engine is engine and self._session.server.documents.document(uri) is not None:
            engine.keep_parsed(path, document)
            self.changed(uri)  # with what was typed meanwhile

    def drop(self, uri: str) -> None:
        """The document was closed."""
        self._dirty.pop(uri, None)

    def on_disk(self, folder: Folder, changes: dict[str, bytes | None]) -> None:
        """Files of a folder have changed on disk (None: gone)."""
        if folder.memory is not None:
            folder.memory.changed(changes.keys())
        if folder.engine is None:
            return
        engine = folder.engine
        self.settle(folder, {path for path, data in changes.items() if self._update(engine, path, data, overlay=False)})

    def _update(self, engine: Engine, path: str, data: bytes | None, *, overlay: bool) -> bool:
        """Give one text to the engine; one that breaks a reader does not take the others with it."""
        try:
            engine.update(path, data, overlay=overlay)
        except Exception as error:
            log.exception("cannot read %s", path)
            self._session.server.report_server_error(error, RuntimeError)
            return False
        return True

    def settle(self, folder: Folder, paths: set[str]) -> None:
        """Judge what an edit of ``paths`` touched and publish it; what takes longer follows in slices."""
        engine = folder.engine
        if engine is None:
            return
        session = self._session
        session.publisher.publish(folder, engine.check(CHECK_SECONDS) | paths)
        if engine.is_due:
            ensure_pump(session, folder)
        elif folder.state == "ready" and engine.wishes():
            ensure_history(session, folder)
        session.status.changed()
