"""What the features ask of an engine: the claim under the cursor, and how many of a section hold."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from posixpath import normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.engine import Engine
    from vt_lsp.models import Claim, DriftReport, State, Verdict
    from vt_lsp.server.session import Folder

SPEC_SUFFIXES = (".md", ".markdown", ".mdx", ".rst", ".rest")
PATH_KINDS = frozenset({"path", "link", "tree-entry"})


@dataclass(frozen=True, slots=True)
class Count:
    """How many claims hold, of those that were decided."""

    holds: int
    broken: int

    @property
    def decided(self) -> int:
        """Claims of which is known whether they hold."""
        return self.holds + self.broken

    @property
    def label(self) -> str:
        """As shown to people: ``12/14``."""
        return f"{self.holds}/{self.decided}"


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


def judged(engine: Engine, path: str) -> list[Judged]:
    """The claims of a spec in order, with what is shown of each."""
    verdicts = engine.verdicts(path)
    if not any(verdict.state == "broken" for _, verdict in verdicts):
        return [Judged(path, *pair) for pair in verdicts]
    shown = {drift.fingerprint: drift for drift in engine.drifts(path) if drift.spec.path == path}
    seen: dict[str, int] = {}
    found = []
    for claim, verdict in sorted(verdicts, key=lambda pair: pair[0].start):
        drift = None
        if verdict.state == "broken" and verdict.report is not None:
            name = verdict.report.fingerprint
            nth = seen[name] = seen.get(name, 0) + 1
            drift = shown.get(name if nth == 1 else f"{name}-{nth}")  # as the engine numbers equal ones
        found.append(Judged(path, claim, verdict, drift))
    return found


def judged_about(engine: Engine, path: str, symbol: str | None = None) -> list[Judged]:
    """What specs say of a code file, or of one symbol of it and its members; by spec, in the order of the text."""
    specs = dict.fromkeys(spec for spec, _, _ in engine.claims_about(path, symbol))
    return [one for spec in specs for one in judged(engine, spec) if _is_about(one.verdict, path, symbol)]


def _is_about(verdict: Verdict, path: str, symbol: str | None) -> bool:
    if verdict.target is None or verdict.target[0] != path:
        return False
    return symbol is None or verdict.target[1] == symbol or verdict.target[1].startswith(f"{symbol}.")


def is_spec(path: str) -> bool:
    """Whether a path is read as a spec, by its name."""
    return path.lower().endswith(SPEC_SUFFIXES)


def claim_at(engine: Engine, path: str, offset: int) -> tuple[Claim, Verdict] | None:
    """The smallest claim of a spec around a byte, one that is decided before one that is not."""
    around = [(claim, verdict) for claim, verdict in engine.verdicts(path) if claim.start <= offset <= claim.end]
    return min(around, key=lambda pair: (pair[1].state == "unknown", pair[0].end - pair[0].start), default=None)


def claim_near(engine: Engine, path: str, offset: int) -> tuple[Claim, Verdict] | None:
    """The claim at a byte, or the one whose drift is shown there.

    Else the nearest one on the line, if all claims of the line lead to the same place.
    """
    found = claim_at(engine, path, offset)
    if found is not None and found[1].state != "unknown":
        return found
    for one in judged(engine, path):
        if one.drift is not None and one.drift.spec.start <= offset <= one.drift.spec.end:
            return one.claim, one.verdict
    text = engine.text(path)
    if found is not None or text is None:
        return found
    begin, end = text.rfind(b"\n", 0, offset) + 1, text.find(b"\n", offset)
    beside = [
        (claim, verdict)
        for claim, verdict in engine.verdicts(path)
        if verdict.target is not None and begin <= claim.start < (end if end >= 0 else len(text))
    ]
    if len({verdict.target for _, verdict in beside}) != 1:
        return None
    return min(beside, key=lambda pair: abs(pair[0].start - offset))


def named_path(folder: Folder, spec: str, claim: Claim) -> str | None:
    """The file or folder that a claim on a path names, if it is there; relative to the spec, or to the root."""
    if claim.kind not in PATH_KINDS or folder.listing is None:
        return None
    here = spec.rpartition("/")[0]
    starts = (claim.owner,) if claim.kind == "tree-entry" else (here, "")
    for start in starts:
        path = normpath(f"{start}/{claim.subject}".lstrip("/"))
        if path in folder.listing.files or path in folder.listing.folders:
            return path
    return None


def worst_first(claims: Iterable[Judged]) -> list[Judged]:
    """What is broken, then what holds, then what is not decided; each in the order that it had."""
    return sorted(claims, key=lambda one: ("broken", "holds", "unknown").index(one.state))


def count(claims: Iterable[Judged]) -> Count:
    """The count of some claims."""
    states = [one.state for one in claims]
    return Count(states.count("holds"), states.count("broken"))


class Tally:
    """Counts the claims of a spec that begin in a span of bytes; made once for all of its sections."""

    def __init__(self, claims: Iterable[Judged]) -> None:
        found = sorted(claims, key=lambda one: one.claim.start)
        self._starts = [one.claim.start for one in found]
        self._holds = list(accumulate((one.state == "holds" for one in found), initial=0))
        self._broken = list(accumulate((one.state == "broken" for one in found), initial=0))

    def count(self, start: int, end: int) -> Count:
        """The count of the span."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return Count(self._holds[last] - self._holds[first], self._broken[last] - self._broken[first])
