"""Decisions in Neovim: recorded, warned about, found, followed and settled, with questions only for what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.editors.neovim.conftest import Start
    from tests.editors.neovim.driver import Neovim

LENSES = "vim.lsp.config('vt_lsp', { on_attach = function(_, bufnr) require('vt_lsp').lenses(bufnr) end })"
TYPING = """
_G.typed = {}
vim.ui.input = function(options, done)
  table.insert(asked, { prompt = options.prompt })
  done(table.remove(typed, 1))
end
"""


@pytest.fixture
def book(start: Start, root: Path) -> Neovim:
    nvim = start(LENSES + TYPING)
    nvim.edit(root / "src/ordersvc/book.py")
    nvim.settle()
    return nvim


def prompts(nvim: Neovim) -> list[str]:
    return [one["prompt"] for one in nvim.lua("return asked")]


def told(nvim: Neovim, text: str) -> None:
    nvim.wait("vim.iter(notes):any(function(note) return note.text:find(_A) end)".replace("_A", repr(text)))


def test_a_decision_about_a_symbol_is_recorded_and_met_again(book: Neovim) -> None:
    book.put_cursor("place(self")
    book.lua("typed = { 'Queue orders at night', 'the exchange is closed' }")
    book.command("VtDecide")
    told(book, "recorded as D%-")
    assert prompts(book) == ["What was decided? ", "Why? (may be empty) "]
    book.wait(
        "vim.iter(vim.lsp.codelens.get(0)):any(function(l) return l.command.title == '1 decision' and"
        " l.range.start.line + 1 == vim.fn.line('.') end)"
    )
    book.lua("vim.lsp.buf.hover()")
    text = "\n".join(book.float())
    assert "Decided before" in text
    assert "Queue orders at night" in text
    assert "same symbol" in text
    book.lua("vim.api.nvim_win_close(float(), true)")
    book.lua("answers = { 1 }; asked = {}")
    book.command("VtDecisions night")
    lines = book.wait("float() and lines(float())[1]:find('D%-') and lines(float())")
    assert any("the exchange is closed" in line for line in lines)


def test_a_contradiction_is_warned_about_before_it_is_recorded(book: Neovim) -> None:
    book.lua("typed = { '' }")
    book.command("VtDecide Use PostgreSQL for orders")
    told(book, "recorded as")
    book.lua("notes = {}; typed = { '' }; asked = {}; answers = { 1 }")
    book.command("VtDecide Use MongoDB for orders")
    told(book, "recorded as")
    assert "contradicts" in prompts(book)[-1]
    book.lua("notes = {}")
    book.command("VtReconcile")
    told(book, "no decisions contradict each other")


def test_a_conflict_is_shown_and_settled(book: Neovim) -> None:
    book.lua("typed = { '', '' }; answers = { 2 }")
    book.command("VtDecide Use PostgreSQL for orders")
    told(book, "recorded as")
    book.lua("notes = {}")
    book.command("VtDecide Use MongoDB for orders")
    told(book, "recorded as")
    book.command("VtConflicts")
    assert any("PostgreSQL" in line for line in book.float())
    book.keys("q")
    book.lua("notes = {}; typed = { 'moved' }; answers = { 1, 1 }; asked = {}")
    book.command("VtReconcile")
    told(book, "settled: .* supersedes ")
    book.lua("notes = {}; typed = { 'fine' }; answers = { 1, 1 }")
    book.command("VtOutcome")
    told(book, "what became of it is recorded")
    book.command("VtTimeline")
    assert any("MongoDB" in line for line in book.float())


def test_a_drift_is_accepted_from_its_quick_fixes_and_taken_back(start: Start, root: Path) -> None:
    nvim = start(TYPING)
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    before = nvim.codes()
    nvim.put_cursor("100` are open")
    nvim.lua("typed = { 'until the next release' }")
    nvim.lua(
        "vim.lsp.buf.code_action({ apply = true,"
        " filter = function(one) return one.title:find('^Accept: ') ~= nil end })"
    )
    told(nvim, "accepted: silent")
    nvim.wait("#vim.diagnostic.get(0) == ...", len(before) - 1)
    nvim.lua("answers = { 1 }")
    nvim.command("VtAccept!")
    told(nvim, "the drift is shown again")
    nvim.wait("#vim.diagnostic.get(0) == ...", len(before))


def test_a_quick_fix_is_taken_and_its_reason_recorded(start: Start, root: Path) -> None:
    nvim = start(TYPING)
    nvim.edit(root / "docs/design.md")
    nvim.settle()
    nvim.put_cursor("100` are open")
    nvim.lua("typed = { 'measured' }")
    nvim.lua(
        "vim.lsp.buf.code_action({ apply = true,"
        " filter = function(one) return one.title:find('and record why…', 1, true) ~= nil end })"
    )
    told(nvim, "recorded as D%-")
    assert any("250` are open" in line for line in nvim.lines())
    assert prompts(nvim) == ["Why? (may be empty) "]
