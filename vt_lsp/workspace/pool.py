"""Worker processes that read files, and what happens when one of them dies.

A parser is native code: a file that crashes it costs the worker and that file, never the server.
"""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import sysconfig
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

import msgspec

import vt_lsp
from vt_lsp.workspace.worker import Answer, Request, read_frame, write_frame

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds for one file; then its worker is ended and the file left out."""

NICE = 5
"""How much workers give way to the editor, as in nice(1)."""

_WORKER = "from vt_lsp.workspace.worker import main; main()"  # comes up faster than with -m
_STARTS = 3  # workers that die before they answered anything are replaced this many times
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH", "TZ")


def default_size() -> int:
    """Number of workers: one for each core that this process may use, four at most."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores))


class Pool:
    """Reads files in ``size`` processes, which are started at once.

    ``submit`` work, then take answers with ``next_answer`` until ``pending`` is 0. A pool whose workers cannot start
    is ``broken``: then ``unread`` gives back what nobody will answer.
    """

    def __init__(
        self, size: int, command: Sequence[str] | None = None, patience: float = PATIENCE, niceness: int = NICE
    ) -> None:
        """Start the processes.

        ``command`` replaces the worker's command line (for tests); ``patience`` is seconds for one file; ``niceness``
        is by how much the workers give way to others.
        """
        self._command = list(command) if command else [sys.executable, "-P", "-c", _WORKER, str(niceness)]
        self._lock = threading.Condition()
        self._work: deque[tuple[Path, tuple[str, ...]]] = deque()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._pending = 0
        self._closed = False
        self._workers = [_Worker(self, patience) for _ in range(size)]
        for worker in self._workers:
            worker.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pending(self) -> int:
        """Files submitted whose answer was not taken yet."""
        return self._pending

    @property
    def broken(self) -> bool:
        """No worker is left that could answer."""
        return all(worker.gave_up for worker in self._workers)

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that run now."""
        found = (worker.process for worker in self._workers)
        return tuple(process.pid for process in found if process is not None and process.poll() is None)

    def submit(self, root: Path, paths: Sequence[str]) -> None:
        """Have ``paths`` below ``root`` read; they go to one worker together."""
        with self._lock:
            self._work.append((root, tuple(paths)))
            self._pending += len(paths)
            self._lock.notify()

    def next_answer(self, timeout: float) -> Answer | None:
        """The next answer, in no certain order; None when none came within ``timeout`` seconds."""
        for worker in self._workers:
            worker.end_if_stuck()
        try:
            found = self._answers.get(timeout=timeout)
        except queue.Empty:
            return None
        with self._lock:
            self._pending -= 1
        return found

    def unread(self) -> list[str]:
        """The paths that no worker took; they are no longer pending."""
        with self._lock:
            paths = [path for _, batch in self._work for path in batch]
            self._work.clear()
            self._pending -= len(paths)
        return paths

    def close(self) -> None:
        """End the workers, by their process ids; they hold nothing that could be lost."""
        with self._lock:
            self._closed = True
            self._work.clear()
            self._lock.notify_all()
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.join(timeout=2.0)

    def take(self) -> tuple[Path, tuple[str, ...]] | None:
        """Work for a worker; waits for it; None when the pool is closed."""
        with self._lock:
            while not self._work and not self._closed:
                self._lock.wait()
            return None if self._closed else self._work.popleft()

    def give_back(self, root: Path, paths: tuple[str, ...]) -> None:
        """Work that a worker could not do; others go on with it."""
        with self._lock:
            if paths and not self._closed:
                self._work.appendleft((root, paths))
                self._lock.notify()

    def give(self, answer: Answer) -> None:
        """An answer of a worker."""
        self._answers.put(answer)

    def launch(self) -> subprocess.Popen[bytes] | None:
        """Start a worker process; None when the pool was closed or the process cannot be started."""
        with self._lock:
            if self._closed:
                return None
            try:
                return subprocess.Popen(  # noqa: S603  our own interpreter and module
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    cwd=os.path.abspath(os.sep),  # noqa: PTH100  no module of the workspace may be found
                    env=_environment(),
                )
            except OSError as error:
                log.warning("A worker process cannot be started: %s", error)
                return None


class _Worker(threading.Thread):
    """The thread that feeds one worker process and reads its answers."""

    def __init__(self, pool: Pool, patience: float) -> None:
        super().__init__(name="vt-lsp-pool", daemon=True)
        self._pool = pool
        self._patience = patience
        self._decode = msgspec.msgpack.Decoder(Answer).decode
        self._since: float | None = None  # when the file that is being read was begun
        self._stuck = False
        self.process: subprocess.Popen[bytes] | None = None
        self.gave_up = False

    def run(self) -> None:
        try:
            self._run()
        finally:
            self.gave_up = True
            self.end()

    def _run(self) -> None:
        starts = _STARTS
        while starts and (process := self._pool.launch()) is not None:
            self.process = process
            starts = _STARTS if self._serve(process) else starts - 1
            self.end()

    def _serve(self, process: subprocess.Popen[bytes]) -> bool:
        """Hand out work until the process dies or the pool closes; False when the process never came up."""
        assert process.stdin is not None
        assert process.stdout is not None
        self._since = time.monotonic()
        if read_frame(process.stdout) is None:
            return False
        self._since = None
        while (work := self._pool.take()) is not None:
            root, paths = work
            done = 0
            with suppress(OSError):
                write_frame(process.stdin, msgspec.msgpack.encode(Request(str(root), paths)))
                done = self._pass_on(process.stdout, len(paths))
            if done < len(paths):
                self._blame(paths[done])
                self._pool.give_back(root, paths[done + 1 :])
                return True
        return True

    def _pass_on(self, answers: IO[bytes], expected: int) -> int:
        """Pass on the answers to one request; how many came before the process died."""
        for done in range(expected):
            self._since = time.monotonic()
            frame = read_frame(answers)
            self._since = None
            if frame is None:
                return done
            self._pool.give(self._decode(frame))
        return expected

    def _blame(self, path: str) -> None:
        """The process died while it read ``path``."""
        reason = f"the reader took longer than {self._patience:g} s" if self._stuck else "the reader crashed"
        self._stuck = False
        log.warning("%s: %s", path, reason)
        self._pool.give(Answer(path, reason=reason))

    def end_if_stuck(self) -> None:
        """End the process when it works on one file for too long."""
        since, process = self._since, self.process
        if since is not None and process is not None and time.monotonic() - since > self._patience:
            self._stuck = True
            process.kill()

    def kill(self) -> None:
        """End the process; the thread cleans up after it."""
        process = self.process
        if process is not None:
            process.kill()

    def end(self) -> None:
        """End the process, wait for it and close its pipes."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


def _environment() -> dict[str, str]:
    """What a worker needs of our environment: not PYTHONPATH, which may lead into the workspace."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    installed = {Path(sysconfig.get_path(name)).resolve() for name in ("purelib", "platlib")}
    places = [Path(module.__file__).resolve().parents[1] for module in (vt_lsp, msgspec) if module.__file__]
    elsewhere = [str(place) for place in dict.fromkeys(places) if place not in installed]
    if elsewhere:
        kept["PYTHONPATH"] = os.pathsep.join(elsewhere)
    return kept
