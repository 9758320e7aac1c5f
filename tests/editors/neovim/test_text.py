"""Ranges and edits are exact behind é😀, tabs and CRLF, in each encoding of positions that Neovim can agree to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.editors.neovim.driver import wait_for, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.editors.neovim.conftest import Start
    from tests.editors.neovim.driver import Neovim

WIDE = "é😀 \té😀"
SPEC = f"""\
# Shop {WIDE}

{WIDE} At most `MAX_OPEN = 100` are open; {WIDE} `Book.reopen()` takes back. {WIDE}

| {WIDE} | what |
| --- | --- |
| {WIDE} `Book.cancel` | {WIDE} `Book.undo` |

```python
class Book:
\tdef place(self, order: str, dry_run: bool = False) -> int: ...  # {WIDE}
```
"""
CODE = f"""\
\"\"\"{WIDE}\"\"\"

WIDE = "{WIDE}"; MAX_OPEN = 250


class Book:
\tdef place(self, order: str, validate_only: bool = False) -> int:  # {WIDE}
\t\treturn len(order)

\tdef cancel(self) -> None: ...
"""


@pytest.fixture(params=["utf-8", "utf-16", "utf-32"])
def encoding(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def nvim(start: Start, encoding: str) -> Neovim:
    wanted = f"{{ capabilities = {{ general = {{ positionEncodings = {{ '{encoding}' }} }} }} }}"
    return start("" if encoding == "utf-8" else f"vim.lsp.config('vt_lsp', {wanted})")


@pytest.fixture(params=["unix", "dos"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project with wide characters and tabs, with either line end."""
    end = {"unix": "\n", "dos": "\r\n"}[request.param]
    root = tmp_path / "shop é😀"
    for name, text in {"docs/design.md": SPEC, "shop.py": CODE, "pyproject.toml": "[project]\nname = 'shop'\n"}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.replace("\n", end).encode())
    return root


def test_ranges_and_edits(nvim: Neovim, shop: Path, encoding: str) -> None:
    before = (shop / "docs/design.md").read_bytes()
    end = b"\r\n" if b"\r\n" in before else b"\n"
    spec = nvim.edit(shop / "docs/design.md")
    assert nvim.lua("return vim.bo.fileformat") == ("dos" if end == b"\r\n" else "unix")
    nvim.settle()
    assert nvim.lua("return vim.lsp.get_clients({ name = 'vt_lsp' })[1].offset_encoding") == encoding
    assert marked(nvim, spec) == ["100", "Book.reopen", "Book.undo", "dry_run"]

    nvim.put_cursor("Book.undo")
    nvim.fix("Ignore")
    nvim.wait("vim.api.nvim_get_current_line():find('ignore[missing-member]', 1, true)")
    row = next(line for line in SPEC.splitlines() if "Book.undo" in line)
    assert nvim.place()[2] == f"{row[:-1]}<!-- vt-lsp: ignore[missing-member] --> |"
    nvim.put_cursor("100` are open")
    nvim.fix("250")
    nvim.wait("vim.api.nvim_get_current_line():find('MAX_OPEN = 250', 1, true)")
    nvim.put_cursor("dry_run")
    nvim.fix("to `validate_only`")
    nvim.wait("vim.api.nvim_get_current_line():find('validate_only', 1, true)")
    wait_for(lambda: [code for _, code in nvim.codes(spec)] == ["missing-member"], "one drift to be left")
    nvim.command("write")
    expected = SPEC.replace("= 100", "= 250").replace("dry_run", "validate_only")
    expected = expected.replace(row, f"{row[:-1]}<!-- vt-lsp: ignore[missing-member] --> |")
    assert (shop / "docs/design.md").read_bytes() == expected.encode().replace(b"\n", end)


def test_places_of_the_other_side(nvim: Neovim, shop: Path) -> None:
    nvim.edit(shop / "docs/design.md")
    nvim.settle()
    nvim.put_cursor("MAX_OPEN")
    start = nvim.lua("return vim.api.nvim_win_get_cursor(0)")
    nvim.command("VtGoto")
    nvim.wait("vim.fn.expand('%:t') == 'shop.py'")
    assert nvim.lua("return vim.fn.expand('<cword>')") == "MAX_OPEN"
    code = nvim.lua("return vim.api.nvim_get_current_buf()")
    wait_for(lambda: {one["code"]: one["text"] for one in nvim.diagnostics(code)}.get("constant-value") == "MAX_OPEN")
    nvim.command("VtGoto")
    nvim.wait("vim.fn.expand('%:t') == 'design.md'")
    line, column = nvim.lua("return vim.api.nvim_win_get_cursor(0)")
    assert line == start[0]
    assert start[1] - 1 <= column <= start[1]
    nvim.command("VtDrifts")
    nvim.wait("vim.fn.getqflist({ winid = 0 }).winid ~= 0")
    listed = nvim.lua(
        "return vim.tbl_map(function(item) return vim.api.nvim_buf_get_lines(item.bufnr, item.lnum - 1, item.lnum,"
        " false)[1]:sub(item.col, item.end_col - 1) end, vim.fn.getqflist())"
    )
    assert listed == ["100", "Book.reopen", "Book.undo", "dry_run"]


def test_typing_is_followed(nvim: Neovim, shop: Path) -> None:
    """Each key is a change in the units that were agreed; a text that is out of step shows the drift elsewhere."""
    spec = nvim.edit(shop / "docs/design.md")
    nvim.settle()
    nvim.keys("gg0i😀\t é<Esc>yyp3GA `Book.redo()` 😀<CR>é\t😀 `Book.remake()`<Esc>ggddu")
    nvim.put_cursor("Book.reopen")
    nvim.keys("f(i😀<BS><Esc>0dwu")
    expected = ["Book.redo", "Book.remake", "100", "Book.reopen", "Book.undo", "dry_run"]
    wait_until(lambda: marked(nvim, spec), expected)


def marked(nvim: Neovim, buffer: int) -> list[str]:
    """The words that are marked in a buffer, in the order of the text."""
    return list(
        nvim.lua(
            "local b = ...; local found = vim.diagnostic.get(b); table.sort(found, function(x, y)"
            " return x.lnum < y.lnum or (x.lnum == y.lnum and x.col < y.col) end);"
            " return vim.tbl_map(function(d) return"
            " vim.api.nvim_buf_get_text(b, d.lnum, d.col, d.end_lnum, d.end_col, {})[1] end, found)",
            buffer,
        )
    )
