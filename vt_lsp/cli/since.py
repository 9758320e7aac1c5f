"""``--since REV``: what had already drifted at a git revision.

The revision is written into a private temporary folder and judged there. Checking out would run the filters that the
repository configures; so blobs are read one by one, and those that lie unchanged in the workspace are taken from there.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.scan import scanned
from vt_lsp.workspace.git import Git

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.settings import Settings

_FILE_MODES: Final = frozenset({b"100644", b"100755"})
_MAX_CONTENT: Final = 4 << 20  # bytes; of a larger file only its name counts


def state_at(root: Path, revision: str, settings: Settings) -> tuple[frozenset[str], float]:
    """The fingerprints of the drift at ``revision`` and its compliance; a wrong usage when git cannot give that."""
    git = Git(root)
    commit = git.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        if git.line("rev-parse", "--git-dir") is None:
            raise UsageError(f"--since: not a git repository: {root}")
        raise UsageError(f"--since: git knows no revision {revision} in {root}")
    with tempfile.TemporaryDirectory(prefix="vt-lsp-") as folder:
        temporary = Path(folder).resolve()
        if temporary.is_relative_to(root):
            raise UsageError(f"--since: the folder for temporary files lies in the project: {temporary}")
        tree = temporary / "tree"
        tree.mkdir()
        write_tree(git, commit, tree)
        # The history is that of the project: the copy has none.
        with scanned(tree, settings, temporary / "cache", label=f"Reading {commit[:7]}", git=git) as engine:
            return frozenset(drift.fingerprint for drift in engine.drifts()), engine.summary().compliance


def write_tree(git: Git, commit: str, target: Path) -> None:
    """Write the files of ``commit`` below the root of ``git`` into ``target``; links and submodules are left out."""
    listed = git.run("ls-tree", "-r", "-z", "-l", commit)
    if listed is None:
        raise UsageError(f"--since: git cannot list the files of {commit[:12]}")
    for path, blob, size in _files(listed):
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_content(git, path, blob, size) if size <= _MAX_CONTENT else b"")


def _files(listed: bytes) -> Iterator[tuple[str, str, int]]:
    for entry in listed.split(b"\0"):
        about, _, name = entry.partition(b"\t")
        fields = about.split()
        path = os.fsdecode(name)
        if len(fields) == 4 and fields[0] in _FILE_MODES and fields[3].isdigit() and _is_safe(path):
            yield path, fields[2].decode("ascii"), int(fields[3])


def _is_safe(path: str) -> bool:
    """A crafted tree can name a file above the folder, or one that git itself would read."""
    parts = PurePosixPath(path).parts
    return not path.startswith("/") and not {"..", ".git"} & set(parts) and "\\" not in path and ":" not in path


def _content(git: Git, path: str, blob: str, size: int) -> bytes:
    try:
        here = git.root / path
        data = here.read_bytes() if here.is_file() and here.stat().st_size == size else None
    except OSError:
        data = None
    if data is not None and _blob_name(data, len(blob)) == blob:
        return data
    data = git.run("cat-file", "blob", blob)
    if data is None:
        raise UsageError(f"--since: git does not have the content of {path}; is this a shallow or partial clone?")
    return data


def _blob_name(data: bytes, digits: int) -> str:
    """The name that git gives to a blob (gitformat-pack(5)): SHA-1, or SHA-256 in repositories that use it."""
    new = hashlib.sha256 if digits == 64 else hashlib.sha1
    return new(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
