from __future__ import annotations

import csv
import io
import json
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflow_memory.made import START, decision
from vt_lsp.models import (
    DecisionLink,
    DecisionStatus,
    DecisionType,
    DriftReport,
    DriftType,
    LinkType,
    Place,
    Severity,
    Symbol,
)
from vt_lsp.workflow_memory import exchange, timeline
from vt_lsp.workflow_memory.acceptance import accept, accepted_form, undo
from vt_lsp.workflow_memory.decision_tracker import DecisionTracker
from vt_lsp.workflow_memory.decision_types import classify
from vt_lsp.workflow_memory.filters import Filter
from vt_lsp.workflow_memory.memory_store import MemoryStore, MemoryStoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[DecisionTracker]:
    with MemoryStore(tmp_path / "state") as store:
        yield DecisionTracker(store, "Ada", lambda: START)


# ------------------------------------------------------------------------------------------------------------ recording


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("Payment retries", "Retry three times with exponential back-off", DecisionType.ERROR_HANDLING),
        ("", "Store passwords encrypted with argon2", DecisionType.SECURITY),
        ("", "Cache rendered pages to lower latency", DecisionType.PERFORMANCE),
        ("", "Rename place to submit everywhere", DecisionType.NAMING),
        ("", "Add a column for the tenant to every table", DecisionType.DATA_MODEL),
        ("", "Pin the third-party libraries", DecisionType.DEPENDENCY),
        ("", "Replace black by ruff as formatter", DecisionType.TOOLING),
        ("", "Offer the orders through a REST API", DecisionType.INTERFACE),
        ("", "Split the monolith into services", DecisionType.ARCHITECTURE),
        ("", "Every change needs two approvals of the team", DecisionType.PROCESS),
        ("", "Revert the move to the new scheduler", DecisionType.ROLLBACK),
    ],
)
def test_words_tell_the_type(title: str, text: str, expected: DecisionType) -> None:
    found = classify(title, text)
    assert found is not None
    assert found.decision_type is expected
    assert all(word.split("-")[0] in f"{title} {text}".lower() for word in found.because)


def test_where_no_word_says_anything_there_is_no_type() -> None:
    assert classify("", "Blue, then green") is None


def test_a_type_can_be_corrected_and_the_old_one_is_remembered(tracker: DecisionTracker) -> None:
    one = tracker.record("Retry three times")
    tracker.change(one.id, "it is about speed", decision_type=DecisionType.PERFORMANCE)
    assert tracker.store.need(one.id).decision_type is DecisionType.PERFORMANCE
    assert tracker.store.events(one.id)[-1].changes == (("decision_type", '"error-handling"', '"performance"'),)


def test_a_decision_needs_a_choice(tracker: DecisionTracker) -> None:
    with pytest.raises(MemoryStoreError, match="what was chosen"):
        tracker.record("  ")


def test_what_a_new_decision_supersedes_is_superseded(tracker: DecisionTracker) -> None:
    old = tracker.record("Use files")
    new = tracker.record("Use SQLite", links=(DecisionLink(LinkType.SUPERSEDES, old.id),))
    assert tracker.store.need(old.id).status is DecisionStatus.SUPERSEDED
    assert tracker.store.successors(old.id) == (new.id,)


def test_a_proposal_supersedes_nothing_yet(tracker: DecisionTracker) -> None:
    old = tracker.record("Use files")
    link = DecisionLink(LinkType.SUPERSEDES, old.id)
    tracker.record("Use SQLite", status=DecisionStatus.PROPOSED, links=(link,))
    assert tracker.store.need(old.id).status is DecisionStatus.ACCEPTED


def test_decisions_cannot_supersede_each_other_in_a_circle(tracker: DecisionTracker) -> None:
    a, b, c = (tracker.record(f"choice {name}") for name in "abc")
    tracker.supersede(a.id, b.id)
    tracker.supersede(b.id, c.id)
    for old, new in ((c, a), (a, a)):
        with pytest.raises(MemoryStoreError, match="supersede"):
            tracker.supersede(old.id, new.id)


def test_the_last_outcome_of_each_decision_counts(tracker: DecisionTracker) -> None:
    a, b, c = (tracker.record(f"Retry {n} times") for n in range(3))
    tracker.record("Rename it")
    tracker.add_outcome(a.id, success=False)
    times = iter(START + timedelta(days=n) for n in (1, 2, 3))
    later = DecisionTracker(tracker.store, "Bo", lambda: next(times))
    later.add_outcome(a.id, success=True, metrics={"p99": 10})
    later.add_outcome(b.id, success=False, metrics={"p99": 30})
    later.add_outcome(c.id, success=None, note="too early")
    found = {one.kind: one for one in tracker.statistics().effectiveness}
    retries = found["error-handling"]
    assert (retries.decisions, retries.with_outcome, retries.successes, retries.failures) == (3, 3, 1, 1)
    assert retries.rate == 0.5
    assert retries.metrics == {"p99": 20}
    assert found["naming"].rate is None


# ------------------------------------------------------------------------------------------------------------- timeline

BAD = "</script><script>alert(1)</script><!-- \u2028 ' \" ; # : --> & `x`"


def test_no_words_of_people_are_markup_on_the_page() -> None:
    page = timeline.as_html(timeline.entries([decision(outcome=BAD, title=BAD, tags=(BAD,))], []), BAD)
    assert page.count("</script>") == 2
    assert "<script>alert" not in page
    assert "<!-- " not in page
    data = page.partition('id="data">')[2].partition("</script>")[0]
    assert json.loads(data)["entries"][0]["outcome"] == BAD
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page


def test_mermaid_lines_have_three_parts_whatever_a_title_says() -> None:
    lines = list(timeline.as_mermaid(timeline.entries([decision(title="a : b; c # d\nsection x <b>")], [])))
    assert lines[2:] == [
        "    section 2026-03",
        "        03-01 : a #58; b#59; c #35; d section x #60;b#62; : error-handling, accepted",
    ]


def test_the_timeline_is_by_time_with_links_both_ways() -> None:
    old, new = decision(0), decision(1, links=(DecisionLink(LinkType.SUPERSEDES, decision(0).id),))
    first, second = timeline.entries([new, old], [])
    assert (first.id, second.id) == (old.id, new.id)
    assert first.superseded_by == (new.id,)
    assert list(timeline.as_text([first, second]))[-1].strip() == f"supersedes {old.id}"


# ------------------------------------------------------------------------------------------------------------- exchange


def test_json_lines_come_back_the_same_and_twice_is_once(tracker: DecisionTracker, tmp_path: Path) -> None:
    tracker.store.put(decision(1, tags=("a",)), decision(2, links=(DecisionLink(LinkType.AMENDS, decision(1).id),)))
    tracker.add_outcome(decision(1).id, success=True, note="fine")
    lines = "".join(exchange.write_json_lines(tracker.store.all(), tracker.store.outcomes()))
    with MemoryStore(tmp_path / "other") as other:
        done = exchange.read_json_lines(other, "x.jsonl", lines)
        assert (done.read, len(done.changed), done.outcomes, done.problems) == (2, 2, 1, ())
        assert list(other.all()) == list(tracker.store.all())
        again = exchange.read_json_lines(other, "x.jsonl", lines)
        assert (again.changed, again.outcomes) == ((), 0)


def test_lines_that_cannot_be_read_are_named_and_the_others_taken(tracker: DecisionTracker) -> None:
    text = '{"outcome": "Use ruff"}\n[1]\n{"outcome": ""}\nrubbish\n{"outcome": "x", "status": "odd"}\n'
    done = exchange.read_json_lines(tracker.store, "in.jsonl", text)
    assert (done.read, len(done.changed)) == (1, 1)
    assert [problem.split(": ")[0] for problem in done.problems] == [f"in.jsonl:{n}" for n in (2, 3, 4, 5)]
    assert exchange.read_json_lines(tracker.store, "in.jsonl", text).changed == ()
    assert tracker.store.find(Filter()).decisions[0].decision_type is DecisionType.TOOLING


@given(
    st.sampled_from(["=", "+", "-", "@", "\t=", "\r=", " =", "\n="]), st.text(st.characters(exclude_categories=["Cs"]))
)
def test_no_cell_of_csv_is_a_formula(sign: str, text: str) -> None:
    table = exchange.write_csv([decision(outcome=f"{sign}{text}", tags=(f"{sign}1",))])
    _, row = csv.reader(io.StringIO(table, newline=""))
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for cell in row)


VELOCITYTREE = """
CREATE TABLE decisions (id TEXT PRIMARY KEY, timestamp TEXT NOT NULL, decision_type TEXT NOT NULL, context TEXT,
    decision TEXT NOT NULL, rationale TEXT, outcome TEXT, confidence REAL, precedents TEXT, tags TEXT, user_id TEXT,
    project_id TEXT, created_at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE decision_outcomes (id INTEGER PRIMARY KEY AUTOINCREMENT, decision_id TEXT NOT NULL,
    outcome_timestamp TEXT NOT NULL, success BOOLEAN, metrics TEXT, feedback TEXT);
CREATE TABLE decision_relationships (id INTEGER PRIMARY KEY AUTOINCREMENT, parent_id TEXT NOT NULL,
    child_id TEXT NOT NULL, relationship_type TEXT, created_at TEXT DEFAULT CURRENT_TIMESTAMP);
INSERT INTO decisions VALUES
    ('u1', '2025-05-01T10:00:00.123456', 'feature_creation', '{"file": "a.py", "n": 3}', 'Build login', 'Asked for',
     'shipped', 0.8, '[]', '["auth"]', 'ada', 'p', ''),
    ('u2', '2025-05-02T10:00:00', 'refactoring', NULL, 'Split login', NULL, NULL, NULL, '["u1"]', NULL, NULL, NULL, ''),
    ('u3', 'yesterday', 'refactoring', NULL, 'x', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '');
INSERT INTO decision_outcomes VALUES (1, 'u1', '2025-06-01T10:00:00', 1, '{"users": 5, "who": "all"}', 'liked');
INSERT INTO decision_relationships VALUES (1, 'u1', 'u2', 'derived_from', '');
"""


def test_the_database_of_velocitytree_is_taken_in_once(tracker: DecisionTracker, tmp_path: Path) -> None:
    file = tmp_path / "workflow_memory.db"
    with sqlite3.connect(file) as db:
        db.executescript(VELOCITYTREE)
    db.close()
    before = file.read_bytes()
    done = exchange.read_velocitytree(tracker.store, file)
    assert (done.read, len(done.changed), done.outcomes, len(done.problems)) == (2, 2, 1, 1)
    split, login = tracker.store.find(Filter()).decisions
    assert (login.outcome, login.decision_type, login.tags, login.files) == (
        "Build login",
        DecisionType.FEATURE_CREATION,
        ("auth",),
        ("a.py",),
    )
    assert split.precedents == (login.id,)
    assert split.links == (DecisionLink(LinkType.RELATES, login.id),)
    (outcome,) = tracker.store.outcomes(login.id)
    assert (outcome.success, outcome.metrics, outcome.note) == (True, {"users": 5.0}, "liked")
    again = exchange.read_velocitytree(tracker.store, file)
    assert (again.changed, again.outcomes) == ((), 0)
    assert file.read_bytes() == before


def test_another_database_is_none_of_velocitytree(tracker: DecisionTracker, tmp_path: Path) -> None:
    for name, data in (("a.db", b""), ("b.db", b"rubbish" * 1000)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(MemoryStoreError, match=name):
            exchange.read_velocitytree(tracker.store, tmp_path / name)


# ----------------------------------------------------------------------------------------------------------- acceptance

DRIFT = DriftReport(
    "d.md", "d.md#x", DriftType.PARAMETER_DEFAULT, Severity.WARNING, "other default", (), "abcdef12",
    Place("d.md", 3, 9), Place("a.py", 4, 8), written="1", actual="2",
)  # fmt: skip
SYMBOL = Symbol("f", "function", 0, 30, 4, "(n=2)")


def test_an_acceptance_is_a_decision_and_can_be_taken_back(tracker: DecisionTracker) -> None:
    form = accepted_form(DRIFT, [SYMBOL])
    one = accept(tracker, DRIFT, form, "as agreed", "f")
    assert accept(tracker, DRIFT, form, "again").id == one.id
    assert (one.decision_type, one.accepted, one.files) == (DecisionType.ACCEPTED_DRIFT, form, ("d.md", "a.py"))
    assert [changed.id for changed in undo(tracker, DRIFT.fingerprint)] == [one.id]
    assert undo(tracker, one.id) == ()
    assert tracker.store.acceptances() == ()
    assert accept(tracker, DRIFT, form, "after all").id != one.id
