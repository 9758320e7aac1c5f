"""What Neovim lacks: it does not watch files here, and takes plain edits only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.editors.neovim.driver import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.editors.neovim.driver import Neovim


@pytest.fixture
def design(nvim: Neovim, root: Path) -> int:
    buffer = nvim.edit(root / "docs/design.md")
    nvim.settle()
    return buffer


def test_the_server_watches_the_files_itself(nvim: Neovim, root: Path, design: int) -> None:
    assert not nvim.lua(
        "local client = vim.lsp.get_clients({ name = 'vt_lsp' })[1];"
        "return client.capabilities.workspace.didChangeWatchedFiles.dynamicRegistration"
    )
    before = nvim.codes(design)
    book = root / "src/ordersvc/book.py"
    text = book.read_text(encoding="utf-8")
    book.write_text(text.replace("MAX_OPEN_ORDERS = 250", "MAX_OPEN_ORDERS = 100"), encoding="utf-8")
    wait_for(lambda: len(nvim.codes(design)) == len(before) - 1, "the end of a drift by a change on disk")
    assert "constant-value" not in {kind for _, kind in nvim.codes(design)}
    (root / "src/ordersvc/storage.py").write_text("", encoding="utf-8")
    wait_for(lambda: "tree-entry" not in {kind for _, kind in nvim.codes(design)}, "a file that is new on disk")
    book.unlink()
    wait_for(lambda: any("book.py" in one["message"] for one in nvim.diagnostics(design)), "a file that is gone")


def test_edits_are_plain(nvim: Neovim, design: int) -> None:
    capabilities = nvim.lua("return vim.lsp.get_clients({ name = 'vt_lsp' })[1].capabilities.workspace.workspaceEdit")
    assert "documentChanges" not in capabilities
    assert "changeAnnotationSupport" not in capabilities
    nvim.put_cursor("100` are open")
    actions = nvim.lua(
        "local client = vim.lsp.get_clients({ name = 'vt_lsp' })[1];"
        "local params = vim.lsp.util.make_range_params(0, client.offset_encoding);"
        "params.context = { diagnostics = vim.lsp.diagnostic.from(vim.diagnostic.get(0, { lnum = 40 })) };"
        "return client:request_sync('textDocument/codeAction', params, 10000, 0).result"
    )
    assert len(actions) >= 2
    made = nvim.lua(
        "local client = vim.lsp.get_clients({ name = 'vt_lsp' })[1]; local made = {};"
        "for _, one in ipairs(...) do if one.edit == nil and one.command == nil then"
        " table.insert(made, client:request_sync('codeAction/resolve', one, 10000, 0).result) end end;"
        "return made",
        actions,
    )
    assert made
    assert all(set(action["edit"]) == {"changes"} for action in made)
    assert nvim.codes(design)


def test_results_are_shown_by_the_plugin_alone(nvim: Neovim, design: int) -> None:
    """A client that says so gets no page and no message of the server beside its answer."""
    assert design
    nvim.lua(
        "_G.sent = {}; for _, method in ipairs({ 'window/showDocument', 'window/showMessage' }) do"
        " vim.lsp.handlers[method] = function() table.insert(sent, method); return { success = true } end end"
    )
    nvim.command("VtStatus")
    assert nvim.float()
    nvim.keys("q")
    nvim.command("VtCompliance")
    assert nvim.float()
    assert nvim.lua("return sent") == []
