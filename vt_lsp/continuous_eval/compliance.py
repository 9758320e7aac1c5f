"""How much of what is written holds: the one place that counts, for the editor, the terminal and CI."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vt_lsp.models import Claim, DriftReport, Requirement, SpecFacts, State, Task, Verdict

_NUMBERS = re.compile(r"\d+")

_OF_TRACING = frozenset({"requirement", "reference"})  # whether tasks name a requirement is told by itself

Tracing = Literal["holds", "broken", "unknown", "not traced"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim of the spec ``path`` with its verdict, and the drift that is shown of it, if one is."""

    path: str
    claim: Claim
    verdict: Verdict
    drift: DriftReport | None = None

    @property
    def state(self) -> State:
        """As shown to people: a drift that was suppressed or switched off says nothing."""
        if self.drift is not None:
            return "broken"
        return "unknown" if self.verdict.state == "broken" else self.verdict.state


@dataclass(frozen=True, slots=True)
class Count:
    """How many claims hold, are broken, are unknown."""

    holds: int = 0
    broken: int = 0
    unknown: int = 0

    @property
    def decided(self) -> int:
        """Claims of which is known whether they hold."""
        return self.holds + self.broken

    @property
    def compliance(self) -> float:
        """Share of the decided claims that hold; 1.0 when none was decided."""
        return round(self.holds / self.decided, 4) if self.decided else 1.0

    @property
    def label(self) -> str:
        """As shown to people: ``12/14``."""
        return f"{self.holds}/{self.decided}"


@dataclass(frozen=True, slots=True)
class Section:
    """A section with those inside it; ``start`` is the first byte of its heading."""

    level: int
    title: str
    start: int
    count: Count


@dataclass(frozen=True, slots=True)
class Traced:
    """A requirement, the claims that it and its tasks make, and how many tasks name it."""

    requirement: Requirement
    count: Count
    tasks_done: int
    tasks_open: int

    @property
    def state(self) -> Tracing:
        """``not traced`` where no task names it and it claims nothing that could be looked up."""
        if self.count.broken:
            return "broken"
        if self.count.holds:
            return "holds"
        return "unknown" if self.count.unknown or self.tasks_done or self.tasks_open else "not traced"


@dataclass(frozen=True, slots=True)
class Compliance:
    """One document: what it claims, section by section, and its requirements."""

    path: str
    count: Count
    sections: tuple[Section, ...]
    requirements: tuple[Traced, ...]


def judged(path: str, verdicts: Sequence[tuple[Claim, Verdict]], shown: Mapping[str, DriftReport]) -> list[Judged]:
    """The claims of a document in order; ``shown`` are the drifts that are shown, by fingerprint."""
    seen: Counter[str] = Counter()
    found = []
    for claim, verdict in sorted(verdicts, key=lambda pair: pair[0].start):
        drift = None
        if verdict.state == "broken" and verdict.report is not None:
            name = verdict.report.fingerprint
            seen[name] += 1
            drift = shown.get(name if seen[name] == 1 else f"{name}-{seen[name]}")  # as the engine numbers equal ones
        found.append(Judged(path, claim, verdict, drift))
    return found


def count(claims: Iterable[Judged]) -> Count:
    """The count of some claims."""
    states = Counter(one.state for one in claims)
    return Count(states["holds"], states["broken"], states["unknown"])


class Tally:
    """Counts the claims of a spec that begin in a span of bytes; made once for all of its sections."""

    def __init__(self, claims: Iterable[Judged]) -> None:
        found = sorted(claims, key=lambda one: one.claim.start)
        self._starts = [one.claim.start for one in found]
        self._sums = [
            list(accumulate((one.state == state for one in found), initial=0))
            for state in ("holds", "broken", "unknown")
        ]

    def count(self, start: int, end: int) -> Count:
        """The count of the span."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return Count(*(sums[last] - sums[first] for sums in self._sums))


class TaskList:
    """The tasks of a document, and what they claim."""

    def __init__(self, tasks: Sequence[Task], claims: Iterable[Judged]) -> None:
        self.tasks = tasks
        self.tally = _of_code(claims)


def _of_code(claims: Iterable[Judged]) -> Tally:
    return Tally(one for one in claims if one.claim.kind not in _OF_TRACING)


def compliance(path: str, facts: SpecFacts, claims: Sequence[Judged], lists: Sequence[TaskList]) -> Compliance:
    """What is counted of a document; ``lists`` are the task lists that may name its requirements."""
    tally = Tally(claims)
    sections = tuple(
        Section(level, title, start, counted)
        for level, title, start, end in facts.headings
        if (counted := tally.count(start, end)) != Count()
    )
    return Compliance(path, count(claims), sections, tuple(_traced(facts, _of_code(claims), lists)))


def lists_for(path: str, lists: Mapping[str, TaskList]) -> list[TaskList]:
    """The task lists of a document: its own, and those of the nearest folder around it that has any."""
    folder = path.rpartition("/")[0]
    while True:
        near = [found for name, found in lists.items() if name.rpartition("/")[0] == folder]
        if near or not folder:
            return near
        folder = folder.rpartition("/")[0]


def _traced(facts: SpecFacts, tally: Tally, lists: Sequence[TaskList]) -> Iterator[Traced]:
    tasks = [(task, found.tally.count(*_span(found.tasks, n))) for found in lists for n, task in enumerate(found.tasks)]
    by_name: dict[tuple[str, ...], dict[int, None]] = {}
    for n, (task, _) in enumerate(tasks):
        for ref in task.refs:
            name = _identity(ref)
            for length in range(1, len(name) + 1):  # a task for criterion 1.2 is one for requirement 1
                by_name.setdefault(name[:length], {})[n] = None
    headings = sorted((start, end) for _, _, start, end in facts.headings)
    for n, requirement in enumerate(facts.requirements):
        named = [tasks[i] for i in by_name.get(_identity(requirement.id), ())]
        counts = [
            tally.count(requirement.start, _end(facts.requirements, n, headings)),
            *(counted for _, counted in named),
        ]
        total = Count(sum(c.holds for c in counts), sum(c.broken for c in counts), sum(c.unknown for c in counts))
        done = sum(task.status == "done" for task, _ in named)
        yield Traced(requirement, total, done, len(named) - done)


def _identity(name: str) -> tuple[str, ...]:
    """An id as people vary it: ``FR-001``, ``FR1`` and ``fr-1`` are one; its letters, then its numbers."""
    first = _NUMBERS.search(name)
    letters = "".join(c for c in (name[: first.start()] if first else name).casefold() if c.isalpha())
    numbers = tuple(number.lstrip("0") or "0" for number in _NUMBERS.findall(name))
    return (f"{letters} {numbers[0]}", *numbers[1:]) if numbers else (name.casefold(),)


def _span(tasks: Sequence[Task], number: int) -> tuple[int, int]:
    """From a task to the next one: what stands below a task belongs to it."""
    start = tasks[number].start
    return start, tasks[number + 1].start if number + 1 < len(tasks) else tasks[number].end


def _end(requirements: Sequence[Requirement], number: int, headings: Sequence[tuple[int, int]]) -> int:
    """The end of what belongs to a requirement: of its section, or where the next one begins that is no part of it."""
    this, later = requirements[number], islice(requirements, number + 1, None)
    around = bisect_left(headings, (this.start + 1,)) - 1
    end = headings[around][1] if around >= 0 else this.end
    following = next((r.start for r in later if not r.id.startswith(f"{this.id}.")), end)
    return min(end, following) if following > this.start else end
