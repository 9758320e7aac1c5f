"""What one check found, ready to be written in any format."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from vt_lsp.models import Severity
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from vt_lsp.continuous_eval.compliance import Compliance
    from vt_lsp.models import DriftReport, Place, Summary


@dataclass(frozen=True, slots=True)
class Span:
    """Lines and columns from 1; columns count Unicode code points; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Texts:
    """The texts that drift points into, split into lines once each."""

    def __init__(self, read: Callable[[str], bytes | None]) -> None:
        """``read`` gives the bytes of a path below the root, or None when it is gone."""
        self._read = read
        self._lines: dict[str, LineIndex] = {}

    def lines(self, path: str) -> LineIndex:
        """The lines of a file; an unreadable one is empty."""
        if path not in self._lines:
            self._lines[path] = LineIndex(self._read(path) or b"")
        return self._lines[path]

    def span(self, place: Place) -> Span:
        """Where a place lies, for people."""
        lines = self.lines(place.path)
        line, column = lines.position(place.start, "utf-32")
        end_line, end_column = lines.position(max(place.start, place.end), "utf-32")
        return Span(line + 1, column + 1, end_line + 1, end_column + 1)


@dataclass(frozen=True, slots=True)
class Before:
    """How much held at a former time: ``name`` is the revision or the file, as the user wrote it."""

    name: str
    compliance: float


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check.

    ``prefix`` leads from the current directory to the root: "" or a path that ends with ``/``. ``root_option`` is what
    must follow another command so that it finds the same root: "" or `` --root DIR``.
    ``summary`` counts all claims of the project; its ``by_type`` and ``by_severity`` count the ``drifts`` that are
    reported. ``left_out`` is the number of drifts that a baseline, a revision or a filter took away; of these,
    ``below`` are only not severe enough for ``min_severity``. ``before`` is what the compliance is compared with, and
    ``compliance`` what holds by document, where that was asked for.
    """

    root: Path
    revision: str | None
    duration_ms: int
    summary: Summary
    drifts: tuple[DriftReport, ...]
    texts: Texts
    prefix: str = ""
    root_option: str = ""
    left_out: int = 0
    messages: tuple[str, ...] = field(default=())
    min_severity: Severity = Severity.HINT
    below: int = 0
    before: tuple[Before, ...] = ()
    compliance: tuple[Compliance, ...] | None = None


def base_of(fingerprint: str) -> str:
    """What the fingerprints of equal drifts in one section share; the engine numbers them (``abc``, ``abc-2``)."""
    return fingerprint.partition("-")[0]


def also_at(drifts: Sequence[DriftReport], texts: Texts) -> str:
    """Where else a drift stands: ``also at lines 12, 40``."""
    lines = sorted({texts.span(drift.spec).line for drift in drifts})
    return f"also at line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"


def count_reported(summary: Summary, drifts: tuple[DriftReport, ...]) -> Summary:
    """The summary, with the reported drifts counted by type and by severity."""
    return replace(
        summary,
        by_type=dict(sorted(Counter(str(drift.drift_type) for drift in drifts).items())),
        by_severity=dict(sorted(Counter(str(drift.severity) for drift in drifts).items())),
    )
