"""``make bench``: measure everything, print the table; ``--write`` puts it into docs/performance.md.

Seconds say little on a shared machine: each figure is a ratio to a peer that was measured in the same run, in turn.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.marked import fill
from tests.benchmarks import edits, indexing, inputs, memory, starts
from tests.benchmarks.figures import Row, table

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
SIZES = (100, 1_000, 10_000)
PARTS = ("edits", "flat", "starts", "index", "memory")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--quick", action="store_true", help="a tenth of the edits and one round: does it run at all?")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="measure only these")
    options = parser.parse_args()
    rows: list[Row] = []
    for part in _parts(options):
        found = part()
        sys.stderr.write(table(found) + "\n")
        rows += found
    text = f"{_machine()}\n\n{table(rows)}"
    sys.stdout.write(text + "\n")
    if options.write:
        fill(PAGE, BEGIN, END, f"\n{text}\n")
    return 0


def _parts(options: argparse.Namespace) -> list[Callable[[], list[Row]]]:
    cache = inputs.cache_folder()
    django = inputs.django(cache)
    sizes = {count: inputs.generated(cache, count, django.root / django.edited) for count in SIZES}
    few = 10 if options.quick else 1
    rounds = 1 if options.quick else 3
    parts: dict[str, Callable[[], list[Row]]] = {
        "edits": lambda: [
            *edits.rows(django, cache, 160 // few),
            *edits.recorded_rows(django, cache, 160 // few),
        ],
        "flat": lambda: edits.flat_rows(sizes, cache, 100 // few),
        "starts": lambda: [
            starts.initialize(django, cache, 2 * rounds),
            *starts.first_drift(django, "Django", cache, rounds),
            *starts.first_drift(sizes[SIZES[-1]], f"{SIZES[-1]:,} files", cache, rounds),
        ],
        "index": lambda: indexing.rows(django, cache, rounds),
        "memory": lambda: memory.rows(django, cache, memory.EDITS // few, 20.0 / few),
    }
    return [parts[name] for name in PARTS if name in options.only]


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f} at the end" if hasattr(os, "getloadavg") else ""
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}{load}."


if __name__ == "__main__":
    sys.exit(main())
