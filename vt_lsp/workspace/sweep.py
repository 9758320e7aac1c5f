"""Looking at the files themselves from time to time: where the system tells too little, or nothing."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from vt_lsp.workspace.other_words import is_other
from vt_lsp.workspace.project import is_project_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vt_lsp.workspace.discovery import Listing
    from vt_lsp.workspace.git import Git

Signature = tuple[int, int, int, int]

_GONE: Signature = (0, 0, 0, 0)
_MARKS = ("HEAD", "logs/HEAD", "packed-refs")
_AT_WORK = ("index.lock", "rebase-merge", "rebase-apply")
_WORKING_NS = 5_000_000_000  # what was touched before is left over from a git that died, or waits for a person
YOUNG_SECONDS = 2.0  # a file as young as this may be written again within the same tick of its clock
_YOUNG_NS = int(YOUNG_SECONDS * 1e9)


class Sweep:
    """Tells which files and folders of a workspace are others than at the last look. Any thread, one at a time."""

    def __init__(self, root: Path) -> None:
        self._root = os.fspath(root)
        self._seen: dict[str, Signature] = {}
        self._doubtful: set[str] = set()
        self._began = time.time_ns()  # who has read everything began later than this

    def doubtful(self) -> set[str]:
        """What was so young at the last look that it may have been written again since; tells it once."""
        found, self._doubtful = self._doubtful, set()
        return found

    def look(self, listing: Listing) -> set[str]:
        """Paths below the root that were made, changed or removed; the first look at a path only remembers it."""
        young = (time.time_ns() if self._seen else self._began) - _YOUNG_NS
        changed = self.doubtful()
        seen: dict[str, Signature] = {}
        for path in _worth_a_look(listing):
            signature = seen[path] = _signature(f"{self._root}/{path}")
            if signature[0] > young:
                self._doubtful.add(path)
            if self._seen.get(path, signature) != signature:
                changed.add(path)
        self._seen = seen
        return changed


class Repository:
    """Tells whether HEAD names another commit than before, and whether git is at work, mostly without asking git."""

    def __init__(self, git: Git) -> None:
        self._git = git
        asked = [part for name in (*_MARKS, *_AT_WORK) for part in ("--git-path", name)]
        out = git.run("rev-parse", *asked)
        names = os.fsdecode(out).splitlines() if out is not None else []
        files = [os.path.join(git.root, name) for name in names]  # noqa: PTH118 - plain strings, looked at often
        self._files, self._at_work = files[: len(_MARKS)], files[len(_MARKS) :]
        self._mark = self._look()
        self._head = git.head() if self._files else None

    def has_moved(self) -> bool:
        """Whether it does now, since the last call; blocking."""
        mark = self._look()
        if mark == self._mark:
            return False
        self._mark = mark
        before, self._head = self._head, self._git.head()
        return before != self._head

    def is_at_work(self) -> bool:
        """A checkout, rebase or stash is under way: what lies on disk is half of one state and half of another."""
        now = time.time_ns()
        return any(now - _signature(file)[0] < _WORKING_NS for file in self._at_work)

    def _look(self) -> list[Signature]:
        return [_signature(file) for file in (*self._files, *self._branch())]

    def _branch(self) -> Iterator[str]:
        """The file of the branch that HEAD names: without a reflog, a commit changes nothing else."""
        if not self._files:
            return
        try:
            with open(self._files[0], encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - often
                kind, _, name = file.read(4096).strip().partition(": ")
        except OSError:
            return
        if kind == "ref" and ".." not in name:
            yield os.path.join(os.path.dirname(self._files[0]), name)  # noqa: PTH118, PTH120 - often


def _worth_a_look(listing: Listing) -> Iterator[str]:
    yield "."
    yield from listing.folders
    yield from listing.code
    yield from listing.specs
    read = {*listing.code, *listing.specs}
    for path in listing.files:
        if path not in read and (is_other(path) or is_project_file(path) or path.endswith(".gitignore")):
            yield path


def _signature(path: str) -> Signature:
    try:
        found = os.stat(path)  # noqa: PTH116 - some ten thousand at a time
    except OSError:
        return _GONE
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
