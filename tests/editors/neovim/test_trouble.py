"""The server is missing, too old, crashes; two editors at once; the editor leaves in the middle of a scan."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.editors.neovim import driver
from tests.editors.neovim.driver import is_running, pids, program, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.editors.neovim.conftest import Start
    from tests.editors.neovim.driver import Neovim

GONE_SECONDS = 2.0  # what the issue grants a server whose editor has left
MISSING = "vt-lsp: server not found. What to do: :checkhealth vt_lsp"
# Speaks just enough of the protocol to name a version.
OLD = """\
#!{python}
import json, os, sys
with open("{folder}/pids", "a") as file:
    file.write(f"{{os.getpid()}}\\n")
if "--version" in sys.argv:
    print("vt-lsp 0.0.9")
    sys.exit()
while True:
    size = int(sys.stdin.buffer.readline().split(b":")[1] or 0)
    sys.stdin.buffer.readline()
    message = json.loads(sys.stdin.buffer.read(size))
    if message["method"] == "exit":
        sys.exit()
    if "id" in message:
        result = {{"capabilities": {{}}, "serverInfo": {{"name": "vt-lsp", "version": "0.0.9"}}}}
        result = result if message["method"] == "initialize" else None
        body = json.dumps({{"jsonrpc": "2.0", "id": message["id"], "result": result}}).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
        sys.stdout.buffer.flush()
"""


def health(nvim: Neovim) -> str:
    """The text of `:checkhealth vt_lsp`."""
    nvim.command("checkhealth vt_lsp")
    nvim.wait("table.concat(lines(), '\\n'):find('logs ~.-client: ')")
    return "\n".join(nvim.lines())


def test_a_server_that_is_not_there(start: Start, root: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    nvim = start(path=str(empty))
    for name in ("docs/design.md", "README.md", "src/ordersvc/book.py"):
        nvim.edit(root / name)
    assert nvim.wait("notes[1] and notes[1].text") == MISSING
    nvim.command("VtStatus")
    assert nvim.notes() == [MISSING, MISSING]
    text = health(nvim)
    assert f"ERROR not found in these folders: {empty}" in text
    assert "uv tool install vt-lsp" in text
    assert ":VtRestart" in text
    driver.real_server(empty)  # the user does what it says, with python and sh from elsewhere
    nvim.lua("vim.env.PATH = vim.env.PATH .. ':' .. ...", os.environ["PATH"])
    nvim.command("VtRestart")
    nvim.command("buffer book.py")
    nvim.settle()
    assert len(nvim.notes()) == 2
    os.kill(pids(empty)[0], signal.SIGTERM)


def test_no_program_of_the_workspace_is_started(start: Start, root: Path, tmp_path: Path) -> None:
    trap = f"#!/bin/sh\ntouch {tmp_path}/trapped\n"
    for folder in (root, root / "bin", root / ".venv/bin"):
        program(folder, trap)
    nvim = start(path=f".:bin:{os.defpath}")
    nvim.command(f"cd {root}")
    nvim.edit(root / "docs/design.md")
    assert nvim.wait("notes[1] and notes[1].text") == MISSING
    assert nvim.lua("return vim.fn.exepath('vt-lsp')")  # Neovim itself would find it there
    health(nvim)
    assert not (tmp_path / "trapped").exists()


def test_the_active_environment_comes_first_and_cmd_before_all(start: Start, root: Path, tmp_path: Path) -> None:
    environment, other = tmp_path / "environment", tmp_path / "other"
    for folder in (environment / "bin", other):
        driver.real_server(folder)
    nvim = start(env={"VIRTUAL_ENV": str(environment)})
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    assert len(pids(environment / "bin")) == 1
    own = start(
        f"vim.lsp.config('vt_lsp', {{ cmd = {{ '{other}/vt-lsp', 'server', '--log-file', '{tmp_path}/own.log' }} }})",
        env={"VIRTUAL_ENV": str(environment)},
    )
    own.edit(root / "docs/design.md")
    own.settle()
    assert (len(pids(environment / "bin")), len(pids(other))) == (1, 1)
    assert own.lua("return require('vt_lsp.server').log_path()") == f"{tmp_path}/own.log"
    assert f"{other}/vt-lsp server" in health(own)
    for editor in (nvim, own):
        editor.quit()


def test_a_server_that_is_too_old(start: Start, root: Path, programs: Path) -> None:
    program(programs, OLD.format(python=sys.executable, folder=programs))
    nvim = start()
    buffer = nvim.edit(root / "docs/design.md")
    note = "vt-lsp: server 0.0.9 is too old, 0.1 is needed: :checkhealth vt_lsp"
    assert nvim.wait("notes[1] and notes[1].text") == note
    wait_for(lambda: not is_running(pids(programs)[0]), "the end of the old server")
    nvim.edit(root / "README.md")
    nvim.command("VtStatus")
    assert nvim.notes() == [note, "vt-lsp: server 0.0.9 is too old, 0.1 is needed. See :VtLog, then :VtRestart"]
    assert len(pids(programs)) == 1
    text = health(nvim)
    assert "vt-lsp 0.0.9" in text
    assert "is too old, 0.1 is needed" in text
    driver.real_server(programs)
    nvim.lua("vim.api.nvim_set_current_buf(...)", buffer)
    nvim.command("VtRestart")
    nvim.settle()
    assert nvim.codes(buffer)
    assert len(nvim.notes()) == 2


def test_a_server_that_crashes_at_its_start(start: Start, root: Path, programs: Path) -> None:
    program(programs, f"#!/bin/sh\necho $$ >> {programs}/pids\necho no such module >&2\nexit 3\n")
    nvim = start()
    for name in ("docs/design.md", "README.md", "src/ordersvc/book.py"):
        nvim.edit(root / name)
    (note,) = nvim.wait("#notes > 0 and notes")
    log = nvim.lua("return vim.fn.fnamemodify(vim.lsp.get_log_path(), ':~')")
    assert note["text"] == f"vt-lsp: server ended at its start (exit code 3), see {log}"
    assert any("no such module" in line for line in nvim.errors())
    nvim.edit(root / "src/ordersvc/config.py")
    nvim.command("VtCheck")
    assert nvim.notes()[1:] == ["vt-lsp: the server ended at its start (exit code 3). See :VtLog, then :VtRestart"]
    assert len(pids(programs)) <= 3, "the files that were open before it ended, and none afterwards"
    assert "exit code 3" in health(nvim)


def test_a_crash_of_the_users_own_command_is_told_once(start: Start, root: Path, programs: Path) -> None:
    program(programs, f"#!/bin/sh\necho $$ >> {programs}/pids\nexit 3\n")
    nvim = start(f"vim.lsp.config('vt_lsp', {{ cmd = {{ '{programs}/vt-lsp', 'server' }} }})")
    nvim.edit(root / "docs/design.md")
    (note,) = nvim.wait("#notes > 0 and notes")
    assert "exit code 3" in note["text"]
    assert "lsp.log" in note["text"]
    nvim.wait("next(require('vt_lsp.supervisor').refusals()) ~= nil")
    nvim.edit(root / "README.md")
    assert len(nvim.notes()) == 1
    assert len(pids(programs)) == 1


def test_a_server_that_crashes_later_is_started_again(start: Start, root: Path, programs: Path) -> None:
    nvim = start("require('vt_lsp.supervisor').delays_ms = { 10, 20 }")
    design, code = nvim.edit(root / "docs/design.md"), nvim.edit(root / "src/ordersvc/book.py")
    nvim.settle()
    shown = nvim.codes(design)
    os.kill(pids(programs)[0], signal.SIGKILL)
    assert nvim.wait("notes[1] and notes[1].text") == "vt-lsp: server ended (signal 9) and is started again. See :VtLog"
    wait_for(lambda: len(pids(programs)) == 2, "the second server")
    wait_for(lambda: nvim.codes(design) == shown, "the drift again")
    for buffer in (design, code):
        assert nvim.lua("return #vim.lsp.get_clients({ bufnr = ..., name = 'vt_lsp' })", buffer) == 1
    wait_for(lambda: nvim.codes(code), "the drift in the code again")
    nvim.keys("/def cancel<CR>wciwrevoke<Esc>")
    wait_for(lambda: len(nvim.codes(design)) > len(shown), "typing is followed")
    os.kill(pids(programs)[1], signal.SIGSEGV)
    wait_for(lambda: len(pids(programs)) == 3, "the third server")
    wait_for(lambda: len(nvim.codes(design)) > len(shown), "the drift again")
    assert len(nvim.notes()) == 1
    os.kill(pids(programs)[2], signal.SIGKILL)
    nvim.wait("#notes > 1")
    assert nvim.notes()[1:] == ["vt-lsp: server ended 3 times, given up. See :VtLog, then :VtRestart"]
    nvim.edit(root / "README.md")
    nvim.command("VtGoto")
    assert len(pids(programs)) == 3
    nvim.command("VtRestart")
    nvim.settle()
    assert len(pids(programs)) == 4


def test_the_waits_between_restarts_grow(nvim: Neovim) -> None:
    waits = nvim.lua("return require('vt_lsp.supervisor').delays_ms")
    assert waits == [1000, 2000, 4000, 8000, 16000]
    assert nvim.lua("return require('vt_lsp.supervisor').window_ms") == 180_000


@pytest.mark.parametrize("how", ["vim.lsp.enable('vt_lsp', false)", "vim.lsp.stop_client(vim.lsp.get_clients(), true)"])
def test_a_server_that_is_stopped_stays_so_without_a_word(nvim: Neovim, root: Path, programs: Path, how: str) -> None:
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    nvim.lua(how)
    wait_for(lambda: not is_running(pids(programs)[0]), "the end of the server")
    nvim.wait("#vim.lsp.get_clients() == 0")
    nvim.lua("vim.wait(50)")  # what was scheduled has run
    assert nvim.notes() == []
    assert len(pids(programs)) == 1
    assert nvim.errors() == []


def test_a_restart_makes_a_deaf_server_end(nvim: Neovim, root: Path, programs: Path) -> None:
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    os.kill(pids(programs)[0], signal.SIGSTOP)
    nvim.command("VtRestart")
    nvim.lua("vim.wait(50)")
    os.kill(pids(programs)[0], signal.SIGCONT)
    wait_for(lambda: len(pids(programs)) == 2, "the second server")
    nvim.settle()
    assert not is_running(pids(programs)[0])
    assert nvim.notes() == []


def test_two_editors_on_one_folder(start: Start, root: Path, programs: Path) -> None:
    one, two = start(), start()
    buffers = [editor.edit(root / "docs/design.md") for editor in (one, two)]
    for editor in (one, two):
        editor.settle()
    assert one.codes(buffers[0]) == two.codes(buffers[1])
    assert len(pids(programs)) == 2
    one.put_cursor("100` are open")
    one.keys("ct`250<Esc>")
    wait_for(lambda: len(one.codes()) == len(two.codes()) - 1, "the text of one editor is its own")
    one.command("write")
    two.lua("vim.o.autoread = true")
    two.command("checktime")
    wait_for(lambda: one.codes() == two.codes(), "the same drift once it is saved")
    one.quit()
    two.put_cursor("OrderBook.reopen")
    two.command("VtDiff")
    assert two.float()
    assert one.pid != two.pid


def large(root: Path, files: int) -> None:
    """Add so many files that a scan takes a while."""
    source = (root / "src/ordersvc/book.py").read_text(encoding="utf-8")
    for number in range(files):
        folder = root / f"src/ordersvc/part{number % 20}"
        folder.mkdir(exist_ok=True)
        (folder / f"m{number}.py").write_text(source.replace("OrderBook", f"OrderBook{number}"), encoding="utf-8")
        (root / f"docs/d{number}.md").write_text(f"# D\n\n`OrderBook{number}.reopen()`.\n", encoding="utf-8")


@pytest.mark.parametrize("how", ["quit", "kill"])
def test_leaving_while_the_scan_runs(start: Start, root: Path, programs: Path, how: str) -> None:
    large(root, 600)
    nvim = start()
    nvim.edit(root / "docs/design.md")
    nvim.wait("require('vt_lsp').status() == 'vt …' and require('vt_lsp.status').of(1) ~= nil")
    (server,) = pids(programs)
    assert is_running(server)
    if how == "quit":
        nvim.quit()
    else:
        os.kill(nvim.pid, signal.SIGKILL)
    left = time.monotonic()
    wait_for(lambda: not is_running(server), "the end of the server")
    took = time.monotonic() - left
    assert took < GONE_SECONDS, f"{took:.1f} s"


def test_text_that_is_no_file_of_this_machine_is_left_alone(nvim: Neovim, programs: Path) -> None:
    for name in ("scp://host/notes.md", "fugitive:///repo/.git//0/design.md", "oil:///tmp/x.md"):
        nvim.lua(
            "local name = ...; local b = vim.api.nvim_create_buf(true, false); vim.api.nvim_buf_set_name(b, name);"
            " vim.bo[b].filetype = 'markdown'",
            name,
        )
    nvim.command("new | setfiletype help")
    assert nvim.lua("return #vim.lsp.get_clients({ _uninitialized = true })") == 0
    assert pids(programs) == []


def test_a_file_without_a_project_and_a_text_without_a_file(nvim: Neovim, tmp_path: Path) -> None:
    lone = tmp_path / "lone/notes.md"
    lone.parent.mkdir()
    lone.write_text("# Notes\n\nSee [this](gone.md).\n", encoding="utf-8")
    nvim.edit(lone)
    nvim.wait("#vim.lsp.get_clients({ bufnr = 0, name = 'vt_lsp' }) == 1")
    nvim.command("VtStatus")
    assert nvim.float()
    nvim.keys("q")
    nvim.command("enew | setfiletype markdown")
    nvim.lua("vim.api.nvim_buf_set_lines(0, 0, -1, false, { '# New', 'Text' })")
    nvim.command("VtGoto")
    nvim.wait("#notes > 0")
    assert nvim.notes()[-1] == "vt-lsp: no claim at the cursor leads to code"
    assert nvim.errors() == []
