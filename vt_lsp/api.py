"""A project as programs in Python ask about it; offered by ``import vt_lsp`` and described in docs/api.md."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vt_lsp.engine import Engine
from vt_lsp.settings import Notice, load_project_settings
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from vt_lsp.models import DriftReport, Place, Realignment, Summary

__all__: Final = ["Project", "open_project"]


@contextmanager
def open_project(root: str | os.PathLike[str]) -> Iterator[Project]:
    """The project in the folder ``root``, read and judged once, as it lies on disk, with the settings that stand in it.

    Raises NotADirectoryError where there is no such folder, and ValueError where a setting cannot be used.
    """
    folder = Path(root).resolve()
    if not folder.is_dir():
        raise NotADirectoryError(f"not a folder: {root}")
    settings, messages = load_project_settings(folder)
    if mistakes := [message for message in messages if not isinstance(message, Notice)]:
        raise ValueError("\n".join(mistakes))
    engine = Engine(folder, settings)
    try:
        engine.scan()
        yield Project(engine)
    finally:
        engine.dispose()


class Project:
    """What is known of a project between :func:`open_project` and the end of its block; in one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        """Made by :func:`open_project` alone."""
        self._engine = engine

    @property
    def root(self) -> Path:
        """The folder; all paths are below it, with ``/``."""
        return self._engine.root

    @property
    def revision(self) -> str | None:
        """The git commit that HEAD names, if any."""
        return self._engine.revision()

    @property
    def summary(self) -> Summary:
        """The counts of files and claims, and of what holds."""
        return self._engine.summary()

    def drifts(self, path: str | None = None) -> tuple[DriftReport, ...]:
        """All drift, or that with a side in the file ``path``, in the order of the documents."""
        return tuple(self._engine.drifts(path))

    def find(self, fingerprint: str) -> DriftReport | None:
        """The drift whose fingerprint begins so; None if there is none, or more than one kind."""
        return self._engine.find(fingerprint)

    def realignments(self, drift: DriftReport) -> tuple[Realignment, ...]:
        """The ways out of a drift, best first; each was tried in memory. Takes some milliseconds."""
        return tuple(self._engine.realignments(drift))

    def position(self, place: Place) -> tuple[int, int]:
        """Line and column where a place begins, both from 1; columns count Unicode code points."""
        line, column = LineIndex(self._engine.text(place.path) or b"").position(place.start, "utf-32")
        return line + 1, column + 1
