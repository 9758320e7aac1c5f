"""Safe ways out, as many as do not meet, made in memory until nothing more is to be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.renaming import touched, whole
from vt_lsp.workspace.impact import impact
from vt_lsp.workspace.patches import CannotPatch, by_path, meet, patched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Edit, Realignment

_ROUNDS = 8  # an edit may bring another drift to light; what goes on for longer goes in circles


@dataclass(frozen=True, slots=True)
class Applied:
    """One way out that was taken, and the drift that it ended."""

    drift: DriftReport
    way: Realignment


@dataclass(slots=True)
class Fixes:
    """What was done: ``before`` are the texts of the files as they were (None: not there), ``after`` as they are now.

    ``refused`` says of files that would have been changed why they were not, ``offered`` has the ways out of each drift
    by fingerprint, as they were found last.
    """

    applied: list[Applied] = field(default_factory=list)
    before: dict[str, bytes | None] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    offered: dict[str, Sequence[Realignment]] = field(default_factory=dict)


def safe_way(ways: Sequence[Realignment], target: str | None = None) -> Realignment | None:
    """The first way out that is safe and, where a target is asked for, changes that side."""
    return next((way for way in ways if way.safe and target in {None, way.target} and way.edits), None)


def compatible(ways: Iterable[Realignment]) -> Iterator[Realignment]:
    """Those ways out that do not meet one before them."""
    taken: list[Edit] = []
    for way in ways:
        if not meet(way.edits, taken):
            taken += way.edits
            yield way


def fix(
    engine: Engine,
    drifts: Callable[[], Iterable[DriftReport]],
    target: str | None,
    refusal: Callable[[str], str],
) -> Fixes:
    """Take all safe ways out in the texts that the engine has; the files are left alone.

    ``drifts`` gives the drifts that are meant, as they are then; ``refusal`` says why a path may not be changed, or "".
    A way that does not end its drift together with the others is taken back. Afterwards the engine knows the new texts.
    """
    done = Fixes()
    tried: set[str] = set()
    for _ in range(_ROUNDS):
        chosen = list(_compatible(engine, drifts(), target, tried, done, refusal))
        if not chosen:
            break
        tried |= {one.drift.fingerprint for one in chosen}
        before = _make(engine, [edit for one in chosen for edit in one.way.edits], done)
        still = {drift.fingerprint for drift in engine.drifts()}
        kept = [one for one in chosen if one.drift.fingerprint not in still]
        if len(kept) < len(chosen):
            _take_back(engine, before, done)
            kept = _one_by_one(engine, chosen, done)
        done.applied += kept
    changed = {path for path, text in done.after.items() if text != done.before[path]}
    done.before = {path: text for path, text in done.before.items() if path in changed}
    done.after = {path: text for path, text in done.after.items() if path in changed}
    return done


def _one_by_one(engine: Engine, chosen: Iterable[Applied], done: Fixes) -> list[Applied]:
    """The slow way, where some of them do not go together: each by itself, by what the drift offers then."""
    kept = []
    for one in chosen:
        drift = engine.find(one.drift.fingerprint)
        ways = engine.realignments(drift) if drift is not None else ()
        way = next((way for way in ways if way.title == one.way.title), None)
        if drift is None or way is None:
            continue
        before = _make(engine, way.edits, done)
        if any(drift.fingerprint == other.fingerprint for other in engine.drifts()):
            _take_back(engine, before, done)
        else:
            kept.append(Applied(drift, way))
    return kept


def _compatible(  # noqa: PLR0913, PLR0917  what is asked for, and what stands against it
    engine: Engine,
    drifts: Iterable[DriftReport],
    target: str | None,
    tried: set[str],
    done: Fixes,
    refusal: Callable[[str], str],
) -> Iterator[Applied]:
    taken: list[Edit] = []
    for drift in drifts:
        if drift.fingerprint in tried:
            continue
        done.offered[drift.fingerprint] = ways = engine.realignments(drift)
        way = safe_way(ways, target)
        if way is not None and way.renames is not None and (changed := touched(way)) is not None:
            way = whole(engine, drift, way, impact(engine.index, changed, engine.text))
        if way is None or meet(way.edits, taken) or not _can_be_made(engine, way):
            continue
        reasons = {path: reason for path in by_path(way.edits) if (reason := refusal(path))}
        done.refused.update(reasons)
        if not reasons:
            taken += way.edits
            yield Applied(drift, way)


def _can_be_made(engine: Engine, way: Realignment) -> bool:
    try:
        for path, edits in by_path(way.edits).items():
            patched(engine.text(path) or b"", edits)
    except CannotPatch:
        return False
    return True


def _make(engine: Engine, edits: Iterable[Edit], done: Fixes) -> dict[str, bytes | None]:
    """Make the edits in the engine's texts; gives what these were."""
    before: dict[str, bytes | None] = {}
    for path, some in by_path(edits).items():
        before[path] = engine.text(path)
        done.before.setdefault(path, before[path])
        done.after[path] = patched(before[path] or b"", some)
        engine.update(path, done.after[path], overlay=True)
    engine.check()
    return before


def _take_back(engine: Engine, before: dict[str, bytes | None], done: Fixes) -> None:
    for path, text in before.items():
        done.after[path] = text or b""
        engine.update(path, text, overlay=text is not None)
    engine.check()
