"""``vt-lsp explain``: one drift in full."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rich.text import Text

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.formats import terminal
from vt_lsp.cli.formats.excerpt import around, clean
from vt_lsp.cli.formats.text import header
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.result import CheckResult, Texts, also_at, base_of
from vt_lsp.cli.scan import find_root, load_settings, prefix_of, scanned
from vt_lsp.continuous_eval.renaming import touched
from vt_lsp.continuous_eval.semantic_diff import semantic_diff, side_by_side
from vt_lsp.links import help_uri
from vt_lsp.workspace.impact import as_words, impact

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from vt_lsp.continuous_eval.rollback import Rollback
    from vt_lsp.continuous_eval.semantic_diff import MarkedLine
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Place, Realignment

MIN_FINGERPRINT: Final = 6
_CONTEXT: Final = 3
_DIFF_STYLES: Final = {"-": "red", "+": "green", "@": "cyan"}
_LIKELY: Final = 0.85  # confidence
_POSSIBLE: Final = 0.5
_EFFORTS: Final = {"word": "one word", "line": "one line", "lines": "some lines", "file": "a new file"}
_MARK_STYLES: Final = {"-": "bold red", "+": "bold green", "~": "bold magenta"}


def run(options: argparse.Namespace) -> int:
    """Show the drift with this fingerprint; 1, as check says, since there is drift."""
    configure_log(options)
    if len(options.fingerprint) < MIN_FINGERPRINT:
        raise UsageError(f"a fingerprint has at least {MIN_FINGERPRINT} characters: {options.fingerprint}")
    root = find_root(options.root, ())
    settings, messages = load_settings(root)
    console = terminal.open_console(options.color)
    with scanned(root, settings) as engine:
        drift = engine.find(options.fingerprint)
        if drift is None:
            raise UsageError(f"no drift, or more than one kind, has the fingerprint {options.fingerprint} in {root}")
        drift = replace(drift, realignments=tuple(engine.realignments(drift)))
        result = CheckResult(
            root=root,
            revision=engine.revision(),
            duration_ms=0,
            summary=engine.summary(),
            drifts=(drift,),
            texts=Texts(engine.text),
            prefix=prefix_of(root),
            messages=messages,
        )
        others = [other for other in engine.drifts(drift.spec.path) if _says_the_same(other, drift)]
        for line in _explanation(drift, others, result, engine):
            console.print(line)
    return 1


def _says_the_same(other: DriftReport, drift: DriftReport) -> bool:
    return other.fingerprint != drift.fingerprint and base_of(other.fingerprint) == base_of(drift.fingerprint)


def _explanation(
    drift: DriftReport, others: Sequence[DriftReport], result: CheckResult, engine: Engine
) -> Iterator[Text]:
    yield header(drift, result)
    if others:
        yield Text(f"  {also_at(others, result.texts)}", "dim")
    yield Text()
    yield from _place("spec", terminal.SPEC_STYLE, drift.spec, result)
    yield Text()
    if drift.code:
        yield from _place("code", terminal.CODE_STYLE, drift.code, result)
        yield Text()
    yield from _difference(drift)
    back = engine.way_back(drift)
    yield from _history(drift, back)
    ways = [*drift.realignments, *([back.way] if back is not None else [])]
    yield from _ways_out(drift, ways, engine)


def _place(label: str, style: str, place: Place, result: CheckResult) -> list[Text]:
    title = f"{label} {result.prefix}{clean(place.path)}:{result.texts.span(place).line}"
    return terminal.indented(terminal.source_block(title, style, around(result.texts, place, _CONTEXT)), "  ")


def _difference(drift: DriftReport) -> Iterator[Text]:
    if not drift.written and not drift.actual:
        return
    yield Text("Difference", "bold")
    if drift.written and drift.actual:
        spec, code = side_by_side(semantic_diff(drift.written, drift.actual))
        yield from _marked("the spec says", spec)
        yield from _marked("the code has ", code)
    elif drift.written:
        yield Text(f"  the spec says  {clean(drift.written)}")
    else:
        yield Text(f"  the code has   {clean(drift.actual)}")
    yield Text()


def _marked(label: str, line: MarkedLine) -> Iterator[Text]:
    shown = Text.assemble((f"  {label}  ", "dim"))
    marks = Text(" " * shown.cell_len)
    for char, mark in zip(line.text, line.marks.ljust(len(line.text)), strict=True):
        safe = clean(char)
        style = _MARK_STYLES.get(mark, "")
        shown.append(safe, style)
        marks.append(mark * Text(safe).cell_len, style)
    yield shown
    if line.marks:
        marks.rstrip()
        yield marks


def _history(drift: DriftReport, back: Rollback | None) -> Iterator[Text]:
    broken = back.breakage.broken if back is not None else drift.broken_by
    if broken is None and back is None:
        return
    yield Text("History", "bold")
    if back is not None:
        yield Text(f"  held in {terminal.commit_text(back.breakage.held)}")
    yield Text(
        f"  broken by {terminal.commit_text(broken) if broken is not None else 'a change that is not committed'}"
    )
    for line in back.diff.splitlines()[2:] if back is not None else ():
        yield Text(f"    {clean(line)}", _DIFF_STYLES.get(line[:1], "dim"))
    yield Text()


def _sureness(confidence: float) -> str:
    """How likely it is that this is what is wanted, in a word."""
    return "likely" if confidence >= _LIKELY else "possible" if confidence >= _POSSIBLE else "a guess"


def _ways_out(drift: DriftReport, ways: Sequence[Realignment], engine: Engine) -> Iterator[Text]:
    yield Text("Ways out", "bold")
    titles = [way.title for way in ways]
    for way in ways:
        sure = "" if way.safe else f" ({_sureness(way.confidence)}, {_EFFORTS[way.effort]}: look at it first)"
        yield Text.assemble(("  → ", "green"), f"{clean(way.title)} [changes the {way.target}]{sure}")
        if way.reason:
            yield Text(f"    {clean(way.reason)}", "dim")
        if (target := touched(way)) is not None:
            said = as_words(impact(engine.index, target, engine.text))
            yield Text(f"    touches {said}" if said else "    nothing else uses it", "dim")
    for suggestion in drift.suggestions:
        if suggestion not in titles:
            yield Text.assemble(("  → ", "green"), clean(suggestion))
    yield Text(
        f"  → or accept it: <!-- vt-lsp: ignore[{drift.drift_type}] reason --> above that paragraph, list, table or"
        " whole fenced block of the document",
        "dim",
    )
    yield Text()
    yield Text(f"fingerprint {drift.fingerprint} · {help_uri(drift.drift_type)}", "dim")
