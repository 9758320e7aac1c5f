"""What some files were in each commit that changed one of them, along the first parents of HEAD."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vt_lsp.models import Commit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.workspace.git import Git

_BUDGET: Final = 5.0  # seconds
_MOST: Final = 5_000  # commits that are looked at
_LIMIT: Final = 4 * 1024 * 1024
_ARGUMENTS: Final = (
    *("--literal-pathspecs", "log", "--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "--no-color"),
    *("--relative", "-z", "--format=%x01%H%x02%cs%x02%s", f"-n{_MOST}", "HEAD", "--"),
)


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit, and the blobs of the files after it; a file that was not there has none."""

    commit: Commit
    blobs: tuple[tuple[str, str], ...]


def revisions(git: Git, paths: Sequence[str], budget: float = _BUDGET) -> list[Revision]:
    """The commits that changed any of the paths (as they are called now), newest first; blocking, for any thread."""
    out = git.run(*_ARGUMENTS, *paths, timeout=budget) or b""
    changes = [_change(part) for part in out.split(b"\x01")[1:]]
    found: list[Revision] = []
    now: dict[str, str] = {}
    for commit, changed in reversed(changes):
        now |= changed
        found.append(Revision(commit, tuple((path, now[path]) for path in paths if now.get(path))))
    return found[::-1]


def _change(part: bytes) -> tuple[Commit, dict[str, str]]:
    head, _, rows = part.partition(b"\0")
    number, _, rest = head.decode("utf-8", "replace").strip("\n").partition("\x02")
    date, _, subject = rest.partition("\x02")
    return Commit(number, date, subject.strip("\n")), dict(_blobs(rows.split(b"\0")))


def _blobs(fields: list[bytes]) -> Iterator[tuple[str, str]]:
    """Path and new blob ("" where the file went) of each changed file."""
    for about, path in zip(fields[::2], fields[1::2], strict=False):
        words = about.strip(b"\n").lstrip(b":").split()
        if len(words) >= 5:
            blob = words[3].decode("ascii")
            yield os.fsdecode(path), "" if set(blob) == {"0"} else blob


def texts_of(git: Git, revision: Revision, budget: float = _BUDGET) -> dict[str, bytes]:
    """The texts of the files in a revision; blocking, for any thread. Large ones are left out."""
    deadline = time.monotonic() + budget
    found = {}
    for path, blob in revision.blobs:
        data = git.run("cat-file", "blob", blob, timeout=deadline - time.monotonic())
        if data is not None and len(data) <= _LIMIT:
            found[path] = data
    return found
