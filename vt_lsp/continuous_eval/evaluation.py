"""What one evaluation of a workspace folder found, and how it differs from the one before. Pure; times are Unix times.

Compliance is counted as in :mod:`vt_lsp.continuous_eval.compliance`; drifts are known by their fingerprints.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Literal

from vt_lsp.continuous_eval.compliance import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from vt_lsp.models import DriftReport

Trigger = Literal["start", "files", "sweep", "history", "health"]
State = Literal["ok", "limited", "paused", "failing"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that the monitor suffers from: its ``kind`` (one at a time of each), words for people, since when."""

    kind: str
    text: str
    since: float


@dataclass(frozen=True, slots=True)
class Health:
    """How the monitor is.

    ``state``: ok; limited (it works, but late or without memory); paused (on battery); failing (it does not evaluate).
    ``coverage``: whether files are watched, or looked at from time to time (sweeping), or are not there (away).
    ``cpu_percent`` is the share of one core that it used of late.
    """

    state: State = "ok"
    troubles: tuple[Trouble, ...] = ()
    coverage: Literal["watching", "sweeping", "away"] = "watching"
    cpu_percent: float = 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """How much holds, by document and by folder (``""`` is the root; each folder with all that lies below it)."""

    total: Count = field(default_factory=Count)
    specs: Mapping[str, Count] = field(default_factory=dict)
    folders: Mapping[str, Count] = field(default_factory=dict)
    by_type: Mapping[str, int] = field(default_factory=dict)
    by_severity: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """What is remembered of a drift, to speak of it when its report is gone; ``since`` is when it was first seen."""

    fingerprint: str
    drift_type: str
    severity: str
    path: str
    details: str
    since: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """A drift that stands no more, and when that was noticed."""

    seen: Seen
    at: float

    @property
    def age(self) -> float:
        """Seconds from the first sight to the last."""
        return max(0.0, self.at - self.seen.since)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One look at everything, after a burst of changes has ended.

    ``drifts`` are all that stand, ``appeared`` those of them that did not before, ``since`` tells by fingerprint when
    each was first seen. ``is_baseline``: the first look at this folder ever: nothing appeared, all was there before.
    ``unsaved`` are files that are being typed in: what they touch neither appears nor is resolved until they are saved.
    ``due`` is when this evaluation should have been made, ``time`` when it was done; it took ``duration`` seconds.
    ``previous`` are the figures of the evaluation before, of an earlier run too.
    """

    root: Path
    number: int
    trigger: Trigger
    due: float
    time: float
    duration: float
    drifts: tuple[DriftReport, ...]
    since: Mapping[str, float]
    appeared: tuple[DriftReport, ...]
    resolved: tuple[Resolved, ...]
    figures: Figures
    previous: Figures | None
    health: Health
    is_baseline: bool = False
    unsaved: frozenset[str] = frozenset()

    @property
    def lateness(self) -> float:
        """Seconds that it came after it was due."""
        return max(0.0, self.time - self.due)


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed in the standing drifts; ``known`` is what to remember for the next comparison."""

    appeared: tuple[DriftReport, ...]
    resolved: tuple[Resolved, ...]
    known: Mapping[str, Seen]


def compare(
    known: Mapping[str, Seen] | None, drifts: Sequence[DriftReport], unsaved: Collection[str], now: float
) -> Difference:
    """What appeared and what was resolved since ``known`` (None: nothing is known, so that nothing is news)."""
    before = known or {}
    found = {drift.fingerprint: drift for drift in drifts}
    kept: dict[str, Seen] = {}
    appeared = []
    for name, drift in found.items():
        old = before.get(name)
        if old is None and known is not None:
            if _touches(drift, unsaved):
                continue
            appeared.append(drift)
        kept[name] = _seen(drift, old.since if old is not None else now)
    resolved = []
    for name, seen in before.items():
        if name not in found:
            if seen.path in unsaved:
                kept[name] = seen
            else:
                resolved.append(Resolved(seen, now))
    return Difference(tuple(appeared), tuple(resolved), kept)


def figures(drifts: Iterable[DriftReport], claims: Mapping[str, tuple[int, int]]) -> Figures:
    """The figures; ``claims`` tells of each document how many claims hold, and how many there are."""
    shown = tuple(drifts)
    broken = Counter(drift.spec.path for drift in shown)
    specs = {
        path: Count(holds, broken[path], max(0, total - holds - broken[path]))
        for path, (holds, total) in sorted(claims.items())
        if total
    }
    folders: dict[str, Count] = {}
    for path, count in specs.items():
        for folder in folders_of(path):
            folders[folder] = _sum(folders.get(folder, Count()), count)
    return Figures(
        total=folders.get("", Count()),
        specs=specs,
        folders=folders,
        by_type=dict(sorted(Counter(str(drift.drift_type) for drift in shown).items())),
        by_severity=dict(sorted(Counter(str(drift.severity) for drift in shown).items())),
    )


def tell(listeners: Iterable[Callable[[Evaluation], None]], evaluation: Evaluation) -> list[Exception]:
    """Give an evaluation to each listener; one that fails does not keep it from the others."""
    failed = []
    for listener in listeners:
        try:
            listener(evaluation)
        except Exception as error:  # noqa: BLE001 - whatever a listener does; the caller says so
            failed.append(error)
    return failed


def _seen(drift: DriftReport, since: float) -> Seen:
    return Seen(drift.fingerprint, str(drift.drift_type), str(drift.severity), drift.spec.path, drift.details, since)


def _touches(drift: DriftReport, paths: Collection[str]) -> bool:
    return drift.spec.path in paths or (drift.code is not None and drift.code.path in paths)


def folders_of(path: str) -> list[str]:
    """The folders around a file, from the root (``""``) to its own."""
    parts = path.split("/")[:-1]
    return ["", *accumulate(parts, lambda above, name: f"{above}/{name}")]


def _sum(one: Count, other: Count) -> Count:
    return Count(one.holds + other.holds, one.broken + other.broken, one.unknown + other.unknown)
