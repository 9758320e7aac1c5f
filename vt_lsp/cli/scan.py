"""Find the project around some paths, and scan it once."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vt_lsp.cli.errors import UsageError
from vt_lsp.engine import Engine
from vt_lsp.settings import Notice, load_project_settings, load_user_settings, merge
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from vt_lsp.settings import Settings
    from vt_lsp.workspace.git import Git

    Advance = Callable[[int, int], None]  # files done, files in all

_MARKERS: Final = ("vt-lsp.toml", "pyproject.toml", ".git")


def find_root(root: str | None, paths: Sequence[Path]) -> Path:
    """The project: ``root`` if given, else the nearest folder around all paths that looks like one.

    Where none does, it is the current directory if the paths lie in it, or else their common folder.
    """
    if root is not None:
        if not os.path.isdir(root):  # noqa: PTH112 - Path.is_dir raises where a folder may not be entered
            raise UsageError(f"--root: not a folder: {root}")
        return _readable(Path(root).resolve())
    return _readable(_around(paths))


def _around(paths: Sequence[Path]) -> Path:
    try:
        here = Path.cwd()
    except OSError as error:
        raise UsageError(f"the current folder cannot be read: {error.strerror}") from error
    resolved = [path.resolve() for path in paths] or [here]
    try:
        common = Path(os.path.commonpath(resolved))
    except ValueError as error:  # drives on Windows
        raise UsageError("the paths have no common folder") from error
    start = common if common.is_dir() else common.parent
    for folder in (start, *start.parents):
        if any(os.path.exists(folder / marker) for marker in _MARKERS):  # noqa: PTH110 - Path.exists may raise
            return folder
    return here if start.is_relative_to(here) else start


def _readable(folder: Path) -> Path:
    if not os.access(folder, os.R_OK | os.X_OK):
        raise UsageError(f"the folder cannot be read: {folder}")
    return folder


def existing_paths(names: Sequence[str]) -> tuple[Path, ...]:
    """The paths; one that does not exist, cannot be read or is nothing that is checked is a wrong usage."""
    for name in names:
        if not name:
            raise UsageError("PATH is empty")
        if not os.path.exists(name):  # noqa: PTH110 - Path.exists raises where a folder may not be entered
            raise UsageError(f"no such file or folder: {name}")
        if not os.access(name, os.R_OK):
            raise UsageError(f"cannot be read: {name}")
        if not Path(name).is_dir() and kind_of(name) is None:
            raise UsageError(f"neither a document (Markdown), nor Python, nor a folder: {name}")
    return tuple(Path(name) for name in names)


def prefix_of(root: Path) -> str:
    """What leads from the current directory to the root, with ``/`` at its end; empty if nothing or not below it."""
    here = Path.cwd()
    if root == here or not root.is_relative_to(here):
        return ""
    return f"{root.relative_to(here).as_posix()}/"


def root_option(root: Path) -> str:
    """What must follow a command that is run here so that it finds this root: empty, or `` --root DIR``."""
    return "" if find_root(None, ()) == root else f" --root {shlex.quote(os.path.relpath(root))}"


def load_settings(root: Path) -> tuple[Settings, tuple[str, ...]]:
    """The project's settings, and which keys are left out, which is also said on stderr.

    A file or a value that cannot be used is a wrong usage: the result would not be what the project asked for.
    """
    settings, messages = load_project_settings(root)
    if mistakes := [message for message in messages if not isinstance(message, Notice)]:
        raise UsageError("\nvt-lsp: ".join(mistakes))
    for message in messages:
        sys.stderr.write(f"vt-lsp: {message}\n")
    return settings, messages


def load_user_and_project_settings(root: Path) -> Settings:
    """The project's settings, with the user's own on top; what is wrong with them is said as for the project's."""
    settings, _ = load_settings(root)
    mine, messages = load_user_settings()
    for message in messages:
        sys.stderr.write(f"vt-lsp: {message}\n")
    return merge(settings, mine)


@contextmanager
def scanned(
    root: Path, settings: Settings, cache_dir: Path | None = None, *, label: str = "Reading", git: Git | None = None
) -> Iterator[Engine]:
    """An engine that has read and judged everything below ``root``; it is disposed of at the end of the block.

    ``git`` answers for the history of ``root``, where that is not its own.
    """
    engine = Engine(root, settings, cache_dir)
    if git is not None:
        engine.git = git
    try:
        with _progress(label) as advance:
            engine.scan(advance)
        yield engine
    finally:
        engine.dispose()


def _progress(label: str) -> AbstractContextManager[Advance]:
    return _bar(label) if sys.stderr.isatty() else nullcontext(lambda _done, _total: None)


@contextmanager
def _bar(label: str) -> Iterator[Advance]:
    from rich.console import Console  # noqa: PLC0415 - only for a terminal
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
