"""``vt-lsp precedents``: past decisions for a situation."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.formats import terminal
from vt_lsp.cli.formats.excerpt import clean
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import find_root
from vt_lsp.workflow_memory import adr_files
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, open_memory
from vt_lsp.workflow_memory.precedent_engine import compare, precedents
from vt_lsp.workflow_memory.precedent_index import Situation
from vt_lsp.workflow_memory.recall import open_recall, requirements_in

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from vt_lsp.models import WorkflowDecision
    from vt_lsp.workflow_memory.memory_store import MemoryStore
    from vt_lsp.workflow_memory.precedent_engine import Precedent


def run(options: argparse.Namespace) -> int:
    """Show the decisions that fit; 0 also when none does."""
    configure_log(options)
    root = find_root(options.root, ())
    situation = situation_of(options)
    with _opened(root) as store:
        recall = open_recall(store)
        found = precedents(recall.precedents, situation, options.limit)
        if options.format == "json":
            rows = [_row(precedent, situation, store.need(precedent.entry.id)) for precedent in found]
            document = {"version": 1, "root": root.as_posix(), "decisions": len(recall.precedents), "precedents": rows}
            sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
            return 0
        console = terminal.open_console(options.color)
        if not found:
            console.print(Text("No decision fits.", "dim"))
        for line in _lines(found, situation, store):
            console.print(line)
    return 0


@contextmanager
def _opened(root: Path) -> Iterator[MemoryStore]:
    """The memory with what was added to the project's ADRs; what goes wrong with it is told in one line."""
    try:
        with open_memory(root) as store:
            adr_files.sync(root, store)
            yield store
    except MemoryStoreError as error:
        raise UsageError(str(error)) from error


def situation_of(options: argparse.Namespace) -> Situation:
    """What was asked on the command line."""
    text = " ".join(options.text)
    return Situation(
        title=text,
        symbols=frozenset(options.symbol or ()),
        paths=frozenset(path.replace("\\", "/").removeprefix("./") for path in options.path or ()),
        requirements=requirements_in(text),
    )


def _row(found: Precedent, now: Situation, decision: WorkflowDecision) -> dict[str, object]:
    difference = compare(found.entry, now)
    return {
        "id": decision.id,
        "title": found.entry.title,
        "outcome": decision.outcome,
        "status": decision.status,
        "type": decision.decision_type,
        "timestamp": decision.timestamp,
        "author": decision.author,
        "score": found.score,
        "confidence": found.confidence,
        "reasons": found.reasons,
        "superseded_by": found.successor.id if found.successor else None,
        "same": difference.same,
        "only_then": difference.only_then,
        "only_now": difference.only_now,
    }


def _lines(found: list[Precedent], now: Situation, store: MemoryStore) -> Iterator[Text]:
    for precedent in found:
        decision = store.need(precedent.entry.id)
        by = f" by {clean(decision.author)}" if decision.author else ""
        yield Text.assemble((decision.id, "cyan"), "  ", (clean(precedent.entry.title), "bold"))
        yield Text(f"  {decision.status}, {decision.timestamp:%Y-%m-%d}{by}", "dim")
        yield Text(f"  {clean(decision.outcome)}")
        yield Text(f"  because: {clean('; '.join(precedent.reasons))}", "green")
        if precedent.successor:
            yield Text(f"  → look at {precedent.successor.id}: {clean(precedent.successor.title)}", "yellow")
        difference = compare(precedent.entry, now)
        for label, parts in (("same", difference.same), ("then", difference.only_then), ("now", difference.only_now)):
            if parts:
                yield Text(f"  {label:<4}  {clean('; '.join(parts))}", "dim")
        yield Text()
