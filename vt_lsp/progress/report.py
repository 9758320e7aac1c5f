"""All that can be said of one task list."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from vt_lsp.models import DriftType, Role
from vt_lsp.progress.changes import Change, only
from vt_lsp.progress.due import due_date
from vt_lsp.progress.forecast import MIN_TASKS, Forecast, forecast
from vt_lsp.progress.history import listed
from vt_lsp.progress.risk import Level, Risk, changing, level_of, ordered, risks
from vt_lsp.specs.roles import role_of_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vt_lsp.models import DriftReport, SpecFacts, Task
    from vt_lsp.progress.changes import BurnUp
    from vt_lsp.progress.history import Histories, TaskHistory

_SMALLEST: Final = 2  # tasks of a part


class Day(NamedTuple):
    """How a list stood at the end of a day."""

    day: date
    total: int
    done: int


@dataclass(frozen=True, slots=True)
class Part:
    """A milestone, phase or section with tasks of its own; ``start`` is the first byte of its heading.

    Its forecast knows the history of the tasks that it has now; what was removed from it is forgotten.
    """

    title: str
    level: int
    start: int
    total: int
    done: int
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Progress:
    """One list now: its counted tasks, what is wrong with ticks, the forecast, the risks, and the days of its history.

    ``parts`` are the headings with some of the tasks below them, in the order of the text; ``start`` is the heading
    with all of them.
    ``doubtful`` are ticked tasks, by their place in ``tasks``, of which the code says that they are not done; they
    do not count as done. ``caveats`` say what the history lacks.
    """

    path: str
    title: str
    tasks: tuple[Task, ...]
    doubtful: dict[int, str]
    forecast: Forecast
    risks: tuple[Risk, ...]
    days: tuple[Day, ...]
    caveats: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    start: int = 0

    @property
    def done(self) -> int:
        """Tasks that are ticked and not doubtful."""
        return sum(task.status == "done" for task in self.tasks) - len(self.doubtful)

    @property
    def risk(self) -> Level:
        """The risk of the whole."""
        return level_of(self.risks)


def is_task_list(path: str, facts: SpecFacts, data: bytes) -> bool:
    """Whether a document is a list of tasks that somebody means to do: long enough, no template, not past."""
    title = facts.headings[0][1] if facts.headings else ""
    role = role_of_document(path, title, data) if facts.tasks else Role.TEMPLATE
    return role not in {Role.TEMPLATE, Role.HISTORICAL} and len(listed(facts.tasks)) >= MIN_TASKS


@dataclass(frozen=True, slots=True)
class Document:
    """A document with tasks, the drifts of it, and when it was last written (seconds since 1970).

    ``artefacts`` are the files that it speaks of: the byte where it does, and the path, in the order of the text.
    """

    path: str
    facts: SpecFacts
    data: bytes
    drifts: Sequence[DriftReport]
    changed: float
    artefacts: Sequence[tuple[int, str]] = ()


def progress_of(
    document: Document, histories: Histories, now: float, churn: Mapping[str, Sequence[int]] | None = None
) -> Progress:
    """What can be said of a list at ``now`` (seconds since 1970).

    ``churn`` is when each file was committed of late.
    """
    path, facts, data, drifts = document.path, document.facts, document.data, document.drifts
    tasks = listed(facts.tasks)
    doubtful = _doubtful(tasks, drifts)
    counted = [msgspec.structs.replace(t, status="open") if n in doubtful else t for n, t in enumerate(tasks)]
    history = histories.of(path, counted, document.changed, now)
    parts = list(_headings(facts, tasks))
    numbers = history.burn_up.present
    dates = _dates(facts, parts, data)
    told = forecast(history.burn_up.changes, now, dates[None])
    found = risks(tasks, history.burn_up, told, doubtful, now)
    if churn:
        found = ordered([*found, *changing(tasks, history.burn_up, _named(tasks, document.artefacts), churn)])
    done = [0, *accumulate(task.status == "done" and n not in doubtful for n, task in enumerate(tasks))]
    return Progress(
        path,
        facts.headings[0][1] if facts.headings else path,
        tasks,
        doubtful,
        told,
        found,
        _days(history),
        tuple(_caveats(history)),
        tuple(
            Part(
                title or "…", level, start, last - first, done[last] - done[first],
                forecast(_changes(history.burn_up, numbers[first:last]), now, dates[start]),
            )
            for level, title, start, first, last in parts
        ),
        _start(facts, tasks),
    )  # fmt: skip


def _headings(facts: SpecFacts, tasks: Sequence[Task]) -> Iterable[tuple[int, str, int, int, int]]:
    """Level, title, first byte, first and last task of the headings that have some of the tasks, but not all."""
    starts = [task.start for task in tasks]
    seen: set[tuple[int, int]] = set()
    for level, title, start, end in facts.headings:
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        if _SMALLEST <= last - first < len(tasks) and (first, last) not in seen:
            seen.add((first, last))  # a heading around nothing but another one says nothing more
            yield level, title, start, first, last


def _start(facts: SpecFacts, tasks: Sequence[Task]) -> int:
    """The innermost heading around all tasks; 0 without one."""
    if not tasks:
        return 0
    around = [start for _, _, start, end in facts.headings if start <= tasks[0].start and tasks[-1].start < end]
    return max(around, default=0)


def _changes(history: BurnUp, numbers: Sequence[int]) -> Sequence[Change]:
    return only(history, numbers) if len(numbers) >= MIN_TASKS else _now(history, numbers)


def _now(history: BurnUp, numbers: Sequence[int]) -> Sequence[Change]:
    """Of a short part only how it stands matters."""
    done = {n for n, entry in zip(history.present, history.entries, strict=True) if entry.done}
    at = history.changes[-1].at if history.changes else 0
    return [Change(at, tuple(numbers), tuple(n for n in numbers if n in done))] if numbers else []


def _dates(
    facts: SpecFacts, parts: Sequence[tuple[int, str, int, int, int]], data: bytes
) -> dict[int | None, date | None]:
    """The date that each part names, by its first byte, and that of the whole: the first one outside of all parts."""
    starts = sorted(start for _, _, start, _ in facts.headings)
    found: dict[int | None, date | None] = {}
    rest, at = [], 0
    for _, _, start, _, _ in parts:
        after = bisect_right(starts, start)
        end = starts[after] if after < len(starts) else len(data)  # without what stands below the next heading
        found[start] = due_date(data[start:end].decode("utf-8", "replace"))
        rest.append(data[at:start])
        at = max(at, end)
    found[None] = due_date(b"\n".join([*rest, data[at:]]).decode("utf-8", "replace"))
    return found


def _named(tasks: Sequence[Task], artefacts: Sequence[tuple[int, str]]) -> dict[int, set[str]]:
    """The files that each task speaks of, by its place: all that stands from it to the next one."""
    starts = [task.start for task in tasks]
    found: dict[int, set[str]] = {}
    for at, path in artefacts:
        place = bisect_right(starts, at) - 1
        if place >= 0 and at < tasks[place].end:
            found.setdefault(place, set()).add(path)
    return found


def _doubtful(tasks: Sequence[Task], drifts: Iterable[DriftReport]) -> dict[int, str]:
    starts = [task.start for task in tasks]
    found: dict[int, str] = {}
    for drift in drifts:
        place = bisect_right(starts, drift.spec.start) - 1
        if drift.drift_type is DriftType.TASK_NOT_DONE and place >= 0 and tasks[place].status == "done":
            found.setdefault(place, drift.details)
    return found


def _caveats(history: TaskHistory) -> Iterable[str]:
    if history.is_shallow:
        yield "the clone is shallow: what happened before its first commit is not known"


def _days(history: TaskHistory) -> tuple[Day, ...]:
    state: dict[int, bool] = {}
    days: dict[date, Day] = {}
    for change in history.burn_up.changes:
        state.update(dict.fromkeys(change.added, False))
        state.update(dict.fromkeys(change.ticked, True))
        state.update(dict.fromkeys(change.unticked, False))
        for n in change.removed:
            state.pop(n, None)
        day = datetime.fromtimestamp(change.at, UTC).date()
        days[day] = Day(day, len(state), sum(state.values()))
    return tuple(days.values())
