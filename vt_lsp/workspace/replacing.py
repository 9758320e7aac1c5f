"""Files of the workspace get another text: whole or not at all, and only where nobody minds.

Nothing outside of the root is ever written, a link that leads there included. The mode stays; line ends, byte order
mark and encoding are in the bytes that are given. What git has of a file is asked, and git's state is never changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vt_lsp.workspace.git import Git

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


class Refused(Exception):  # noqa: N818  the name says what happened
    """A file is not written; its words say why, for people."""


def check_writable(root: Path, path: str) -> None:
    """Look whether ``path`` below ``root`` may be written; it need not exist yet.

    Raises:
        Refused: it is read-only, no regular file, or lies outside of the root.
    """
    _target(root, path)


def replace_file(root: Path, path: str, before: bytes | None, after: bytes) -> None:
    """Give a file another text in one step; ``before`` is what it must hold now (None: there must be none).

    Raises:
        Refused: it holds something else by now, may not be written, or the disk says no.
    """
    target, status = _target(root, path)
    try:
        now = target.read_bytes() if status is not None else None
        if now != before:
            raise Refused("has changed meanwhile")
        if status is None:
            target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, after, status)
    except OSError as error:
        raise Refused(f"cannot be written: {error.strerror or error}") from error


def _target(root: Path, path: str) -> tuple[Path, os.stat_result | None]:
    """The file itself behind all links, and what it is; None if it is to be made."""
    inside = Path(os.path.realpath(root))
    target = Path(os.path.realpath(inside / path))
    if not target.is_relative_to(inside) or target == inside or ".git" in target.relative_to(inside).parts:
        raise Refused("lies outside of the project")
    try:
        status = target.stat()
    except FileNotFoundError:
        return target, None
    except (OSError, ValueError) as error:
        raise Refused("cannot be read") from error
    if not stat.S_ISREG(status.st_mode):
        raise Refused("is not a regular file")
    if not status.st_mode & _WRITABLE or not os.access(target, os.W_OK):
        raise Refused("is read-only")
    return target, status


def _replace(target: Path, data: bytes, status: os.stat_result | None) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".vt-lsp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if status is not None and hasattr(os, "chown"):
            with contextlib.suppress(OSError):  # only root may give a file away
                os.chown(name, status.st_uid, status.st_gid)
        os.chmod(name, stat.S_IMODE(status.st_mode) if status is not None else _new_mode())  # noqa: PTH101
        os.replace(name, target)  # noqa: PTH105  one step, also where the target exists
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)  # noqa: PTH108
        raise


def _new_mode() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def uncommitted(git: Git, texts: Mapping[str, bytes | None]) -> dict[str, str]:
    """Those of the paths whose text on disk is in no commit, and why; all of them where git cannot be asked.

    Compared with HEAD itself, since ``git status`` could run programs that the repository's configuration names.
    Line ends count as equal: git may have converted them.
    """
    existing = [path for path, data in texts.items() if data is not None]
    if git.head() is None:
        return dict.fromkeys(existing, "no commit has it")
    committed = _committed(git, existing)
    found = {}
    for path in existing:
        data = texts[path] or b""
        if path not in committed:
            found[path] = "git does not track it"
        elif committed[path] not in {_blob(text, committed[path]) for text in (data, data.replace(b"\r\n", b"\n"))}:
            found[path] = "it has changes that are not committed"
    return found


def _committed(git: Git, paths: Iterable[str]) -> dict[str, str]:
    """The names of the blobs that HEAD has."""
    out = git.run("--literal-pathspecs", "ls-tree", "-z", "HEAD", "--", *paths) or b""
    rows = (row.partition(b"\t") for row in out.split(b"\0") if row)
    return {os.fsdecode(path): about.split()[2].decode("ascii") for about, _, path in rows}


def _blob(data: bytes, like: str) -> str:
    """The name that git gives these bytes, by the hash that it uses here."""
    kind = hashlib.sha1 if len(like) == 40 else hashlib.sha256  # git's own names, no secret
    return kind(b"blob %d\0" % len(data) + data).hexdigest()
