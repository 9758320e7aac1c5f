"""The server as a process: standard output kept for the protocol, the editor watched, one way out."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

log = logging.getLogger(__name__)

PARENT_POLL_SECONDS = 1.0
CLEANUP_SECONDS = 1.5
SIGNAL_BASE = 128


def guard_stdout() -> io.BufferedWriter:
    """The real standard output, for the protocol alone; from now on whatever else prints lands on standard error."""
    with contextlib.suppress(ValueError, OSError):
        sys.stdout.flush()
    raw = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return io.BufferedWriter(raw)


def is_alive(pid: int) -> bool:
    """Whether a process runs; True where that cannot be asked without harm."""
    if os.name == "nt":  # os.kill would end it there
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def watch_parent(editor: int | None, on_gone: Callable[[], Any], *, own_parent: bool) -> None:
    """Call ``on_gone`` once, from a thread, when the editor's process or (``own_parent``) our own parent has ended.

    ``editor`` is watched only if it is alive now: in a container it is a number of another namespace.
    """
    parent = os.getppid()
    editor = editor if editor and is_alive(editor) else None
    pause = threading.Event()

    def watch() -> None:
        while not pause.wait(PARENT_POLL_SECONDS):
            if (own_parent and os.getppid() != parent) or (editor and not is_alive(editor)):
                log.warning("the editor is gone")
                on_gone()
                return

    threading.Thread(target=watch, name="vt-lsp-parent", daemon=True).start()


def on_signals(loop: asyncio.AbstractEventLoop, leave: Callable[[int], Any]) -> None:
    """End in order on SIGTERM (143), SIGINT (130) and SIGHUP (129)."""
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is None:
            continue
        try:
            loop.add_signal_handler(number, leave, SIGNAL_BASE + number)
        except (NotImplementedError, RuntimeError):  # Windows
            signal.signal(number, lambda got, _frame: loop.call_soon_threadsafe(leave, SIGNAL_BASE + got))


def end_soon(code: int, seconds: float = CLEANUP_SECONDS) -> None:
    """End the process after ``seconds`` even if the clean-up hangs."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


def end_now(code: int) -> None:
    """End the process without waiting for threads that still compute."""
    logging.shutdown()
    with contextlib.suppress(ValueError, OSError):
        sys.stderr.flush()
    os._exit(code)
