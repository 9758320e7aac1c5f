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
