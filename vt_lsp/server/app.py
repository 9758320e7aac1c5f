"""The server object: one session with one client, and its end."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types as lsp
from pygls.exceptions import FeatureRequestError
from pygls.lsp.server import LanguageServer

from vt_lsp import __version__
from vt_lsp.server.documents import LspWorkspace
from vt_lsp.server.protocol import Protocol, converter
from vt_lsp.server.session import Session

if TYPE_CHECKING:
    from collections.abc import Coroutine

log = logging.getLogger(__name__)


class Server(LanguageServer):
    """pygls' server with our protocol; what it knows of the workspace is in ``session``."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__(
            "vt-lsp",
            __version__,
            text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental,
            protocol_cls=Protocol,
            converter_factory=converter,
        )
        self.session = Session(self)
        self.warnings: list[str] = []  # for the status page
        self._kinds: set[str] = set()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._ended: asyncio.Future[int] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # ---------------------------------------------------------------------------------------------------------- tasks

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine beside the session; what it raises is logged and shown once."""
        task = asyncio.get_running_loop().create_task(work)
        self.keep(task)
        return task

    def keep(self, task: asyncio.Future[Any]) -> None:
        """Hold a task until it is done: the loop itself holds it weakly."""
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a task failed", exc_info=error)
            self.report_server_error(cast("Exception", error), RuntimeError)

    # ------------------------------------------------------------------------------------------------------------ end

    async def session_end(self) -> int:
        """Wait for the end of the session; gives the exit code."""
        self._loop = asyncio.get_running_loop()
        if self._ended is None:
            self._ended = self._loop.create_future()
        return await self._ended

    def leave(self, code: int) -> None:
        """End the session with an exit code; the first one counts. Loop thread only."""
        if self._ended is None:
            self._ended = asyncio.get_running_loop().create_future()
        if not self._ended.done():
            self._ended.set_result(code)

    def hang_up(self) -> None:
        """The client's stream has ended."""
        self.leave(0 if self.protocol.was_shut_down else 1)

    @property
    def exit_code(self) -> int:
        """The code that the session ended with; 1 while it runs."""
        return self._ended.result() if self._ended is not None and self._ended.done() else 1

    # --------------------------------------------------------------------------------------------------------- errors

    def report_server_error(self, error: Exception, source: Any) -> None:  # noqa: ANN401 - pygls' classes
        """Log an error; show it at most once for each kind of it, and never one that a request has answered."""
        log.error("%s: %s", getattr(source, "__name__", source), error)
        if source is FeatureRequestError:
            return
        self.show(lsp.MessageType.Error, f"vt-lsp: something went wrong: {error}", kind=f"{type(error).__name__}")

    def show(self, level: lsp.MessageType, text: str, *, kind: str) -> None:
        """Show a message, once for each ``kind`` and as far as the user wants messages."""
        if kind in self._kinds or self.protocol.writer is None:
            return
        self._kinds.add(kind)
        self.warnings.append(text)
        if self.session.may_show(level):
            self.window_show_message(lsp.ShowMessageParams(type=level, message=text))

    def tell_log(self, record: lsp.LogMessageParams) -> None:
        """Tell the client what is logged, until it says good-bye."""
        if not self.protocol.was_shut_down and (self._ended is None or not self._ended.done()):
            self.window_log_message(record)

    # ------------------------------------------------------------------------------------------------------ workspace

    @property
    def documents(self) -> LspWorkspace:
        """The open documents."""
        return cast("LspWorkspace", self.workspace)


def use_own_workspace(server: Server) -> None:
    """Put our text sync in the place of pygls'; from the ``initialize`` handler, before anything is opened."""
    old = server.workspace
    server.protocol._workspace = LspWorkspace(  # noqa: SLF001 - there is no other door
        old.root_uri, lsp.TextDocumentSyncKind.Incremental, list(old.folders.values()), old.position_encoding
    )
