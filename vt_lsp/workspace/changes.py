"""What happened on disk to some paths of a workspace: their bytes, and whether a walk must look again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.workspace.discovery import kind_of
from vt_lsp.workspace.reading import Unreadable, read_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from vt_lsp.workspace.discovery import Listing

MANY = 100  # paths; from here on one walk is cheaper, and surer, than file by file


def of_interest(paths: Iterable[str], listing: Listing) -> set[str]:
    """Those of ``paths`` (relative to the root) that do not lie where no walk goes."""
    return {path for path in paths if not _is_below(path, listing.unlisted) and not path.startswith(".git/")}


def _is_below(path: str, folders: Collection[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:depth]) in folders for depth in range(1, len(parts) + 1))


def read_all(root: Path, paths: Iterable[str], listing: Listing) -> tuple[dict[str, bytes | None], bool]:
    """The bytes of each path (None: gone; empty where only its being there counts), and whether there is news.

    News is what a walk must look at: a folder, a file that was not read before (is it ignored? vendored?), or one that
    can no longer be read.
    """
    known = frozenset((*listing.code, *listing.specs))
    read: dict[str, bytes | None] = {}
    has_news = False
    for path in paths:
        at = root / path
        if not at.exists():
            read[path] = None
        elif path in known:
            try:
                read[path] = read_file(root, path)
            except Unreadable:
                has_news = True
        elif kind_of(path) is not None or at.is_dir():
            has_news = True
        else:
            read[path] = b""
    return read, has_news


def read_new(root: Path, paths: Iterable[str]) -> dict[str, bytes | None]:
    """The bytes of files that a walk has just found; those that cannot be read are left out."""
    read: dict[str, bytes | None] = {}
    for path in paths:
        try:
            read[path] = read_file(root, path)
        except Unreadable:
            continue
    return read
