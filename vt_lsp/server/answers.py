"""An answer on its way to the editor: as it comes for a client that shows it, as a progress bar for any other.

A client that shows answers says ``capabilities.experimental.vtLsp.showsAnswers`` and names each question by an id. It
gets ``vt-lsp/answer`` notifications: ``{id, kind, …}``, where kind is ``started`` (provider, model, note), ``text``
(text: whole lines that are final; tail: the line that is being written), ``reset`` (note: what was shown is void),
``progress`` (done, total) and ``note``. The end is the result of the command.
"""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.claude_integration.answers import harmless
from vt_lsp.claude_integration.map_reduce import Progress
from vt_lsp.claude_integration.messages import Delta, Reset, Started

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.claude_integration.messages import Event
    from vt_lsp.server.session import Session

METHOD: Final = "vt-lsp/answer"
_SHORT: Final = 80  # characters of the last line in a progress bar
_GAP_SECONDS: Final = 0.03  # between two notifications: a screen shows no more


class Shown:
    """One answer as it is shown."""

    def __init__(self, session: Session, name: str, title: str) -> None:
        """``name`` is the client's id of the question, "" where it gave none."""
        self._server = session.server
        self._name = name if session.client_says("showsAnswers") else ""
        self._title = title
        self._stop: Callable[[], object] = lambda: None
        self._line = ""  # not ended yet
        self._lines: list[str] = []  # ended, not sent yet
        self._sent = 0.0
        self._token = str(uuid.uuid4())
        self._is_barred = False
        window = self._server.client_capabilities.window
        has_bar = not self._name and window is not None and bool(window.work_done_progress)
        self._asking = self._server.spawn(self._begin()) if has_bar else None

    def on_stop(self, stop: Callable[[], object]) -> None:
        """Call this when the person takes the progress bar away."""
        self._stop = stop

    def event(self, event: Event | Progress) -> None:
        """Show an event that is no end."""
        match event:
            case Started(provider=provider, model=model, note=note):
                self._tell({"kind": "started", "provider": provider, "model": model, "note": note})
            case Delta(text=text):
                self._text(text)
            case Reset(note=note):
                self._line, self._lines = "", []
                self._tell({"kind": "reset", "note": note})
            case Progress(done=done, total=total):
                self._tell({"kind": "progress", "done": done, "total": total})
                self._report(f"read {done} of {total} parts")
            case _:
                pass

    def note(self, text: str) -> None:
        """Tell something beside the answer."""
        self._tell({"kind": "note", "text": text})

    def end(self) -> None:
        """Nothing more comes; the last words are in the result."""
        if self._asking is not None:
            self._asking.cancel()
        if self._is_barred:
            self._server.work_done_progress.end(self._token, lsp.WorkDoneProgressEnd())
        self._server.work_done_progress.tokens.pop(self._token, None)

    def _text(self, text: str) -> None:
        *ended, self._line = f"{self._line}{text}".split("\n")
        self._lines += ended
        now = asyncio.get_running_loop().time()
        if now - self._sent < _GAP_SECONDS:
            return  # the next one brings it along, or the result
        self._sent = now
        lines = "".join(f"{line}\n" for line in self._lines)
        self._lines = []
        self._tell({"kind": "text", "text": _plain(lines), "tail": _plain(self._line)})
        self._report(self._line.strip()[-_SHORT:])

    def _tell(self, params: dict[str, Any]) -> None:
        if self._name:
            self._server.protocol.notify(METHOD, {"id": self._name, **params})

    def _report(self, text: str) -> None:
        if self._is_barred and text:
            self._server.work_done_progress.report(self._token, lsp.WorkDoneProgressReport(message=_plain(text)))

    async def _begin(self) -> None:
        bar = self._server.work_done_progress
        try:
            await bar.create_async(self._token)
        except JsonRpcException:
            return  # the client will not
        bar.begin(self._token, lsp.WorkDoneProgressBegin(title=self._title, message="Asking", cancellable=True))
        bar.tokens[self._token].add_done_callback(self._ended)
        self._is_barred = True

    def _ended(self, future: Any) -> None:  # noqa: ANN401 - pygls' future
        if future.cancelled():
            self._stop()


def _plain(text: str) -> str:
    """Lines of a model for a reader: nothing in them can be followed or run."""
    if not text:
        return ""
    return harmless(text) + ("\n" if text.endswith("\n") else "")
