"""The Spec view: a tree of spec files, sections and claims."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.editors.neovim.driver import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.editors.neovim.driver import Neovim

COLLAPSED = ["Specs  83% ✗10   g? help", "▸ README.md  94% ✗1", "▸ docs/design.md  78% ✗9"]


@pytest.fixture
def tree(nvim: Neovim, root: Path) -> Neovim:
    """The Spec view beside the example's document."""
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    nvim.command("VtSpecs")
    wait_for(lambda: nvim.lines() == COLLAPSED, "the tree")
    return nvim


def go(nvim: Neovim, text: str) -> None:
    """Put the cursor on the row with some words."""
    row = next(number for number, line in enumerate(nvim.lines(), 1) if text in line)
    nvim.lua("vim.api.nvim_win_set_cursor(0, { ..., 0 })", row)


def open_design(nvim: Neovim) -> list[str]:
    go(nvim, "docs/design.md")
    nvim.keys("o")
    return wait_for(lambda: len(nvim.lines()) > 10 and nvim.lines(), "the claims")


def test_it_shows_sections_and_claims_with_their_marks(tree: Neovim) -> None:
    rows = open_design(tree)
    assert rows[2] == "▾ docs/design.md  78% ✗9"
    assert "  ▾ Design  78% ✗9" in rows
    section = rows.index("    ▾ Layout  85% ✗1")
    assert rows[section + 1] == "        ✓ __init__.py"
    assert "        ✗ The tree shows `storage.py`, which does not exist" in rows
    assert "        ? SqlStorage" in rows
    go(tree, "storage.py")
    tree.keys("K")
    assert "✗ does not hold: The tree shows `storage.py`, which does not exist (tree-entry)" in tree.float()
    tree.keys("q")
    go(tree, "▾ Layout")
    tree.keys("<Tab>")
    assert "        ✓ __init__.py" not in tree.lines()
    assert "    ▸ Layout  85% ✗1" in tree.lines()
    go(tree, "docs/design.md")
    tree.keys("o")
    assert tree.lines() == COLLAPSED
    tree.keys("o")
    wait_for(lambda: "    ▸ Layout  85% ✗1" in tree.lines(), "what was collapsed before")


def test_only_what_is_broken(tree: Neovim) -> None:
    open_design(tree)
    tree.keys("b")
    rows = tree.lines()
    assert rows[0].startswith("Broken  83% ✗10")
    assert len([row for row in rows if "✗ " in row]) == 9
    assert not any(row.lstrip().startswith(("✓", "?")) for row in rows)
    assert not any("Later" in row for row in rows)
    tree.keys("b")
    assert any("Later" in row for row in tree.lines())


def test_enter_opens_beside_the_tree_and_gd_the_code(tree: Neovim) -> None:
    open_design(tree)
    window = tree.lua("return vim.api.nvim_get_current_win()")
    for text, place in [
        ("docs/design.md", ("design.md", 1)),
        ("▾ Settings", ("design.md", 75)),
        ("✗ `MAX_OPEN_ORDERS`", ("design.md", 41)),
        ("README.md", ("README.md", 1)),
    ]:
        tree.lua("vim.api.nvim_set_current_win(...)", window)
        go(tree, text)
        tree.keys("<CR>")
        assert tree.place()[:2] == place
        assert tree.lua("return #vim.api.nvim_tabpage_list_wins(0)") == 2
    tree.lua("vim.api.nvim_set_current_win(...)", window)
    go(tree, "✗ `MAX_OPEN_ORDERS`")
    tree.keys("gd")
    assert tree.place()[:2] == ("book.py", 12)
    tree.lua("vim.api.nvim_set_current_win(...)", window)
    go(tree, "? SqlStorage")
    tree.keys("gd")
    assert tree.notes() == ["vt-lsp: nothing here leads to code"]


def test_it_opens_a_window_where_there_is_none(tree: Neovim) -> None:
    open_design(tree)
    tree.command("only")
    go(tree, "✗ `MAX_OPEN_ORDERS`")
    tree.keys("<CR>")
    assert tree.place()[:2] == ("design.md", 41)
    assert tree.lua("return #vim.api.nvim_tabpage_list_wins(0)") == 2


def test_it_follows_typing_and_keeps_its_place(tree: Neovim) -> None:
    open_design(tree)
    go(tree, "Settings")
    buffer = tree.lua("return vim.api.nvim_get_current_buf()")
    tree.keys("<C-w>p")
    tree.put_cursor("100` are open")
    tree.keys("ct`250<Esc>")
    wait_for(lambda: "▾ docs/design.md  80% ✗8" in tree.lines(buffer), "the tree to follow")
    assert "        ✓ MAX_OPEN_ORDERS = 250" in tree.lines(buffer)
    tree.keys("ggO## New\r`OrderBook.undo`\r<Esc>")
    wait_for(lambda: any("has no `undo`" in row for row in tree.lines(buffer)), "a new claim")
    tree.keys("<C-w>p")
    assert "Settings" in tree.lua("return vim.api.nvim_get_current_line()")


def test_it_survives_a_restart_of_the_server(tree: Neovim) -> None:
    before = open_design(tree)
    tree.command("VtRestart")
    tree.wait("vim.lsp.get_clients({ name = 'vt_lsp' })[1] and vim.lsp.get_clients({ name = 'vt_lsp' })[1].id > 1")
    tree.lua("vim.api.nvim_set_current_win(vim.fn.bufwinid('vt-lsp://specs'))")
    wait_for(lambda: tree.lines() == before, "the same tree")
    assert tree.notes() == []


def test_it_opens_once_and_closes_without_a_trace(tree: Neovim) -> None:
    tree.command("wincmd p | VtSpecs")
    assert tree.lua("return #vim.api.nvim_tabpage_list_wins(0)") == 2
    assert tree.lua("return vim.bo.filetype") == "vt_lsp_specs"
    go(tree, "README.md")
    tree.keys("K")  # nothing more is known of a file
    assert tree.lua("return float()") is None
    tree.keys("g?")
    assert any("gd" in line for line in tree.float())
    tree.keys("q")
    tree.keys("q")
    assert tree.lua("return vim.fn.bufnr('vt-lsp://specs')") == -1
    tree.put_cursor("100` are open")
    tree.keys("ct`250<Esc>")  # nobody listens any more
    tree.wait("require('vt_lsp').status() == 'vt 85% ✗9'")
    tree.command("VtSpecs")
    wait_for(lambda: tree.lines()[1:] == ["▸ README.md  94% ✗1", "▸ docs/design.md  80% ✗8"], "a new tree")
    assert tree.lua("return vim.v.errmsg") == ""
