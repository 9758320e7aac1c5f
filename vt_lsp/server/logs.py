"""The log: a file of the user alone, and ``window/logMessage`` for the editor's own page of it.

Standard error stays quiet, since editors show each line of it as an error.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

if TYPE_CHECKING:
    from collections.abc import Callable

_BYTES = 2_000_000
_FILES = 3
_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"


def start(file: str | None, threshold: int) -> None:
    """Log what is at least as severe as ``threshold`` to ``file``, or to the user's folder for logs."""
    logging.basicConfig(level=threshold, handlers=[_handler(Path(file) if file else _default())], force=True)
    logging.raiseExceptions = False  # a full disk is not worth a message to the editor
    logging.getLogger("pygls").setLevel(logging.WARNING)  # it logs whole messages at INFO
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def write_to(file: Path) -> None:
    """Log to another file from now on."""
    root = logging.getLogger()
    wanted = str(file.expanduser().absolute())
    if any(getattr(handler, "baseFilename", "") == wanted for handler in root.handlers):
        return
    for handler in [one for one in root.handlers if not isinstance(one, ClientHandler)]:
        root.removeHandler(handler)
        handler.close()
    root.addHandler(_handler(file))


def level(name: str | None, verbose: int) -> int:
    """The threshold that the command line asks for."""
    if name:
        return int(getattr(logging, name.upper()))
    return logging.DEBUG if verbose else logging.INFO


class ClientHandler(logging.Handler):
    """Tells the editor what is logged, from any thread."""

    def __init__(self, send: Callable[[lsp.LogMessageParams], None]) -> None:
        """``send`` is the notification ``window/logMessage``."""
        super().__init__()
        self._send = send
        self._inside = threading.local()  # sending may log, too
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record; what cannot be sent is in the file."""
        if getattr(self._inside, "sending", False):
            return
        self._inside.sending = True
        try:
            self._send(lsp.LogMessageParams(_message_type(record.levelno), self.format(record)))
        except Exception:  # noqa: BLE001 - a handler that raises would break whoever logs
            self.handleError(record)
        finally:
            self._inside.sending = False


def _message_type(level: int) -> lsp.MessageType:
    if level >= logging.ERROR:
        return lsp.MessageType.Error
    if level >= logging.WARNING:
        return lsp.MessageType.Warning
    return lsp.MessageType.Info if level >= logging.INFO else lsp.MessageType.Log


class _PrivateFile(logging.handlers.RotatingFileHandler):
    def _open(self) -> Any:  # noqa: ANN401 - as in the base class
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")


def _handler(file: Path) -> logging.Handler:
    path = file.expanduser()
    handler: logging.Handler
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _PrivateFile(path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter(_FORMAT))
    return handler


def _default() -> Path:
    import platformdirs  # noqa: PLC0415 - only where no file was named

    return Path(platformdirs.user_log_dir("vt-lsp", appauthor=False)) / "server.log"
