"""The workflow memory over the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sample
from fake_editor import Editor, RpcError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return sample.make(tmp_path / "shop")


def test_an_accepted_drift_goes_and_comes_back(root: Path) -> None:
    with Editor(root) as editor:
        editor.command("checkWorkspace")
        drifts = editor.request("vt-lsp/drifts", {})["drifts"]
        mark = drifts[0]["fingerprint"]
        done = editor.command("acceptDrift", mark, "as agreed")
        assert done["decisions"][0]["rationale"] == "as agreed"
        left = [one["fingerprint"] for one in editor.request("vt-lsp/drifts", {})["drifts"]]
        assert left == [one["fingerprint"] for one in drifts[1:]]
        editor.command("undoAccept", mark)
        assert editor.request("vt-lsp/drifts", {})["drifts"] == drifts
        with pytest.raises(RpcError, match="taken back"):
            editor.command("undoAccept", mark)


def test_decisions_are_recorded_followed_and_found(root: Path) -> None:
    with Editor(root) as editor:
        one = editor.command("recordDecision", {"outcome": "Retry <b>three</b> times", "tags": ["pay"]})["decisions"][0]
        assert one["decision_type"] == "error-handling"
        editor.command("recordOutcome", one["id"], {"success": True, "note": "fine"})
        found = editor.command("searchDecisions", "three times")
        assert (found["total"], found["title"]) == (1, "1 decision for three times")
        assert "<b>" not in found["markdown"].replace("\\<b\\>", "")
        shown = editor.command("showTimeline")
        assert shown["entries"][0]["success"] is True
        assert shown["html"].startswith("<!DOCTYPE html>")
        for wrong in ({}, {"outcome": " "}, {"outcome": "x", "decision_type": "odd"}, 3):
            with pytest.raises(RpcError):
                editor.command("recordDecision", wrong)


def test_a_session_without_decisions_makes_no_memory(root: Path, tmp_path: Path) -> None:
    with Editor(root) as editor:
        editor.command("checkWorkspace")
    assert not (tmp_path / "state").exists()


BOTH = {"experimental": {"vtLsp": {"showsResults": True, "commandLinks": True, "asksForDecisions": True}}}


def at(path: Path, text: str) -> tuple[str, dict[str, int]]:
    """The URI of a file and the position of some words in it."""
    lines = path.read_text("utf-8").splitlines()
    line = next(number for number, one in enumerate(lines) if text in one)
    return path.as_uri(), {"line": line, "character": lines[line].index(text)}


def hover(editor: Editor, path: Path, text: str) -> str:
    uri, position = at(path, text)
    found = editor.request("textDocument/hover", {"textDocument": {"uri": uri}, "position": position})
    return str(found["contents"]["value"]) if found else ""


def lenses(editor: Editor, path: Path) -> dict[int, str]:
    found = editor.request("textDocument/codeLens", {"textDocument": {"uri": path.as_uri()}})
    return {
        one["range"]["start"]["line"]: one["command"]["title"]
        for one in found or ()
        if "decision" in one["command"]["title"]
    }


def test_a_decision_is_met_where_it_matters(root: Path) -> None:
    code, spec = root / "src/shop/book.py", root / "docs/design.md"
    with Editor(root, capabilities=BOTH) as editor:
        editor.open(code)
        editor.open(spec)
        editor.command("checkWorkspace")
        assert "Decided" not in hover(editor, code, "place(")
        uri, position = at(code, "place(")
        where = {"uri": uri, "range": {"start": position, "end": position}}
        one = editor.command("recordDecision", {"outcome": "Queue orders [at](x) night", "title": "Night", **where})
        assert one["decisions"][0]["symbols"] == ["shop.book.OrderBook.place"]
        assert one["decisions"][0]["files"] == ["src/shop/book.py"]
        identity = one["decisions"][0]["id"]
        met = hover(editor, code, "place(")
        assert "**Decided before**" in met
        assert f"command:vt-lsp.showDecision?%5B%22{identity}%22%5D" in met
        assert "command:vt-lsp.recordDecision?" in met
        assert "same symbol shop.book.OrderBook.place" in met
        assert "[at]" not in met
        assert "same class" in hover(editor, code, "cancel(")
        assert "Decided" not in hover(editor, code, "helper(")
        assert "same symbol" in hover(editor, spec, "place(self")  # the drift about it
        assert "same file" in hover(editor, code, '"""The order book')
        assert lenses(editor, code) == {0: "1 decision", 5: "1 decision", 8: "1 decision"}
        page = editor.command("showDecision", identity)
        assert "shop.book.OrderBook.place" in page["markdown"]
        found = editor.command("searchDecisions", {"ids": [identity]})
        assert [each["id"] for each in found["decisions"]] == [identity]
        uri, position = at(spec, "## Helpers")
        where = {"uri": uri, "range": {"start": position, "end": position}}
        editor.command("recordDecision", {"outcome": "Helpers are pure functions", **where})
        assert lenses(editor, spec) == {0: "1 decision", 13: "1 decision"}
        assert "same section Helpers" in hover(editor, spec, "## Helpers")
        (design,) = editor.request("vt-lsp/claims", {"uri": spec.as_uri()})["sections"]
        beside = {one["title"]: [row["title"] for row in one.get("decisions", ())] for one in design["sections"]}
        assert beside == {"The book": [], "Helpers": ["Helpers are pure functions"]}


def test_a_precedent_is_applied_with_what_it_says(root: Path) -> None:
    with Editor(root) as editor:
        given = {"outcome": "Retry three times", "title": "Retries", "tags": ["pay"]}
        first = editor.command("recordDecision", given)["decisions"][0]
        applied = {"applies": first["id"], "files": ["src/shop/book.py"], "rationale": "the same gateway"}
        second = editor.command("recordDecision", applied)["decisions"][0]
        assert (second["outcome"], second["title"], second["tags"]) == ("Retry three times", "Retries", ["pay"])
        assert second["links"] == [{"type": "applies", "target": first["id"]}]


def test_a_contradiction_is_not_recorded_before_it_is_meant(root: Path) -> None:
    with Editor(root) as editor:
        first = editor.command("recordDecision", {"outcome": "Use PostgreSQL for orders"})["decisions"][0]["id"]
        wanted = {"outcome": "Use MongoDB for orders"}
        refused = editor.command("recordDecision", wanted)
        assert refused["decisions"] == []
        assert refused["conflicts"][0]["standing"] == first
        assert "Not recorded" in refused["title"]
        assert editor.command("searchDecisions", "MongoDB")["total"] == 0
        second = editor.command("recordDecision", {**wanted, "despite": [first]})["decisions"][0]
        assert second["links"] == [{"type": "contradicts", "target": first}]
        report = editor.command("showConflicts")
        assert report["summary"]["consistent"] is False
        assert {report["conflicts"][0]["older"]["id"], report["conflicts"][0]["newer"]["id"]} == {first, second["id"]}
        with pytest.raises(RpcError, match="give a reason"):
            editor.command("reconcileDecisions", {"one": first, "other": second["id"], "keep": first})
        settled = {"one": first, "other": second["id"], "way": "supersede", "reason": "moved"}
        assert editor.command("reconcileDecisions", settled)["recorded"]["rationale"] == "moved"
        assert editor.command("showConflicts")["conflicts"] == []
        with pytest.raises(RpcError, match="not in conflict"):
            editor.command("reconcileDecisions", settled)


def test_an_adr_that_changes_is_read_again(root: Path) -> None:
    adr = root / "docs/adr/0001-order-ids.md"
    adr.parent.mkdir()
    text = "# 1. Order ids\n\n## Status\n\nAccepted\n\n## Decision\n\nIds of {} are short.\n"
    adr.write_text(text.format("`src/shop/book.py`"), "utf-8")
    code = root / "src/shop/book.py"
    with Editor(root) as editor:
        editor.open(code)
        editor.command("checkWorkspace")
        found = editor.command("searchDecisions", "short")
        assert found["total"] == 1
        adr.write_text(text.format("everything"), "utf-8")
        editor.tell(adr)
        assert editor.command("searchDecisions", "everything")["total"] == 1


def test_quick_fixes_record_why_for_clients_that_ask(root: Path) -> None:
    spec = root / "docs/design.md"

    def titles(editor: Editor) -> list[str]:
        editor.open(spec)
        editor.command("checkWorkspace")
        uri, position = at(spec, "100` are")
        params = {"textDocument": {"uri": uri}, "range": {"start": position, "end": position}}
        found = editor.request("textDocument/codeAction", {**params, "context": {"diagnostics": []}})
        return [one["title"] for one in found]

    with Editor(root) as editor:
        plain = titles(editor)
    with Editor(root, capabilities=BOTH) as editor:
        assert [one for one in titles(editor) if one not in plain] == [f"{plain[0]}, and record why…"]
