"""Floating windows: their frame, their keys, their links, and nothing cut off on a small screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.editors.neovim.driver import Neovim

LONG = "A very long sentence that no small screen holds in one line, " * 4
PAGE = f"""# A title of `ours`

{LONG}

- ✗ [design.md:2](file:///tmp/x%20y/design.md#L2) and [book.py:3](file:///tmp/x%20y/book.py#L3) `code`

```diff
- [no](link) 100
+ 250
```

See [the page](https://example.org/page)."""


def config(nvim: Neovim) -> dict[str, Any]:
    return dict(
        nvim.lua(
            "local c = vim.api.nvim_win_get_config(float()); return { width = c.width, height = c.height, row = c.row,"
            " col = c.col, border = c.border and c.border[1], title = c.title and c.title[1][1],"
            " columns = vim.o.columns, lines = vim.o.lines }"
        )
    )


def show(nvim: Neovim) -> None:
    nvim.lua("require('vt_lsp.page').open('Unused', ...)", PAGE)


def test_links_are_their_words_and_code_stays(nvim: Neovim) -> None:
    show(nvim)
    lines = nvim.float()
    assert lines[2] == "- ✗ design.md:2 and book.py:3 `code`"
    assert "- [no](link) 100" in lines
    assert lines[-1] == "See the page."
    assert config(nvim)["title"] == " A title of ours "
    assert nvim.lua("return vim.treesitter.highlighter.active[vim.api.nvim_win_get_buf(float())] ~= nil")


def test_enter_follows_the_link_at_the_cursor_else_the_first_of_the_line(nvim: Neovim, tmp_path: Path) -> None:
    folder = tmp_path / "x y"
    folder.mkdir()
    for name in ("design.md", "book.py"):
        (folder / name).write_text("1\n2\n3\n4\n", encoding="utf-8")
    text = PAGE.replace("/tmp/x%20y", (tmp_path / "x%20y").as_posix())  # noqa: S108 - a word of the page
    for column, place in [(0, ("design.md", 2, "2")), (24, ("book.py", 3, "3"))]:
        nvim.lua("require('vt_lsp.page').open('Unused', ...)", text)
        nvim.lua("vim.api.nvim_win_set_cursor(0, { 3, ... })", column)
        nvim.keys("<CR>")
        assert nvim.place() == place
        assert nvim.lua("return float()") is None
    nvim.keys("<C-o>")
    assert nvim.place()[0] == "design.md"
    nvim.lua("_G.opened = {}; vim.ui.open = function(url) table.insert(opened, url) end")
    show(nvim)
    nvim.keys("G<CR>")
    assert nvim.lua("return opened") == ["https://example.org/page"]
    nvim.keys("gg<CR>")
    assert nvim.lua("return float()") is not None, "a line without a link does nothing"


@pytest.mark.parametrize("border", ["", "single", "none", "double"])
def test_the_frame_is_the_users(nvim: Neovim, border: str) -> None:
    nvim.lua("vim.o.winborder = ...", border)
    show(nvim)
    corner = {"": "╭", "single": "┌", "double": "╔", "none": None}[border]
    assert config(nvim).get("border") == corner
    assert (config(nvim).get("title") is None) == (border == "none")


@pytest.mark.parametrize(("columns", "lines"), [(200, 60), (80, 24), (40, 12), (20, 6), (12, 3)])
def test_nothing_is_cut_off(nvim: Neovim, columns: int, lines: int) -> None:
    nvim.lua("local c, l = ...; vim.o.columns, vim.o.lines = c, l", columns, lines)
    show(nvim)
    now = config(nvim)
    assert now["col"] + now["width"] + 2 <= now["columns"]
    assert now["row"] + now["height"] <= now["lines"]
    assert nvim.lua("return vim.wo[float()].wrap")
    if lines >= 24:
        shown = nvim.lua("return { vim.fn.line('w0', float()), vim.fn.line('w$', float()), vim.fn.line('$', float()) }")
        assert shown[0] == 1
        assert shown[1] == shown[2], "all lines are to be seen"
    nvim.keys("G")
    assert nvim.lua("return vim.fn.line('w$', float()) == vim.fn.line('$', float())"), "the end can be reached"
    nvim.lua("vim.o.columns, vim.o.lines = 60, 20; vim.api.nvim_exec_autocmds('VimResized', {})")
    assert config(nvim)["width"] <= 58


@pytest.mark.parametrize("how", ["q", "<Esc>", "<C-w>w"])
def test_a_page_closes_and_leaves_nothing(nvim: Neovim, how: str) -> None:
    buffers = nvim.lua("return #vim.api.nvim_list_bufs()")
    show(nvim)
    nvim.keys(how)
    nvim.wait("float() == nil")
    assert nvim.lua("return #vim.api.nvim_list_bufs()") == buffers


def test_an_empty_page_and_odd_text_are_shown(nvim: Neovim) -> None:
    for text in ("", "\n\n", "# \n", "[a](b", "](", "~~~\n[a](b)", "\t|é😀|", "a\r\nb"):
        nvim.lua("require('vt_lsp.page').open('Title', ...)", text)
        assert nvim.float()
        nvim.keys("q")
