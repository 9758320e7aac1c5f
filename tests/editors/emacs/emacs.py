"""A real Emacs in a terminal of its own: its init file, real keys, and answers to Lisp expressions."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path
from typing import Any, Self

PATIENCE_SECONDS = 60.0  # how long a condition may take on a busy machine; nothing waits when it is met
_PAUSE_SECONDS = 0.05
_ROWS, _COLUMNS = 50, 160
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b.|[\x00-\x09\x0b-\x1f]")
# As JSON, in base64, so that it arrives in one piece. Lists become vectors: json-encode takes some lists for objects.
_ANSWER = """
(progn
  (require 'json)
  (cl-labels ((plain (x) (if (and x (listp x)) (vconcat (mapcar #'plain x)) x)))
    (with-current-buffer (window-buffer (selected-window))
      (base64-encode-string (encode-coding-string (json-encode (plain %s)) 'utf-8) t))))
"""


class Emacs:
    """One Emacs with a fresh home folder; ``init`` is the text of its init file, ``path`` goes before ``PATH``."""

    def __init__(self, home: Path, init: str, path: Path) -> None:
        config = home / ".emacs.d"
        config.mkdir(parents=True)
        # Compiling all packages anew for each fresh home would load the machine for a minute.
        (config / "early-init.el").write_text(
            "(setq native-comp-deferred-compilation nil)\n(setq native-comp-jit-compilation nil)\n"
        )
        (config / "init.el").write_text(init, encoding="utf-8")
        self._socket = home / "server"
        folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "DATA", "STATE")}
        self._env = os.environ | folders | {"HOME": str(home), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        self._env["PATH"] = f"{path}{os.pathsep}{self._env['PATH']}"
        for name in ("XDG_CONFIG_HOME", "EMACSLOADPATH", "INSIDE_EMACS", "ALTERNATE_EDITOR"):
            self._env.pop(name, None)
        start = f'(progn (require (quote server)) (setq server-name "{self._socket}") (server-start))'
        self._terminal, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
        self._screen = bytearray()
        self.process = subprocess.Popen(
            ["setsid", "--ctty", "emacs", "-nw", "--eval", start],  # setsid: the terminal is Emacs's own
            env=self._env,
            cwd=home,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        self.wait("t", "Emacs did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._reader.join(5)
        with contextlib.suppress(OSError):
            os.close(self._terminal)

    def kill(self) -> None:
        """End Emacs itself, at once, and nothing else: its children have to notice."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def keys(self, text: str) -> None:
        """Type ``text``; control and meta keys as a terminal sends them."""
        os.write(self._terminal, text.encode())

    def command(self, name: str) -> None:
        """Run a command by its name, as by M-x."""
        self.keys(f"\x1bx{name}\r")

    def ask(self, expression: str) -> Any:
        """The value of a Lisp expression in the buffer of the selected window."""
        form = _ANSWER % expression
        done = subprocess.run(
            ["emacsclient", "--socket-name", str(self._socket), "--eval", form],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip() or done.stdout.strip())
        return json.loads(base64.b64decode(json.loads(done.stdout)))

    def wait(self, expression: str, message: str) -> Any:
        """The first value of ``expression`` that is not nil; ``message`` is what fails when there is none in time."""
        end = time.monotonic() + PATIENCE_SECONDS
        problem = ""
        while time.monotonic() < end:
            assert self.process.poll() is None, f"{message}: Emacs ended\n{self.screen()}"
            try:
                if value := self.ask(expression):
                    return value
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                problem = str(error)
            time.sleep(_PAUSE_SECONDS)
        raise AssertionError(f"{message}\n{problem}\n{self.messages()}\n{self.screen()}")

    def messages(self) -> str:
        """What Emacs has said so far."""
        try:
            return str(self.ask('(with-current-buffer "*Messages*" (buffer-string))'))
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            return str(error)

    def screen(self) -> str:
        """The last words that Emacs wrote to its terminal, for the message of a failure."""
        return _CONTROL.sub(" ", bytes(self._screen[-6000:]).decode("utf-8", "replace"))[-3000:]

    def _read(self) -> None:
        while True:
            try:
                ready, _, _ = select.select([self._terminal], [], [], 1)
                if ready:
                    data = os.read(self._terminal, 65536)
                    if not data:
                        return
                    self._screen += data
            except (OSError, ValueError):  # the other end, or ours, is closed
                return


def descendants(pid: int) -> set[int]:
    """All processes that were started by ``pid``, and by these."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found: set[int] = set()
    todo = [pid]
    while todo:
        new = [child for child in children.get(todo.pop(), ()) if child not in found]
        found.update(new)
        todo.extend(new)
    return found


def is_alive(pid: int) -> bool:
    """Whether a process is there and not just waiting for its parent to notice its end."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def missing() -> str:
    """Why these tests cannot run here; empty when they can."""
    if shutil.which("setsid") is None or not Path("/proc/self/stat").exists():
        return "needs Linux: setsid and /proc"
    if shutil.which("emacs") is None or shutil.which("emacsclient") is None:
        return "Emacs is not installed (on Debian: emacs-nox elpa-eglot elpa-markdown-mode)"
    probe = "(progn (package-activate-all) (require 'eglot) (require 'markdown-mode))"
    done = subprocess.run(["emacs", "--batch", "--eval", probe], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"eglot or markdown-mode is not installed: {done.stderr.strip()[-200:]}"
