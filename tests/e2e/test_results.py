"""Results of commands reach the user in every client: shown by the client, as a page, or as a message."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Editor, Json, RpcError, line_position, never

from vt_lsp.server import uris

if TYPE_CHECKING:
    from collections.abc import Callable

OPENS: Json = {"window": {"showDocument": {"support": True}}, "experimental": {}}
PLAIN: Json = {"experimental": None}
COMMANDS: dict[str, list[object]] = {"checkWorkspace": [], "showStatus": [], "showCompliance": [], "showDiff": ["?"]}


class Opening(Editor):
    """An editor that opens what it is asked to open, as ``window/showDocument`` does."""

    def __init__(
        self, *folders: Path, answer: Callable[[Any], Any] = lambda _params: {"success": True}, **more: Any
    ) -> None:
        super().__init__(*folders, capabilities=OPENS, **more)
        self.answer["window/showDocument"] = answer

    def pages(self) -> list[Path]:
        found = self.notifications("window/showDocument")
        assert all(params["takeFocus"] for params in found)
        return [Path(uris.to_path(params["uri"]) or "") for params in found]


def ready(editor: Editor) -> None:
    """Wait for the end of the scan without a command, which would be shown."""
    editor.wait(
        lambda: any(one["quiescent"] and one["drifts"] for one in editor.notifications("vt-lsp/status")), "the scan"
    )


def arguments_of(editor: Editor, name: str) -> list[object]:
    fingerprint = editor.request("vt-lsp/drifts", {})["drifts"][0]["fingerprint"]
    return [fingerprint if one == "?" else one for one in COMMANDS[name]]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_client_that_shows_results_is_left_to_it(root: Path, name: str) -> None:
    both = OPENS | {"experimental": {"vtLsp": {"showsResults": True}, "other": [1]}}
    with Editor(root, capabilities=both, options={"notifications": "always"}) as editor:
        ready(editor)
        assert editor.command(name, *arguments_of(editor, name))["title"]
        editor.request("vt-lsp/specs", {})
        assert editor.notifications("window/showDocument") == editor.notifications("window/showMessage") == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_is_opened(root: Path, name: str) -> None:
    with Opening(root, options={"notifications": "off"}) as editor:
        ready(editor)
        shown = editor.command(name, *arguments_of(editor, name))
        (page,) = editor.wait(editor.pages, "a page")
        assert page.suffix == ".md"
        assert page.read_text(encoding="utf-8") == shown["markdown"]
        assert page.stat().st_mode & 0o777 == 0o600
        assert page.parent.stat().st_mode & 0o777 == 0o700
        assert page.is_relative_to(editor.home / "cache")
        assert list(page.parent.iterdir()) == [page]
        assert editor.notifications("window/showMessage") == []


def test_the_same_page_again(root: Path) -> None:
    spec = root / "docs/design.md"
    with Opening(root) as editor:
        ready(editor)
        editor.command("showCompliance")
        editor.command("showCompliance", spec.as_uri())
        one, other = editor.wait(lambda: len(editor.pages()) == 2 and editor.pages(), "two pages")
        assert one == other
        assert one.read_text(encoding="utf-8").startswith("# docs/design.md")
        assert sorted(path for path in root.rglob("*") if path.is_file()) == sorted(
            root / name for name in ("src/shop/__init__.py", "src/shop/book.py", "docs/design.md", "pyproject.toml")
        )


def test_a_click_on_a_lens_is_shown(root: Path) -> None:
    spec = root / "docs/design.md"
    with Opening(root) as editor:
        editor.open(spec)
        ready(editor)
        lens = editor.request("textDocument/codeLens", {"textDocument": {"uri": spec.as_uri()}})[1]["command"]
        editor.request("workspace/executeCommand", {"command": lens["command"], "arguments": lens["arguments"]})
        (page,) = editor.wait(editor.pages, "a page")
        assert page.read_text(encoding="utf-8").startswith("# docs/design.md: The book")


def test_a_page_that_is_open_is_not_judged(root: Path) -> None:
    with Opening(root) as editor:
        ready(editor)
        editor.command("showCompliance", (root / "docs/design.md").as_uri())
        (page,) = editor.wait(editor.pages, "a page")
        editor.open(page)
        editor.settle()
        assert editor.shown(page) == []
        assert [one["uri"] for one in editor.request("vt-lsp/specs", {})["folders"][0]["specs"]] == [
            (root / "docs/design.md").as_uri()
        ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_message_says_what_matters(root: Path, name: str) -> None:
    with Editor(root, capabilities=PLAIN, options={"notifications": "off"}) as editor:
        ready(editor)
        shown = editor.command(name, *arguments_of(editor, name))
        (message,) = editor.wait(lambda: editor.notifications("window/showMessage"), "a message")
        assert message == {"type": 3, "message": shown["title"]}
        editor.command(name, *arguments_of(editor, name))  # and each time
        editor.wait(lambda: len(editor.notifications("window/showMessage")) == 2, "the message again")


def test_a_message_names_the_first_that_are_broken(root: Path) -> None:
    spec = root / "docs/design.md"
    spec.write_text("# Design\n\n" + "".join(f"- `OrderBook.gone{n}()`\n" for n in range(7)))
    with Editor(root, capabilities=PLAIN) as editor:
        ready(editor)
        editor.command("showCompliance", spec.as_uri())
        (message,) = editor.wait(lambda: editor.notifications("window/showMessage"), "a message")
        lines = message["message"].splitlines()
        assert lines[0] == "docs/design.md: 0 of 7 claims hold (0 %)"
        assert lines[1] == "✗ design.md:3 `OrderBook` has no `gone0`"
        assert lines[6] == "… and 2 more"


@pytest.mark.parametrize("answer", [lambda _params: {"success": False}, lambda _params: None, lambda _params: [1]])
def test_what_the_client_does_not_open_is_a_message(root: Path, answer: Callable[[Any], Any]) -> None:
    with Opening(root, answer=answer) as editor:
        ready(editor)
        shown = editor.command("showCompliance")
        editor.wait(lambda: editor.notifications("window/showMessage"), "a message")
        assert editor.notifications("window/showMessage")[0]["message"] == shown["title"]


def test_a_client_that_never_answers_holds_up_nothing(root: Path) -> None:
    with Opening(root, answer=never) as editor:
        ready(editor)
        for _ in range(3):
            assert editor.command("showCompliance")["title"]


def test_a_workspace_around_the_cache_gets_a_message(tmp_path: Path) -> None:
    """The home folder as a workspace: nothing is written into it."""
    root = sample.make(tmp_path / "home")
    with Opening(root, home=root) as editor:
        ready(editor)
        before = sorted(root.rglob("*.md"))
        editor.command("showCompliance")
        editor.wait(lambda: editor.notifications("window/showMessage"), "a message")
        assert editor.pages() == []
        assert sorted(root.rglob("*.md")) == before


def test_a_cache_that_cannot_be_written_is_a_message(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "cache").write_text("a file, not a folder")
    with Opening(root, home=home) as editor:
        ready(editor)
        editor.command("showStatus")
        editor.wait(lambda: editor.notifications("window/showMessage"), "a message")


def test_a_refused_command_shows_nothing(root: Path) -> None:
    with Opening(root) as editor:
        ready(editor)
        with pytest.raises(RpcError):
            editor.command("showDiff", "0000000000")
        editor.request("vt-lsp/specs", {})
        assert editor.pages() == []


@pytest.mark.parametrize("experimental", [1, [], "x", {"vtLsp": True}, {"vtLsp": {"showsResults": "yes"}}])
def test_whatever_stands_under_experimental(root: Path, experimental: object) -> None:
    with Editor(root, capabilities={"experimental": experimental}) as editor:
        ready(editor)
        editor.command("showStatus")
        editor.wait(lambda: editor.notifications("window/showMessage"), "a message")


@pytest.mark.parametrize("says", [{}, {"hoverHasDiagnostics": True}])
def test_a_hover_does_not_repeat_what_the_client_shows_above_it(root: Path, says: Json) -> None:
    spec = root / "docs/design.md"
    with Editor(root, capabilities={"experimental": {"vtLsp": {"showsResults": True, **says}}}) as editor:
        editor.open(spec)
        editor.settle()
        at = line_position(sample.SPEC, "MAX_OPEN")
        answer = editor.request("textDocument/hover", {"textDocument": {"uri": spec.as_uri()}, "position": at})
        text = answer["contents"]["value"]
        assert "- MAX_OPEN = 100" in text
        assert ("constant-value**" in text) == (not says)
