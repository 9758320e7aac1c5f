from __future__ import annotations

import math
from datetime import UTC, date, datetime

import pytest

from vt_lsp.progress.changes import Change
from vt_lsp.progress.features import DAY, NAMES, TARGETS, standing
from vt_lsp.progress.forecast import Forecast, forecast
from vt_lsp.progress.model import WITHIN, shipped

START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def day(number: float) -> int:
    return START + int(number * DAY)


def steady(tasks: int, ticked: int, every: float = 1.0) -> tuple[Change, ...]:
    """A list of which one task is ticked every so many days."""
    ticks = (Change(day((n + 1) * every), ticked=(n,)) for n in range(ticked))
    return (Change(START, added=tuple(range(tasks))), *ticks)


def told(changes: tuple[Change, ...], now: float, due: date | None = None) -> Forecast:
    return forecast(changes, day(now), due)


def test_the_prior_is_whole() -> None:
    prior = shipped()
    assert set(prior.targets) == set(TARGETS)
    for model in prior.targets.values():
        for regression in (model.finish, model.pace):
            assert len(regression.weights) == len(regression.means) == len(regression.scales) == len(NAMES)
            assert len(regression.spread_weights) == len(NAMES)
        known = [z for z in model.residuals if z is not None]
        assert known == sorted(known)


def test_a_list_that_moves_has_chances_and_dates() -> None:
    found = told(steady(40, 30), 30.5, due=date(2026, 2, 10))
    assert not found.refusal
    week, month, quarter = (found.within[days] for days in (7, 30, 90))
    assert 0 < week < month < quarter < 1
    assert found.by_due is not None
    assert week < found.by_due < month
    narrow, usual, wide = found.if_moving
    assert wide.first <= usual.first <= narrow.first < narrow.last <= usual.last <= wide.last
    assert usual.first > date(2026, 1, 31)


def test_a_list_that_stalled_is_less_likely_to_be_done() -> None:
    moving, stalled = told(steady(40, 20), 20.5), told(steady(40, 20), 120)
    assert stalled.within[30] < moving.within[30] / 2
    assert stalled.no_range == "it does not move: no tick for 100 days"
    assert not stalled.if_moving
    assert not stalled.next_quarter
    assert any("0 ticks a week of late, the last 100 days ago" in driver for driver in stalled.drivers)


def test_what_comes_after_now_is_not_seen() -> None:
    assert told(steady(40, 30), 20.5) == told(steady(40, 20), 20.5)


@pytest.mark.parametrize(
    ("changes", "now", "why"),
    [
        ((), 1, "no history"),
        (steady(40, 20), -1, "no history"),
        (steady(6, 3), 9, "too short: 6 tasks"),
        (steady(20, 20), 30, "done: every task"),
        (steady(20, 19), 30, "nearly done: 1 of 20"),
        (steady(20, 0), 30, "too little history: 0 of 20 tasks were ever ticked"),
        (
            (*steady(20, 0), Change(day(1), ticked=(0, 1))),
            30,
            "too little history: 2 of 20 tasks were ever ticked, all",
        ),
        ((*steady(20, 0), Change(day(1), ticked=tuple(range(17)))), 30, "too little history: 17 of 20"),
        (
            (
                Change(START, added=tuple(range(40)), ticked=tuple(range(36)), removed=()),
                Change(day(1), added=(40, 41)),
            ),
            3,
            "too little history: 0 of 42",
        ),
    ],
)
def test_there_is_no_forecast_where_the_history_cannot_say(changes: tuple[Change, ...], now: float, why: str) -> None:
    found = told(changes, now)
    assert found.refusal.startswith(why)
    assert not found.within
    assert not found.if_moving


def test_a_list_of_a_few_days_has_no_far_dates() -> None:
    found = told(steady(20, 10, every=0.1), 1.2)
    assert found.soon in {"today", "this week"}
    assert not found.if_moving
    assert not found.next_quarter
    assert "too young" in found.no_range


def test_a_date_that_has_passed_is_not_met() -> None:
    assert told(steady(40, 20), 20.5, due=date(2026, 1, 10)).by_due == 0.0


@pytest.mark.parametrize("target", TARGETS)
def test_chance_and_quantile_are_each_other_turned_round(target: str) -> None:
    model = shipped().targets[target]
    stands = standing(steady(40, 20), day(20.5))
    assert stands is not None
    vector = stands.vector("done")
    for share in (0.1, 0.2, 0.3):
        days = model.quantile(vector, share)
        if 1 < days < math.exp(11):
            assert model.probability(vector, days) == pytest.approx(share, abs=1e-6)
    low, high = model.range_if_moving(vector, 0.8)
    assert 1 <= low < high <= WITHIN


def test_growth_and_agents_are_counted() -> None:
    changes = (*steady(20, 5), Change(day(6), added=tuple(range(100, 110)), by_agent=True))
    stands = standing(changes, day(7))
    assert stands is not None
    assert (stands.total, stands.done, stands.added_28) == (30, 5, 10)
    assert stands.agents == pytest.approx(10 / 35)
    assert stands.left("next") == 8
    assert stands.left("listed") == 22
    assert stands.left("done") == 22
