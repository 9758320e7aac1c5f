"""What two evaluations differ in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.continuous_eval.alert_events import Event, Known, Observation, Standing, news
from vt_lsp.models import AlertType, Severity

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def one(name: str, kind: str = "missing-symbol", path: str = "docs/a.md", code: str = "src/a.py") -> Standing:
    return Standing(
        fingerprint=name,
        drift_type=kind,
        severity=Severity.WARNING,
        message=f"{name[0]} is wrong",
        path=path,
        others=(code,) if code else (),
    )


def told(events: tuple[Event, ...]) -> list[tuple[str, str]]:
    return [(str(event.type), event.subject) for event in events]


def after(*found: Observation, days: float = 0.0, ages: tuple[float, ...] = ()) -> tuple[Event, ...]:
    """The events of the last of some evaluations, which came so many days after the others."""
    known: Known | None = None
    events: tuple[Event, ...] = ()
    for number, each in enumerate(found):
        moment = NOON + (days * DAY if number == len(found) - 1 else timedelta())
        known, events = news(known, each, moment, ages)
    return events


def test_what_was_there_when_watching_began_is_no_news() -> None:
    assert after(Observation((one("a"), one("b")))) == ()


def test_a_drift_appears_and_is_resolved() -> None:
    assert told(after(Observation(), Observation((one("a"),)))) == [("drift-appeared", "a")]
    assert told(after(Observation((one("a"),)), Observation())) == [("drift-resolved", "a")]
    assert after(Observation((one("a"),)), Observation((one("a"),))) == ()


def test_a_finished_task_without_its_artefact_and_a_record_that_is_contradicted_are_events_of_their_own() -> None:
    found = Observation((one("a", "task-not-done"), one("b", "decision-contradicted")))
    assert told(after(Observation(), found)) == [("artefact-missing", "a"), ("precedent-contradicted", "b")]


def test_a_drift_that_moved_is_the_same_drift() -> None:
    moved = (Observation((one("a1"),)), Observation((one("a2", path="docs/b.md"),)))
    assert after(*moved) == ()
    assert told(after(*moved, Observation())) == [("drift-resolved", "a1")]


def test_nothing_is_decided_where_somebody_types() -> None:
    for unsaved in ("docs/a.md", "src/a.py"):
        typing = Observation(unsaved=frozenset({unsaved}))
        assert after(Observation((one("a"),)), typing) == ()
        assert after(Observation(), Observation((one("a"),), unsaved=frozenset({unsaved}))) == ()
        assert told(after(Observation((one("a"),)), typing, Observation())) == [("drift-resolved", "a")]
    elsewhere = frozenset({"docs/z.md"})
    assert told(after(Observation(), Observation((one("a"),), unsaved=elsewhere))) == [("drift-appeared", "a")]
    nowhere = one("a", code="")  # what is missing may be in any text
    assert after(Observation(), Observation((nowhere,), unsaved=elsewhere)) == ()


def test_ages_are_told_once_each() -> None:
    found = Observation((one("a"),))
    assert after(found, found, days=6, ages=(7, 30)) == ()
    events = after(found, found, days=8, ages=(7, 30))
    assert told(events) == [("drift-aged", "a")]
    assert events[0].value == 8.0
    known, _ = news(None, found, NOON)
    for days, number in ((8, 1), (9, 0), (31, 1), (90, 0)):
        known, events = news(known, found, NOON + days * DAY, (7, 30))
        assert len(events) == number


def test_a_drift_that_the_monitor_knew_is_as_old_as_the_monitor_says() -> None:
    old = msgspec.structs.replace(one("a"), since=NOON - 40 * DAY)
    known, _ = news(None, Observation((old,)), NOON)
    _, events = news(known, Observation((old,)), NOON, (30,))
    assert told(events) == [("drift-aged", "a")]


def test_compliance_falls_and_recovers() -> None:
    def level(holds: int) -> Observation:
        return Observation(compliance={"docs/a.md": (holds, 100)})

    (fell,) = after(level(98), level(90))
    assert (fell.type, round(fell.fall, 2), fell.value) == (AlertType.COMPLIANCE_FELL, 0.08, 0.9)
    assert fell.message == "compliance of docs/a.md fell by 8 points to 90 %"
    assert after(level(98), level(90), level(90)) == ()
    (further,) = after(level(98), level(90), level(85))
    assert round(further.fall, 2) == 0.13
    assert after(level(98), level(90), level(95)) == ()
    (back,) = after(level(98), level(90), level(98))
    assert back.is_over
    few = Observation(compliance={"docs/a.md": (0, 3)})
    assert after(Observation(compliance={"docs/a.md": (3, 3)}), few) == ()


def test_conditions_begin_and_are_over() -> None:
    ill = Event(type=AlertType.MONITOR_UNHEALTHY, subject="monitor:disk", message="full")
    begins = Observation(conditions={AlertType.MONITOR_UNHEALTHY: (ill,)})
    assert told(after(begins)) == [("monitor-unhealthy", "monitor:disk")]
    assert after(begins, begins) == ()
    assert after(begins, Observation()) == ()  # nobody looked
    (over,) = after(begins, Observation(conditions={AlertType.MONITOR_UNHEALTHY: ()}))
    assert over.is_over


@given(st.lists(st.frozensets(st.sampled_from("abcdef"), max_size=6), min_size=1, max_size=12))
def test_the_events_add_up_to_what_stands(sights: list[frozenset[str]]) -> None:
    known, _ = news(None, Observation(tuple(one(f"{name}1") for name in sights[0])), NOON)
    standing = {f"{name}1" for name in sights[0]}
    for sight in sights[1:]:
        known, events = news(known, Observation(tuple(one(f"{name}1") for name in sight)), NOON)
        for event in events:
            if event.type is AlertType.DRIFT_RESOLVED:
                standing.remove(event.subject)
            else:
                assert event.subject not in standing
                standing.add(event.subject)
        assert standing == {f"{name}1" for name in sight}
