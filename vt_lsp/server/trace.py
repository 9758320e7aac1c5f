"""The record of a session for a bug report: one JSON object a line, written beside the session and never in its way.

The first line says what runs; each other line is a message, as ``{"at": …, "from": "client" | "server", "message": …}``
with the time in UTC. A body that is no JSON stands as a string. Lines with ``dropped`` or ``ended`` speak of the record
itself. The file is the user's alone; see :mod:`vt_lsp.redaction` for what is left out of it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
import queue
import stat
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vt_lsp import __version__
from vt_lsp.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import FileIO

log = logging.getLogger(__name__)

Source = Literal["client", "server"]

MAX_BYTES = 200_000_000  # of the file, with what stood in it before
MAX_WAITING = 64_000_000  # bytes that wait to be written; what comes then is dropped, and counted
PAUSE_SECONDS = 0.05  # between two looks at the queue: a writer that each message wakes takes turns with its answer
CLOSE_SECONDS = 0.5
_PACKAGES = ("pygls", "lsprotocol", "tree-sitter", "msgspec")


class _FullError(Exception):
    """The record has reached its limit."""


class Trace:
    """Records messages into ``file``, appended, until :meth:`close`, the limit, or the first error."""

    def __init__(self, file: Path, *, max_bytes: int = MAX_BYTES, max_waiting: int = MAX_WAITING) -> None:
        self._file = file
        self._max_bytes, self._max_waiting = max_bytes, max_waiting
        # A message: its time, where it comes from, its bytes, and how many were dropped before it.
        self._queue: queue.SimpleQueue[tuple[float, Source, bytes, int]] = queue.SimpleQueue()
        self._given = self._written = self._dropped = 0  # each counter has one writer: no lock
        self._is_over = False
        self._closing = threading.Event()
        self._started = time.time()
        self._thread = threading.Thread(target=self._run, name="vt-lsp-trace", daemon=True)
        self._thread.start()

    def record(self, source: Source, body: bytes) -> None:
        """Take one message; from one thread only. Costs a place in a queue."""
        if self._is_over:
            return
        if self._given - self._written > self._max_waiting:
            self._dropped += 1
            return
        self._given += len(body)
        dropped, self._dropped = self._dropped, 0
        self._queue.put((time.time(), source, body, dropped))

    def close(self) -> None:
        """Write what waits, but not for long."""
        self._closing.set()
        self._thread.join(CLOSE_SECONDS)

    # ---------------------------------------------------------------------------------------------- the writer's thread

    def _run(self) -> None:
        try:
            with _open(self._file) as file:
                self._write_all(file)
        except OSError as error:  # not writable, a full disk
            log.warning("the record of the session ends: %s", error)
        except _FullError:
            log.warning("the record of the session ends: %s has reached %d bytes", self._file, self._max_bytes)
        except Exception:  # a bug in the record is not worth a session
            log.exception("the record of the session ends")
        finally:
            self._is_over = True
            for _ in self._waiting():  # nobody will write them
                pass

    def _write_all(self, file: FileIO) -> None:
        redactor = Redactor(Path.home())
        room = self._max_bytes - os.fstat(file.fileno()).st_size
        room -= _write(file, _facts(self._started), room)
        is_closing = False
        while not is_closing:
            is_closing = self._closing.wait(PAUSE_SECONDS)
            for at, source, body, dropped in self._waiting():
                if dropped:
                    room -= _write(file, {"at": _utc(at), "dropped": dropped}, room)
                line = {"at": _utc(at), "from": source, "message": _message(redactor, source, body)}
                room -= _write(file, line, room)
                self._written += len(body)
        if self._dropped:
            _write(file, {"at": _utc(time.time()), "dropped": self._dropped}, room)

    def _waiting(self) -> Iterator[tuple[float, Source, bytes, int]]:
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._queue.get_nowait()


def _message(redactor: Redactor, source: Source, body: bytes) -> Any:  # noqa: ANN401 - JSON
    try:
        return redactor.message(source, json.loads(body))
    except (ValueError, RecursionError):
        return redactor.text(source, body.decode(errors="backslashreplace"))


def _facts(at: float) -> dict[str, Any]:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - takes its time; here nobody waits

    versions = {"vt-lsp": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[name] = version(name)
    return {"at": _utc(at), "record": "vt-lsp", "versions": versions, "platform": platform.platform()}


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _open(path: Path) -> FileIO:
    """The file, made private; OSError for what is no regular file. Never waits, as opening a pipe would."""
    path = path.expanduser()
    file = open(path, "ab", buffering=0, opener=_private)  # noqa: SIM115 - the caller closes it
    with contextlib.suppress(OSError):  # somebody else's file, which we may write
        path.chmod(0o600)
    return file


def _private(path: str, flags: int) -> int:
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0), 0o600)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(f"{path} is not a regular file")


def _write(file: FileIO, line: Mapping[str, Any], room: int) -> int:
    """Write one line by one call, so that two sessions may share a file; gives its length."""
    data = json.dumps(line, separators=(",", ":")).encode() + b"\n"
    if len(data) > room:
        last = {"at": _utc(time.time()), "ended": "the record has reached its limit"}
        _write_bytes(file, json.dumps(last, separators=(",", ":")).encode() + b"\n")
        raise _FullError
    _write_bytes(file, data)
    return len(data)


def _write_bytes(file: FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        if not (count := file.write(rest)):
            raise OSError("nothing can be written")
        rest = rest[count:]
