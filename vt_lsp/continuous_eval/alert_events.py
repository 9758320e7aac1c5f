"""What two evaluations differ in, as events: the input of the rules. Pure.

A drift that only moved (the same words in another section or file) is no news. Where an editor has a text that is not
saved, nothing is decided: what is being typed is shown where it is typed, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.models import AlertType, DriftType, Role, Severity
from vt_lsp.progress.slip import Outlook, slipped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.models import DriftReport

_REMEMBERED = timedelta(days=7)  # how long a level of compliance is what others are compared with
_LEAST_FALL = 0.005
MANY_CLAIMS = 20  # from so many decided claims on, a share says something

_TYPES = {
    DriftType.TASK_NOT_DONE: AlertType.ARTEFACT_MISSING,
    DriftType.DECISION_CONTRADICTED: AlertType.PRECEDENT_CONTRADICTED,
}


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to ``subject``, or with ``is_over``: that is so no more.

    ``count`` is how many claims, callers and open files it concerns, ``value`` the compliance now or the age in days,
    ``fall`` by how much compliance fell (0 to 1).
    """

    type: AlertType
    subject: str
    message: str = ""
    severity: Severity = Severity.INFORMATION
    path: str = ""
    line: int = 0
    drift_type: str = ""
    role: Role = Role.CURRENT
    confidence: float = 1.0
    count: int = 1
    value: float = 0.0
    fall: float = 0.0
    is_over: bool = False


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One drift that stands, since when if that is known; ``others`` are further paths that it has a side in."""

    fingerprint: str
    drift_type: str
    severity: Severity
    message: str
    path: str
    line: int = 0
    role: Role = Role.CURRENT
    confidence: float = 1.0
    count: int = 1
    since: datetime | None = None
    others: tuple[str, ...] = ()


class Level(msgspec.Struct, frozen=True):
    """Compliance of one document or folder: the level to compare with, since when, and the last one."""

    reference: float
    at: datetime
    last: float


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """A known drift: what its alert calls it (its first fingerprint), since when, and the last age that was told."""

    drift: Standing
    subject: str
    since: datetime
    told_days: float = 0.0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the last evaluation left.

    Drifts by fingerprint, levels by path (the whole folder is ``""``), what else stands by subject, and what
    was last to be expected of each task list.
    """

    drifts: Mapping[str, Remembered] = {}
    levels: Mapping[str, Level] = {}
    conditions: Mapping[str, Event] = {}
    outlooks: Mapping[str, Outlook] = {}


@dataclass(frozen=True, slots=True)
class Observation:
    """What the rules need of one evaluation.

    ``compliance`` gives holding and decided claims by path. ``unsaved`` are the paths of open documents that differ
    from the disk. ``more`` are events of other parts (health, Claude, forecasts, decisions).
    """

    drifts: tuple[Standing, ...] = ()
    compliance: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    unsaved: frozenset[str] = frozenset()
    conditions: Mapping[AlertType, tuple[Event, ...]] = field(default_factory=dict)


def standing(drift: DriftReport, line: int, since: datetime | None = None, count: int = 1) -> Standing:
    """The part of a drift that rules look at; ``line`` counts from 1."""
    return Standing(
        fingerprint=drift.fingerprint,
        drift_type=str(drift.drift_type),
        severity=drift.severity,
        message=drift.details,
        path=drift.spec.path,
        line=line,
        role=drift.role,
        confidence=drift.confidence,
        count=count,
        since=since,
        others=(drift.code.path,) if drift.code is not None and drift.code.path != drift.spec.path else (),
    )


def news(
    known: Known | None, found: Observation, now: datetime, ages: Iterable[float] = ()
) -> tuple[Known, tuple[Event, ...]]:
    """What is known from now on, and the events, in order: what ended comes before what began.

    With nothing known before (``None``) all drifts are only remembered: they were there when watching began. ``ages``
    are the days that some rule waits for.
    """
    drifts = {one.fingerprint: one for one in found.drifts}
    conditions, turned = _conditions(known.conditions if known is not None else {}, found.conditions)
    if known is None:
        memory = {name: Remembered(drift=one, subject=name, since=one.since or now) for name, one in drifts.items()}
        return Known(drifts=memory, levels=_levels({}, found, now)[0], conditions=conditions), tuple(turned)
    kept = {name: one for name, one in known.drifts.items() if name in drifts or _is_open(one.drift, found.unsaved)}
    gone = {name: one for name, one in known.drifts.items() if name not in kept}
    fresh = {name: one for name, one in drifts.items() if name not in kept and not _is_open(one, found.unsaved)}
    moved = _moved(gone, fresh)
    memory = {name: msgspec.structs.replace(one, drift=drifts.get(name, one.drift)) for name, one in kept.items()}
    memory |= {
        name: msgspec.structs.replace(gone[old], drift=drifts[name]) if (old := moved.get(name)) else
        Remembered(drift=one, subject=name, since=one.since or now)
        for name, one in fresh.items()
    }  # fmt: skip
    levels, compliance = _levels(known.levels, found, now)
    memory, aged = _aged(memory, now, sorted(ages))
    ended = [_resolved(one) for name, one in gone.items() if name not in moved.values()]
    began = [_appeared(memory[name]) for name in fresh if name not in moved]
    after = msgspec.structs.replace(known, drifts=memory, levels=levels, conditions=conditions)
    return after, (*ended, *began, *aged, *compliance, *turned)


def only_conditions(known: Known, found: Mapping[AlertType, tuple[Event, ...]]) -> tuple[Known, tuple[Event, ...]]:
    """The same where nothing but some conditions was looked at."""
    conditions, turned = _conditions(known.conditions, found)
    return msgspec.structs.replace(known, conditions=conditions), tuple(turned)


def with_outlooks(known: Known, found: Iterable[Outlook]) -> tuple[Known, Mapping[AlertType, tuple[Event, ...]]]:
    """The outlooks to compare with from now on; as conditions the lists that slipped past their dates, and stay so."""
    now = {f"{one.path}#{one.part}": one for one in found}
    slips = []
    for name, one in now.items():
        slip = slipped(msgspec.structs.replace(one, is_open=False), one)  # as it stands, whenever it began
        is_known = f"forecast:{name}" in known.conditions
        if slip is not None and (is_known or slipped(known.outlooks.get(name), one) is not None):
            event = Event(type=AlertType.FORECAST_SLIPPED, subject=f"forecast:{name}", message=slip.text, path=one.path)
            slips.append(event)
    return msgspec.structs.replace(known, outlooks=now), {AlertType.FORECAST_SLIPPED: tuple(slips)}


def _conditions(
    known: Mapping[str, Event], found: Mapping[AlertType, tuple[Event, ...]]
) -> tuple[dict[str, Event], list[Event]]:
    """What stands, and an event for each that began or is over."""
    standing = {one.subject: one for events in found.values() for one in events}
    kept = {name: one for name, one in known.items() if one.type not in found or name in standing}
    over = [msgspec.structs.replace(one, is_over=True) for name, one in known.items() if name not in kept]
    return kept | standing, [*over, *(one for name, one in standing.items() if name not in known)]


def _is_open(drift: Standing, unsaved: frozenset[str]) -> bool:
    """Whether a text that is not saved may be what makes the drift, or hides it."""
    return bool(unsaved) and (not drift.others or drift.path in unsaved or not unsaved.isdisjoint(drift.others))


def _moved(gone: Mapping[str, Remembered], fresh: Mapping[str, Standing]) -> dict[str, str]:
    """New fingerprints of drifts that say what one said that is gone: a section was renamed, a document moved."""
    places: dict[tuple[str, str], list[str]] = {}
    for name, one in gone.items():
        places.setdefault((one.drift.drift_type, one.drift.message), []).append(name)
    moved = {}
    for name, drift in fresh.items():
        if same := places.get((drift.drift_type, drift.message)):
            moved[name] = same.pop(0)
    return moved


def _event(known: Remembered, kind: AlertType, value: float = 0.0) -> Event:
    drift = known.drift
    return Event(
        type=kind,
        subject=known.subject,
        message=drift.message,
        severity=drift.severity,
        path=drift.path,
        line=drift.line,
        drift_type=drift.drift_type,
        role=drift.role,
        confidence=drift.confidence,
        count=drift.count,
        value=value,
    )


def _appeared(known: Remembered) -> Event:
    return _event(known, _TYPES.get(DriftType(known.drift.drift_type), AlertType.DRIFT_APPEARED))


def _resolved(known: Remembered) -> Event:
    return _event(known, AlertType.DRIFT_RESOLVED)


def _aged(
    memory: Mapping[str, Remembered], now: datetime, ages: list[float]
) -> tuple[dict[str, Remembered], list[Event]]:
    found, events = dict(memory), []
    for name, one in memory.items():
        days = (now - one.since) / timedelta(days=1)
        reached = max((age for age in ages if one.told_days < age <= days), default=None)
        if reached is not None:
            found[name] = msgspec.structs.replace(one, told_days=reached)
            events.append(_event(one, AlertType.DRIFT_AGED, value=days))
    return found, events


def _levels(known: Mapping[str, Level], found: Observation, now: datetime) -> tuple[dict[str, Level], list[Event]]:
    """Levels as they are now, and an event for each that fell or has recovered."""
    if found.unsaved:
        return dict(known), []
    levels, events = {}, []
    for path, (holds, decided) in found.compliance.items():
        if decided < MANY_CLAIMS:
            continue
        share, old = holds / decided, known.get(path)
        if old is None or now - old.at > _REMEMBERED or share >= old.reference:
            levels[path] = Level(share, now, share)
            events += [_fell(path, share, 0.0)] if old is not None and old.last < old.reference - _LEAST_FALL else []
            continue
        levels[path] = Level(old.reference, old.at, share)
        if share < old.last and old.reference - share >= _LEAST_FALL:
            events.append(_fell(path, share, old.reference - share))
    return levels, events


def _fell(path: str, share: float, fall: float) -> Event:
    name = path or "the whole folder"
    said = f"compliance of {name} fell by {100 * fall:.0f} points to {int(100 * share)} %"
    return Event(
        type=AlertType.COMPLIANCE_FELL,
        subject=f"compliance:{path}",
        message=said if fall else f"compliance of {name} is back at {int(100 * share)} %",
        severity=Severity.WARNING,
        path=path,
        value=share,
        fall=fall,
        is_over=not fall,
    )


def of_drift(kind: AlertType) -> bool:
    """Whether the end of a drift ends what such an event began."""
    return kind in _OF_DRIFT


_OF_DRIFT = frozenset({AlertType.DRIFT_APPEARED, AlertType.DRIFT_AGED, *_TYPES.values()})
