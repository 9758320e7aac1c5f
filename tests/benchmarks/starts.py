"""How soon a server answers after its process started, and how soon it shows the first drift."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

from tests.benchmarks import servers
from tests.benchmarks.client import PUBLISH, Client
from tests.benchmarks.figures import Row, ms, ratio
from tests.benchmarks.servers import BARE, OURS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.inputs import Project


def initialize(project: Project, cache: Path, rounds: int) -> Row:
    """From the start of the process to the answer to ``initialize``."""
    found: dict[str, list[float]] = {OURS: [], BARE: []}
    for _ in range(rounds):
        for name, values in found.items():
            home = servers.fresh_home(cache)
            with Client(servers.command(name), project.root, servers.environment(home)) as client:
                values.append(client.initialize())
    seen = "; ".join(f"{name} {ms(statistics.median(values))}" for name, values in found.items())
    return Row("start → answer to `initialize`, of a bare pygls server", ratio(*found.values()), 1.5, "x", seen)


def first_drift(project: Project, label: str, cache: Path, rounds: int) -> list[Row]:
    """From the start of the process to the first publish with a drift of an open document, with nothing cached."""
    rows = []
    for kind, path, language, target in (
        ("document", project.spec, "markdown", 1.5),
        ("Python file", project.edited, "python", None),  # any document may speak of it: all have to be read
    ):
        seconds = [_first_drift(project, path, language, cache) for _ in range(rounds)]
        what = f"start → first drift of an open {kind}, cold cache, {label}"
        rows.append(Row(what, statistics.median(seconds), target, "s", f"worst {max(seconds):.2f} s"))
    return rows


def _first_drift(project: Project, path: str, language: str, cache: Path) -> float:
    with Client(servers.command(OURS), project.root, servers.environment(servers.fresh_home(cache))) as client:
        client.initialize()
        client.open(path, language)
        uri = client.uri(path)

        def is_wanted(params: dict[str, Any]) -> bool:
            return params["uri"] == uri and bool(params["diagnostics"])

        at, _ = client.wait_for(PUBLISH, 120.0, condition=is_wanted)
        return at - client.started
