"""Questions to Claude in a scratch split: as they are answered, stopped, and asked by a code action."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.claude import mock_api
from tests.editors.neovim.driver import wait_for, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.editors.neovim.conftest import Start
    from tests.editors.neovim.driver import Neovim

STAND_IN = Path(mock_api.__file__).with_name("stand_in.py")
PAGE = """(function()
  for _, window in ipairs(vim.api.nvim_tabpage_list_wins(0)) do
    if vim.w[window].vt_lsp_claude then return table.concat(lines(window), '\\n') end
  end
  return ''
end)()"""


@pytest.fixture(scope="module")
def api() -> Iterator[mock_api.MockApi]:
    with mock_api.running() as server:
        yield server


@pytest.fixture
def ask(api: mock_api.MockApi, start: Start, programs: Path, root: Path) -> Callable[[str], Neovim]:
    """An editor on the example's design, for a person who has Claude's program, and what it answers."""
    api.seen.clear()
    program = programs / "claude"
    program.write_text(f"#!{sys.executable}\n{STAND_IN.read_text('utf-8')}", "utf-8")
    program.chmod(0o755)

    def one(scenario: str) -> Neovim:
        env = {"ANTHROPIC_API_KEY": "sk-ant-dummy", "ANTHROPIC_BASE_URL": api.url(scenario)}
        nvim = start(path=f"{programs}{os.pathsep}{os.environ['PATH']}", env=env)
        nvim.edit(root / "docs/design.md")
        nvim.settle()
        return nvim

    return one


def page(nvim: Neovim) -> str:
    return str(nvim.lua(f"return {PAGE}"))


def test_an_answer_is_written_into_a_split_once_somebody_agreed(
    ask: Callable[[str], Neovim], api: mock_api.MockApi
) -> None:
    nvim = ask("ok")
    nvim.lua("_G.answers = { 1 }")
    before = nvim.lua("return vim.api.nvim_get_current_win()")
    nvim.command("45VtAsk Is this so?")
    wait_for(lambda: mock_api.ANSWER in page(nvim), "the answer")
    wait_for(lambda: "Written by a language model" in page(nvim), "its end")
    (question,) = nvim.lua("return asked")
    assert "Ask Claude about ordersvc?" in question["prompt"]
    assert [item for item in question["items"] if "Not Now" in item]
    assert nvim.lua("return vim.api.nvim_get_current_win()") == before
    assert "dry_run: bool = False" in str(api.asked[0].body)
    nvim.command("VtAsk And now?")  # the same split, and nobody is asked again
    wait_until(lambda: len(api.asked), 2)
    assert nvim.lua("return #vim.api.nvim_tabpage_list_wins(0)") == 2
    assert len(nvim.lua("return asked")) == 1


def test_closing_the_split_stops_the_question(ask: Callable[[str], Neovim], api: mock_api.MockApi) -> None:
    nvim = ask("ok,gap=0.2,chunks=200,size=5000")
    nvim.lua("_G.answers = { 1 }")
    nvim.command("VtAsk Why?")
    wait_for(lambda: api.asked and "Asking" not in page(nvim) and len(page(nvim)) > 20, "the first words")
    nvim.command("wincmd l")
    nvim.keys("q")
    wait_for(lambda: api.asked[0].cancelled, "the request to be given up")
    assert nvim.notes() == ["vt-lsp: the question was stopped"]


def test_a_code_action_asks_about_a_drift(ask: Callable[[str], Neovim], api: mock_api.MockApi) -> None:
    nvim = ask("ok")
    nvim.command("45")
    nvim.lua("vim.lsp.buf.code_action()")
    items = wait_for(lambda: nvim.lua("return asked[1] and asked[1].items"), "the actions")
    (number,) = [n for n, item in enumerate(items, 1) if "Ask Claude: explain" in item]
    assert "(language model)" in items[number - 1]
    nvim.lua(f"_G.answers = {{ {number}, 1 }}; vim.lsp.buf.code_action()")
    wait_for(lambda: "Claude: Explain a drift" in page(nvim), "the answer")
    assert "no parameter `dry_run`" in str(api.asked[0].body)
