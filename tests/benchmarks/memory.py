"""What a server holds and burns: memory after the full index, its growth over many edits, and idle time of the CPU."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import servers
from tests.benchmarks.client import Client
from tests.benchmarks.edits import TURN, python_edits, started
from tests.benchmarks.figures import Row
from tests.benchmarks.servers import OURS

if TYPE_CHECKING:
    from tests.benchmarks.inputs import Project

EDITS = 20_000
TOGETHER = 10  # edits between two questions, each of which makes the server judge what it has
GROWTH = 10.0  # MB that count as none: what the allocator keeps in reserve


def rows(project: Project, cache: Path, edits: int, idle: float) -> list[Row]:
    """Needs /proc; elsewhere there are no rows."""
    if not Path("/proc/self/status").exists():
        return []
    with Client(servers.command(OURS), project.root, servers.environment(servers.fresh_home(cache))) as client:
        started(client, project.edited, "python")
        full, most = _megabytes(client, "VmRSS"), _megabytes(client, "VmHWM")
        burnt = _idle(client, idle)
        warm = edits // 10
        _edit(client, project, warm)
        before = _megabytes(client, "VmRSS")
        _edit(client, project, edits - warm)
        after = _megabytes(client, "VmRSS")
    return [
        Row("memory after the full index", full, 200.0, "MB", f"at most {most:.0f} MB on the way"),
        Row(f"growth over {edits:,} edits", after - before, GROWTH, "MB", f"{before:.0f} → {after:.0f} MB"),
        Row("idle CPU", 100 * burnt, 0.5, "%", f"over {idle:g} s"),
    ]


def _edit(client: Client, project: Project, edits: int) -> None:
    """Many edits, each batch of them ended by a question, since a storm of edits alone is judged only now and then."""
    made = python_edits(project)
    document = {"textDocument": {"uri": client.uri(project.edited)}}
    for number in range(edits - edits % TURN):
        edit = next(made)
        client.change(project.edited, edit.where, edit.text)
        if number % TOGETHER == TOGETHER - 1:
            client.request("textDocument/codeLens", document)
    client.request("textDocument/codeLens", document)
    client.until_quiet(0.5)


def _idle(client: Client, seconds: float) -> float:
    """Share of one core that the quiet server uses."""
    time.sleep(2.0)
    before = _ticks(client)
    time.sleep(seconds)
    return (_ticks(client) - before) / os.sysconf("SC_CLK_TCK") / seconds


def _ticks(client: Client) -> int:
    fields = Path(f"/proc/{client.process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _megabytes(client: Client, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{client.process.pid}/status").read_text("ascii"))
    return int(found[1]) / 1024 if found else 0.0
