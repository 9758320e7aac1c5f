"""Contradictory decisions are found by what they say; alike ones that hold together are not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.workflow_memory.made import decision
from vt_lsp.models import DecisionStatus, LinkType, Severity
from vt_lsp.workflow_memory.conflict_detector import Conflict, ConflictIndex, Decided, Way, conflicts
from vt_lsp.workflow_memory.contradictions import new_conflicts
from vt_lsp.workflow_memory.decision_tracker import DecisionTracker
from vt_lsp.workflow_memory.memory_store import MemoryStore, MemoryStoreError
from vt_lsp.workflow_memory.recall import Recall
from vt_lsp.workflow_memory.reconciliation import Settlement, reconcile
from vt_lsp.workflow_memory.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterator

PAIRS = Path(__file__).parent / "conflicts"
_SIDE = re.compile(r"(?:\[(\w+)\] )?(.+)")


def pairs(name: str) -> list[tuple[bool, list[Decided]]]:
    """Each pair with whether it contradicts itself."""
    found, contradictory = [], False
    for line in (PAIRS / name).read_text("utf-8").splitlines():
        if line.startswith("## "):
            contradictory = line == "## contradictory"
        elif "||" in line and not line.startswith("#"):
            sides = []
            for number, text in enumerate(line.split("||")):
                match = _SIDE.fullmatch(text.strip())
                assert match
                sides.append(Decided(str(number), match[2], status=match[1] or "accepted", when=number))
            found.append((contradictory, sides))
    return found


def errors(*decided: Decided) -> list[Conflict]:
    return [conflict for conflict in conflicts(decided) if conflict.severity is Severity.ERROR]


@pytest.mark.parametrize("name", ["development.txt", "held_out.txt"])
def test_contradictions_are_found_and_near_misses_are_not(name: str) -> None:
    judged = [(expected, bool(errors(*sides))) for expected, sides in pairs(name)]
    contradictory = [found for expected, found in judged if expected]
    compatible = [found for expected, found in judged if not expected]
    assert min(len(contradictory), len(compatible)) >= 50
    assert sum(contradictory) >= 0.8 * len(contradictory)
    assert sum(contradictory) >= 0.95 * (sum(contradictory) + sum(compatible))


def test_both_sides_are_quoted_and_the_newer_accepted_prevails() -> None:
    (conflict,) = errors(
        Decided("1", "Storage", "We looked around. Use PostgreSQL for orders.", when=1),
        Decided("2", "Use MySQL for orders", when=2),
    )
    assert (conflict.older.quote, conflict.newer.quote) == ("Use PostgreSQL for orders", "Use MySQL for orders")
    assert (conflict.prevails, conflict.rule) == ("2", "newer accepted")
    assert '"PostgreSQL"' in conflict.explanation
    assert {way.way for way in conflict.resolutions} == {"supersede", "amend", "narrow", "exception"}


def test_a_narrower_scope_and_an_exception_prevail_and_only_warn() -> None:
    (narrow,) = conflicts(
        [
            Decided("1", "Do not use mocks in shop.domain", when=2),
            Decided("2", "Use mocks in shop.domain.tests", when=1),
        ]
    )
    assert (narrow.severity, narrow.rule, narrow.prevails) == (Severity.WARNING, "narrower scope", "2")
    (exception,) = conflicts(
        [
            Decided("1", "Use PostgreSQL for orders", when=1),
            Decided("2", "Use SQLite for orders, as an exception", when=2),
        ]
    )
    assert (exception.severity, exception.rule, exception.prevails) == (Severity.WARNING, "exception", "2")


def test_other_places_and_settled_pairs_are_no_conflict() -> None:
    one = Decided("1", "Use PostgreSQL for orders", paths=frozenset({"a/"}))
    assert not conflicts([one, Decided("2", "Use MySQL for orders", paths=frozenset({"b/x.py"}))])
    assert conflicts([one, Decided("2", "Use MySQL for orders", paths=frozenset({"a/x.py"}))])
    assert not conflicts([one, Decided("2", "Use MySQL for orders", settled_with=frozenset({"1"}))])


def test_a_superseded_decision_that_is_still_followed() -> None:
    (conflict,) = conflicts(
        [
            Decided("1", "Storage of orders, first try", status="superseded"),
            Decided("2", "Storage of orders, second try", supersedes=frozenset({"1"})),
            Decided("3", "Tables of orders", follows=frozenset({"1"})),
        ]
    )
    assert conflict.severity is Severity.WARNING
    assert "superseded" in conflict.explanation


@pytest.mark.parametrize(
    "text",
    [
        "", "\0", "Consider Kafka for events", "Should we use Kafka for events?", "We could use Kafka for events",
        "Python 2.1 Release Schedule", "Chosen option: 2", "In-tree Storage Plugin to CSI Migration - AWS",
        "Coroutines via Enhanced Generators",
    ],
)  # fmt: skip
def test_what_lays_down_nothing(text: str) -> None:
    assert [said for said in statements(text) if said.form != "answer"] == []


def test_odd_text_is_only_text() -> None:
    for text in ("use " * 250_000, "x" * 1_000_000, "Use \ud800 for 🙂", "a. " * 300_000, "not " * 50):
        statements(text, text)


CHOICES = st.builds(
    lambda number, choice, subject, status: Decided(
        str(number), f"Use {choice} for {subject}", status=status, when=number
    ),
    st.integers(0, 6),
    st.sampled_from(["Redis", "Memcached", "PostgreSQL"]),
    st.sampled_from(["orders", "caching"]),
    st.sampled_from(["accepted", "superseded"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(CHOICES, max_size=15))
def test_an_index_that_grew_equals_one_that_was_built(changes: list[Decided]) -> None:
    grown = ConflictIndex()
    for change in changes:
        grown.put(change)
    assert grown.all() == conflicts({change.id: change for change in changes}.values())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    with MemoryStore(tmp_path) as opened:
        yield opened


def contradiction(store: MemoryStore) -> tuple[Recall, Conflict]:
    store.put(decision(1, title="Use PostgreSQL for orders", outcome="PostgreSQL"))
    recall = Recall(store, None)
    store.put(decision(2, title="Use MySQL for orders", outcome="MySQL"))
    recall.refresh()
    (conflict,) = recall.conflicts.all()
    return recall, conflict


@pytest.mark.parametrize("way", ["supersede", "amend", "narrow", "exception"])
def test_every_way_settles_the_conflict_and_is_recorded(store: MemoryStore, way: Way) -> None:
    recall, conflict = contradiction(store)
    recorded = reconcile(DecisionTracker(store, "Ada"), conflict, Settlement(way, "agreed", scope="in the archive"))
    recall.refresh()
    assert recall.conflicts.all() == []
    assert store.need(recorded.id).rationale == "agreed"
    assert {link.type for link in recorded.links} == {LinkType.RELATES}
    ended = store.need(conflict.older.id).status
    assert ended is (DecisionStatus.SUPERSEDED if way == "supersede" else DecisionStatus.ACCEPTED)


def test_to_override_the_rules_a_person_gives_a_reason(store: MemoryStore) -> None:
    _, conflict = contradiction(store)
    tracker = DecisionTracker(store)
    with pytest.raises(MemoryStoreError, match="give a reason"):
        reconcile(tracker, conflict, Settlement("supersede", prevails=conflict.older.id))
    reconcile(tracker, conflict, Settlement("supersede", "MySQL was a mistake", conflict.older.id))
    assert store.need(conflict.newer.id).status is DecisionStatus.SUPERSEDED


def test_news_are_the_conflicts_that_were_not_there_or_are_graver_now() -> None:
    old = [Decided("D-1", "Use PostgreSQL for orders"), Decided("D-2", "Use MongoDB for orders", status="proposed")]
    before = conflicts(old)
    assert new_conflicts(before, before) == []
    assert new_conflicts((), before) == before
    graver = conflicts([old[0], Decided("D-2", "Use MongoDB for orders")])
    assert new_conflicts(before, graver) == graver
    assert new_conflicts(graver, ()) == []
