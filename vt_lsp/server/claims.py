"""What the features ask of an engine: the claim under the cursor, and how many of a section hold."""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import normpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import Claim, DriftReport, State, Verdict
    from vt_lsp.server.session import Folder

SPEC_SUFFIXES = (".md", ".markdown", ".mdx")
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
    """A claim with its verdict, and the drift that is shown of it, if one is."""

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
        return [Judged(*pair) for pair in verdicts]
    shown = {drift.fingerprint: drift for drift in engine.drifts(path) if drift.spec.path == path}
    seen: dict[str, int] = {}
    found = []
    for claim, verdict in sorted(verdicts, key=lambda pair: pair[0].start):
        drift = None
        if verdict.state == "broken" and verdict.report is not None:
            name = verdict.report.fingerprint
            nth = seen[name] = seen.get(name, 0) + 1
            drift = shown.get(name if nth == 1 else f"{name}-{nth}")  # as the engine numbers equal ones
        found.append(Judged(claim, verdict, drift))
    return found


def is_spec(path: str) -> bool:
    """Whether a path is read as a spec, by its name."""
    return path.lower().endswith(SPEC_SUFFIXES)


def claim_at(engine: Engine, path: str, offset: int) -> tuple[Claim, Verdict] | None:
    """The smallest claim of a spec around a byte, one that is decided before one that is not."""
    around = [(claim, verdict) for claim, verdict in engine.verdicts(path) if claim.start <= offset <= claim.end]
    return min(around, key=lambda pair: (pair[1].state == "unknown", pair[0].end - pair[0].start), default=None)


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


def count(verdicts: Iterable[Verdict]) -> Count:
    """The count of some verdicts."""
    states = [verdict.state for verdict in verdicts]
    return Count(states.count("holds"), states.count("broken"))


def within(verdicts: Sequence[tuple[Claim, Verdict]], start: int, end: int) -> list[Verdict]:
    """The verdicts of the claims that begin in a span of bytes."""
    return [verdict for claim, verdict in verdicts if start <= claim.start < end]
