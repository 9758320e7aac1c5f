"""Quick fixes in a large project: how long their list takes, and each edit, beside a request that does nothing.

``python -m tests.benchmarks.fixes`` measures on Django, with documents of which some words are wrong; ``--root`` on
another project with documents below ``docs-generated``.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks import inputs, servers
from tests.benchmarks.client import PUBLISH, Client
from tests.benchmarks.figures import Row, ms, percentile, table

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST_TARGET, EDIT_TARGET = 5.0, 50.0  # milliseconds
DOCUMENTS = 30
IDLE = 2.0  # seconds of silence after which the ways out of the shown drifts are ready
RESOLVES = {"codeAction": {"dataSupport": True, "resolveSupport": {"properties": ["edit"]}}}
_NUMBER = re.compile(r"(?<== )(\d+)(?=`)")
_NONE = re.compile(r"\b(\w+)=None\b")


def wrong(text: str) -> str:
    """The document with other numbers, and every other parameter with a default called otherwise."""
    turns = iter(range(10**9))
    text = _NUMBER.sub(lambda match: str(int(match[1]) + 1), text)
    return _NONE.sub(lambda match: match[0] if next(turns) % 2 else f"{match[1]}_x=None", text)


def measure(root: Path, cache: Path) -> tuple[dict[str, list[float]], int]:
    """Seconds of each request by what it asks for, and how many drifts were asked about."""
    home = servers.fresh_home(cache, "home-fixes")
    took: dict[str, list[float]] = {"list, first": [], "list": [], "edit": [], "nothing": []}
    with Client(servers.command(servers.OURS, home), root, servers.environment(home)) as client:
        client.initialize(RESOLVES)
        client.until_quiet(4.0)
        drifts = 0
        for path in documents(root):
            client.open(path, "markdown", wrong((root / path).read_text("utf-8")))
            uri = client.uri(path)
            _, shown = client.wait_for(PUBLISH, 20.0, condition=lambda one, uri=uri: one["uri"] == uri)
            found = [(one, _actions(client, uri, one, took["list, first"])) for one in shown["diagnostics"]]
            client.until_quiet(IDLE)
            for diagnostic, _ in found:
                drifts += 1
                for action in _actions(client, uri, diagnostic, took["list"]):
                    if "edit" not in action and "command" not in action:
                        _timed(client, "codeAction/resolve", action, took["edit"])
                _timed(client, "no/such/method", {}, took["nothing"])
            client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    return took, drifts


def documents(root: Path) -> Iterator[str]:
    """Those that are wrong when they are changed, the first of each folder first."""
    found = sorted(root.glob("docs-generated/**/*.md"), key=lambda path: (path.name, str(path)))
    changed = [path for path in found if wrong(text := path.read_text("utf-8")) != text]
    yield from (str(path.relative_to(root)) for path in changed[:DOCUMENTS])


def _actions(client: Client, uri: str, shown: dict[str, Any], took: list[float]) -> list[dict[str, Any]]:
    params = {"textDocument": {"uri": uri}, "range": shown["range"], "context": {"diagnostics": [shown]}}
    return list(_timed(client, "textDocument/codeAction", params, took) or [])


def _timed(client: Client, method: str, params: dict[str, Any], took: list[float]) -> Any:
    began = time.perf_counter()
    answer = client.request(method, params)
    took.append(time.perf_counter() - began)
    return answer


def rows(root: Path, cache: Path) -> list[Row]:
    """The table's lines."""
    took, drifts = measure(root, cache)
    nothing = percentile(took["nothing"], 0.5)
    made = []
    for name, target in (("list", LIST_TARGET), ("edit", EDIT_TARGET), ("list, first", None)):
        values = took[name]
        p50, p95 = (percentile(values, share) for share in (0.5, 0.95))
        times = f"{p50 / nothing:.1f} times a request that does nothing"
        seen = f"p95 {ms(p95)}, {times}, {len(values)} for {drifts} drifts"
        made.append(Row(f"quick fixes: {name}, p50", 1000 * p50, target, "ms", seen))
    return made


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    options = parser.parse_args()
    cache = inputs.cache_folder()
    sys.stdout.write(table(rows(options.root or inputs.django(cache).root, cache)) + "\n")


if __name__ == "__main__":
    main()
