"""What alerts a user gets to see, and when: the pure core with a clock of the test's own."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vt_lsp.continuous_eval.alert_events import Event
from vt_lsp.continuous_eval.alert_priority import Reactions, priority
from vt_lsp.continuous_eval.alert_rules import BUILT_IN, READ, Rule, is_doubtful, is_precise
from vt_lsp.continuous_eval.alert_state import Input, Mute, Observed, Policy, Reacted, State, Step, Ticked, Unmuted
from vt_lsp.continuous_eval.alert_system import step, wake_at
from vt_lsp.models import AlertType, DriftType, Role, Severity

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PRECISE, VAGUE, DOUBTFUL = "docstring-parameter", "broken-link", "missing-file"


def drift(name: str, kind: str = PRECISE, **fields: object) -> Event:
    event = Event(
        type=AlertType.DRIFT_APPEARED,
        subject=name,
        message=f"{name} is wrong",
        severity=Severity.WARNING,
        path=f"docs/{name}.md",
        line=3,
        drift_type=kind,
        confidence=0.95,
    )
    return msgspec.structs.replace(event, **fields)


def gone(name: str) -> Event:
    return drift(name, type=AlertType.DRIFT_RESOLVED)


class Watch:
    """A run of steps; ``windows`` are those that opened, with the moment."""

    def __init__(self, policy: Policy = Policy(), now: datetime = NOON) -> None:  # noqa: B008 - frozen
        self.policy, self.now, self.state = policy, now, State()
        self.windows: list[tuple[datetime, tuple[str, ...], str]] = []
        self.log: list[str] = []
        self.withdrawn: list[str] = []

    def do(self, given: Input) -> Step:
        done = step(self.state, given, self.now, self.policy)
        self.state = done.state
        for one in done.notifications:
            if one.channel == "window":
                self.windows.append((self.now, tuple(alert.message for alert in one.alerts), one.text))
            else:
                self.log.append(one.text)
        self.withdrawn += done.withdrawn
        return done

    def see(self, *events: Event) -> Step:
        return self.do(Observed(events))

    def wait(self, length: timedelta) -> None:
        """Time passes; whatever is due in it happens when it is due."""
        end = self.now + length
        while (due := wake_at(self.state, self.policy, self.now)) is not None and due <= end:
            assert due > self.now or self.now == end, "a step must do what was due"
            self.now = due
            self.do(Ticked())
        self.now = end
        self.do(Ticked())

    def open(self) -> list[str]:
        return sorted(alert.message for alert in self.state.alerts.values() if alert.state == "open")

    def id_of(self, message: str) -> str:
        return next(alert.id for alert in self.state.alerts.values() if alert.message == message)


def test_one_drift_is_told_once_with_its_place_and_what_can_be_done() -> None:
    watch = Watch()
    watch.see(drift("a"))
    assert watch.windows == []  # perhaps more comes in the same burst
    watch.wait(HOUR)
    assert [text for _, _, text in watch.windows] == ["docs/a.md:3: a is wrong"]
    (alert,) = watch.state.alerts.values()
    assert alert.actions == ("open", "diff", "accept", "mute", "later")
    watch.see(drift("a"))
    watch.wait(HOUR)
    assert len(watch.windows) == 1


def test_a_burst_is_one_window() -> None:
    watch = Watch()
    watch.see(*(drift(f"d{n}") for n in range(40)))
    watch.wait(DAY)
    ((_, told, text),) = watch.windows
    assert len(told) == 40
    assert text.startswith("40 alerts: 40 docstring-parameter\n")
    assert text.endswith("… and 37 more")


def test_a_type_that_is_often_wrong_waits_for_a_summary() -> None:
    watch = Watch()
    watch.see(drift("a", VAGUE))
    watch.wait(23 * HOUR)
    assert watch.windows == []
    assert watch.log == ["docs/a.md:3: a is wrong"]
    watch.wait(2 * HOUR)
    assert [told for _, told, _ in watch.windows] == [("a is wrong",)]


def test_a_summary_takes_along_what_waits_for_one_and_a_single_window_does_not() -> None:
    watch = Watch()
    watch.see(drift("vague", VAGUE), drift("one"))
    watch.wait(MINUTE)
    watch.see(drift("two"), drift("three"))
    watch.wait(MINUTE)
    assert [len(told) for _, told, _ in watch.windows] == [1, 3]


def test_a_type_that_is_wrong_as_often_as_right_is_counted_in_a_summary_and_raises_no_alert() -> None:
    watch = Watch()
    done = watch.see(*(drift(f"d{n}", DOUBTFUL) for n in range(4)))
    assert {rule for _, rule in done.fell} == {"often-wrong"}
    watch.wait(3 * DAY)
    assert (watch.windows, watch.open()) == ([], [])
    watch.see(gone("d0"), drift("one"), drift("two"))
    watch.wait(MINUTE)
    ((_, told, text),) = watch.windows
    assert len(told) == 2
    assert text.endswith("\nand 3 new drifts of types that are often wrong")
    watch.see(drift("three"), drift("four"))
    watch.wait(MINUTE)
    assert "often wrong" not in watch.windows[1][2]


def test_a_rule_that_names_the_type_may_be_loud() -> None:
    mine = Rule("mine", (AlertType.DRIFT_APPEARED,), type=(VAGUE,))
    watch = Watch(Policy((mine, *BUILT_IN)))
    watch.see(drift("a", VAGUE))
    watch.wait(MINUTE)
    assert len(watch.windows) == 1


def test_no_more_windows_than_the_user_wants_and_nothing_is_lost() -> None:
    watch = Watch(Policy(per_hour=2))
    for n in range(30):
        watch.see(drift(f"d{n}"))
        watch.wait(MINUTE)
    assert len(watch.windows) == 2
    watch.wait(HOUR)
    told = [one for _, found, _ in watch.windows for one in found]
    assert sorted(told) == sorted(f"d{n} is wrong" for n in range(30))
    assert len(watch.windows) == 3


def test_what_is_resolved_before_it_was_told_is_not_told() -> None:
    watch = Watch()
    watch.see(drift("a"))
    watch.see(gone("a"))
    watch.wait(DAY)
    assert watch.windows == []
    assert watch.withdrawn == []


def test_what_was_told_and_is_resolved_withdraws_itself() -> None:
    watch = Watch()
    watch.see(drift("a"))
    watch.wait(MINUTE)
    name = watch.id_of("a is wrong")
    done = watch.see(gone("a"))
    assert watch.withdrawn == [name]
    (alert,) = done.changed
    assert (alert.state, alert.resolved_by, alert.how) == ("resolved", "evaluation", "the drift is gone")


def test_what_comes_and_goes_is_told_once_within_the_cool_down() -> None:
    watch = Watch()
    for _ in range(10):
        watch.see(drift("a"))
        watch.wait(MINUTE)
        watch.see(gone("a"))
        watch.wait(MINUTE)
    assert len(watch.windows) == 1
    watch.wait(15 * DAY)
    watch.see(drift("a"))
    watch.wait(MINUTE)
    assert len(watch.windows) == 2


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=9))])
def test_quiet_hours_are_local_and_what_came_in_them_is_told_after(zone: timezone) -> None:
    policy = Policy(quiet=(time(22), time(7)))
    watch = Watch(policy, datetime(2026, 3, 2, 23, 0, tzinfo=zone))
    watch.see(drift("a"), drift("b"))
    watch.wait(7 * HOUR)
    assert watch.windows == []
    watch.wait(2 * HOUR)
    assert [(when.astimezone(zone).hour, len(told)) for when, told, _ in watch.windows] == [(7, 2)]


def test_do_not_disturb_keeps_alerts_in_the_list() -> None:
    watch = Watch(Policy(do_not_disturb=True))
    watch.see(drift("a"))
    watch.wait(DAY)
    assert watch.windows == []
    assert watch.open() == ["a is wrong"]
    watch.policy = Policy()
    watch.do(Ticked())
    assert len(watch.windows) == 1


def test_a_mute_is_for_a_rule_and_a_document_and_can_be_taken_back() -> None:
    watch = Watch()
    watch.see(drift("a"))
    watch.do(Reacted((watch.id_of("a is wrong"),), "mute"))
    watch.see(drift("b", path="docs/a.md"), drift("c"))
    watch.wait(MINUTE)
    assert [told for _, told, _ in watch.windows] == [("c is wrong",)]
    watch.do(Unmuted(Mute("new-drift", "docs/a.md")))
    assert watch.open() == ["a is wrong", "b is wrong", "c is wrong"]


def test_later_tells_again_after_an_hour() -> None:
    watch = Watch()
    watch.see(drift("a"))
    watch.wait(MINUTE)
    watch.do(Reacted((watch.id_of("a is wrong"),), "later"))
    watch.wait(59 * MINUTE)
    assert len(watch.windows) == 1
    watch.wait(2 * MINUTE)
    assert len(watch.windows) == 2


def test_an_alert_that_nobody_looks_at_becomes_more_severe_once() -> None:
    watch = Watch()
    watch.see(drift("a"))
    watch.wait(6 * DAY)
    assert len(watch.windows) == 1
    watch.wait(30 * DAY)
    assert len(watch.windows) == 2
    (alert,) = watch.state.alerts.values()
    assert (alert.severity, alert.escalated) == (Severity.ERROR, True)


def test_a_type_that_is_often_wrong_never_becomes_more_severe_by_itself() -> None:
    watch = Watch()
    watch.see(drift("a", VAGUE))
    watch.wait(30 * DAY)
    (alert,) = watch.state.alerts.values()
    assert (alert.severity, alert.escalated) == (Severity.WARNING, False)


def test_an_acknowledged_alert_is_left_alone() -> None:
    watch = Watch()
    watch.see(drift("a"))
    watch.do(Reacted((watch.id_of("a is wrong"),), "acknowledge"))
    watch.wait(30 * DAY)
    assert watch.windows == []


def test_a_threshold_makes_one_alert_of_many_events_and_falls_with_the_last() -> None:
    many = Rule("many", (AlertType.DRIFT_APPEARED,), threshold=3, window=HOUR, group="folder")
    watch = Watch(Policy((many, *BUILT_IN)))
    watch.see(drift("a"), drift("b"))
    watch.wait(2 * HOUR)
    watch.see(drift("c"), drift("d"))
    assert watch.open() == []  # a and b were too long ago
    watch.see(drift("e"))
    assert [alert.subjects for alert in watch.state.alerts.values()] == [("c", "d", "e")]
    watch.see(drift("f"))
    watch.see(gone("c"), gone("d"), gone("f"))
    assert len(watch.open()) == 1
    watch.see(gone("e"))
    assert watch.open() == []


def test_the_first_rule_that_fits_decides_and_each_event_falls_under_one() -> None:
    watch = Watch()
    done = watch.see(drift("a", severity=Severity.HINT), drift("b", role=Role.PLANNED), drift("c"))
    assert [rule for _, rule in done.fell] == ["only-a-hint", "of-another-time", "new-drift"]
    assert watch.open() == ["c is wrong"]


def test_a_drift_that_gets_old_has_no_second_alert() -> None:
    watch = Watch()
    watch.see(drift("a"))
    old: dict[str, Any] = {"type": AlertType.DRIFT_AGED, "value": 31.0}
    watch.see(drift("a", **old), drift("z", **old), drift("v", VAGUE, **old))
    assert sorted((alert.rule, alert.count) for alert in watch.state.alerts.values()) == [
        ("new-drift", 2),
        ("old-drift", 1),
    ]


def test_conditions_narrow_a_rule() -> None:
    rule = Rule(
        "mine", (AlertType.DRIFT_APPEARED, AlertType.COMPLIANCE_FELL, AlertType.DRIFT_AGED),
        path=("docs/", "!docs/b.md"), confidence=0.9, count=2, below=0.9, fell_by=0.05, age=7 * DAY,
    )  # fmt: skip
    assert rule.fits(drift("a", count=2))
    assert not rule.fits(drift("b", count=2))
    assert not rule.fits(drift("a", count=2, path="src/a.md"))
    assert not rule.fits(drift("a", count=1))
    assert not rule.fits(drift("a", count=2, confidence=0.8))
    assert rule.fits(drift("a", count=2, type=AlertType.DRIFT_AGED, value=7.0))
    assert not rule.fits(drift("a", count=2, type=AlertType.DRIFT_AGED, value=6.9))
    fell = drift("a", count=2, type=AlertType.COMPLIANCE_FELL, value=0.85, fall=0.06)
    assert rule.fits(fell)
    assert not rule.fits(msgspec.structs.replace(fell, value=0.95))
    assert not rule.fits(msgspec.structs.replace(fell, fall=0.01))


def test_health_is_over_when_it_is_over() -> None:
    watch = Watch()
    ill = Event(type=AlertType.MONITOR_UNHEALTHY, subject="disk", message="the disk is full", severity=Severity.ERROR)
    watch.see(ill)
    watch.wait(MINUTE)
    watch.see(msgspec.structs.replace(ill, is_over=True, message="there is room again"))
    assert watch.open() == []
    assert len(watch.withdrawn) == 1


def test_a_rule_on_ends_tells_of_them() -> None:
    ends = Rule("ends", (AlertType.DRIFT_RESOLVED,))
    watch = Watch(Policy((ends, *BUILT_IN)))
    watch.see(drift("a"))
    watch.wait(MINUTE)
    watch.see(gone("a"))
    watch.wait(MINUTE)
    assert len(watch.windows) == 2
    assert watch.open() == []


# ------------------------------------------------------------------------------------------------------------ priority


def test_priority_is_told_and_the_users_reactions_move_it() -> None:
    watch = Watch()
    watch.see(drift("a", count=8), drift("b"))
    one, other = (watch.state.alerts[name] for name in watch.state.alerts)
    high, low = priority(one, {}, NOON), priority(other, {}, NOON)
    assert high.score > low.score
    assert high.reasons[0] == "warning: x 0.7"
    later = priority(one, {}, NOON + 60 * DAY)
    assert later.score < high.score
    put_away = priority(one, {"new-drift/docstring-parameter": Reactions(0, 5)}, NOON)
    assert put_away.score < high.score
    assert put_away.reasons[-1].startswith("you acted on 0 such and put 5 away")


def test_what_is_always_put_away_no_longer_opens_windows() -> None:
    watch = Watch()
    for n in range(8):
        watch.see(drift(f"d{n}", severity=Severity.INFORMATION))
        watch.do(Reacted((watch.id_of(f"d{n} is wrong"),), "acknowledge"))
    watch.see(drift("x", severity=Severity.INFORMATION))
    watch.wait(HOUR)
    assert watch.windows == []


# ------------------------------------------------------------------------------------------------------------ accuracy


def test_the_table_of_precise_types_is_what_was_measured() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/accuracy.md").read_text("utf-8")
    table = page.split("By drift type, in the fourth to the seventh reading")[1].split(
        "With the rules of all readings"
    )[0]
    rows = re.findall(r"^\| ([a-z-]+) \| (\d+) \| (\d+) \|", table, re.MULTILINE)
    assert {DriftType(name): (int(right), int(read)) for name, read, right in rows} == dict(READ)
    assert [kind for kind in DriftType if is_doubtful(kind)] == [DriftType.MISSING_FILE, DriftType.MOVED_FILE]
    assert [kind for kind in DriftType if is_precise(kind)] == [DriftType.STALE_STATUS, DriftType.DOCSTRING_PARAMETER]


# ---------------------------------------------------------------------------------------------------------- properties

_NAMES = [f"d{n}" for n in range(8)]
_INPUTS = st.one_of(
    st.tuples(st.just("see"), st.lists(st.tuples(st.sampled_from(_NAMES), st.booleans()), min_size=1, max_size=8)),
    st.tuples(
        st.just("react"), st.tuples(st.integers(0, 7), st.sampled_from(["acknowledge", "act", "resolve", "later"]))
    ),
    st.tuples(st.just("wait"), st.integers(1, 4000)),
)


def _run(watch: Watch, inputs: list[tuple[str, object]]) -> None:
    standing: set[str] = set()
    for kind, value in inputs:
        if kind == "see":
            assert isinstance(value, list)
            events = []
            for name, is_there in value:
                if is_there and name not in standing:
                    events.append(drift(name))
                elif not is_there and name in standing:
                    events.append(gone(name))
                standing = standing | {name} if is_there else standing - {name}
            watch.see(*events)
        elif kind == "react":
            assert isinstance(value, tuple)
            number, reaction = value
            ids = sorted(alert.id for alert in watch.state.alerts.values())
            if ids:
                watch.do(Reacted((ids[number % len(ids)],), reaction))
        else:
            assert isinstance(value, int)
            watch.wait(value * SECOND)


@settings(max_examples=60, deadline=None)
@given(st.lists(_INPUTS, max_size=40), st.integers(1, 4))
def test_never_more_windows_in_any_hour_than_allowed(inputs: list[tuple[str, object]], limit: int) -> None:
    watch = Watch(Policy(per_hour=limit))
    _run(watch, inputs)
    moments = [when for when, _, _ in watch.windows]
    for begin in moments:
        assert sum(begin <= when < begin + HOUR for when in moments) <= limit


@settings(max_examples=60, deadline=None)
@given(st.lists(_INPUTS, max_size=40))
def test_one_open_alert_for_each_thing_and_none_is_lost(inputs: list[tuple[str, object]]) -> None:
    watch = Watch(Policy(tuple(replace(rule, escalate_after=None) for rule in BUILT_IN)))
    _run(watch, [one for one in inputs if one[0] != "react"])
    alerts = [alert for alert in watch.state.alerts.values() if alert.state == "open"]
    subjects = [subject for alert in alerts for subject in alert.subjects]
    assert len(subjects) == len(set(subjects))
    watch.wait(3 * DAY)
    told = {message for _, found, _ in watch.windows for message in found}
    assert {alert.message for alert in alerts} <= told
    assert not any(alert.telling for alert in watch.state.alerts.values())


@settings(max_examples=60, deadline=None)
@given(st.lists(_INPUTS, max_size=40))
def test_no_alert_is_told_twice(inputs: list[tuple[str, object]]) -> None:
    watch = Watch(Policy(tuple(replace(rule, escalate_after=None) for rule in BUILT_IN)))
    ids: list[str] = []
    plain = [one for one in inputs if one[0] != "react" or one[1][1] != "later"]  # type: ignore[index]
    original = watch.do

    def do(given: Input) -> Step:
        done = original(given)
        ids.extend(alert.id for one in done.notifications if one.channel == "window" for alert in one.alerts)
        return done

    watch.do = do  # type: ignore[method-assign]
    _run(watch, plain)
    watch.wait(2 * DAY)
    assert len(ids) == len(set(ids))
