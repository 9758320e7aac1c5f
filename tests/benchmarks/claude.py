"""``python -m tests.benchmarks.claude``: what asking costs beside the model, over the mock of the API.

With the real program where ``VT_CLAUDE`` names it, else with the stand-in. Seconds on a shared machine vary; the mock's
own latency is taken off where it says so. Nothing is sent anywhere.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import aclosing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.figures import Row, ms, percentile, table
from tests.claude import mock_api
from vt_lsp.claude_integration.cache import AnswerCache, digest
from vt_lsp.claude_integration.chain import Chain
from vt_lsp.claude_integration.cli_provider import ClaudeCli
from vt_lsp.claude_integration.gate import Gate
from vt_lsp.claude_integration.messages import Delta, Done, Excerpt, Request
from vt_lsp.claude_integration.offline import OfflineRules
from vt_lsp.claude_integration.timing import Limits
from vt_lsp.claude_integration.usage import UsageLog

if TYPE_CHECKING:
    from vt_lsp.claude_integration.messages import Failed

SOURCES = Path(mock_api.__file__).parent
FIRST, TOKENS = 0.6, 40  # of the model in the replay: seconds until its first token, tokens a second
QUESTIONS, PLACES, EDITED = 200, 60, 0.15
READING = 0.5  # seconds between an answer and the next question; a person takes longer
KILOBYTES = 6  # of a prompt


class Bench:
    """A mock in a process of its own, and chains that ask it."""

    def __init__(self, folder: Path, program: Path, port: int) -> None:
        self.folder, self.program, self.port = folder, program, port
        self.made = 0

    def chain(self, scenario: str) -> Chain:
        """A chain with nothing kept yet."""
        self.made += 1
        own = self.folder / str(self.made)
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(home), "CLAUDE_CONFIG_DIR": str(home / "config"),
            "ANTHROPIC_API_KEY": "sk-ant-dummy", "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{self.port}/s/{scenario}",
        }  # fmt: skip
        cli = ClaudeCli(self.folder, environment, str(self.program), "sonnet", self.folder.parent / "program.json")
        cache, usage = AnswerCache(own / "cache"), UsageLog(own / "state")
        return Chain((cli, OfflineRules()), gate=Gate(self.folder), cache=cache, usage=usage, limits=Limits())


def question(number: int, revision: int = 0) -> Request:
    text = f"def function_{number}(): ...  # {revision}\n" * (KILOBYTES * 1024 // 36)
    name = f"src/module_{number}.py"
    return Request(f"Why {number}?", "Explain.", (Excerpt(name, text, name, digest(text.encode())),), place=name)


async def asked(chain: Chain, request: Request) -> tuple[float, Done | Failed]:
    """Seconds until the first text, and the outcome."""
    begun, first, last = time.perf_counter(), 0.0, None
    async with aclosing(chain.stream(request)) as events:
        async for event in events:
            if isinstance(event, Delta) and not first:
                first = time.perf_counter() - begun
            last = event
    if not isinstance(last, Done) or not last.by_model:
        raise RuntimeError(f"no answer of a model: {last}")
    return first, last


async def hits(bench: Bench) -> list[Row]:
    chain = bench.chain("ok")
    await asked(chain, question(0))
    seen = [(await asked(chain, question(0)))[0] for _ in range(100)]
    await chain.aclose()
    told = f"median {ms(percentile(seen, 0.5))}, 95 % {ms(percentile(seen, 0.95))} of 100"
    return [Row("a kept answer, until its text", 1000 * percentile(seen, 0.5), 5, "ms", told)]


async def first_deltas(bench: Bench, rounds: int) -> list[Row]:
    warm, cold = [], []
    for number in range(rounds):
        chain = bench.chain("ok,ttft=0.3")
        await chain.health()
        cold.append((await asked(chain, question(number)))[0] - 0.3)
        await asyncio.sleep(2)  # the spare process starts
        warm.append((await asked(chain, question(number + 1000)))[0] - 0.3)
        await chain.aclose()
    rows = []
    for what, seen, target in (("with a process that waits", warm, 200), ("with a new process", cold, 1000)):
        value = 1000 * percentile(seen, 0.5)
        rows.append(Row(f"first text over the mock's own latency, {what}", value, target, "ms", f"median of {rounds}"))
    return rows


async def fifty(bench: Bench) -> list[Row]:
    chain = bench.chain("ok,ttft=0.2")
    await asyncio.gather(*(asked(chain, question(7)) for _ in range(50)))
    calls = len(chain.usage.read())
    await chain.aclose()
    return [Row("50 equal questions at once", calls, 1, "calls", "")]


async def blocking(bench: Bench) -> list[Row]:
    chain = bench.chain("ok,size=1000000,chunks=20000")
    await chain.warm()
    await asyncio.sleep(2)
    gaps: list[float] = []

    async def watch() -> None:
        before = time.thread_time()  # of this thread alone: what other programs take of the machine is not ours
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            gaps.append(now - before)
            before = now

    watching = asyncio.create_task(watch())
    _, done = await asked(chain, Request("long", max_tokens=2000))
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    await chain.aclose()
    told = f"{len(done.text) if isinstance(done, Done) else 0:,} characters in 20,000 pieces"
    return [Row("longest turn of the loop (CPU), streaming 1 MB", 1000 * max(gaps), 50, "ms", told)]


async def replay(bench: Bench, count: int) -> list[Row]:
    """Questions as in an editor: some places again and again, and edits in between, after which nothing kept fits."""
    chance = random.Random(5)  # noqa: S311 - the same questions each time
    weights = [1 / (rank + 1) for rank in range(PLACES)]
    revisions = [0] * PLACES
    chain = bench.chain(f"ok,ttft={FIRST},gap={1 / TOKENS},chunks=20,size=80")
    await chain.warm()
    await asyncio.sleep(1)
    shown: list[tuple[float, bool]] = []
    for _ in range(count):
        (place,) = chance.choices(range(PLACES), weights)
        if chance.random() < EDITED:
            revisions[place] += 1
        first, done = await asked(chain, question(place, revisions[place]))
        shown.append((first, isinstance(done, Done) and done.cached))
        await asyncio.sleep(READING)
    await chain.aclose()
    every, anew = [one for one, _ in shown], [one for one, cached in shown if not cached]
    kept = [one for one, cached in shown if cached]
    mean, mean_anew = sum(every) / len(every), sum(anew) / len(anew)
    told = f"{len(kept)} of {count} from what was kept, mean {ms(sum(kept) / max(1, len(kept)))}"
    also = f"95 % {percentile(anew, 0.95):.2f} s"
    return [
        Row(f"replay of {count} questions: until the first text, mean", mean, 2, "s", told),
        Row("the same, of those that a model answered", mean_anew, 2, "s", also),
    ]


async def measure(bench: Bench) -> list[Row]:
    rows: list[Row] = []
    parts = {
        "hits": lambda: hits(bench),
        "first": lambda: first_deltas(bench, 7),
        "fifty": lambda: fifty(bench),
        "blocking": lambda: blocking(bench),
        "replay": lambda: replay(bench, QUESTIONS),
    }
    for name in sys.argv[1:] or parts:
        found = await parts[name]()
        sys.stderr.write(table(found) + "\n")
        rows += found
    return rows


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "workspace"
        folder.mkdir()
        stand_in = Path(name) / "claude"
        stand_in.write_text(f"#!{sys.executable}\n{(SOURCES / 'stand_in.py').read_text('utf-8')}", "utf-8")
        stand_in.chmod(0o755)
        program = Path(os.environ.get("VT_CLAUDE") or stand_in)
        with subprocess.Popen([sys.executable, "-m", "tests.claude.mock_api"], stdout=subprocess.PIPE) as mock:
            try:
                port = int(mock.stdout.readline()) if mock.stdout is not None else 0
                rows = asyncio.run(measure(Bench(folder, program, port)))
            finally:
                mock.terminate()
    sys.stdout.write(table(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
