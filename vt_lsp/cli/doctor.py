"""``vt-lsp doctor``: versions, and what is indexed where; made to be pasted into a bug report."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from vt_lsp import __version__
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import find_root, scanned
from vt_lsp.settings import load_project_settings, settings_file
from vt_lsp.workspace.store import cache_directory

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

_PACKAGES: Final = (
    "pygls",
    "lsprotocol",
    "tree-sitter",
    "tree-sitter-python",
    "tree-sitter-markdown",
    "watchdog",
    "msgspec",
    "pathspec",
    "websockets",
)
_MAX_LISTED: Final = 20


def run(options: argparse.Namespace) -> int:
    """Write the report on stdout; always 0."""
    configure_log(options)
    root = find_root(options.root, ())
    for line in (*_versions(), *_project(root)):
        sys.stdout.write(f"{line}\n")
    return 0


def _versions() -> Iterator[str]:
    yield f"vt-lsp      {__version__}"
    yield f"python      {platform.python_version()} ({sys.executable})"
    yield f"system      {platform.platform()}"
    yield f"git         {_git_version()}"
    for name in _PACKAGES:
        yield f"{name:<22}{_version(name)}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _git_version() -> str:
    program = shutil.which("git")
    if program is None:
        return "not found: history is not used as evidence"
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=5, check=False)  # noqa: S603 - fixed
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not answer ({error})"
    return f"{done.stdout.decode('utf-8', 'replace').strip()} ({program})"


def _project(root: Path) -> Iterator[str]:
    settings, messages = load_project_settings(root)
    yield f"root        {root}"
    file = settings_file(root) or "none (defaults)"
    yield f"settings    {file}; set: {', '.join(sorted(settings.given)) or 'nothing'}"
    yield from (f"            {message}" for message in messages)
    with scanned(root, settings) as engine:
        summary = engine.summary()
        yield f"revision    {engine.revision() or 'no git repository, or no commit'}"
        yield f"cache       {cache_directory(root) or 'none: it would lie inside the workspace'}"
        yield f"indexed     {summary.files} Python files, {summary.specs} specs, {summary.claims} claims"
        yield f"claims      {summary.holds} hold, {summary.broken} broken, {summary.unknown} undecided"
        yield f"left out    {len(summary.not_analysed)}"
        for item in summary.not_analysed[:_MAX_LISTED]:
            yield f"            {item.path}: {item.reason}"
