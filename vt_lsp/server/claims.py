"""What the features ask of an engine: the claim under the cursor, and how many of a section hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import Claim, Verdict

SPEC_SUFFIXES = (".md", ".markdown", ".mdx")


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


def is_spec(path: str) -> bool:
    """Whether a path is read as a spec, by its name."""
    return path.lower().endswith(SPEC_SUFFIXES)


def claim_at(engine: Engine, path: str, offset: int) -> tuple[Claim, Verdict] | None:
    """The smallest claim of a spec around a byte, one that is decided before one that is not."""
    around = [(claim, verdict) for claim, verdict in engine.verdicts(path) if claim.start <= offset <= claim.end]
    return min(around, key=lambda pair: (pair[1].state == "unknown", pair[0].end - pair[0].start), default=None)


def count(verdicts: Iterable[Verdict]) -> Count:
    """The count of some verdicts."""
    states = [verdict.state for verdict in verdicts]
    return Count(states.count("holds"), states.count("broken"))


def within(verdicts: Sequence[tuple[Claim, Verdict]], start: int, end: int) -> list[Verdict]:
    """The verdicts of the claims that begin in a span of bytes."""
    return [verdict for claim, verdict in verdicts if start <= claim.start < end]
