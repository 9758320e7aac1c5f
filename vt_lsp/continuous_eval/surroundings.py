"""What nobody tells a monitor: the folder is gone, git moved HEAD, power failed, files changed that nobody watched."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vt_lsp.continuous_eval.resources import on_battery
from vt_lsp.workspace.sweep import YOUNG_SECONDS, Repository, Sweep

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.workspace.discovery import Listing
    from vt_lsp.workspace.git import Git

BATTERY_SECONDS: Final = 20.0  # between two looks at the power supply


@dataclass(frozen=True, slots=True)
class Found:
    """What one look found.

    ``is_away``: the folder is not there, or its disk is not. ``is_another``: it is back, or another one took its
    place. ``has_new_head``: git's answers may be others now. ``changed`` are paths below the root, ``"."`` is itself.
    """

    is_away: bool = False
    is_another: bool = False
    is_on_battery: bool = False
    has_new_head: bool = False
    changed: frozenset[str] = frozenset()


class Surroundings:
    """Looks around one workspace folder. Everything here blocks; any thread, one at a time."""

    def __init__(self, root: Path, git: Git | None) -> None:
        """``git`` is None where it must not be asked."""
        self._root = root
        self._repository = Repository(git) if git is not None else None
        self._sweep = Sweep(root)
        self._identity = _identity(root)
        self._is_away = False
        self._swept = float("-inf")
        self._powered = float("-inf")
        self._is_on_battery = False

    def look(self, listing: Listing | None, every: float | None) -> Found:
        """Look around; at all files too, if that was not done for ``every`` seconds (None: they are left alone)."""
        now = time.monotonic()
        identity = _identity(self._root)
        if identity is None or (identity != self._identity and _is_empty(self._root)):
            self._is_away = True
            return Found(is_away=True)
        is_another = self._is_away or identity != self._identity
        self._identity, self._is_away = identity, False
        if is_another:
            self._sweep = Sweep(self._root)
        if now - self._powered >= BATTERY_SECONDS:
            self._powered, self._is_on_battery = now, on_battery()
        changed: set[str] = set()
        if listing is not None and every is not None and now - self._swept >= every:
            self._swept = now
            changed = self._sweep.look(listing)
        elif now - self._swept >= YOUNG_SECONDS:
            changed = self._sweep.doubtful()
        has_new_head = self._repository is not None and self._repository.has_moved()
        return Found(False, is_another, self._is_on_battery, has_new_head, frozenset(changed))

    def is_away(self) -> bool:
        """The folder is not there now."""
        identity = _identity(self._root)
        return identity is None or (identity != self._identity and _is_empty(self._root))

    def is_git_at_work(self) -> bool:
        """A checkout, rebase or stash is under way."""
        return self._repository is not None and self._repository.is_at_work()


def _identity(root: Path) -> tuple[int, int] | None:
    """What tells one folder from another that is put in its place; None where there is none."""
    try:
        found = root.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if root.is_dir() else None


def _is_empty(root: Path) -> bool:
    """An empty folder in the place of another one is where a disk is mounted that is not there now."""
    try:
        return next(root.iterdir(), None) is None
    except OSError:
        return True
