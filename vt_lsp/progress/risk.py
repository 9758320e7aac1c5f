"""What stands in the way of a task list, in words, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

from vt_lsp.progress.forecast import MIN_TASKS, STALLED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from vt_lsp.models import Task
    from vt_lsp.progress.changes import BurnUp
    from vt_lsp.progress.features import Standing
    from vt_lsp.progress.forecast import Forecast

Level = Literal["none", "low", "medium", "high"]
Kind = Literal[
    "stalled", "growth", "overdue", "due", "not-done", "blocked", "old-task", "no-activity", "reopened", "changing"
]

_DAY: Final = 86400.0
_QUIET: Final = 21.0  # days without a tick
_OLD: Final = 30.0  # days for which a task has been open
_GROWS: Final = 0.2  # of the list within 28 days
_UNLIKELY: Final = 0.5
_OFTEN: Final = 5  # commits of a file after the tick of what it was made for
_TOGETHER: Final = 3600  # seconds: the commit that ticks, and what is mended right after it
_WEIGHTS: Final = {"high": 3, "medium": 2, "low": 1}


@dataclass(frozen=True, slots=True)
class Risk:
    """One thing that stands in the way: how much, why, and what helps. ``task`` is its place in the list, or None."""

    kind: Literal[
        "stalled", "growth", "overdue", "due", "not-done", "blocked", "old-task", "no-activity", "reopened", "changing"
    ]
    level: Level
    text: str
    advice: str
    task: int | None = None


def risks(
    tasks: Sequence[Task], history: BurnUp, told: Forecast, doubtful: Mapping[int, str], now: float
) -> tuple[Risk, ...]:
    """The risks of a list, worst first.

    ``history`` is that of ``tasks``, which are in the same order. ``doubtful`` are ticked tasks, by their place, of
    which the code says that they are not done, with what it says.
    """
    found: list[Risk] = []
    if told.standing is not None and any(task.status not in {"done", "dropped"} for task in tasks):
        found += [*_of_the_list(told.standing), *_of_the_date(told, now)]
    found += [
        Risk("not-done", "high", f"ticked, but {said}", "untick it, or make what it names", place)
        for place, said in sorted(doubtful.items())
    ]
    found += _of_dependencies(tasks)
    found += _of_age(tasks, history, now)
    return ordered(found)


def ordered(found: Iterable[Risk]) -> tuple[Risk, ...]:
    """The worst first, else as they come."""
    return tuple(sorted(found, key=lambda risk: -_WEIGHTS.get(risk.level, 0)))


def changing(
    tasks: Sequence[Task], history: BurnUp, named: Mapping[int, Collection[str]], churn: Mapping[str, Sequence[int]]
) -> Iterable[Risk]:
    """Ticked tasks whose files are still being changed, the most changed one of each.

    ``named`` are the files that a task speaks of, by its place; ``churn`` when each was committed of late (seconds
    since 1970). What was committed together with the tick does not count.
    """
    ticked = {n: change.at for change in history.changes for n in change.ticked}
    numbers = history.present if len(history.present) == len(tasks) else ()
    for place, number in enumerate(numbers):
        if tasks[place].status != "done" or number not in ticked:
            continue
        after = {
            path: sum(at > ticked[number] + _TOGETHER for at in churn.get(path, ())) for path in named.get(place, ())
        }
        path = max(sorted(after), key=lambda name: after[name], default="")
        if path and after[path] >= _OFTEN:
            said = f"ticked, but {path} was changed in {after[path]} commits since"
            yield Risk("changing", "low", said, "look whether it still does what the task says", place)


def level_of(found: Sequence[Risk]) -> Level:
    """The level of a whole list: that of its worst risk, and high too where several are of middle weight."""
    weights = [_WEIGHTS.get(risk.level, 0) for risk in found]
    if not weights:
        return "none"
    if max(weights) == 3 or weights.count(2) >= 3:
        return "high"
    return "medium" if max(weights) == 2 else "low"


def _of_the_list(stands: Standing) -> list[Risk]:
    found = []
    advice = "tick what is done, drop what is no longer wanted, or say that the list is on hold"
    if not stands.commits and stands.age >= _QUIET:
        level: Level = "low" if stands.total < MIN_TASKS else "medium"
        found.append(Risk("no-activity", level, f"no task was ticked in {round(stands.age)} days", advice))
    elif stands.commits and stands.since_last >= _QUIET and stands.since_last > 2 * stands.usual_pause:
        level = "high" if stands.since_last >= STALLED else "medium"
        found.append(Risk("stalled", level, f"no tick for {round(stands.since_last)} days", advice))
    ticked_28 = round(stands.velocity_28 * min(28, stands.age))
    if stands.age > 7 and stands.added_28 >= max(2, _GROWS * stands.total):
        level = "medium" if stands.added_28 > ticked_28 else "low"
        said = f"{stands.added_28} tasks more than 28 days ago, {ticked_28} ticks since"
        found.append(Risk("growth", level, said, "move what is new into a list of its own"))
    return found


def _of_the_date(told: Forecast, now: float) -> list[Risk]:
    if told.due is None:
        return []
    today = datetime.fromtimestamp(now, UTC).date()
    late = (today - told.due).days
    if late > 0:
        return [Risk("overdue", "high", f"due {told.due}, {late} days ago", "set a new date, or cut the list")]
    if told.by_due is not None and told.by_due < _UNLIKELY:
        level: Level = "high" if told.by_due < _UNLIKELY / 2 else "medium"
        said = f"due {told.due}, and {told.by_due:.0%} likely to be done by then"
        return [Risk("due", level, said, "cut the list, or move the date")]
    return []


def _of_dependencies(tasks: Sequence[Task]) -> list[Risk]:
    """Ticked tasks that depend on open ones, and open ones on which several wait."""
    by_id = {task.id: place for place, task in enumerate(tasks) if task.id}
    waiting: dict[int, int] = {}
    found = []
    for place, task in enumerate(tasks):
        needed = [n for name in task.depends if (n := by_id.get(name)) is not None and n != place]
        unmet = [n for n in needed if tasks[n].status in {"open", "doing"}]
        if task.status == "done":
            found += [
                Risk(
                    "blocked",
                    "medium",
                    f"ticked, but depends on {tasks[n].id}, which is open",
                    "tick or untick one",
                    place,
                )
                for n in unmet
            ]
        elif task.status in {"open", "doing"}:
            for n in unmet:
                waiting[n] = waiting.get(n, 0) + 1
    found += [
        Risk("blocked", "medium" if count >= 3 else "low", f"{count} open tasks wait for it", "do it first", place)
        for place, count in sorted(waiting.items())
        if count >= 2
    ]
    return found


def _of_age(tasks: Sequence[Task], history: BurnUp, now: float) -> list[Risk]:
    """Open tasks that all later ones have overtaken, and tasks whose tick was taken back more than once."""
    born: dict[int, int] = {}
    taken_back: dict[int, int] = {}
    ticked: dict[int, int] = {}
    for change in history.changes:
        born.update((n, change.at) for n in change.added)
        ticked.update((n, change.at) for n in change.ticked)
        for n in change.unticked:
            taken_back[n] = taken_back.get(n, 0) + 1
    found = []
    later_done = 0
    numbers = history.present if len(history.present) == len(tasks) else ()
    for place, number in reversed(tuple(enumerate(numbers))):
        if tasks[place].status == "done":
            later_done += number in ticked and ticked[number] > born.get(number, 0)
            continue
        age = (now - born.get(number, now)) / _DAY
        if taken_back.get(number, 0) >= 2:
            said = f"its tick was taken back {taken_back[number]} times"
            found.append(Risk("reopened", "medium", said, "say what is still wanted", place))
        elif tasks[place].status in {"open", "doing"} and age >= _OLD and later_done >= 3:
            said = f"open for {round(age)} days, while {later_done} tasks below it were ticked"
            found.append(Risk("old-task", "low", said, "do it, split it, or drop it", place))
    return found[::-1]
