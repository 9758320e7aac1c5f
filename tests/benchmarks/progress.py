"""How long the history of a task list and the report take, beside what git, and the check, take in the same run.

``python -m tests.benchmarks.progress [--write]``: prints the table, or writes it into docs/performance.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.marked import fill
from tests.benchmarks import inputs
from tests.benchmarks.figures import Row, ms, percentile, table
from tests.editors.browser import made
from vt_lsp.cli.report import gathered
from vt_lsp.engine import Engine
from vt_lsp.progress.history import Histories, listed
from vt_lsp.report.contents import contents
from vt_lsp.report.page import html
from vt_lsp.settings import Settings
from vt_lsp.specs.readers import read
from vt_lsp.workspace.git import Git
from vt_lsp.workspace.store import FactsStore

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).resolve().parents[2] / "docs/performance.md"
BEGIN, END = "<!-- progress: begin -->", "<!-- progress: end -->"
COMMITS, TASKS, DECISIONS, ROUNDS = 1_000, 400, 300, 5
FIRST = 1_700_000_000


def repository(root: Path) -> Path:
    """A list that was ticked, unticked, reworded and lengthened over many commits; gives its path."""
    stream = []
    for number in range(COMMITS):
        text = plan(number).encode()
        when = f"A <a@example.org> {FIRST + number * 3600} +0000"
        stream.append(f"commit refs/heads/main\nauthor {when}\ncommitter {when}\ndata 1\nx\n".encode())
        stream.append(b"M 100644 inline TASKS.md\ndata %d\n%s\n" % (len(text), text))
    subprocess.run(["git", "init", "-q", "-b", "main", root], check=True)
    subprocess.run(["git", "fast-import", "--quiet"], check=True, cwd=root, input=b"".join(stream))
    subprocess.run(["git", "reset", "-q", "--hard"], check=True, cwd=root)
    return root / "TASKS.md"


def plan(number: int) -> str:
    """The list as of one commit."""
    count = TASKS * (number + COMMITS) // (2 * COMMITS)
    done = count * number // COMMITS
    boxes = [
        f"- [{'x' if n < done else ' '}] T{n:03d} Make part {n}{' anew' if n == number % count else ''}\n"
        for n in range(count)
    ]
    return "# Plan\n\n" + "".join(f"{'## Phase' if n % 20 == 0 else ''}\n\n{box}" for n, box in enumerate(boxes))


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """The median of some rounds, and that of the time on our own processor, which others do not lengthen."""
    taken, own = [], []
    for _ in range(rounds):
        began, own_began = time.perf_counter(), time.process_time()
        work()
        taken.append(time.perf_counter() - began)
        own.append(time.process_time() - own_began)
    return percentile(taken, 0.5), percentile(own, 0.5)


def history_rows(folder: Path) -> list[Row]:
    """The history of a list with many commits, with an empty cache and with a filled one."""
    file = repository(folder / "list")
    git, tasks = Git(file.parent), listed(read(file.read_bytes(), file.name).tasks)
    now = FIRST + COMMITS * 3600.0

    def cold() -> None:
        Histories(git, None).of(file.name, tasks, now, now)

    def peer() -> None:
        subprocess.run(
            ["git", "log", "--follow", "-p", "--", file.name], cwd=file.parent, check=True, stdout=subprocess.DEVNULL
        )

    store = FactsStore(folder / "cache")
    histories = Histories(git, store)
    histories.of(file.name, tasks, now, now)
    first, own = seconds(cold, 3)
    again, _ = seconds(lambda: histories.of(file.name, tasks, now, now))
    log, _ = seconds(peer, 3)
    store.close()
    what = f"history of a list with {COMMITS:,} commits and {len(tasks)} tasks"
    return [
        Row(f"{what}, cold", first, 2, "s", f"CPU {own:.2f} s; `git log --follow -p` of it {log:.2f} s"),
        Row(f"{what}, warm", 1000 * again, 50, "ms", "most of it are two questions to git"),
    ]


def report_rows(folder: Path) -> list[Row]:
    """The report of Django with many decisions."""
    django = inputs.django(inputs.cache_folder())
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    made.remember(django.root, DECISIONS)
    engine = Engine(django.root, Settings(), folder / "facts")
    engine.scan()
    engine.dispose()
    engine = Engine(django.root, Settings(), folder / "facts")
    scan, scan_own = seconds(engine.scan, 1)
    pages: list[str] = []
    took, own = seconds(lambda: pages.append(html(contents(gathered(engine, "django")))))
    engine.dispose()
    size = len(pages[-1].encode()) / 1e6
    seen = f"warm check {scan:.2f} s (CPU {scan_own:.2f} s), the report {ms(took)} (CPU {ms(own)})"
    what = f"report of Django with {DECISIONS} decisions"
    return [Row(f"{what}, with the check", scan + took, 3, "s", seen), Row(f"{what}, size", size, 5, "MB", "one file")]


def main() -> None:
    """Measure, and print or write."""
    with tempfile.TemporaryDirectory() as name:
        text = table([*history_rows(Path(name)), *report_rows(Path(name))])
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the end."
    if "--write" not in sys.argv:
        sys.stdout.write(f"{text}\n{load}\n")
        return
    fill(PAGE, BEGIN, END, f"\n{load}\n\n{text}\n")


if __name__ == "__main__":
    main()
