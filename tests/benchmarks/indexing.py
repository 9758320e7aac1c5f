"""Reading and judging everything, beside a parser that only parses the same Python files on one core."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import servers
from tests.benchmarks.figures import Row, ratio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.benchmarks.inputs import Project

_PARSE = str(Path(__file__).with_name("bare_parse.py"))
_IMPORTS = "import vt_lsp.cli.main"
# What Engine.scan() does, with the clock read once everything is indexed and nothing is judged yet.
_SCAN = """
import gc, sys, time
from pathlib import Path
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
engine = Engine(Path(sys.argv[1]), Settings())
gc.disable()
started = time.perf_counter()
listing = engine.discover()
batches = engine.batches(listing, niceness=0)
next(batches)
engine.set_listing(listing)
for batch in batches:
    engine.apply(batch)
engine.finish_scan()
indexed = time.perf_counter()
engine.check()
engine.look_back()
print(indexed - started, time.perf_counter() - started)
"""


def rows(project: Project, cache: Path, rounds: int) -> list[Row]:
    """Cold and warm, of the command line and of the engine alone."""
    root = str(project.root)
    check = [sys.executable, "-m", "vt_lsp", "check", "--root", root, "--format", "json"]
    found: defaultdict[str, list[float]] = defaultdict(list)
    summary = ""
    for _ in range(rounds):
        seconds, burnt = _said([sys.executable, _PARSE, root], servers.environment(cache))
        found["parse"].append(seconds)
        found["parse CPU"].append(burnt)
        fresh = servers.environment(servers.fresh_home(cache))
        before = _cpu_of_children()
        seconds, output = _timed(check, fresh)
        found["cold"].append(seconds)
        found["cold CPU"].append((_cpu_of_children() - before) / _cores())
        found["import"].append(_timed([sys.executable, "-c", _IMPORTS], fresh)[0])
        before = _cpu_of_children()
        found["warm"].append(_timed(check, fresh)[0])
        found["warm CPU"].append(_cpu_of_children() - before)
        fresh = servers.environment(servers.fresh_home(cache))
        for state in ("cold", "warm"):
            before = _cpu_of_children()
            indexed, judged = _said([sys.executable, "-c", _SCAN, root], fresh)
            found[f"{state} index"].append(indexed)
            found[f"{state} scan"].append(judged)
            found[f"{state} scan CPU"].append((_cpu_of_children() - before) / _cores())
        summary = _summary(output)
    middle = {name: statistics.median(values) for name, values in found.items()}
    parse = found["parse"]
    beyond = [warm - start for warm, start in zip(found["warm"], found["import"], strict=True)]
    bare = f"bare parse {middle['parse']:.2f} s"
    cold, scan = f"{middle['cold']:.2f} s; {bare}; {summary}", f"{middle['cold scan']:.2f} s; {bare}"
    warm = f"{middle['warm']:.2f} s (CPU {middle['warm CPU']:.2f} s), of which start {middle['import']:.2f} s; {bare}"
    return [
        Row(
            "cold index of everything, nothing judged, of a bare parse on one core",
            ratio(found["cold index"], parse),
            1.0,
            "x",
            f"{middle['cold index']:.2f} s; {bare}; with judging, CPU on each core {middle['cold scan CPU']:.2f} s",
        ),
        Row(
            "cold `vt-lsp check`, everything judged and printed, of the same",
            ratio(found["cold"], parse),
            1.0,
            "x",
            cold,
        ),
        Row(
            "the same, CPU time shared among the cores (what a quiet machine can reach)",
            ratio(found["cold CPU"], found["parse CPU"]),
            None,
            "x",
            f"{middle['cold CPU']:.2f} s on each of {_cores()} cores; bare parse {middle['parse CPU']:.2f} s",
        ),
        Row("cold scan and check of the engine alone, of the same", ratio(found["cold scan"], parse), 1.0, "x", scan),
        Row("warm `vt-lsp check` beyond the interpreter's start, of the same", ratio(beyond, parse), 0.5, "x", warm),
        Row(
            "warm scan and check of the engine alone, of the same",
            ratio(found["warm scan"], parse),
            0.5,
            "x",
            f"{middle['warm scan']:.2f} s; {bare}",
        ),
    ]


def _timed(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, bytes]:
    started = time.perf_counter()
    done = subprocess.run(command, env=dict(environment), stdout=subprocess.PIPE, check=False, cwd="/")
    seconds = time.perf_counter() - started
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{command} ended with {done.returncode}")
    return seconds, done.stdout


def _said(command: Sequence[str], environment: Mapping[str, str]) -> list[float]:
    return [float(number) for number in _timed(command, environment)[1].split()]


def _cpu_of_children() -> float:
    """CPU seconds of all processes that ended, with theirs."""
    times = os.times()
    return times.children_user + times.children_system


def _cores() -> int:
    return min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def _summary(output: bytes) -> str:
    found = json.loads(output)["summary"]
    counts = (f"{found[name]:,} {name}" for name in ("files", "specs", "claims", "holds", "broken", "unknown"))
    return ", ".join(counts)
