"""What git knows of a workspace, asked so that an untrusted repository cannot make us run anything.

Every answer may be None: no git, no repository, someone else's repository, a damaged or a shallow one, or too slow.
"""

from __future__ import annotations

import functools
import logging
import os
import shutil
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

log = logging.getLogger(__name__)

_TIMEOUT = 5.0  # seconds for one question

# A repository's own configuration may name programs: switch off each that reading could start.
_SAFE = (
    *("--no-pager", "--no-optional-locks"),
    *("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", "-c", "core.sshCommand=false"),
    *("-c", "log.showSignature=false", "-c", "credential.helper="),
    *("-c", "core.quotePath=false", "-c", "color.ui=false", "-c", "core.abbrev=40", "-c", "diff.renameLimit=400"),
)
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # also keeps versions without GIT_NO_LAZY_FETCH from fetching missing objects
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}


class Answer:
    """Lines of a running git."""

    def __init__(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process

    def __iter__(self) -> Iterator[bytes]:
        if self._process is not None and self._process.stdout is not None:
            yield from self._process.stdout

    @property
    def is_complete(self) -> bool:
        """After the last line: whether git came to its end by itself, and without an error."""
        return self._process is not None and self._process.wait() == 0


class Git:
    """Questions to the repository that ``root`` lies in. Nothing is written, fetched or executed."""

    def __init__(self, root: Path, timeout: float = _TIMEOUT) -> None:
        """``timeout`` is seconds for one question."""
        self.root = root
        self._timeout = timeout

    def run(
        self, *args: str, timeout: float | None = None, codes: Sequence[int] = (0,), given: bytes = b""
    ) -> bytes | None:
        """The output of ``git args``, or None when it failed, took too long or is not there.

        ``codes`` are the exit codes that count as an answer, ``given`` is what git reads. ``args`` are ours: a name or
        a path from a document may stand only after ``--``, ``-e``, or glued to an option.
        """
        program = _program()
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        if program is None or limit <= 0:
            return None
        try:
            ended = subprocess.run(  # noqa: S603  fixed program, no shell
                [program, *_SAFE, *args],
                cwd=self.root,
                env=_environment(),
                input=given,
                capture_output=True,
                timeout=limit,
                check=False,
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            log.debug("git %s: %s", args[0], error)
            return None
        if ended.returncode not in codes:
            log.debug("git %s: %s", args[0], ended.stderr[:500].decode("utf-8", "replace").strip())
            return None
        return ended.stdout

    @contextmanager
    def lines(self, *args: str, timeout: float) -> Iterator[Answer]:
        """The lines of ``git args`` as they come; leaving the block early ends git, and so does the time limit."""
        program = _program()
        process = None
        with suppress(OSError, ValueError):
            if program is not None and timeout > 0:
                process = subprocess.Popen(  # noqa: S603  fixed program, no shell
                    [program, *_SAFE, *args],
                    cwd=self.root,
                    env=_environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
        if process is None:
            yield Answer(None)
            return
        timer = threading.Timer(timeout, process.kill)
        timer.daemon = True
        timer.start()
        try:
            with process:
                yield Answer(process)
                process.kill()
        finally:
            timer.cancel()

    def line(self, *args: str) -> str | None:
        """The one line that ``git args`` answers, or None."""
        out = self.run(*args)
        return None if out is None else os.fsdecode(out).strip() or None

    def head(self) -> str | None:
        """The commit that HEAD names; None also in a repository without commits."""
        return self.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")


def renames_in(output: bytes) -> list[tuple[str, str]]:
    """Pairs of old and new path from ``--name-status -z`` output that shows renames only."""
    fields = os.fsdecode(output).replace("\n", "").split("\0")
    found: list[tuple[str, str]] = []
    position = 0
    while position + 2 < len(fields):
        if fields[position].startswith("R") and fields[position][1:].isdigit():
            found.append((fields[position + 1], fields[position + 2]))
            position += 3
        else:
            position += 1
    return found


@functools.cache
def _program() -> str | None:
    """Where git lies, by absolute path: a ``git`` in the current folder is never taken."""
    found = shutil.which("git")
    return found if found and os.path.isabs(found) else None  # noqa: PTH117  a plain string is all we need


def _environment() -> dict[str, str]:
    # A hook runs with GIT_DIR and GIT_INDEX_FILE set, which would make us look at another repository.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | _ENVIRONMENT
