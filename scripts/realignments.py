"""Measure for which drifts a way out is offered, and write the table of docs/accuracy.md.

usage: python -m scripts.realignments [DATA SNAPSHOTS] [--write]

Counts the drifts of all scenarios and, where the development set is given (see accuracy.py), of all of its snapshots;
a drift that several snapshots of a repository show counts once. What is offered was made in memory and cleared its
drift.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.accuracy import identity, load, snapshots
from scripts.marked import fill
from tests.scenarios.test_scenarios import SCENARIOS, lay_out, parse
from vt_lsp.engine import Engine
from vt_lsp.models import DriftType
from vt_lsp.settings import Settings, load_project_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).resolve().parent.parent / "docs" / "accuracy.md"
BEGIN, END = "<!-- ways out: made by scripts/realignments.py -->", "<!-- end of ways out -->"
_TOO_FEW = 0.5  # share below which the page says why

REASONS = {
    ("adr-graph", "spec"): "two records with one number, or a record that nobody wrote: only its author can tell",
    ("adr-graph", "code"): "records are documents",
    ("broken-link", "code"): "a link says nothing of code",
    ("cli-option", "spec"): "no option or target is spelled alike: what is meant cannot be told",
    ("cli-option", "code"): "what an option or a target does is not written down",
    ("decision-contradicted", "spec"): "a decision is superseded by another one, which has to be written",
    ("decision-contradicted", "code"): "another library is another program",
    ("environment-variable", "code"): "what a variable does is not written down; one that is spelled alike is renamed",
    ("example-call", "spec"): "the value of an argument that is missing cannot be told",
    ("example-import", "spec"): "nothing of that name is anywhere",
    ("example-import", "code"): "an example does not say what a module or a function is",
    ("layer-violation", "spec"): "a rule that is broken is no wrong rule",
    ("layer-violation", "code"): "what stands between the layers instead has to be designed",
    ("missing-file", "spec"): "no file is named alike, and prose around a path does not bear that it goes",
    ("missing-member", "spec"): "no member is spelled alike, and prose around a name does not bear that it goes",
    ("missing-symbol", "spec"): "no name is spelled alike, and prose around a name does not bear that it goes",
    ("missing-symbol", "code"): "nothing tells in which file the name belongs, or what it is",
    ("moved-file", "code"): "a file is moved back with `git mv`; its importers would break",
    ("openapi-operation", "spec"): "the document has no other operation that is meant",
    ("openapi-operation", "code"): "what an operation does is not written down in a line",
    ("route", "spec"): "no route is spelled alike",
    ("route", "code"): "what a route does is not written down in a line",
    ("signature-mismatch", "code"): "a parameter that the text leaves out is not taken away from those who pass it",
    ("stale-status", "spec"): "which word means unfinished is the project's own; archiving is a command",
    ("stale-status", "code"): "a status says nothing of code",
    ("task-moved", "code"): "the work is done, in another file",
    ("unknown-requirement", "spec"): "the only reference of a task: which requirement is meant cannot be told",
    ("unknown-requirement", "code"): "requirements are documents",
    ("untraced-requirement", "spec"): "which task is for it cannot be told",
    ("untraced-requirement", "code"): "tasks are documents",
    ("version-statement", "code"): "what a project requires is decided with its dependencies",
}


def main() -> int:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?")
    parser.add_argument("snapshots", type=Path, nargs="?")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    rows = [row for path in SCENARIOS for row in of_scenario(path)]
    if args.data and args.snapshots:
        jobs = list(snapshots(args.snapshots, load(args.data / "gold.jsonl")))
        with ProcessPoolExecutor() as pool:
            rows += [row for found in pool.map(of_snapshot, jobs) for row in found]
    figures = report({row[0]: row[1:] for row in rows})
    sys.stdout.write(figures + "\n")
    if args.write:
        fill(PAGE, BEGIN, END, f"\n\n{figures}\n\n")
    return 0


Row = tuple[str, str, frozenset[str], float]  # identity, drift type, sides with a way out, seconds


def of_scenario(path: Path) -> list[Row]:
    """The drifts of one scenario."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        root.mkdir()
        lay_out(parse(path.read_text(encoding="utf-8")), root)
        return list(measured(root, load_project_settings(root)[0], str(path), Path(folder) / "cache"))


def of_snapshot(job: tuple[Path, str, str]) -> list[Row]:
    """The drifts of one snapshot of a repository."""
    root, repo, _ = job
    with tempfile.TemporaryDirectory() as cache:
        return list(measured(root, Settings(), repo, Path(cache)))


def measured(root: Path, settings: Settings, name: str, cache: Path) -> Iterator[Row]:
    """Each drift of a folder, with the sides on which a way out is offered and the time that the answer took."""
    engine = Engine(root, settings, cache)
    try:
        engine.scan()
        for drift in engine.drifts():
            begun = time.perf_counter()
            ways = engine.realignments(drift)
            sides = frozenset(way.target for way in ways)
            yield f"{identity(name, drift)}{drift.subject}", str(drift.drift_type), sides, time.perf_counter() - begun
    finally:
        engine.dispose()


def report(rows: dict[str, tuple[str, frozenset[str], float]]) -> str:
    """The table by drift type, and the reasons of what is mostly empty."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for drift_type, sides, _ in rows.values():
        counts[drift_type].update(["all", *sides, *(["any"] if sides else [])])
    lines = [
        "| drift type | drifts | change the spec | change the code | either |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    total = sum(counts.values(), Counter())
    for name, found in [*((str(t), counts[str(t)]) for t in sorted(DriftType)), ("**all**", total)]:
        if found["all"]:
            shares = " | ".join(f"{found[side] / found['all']:.0%}" for side in ("spec", "code", "any"))
            lines.append(f"| {name} | {found['all']} | {shares} |")
    lines += ["", f"Where less than {_TOO_FEW:.0%} have one, because:", ""]
    for name in sorted(counts):
        for side in ("spec", "code"):
            if counts[name][side] < _TOO_FEW * counts[name]["all"]:
                lines.append(f"- {name}, {side}: {REASONS.get((name, side), 'not yet explained')}.")
    times = sorted(seconds for _, _, seconds in rows.values())
    half, most = (1000 * times[len(times) * share // 100] for share in (50, 95))
    lines += ["", f"Made and tried in {half:.0f} ms (half of them), {most:.0f} ms (p95)."]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
