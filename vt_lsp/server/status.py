"""``vt-lsp/status``: how the server is, for a status bar; modelled on rust-analyzer's ``serverStatus``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vt_lsp.models import Summary
    from vt_lsp.server.session import Session

METHOD = "vt-lsp/status"
PAUSE_SECONDS = 0.2


class StatusLine:
    """Sends the status when it has changed, but not more often than anybody reads it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._timer: asyncio.TimerHandle | None = None
        self._sent: dict[str, Any] = {}

    def changed(self) -> None:
        """Something may be different; the client hears of it soon."""
        for folder in self._session.folders:
            folder.news.set()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE_SECONDS, self._send)

    def now(self) -> dict[str, Any]:
        """The status: health (ok, warning, error), quiescent, message, drifts, compliance."""
        folders = self._session.folders
        failed = [folder for folder in folders if folder.state == "failed"]
        partial = [folder for folder in folders if folder.state == "cancelled"]
        busy = [
            folder
            for folder in folders
            if folder.state in ("starting", "scanning")
            or folder.pumps
            or (folder.engine is not None and folder.engine.is_due)
        ]
        sums = self.summaries()
        holds, broken = sum(one.holds for one in sums), sum(one.broken for one in sums)
        left_out = sum(len(one.not_analysed) for one in sums)
        notes = [folder.problem for folder in (*failed, *partial)]
        notes += ["scanning"] if busy else []
        notes += [trouble.text for folder in folders if folder.monitor for trouble in folder.monitor.health().troubles]
        notes += [] if folders else ["no folder is open"]
        notes += [f"{left_out} files are not analysed"] if left_out else []
        return {
            "health": "error" if failed else "warning" if partial else "ok",
            "quiescent": not busy,
            "message": "; ".join(notes),
            "drifts": broken,
            "compliance": round(holds / (holds + broken), 4) if holds + broken else 1.0,
        }

    def summaries(self) -> list[Summary]:
        """The counts of each folder that can be asked."""
        return [folder.engine.summary() for folder in self._session.folders if folder.engine is not None]

    def _send(self) -> None:
        self._timer = None
        status = self.now()
        if status != self._sent:
            self._sent = status
            self._session.server.protocol.notify(METHOD, status)
            self._session.refresh_lenses()
