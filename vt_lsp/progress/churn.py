"""How often the files of a project were committed of late."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vt_lsp.workspace.git import Git
    from vt_lsp.workspace.store import FactsStore

DAYS: Final = 28
_MOST_COMMITS: Final = 1000
_MOST_FILES: Final = 200  # a commit of more is of the whole tree: a format, a move, a licence
_SECONDS: Final = 5.0

Churn = dict[str, list[int]]


def churn(git: Git, store: FactsStore | None, now: float) -> Mapping[str, list[int]]:
    """When each file was committed within :data:`DAYS` days before ``now``: seconds since 1970 by path.

    Paths are relative to ``git.root``, with ``/``. Only HEAD and its first parents count; empty without git.
    """
    head = git.head()
    if head is None:
        return {}
    since = int(now // 86400 - DAYS) * 86400
    text = os.fsencode(f"progress\0\1churn\0{head}\0{since}")
    key = hashlib.blake2b(text, digest_size=16).digest()
    kept = store.load([key]).get(key) if store is not None else None
    if kept is not None:
        try:
            return msgspec.msgpack.decode(kept, type=Churn)
        except msgspec.MsgspecError:
            pass  # damaged: asked for again
    args = ("log", "--first-parent", "-m", "--no-renames", "--name-only", "--relative", "--no-ext-diff", "-z")
    limits = (f"--since={since}", f"-n{_MOST_COMMITS}", "--format=%x01%at", "--end-of-options", head, "--", ".")
    out = git.run(*args, *limits, timeout=_SECONDS)
    if out is None:
        return {}
    found = parse(out)
    if store is not None:
        store.save([(key, msgspec.msgpack.encode(found))])
    return found


def parse(output: bytes) -> Churn:
    """The answer of ``git log -z --name-only --format=%x01%at``."""
    found: Churn = {}
    for commit in output.split(b"\x01")[1:]:
        time, *rest = commit.replace(b"\n", b"\0").split(b"\0")
        paths = [os.fsdecode(path) for path in rest if path]
        if time.isdigit() and len(paths) <= _MOST_FILES:
            for path in paths:
                found.setdefault(path, []).append(int(time))
    return found
