"""From an edit to the diagnostics that it causes, beside ruff's server and a server that does nothing."""

from __future__ import annotations

import statistics
import time
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from tests.benchmarks import servers
from tests.benchmarks.client import PUBLISH, Client
from tests.benchmarks.figures import Row, ms, percentile
from tests.benchmarks.servers import BARE, OURS, RECORDED, RUFF

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.benchmarks.inputs import Project

PAUSE = 0.06  # seconds of silence after a publish before the next edit: faster than people type
PATIENCE = 10.0
READY = 0.8  # seconds without a message after which a server has nothing more to say about its start
TURN = 8  # edits
ROUND = 2 * TURN


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace characters of one line, or lines."""

    where: dict[str, Any]
    text: str


def python_edits(project: Project) -> Iterator[Edit]:
    """A line typed into a body and taken back, in one body after another; a method renamed of which documents speak.

    Without end; each ``TURN`` edits leave the text as it was.
    """
    lines = (project.root / project.edited).read_text("utf-8").split("\n")
    method = next(n for n, line in enumerate(lines) if line.startswith("    def bulk_update("))
    bodies = [n for n, line in enumerate(lines[:method]) if line.startswith("        self.")]  # its drift moves
    end = len("    def bulk_update")
    for turn in count():
        for place in range(TURN // 2 - 1):
            line = bodies[(7 * turn + place * len(bodies) // 3) % len(bodies)]
            yield Edit(_range(line, 0, line, 0), "        probe = 1\n")
            yield Edit(_range(line, 0, line + 1, 0), "")
        yield Edit(_range(method, end, method, end), "x")
        yield Edit(_range(method, end, method, end + 1), "")


def spec_edits(project: Project) -> Iterator[Edit]:
    """A line typed at the top of a document and taken back, without end: all its claims move."""
    del project
    while True:
        yield Edit(_range(2, 0, 2, 0), "More words.\n\n")
        yield Edit(_range(2, 0, 4, 0), "")


def measure(sides: dict[str, tuple[Project, str]], cache: Path, edits: int) -> dict[str, list[float]]:
    """Seconds of each edit in the Python file for each side (a project and a server), which take turns."""
    with ExitStack() as running:
        clients: dict[str, Client] = {}
        for side, (project, name) in sides.items():
            home = servers.fresh_home(cache, f"home-{len(clients)}")
            client = Client(servers.command(name, home), project.root, servers.environment(home))
            clients[side] = running.enter_context(client)
            started(clients[side], project.edited, "python")
        made = {side: python_edits(project) for side, (project, _) in sides.items()}
        found: dict[str, list[float]] = {side: [] for side in sides}
        for _ in range(edits):
            for side, (project, _name) in sides.items():
                found[side].append(_one(clients[side], project.edited, next(made[side])))
        return found


def measure_spec(project: Project, cache: Path, edits: int) -> list[float]:
    """Seconds of each edit in the document."""
    home = servers.fresh_home(cache)
    with Client(servers.command(OURS), project.root, servers.environment(home)) as client:
        started(client, project.spec, "markdown")
        made = spec_edits(project)
        return [_one(client, project.spec, next(made)) for _ in range(edits)]


def started(client: Client, path: str, language: str) -> None:
    """Start a session, open a document, and wait until the server is done with its first scan."""
    client.initialize()
    client.open(path, language)
    deadline = time.perf_counter() + 300
    while client.receive(READY) is not None or _is_busy(client):
        if time.perf_counter() > deadline:
            raise TimeoutError("the server does not come to rest")


def _is_busy(client: Client) -> bool:
    """Whether vt-lsp (the only one that takes this command) still scans."""
    answer = client.request("workspace/executeCommand", {"command": "vt-lsp.showStatus", "arguments": []})
    return isinstance(answer, dict) and answer.get("quiescent") is False


def _one(client: Client, path: str, edit: Edit) -> float:
    """Seconds from sending an edit to the last publish that follows it without a pause."""
    sent = client.change(path, edit.where, edit.text)
    last, _ = client.wait_for(PUBLISH, PATIENCE)
    while (received := client.receive(PAUSE)) is not None:
        if received[1].get("method") == PUBLISH:
            last = received[0]
    return last - sent


def _range(line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    return {"start": {"line": line, "character": column}, "end": {"line": end_line, "character": end_column}}


def rows(django: Project, cache: Path, edits: int) -> list[Row]:
    """The lines of the table for Django."""
    found = measure({name: (django, name) for name in (OURS, RUFF, BARE)}, cache, edits)
    seen = "; ".join(
        f"{name} {ms(percentile(v, 0.5))} (p50), {ms(percentile(v, 0.95))} (p95)" for name, v in found.items()
    )
    middle = _by_round(found, 0.5)
    late = percentile(found[OURS], 0.95) / percentile(found[RUFF], 0.95)
    spec = measure_spec(django, cache, edits)
    claims = f"{ms(percentile(spec, 0.5))} (p50), {ms(percentile(spec, 0.95))} (p95)"
    own = percentile(spec, 0.5) / percentile(found[RUFF], 0.5)
    return [
        Row("edit → diagnostics, p50, of `ruff server`", middle, 1.5, "x", seen),
        Row("edit → diagnostics, p95, of `ruff server`", late, 3.0, "x", "the same edits"),
        Row("edit in a document → diagnostics, p50, of `ruff server` in Python", own, None, "x", claims),
    ]


def _by_round(found: dict[str, list[float]], share: float) -> float:
    ours, theirs = found[OURS], found[RUFF]
    starts = range(0, len(ours), ROUND)
    return statistics.median(
        percentile(ours[n : n + ROUND], share) / percentile(theirs[n : n + ROUND], share) for n in starts
    )


def recorded_rows(django: Project, cache: Path, edits: int) -> list[Row]:
    """What ``--trace-file`` costs an edit: with it, of without it."""
    found = measure({name: (django, name) for name in (RECORDED, OURS)}, cache, edits)
    seen = "; ".join(
        f"{name} {ms(percentile(v, 0.5))} (p50), {ms(percentile(v, 0.95))} (p95)" for name, v in found.items()
    )
    middle = percentile(found[RECORDED], 0.5) / percentile(found[OURS], 0.5)
    return [Row("edit → diagnostics, p50, with `--trace-file`, of without", middle, 1.1, "x", seen)]


def flat_rows(projects: dict[int, Project], cache: Path, edits: int) -> list[Row]:
    """The same edits in projects of growing size; the smallest is the peer."""
    found = measure({f"{size:,} files": (project, OURS) for size, project in projects.items()}, cache, edits)
    few, *_, many = found.values()
    seen = "; ".join(f"{side} {ms(percentile(values, 0.5))}" for side, values in found.items())
    first = percentile(few, 0.5)
    what = f"edit → diagnostics, p50, {max(projects):,} files, of {min(projects):,} files"
    return [Row(what, percentile(many, 0.5) / first, 1.5, "x", seen)]
