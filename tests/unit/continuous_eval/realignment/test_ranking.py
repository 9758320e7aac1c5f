"""Which way out comes first, and what it says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.realignment.ranking import ranked
from vt_lsp.engine import Engine
from vt_lsp.models import DecisionType, Edit, Place, Realignment
from vt_lsp.settings import Settings
from vt_lsp.workflow_memory.acceptance import settled_tag
from vt_lsp.workflow_memory.decision_tracker import DecisionTracker
from vt_lsp.workflow_memory.memory_store import MemoryStore
from vt_lsp.workspace.store import state_directory

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

EDITS = (Edit(Place("a.md", 0, 1), "x"),)
SURE = Realignment("sure", "spec", EDITS, safe=True, confidence=0.95)
LIKELY = Realignment("likely", "spec", EDITS, safe=False, confidence=0.93)
CODE = Realignment("code", "code", EDITS, safe=False, confidence=0.7, effort="line")
STUB = Realignment("stub", "code", EDITS, safe=False, confidence=0.7, effort="lines")


def test_safe_and_sure_ones_come_first_and_one_is_preferred() -> None:
    ways = ranked([STUB, CODE, LIKELY, SURE], {})
    assert [way.title for way in ways] == ["sure", "likely", "code", "stub"]
    assert [way.is_preferred for way in ways] == [True, False, False, False]


def test_nothing_unsure_is_preferred() -> None:
    assert not any(way.is_preferred for way in ranked([CODE, STUB], {}))


def test_a_habit_comes_first_and_says_so() -> None:
    first, *others = ranked([SURE, CODE], {"spec": 1, "code": 4})
    assert first.title == "code"
    assert first.is_preferred
    assert first.reason == "the code was changed in 4 of 5 such cases before"
    assert [way.reason for way in others] == [""]


def test_one_case_is_no_habit() -> None:
    assert ranked([SURE, CODE], {"spec": 0, "code": 1})[0].title == "sure"
    assert ranked([SURE, CODE], {"spec": 3, "code": 4})[0].title == "sure"


def test_decisions_of_the_project_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "project"
    root.mkdir()
    (root / "shop.py").write_text("LIMIT = 3\n", encoding="utf-8")
    (root / "README.md").write_text("`LIMIT` is `4`.\n\n`LIMIT` defaults to `4`.\n", encoding="utf-8")
    directory = state_directory(root)
    assert directory is not None
    with MemoryStore(directory) as store:
        for _ in range(2):
            DecisionTracker(store).record(
                "The code was changed", DecisionType.INTERFACE, tags=(settled_tag("constant-value", "code"),)
            )
    engine = Engine(root, Settings(), tmp_path / "cache")
    try:
        engine.scan()
        drift = engine.drifts()[0]
        ways = engine.realignments(drift)
        assert (ways[0].target, ways[0].is_preferred) == ("code", True)
        assert ways[0].reason == "the code was changed in 2 of 2 such cases before"
        assert ways[-1].target == "spec"
    finally:
        engine.dispose()
