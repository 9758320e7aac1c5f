"""A task list over time: what each commit added, ticked, unticked and removed."""

from __future__ import annotations

from collections import defaultdict, deque
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extractOne

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_ALIKE = 75  # per cent: a task whose words changed less is the same task
_MOST_COMPARED = 200  # tasks of one commit that are compared with each other by their words


class Change(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """What happened to a list at one moment; tasks are numbers that stay theirs when their words change.

    ``at`` is seconds since 1970. A task that comes into being ticked is in ``added`` and in ``ticked``.
    """

    at: int
    added: tuple[int, ...] = ()
    ticked: tuple[int, ...] = ()
    unticked: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    by_agent: bool = False

    @property
    def size(self) -> int:
        """How many single events this is."""
        return len(self.added) + len(self.ticked) + len(self.unticked) + len(self.removed)


class Entry(NamedTuple):
    """One task as a text has it: its label (``T012`` or ""), its words, and whether it is ticked."""

    label: str
    words: str
    done: bool


class Snapshot(NamedTuple):
    """The tasks of one text, in their order."""

    at: int
    entries: tuple[Entry, ...]
    by_agent: bool = False


class BurnUp(msgspec.Struct, frozen=True, array_like=True):
    """The changes of a list in order of time; its present tasks and their numbers in order of the text.

    ``count`` is how many tasks there ever were.
    """

    changes: tuple[Change, ...] = ()
    present: tuple[int, ...] = ()
    entries: tuple[Entry, ...] = ()
    count: int = 0


def burn_up(snapshots: Iterable[Snapshot], before: BurnUp | None = None) -> BurnUp:
    """What happened between the texts, oldest first, and after ``before``.

    A time that lies before the last one is taken for the last one. A task is known again by its words (the first of
    equal ones first), else by its label, else by words that are nearly the same. All within one second is one change.
    """
    before = before or BurnUp()
    changes = list(before.changes)
    known = dict(zip(before.present, before.entries, strict=True))
    count = before.count
    for snapshot in snapshots:
        numbers = []
        for number in matched(known, snapshot.entries):
            numbers.append(count if number is None else number)
            count += number is None
        now = dict(zip(numbers, snapshot.entries, strict=True))
        change = Change(
            at=max(snapshot.at, changes[-1].at if changes else snapshot.at),
            added=tuple(n for n in now if n not in known),
            ticked=tuple(n for n, e in now.items() if e.done and not (n in known and known[n].done)),
            unticked=tuple(n for n, e in now.items() if not e.done and n in known and known[n].done),
            removed=tuple(n for n in known if n not in now),
            by_agent=snapshot.by_agent,
        )
        known = now
        if change.size:
            changes.append(change)
    return BurnUp(tuple(_merged(changes)), tuple(known), tuple(known.values()), count)


def only(history: BurnUp, numbers: Collection[int]) -> tuple[Change, ...]:
    """The changes of some tasks alone."""
    wanted = frozenset(numbers)

    def part(found: Iterable[int]) -> tuple[int, ...]:
        return tuple(n for n in found if n in wanted)

    found = (
        Change(c.at, part(c.added), part(c.ticked), part(c.unticked), part(c.removed), c.by_agent)
        for c in history.changes
    )
    return tuple(change for change in found if change.size)


def _merged(changes: Sequence[Change]) -> list[Change]:
    merged: list[Change] = []
    for change in changes:
        if merged and merged[-1].at == change.at:
            before = merged.pop()
            merged.append(
                Change(
                    change.at,
                    before.added + change.added,
                    before.ticked + change.ticked,
                    before.unticked + change.unticked,
                    before.removed + change.removed,
                    by_agent=before.by_agent or change.by_agent,
                )
            )
        else:
            merged.append(change)
    return merged


def matched(known: dict[int, Entry], entries: Sequence[Entry]) -> list[int | None]:
    """For each entry the number of the known task that it is, or None for a new one."""
    found: list[int | None] = [None] * len(entries)
    by_words: defaultdict[str, deque[int]] = defaultdict(deque)
    for number, entry in known.items():
        by_words[plain(entry)].append(number)
    for place, entry in enumerate(entries):
        if same := by_words.get(plain(entry)):
            found[place] = same.popleft()
    left = {number for numbers in by_words.values() for number in numbers}
    by_label = {known[number].label: number for number in sorted(left, reverse=True) if known[number].label}
    for place, entry in enumerate(entries):
        if found[place] is None and entry.label in by_label:
            found[place] = by_label.pop(entry.label)
            left.discard(found[place])
    new = [place for place, number in enumerate(found) if number is None]
    if left and new and len(left) <= _MOST_COMPARED and len(new) <= _MOST_COMPARED:
        words = {number: plain(known[number]) for number in sorted(left)}
        for place in new:
            alike = extractOne(plain(entries[place]), words, scorer=ratio, score_cutoff=_ALIKE)
            if alike is not None:
                found[place] = alike[2]
                del words[alike[2]]
    return found


@lru_cache(maxsize=16384)
def plain(entry: Entry) -> str:
    """The words without capitals, marks and runs of blanks."""
    return " ".join("".join(c if c.isalnum() else " " for c in f"{entry.label} {entry.words}".lower()).split())
