"""Settings from every door, and several folders that each have their own."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Editor, Json

if TYPE_CHECKING:
    from pathlib import Path


# ------------------------------------------------------------------------------------------- configuration (trap 9)

IGNORE: Json = {"ignore": ["constant-value"]}
LEFT = [item for item in sample.DRIFT if item[1] != "constant-value"]


@pytest.mark.parametrize(
    "options",
    [IGNORE, {"vt-lsp": IGNORE}, {"vt-lsp.ignore": ["constant-value"]}, {"severity": {"constant-value": "off"}}],
)
def test_settings_by_start_options(root: Path, options: Json) -> None:
    with Editor(root, options=options) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == LEFT


def test_settings_by_question(root: Path) -> None:
    asked: list[Any] = []

    def settings(params: Any) -> Any:
        asked.extend(params["items"])
        return [IGNORE for _ in params["items"]]

    with Editor(root, settings=settings) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == LEFT
        assert asked[0] == {"section": "vt-lsp", "scopeUri": root.as_uri()}


def test_settings_by_push_take_effect_without_restart(root: Path) -> None:
    with Editor(root) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        editor.notify("workspace/didChangeConfiguration", {"settings": {"vt-lsp": IGNORE}})
        editor.wait(lambda: editor.codes(root / "docs/design.md") == LEFT, "the new settings")
        editor.notify("workspace/didChangeConfiguration", {"settings": {"vt-lsp": {}}})
        editor.wait(lambda: editor.codes(root / "docs/design.md") == sample.DRIFT, "the old settings")


def test_a_push_makes_a_client_that_can_be_asked_be_asked(root: Path) -> None:
    current: list[Any] = [{}]
    with Editor(root, settings=lambda params: [current[0] for _ in params["items"]]) as editor:
        editor.settle()
        current[0] = IGNORE
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        editor.wait(lambda: editor.codes(root / "docs/design.md") == LEFT, "the new settings")


def test_the_client_wins_over_the_project(root: Path) -> None:
    (root / "vt-lsp.toml").write_text('ignore = ["signature-mismatch"]\n')
    with Editor(root) as editor:
        editor.settle()
        assert "signature-mismatch" not in {kind for _, kind in editor.codes(root / "docs/design.md")}
    with Editor(root, options=IGNORE) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == LEFT


def test_the_projects_file_is_read_again(root: Path) -> None:
    file = root / "vt-lsp.toml"
    with Editor(root) as editor:
        editor.settle()
        file.write_text('ignore = ["constant-value"]\n')
        editor.tell(file, kind=1)
        editor.wait(lambda: editor.codes(root / "docs/design.md") == LEFT, "the new settings")


def test_a_wrong_value_is_one_warning_and_the_default(root: Path) -> None:
    options = {"diagnostics": "sometimes", "unheardOf": 1, "notifications": "onWarning"}
    with Editor(root, options=options) as editor:
        status = editor.settle()
        for _ in range(3):
            editor.notify("workspace/didChangeConfiguration", {"settings": {"vt-lsp": {"notifications": "onWarning"}}})
            editor.settle()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        messages = editor.notifications("window/showMessage")
        assert [message["type"] for message in messages] == [2]
        assert "diagnostics" in messages[0]["message"]
        assert any("unheardOf" in message for message in status["folders"][0]["settings"])


def test_the_log_goes_where_the_client_says(root: Path, tmp_path: Path) -> None:
    log = tmp_path / "logs/vt.log"
    with Editor(root, options={"logFile": str(log), "logLevel": "debug", "unheardOf": 1}) as editor:
        editor.settle()
    assert "unheardOf" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("mode", "is_shown_closed", "is_shown_open"), [("openFilesOnly", False, True), ("off", False, False)]
)
def test_diagnostics_only_where_they_are_wanted(
    root: Path,
    mode: str,
    is_shown_closed: bool,  # noqa: FBT001 - a case of the table
    is_shown_open: bool,  # noqa: FBT001 - the same
) -> None:
    spec = root / "docs/design.md"
    with Editor(root, options={"diagnostics": mode}) as editor:
        editor.settle()
        assert bool(editor.shown(spec)) == is_shown_closed
        editor.open(spec)
        editor.settle()
        assert bool(editor.shown(spec)) == is_shown_open
        assert not editor.shown(root / "src/shop/book.py")
        editor.close(spec)
        editor.settle()
        assert not editor.shown(spec)
        editor.notify("workspace/didChangeConfiguration", {"settings": {"vt-lsp": {"diagnostics": "workspace"}}})
        editor.wait(lambda: editor.codes(spec) == sample.DRIFT, "all diagnostics")


# ---------------------------------------------------------------------------------------------- several folders


def test_two_folders_do_not_mix(tmp_path: Path) -> None:
    one, other = sample.make(tmp_path / "one"), sample.make(tmp_path / "other")
    (one / "vt-lsp.toml").write_text('ignore = ["constant-value"]\n')
    (other / "src/shop/book.py").write_text(sample.BOOK.replace("250", "100"))
    with Editor(one, other) as editor:
        editor.settle()
        assert editor.codes(one / "docs/design.md") == LEFT
        assert editor.codes(other / "docs/design.md") == LEFT  # for another reason
        third = sample.make(tmp_path / "third")
        event = {"added": [{"uri": third.as_uri(), "name": "third"}], "removed": [{"uri": one.as_uri(), "name": "one"}]}
        editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        editor.wait(lambda: editor.codes(third / "docs/design.md") == sample.DRIFT, "the added folder")
        editor.wait(lambda: not editor.shown(one / "docs/design.md"), "the removed folder to be silent")
        assert editor.codes(other / "docs/design.md") == LEFT


def test_the_innermost_folder_answers(tmp_path: Path) -> None:
    outer = sample.make(tmp_path / "outer")
    inner = sample.make(outer / "packages/inner")
    (inner / "src/shop").rename(inner / "src/store")
    for path in (inner / "src/store/book.py", inner / "docs/design.md"):
        text = path.read_text(encoding="utf-8").replace("OrderBook", "Ledger").replace("MAX_OPEN", "MOST_OPEN")
        path.write_text(text.replace("helper", "assist").replace("shop", "store"), encoding="utf-8")
    (inner / "vt-lsp.toml").write_text('ignore = ["constant-value"]\n')
    with Editor(outer, inner) as editor:
        editor.settle()
        assert editor.codes(inner / "docs/design.md") == LEFT
        assert editor.codes(outer / "docs/design.md") == sample.DRIFT
        assert len(editor.command("showCompliance")["folders"]) == 2


def test_files_outside_and_no_folder_are_silent(tmp_path: Path, root: Path) -> None:
    outside = tmp_path / "alone.md"
    outside.write_text(sample.SPEC)
    for folders in ((root,), ()):
        with Editor(*folders) as editor:
            editor.open(outside)
            editor.settle()
            assert editor.shown(outside) == []
            at = {"line": 6, "character": 3}
            params = {"textDocument": {"uri": outside.as_uri()}, "position": at}
            assert editor.request("textDocument/hover", params) is None
            item = {"uri": "untitled:Untitled-1", "languageId": "markdown", "version": 1, "text": sample.SPEC}
            editor.notify("textDocument/didOpen", {"textDocument": item})
            assert editor.settle()["health"] == "ok"


def test_a_file_opened_through_a_link_is_shown_by_its_own_name(tmp_path: Path, root: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    with Editor(root) as editor:
        editor.open(link / "docs/design.md")
        editor.settle()
        assert editor.codes(link / "docs/design.md") == sample.DRIFT
        assert editor.codes(root / "docs/design.md") == []


# ------------------------------------------------------------------------------------------------------- not trusted


@pytest.mark.parametrize("options", [{}, {"untrustedWorkspace": True}])
def test_a_default_that_comes_later_is_no_trust(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: Json
) -> None:
    trace, tools = tmp_path / "ran", tmp_path / "tools"
    tools.mkdir()
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    for arguments in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "all")):
        subprocess.run(["git", "-C", str(root), *arguments], check=True)
    (tools / "git").write_text(f"#!/bin/sh\ntouch {trace}\nexit 1\n")
    (tools / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    settings = [{"untrustedWorkspace": False}]
    with Editor(root, options=options, settings=lambda params: settings * len(params["items"])) as editor:
        editor.settle()
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        editor.rescan()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        assert editor.settle()["folders"][0]["trusted"] == (not options)
        if not options:
            editor.wait(trace.exists, "git in a workspace that is trusted")
    assert trace.exists() == (not options)
