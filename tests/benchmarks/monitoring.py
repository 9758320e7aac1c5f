"""What monitoring costs, and how soon it sees: ``python -m tests.benchmarks.monitoring [--write]``.

On generated projects with 13,000 watched files; each command is a process of its own. Needs /proc and git.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self

from scripts.marked import fill
from tests.benchmarks import inputs, servers
from tests.benchmarks.client import PUBLISH, Client
from tests.benchmarks.figures import Row, percentile, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.inputs import Project

PAGE: Final = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- monitoring: begin -->", "<!-- monitoring: end -->"
FILES: Final = 11_800  # Python files, which have a document for each ten of them
CHECKED_OUT: Final = 3_600  # the same: 3,960 files, of which every other is checked out
PER_SECOND: Final = 20
PARTS: Final = ("idle", "busy", "latency", "checkout")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.monitoring", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    parser.add_argument("--seconds", type=float, default=60.0, help="of idling and of changes (default: %(default)s)")
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS, help="measure only these")
    options = parser.parse_args()
    cache = inputs.cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    edited = Path(inputs.__file__)  # any file of some length does
    rows: list[Row] = []
    if {"idle", "busy", "latency"} & set(options.only):
        project = inputs.generated(cache, FILES, edited)
        (project.root / "vt-lsp.toml").write_text('monitor.onBattery = "run"\n', "utf-8")
        if {"idle", "busy"} & set(options.only):
            rows += monitor_rows(project, cache, options.seconds, options.only)
        if "latency" in options.only:
            rows += latency_rows(project, cache, 40)
    if "checkout" in options.only:
        rows += checkout_rows(inputs.generated(cache, CHECKED_OUT, edited), cache, 3)
    text = f"Load {os.getloadavg()[0]:.1f} at the end.\n\n{table(rows)}"
    sys.stdout.write(text + "\n")
    if options.write:
        fill(PAGE, BEGIN, END, f"\n{text}\n")
    return 0


class Monitored:
    """``vt-lsp monitor`` at work. Use as a context manager."""

    def __init__(self, root: Path, home: Path) -> None:
        command = [sys.executable, "-m", "vt_lsp", "monitor", "--root", str(root), "--format", "json"]
        environment = servers.environment(home)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, stderr=subprocess.DEVNULL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.process.terminate()
        self.process.wait()

    def until(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """The first evaluation from now on that meets ``condition``."""
        stream: IO[bytes] | None = self.process.stdout
        assert stream is not None
        while line := stream.readline():
            evaluation: dict[str, Any] = json.loads(line)
            if condition(evaluation):
                return evaluation
        raise ConnectionError("the monitor ended")


def monitor_rows(project: Project, cache: Path, seconds: float, wanted: list[str]) -> list[Row]:
    """CPU while nothing happens, and while 20 files change each second."""
    rows = []
    with Monitored(project.root, servers.fresh_home(cache)) as monitor:
        monitor.until(lambda _evaluation: True)
        time.sleep(12.0)  # what follows the start: the watches, the first look at all files
        pid = monitor.process.pid
        if "idle" in wanted:
            before = cpu_seconds(pid)
            time.sleep(seconds)
            share = 100 * (cpu_seconds(pid) - before) / seconds
            rows.append(Row("idle CPU of `vt-lsp monitor`, 13,000 files", share, 0.5, "%", f"over {seconds:g} s"))
        if "busy" in wanted:
            chance = random.Random(1)  # noqa: S311 - the same each time
            paths = project.python_files
            before, began = cpu_seconds(pid), time.monotonic()
            for number in range(int(seconds * PER_SECOND)):
                with chance.choice(paths).open("a", encoding="utf-8") as file:
                    file.write(f"# {number}\n")
                time.sleep(max(0.0, began + (number + 1) / PER_SECOND - time.monotonic()))
            took = time.monotonic() - began
            share = 100 * (cpu_seconds(pid) - before) / took
            seen = f"{int(seconds * PER_SECOND)} changes in {took:.0f} s"
            rows.append(Row("CPU of `vt-lsp monitor` at 20 changes a second, 13,000 files", share, 5.0, "%", seen))
    return rows


def latency_rows(project: Project, cache: Path, edits: int) -> list[Row]:
    """From the write of another program to the diagnostics, in a client that does not watch files itself."""
    spec = project.root / project.spec
    text = spec.read_text("utf-8")
    taken = []
    with Client(servers.command(servers.OURS), project.root, servers.environment(servers.fresh_home(cache))) as client:
        client.initialize()
        uri = client.uri(project.spec)
        client.wait_for(PUBLISH, 300.0, condition=lambda params: params["uri"] == uri)
        client.until_quiet(5.0)
        for number in range(edits):
            time.sleep(0.3)
            lines = "\n" * (number % 2 + 1)  # what is shown moves by a line
            began = time.perf_counter()
            spec.write_text(lines + text, "utf-8")
            at, _ = client.wait_for(PUBLISH, 60.0, condition=lambda params: params["uri"] == uri)
            taken.append(1000 * (at - began))
    spec.write_text(text, "utf-8")
    seen = f"p50 {percentile(taken, 0.5):.0f} ms, worst {max(taken):.0f} ms, of {edits}"
    return [Row("an external edit → diagnostics, p95, 13,000 files", percentile(taken, 0.95), 500.0, "ms", seen)]


def checkout_rows(project: Project, cache: Path, rounds: int) -> list[Row]:
    """A checkout of 2,000 files until it is evaluated, beside a warm check of the same in the same minute."""
    root, home = project.root, servers.fresh_home(cache)
    (root / "vt-lsp.toml").write_text('monitor.onBattery = "run"\n', "utf-8")
    git(root, "init", "-q", "-b", "full")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Full")
    git(root, "checkout", "-q", "-b", "half")
    parts = [path for path in sorted((root / "shop").iterdir()) if path.is_dir()][::2]
    leaving = [path for part in parts for path in part.iterdir()]
    first = [int(part.name.rpartition("_")[2]) * 100 for part in parts]
    leaving += [root / f"docs/page_{start + page:05d}.md" for start in first for page in range(0, 100, 10)]
    leaving.append(root / project.spec)  # the only one with drift: so it is seen when all are there
    for path in leaving:
        path.unlink()
    git(root, "commit", "-q", "-a", "-m", "Half")
    ours, theirs = [], []
    git(root, "checkout", "-q", "full")
    check(root, home)
    for _ in range(rounds):
        git(root, "checkout", "-q", "full")
        began = time.perf_counter()
        check(root, home)
        theirs.append(time.perf_counter() - began)
        git(root, "checkout", "-q", "half")
        with Monitored(root, home) as monitor:
            monitor.until(lambda _evaluation: True)
            time.sleep(3.0)
            git(root, "checkout", "-q", "full")
            began = time.perf_counter()
            monitor.until(lambda evaluation: evaluation["drifts"] > 0)
            ours.append(time.perf_counter() - began)
    ratio = percentile([a / b for a, b in zip(ours, theirs, strict=True)], 0.5)
    medians = f"{percentile(ours, 0.5):.2f} s, check {percentile(theirs, 0.5):.2f} s (medians of {rounds})"
    seen = f"{len(leaving)} files; {medians}"
    return [Row("end of a checkout of 2,000 files → evaluated, of a warm `vt-lsp check`", ratio, 1.3, "x", seen)]


def check(root: Path, home: Path) -> None:
    """A whole run of ``vt-lsp check`` with a warm cache."""
    command = [sys.executable, "-m", "vt_lsp", "check", "--root", str(root), "--format", "json"]
    subprocess.run(command, env=servers.environment(home), stdout=subprocess.DEVNULL, check=False)


def git(root: Path, *arguments: str) -> None:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-c", "gc.auto=0")
    subprocess.run(["git", *who, *arguments], cwd=root, env=environment, capture_output=True, check=True)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    ticks: float = sum(int(fields[at]) for at in (11, 12, 13, 14))
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
