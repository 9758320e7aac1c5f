"""The plugin as a plugin: its help, its health page, its cost at start, and its source."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.editors.neovim.driver import PLUGIN, REPOSITORY, Neovim, neovim

if TYPE_CHECKING:
    from tests.editors.neovim.conftest import Start

SOURCES = sorted(path.relative_to(PLUGIN).as_posix() for path in PLUGIN.rglob("*.lua"))
HELP = PLUGIN / "doc/vt-lsp.txt"
COMMANDS = sorted(re.findall(r"command\('(Vt\w+)'", (PLUGIN / "plugin/vt_lsp.lua").read_text(encoding="utf-8")))


def test_its_help(nvim: Neovim, tmp_path: Path) -> None:
    copy = shutil.copytree(PLUGIN, tmp_path / "plugin")  # tags are written beside the help
    nvim.lua("vim.opt.runtimepath:prepend(...)", str(copy))
    nvim.command(f"helptags {copy}/doc")
    tags = {line.split("\t")[0] for line in (copy / "doc/tags").read_text(encoding="utf-8").splitlines()}
    assert {"vt-lsp", "vt-lsp.txt", *(f":{name}" for name in COMMANDS)} <= tags
    shipped = (PLUGIN / "doc/tags").read_text(encoding="utf-8")  # so that :help works without a plugin manager
    assert shipped == (copy / "doc/tags").read_text(encoding="utf-8"), ":helptags editors/neovim/doc"
    nvim.command("help vt-lsp")
    assert nvim.lua("return vim.fn.expand('%:p')") == f"{copy}/doc/vt-lsp.txt"
    words = set(re.findall(r"\|([^|\s]+)\|", HELP.read_text(encoding="utf-8")))
    dead = [word for word in words if not nvim.lua("return pcall(vim.cmd.help, ...)", word)]
    assert dead == []
    assert max(len(line.expandtabs()) for line in HELP.read_text(encoding="utf-8").splitlines()) <= 80


def test_the_examples_of_its_help_are_lua(nvim: Neovim) -> None:
    examples = re.findall(r">lua\n(.*?)\n<", HELP.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) > 5
    for text in examples:
        is_expression = text.lstrip().startswith(("{", "sections ="))
        code = f"return {{ {text} }}" if is_expression else text
        assert nvim.lua("local f, e = loadstring(...); return e or ''", code) == "", text


def test_the_help_names_what_there_is(nvim: Neovim) -> None:
    text = HELP.read_text(encoding="utf-8")
    lua = (PLUGIN / "plugin/vt_lsp.lua").read_text(encoding="utf-8")
    for name in re.findall(r"highlight\(0, '(\w+)'", lua):
        assert f"*hl-{name}*" in text
    markers = nvim.lua("return vim.lsp.config.vt_lsp.root_markers")
    assert f"`{markers[0]}`" in text
    assert ", ".join(f"`{marker}`" for marker in markers) in " ".join(text.split())
    public = (PLUGIN / "lua/vt_lsp/init.lua").read_text(encoding="utf-8")
    for name in re.findall(r"^function M\.(\w+)", public, re.MULTILINE):
        assert f"*vt_lsp.{name}()*" in text


def test_its_version_is_the_servers(nvim: Neovim) -> None:
    version = re.search(r'__version__ = "(\d+)\.(\d+)', (REPOSITORY / "vt_lsp/__init__.py").read_text(encoding="utf-8"))
    assert version is not None
    assert nvim.lua("return require('vt_lsp.server').MINIMUM") == [int(version[1]), int(version[2])]
    for given, is_supported in [("0.1.0", True), ("v1.0", True), ("0.1.0.dev3", True), ("0.0.9", False), ("?", False)]:
        assert nvim.lua("return require('vt_lsp.server').is_supported(...)", given) is is_supported


def test_its_health_page(nvim: Neovim, root: Path, programs: Path) -> None:
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    nvim.command("checkhealth vt_lsp")
    nvim.wait("table.concat(lines(), '\\n'):find('logs ~.-client: ')")
    text = "\n".join(nvim.lines())
    for words in (
        "OK Neovim 0.11",
        "OK enabled",
        f"OK vt-lsp 0.1.0 ({programs}/vt-lsp)",
        f"OK attached to 1 buffer, root {root}, server 0.1.0, utf-8",
        "OK status: at rest, 10 drifts, 83% of the claims hold",
        "OK files: watched by the server itself",
        "server: ~/state/nvim/vt-lsp.log",
        "client: ~/state/nvim/lsp.log",
    ):
        assert words in text
    assert "ERROR" not in text
    assert "WARNING" not in text


def test_health_says_when_it_is_not_enabled(nvim: Neovim) -> None:
    nvim.lua("vim.lsp.enable('vt_lsp', false)")
    nvim.command("checkhealth vt_lsp")
    nvim.wait("table.concat(lines(), '\\n'):find('logs ~.-client: ')")
    assert "WARNING not enabled" in "\n".join(nvim.lines())


def test_nothing_is_loaded_before_it_is_used(nvim: Neovim, root: Path) -> None:
    loaded = (
        "return vim.tbl_filter(function(name) return vim.startswith(name, 'vt_lsp') end, vim.tbl_keys(package.loaded))"
    )
    assert nvim.lua(loaded) == []
    nvim.command("edit nothing.txt | setfiletype text")
    assert nvim.lua(loaded) == []
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    assert sorted(nvim.lua(loaded)) == [
        "vt_lsp",
        "vt_lsp.message",
        "vt_lsp.server",
        "vt_lsp.status",
        "vt_lsp.supervisor",
    ]


def test_standard_error_stays_quiet(start: Start, root: Path) -> None:
    nvim = start()
    for name in ("docs/design.md", "README.md", "src/ordersvc/book.py"):
        nvim.edit(root / name)
    nvim.settle()
    for command in ("VtStatus", "VtCompliance", "VtDrifts", "VtCheck"):
        nvim.command(command)
    nvim.wait("#notes > 0")
    nvim.command("VtRestart")
    nvim.wait("vim.lsp.get_clients({ name = 'vt_lsp' })[1] and vim.lsp.get_clients({ name = 'vt_lsp' })[1].id > 1")
    assert nvim.errors() == []
    assert nvim.lua("return vim.v.errmsg") == ""


def test_the_user_can_override_all(start: Start, root: Path) -> None:
    nvim = start(
        "vim.lsp.config('vt_lsp', { root_markers = { 'src' }, filetypes = { 'markdown' },"
        " settings = { ['vt-lsp'] = { ignore = { 'constant-value' } } } })"
    )
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    nvim.wait("#vim.diagnostic.get(0) > 3")
    assert "constant-value" not in {code for _, code in nvim.codes()}
    assert nvim.lua("return vim.lsp.get_clients({ name = 'vt_lsp' })[1].root_dir") == str(root)
    nvim.edit(root / "src/ordersvc/book.py")
    assert nvim.lua("return #vim.lsp.get_clients({ bufnr = 0, _uninitialized = true })") == 0


def test_a_repository_is_one_project(nvim: Neovim, root: Path) -> None:
    package = root / "packages/one"
    package.mkdir(parents=True)
    (root / ".git").mkdir()
    (package / "pyproject.toml").write_text("", encoding="utf-8")
    (package / "README.md").write_text("# One\n", encoding="utf-8")
    nvim.edit(package / "README.md")
    nvim.wait("#vim.lsp.get_clients({ name = 'vt_lsp' }) == 1")
    assert nvim.lua("return vim.lsp.get_clients({ name = 'vt_lsp' })[1].root_dir") == str(root)
    (package / "vt-lsp.toml").write_text("", encoding="utf-8")
    nvim.command("bwipeout")
    nvim.edit(package / "README.md")
    nvim.wait("vim.lsp.get_clients({ bufnr = 0, name = 'vt_lsp' })[1] ~= nil")
    assert nvim.lua("return vim.lsp.get_clients({ bufnr = 0, name = 'vt_lsp' })[1].root_dir") == str(package)


def test_every_file_loads() -> None:
    assert len(SOURCES) > 10
    for name in SOURCES:
        command = [neovim(), "--headless", "--clean", "-l", "/dev/stdin"]
        load = f"assert(loadfile('{PLUGIN / name}'))"
        done = subprocess.run(command, input=load, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{name}: {done.stderr}"


def test_the_source_is_in_order() -> None:
    """luacheck says what compiling cannot see: names that are not there or not used."""
    luacheck = shutil.which("luacheck")
    if luacheck is None:
        pytest.skip("luacheck is not installed (Debian: lua-check)")
    done = subprocess.run([luacheck, "--no-color", "."], cwd=PLUGIN, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_an_old_neovim_is_told_once(nvim: Neovim) -> None:
    nvim.lua(
        "vim.g.loaded_vt_lsp = nil; local has = vim.fn.has; vim.fn.has = function(what)"
        " return what == 'nvim-0.11' and 0 or has(what) end"
    )
    nvim.command("silent! delcommand VtCheck")
    nvim.command(f"source {PLUGIN}/plugin/vt_lsp.lua")
    assert nvim.lua("return vim.fn.exists(':VtCheck')") == 0
    assert "vt-lsp: the plugin needs Neovim 0.11 or newer" in nvim.lua("return vim.fn.execute('messages')")


def test_the_files_that_people_get() -> None:
    for name in ("lsp/vt_lsp.lua", "plugin/vt_lsp.lua", "lua/vt_lsp/health.lua", "doc/vt-lsp.txt", "README.md"):
        assert (PLUGIN / name).is_file()
    assert all(len(Path(PLUGIN, name).read_text(encoding="utf-8").splitlines()) < 300 for name in SOURCES)
