"""Questions to Claude over the protocol: the stand-in of its program, and the mock of its API behind it."""

from __future__ import annotations

import json
import sys
import urllib.parse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Editor, RpcError, line_position

from tests.claude import mock_api

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = dict[str, Any]
STAND_IN = Path(mock_api.__file__).with_name("stand_in.py")
YES, SHOW, NO = ({"title": title} for title in ("Ask Claude", "Show What Is Sent", "Not Now"))


@pytest.fixture(scope="module")
def api() -> Iterator[mock_api.MockApi]:
    with mock_api.running() as server:
        yield server


@pytest.fixture
def design(root: Path) -> Path:
    return root / "docs/design.md"


@pytest.fixture
def start(
    api: mock_api.MockApi, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Editor]]:
    """Start an editor whose Claude answers as a scenario says; ``said`` is what its person chooses in messages."""
    api.seen.clear()
    program = tmp_path / "bin/claude"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\n{STAND_IN.read_text('utf-8')}", "utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-dummy")
    editors: list[Editor] = []

    def one(scenario: str = "ok", *said: Json, shows: bool = True, **settings: object) -> Editor:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", api.url(scenario))
        claude = {"provider": "cli", "path": str(program)} | settings.pop("claude", {})  # type: ignore[operator]
        capabilities = {
            "experimental": {"vtLsp": {"showsResults": shows, "showsAnswers": shows}},
            "window": {"workDoneProgress": True},
            "workspace": {"applyEdit": True},
        }
        options = {"vt-lsp": {"claude": claude, **settings}}
        editor = Editor(root, capabilities=capabilities, home=tmp_path / "home", options=options).__enter__()
        editors.append(editor)
        answers = list(said)
        editor.answer["window/showMessageRequest"] = lambda _params: answers.pop(0) if answers else None
        editor.settle()
        return editor

    yield one
    for editor in editors:
        editor.__exit__(None, None, None)


def quoted(value: object) -> str:
    return urllib.parse.quote(value if isinstance(value, str) else json.dumps(value), safe="")


def drift(editor: Editor, kind: str) -> str:
    (found,) = [one for one in editor.request("vt-lsp/drifts", {})["drifts"] if one["type"] == kind]
    return str(found["fingerprint"])


def messages(editor: Editor) -> list[str]:
    return [one["message"] for one in editor.notifications("window/showMessageRequest")]


def test_a_question_is_answered_with_what_stands_around_it(
    start: Callable[..., Editor], api: mock_api.MockApi, design: Path
) -> None:
    editor = start("ok", YES)
    at = line_position(sample.SPEC, "dry_run")
    question = {"question": "Is this so?", "uri": design.as_uri(), "range": {"start": at, "end": at}, "id": "q1"}
    page = editor.command("askClaude", question)
    assert page["text"] == mock_api.ANSWER
    assert page["title"] == "Claude: Free question"
    assert "Written by a language model" in page["markdown"]
    assert "tokens in" in page["markdown"]
    sent = json.dumps(api.asked[0].body)
    assert "Is this so?" in sent
    assert "def place(self, order: str, dry_run: bool = False)" in sent
    assert "validate_only: bool = False" in sent
    parts = editor.notifications("vt-lsp/answer")
    assert {part["id"] for part in parts} == {"q1"}
    assert [part["kind"] for part in parts][:2] == ["note", "started"]
    assert "docs/design.md" in parts[0]["text"]


def test_consent_is_asked_once_for_a_workspace(start: Callable[..., Editor], api: mock_api.MockApi) -> None:
    editor = start("ok", NO, SHOW, YES)
    with pytest.raises(RpcError, match="nobody agreed"):
        editor.command("askClaude", "Why?")
    shown = editor.command("askClaude", "Why?")
    assert shown["title"] == "What would be sent"
    assert "class OrderBook" in shown["markdown"]
    assert api.asked == []
    editor.command("askClaude", "Why?")
    editor.command("askClaude", "Why not?")
    assert len(messages(editor)) == 3
    assert "signatures of others" in messages(editor)[0]
    again = start("ok")
    again.command("askClaude", "What else?")
    assert messages(again) == []


def test_a_client_that_cannot_ask_for_consent_sends_nothing(
    start: Callable[..., Editor], api: mock_api.MockApi
) -> None:
    editor = start("ok")
    del editor.answer["window/showMessageRequest"]
    with pytest.raises(RpcError, match="nobody agreed"):
        editor.command("askClaude", "Why?")
    assert api.asked == []


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"untrustedWorkspace": True}, "not trusted"), ({"claude": {"enabled": False}}, "claude.enabled")],
)
def test_claude_is_off_where_it_may_not_be_asked(
    start: Callable[..., Editor], api: mock_api.MockApi, design: Path, settings: Json, says: str
) -> None:
    editor = start("ok", YES, **settings)
    with pytest.raises(RpcError, match=says):
        editor.command("askClaude", "Why?")
    with pytest.raises(RpcError, match=says):
        editor.command("checkRequirement", design.as_uri(), {"line": 6, "character": 0})
    assert messages(editor) == []
    assert api.asked == []
    assert not any("Claude" in title for title in actions(editor, design))


def actions(editor: Editor, path: Path) -> dict[str, Json]:
    line = next(one["range"] for one in editor.shown(path) if one["code"] == "signature-mismatch")
    params = {"textDocument": {"uri": path.as_uri()}, "range": line, "context": {"diagnostics": []}}
    return {one["title"]: one for one in editor.request("textDocument/codeAction", params)}


def test_a_drift_can_be_explained_by_a_code_action_that_says_who_speaks(
    start: Callable[..., Editor], api: mock_api.MockApi, design: Path
) -> None:
    editor = start("ok", YES)
    found = [one for title, one in actions(editor, design).items() if "Claude" in title]
    assert len(found) == 3
    assert all("(language model)" in one["title"] and "edit" not in one for one in found)
    assert api.asked == []  # offering is not asking
    explain = found[0]["command"]
    page = editor.request("workspace/executeCommand", {key: explain[key] for key in ("command", "arguments")})
    assert page["title"] == "Claude: Explain a drift"
    assert "no parameter `dry_run`" in json.dumps(api.asked[0].body)


def test_an_answer_comes_in_pieces_and_nothing_in_it_can_be_followed(start: Callable[..., Editor]) -> None:
    text = "First [here](command:evil) and\n\nthen <img src=x> https://evil.example/?k=1\n\nlast words\n"
    editor = start(f"ok,gap=0.05,chunks=20,text={quoted(text)}", YES)
    page = editor.command("askClaude", {"question": "Why?", "id": "q"})
    parts = [part for part in editor.notifications("vt-lsp/answer") if part["kind"] == "text"]
    assert len(parts) > 3
    for said in ("".join(part["text"] for part in parts), *(part["tail"] for part in parts), page["markdown"]):
        assert "](" not in said
        assert "<img" not in said
    assert "First [here]" in page["markdown"]
    assert page["text"] == text


def test_a_question_can_be_stopped_while_it_is_answered(start: Callable[..., Editor], api: mock_api.MockApi) -> None:
    editor = start("ok,gap=0.2,chunks=200,size=5000", YES)
    number = editor.ask(
        "workspace/executeCommand", {"command": "vt-lsp.askClaude", "arguments": [{"question": "Why?", "id": "q"}]}
    )
    editor.wait(lambda: any(p["kind"] == "text" for p in editor.notifications("vt-lsp/answer")), "the first words")
    editor.notify("$/cancelRequest", {"id": number})
    with pytest.raises(RpcError) as error:
        editor.result(number)
    assert error.value.code == -32800
    editor.wait(lambda: api.asked[0].cancelled, "the request to be given up")


def test_a_plain_client_gets_a_progress_bar_that_can_stop_it(
    start: Callable[..., Editor], api: mock_api.MockApi
) -> None:
    editor = start("ok,gap=0.2,chunks=200,size=5000", YES, shows=False)
    number = editor.ask("workspace/executeCommand", {"command": "vt-lsp.askClaude", "arguments": ["Why?"]})

    def bar() -> Any:
        bars = [p for p in editor.notifications("$/progress") if p["value"].get("title") == "Free question"]
        return bars[0]["token"] if bars else None

    token = editor.wait(bar, "the bar")
    editor.wait(lambda: api.asked, "the question to be sent")
    assert editor.notifications("vt-lsp/answer") == []
    editor.notify("window/workDoneProgress/cancel", {"token": token})
    with pytest.raises(RpcError):
        editor.result(number)
    editor.wait(lambda: api.asked[0].cancelled, "the request to be given up")


def test_without_claude_the_projects_own_facts_answer(start: Callable[..., Editor]) -> None:
    editor = start("auth", YES)
    page = editor.command("askClaude", {"template": "explain", "fingerprint": drift(editor, "signature-mismatch")})
    assert page["by_model"] is False
    assert "dry_run" in page["markdown"]
    assert page["note"]
    assert "Written by a language model" not in page["markdown"]


def test_offline_nobody_has_to_agree(start: Callable[..., Editor], api: mock_api.MockApi) -> None:
    editor = start("ok", claude={"provider": "offline"})
    page = editor.command("askClaude", {"template": "explain", "fingerprint": drift(editor, "constant-value")})
    assert "MAX_OPEN" in page["markdown"]
    assert messages(editor) == []
    assert api.asked == []


OPINION = {
    "verdict": "violated",
    "reason": "It is 250.",
    "evidence": [{"path": "src/shop/book.py", "symbol": "MAX_OPEN", "quote": "MAX_OPEN = 250"}],
}


def opinions(editor: Editor, path: Path) -> list[Json]:
    return [one for one in editor.shown(path) if one["code"] == "claude-opinion"]


def test_an_opinion_is_a_hint_until_either_side_changes(start: Callable[..., Editor], root: Path, design: Path) -> None:
    scenario = f"ok,data={quoted(OPINION)}"
    editor = start(scenario, YES)
    at = line_position(sample.SPEC, "At most")
    page = editor.command("checkRequirement", design.as_uri(), at)
    assert page["verdict"] == "violated"
    (hint,) = editor.wait(lambda: opinions(editor, design), "the hint")
    assert hint["severity"] == 4
    assert hint["message"].startswith("Claude's opinion (sonnet): the code does not satisfy this. It is 250.")
    assert hint["range"]["start"]["line"] == at["line"]

    later = start(scenario)  # it is still there the next day
    later.wait(lambda: opinions(later, design), "the hint after a restart")
    later.open(design, f"# New title above\n\n{sample.SPEC}")
    (moved,) = later.wait(lambda: opinions(later, design), "the hint where the words are now")
    later.wait(lambda: opinions(later, design)[0]["range"]["start"]["line"] == at["line"] + 2, "it to move")
    assert moved["code"] == "claude-opinion"
    later.open(root / "src/shop/book.py", sample.BOOK.replace("return value", "return value + 1"))
    later.settle()
    assert opinions(later, design)  # another definition
    later.change(root / "src/shop/book.py", sample.BOOK.replace("MAX_OPEN = 250", "MAX_OPEN = 100"))
    later.wait(lambda: not opinions(later, design), "the hint to go")


def test_an_opinion_goes_with_the_words_that_it_was_about(start: Callable[..., Editor], design: Path) -> None:
    editor = start(f"ok,data={quoted(OPINION)}", YES)
    editor.command("checkRequirement", design.as_uri(), line_position(sample.SPEC, "At most"))
    editor.wait(lambda: opinions(editor, design), "the hint")
    editor.open(design, sample.SPEC.replace("At most", "No more than"))
    editor.wait(lambda: not opinions(editor, design), "the hint to go")


def test_no_requirement_no_question(start: Callable[..., Editor], api: mock_api.MockApi, design: Path) -> None:
    editor = start("ok", YES)
    with pytest.raises(RpcError, match="no requirement"):
        editor.command("checkRequirement", design.as_uri(), {"line": 1, "character": 0})
    for wrong in ({}, 3, {"question": " "}, {"template": "nonesuch"}, {"fingerprint": "ffffffff", "question": "x"}):
        with pytest.raises(RpcError):
            editor.command("askClaude", wrong)
    assert api.asked == []


CHANGE = {"summary": "As in the code.", "edits": [{"path": "docs/design.md", "old": "dry_run", "new": "validate_only"}]}


def taken(editor: Editor) -> list[Json]:
    """The edits that the editor is given to apply; it says that it did."""
    found: list[Json] = []

    def apply(params: Json) -> Json:
        found.append(params)
        return {"applied": True}

    editor.answer["workspace/applyEdit"] = apply
    return found


@pytest.mark.parametrize("choice", ["Apply", "Dismiss"])
def test_a_proven_change_is_applied_only_by_the_person(
    start: Callable[..., Editor], design: Path, choice: str, tmp_path: Path
) -> None:
    pytest.importorskip("vt_lsp.continuous_eval.realignment.gate")
    editor = start(f"ok,data={quoted(CHANGE)}", YES, {"title": choice})
    applied = taken(editor)
    mark = drift(editor, "signature-mismatch")
    page = editor.command("askClaude", {"template": "realign", "target": "spec", "fingerprint": mark})
    assert page["proven"]
    assert "-    def place(self, order: str, dry_run: bool = False)" in page["diff"]
    assert page["diff"].rstrip() in page["markdown"]
    usage = tmp_path / "home/state/vt-lsp/claude/usage.jsonl"
    word = '"accepted"' if choice == "Apply" else '"dismissed"'
    editor.wait(lambda: word in usage.read_text(), "what the person made of it")
    assert len(applied) == (choice == "Apply")
    assert "Apply Claude's change to docs/design.md?" in messages(editor)[-1]
    assert design.read_text("utf-8") == sample.SPEC  # the editor writes, not the server


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"path": "src/shop/book.py", "old": "250", "new": "100"}, "no document of this project"),
        ({"path": "../other.md", "old": "a", "new": "b"}, "no document of this project"),
        ({"path": "docs/design.md", "old": "OrderBook", "new": "Book"}, "stand 4 times"),
        ({"path": "docs/design.md", "old": "nowhere", "new": "Book"}, "stand 0 times"),
    ],
)
def test_a_change_that_does_not_fit_is_never_offered(start: Callable[..., Editor], edit: Json, says: str) -> None:
    editor = start(f"ok,data={quoted({'summary': 'So.', 'edits': [edit]})}", YES, {"title": "Apply"})
    applied = taken(editor)
    mark = drift(editor, "signature-mismatch")
    page = editor.command("askClaude", {"template": "realign", "target": "spec", "fingerprint": mark})
    assert not page["proven"]
    assert says in page["problem"]
    assert len(messages(editor)) == 1  # the consent
    assert applied == []
