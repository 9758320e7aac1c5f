"""New files: open in an editor below the workspace, and not on disk yet. They are judged like those that are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.workspace.discovery import kind_of, would_pick

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.workspace.discovery import Listing


class Unsaved:
    """The new files of one workspace folder, added to what a walk saw of it."""

    def __init__(self, root: Path, include: tuple[str, ...], exclude: tuple[str, ...]) -> None:
        self._root, self._include, self._exclude = root, include, exclude
        self._paths: set[str] = set()
        self._refused: set[str] = set()  # not asked again with each keystroke

    def __contains__(self, path: str) -> bool:
        return path in self._paths

    def opened(self, path: str) -> bool:
        """An editor has this file, which no walk saw; whether it is new among the new ones."""
        if path in self._paths or path in self._refused or kind_of(path) is None:
            return False
        is_link = (self._root / path).is_symlink()
        is_new = not is_link and would_pick(self._root, path, self._include, self._exclude)
        (self._paths if is_new else self._refused).add(path)
        return is_new

    def closed(self, path: str) -> bool:
        """The editor gave the file back; whether it is gone with that."""
        if path not in self._paths or (self._root / path).exists():
            return False  # saved meanwhile: the next walk sees it
        self._paths.remove(path)
        return True

    def walked(self, listing: Listing, is_open: frozenset[str]) -> None:
        """A walk saw these files; what it did not see is still new, if an editor has it."""
        self._paths = {path for path in self._paths if path in is_open and path not in listing.files}
        self._refused = set()

    def added_to(self, listing: Listing) -> Listing:
        """The listing as if the new files had been saved."""
        if not self._paths:
            return listing
        code = [path for path in self._paths if kind_of(path) == "code"]
        specs = [path for path in self._paths if kind_of(path) == "spec"]
        return replace(
            listing,
            files=listing.files | self._paths,
            code=tuple(sorted({*listing.code, *code})),
            specs=tuple(sorted({*listing.specs, *specs})),
        )
