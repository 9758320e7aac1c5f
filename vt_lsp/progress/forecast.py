"""When a task list may be done: chances, ranges of dates, and an honest refusal where the history cannot say.

Nothing here promises a date. "Done" is nine tenths of what is listed by then, so growth is part of it; the chances
count that many lists are never finished, the ranges hold if this one is finished within a year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from vt_lsp.progress.features import DAY, Standing, standing
from vt_lsp.progress.model import shipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.progress.changes import Change

HORIZONS: Final = (7, 30, 90)  # days
SHARES: Final = (0.5, 0.8, 0.9)
MIN_TASKS: Final = 8
MIN_COMMITS: Final = 2
_WIDEST: Final = 30.0  # the far end of a range against the near one: wider says nothing
_YOUNG: Final = 3.0  # days
STALLED: Final = 60.0  # days without a tick: what "if it keeps moving" says is then no longer about this list
_AT_ONCE: Final = 0.9  # share of the tasks
_DRIVEN: Final = 0.35  # log-days: what moves the estimate by less than a third is not worth a word


@dataclass(frozen=True, slots=True)
class DateRange:
    """The first and the last day between which it will be done with the probability ``share``."""

    share: float
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Forecast:
    """What can be said of a list.

    ``refusal`` says why there are no chances; ``no_range`` why there are no dates. ``within`` holds a probability for
    each number of days in :data:`HORIZONS`, ``by_due`` that of being done by the end of ``due``. ``soon`` stands in
    place of dates for a list of a few days. ``drivers`` say in words what makes it sooner or later.
    """

    standing: Standing | None
    within: dict[int, float]
    due: date | None = None
    by_due: float | None = None
    if_moving: tuple[DateRange, ...] = ()
    next_quarter: tuple[DateRange, ...] = ()
    drivers: tuple[str, ...] = ()
    soon: str = ""
    refusal: str = ""
    no_range: str = ""


def forecast(changes: Sequence[Change], now: float, due: date | None = None) -> Forecast:
    """The forecast at ``now`` (seconds since 1970) of a list with this history; changes after ``now`` are not seen."""
    stands = standing(changes, now)
    refusal = refusal_of(stands)
    if stands is None or refusal:
        return Forecast(stands, {}, due=due, refusal=refusal)
    model, vector = shipped().of("done"), stands.vector("done")
    ranges = tuple(_dates(now, share, *model.range_if_moving(vector, share)) for share in SHARES)
    low, high = model.range_if_moving(vector, 0.8)
    soon = no_range = ""
    if stands.age < _YOUNG:
        soon, ranges = "today" if high < 2 else "this week", ()
        no_range = f"the list is {_days(stands.age)} old: too young for dates"
    elif stands.since_last >= STALLED:
        ranges, no_range = (), f"it does not move: no tick for {_days(stands.since_last)}"
    elif high / low > _WIDEST:
        ranges, no_range = (), "lists like this one were finished anywhere within a year"
    quarter, its_vector = shipped().of("next"), stands.vector("next")
    low, high = quarter.range_if_moving(its_vector, 0.8)
    is_told = (
        stands.age >= _YOUNG
        and stands.since_last < STALLED
        and high / low <= _WIDEST
        and stands.left("next") < stands.left("done")
    )
    return Forecast(
        stands,
        {days: model.probability(vector, days) for days in HORIZONS},
        due=due,
        by_due=None if due is None else model.probability(vector, _days_until(now, due)),
        if_moving=ranges,
        next_quarter=(_dates(now, 0.8, low, high),) if is_told else (),
        drivers=_drivers(stands, model.finish.parts(vector)),
        soon=soon,
        no_range=no_range,
    )


def refusal_of(stands: Standing | None) -> str:
    """Why nothing can be said of a list; empty where something can."""
    if stands is None or not stands.total:
        return "no history: git knows no commit with this list"
    if stands.total - stands.done == 0:
        return "done: every task is ticked"
    if stands.total < MIN_TASKS:
        return f"too short: {stands.total} tasks, and {MIN_TASKS} are needed"
    if stands.open < 2 or stands.done >= 0.9 * stands.total:
        return f"nearly done: {stands.open} of {stands.total} tasks left"
    if stands.born_done >= _AT_ONCE * stands.total:
        return f"written when it was done: {stands.born_done} of {stands.total} tasks came into being ticked"
    if stands.commits < MIN_COMMITS:
        ticked = f"{stands.ticked_open} of {stands.total} tasks were ever ticked"
        if stands.ticked_open >= _AT_ONCE * stands.total:
            return f"completed in one session: {ticked}, all at once"
        came = f", and {stands.born_done} came into being ticked" if stands.born_done else ""
        return f"too little history: {ticked}" + (", all at once" if stands.ticked_open > 1 else "") + came
    return ""


def _days_until(now: float, due: date) -> float:
    end = datetime.combine(due, time.max, tzinfo=UTC)
    return (end.timestamp() - now) / DAY


def _dates(now: float, share: float, low: float, high: float) -> DateRange:
    today = datetime.fromtimestamp(now, UTC).date()
    # All within the first day of the model is today.
    return DateRange(share, today + timedelta(days=round(low - 1)), today + timedelta(days=round(high)))


def _drivers(stands: Standing, parts: Sequence[float]) -> tuple[str, ...]:
    """The reasons that move the estimate most, against an average list; related features speak as one."""
    late = f"{_number(stands.velocity_28 * 7)} ticks a week of late, the last {_days(stands.since_last)} ago"
    days = f"ticked on {stands.tick_days} {_plural(stands.tick_days, 'day')}, {_number(stands.batch)} at a time"
    groups = {
        f"{stands.left('done')} more ticks make nine tenths of {stands.total} tasks": sum(parts[:3]),
        late: sum(parts[5:10]) + parts[15],
        f"the list is {_days(stands.age)} old": parts[3] + parts[4],
        days: sum(parts[10:13]),
        f"{stands.agents:.0%} of the changes by coding agents": parts[13],
        f"{stands.added_28:+d} tasks within 28 days": parts[14],
    }
    told = sorted(((abs(part), text, part) for text, part in groups.items() if abs(part) >= _DRIVEN), reverse=True)
    return tuple(f"{'later' if part > 0 else 'sooner'}: {text}" for _, text, part in told[:3])


def _days(days: float) -> str:
    whole = round(days)
    return "less than a day" if whole < 1 else f"{whole} {_plural(whole, 'day')}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}".removesuffix(".0")


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"
