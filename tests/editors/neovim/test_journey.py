"""A newcomer with the example project: the drift on both sides, its other side, its fixes, and typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.editors.neovim.driver import wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.editors.neovim.driver import Neovim

WARNING, INFORMATION, HINT = 2, 3, 4


def by_code(shown: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {item["code"]: item for item in shown}


@pytest.fixture
def design(nvim: Neovim, root: Path) -> int:
    """The buffer of the example's document, judged."""
    buffer = nvim.edit(root / "docs/design.md")
    nvim.settle()
    assert nvim.wait("#vim.diagnostic.get(...) > 3", buffer)
    return buffer


def test_both_sides_of_the_drift_are_shown(nvim: Neovim, root: Path, design: int) -> None:
    rows = nvim.lines(design)
    in_spec = by_code(nvim.diagnostics(design))
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
        assert (shown["source"], shown["severity"]) == ("vt-lsp", HINT if kind == "tree-entry" else WARNING)
    code = nvim.edit(root / "src/ordersvc/book.py")
    nvim.wait("#vim.diagnostic.get(...) > 1", code)
    in_code = by_code(nvim.diagnostics(code))
    for kind, text in [("signature-mismatch", "place"), ("constant-value", "MAX_OPEN_ORDERS")]:
        shown = in_code[kind]
        assert shown["text"] == text
        assert shown["message"].startswith("docs/design.md:")
        assert shown["severity"] == INFORMATION


@pytest.mark.usefixtures("design")
def test_hover_says_what_the_code_has(nvim: Neovim) -> None:
    nvim.put_cursor("100` are open")
    nvim.keys("K")
    text = "\n".join(nvim.float())
    assert "constant-value" in text
    assert "- MAX_OPEN_ORDERS = 100" in text
    assert "+ MAX_OPEN_ORDERS = 250" in text


@pytest.mark.usefixtures("design")
def test_there_and_back(nvim: Neovim) -> None:
    nvim.put_cursor("MAX_OPEN_ORDERS")
    begun = nvim.place()
    nvim.command("VtGoto")
    nvim.wait("vim.fn.expand('%:t') == 'book.py'")
    assert nvim.place() == ("book.py", 12, "MAX_OPEN_ORDERS = 250")
    nvim.keys("<C-o>")
    assert nvim.place() == begun
    nvim.keys("<C-i>")
    assert nvim.place()[0] == "book.py"
    nvim.command("VtGoto")  # one spec speaks of it: no question
    nvim.wait("vim.fn.expand('%:t') == 'design.md'")
    assert nvim.place() == begun
    nvim.keys("<C-t>")
    assert nvim.place()[0] == "book.py"
    assert nvim.lua("return asked") == []


@pytest.mark.usefixtures("design")
def test_with_several_claims_the_user_chooses(nvim: Neovim) -> None:
    nvim.put_cursor("OrderBook` keeps")
    nvim.command("VtGoto")
    nvim.wait("vim.fn.expand('%:t') == 'book.py'")
    assert nvim.place()[2] == "class OrderBook:"
    nvim.lua("answers = { 2 }")
    nvim.keys("<C-l>w")
    nvim.command("VtGoto")
    (question,) = nvim.wait("#asked > 0 and asked")
    assert question["prompt"] == "Specs that speak of this:"
    assert all(" " in item and ".md:" in item for item in question["items"])
    assert len(question["items"]) > 2
    nvim.wait("vim.bo.filetype == 'markdown'")
    name, line, text = nvim.place()
    assert question["items"][1].endswith(text.strip())
    assert f"{name}:{line}  " in question["items"][1]


@pytest.mark.usefixtures("design")
def test_a_place_without_another_side_is_told(nvim: Neovim) -> None:
    nvim.put_cursor("# Design")
    nvim.command("VtGoto")
    assert nvim.wait("notes[1] and notes[1].text") == "vt-lsp: no claim at the cursor leads to code"


def test_quick_fixes_end_the_drift(nvim: Neovim, root: Path, design: int) -> None:
    before = nvim.codes(design)
    nvim.put_cursor("100` are open")
    nvim.fix("250")
    nvim.wait("vim.api.nvim_get_current_line():find('MAX_OPEN_ORDERS = 250', 1, true)")
    wait_for(lambda: "constant-value" not in {kind for _, kind in nvim.codes(design)}, "the end of the drift")
    nvim.put_cursor("OrderBook.reopen")
    nvim.fix("Ignore")
    nvim.wait("vim.api.nvim_get_current_line():find('vt-lsp: ignore[missing-member]', 1, true)")
    wait_for(lambda: "missing-member" not in {kind for _, kind in nvim.codes(design)}, "the end of the drift")
    assert len(nvim.codes(design)) == len(before) - 2
    assert "MAX_OPEN_ORDERS = 100" in (root / "docs/design.md").read_text(encoding="utf-8"), "nothing is saved unasked"
    nvim.keys("u")
    wait_for(lambda: "missing-member" in {kind for _, kind in nvim.codes(design)}, "the drift again")


def test_the_menu_of_fixes_names_them(nvim: Neovim, design: int) -> None:
    nvim.put_cursor("100` are open")
    nvim.keys("gra")
    (question,) = nvim.wait("#asked > 0 and asked")
    assert any("250" in item for item in question["items"])
    assert any("Ignore this drift here" in item for item in question["items"])
    assert nvim.codes(design)


def test_drift_comes_and_goes_while_typing(nvim: Neovim, root: Path, design: int) -> None:
    code = nvim.edit(root / "src/ordersvc/book.py")
    nvim.wait("#vim.diagnostic.get(...) > 1", code)
    broken = len(nvim.codes(design))
    nvim.put_cursor("def cancel")
    nvim.keys("wciwrevoke<Esc>")
    assert nvim.place()[2].startswith("    def revoke(")
    wait_for(lambda: len(nvim.codes(design)) > broken, "more drift in the spec")
    assert any("cancel" in one["message"] for one in nvim.diagnostics(design))
    nvim.keys("ciwcancel<Esc>")
    wait_for(lambda: len(nvim.codes(design)) == broken, "the drift to go")
    nvim.keys("u")
    wait_for(lambda: len(nvim.codes(design)) > broken, "the drift again after undo")


def test_the_status_follows(nvim: Neovim, design: int) -> None:
    assert nvim.codes(design)
    assert nvim.lua("return require('vt_lsp').status()") == "vt 83% ✗10"
    nvim.command("set laststatus=2 statusline=%f\\ %{v:lua.require'vt_lsp'.status()}")
    assert nvim.lua("return vim.api.nvim_eval_statusline(vim.o.statusline, {}).str").endswith(" vt 83% ✗10")
    nvim.lua(
        "_G.heard = {}; vim.api.nvim_create_autocmd('User', { pattern = 'VtLspStatus', callback = function(event) "
        "table.insert(heard, event.data.status) end })"
    )
    nvim.put_cursor("100` are open")
    nvim.keys("ct`250<Esc>")
    nvim.wait("require('vt_lsp').status() == 'vt 85% ✗9'")
    heard = nvim.lua("return heard")[-1]
    assert (heard["drifts"], heard["health"], heard["quiescent"]) == (9, "ok", True)
    nvim.command("new")
    assert nvim.lua("return require('vt_lsp').status()") == ""


def test_diagnostics_come_back_when_a_file_is_read_again(nvim: Neovim, root: Path, design: int) -> None:
    shown = nvim.codes(design)
    assert len(shown) > 3
    for command in ("edit", "edit!", "bdelete!"):
        nvim.command(command)
        buffer = nvim.edit(root / "docs/design.md")
        wait_for(lambda: nvim.codes(buffer) == shown, f"the drift after :{command}")  # noqa: B023 - asked at once
