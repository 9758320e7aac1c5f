"""A user at a terminal: real keys, the real screen (in tmux), Neovim's own menus."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.editors.neovim.driver import INIT, PATIENCE_SECONDS, environment, is_running, neovim, pids, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS, LINES = 110, 40
CONFIG = r"""
vim.o.statusline = "%f %m%= %{v:lua.require'vt_lsp'.status()} "
vim.o.laststatus = 2
vim.diagnostic.config({ virtual_text = true })
"""


class Screen:
    """Neovim in a terminal of its own."""

    def __init__(self, home: Path, path: str, folder: Path, *, columns: int = COLUMNS, lines: int = LINES) -> None:
        found = shutil.which("tmux")
        if found is None:
            pytest.skip("tmux is not installed")
        self._tmux, self._socket = found, str(home / "tmux")
        env = environment(home, path) | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        env.pop("TMUX", None)
        (home / "init.lua").write_text(INIT % CONFIG, encoding="utf-8")
        command = f"{neovim()} --clean --cmd 'set termguicolors background=dark' -u {home}/init.lua"
        self._env = env
        size = ("-x", str(columns), "-y", str(lines))
        self.tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(folder), command)
        self.tmux("set", "-g", "default-terminal", "tmux-256color")
        self.tmux("set", "-sg", "escape-time", "0")

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            [self._tmux, "-S", self._socket, *words], env=self._env, capture_output=True, text=True, check=False
        )
        return done.stdout

    def type(self, *keys: str) -> None:
        """Press keys, by their names in tmux; other words are typed as they are."""
        for key in keys:
            named = re.fullmatch(r"Enter|Escape|Tab|C-.|Space|BSpace", key)
            self.tmux("send-keys", *(() if named else ("-l",)), key)

    def text(self) -> str:
        return self.tmux("capture-pane", "-p")

    def wait(self, words: str) -> str:
        """Wait until some words are on the screen; gives all of it."""
        try:
            return wait_for(lambda: (shown := self.text()) and words in shown and shown)
        except AssertionError:
            raise AssertionError(f"{words!r} did not appear in {PATIENCE_SECONDS:.0f} s:\n{self.text()}") from None

    def end(self) -> None:
        self.tmux("kill-server")


@pytest.fixture
def screen(tmp_path: Path, programs: Path, root: Path) -> Iterator[Screen]:
    one = Screen(tmp_path / "home", f"{programs}{os.pathsep}{os.environ['PATH']}", root)
    yield one
    one.end()


def test_the_journey_of_a_newcomer(screen: Screen, root: Path, programs: Path) -> None:
    screen.wait("[No Name]")
    screen.type(":e docs/design.md", "Enter")
    screen.wait("vt 83% ✗10")
    screen.wait("■ The tree shows `storage.py`, which does not exist")
    screen.type("/100", "Enter", "K")
    screen.wait("+ MAX_OPEN_ORDERS = 250")
    screen.type("Escape", "F`l", ":VtGoto", "Enter")
    screen.wait("def place(self, order: Order, validate_only")
    screen.wait("src/ordersvc/book.py")
    screen.type("C-o")
    screen.wait("At most `MAX_OPEN_ORDERS = 100` are open")
    screen.type("/100", "Enter", "gra")
    shown = screen.wait("Change the spec to `250`")
    assert "Ignore this drift here" in shown
    number = re.search(r"(\d): Change the spec to `250`", shown)
    assert number is not None
    screen.type(number[1], "Enter")
    screen.wait("`MAX_OPEN_ORDERS = 250` are open")
    screen.wait("vt 85% ✗9")
    screen.type("/REFUNDED", "Enter", "dd")  # while typing: one drift goes, and comes back
    screen.wait("vt 86% ✗8")
    screen.type("u")
    screen.wait("vt 85% ✗9")
    screen.type(":qa!", "Enter")
    wait_for(lambda: not is_running(pids(programs)[0]), "the end of the server")
    assert "MAX_OPEN_ORDERS = 100" in (root / "docs/design.md").read_text(encoding="utf-8")


def test_pages_lists_and_the_tree(screen: Screen) -> None:
    screen.wait("[No Name]")
    screen.type(":e docs/design.md", "Enter")
    screen.wait("vt 83% ✗10")
    screen.type(":VtDr", "Tab", "Enter")
    shown = screen.wait("[Quickfix List]")
    assert "README.md|4 col 70-85 warning| The link's target `docs/runbook.md` does not exist" in shown
    screen.type("Enter")
    wait_for(
        lambda: re.search(r"^README\.md +vt 83% ✗10", screen.text(), re.MULTILINE), "the status of a file read now"
    )
    screen.type(":cclose", "Enter", ":VtSpecs", "Enter")
    screen.wait("▸ docs/design.md  78% ✗9")
    screen.type("/design", "Enter", "o", "b")
    screen.wait("✗ `OrderBook` has no `reopen`")
    screen.type("/has no .reopen", "Enter", "Enter", "zt")
    screen.wait("takes back a cancellation")
    screen.type(":VtDiff", "Enter")
    shown = screen.wait("q close")
    assert "missing-member" in shown
    screen.type("q")
    wait_for(lambda: "q close" not in screen.text())
    screen.type(":VtStatus", "Enter")
    shown = screen.wait("51 of 61 claims hold")
    assert "╭" in shown
    assert "╯" in shown
    screen.type("q", ":messages", "Enter")
    assert "E5108" not in screen.text()


def test_messages_fit_in_a_line(tmp_path: Path, root: Path) -> None:
    """A longer one would make the user press Enter before anything else."""
    empty = tmp_path / "empty"
    empty.mkdir()
    screen = Screen(tmp_path / "home", str(empty), root, columns=80, lines=24)
    try:
        screen.wait("[No Name]")
        screen.type(":e README.md", "Enter")
        shown = screen.wait("server not found. What to do: :checkhealth vt_lsp")
        assert "Press ENTER" not in shown
        screen.type(":checkhealth vt_lsp", "Enter")
        screen.wait("ERROR not found in these folders")
    finally:
        screen.end()
