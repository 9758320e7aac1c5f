"""Writing a document: names of the code are offered, and a name is changed wherever documents write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.editors.neovim.driver import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.editors.neovim.driver import Neovim


def test_completion_and_rename(nvim: Neovim, root: Path) -> None:
    buffer = nvim.edit(root / "docs/design.md")
    nvim.settle()
    nvim.keys("ggO`OrderBook.fin`<Esc>h")
    found = nvim.lua(
        "local params = vim.lsp.util.make_position_params(0, 'utf-8');"
        "params.position.character = #'`OrderBook.fin';"
        "local answers = vim.lsp.buf_request_sync(0, 'textDocument/completion', params, 60000);"
        "local labels = {};"
        "for _, answer in pairs(answers) do for _, item in ipairs((answer.result or {}).items or {}) do"
        " table.insert(labels, item.label) end end;"
        "return labels"
    )
    assert found == ["OrderBook.find"]
    nvim.keys("u")
    nvim.put_cursor("OrderBook.find")
    nvim.lua("vim.lsp.buf.rename('Ledger')")
    wait_for(lambda: any("`Ledger.find(order_id)`" in line for line in nvim.lines(buffer)), "the new name")
    assert any("`Ledger` keeps the open orders" in line for line in nvim.lines(buffer))
