"""Neovim, a copy of the example, and the server of this checkout, for each test anew."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.editors.neovim import driver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.editors.neovim.driver import Neovim


class Start(Protocol):
    """Starts one more editor; it is ended after the test."""

    def __call__(self, config: str = "", path: str | None = None, env: dict[str, str] | None = None) -> Neovim: ...


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The folder with the program ``vt-lsp``."""
    folder = tmp_path / "bin"
    driver.real_server(folder)
    return folder


@pytest.fixture
def start(tmp_path: Path, programs: Path) -> Iterator[Start]:
    editors: list[Neovim] = []

    def one(config: str = "", path: str | None = None, env: dict[str, str] | None = None) -> Neovim:
        home = tmp_path / f"home{len(editors)}"
        given = path if path is not None else f"{programs}{os.pathsep}{os.environ['PATH']}"
        editors.append(driver.Neovim(home, given, config, env))
        return editors[-1]

    yield one
    for editor in editors:
        editor.quit()
    for pid in driver.pids(programs):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def nvim(start: Start) -> Neovim:
    return start()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the example project."""
    return shutil.copytree(driver.EXAMPLE, tmp_path / "ordersvc")
