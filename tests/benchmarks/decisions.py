"""How long the memory of decisions takes, beside bare SQLite in the same run.

``python tests/benchmarks/decisions.py [COUNT…]`` (10000 and 100000): medians in milliseconds, one JSON line each.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from vt_lsp.models import DecisionType, WorkflowDecision
from vt_lsp.workflow_memory.filters import Filter
from vt_lsp.workflow_memory.ids import make_id
from vt_lsp.workflow_memory.memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2020, 1, 1, tzinfo=UTC)
WORDS = [f"{a}{b}" for a in "retry cache order queue index token batch layer route model".split() for b in range(300)]
TYPES = list(DecisionType)


def made(number: int, chance: random.Random) -> WorkflowDecision:
    """A decision of about 120 words, of which some are frequent and most are rare."""
    words = [WORDS[int(chance.paretovariate(0.6)) % len(WORDS)] for _ in range(120)]
    timestamp = START + timedelta(minutes=number)
    return WorkflowDecision(
        id=make_id(timestamp, str(number)),
        timestamp=timestamp,
        decision_type=TYPES[number % len(TYPES)],
        title=" ".join(words[:6]),
        outcome=" ".join(words[6:20]),
        rationale=" ".join(words[20:]),
        tags=(words[0], f"t{number % 50}"),
        files=(f"src/{words[1]}.py",),
    )


def median(action: Callable[[], object], times: int) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return round(1000 * statistics.median(taken), 3)


def measure(count: int, folder: Path) -> dict[str, object]:
    """Medians with ``count`` decisions."""
    chance = random.Random(5)  # noqa: S311  no secret
    store = MemoryStore(folder / "store")
    for first in range(0, count, 5000):
        store.put(*(made(number, chance) for number in range(first, min(first + 5000, count))))
    numbers = iter(range(count, count + 10_000))
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE t(id TEXT PRIMARY KEY, data TEXT)")
    text = "x" * 1200
    row = store.find(Filter(limit=1)).decisions[0]
    with sqlite3.connect(store.file) as reader:
        get = median(lambda: reader.execute("SELECT data FROM decisions WHERE id = ?", (row.id,)).fetchone(), 200)
    return {
        "decisions": count,
        "insert": median(lambda: store.put(made(next(numbers), chance)), 200),
        "insert_bare": median(lambda: bare.execute("INSERT INTO t VALUES (?, ?)", (str(next(numbers)), text)), 200),
        "get": median(lambda: store.get(row.id), 200),
        "get_bare": get,
        "list": median(lambda: store.find(Filter()), 20),
        "list_by_type": median(lambda: store.find(Filter(types=("security",))), 20),
        "list_by_tag": median(lambda: store.find(Filter(tag="t7")), 20),
        "search_rare": median(lambda: store.find(Filter(text="layer250")), 20),
        "search_two_words": median(lambda: store.find(Filter(text="retry10 cache3")), 20),
        "search_frequent": median(lambda: store.find(Filter(text="retry1")), 5),
    }


def main() -> None:
    """Measure each count."""
    for count in map(int, sys.argv[1:] or ("10000", "100000")):
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write(json.dumps(measure(count, Path(folder))) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
