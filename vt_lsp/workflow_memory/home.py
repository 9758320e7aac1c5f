"""Where the memory of a project lies: by its path, or, where it was moved or cloned anew, by its first commit.

A memory stays in the folder that the path of its project gave it. Beside the folders lies a register: for each memory
of a git repository its first commit, and the folder. A project whose path has no memory asks git which of these commits
it has (one question, whatever the size of its history). So a moved project, a new clone and a second worktree find the
memory of the first; two clones that had memories before they knew of each other keep them.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from vt_lsp.workspace.git import Git
from vt_lsp.workspace.store import make_private, state_directory

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

FILE: Final = "decisions.sqlite"
_REGISTER: Final = "repositories"


def memory_directory(root: Path, *, may_run_git: bool = True) -> Path | None:
    """The folder of the memory of the project ``root``, there or to be made; None where it would lie in the project."""
    own = state_directory(root)
    if own is None or (own / FILE).exists() or not may_run_git:
        return own
    with suppress(OSError):
        return _elsewhere(root, own.parent, (own.parent / _REGISTER).stat().st_mtime_ns) or own
    return own


def register(root: Path, directory: Path) -> None:
    """Let other places of the same repository find the memory; does nothing where git knows no first commit."""
    git = Git(root)
    if git.line("rev-parse", "--is-shallow-repository") != "false":
        return  # what looks like its first commit is not
    commits = (git.line("rev-list", "--max-parents=0", "HEAD") or "").split()
    place = _place(git)
    if not commits or place is None:
        return
    name = directory.parent / _REGISTER / f"{commits[-1]}-{place}"
    try:
        if not name.exists():
            make_private(name.parent)
            name.write_text(directory.name, "ascii")
    except OSError as error:
        log.warning("other clones will not find the memory: %s", error)


@functools.lru_cache(maxsize=64)
def _elsewhere(root: Path, base: Path, _stamp: int) -> Path | None:
    known = sorted({entry.name.partition("-")[0] for entry in os.scandir(base / _REGISTER)})
    git = Git(root)
    asked = "".join(f"{commit}\n" for commit in known).encode()
    answer = (git.run("cat-file", "--batch-check=%(objectname) %(objecttype)", given=asked) or b"").decode()
    place = _place(git)
    for commit in (line.partition(" ")[0] for line in answer.splitlines() if line.endswith(" commit")):
        with suppress(OSError, ValueError):
            folder = (base / _REGISTER / f"{commit}-{place}").read_text("ascii").strip()
            if folder.isalnum() and (base / folder / FILE).exists():
                return base / folder
    return None


def _place(git: Git) -> str | None:
    """Which folder of its repository a root is, in a few letters."""
    prefix = git.run("rev-parse", "--show-prefix")
    return None if prefix is None else hashlib.blake2b(prefix.strip(), digest_size=6).hexdigest()
