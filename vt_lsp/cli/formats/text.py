"""``--format text``: for people; the spec's line and the code's line side by side."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.text import Text

from vt_lsp.cli.formats.excerpt import clean, excerpt, shortened
from vt_lsp.cli.formats.focus import code_focus
from vt_lsp.cli.formats.terminal import (
    CODE_STYLE,
    SEVERITY_STYLES,
    SPEC_STYLE,
    TWO_COLUMNS_FROM,
    beside,
    commit_text,
    indented,
    source_block,
    usable_width,
)
from vt_lsp.cli.result import also_at, base_of
from vt_lsp.models import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from vt_lsp.cli.result import CheckResult
    from vt_lsp.continuous_eval.compliance import Compliance, Count
    from vt_lsp.models import DriftReport

_MARGIN = "  "
_GUTTER = 6
_MAX_LISTED = 10
_COUNTS = f"{'holds':>6} {'broken':>6} {'unknown':>7} {'':>7}"


def write(result: CheckResult, console: Console, *, stats: bool) -> None:
    """Write each drift, then the summary."""
    for drift, *others in _grouped(result.drifts):
        for line in _drift(drift, others, result, usable_width(console)):
            console.print(line)
        console.print()
    if stats:
        for line in _stats(result):
            console.print(line)
    for line in _summary(result):
        console.print(line)


def header(drift: DriftReport, result: CheckResult) -> Text:
    """``warning[signature-mismatch] docs/design.md:12:5 details``."""
    style = SEVERITY_STYLES[drift.severity]
    span = result.texts.span(drift.spec)
    place = f" {result.prefix}{clean(drift.spec.path)}:{span.line}:{span.column} "
    return Text.assemble((f"{drift.severity}[{drift.drift_type}]", style), (place, "bold"), clean(drift.details))


def _grouped(drifts: Sequence[DriftReport]) -> Iterable[list[DriftReport]]:
    """What is said several times in one section of a document is one entry, at the place of the first."""
    groups: dict[tuple[str, str], list[DriftReport]] = {}
    for drift in drifts:
        groups.setdefault((drift.spec.path, base_of(drift.fingerprint)), []).append(drift)
    return groups.values()


def _drift(drift: DriftReport, others: Sequence[DriftReport], result: CheckResult, width: int) -> Iterator[Text]:
    yield header(drift, result)
    yield from indented(_places(drift, result, width - len(_MARGIN)), _MARGIN)
    if others:
        yield Text(f"{_MARGIN}{also_at(others, result.texts)}", "dim")
    for suggestion in drift.suggestions[:2]:
        yield Text(f"{_MARGIN}→ {clean(suggestion)}", "green")
    if drift.broken_by:
        yield Text(f"{_MARGIN}broken by {commit_text(drift.broken_by)}", "dim")
    yield Text(f"{_MARGIN}vt-lsp explain {drift.fingerprint[:12]}{clean(result.root_option)}", "dim")


def _places(drift: DriftReport, result: CheckResult, width: int) -> list[Text]:
    two = drift.code is not None and width >= TWO_COLUMNS_FROM - len(_MARGIN)
    column = width // 2 if two else width
    room = column - _GUTTER - 3
    title = shortened(clean(drift.spec.path), room)
    spec = source_block(f"spec {title}", SPEC_STYLE, [excerpt(result.texts, drift.spec, room)])
    place = code_focus(drift, result.texts)
    if place is None:
        return spec
    title = shortened(clean(place.path), room)
    code = source_block(f"code {title}", CODE_STYLE, [excerpt(result.texts, place, room)])
    return beside(spec, code, column) if two else [*spec, *code]


def _summary(result: CheckResult) -> Iterator[Text]:
    summary = result.summary
    for item in summary.not_analysed[:_MAX_LISTED]:
        yield Text(f"not analysed: {clean(item.path)}: {clean(item.reason)}", "dim")
    if (more := len(summary.not_analysed) - _MAX_LISTED) > 0:
        yield Text(f"not analysed: {more} more; --format json lists all", "dim")
    counts = Text()
    for severity in Severity:
        if count := summary.by_severity.get(str(severity)):
            counts.append(", " if counts else "").append(
                f"{count} {_plural(severity, count)}", SEVERITY_STYLES[severity]
            )
    yield counts or _nothing(result)
    left_out = f" · {result.left_out} left out" if result.left_out else ""
    yield Text(
        f"{summary.holds} of {summary.holds + summary.broken} decided claims hold ({summary.compliance:.1%})"
        f" · {summary.unknown} undecided · {summary.specs} specs, {summary.files} Python files"
        f" · {result.duration_ms / 1000:.2f} s{left_out}",
        "dim",
    )
    for before in result.before:
        yield Text(
            f"compliance {_share(before.compliance)} -> {_share(summary.compliance)} since {clean(before.name)}",
            "bold red" if summary.compliance < before.compliance else "dim",
        )


def _share(part: float) -> str:
    """At least two digits, and as many as tell: 0.97, 0.9985."""
    return f"{part:.2f}" if round(part, 2) == part else f"{part:.4f}"


def _nothing(result: CheckResult) -> Text:
    if result.below:
        return Text(f"no drift at or above {result.min_severity} ({result.below} below)", "bold")
    return Text("no drift", "bold green")


def _plural(severity: Severity, count: int) -> str:
    return str(severity) if count == 1 or severity is Severity.INFORMATION else f"{severity}s"


def _stats(result: CheckResult) -> Iterator[Text]:
    types = Counter(str(drift.drift_type) for drift in result.drifts)
    documents = Counter(drift.spec.path for drift in result.drifts)
    for title, table in (("by type", types), ("by document", documents)) if result.drifts else ():
        yield Text(title, "bold")
        for name, count in sorted(table.items(), key=lambda pair: (-pair[1], pair[0])):
            yield Text(f"{count:>6}  {clean(name)}")
        yield Text()
    yield from _compliance(result.compliance or ())


def _compliance(known: Sequence[Compliance]) -> Iterator[Text]:
    documents = sorted((d for d in known if d.count.decided), key=lambda d: (d.count.compliance, d.path))
    if documents:
        yield Text(f"{_COUNTS}  compliance by document", "bold")
        yield from (_counted(document.count, document.path) for document in documents)
        yield Text()
    requirements = [(document.path, traced) for document in known for traced in document.requirements]
    if requirements:
        yield Text(f"{_COUNTS}  by requirement", "bold")
        for path, traced in requirements:
            title = f" {traced.requirement.title}" if traced.requirement.title else ""
            yield _counted(traced.count, f"{traced.state}: {traced.requirement.id}{title} ({path})")
        yield Text()


def _counted(count: Count, what: str) -> Text:
    share = f"{count.compliance:.1%}" if count.decided else ""
    return Text(f"{count.holds:>6} {count.broken:>6} {count.unknown:>7} {share:>7}  {clean(what)}")
