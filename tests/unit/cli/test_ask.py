"""`vt-lsp ask` and `vt-lsp prompts`, with the stand-in of Claude's program and the mock of its API."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.claude import mock_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLE = Path(__file__).parents[3] / "examples" / "ordersvc"
STAND_IN = Path(mock_api.__file__).with_name("stand_in.py")
Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def api() -> Iterator[mock_api.MockApi]:
    with mock_api.running() as server:
        yield server


@pytest.fixture
def run(api: mock_api.MockApi, tmp_path: Path) -> Callable[..., Ended]:
    """Run `vt-lsp …` in a copy of the example, as somebody who has Claude's program."""
    api.seen.clear()
    root = shutil.copytree(EXAMPLE, tmp_path / "ordersvc")
    program = tmp_path / "bin/claude"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{STAND_IN.read_text('utf-8')}", "utf-8")
    program.chmod(0o755)
    home = tmp_path / "home"
    folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CACHE", "STATE", "CONFIG", "DATA")}
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"

    def one(*arguments: str, scenario: str = "ok") -> Ended:
        login = {"ANTHROPIC_API_KEY": "sk-ant-dummy", "ANTHROPIC_BASE_URL": api.url(scenario)}
        environment = {**os.environ, **folders, "HOME": str(home), "PATH": path, **login}
        command = [sys.executable, "-m", "vt_lsp", *arguments]
        return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)

    return one


def test_an_answer_and_what_went_out_for_it(run: Callable[..., Ended], api: mock_api.MockApi) -> None:
    ended = run("ask", "Is", "this", "so?", "--file", "docs/design.md:45")
    assert (ended.returncode, ended.stdout) == (0, f"{mock_api.ANSWER}\n")
    sends, cost = ended.stderr.splitlines()
    assert sends.startswith("vt-lsp: sends ")
    assert "docs/design.md" in sends
    assert "signatures of 5 files" in sends
    assert "claude-cli" in cost
    assert " tokens in" in cost
    again = run("ask", "Is", "this", "so?", "--file", "docs/design.md:45")
    assert again.stdout == ended.stdout
    assert "kept from an earlier question" in again.stderr
    assert len(api.asked) == 1


def test_the_prompt_can_be_seen_without_sending_it(run: Callable[..., Ended], api: mock_api.MockApi) -> None:
    ended = run("ask", "Why?", "--file", "docs/design.md:45", "--show-prompt")
    assert ended.returncode == 0
    assert "# System" in ended.stdout
    assert "class OrderBook" in ended.stdout
    assert ended.stdout.rstrip().endswith("Why?")
    assert "would send" in ended.stderr
    assert api.seen == []


def test_without_claude_the_facts_answer(run: Callable[..., Ended]) -> None:
    ended = run("ask", "--template", "explain", "--file", "docs/design.md:45", scenario="auth")
    assert ended.returncode == 0
    assert "no language model was asked" in ended.stdout
    assert "dry_run" in ended.stdout
    assert len(ended.stderr.splitlines()) >= 2


def test_a_large_file_is_read_in_parts(run: Callable[..., Ended], api: mock_api.MockApi, tmp_path: Path) -> None:
    code = "".join(f"def f{n}(value: int) -> int:\n    return value + {n}\n\n\n" for n in range(900))
    (tmp_path / "ordersvc/src/ordersvc/large.py").write_text(code)
    ended = run("ask", "What is this?", "--file", "src/ordersvc/large.py")
    assert ended.returncode == 0
    assert "vt-lsp: read 2 of " in ended.stderr
    assert "Notes on the whole text" in str(api.asked[-1].body)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "ask what?"),
        (["--file", "docs/none.md:3", "why"], "no such file"),
        (["--file", "docs/design.md:9999", "why"], "lines"),
        (["--template", "explian", "why"], "did you mean `explain`"),
        (["--template", "explain", "why"], "no drift"),
        (["--template", "requirement", "why"], "needs --file FILE:LINE"),
        (["--drift", "ffffffffff", "why"], "fingerprint"),
        (["--template", "review", "--since", "nonesuch"], "does not know the revision"),
    ],
)
def test_what_cannot_be_asked_is_told(
    run: Callable[..., Ended], api: mock_api.MockApi, arguments: list[str], says: str
) -> None:
    ended = run("ask", *arguments)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert api.seen == []


def test_words_that_a_terminal_would_obey_are_only_shown(run: Callable[..., Ended]) -> None:
    ended = run("ask", "Why?", scenario="ok,text=a%1B%5B31mred%07b%0Anext")
    assert "\x1b" not in ended.stdout
    assert "next\n" in ended.stdout


def test_prompts_are_listed_shown_and_checked(run: Callable[..., Ended], tmp_path: Path) -> None:
    run("ask", "Why?")
    listed = run("prompts", "list")
    assert "Explain a drift" in listed.stdout
    (row,) = [line for line in listed.stdout.splitlines() if line.startswith("question")]
    assert row.split()[4] == "1"  # it was asked once
    assert run("prompts", "show", "explain").stdout.startswith("+++\nname = ")
    assert run("prompts", "lint").stdout == "8 templates, nothing wrong\n"
    mine = tmp_path / "home/config/vt-lsp/prompts/mine.md"
    mine.parent.mkdir(parents=True)
    mine.write_text('+++\nname = "mine"\nversion = 1\ntitle = "M"\nbudget = 1000\n+++\nSay {{who}}.\n')
    ended = run("prompts", "lint")
    assert ended.returncode == 1
    assert "`{{who}}` is none of its parameters" in ended.stdout
