"""All that can be said of one task list."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from vt_lsp.models import DriftType, Role
from vt_lsp.progress.due import due_date
from vt_lsp.progress.forecast import MIN_TASKS, Forecast, forecast
from vt_lsp.progress.history import listed
from vt_lsp.progress.risk import Level, Risk, level_of, risks
from vt_lsp.specs.roles import role_of_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.models import DriftReport, SpecFacts, Task
    from vt_lsp.progress.history import Histories, TaskHistory


class Day(NamedTuple):
    """How a list stood at the end of a day."""

    day: date
    total: int
    done: int


@dataclass(frozen=True, slots=True)
class Progress:
    """One list now: its counted tasks, what is wrong with ticks, the forecast, the risks, and the days of its history.

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
    """A document with tasks, the drifts of it, and when it was last written (seconds since 1970)."""

    path: str
    facts: SpecFacts
    data: bytes
    drifts: Sequence[DriftReport]
    changed: float


def progress_of(document: Document, histories: Histories, now: float) -> Progress:
    """What can be said of a list at ``now`` (seconds since 1970)."""
    path, facts, data, drifts = document.path, document.facts, document.data, document.drifts
    tasks = listed(facts.tasks)
    doubtful = _doubtful(tasks, drifts)
    counted = [msgspec.structs.replace(t, status="open") if n in doubtful else t for n, t in enumerate(tasks)]
    history = histories.of(path, counted, document.changed, now)
    due = due_date(data.decode("utf-8", "replace"))
    told = forecast(history.burn_up.changes, now, due)
    return Progress(
        path,
        facts.headings[0][1] if facts.headings else path,
        tasks,
        doubtful,
        told,
        risks(tasks, history.burn_up, told, doubtful, now),
        _days(history),
        tuple(_caveats(history)),
    )


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
