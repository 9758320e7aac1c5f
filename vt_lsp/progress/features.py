"""What a list's history says about its pace, as the numbers that the model was fitted on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.progress.changes import Change

DAY: Final = 86400.0
Target = Literal["next", "listed", "done"]
TARGETS: Final[tuple[Target, ...]] = ("next", "listed", "done")

NAMES: Final = (
    "left", "size", "share done", "age", "time since the first tick", "time since the last tick", "velocity",
    "velocity of 28 days", "velocity of the last days", "longest pause", "days with ticks", "ticks at once",
    "largest batch", "share of agents", "growth", "pause against the usual one",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A list as it stands at one moment. Times are in days, ``velocity`` in ticks a day, ``growth`` in tasks a day.

    ``commits`` are the moments with ticks after the list came into being, ``born_done`` the tasks that were never
    seen open, ``ticked_open`` those that were. ``usual_pause`` lies between two days with ticks.
    """

    total: int
    done: int
    age: float
    since_first: float
    since_last: float
    ticks: int
    commits: int
    tick_days: int
    velocity: float
    velocity_28: float
    velocity_now: float
    usual_pause: float
    longest_pause: float
    batch: float
    largest_batch: float
    agents: float
    growth: float
    added_28: int
    born_done: int
    ticked_open: int

    @property
    def open(self) -> int:
        """Tasks that are not ticked."""
        return self.total - self.done

    def left(self, target: Target) -> int:
        """Ticks that the target wants.

        ``next``: a quarter of the tasks more; ``listed``: nine tenths of what is listed now; ``done``: nine tenths of
        what will be listed then.
        """
        if target == "next":
            return min(max(1, math.ceil(0.25 * self.total)), self.open)
        if target == "listed":
            return max(1, self.open - math.floor(0.1 * self.total))
        return max(1, math.ceil(0.9 * self.total) - self.done)

    def vector(self, target: Target) -> tuple[float, ...]:
        """The numbers that :data:`NAMES` names."""
        return (
            math.log(max(self.left(target), 1e-3)),
            math.log(max(self.total, 1)),
            self.done / max(self.total, 1),
            math.log(self.age),
            math.log(self.since_first),
            math.log1p(self.since_last),
            math.log(self.velocity + 0.01),
            math.log(self.velocity_28 + 0.01),
            math.log(self.velocity_now + 0.01),
            math.log1p(self.longest_pause),
            math.log(max(self.tick_days, 1e-3)),
            math.log(max(self.batch, 1e-3)),
            self.largest_batch,
            self.agents,
            math.asinh(self.growth),
            math.log1p(self.since_last / max(self.usual_pause, 0.5)),
        )


def standing(changes: Sequence[Change], now: float) -> Standing | None:
    """How the list stands at ``now`` (seconds since 1970), from the changes until then; None before the first."""
    seen = [change for change in changes if change.at <= now]
    if not seen:
        return None
    start, later = seen[0].at, seen[1:]
    total, done, ticked_open = _counts(seen)
    age = max(0.25, (now - start) / DAY)
    ticks = [(change.at, len(change.ticked)) for change in later if change.ticked]
    count = sum(n for _, n in ticks)
    last = (now - ticks[-1][0]) / DAY if ticks else age
    days = sorted({int((at - start) // DAY) for at, _ in ticks})
    pauses = [float(b - a) for a, b in pairwise(days)] or [max(1.0, age)]
    grown = [(change.at, len(change.added) - len(change.removed)) for change in later]
    events = sum(change.size for change in seen)
    added_28 = sum(n for at, n in grown if at > now - 28 * DAY)
    return Standing(
        total=total,
        done=done,
        age=age,
        since_first=max(0.25, (now - ticks[0][0]) / DAY) if ticks else 0.25,
        since_last=last,
        ticks=count,
        commits=len(ticks),
        tick_days=len(days),
        velocity=count / age,
        velocity_28=sum(n for at, n in ticks if at > now - 28 * DAY) / min(28, age),
        velocity_now=_faded(ticks, now, age, half_life=7),
        usual_pause=float(median(pauses)),
        longest_pause=float(max(*pauses, last)),
        batch=count / len(ticks) if ticks else 0.0,
        largest_batch=max(n for _, n in ticks) / count if ticks else 0.0,
        agents=sum(change.size for change in seen if change.by_agent) / events,
        growth=added_28 / min(28, age),
        added_28=added_28,
        born_done=done - ticked_open,
        ticked_open=ticked_open,
    )


def _counts(seen: Sequence[Change]) -> tuple[int, int, int]:
    """Tasks, ticked ones, and those of them that were open before."""
    state: dict[int, bool] = {}
    was_open: set[int] = set()
    for change in seen:
        state.update(dict.fromkeys(change.added, False))
        was_open.update(n for n in change.ticked if n not in change.added)
        state.update(dict.fromkeys(change.ticked, True))
        state.update(dict.fromkeys(change.unticked, False))
        was_open.update(change.unticked)
        for n in change.removed:
            state.pop(n, None)
    done = [n for n, is_done in state.items() if is_done]
    return len(state), len(done), sum(n in was_open for n in done)


def _faded(ticks: Sequence[tuple[float, int]], now: float, age: float, half_life: float) -> float:
    """Ticks a day, each half as heavy after ``half_life`` days; of the time that the list has seen."""
    weight = sum(n * math.exp2(-(now - at) / DAY / half_life) for at, n in ticks)
    window = half_life / math.log(2) * (1 - math.exp2(-age / half_life))
    return weight / max(window, 0.25)
