"""A task list over time: what each commit added, ticked, unticked and removed."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from rapidfuzz.fuzz import ratio
from rapidfuzz.process import extractOne

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    """The changes of a list in order of time, and the numbers of its present tasks in order of the text."""

    changes: tuple[Change, ...] = ()
    present: tuple[int, ...] = ()


def burn_up(snapshots: Iterable[Snapshot]) -> BurnUp:
    """What happened between the texts, oldest first. Times that go backwards are taken for the time before.

    A task is known again by its words (the first of equal ones first), else by its label, else by words that are
    nearly the same. The changes of one second are one change.
    """
    changes: list[Change] = []
    known: dict[int, Entry] = {}
    present: tuple[int, ...] = ()
    count = 0
    for snapshot in snapshots:
        matched = _match(known, snapshot.entries)
        numbers = []
        for number in matched:
            numbers.append(count if number is None else number)
            count += number is None
        present = tuple(numbers)
        now = dict(zip(present, snapshot.entries, strict=True))
        change = Change(
            at=max(snapshot.at, changes[-1].at if changes else snapshot.at),
            added=tuple(n for n in present if n not in known),
            ticked=tuple(n for n, e in now.items() if e.done and not (n in known and known[n].done)),
            unticked=tuple(n for n, e in now.items() if not e.done and n in known and known[n].done),
            removed=tuple(n for n in known if n not in now),
            by_agent=snapshot.by_agent,
        )
        known = now
        if change.size:
            changes.append(change)
    return BurnUp(tuple(_merged(changes)), present)


def _merged(changes: Sequence[Change]) -> list[Change]:
    merged: list[Change] = []
    for change in changes:
        if merged and merged[-1].at == change.at:
            before = merged.pop()
            parts = [getattr(before, f) + getattr(change, f) for f in ("added", "ticked", "unticked", "removed")]
            merged.append(Change(change.at, *parts, by_agent=before.by_agent or change.by_agent))
        else:
            merged.append(change)
    return merged


def _match(known: dict[int, Entry], entries: Sequence[Entry]) -> list[int | None]:
    """For each entry the number of the known task that it is, or None for a new one."""
    found: list[int | None] = [None] * len(entries)
    by_words: defaultdict[str, deque[int]] = defaultdict(deque)
    for number, entry in known.items():
        by_words[_plain(entry)].append(number)
    for place, entry in enumerate(entries):
        if same := by_words.get(_plain(entry)):
            found[place] = same.popleft()
    left = {number for numbers in by_words.values() for number in numbers}
    by_label = {known[number].label: number for number in sorted(left, reverse=True) if known[number].label}
    for place, entry in enumerate(entries):
        if found[place] is None and entry.label in by_label:
            found[place] = by_label.pop(entry.label)
            left.discard(found[place])  # type: ignore[arg-type]  # a number, as was just seen
    new = [place for place, number in enumerate(found) if number is None]
    if left and new and len(left) <= _MOST_COMPARED and len(new) <= _MOST_COMPARED:
        words = {number: _plain(known[number]) for number in sorted(left)}
        for place in new:
            alike = extractOne(_plain(entries[place]), words, scorer=ratio, score_cutoff=_ALIKE)
            if alike is not None:
                found[place] = alike[2]
                del words[alike[2]]
    return found


def _plain(entry: Entry) -> str:
    """The words without capitals, marks and runs of blanks."""
    return " ".join("".join(c if c.isalnum() else " " for c in f"{entry.label} {entry.words}".lower()).split())
