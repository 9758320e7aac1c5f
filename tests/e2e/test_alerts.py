"""Alerts over the protocol: what a user sees of drift that somebody else made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from fake_editor import Editor, RpcError, never

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WRONG = '''

def ship(order: str) -> None:
    """Ship an order.

    Args:
        order: What is shipped.
        express: Whether it is in a hurry.
    """
'''
WINDOW = "window/showMessageRequest"
SHOWS = {"window": {"showDocument": {"support": True}}}


def started(root: Path, answer: Callable[[Any], Any] = never, **given: Any) -> Editor:
    """An editor whose server has evaluated the folder once, and that answers windows so."""
    editor = Editor(root, capabilities=SHOWS, **given)
    editor.answer[WINDOW] = answer
    editor.answer["window/showDocument"] = lambda _params: {"success": True}
    editor.command("checkWorkspace")
    editor.wait(lambda: list(editor.home.rglob("alerts.sqlite")), "the first evaluation")
    return editor


def break_it(root: Path) -> None:
    book = root / "src/shop/book.py"
    book.write_text(book.read_text() + WRONG)


def windows(editor: Editor) -> list[Any]:
    return [message for message in editor.notifications(WINDOW) if message["message"].startswith("vt-lsp: ")]


def logged(editor: Editor) -> str:
    return "\n".join(one["message"] for one in editor.notifications("window/logMessage"))


def choose(title: str) -> Callable[[Any], Any]:
    def answer(params: Any) -> Any:
        return next((item for item in params["actions"] if item["title"] == title), None)

    return answer


def test_drift_that_was_there_is_no_alert_and_new_drift_is_one_window(root: Path) -> None:
    with started(root, choose("Open")) as editor:
        assert editor.command("showAlerts")["alerts"] == []
        break_it(root)
        editor.wait(lambda: editor.notifications("window/showDocument"), "a place that is shown")
        (window,) = windows(editor)
        assert "`express`" in window["message"]
        assert window["type"] == 2
        titles = [item["title"] for item in window["actions"]]
        assert titles == ["Open", "Show difference", "Accept and record", "Mute this rule here", "Later"]
        (shown,) = editor.notifications("window/showDocument")
        assert shown["uri"] == (root / "src/shop/book.py").as_uri()
        lines = (root / "src/shop/book.py").read_text().split("\n")
        assert "express" in lines[shown["selection"]["start"]["line"]]
        editor.wait(lambda: editor.command("showAlerts")["alerts"][0]["state"] == "acknowledged", "what was done")
        (row,) = editor.command("showAlerts")["alerts"]
        assert (row["rule"], row["how"], row["uri"]) == ("new-drift", "opened", shown["uri"])
        assert row["reasons"]


def test_what_is_settled_withdraws_its_window(root: Path) -> None:
    with started(root) as editor:
        whole = (root / "src/shop/book.py").read_text()
        break_it(root)
        editor.wait(lambda: windows(editor), "a window")
        (root / "src/shop/book.py").write_text(whole)
        editor.wait(lambda: editor.notifications("$/cancelRequest"), "the end of the window")
        shown = editor.command("showAlerts")
        assert (shown["open"], shown["alerts"]) == (0, [])
        (row,) = editor.command("showAlerts", {"all": True})["alerts"]
        assert (row["state"], row["resolved_by"]) == ("resolved", "evaluation")
        assert "the drift is gone" in logged(editor)


def test_accept_and_record_does_both(root: Path) -> None:
    with started(root, choose("Accept and record")) as editor:
        break_it(root)
        editor.wait(lambda: editor.command("searchDecisions", {})["total"] == 1, "the decision")
        (decision,) = editor.command("searchDecisions", {})["decisions"]
        assert decision["decision_type"] == "accepted-drift"
        editor.wait(lambda: editor.command("showAlerts")["open"] == 0, "the end of the alert")


def test_types_that_are_often_wrong_stand_in_the_log_and_the_list_alone(root: Path) -> None:
    with started(root) as editor:
        book = root / "src/shop/book.py"
        book.write_text(book.read_text().replace("def cancel(", "def abort("))
        editor.wait(lambda: editor.command("showAlerts")["open"] == 1, "an alert")
        break_it(root)
        editor.wait(lambda: windows(editor), "the window of another one")
        (window,) = windows(editor)
        assert "`express`" in window["message"]
        assert "`cancel`" in logged(editor)
        assert editor.command("showAlerts")["open"] == 2


def test_commands_act_on_an_alert(root: Path) -> None:
    with started(root, options={"alerts": {"doNotDisturb": True}}) as editor:
        break_it(root)
        editor.wait(lambda: editor.command("showAlerts")["open"] == 1, "an alert")
        (row,) = editor.command("showAlerts")["alerts"]
        shown = editor.command("reactToAlert", row["id"], "acknowledge")
        assert [one["state"] for one in shown["alerts"]] == ["acknowledged"]
        assert editor.command("reactToAlert", row["id"], "mute")["alerts"] == []
        for wrong in (("zzzzzz", "open"), (row["id"], "burn"), ()):
            with pytest.raises(RpcError):
                editor.command("reactToAlert", *wrong)
        assert windows(editor) == []


def test_rules_of_the_project_are_used_and_a_wrong_one_is_told_with_its_line(root: Path) -> None:
    (root / "vt-lsp.toml").write_text(
        '[[alerts.rules]]\nname = "quiet"\non = "drift-appeared"\ntype = "docstring-parameter"\nnotify = "off"\n'
        '[[alerts.rules]]\nname = "odd"\non = "drift-appeared"\nfoo = 1\n'
    )
    with started(root) as editor:
        editor.wait(lambda: "vt-lsp.toml:9: alert rule `odd`: unknown key `foo`" in logged(editor), "the message")
        break_it(root)
        key = (root / "src/shop/book.py").as_uri()
        editor.wait(lambda: any("express" in one["message"] for one in editor.diagnostics.get(key, ())), "a diagnostic")
        book = root / "src/shop/book.py"
        book.write_text(book.read_text().replace("def cancel(", "def abort("))
        editor.wait(lambda: editor.command("showAlerts")["open"] == 1, "an alert")
        assert "express" not in json.dumps(editor.command("showAlerts"))
