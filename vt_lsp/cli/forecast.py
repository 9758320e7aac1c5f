"""``vt-lsp forecast``: when task lists may be done, and what stands in their way."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import existing_paths, find_root, load_settings, prefix_of, scanned
from vt_lsp.progress.exchange import as_data
from vt_lsp.progress.lists import document, look, task_lists
from vt_lsp.progress.words import part_line, percent
from vt_lsp.text import LineIndex
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.text import Text

    from vt_lsp.engine import Engine
    from vt_lsp.progress.report import Document, Progress

FORMAT_VERSION = 1
_MOST_RISKS = 5  # of one list, in text
_BAR = 24  # cells
_RISK_STYLES = {"high": "bold red", "medium": "bold yellow", "low": "cyan", "none": "green"}


def run(options: argparse.Namespace) -> int:
    """Write the forecasts on stdout; 1 if a list is past the date that is written in it, else 0."""
    configure_log(options)
    paths = existing_paths(options.paths)
    root = find_root(options.root, paths)
    wanted = _relative(root, paths)
    settings, _ = load_settings(root)
    now = time.time()
    with scanned(root, settings) as engine:
        found = look(engine, [_document(engine, path) for path in (wanted or task_lists(engine))], now)
        finished = [] if wanted else [one for one in found if one.done == len(one.tasks)]
        shown = [one for one in found if one not in finished]
        if options.format == "json":
            sys.stdout.write(json.dumps(as_json(root, engine, shown, now), indent=2) + "\n")
            sys.stdout.flush()
        else:
            _write(shown, len(finished), prefix_of(root), engine, options)
    return 1 if any(risk.kind == "overdue" for one in shown for risk in one.risks) else 0


def _relative(root: Path, paths: Sequence[Path]) -> list[str]:
    found = []
    for path in paths:
        resolved = path.resolve()
        if not resolved.is_relative_to(root):
            raise UsageError(f"{path} is not below the root {root}")
        if resolved.is_dir() or kind_of(path.name) != "spec":
            raise UsageError(f"not a document with tasks: {path}")
        found.append(resolved.relative_to(root).as_posix())
    return found


def _document(engine: Engine, path: str) -> Document:
    found = document(engine, path)
    if found is None:
        raise UsageError(f"no tasks in {path}")
    return found


# ----------------------------------------------------------------------------------------------------------------- json


def as_json(root: Path, engine: Engine, found: Sequence[Progress], now: float) -> dict[str, Any]:
    """The output of ``--format json``, held by ``vt_lsp/schemas/forecast.schema.json``."""
    return {
        "version": FORMAT_VERSION,
        "root": str(root),
        "revision": engine.revision(),
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
        "lists": [as_data(one, LineIndex(engine.text(one.path) or b"")) for one in found],
    }


# ----------------------------------------------------------------------------------------------------------------- text


def _write(found: Sequence[Progress], finished: int, prefix: str, engine: Engine, options: argparse.Namespace) -> None:
    from vt_lsp.cli.formats import terminal  # noqa: PLC0415 - the text format alone needs rich

    console = terminal.open_console(options.color)
    for one in found:
        for line in _lines(one, prefix, LineIndex(engine.text(one.path) or b"")):
            console.print(line)
        console.print()
    if finished:
        console.print(f"{finished} {'list is' if finished == 1 else 'lists are'} done.", style="dim")
    elif not found:
        console.print("No task lists.", style="dim")


def _lines(one: Progress, prefix: str, lines: LineIndex) -> Iterator[Text]:
    from rich.text import Text  # noqa: PLC0415 - as above

    from vt_lsp.cli.formats.excerpt import clean  # noqa: PLC0415

    told, total = one.forecast, len(one.tasks)
    filled = round(_BAR * one.done / total) if total else 0
    yield Text.assemble((f"{prefix}{clean(one.path)}", "bold"), "  ", (clean(one.title), "dim"))
    yield Text.assemble(
        ("█" * filled, "green"), ("░" * (_BAR - filled), "dim"), f" {one.done}/{total}",
        *([(f" ({len(one.doubtful)} ticked but not there)", "yellow")] if one.doubtful else []),
        "  risk ", (one.risk, _RISK_STYLES[one.risk]),
    )  # fmt: skip
    if told.refusal:
        yield Text(f"  no forecast: {told.refusal}")
    else:
        chances = " · ".join(f"{percent(chance)} within {days} days" for days, chance in told.within.items())
        yield Text(f"  chance to be done: {chances}")
        if told.by_due is not None:
            yield Text(f"  due {told.due}: {percent(told.by_due)}")
        yield from (Text(f"  {line}") for line in _dates(one))
    yield from (Text(f"  {driver}", "dim") for driver in told.drivers)
    yield from (Text(f"  {'  ' * (part.level - 2)}{clean(part.title)}: {part_line(part)}") for part in one.parts)
    yield from (Text(f"  note: {caveat}", "dim") for caveat in one.caveats)
    for risk in one.risks[:_MOST_RISKS]:
        where = "" if risk.task is None else f"line {lines.position(one.tasks[risk.task].start, 'utf-32')[0] + 1}: "
        yield Text.assemble(
            "  ",
            (f"{risk.level}", _RISK_STYLES[risk.level]),
            f" {where}{clean(risk.text)}",
            (f" → {risk.advice}", "dim"),
        )
    if len(one.risks) > _MOST_RISKS:
        yield Text(f"  and {len(one.risks) - _MOST_RISKS} more risks (--format json has all)", "dim")


def _dates(one: Progress) -> Iterator[str]:
    told = one.forecast
    if told.soon:
        yield f"if it keeps moving: {told.soon} ({told.no_range})"
    elif told.no_range:
        yield f"no dates: {told.no_range}"
    else:
        spans = " · ".join(f"{dates.first} to {dates.last} ({dates.share:.0%})" for dates in told.if_moving)
        yield f"if it keeps moving: {spans}"
    for dates in told.next_quarter:
        yield f"the next quarter of the tasks, if it keeps moving: {dates.first} to {dates.last} ({dates.share:.0%})"
