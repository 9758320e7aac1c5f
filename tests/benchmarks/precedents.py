"""How long precedents take, beside SQLite's full-text search over the same texts in the same run.

``python -m tests.benchmarks.precedents [--write]``: prints the table, or writes it into docs/performance.md.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.marked import fill
from vt_lsp.workflow_memory.precedent_engine import precedents
from vt_lsp.workflow_memory.precedent_index import Entry, PrecedentIndex, Situation, ask
from vt_lsp.workflow_memory.vectors import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vt_lsp.workflow_memory.vectors import StaticVectors

PAGE = Path(__file__).resolve().parents[2] / "docs/performance.md"
BEGIN, END = "<!-- precedents: begin -->", "<!-- precedents: end -->"
SIZES = ((10_000, 10.0), (100_000, 25.0))
WORDS_OF_A_DECISION, WORDS_OF_A_QUERY, QUERIES, VOCABULARY = 100, 30, 100, 20_000


def text(chance: random.Random, words: Sequence[str], count: int) -> str:
    """Words as frequent as in a language (Zipf)."""
    return " ".join(words[min(int(len(words) ** chance.random()), len(words) - 1)] for _ in range(count))


def decisions(count: int) -> list[Entry]:
    """Made decisions, each linked with an earlier one, some at a symbol."""
    chance = random.Random(1)  # noqa: S311 - the same texts each time
    words = made_words()
    return [
        Entry(
            f"D-{number}",
            text(chance, words, 6),
            text(chance, words, WORDS_OF_A_DECISION),
            when=float(number),
            tags=frozenset({words[number % 50]}),
            symbols=frozenset({f"shop.C{number % 1000}.run"}),
            links=frozenset({f"D-{chance.randrange(number)}"} if number else ()),
        )
        for number in range(count)
    ]


def made_words() -> list[str]:
    """The vocabulary, most frequent first."""
    syllables = "ba de fi go lu ma ne pi ro ku".split()
    return ["".join(syllables[int(digit)] for digit in str(number)) for number in range(VOCABULARY)]


def situations() -> list[Situation]:
    """What is asked."""
    chance = random.Random(2)  # noqa: S311 - the same texts each time
    words = made_words()
    return [
        Situation(text(chance, words, 6), text(chance, words, WORDS_OF_A_QUERY), symbols=frozenset({f"shop.C{n}.run"}))
        for n in range(QUERIES)
    ]


def times(
    run: Callable[[Situation], object], asked: Sequence[Situation], clock: Callable[[], float] = time.process_time
) -> tuple[float, float]:
    """Milliseconds of the processor at the median and at the 99th percentile, after a warm-up."""
    taken = []
    for situation in [*asked[:5], *asked]:
        start = clock()
        run(situation)
        taken.append((clock() - start) * 1000)
    ordered = sorted(taken[5:])
    return ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]


def full_text(entries: Sequence[Entry]) -> Callable[[Situation], object]:
    """SQLite FTS5 over the same texts: any of the query's words, ordered by bm25."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE t USING fts5(title, text, tokenize='porter unicode61')")
    database.executemany("INSERT INTO t VALUES (?, ?)", ((entry.title, entry.text) for entry in entries))

    def run(situation: Situation) -> object:
        words = " OR ".join(f'"{word}"' for word in ask(situation).weights)
        return database.execute(
            "SELECT rowid FROM t WHERE t MATCH ? ORDER BY bm25(t, 5, 1) LIMIT 5", (words,)
        ).fetchall()

    return run


def rows(vectors: StaticVectors | None) -> list[str]:
    """The lines of the table."""
    name = "with static vectors" if vectors else "without vectors"
    found = []
    for size, target in SIZES:
        entries = decisions(size)
        start = time.process_time()
        index = PrecedentIndex(entries, vectors)
        built = time.process_time() - start
        own = times(lambda situation, index=index: precedents(index, situation), situations())  # type: ignore[misc]
        wall = times(lambda situation, index=index: precedents(index, situation), situations(), time.perf_counter)  # type: ignore[misc]
        peer = times(full_text(entries), situations()[:20])
        start = time.process_time()
        for entry in entries[:100]:
            index.put(entry)
        put = (time.process_time() - start) * 10
        met = "yes" if own[1] <= target else "**no**"
        found.append(
            f"| precedents among {size:,}, {name}, p99, of FTS5 | {own[1] / peer[1]:.2f} x "
            f"| ≤ {target:.0f} ms | {met} | "
            f"{own[0]:.1f} ms (p50), {own[1]:.1f} ms (p99), by the clock {wall[0]:.1f} and {wall[1]:.1f}; "
            f"FTS5 {peer[0]:.1f} ms, {peer[1]:.1f} ms; "
            f"built in {built:.1f} s, one decision more {put:.1f} ms |"
        )
    return found


def main() -> None:
    """Measure, and print or write."""
    vectors = load()
    lines = ["| what | measured | target | met | seen |", "| --- | ---: | ---: | :-: | --- |", *rows(None)]
    lines += rows(vectors) if vectors else []
    table = "\n".join(lines)
    if "--write" not in sys.argv:
        sys.stdout.write(table + "\n")
        return
    fill(PAGE, BEGIN, END, f"\n{table}\n")


if __name__ == "__main__":
    main()
