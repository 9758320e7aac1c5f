"""A project with a past: the example with commits that broke it, a task list that was ticked, and decisions."""

from __future__ import annotations

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vt_lsp.continuous_eval.compliance import Count
from vt_lsp.continuous_eval.metrics_store import MetricsStore, Point, difference
from vt_lsp.models import DecisionLink, DecisionStatus, DecisionType, LinkType, Outcome, WorkflowDecision
from vt_lsp.workflow_memory.memory_store import open_memory
from vt_lsp.workspace.store import state_directory

EXAMPLE = Path(__file__).resolve().parents[3] / "examples/ordersvc"
PHASES = (
    (
        "Phase 1: The book",
        ("keep the open orders", "cancel by id", "refuse double orders", "tell of each order"),
    ),
    ("Phase 2: Prices", ("read the price list", "round to cents", "keep old prices", "discounts", "two currencies")),
    ("Phase 3: Running it", ("read the settings", "health page", "log as JSON", "metrics", "restart without loss")),
    ("Phase 4: Audit", ("keep each change", "export a day", "who saw what", "delete on request")),
)
KINDS = (DecisionType.ARCHITECTURE, DecisionType.DEPENDENCY, DecisionType.INTERFACE, DecisionType.PERFORMANCE)
DAYS = (70, 64, 61, 55, 54, 47, 41, 33, 26, 20, 12, 5, 2)


def plan(done: int) -> str:
    lines, number = ["# Order service: tasks", ""], 0
    for title, tasks in PHASES:
        lines += [f"## {title}", ""]
        for task in tasks:
            number += 1
            lines.append(f"- [{'x' if number <= done else ' '}] T{number:03d} {task.capitalize()}")
        lines.append("")
    due = (datetime.now(UTC) + timedelta(days=24)).date()
    lines.insert(2, f"Due: {due}\n")
    return "\n".join(lines)


def make(root: Path) -> Path:
    """Write the project below ``root``; gives ``root``."""
    shutil.copytree(EXAMPLE, root)
    _git(root, "init", "-q", "-b", "main")
    # What the documents say was true once: names that the code has no more were there.
    book = root / "src/ordersvc/book.py"
    now = book.read_text("utf-8")
    book.write_text(now.replace("validate_only", "dry_run"), "utf-8")
    (root / "TASKS.md").write_text(plan(0), "utf-8")
    _commit(root, 75, "Take orders")
    for done, days in enumerate(DAYS, 1):
        (root / "TASKS.md").write_text(plan(done), "utf-8")
        if days == 41:
            book.write_text(now, "utf-8")
        _commit(root, days, f"Do task {done}" if days != 41 else "A dry run is called what it is: validation")
    return root


def remember(root: Path, count: int = 9) -> None:
    """Record some decisions of the project in the memory of the user that XDG_STATE_HOME names."""
    now = datetime.now(UTC)
    texts = (
        ("One process", "The service runs as one process; orders are kept in memory."),
        ("SQLite for the book", "Use SQLite for the order book."),
        ("Cents, not floats", "Prices are whole cents."),
        ("Do not use SQLite", "Do not use SQLite for the order book; use PostgreSQL."),
        ("Events by callback", "Others hear of orders by a callback."),
        ("No ORM", "SQL is written by hand."),
        ("Ids are text", "An order's id is a text of the client."),
        ("Validate first", "An order is validated before it is priced."),
        ("JSON logs", "The log is JSON, one event a line."),
    )
    with open_memory(root) as store:
        for n in range(count):
            title, outcome = texts[n % len(texts)]
            one = _decision(n, now - timedelta(days=80 * (count - n) / count), title, outcome)
            store.put(one)
            if n % 3 == 0:
                seen = Outcome(
                    id=f"O-{n}",
                    decision=one.id,
                    timestamp=one.timestamp,
                    success=n % 2 == 0,
                    note="As used since.",
                )
                store.add_outcome(seen)


def measure(root: Path, days: int = 75) -> None:
    """Write measurements of the project, as a monitor does that has run for so many days."""
    directory = state_directory(root)
    assert directory is not None
    store = MetricsStore(directory)
    now = datetime.now(UTC).timestamp()
    points: list[Point] = []
    before: dict[str, Count] = {}
    for left in range(days, 0, -1):
        broken = 3 + 7 * (left < 60) + 9 * (left < 41) - 9 * (left < 18)
        specs = {"docs/design.md": Count(42 - broken, broken, 4), "README.md": Count(18, 1, 0)}
        at = now - left * 86400
        total = Count(60 - broken, broken + 1, 4)
        points.append(Point(at - 60, at, 1, total, {}, {}, difference(before, specs)))
        before = specs
    store.write(points, (), None)
    store.close()


def _decision(number: int, when: datetime, title: str, outcome: str) -> WorkflowDecision:
    links = (DecisionLink(LinkType.SUPERSEDES, f"D-{number - 4:026d}"),) if number % 9 == 6 else ()
    return WorkflowDecision(
        id=f"D-{number:026d}",
        timestamp=when,
        decision_type=KINDS[number % len(KINDS)],
        title=title,
        outcome=outcome,
        rationale="It was the simplest thing that does it.",
        author="Ada",
        tags=("core",) if number % 2 else (),
        files=("src/ordersvc/book.py",),
        links=links,
        status=DecisionStatus.ACCEPTED,
    )


def _commit(root: Path, days_ago: float, why: str) -> None:
    when = f"{int(datetime.now(UTC).timestamp() - days_ago * 86400)} +0000"
    _git(root, "add", "-A")
    _git(root, "-c", "user.name=Ada", "-c", "user.email=ada@example.org", "commit", "-q", "-m", why, when=when)


def _git(root: Path, *args: str, when: str = "") -> None:
    dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when} if when else {}
    subprocess.run(["git", *args], cwd=root, check=True, env={**os.environ, **dates})
