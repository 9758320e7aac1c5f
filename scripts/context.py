"""Measure whether a question's context holds the definition that the answer needs.

usage: context.py DATA SNAPSHOTS [--budget TOKENS] [--sample N] [--seed S]

DATA is the folder of the development set (gold.jsonl), SNAPSHOTS the folder in which its materialise.py laid the
repositories out. A case is drift that a maintainer later fixed; its ``evidence`` names the definitions of the right
word. The question is asked at the line of the document, before the fix; a case counts if the context names one of
them below its file: in a map, or as a definition in full. ``popular`` is the same map without a place, to compare with.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from vt_lsp.claude_integration.messages import Excerpt
from vt_lsp.claude_integration.relevance import document_seeds
from vt_lsp.claude_integration.repository_map import repository_map
from vt_lsp.claude_integration.streaming import Asked, Context, Contexts, Part, Place
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
from vt_lsp.text import LineIndex

Row = dict[str, Any]
QUESTION = "Is what is written here still so? If not, what is right now?"


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("snapshots", type=Path)
    parser.add_argument("--budget", type=int, default=8000)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=30)
    options = parser.parse_args()
    rows = [json.loads(line) for line in (options.data / "gold.jsonl").read_text("utf-8").splitlines() if line.strip()]
    rows.sort(key=lambda row: row["id"])
    if options.sample:
        rows = random.Random(options.seed).sample(rows, options.sample)  # noqa: S311 - a sample, no secret
    results = list(measured(rows, options.snapshots, options.budget))
    report(results, options.budget)
    return 0


def measured(rows: list[Row], snapshots: Path, budget: int) -> Any:  # noqa: ANN401 - an iterator of rows
    """Each case with whether it is named, what it cost, and how long it took."""
    by_tree: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_tree[row["repo"], row["parent_commit"]].append(row)
    for (repo, commit), cases in by_tree.items():
        engine = Engine(snapshots / repo.replace("/", "+") / commit[:12], Settings(history=False))
        engine.scan()
        contexts = Contexts(engine, lambda _path: True)
        for row in cases:
            yield one(engine, contexts, row, budget)
        engine.dispose()


def one(engine: Engine, contexts: Contexts, row: Row, budget: int) -> Row:
    """One case."""
    data = engine.text(row["doc"])
    if data is None:
        raise FileNotFoundError(row["doc"])
    at = LineIndex(data).offset(row["line"] - 1, 0, "utf-8")
    contexts.graph()
    began = time.perf_counter()
    context = contexts.build(Asked(QUESTION, Place(row["doc"], at, at)), budget)
    seconds = time.perf_counter() - began
    graph = contexts.graph()
    rank = graph.rank(document_seeds(engine, graph, ""))
    popular = Context((Part("map", Excerpt("", repository_map(graph, rank, budget).text), 0),))
    return {
        "id": row["id"],
        "repo": row["repo"],
        "kind": row["kind"],
        "named": any(names(context, evidence) for evidence in row["evidence"]),
        "popular": any(names(popular, evidence) for evidence in row["evidence"]),
        "tokens": context.tokens,
        "seconds": seconds,
        "is": f"{row['old']} -> {row['new']}",
    }


def names(context: Context, evidence: Row) -> bool:
    """Whether a context names a definition below the file that has it."""
    path, name = evidence["path"], evidence["name"].partition("(")[0]
    maps = "\n".join(part.text for part in context.of("map", "place-map"))
    in_map = re.findall(rf"^{re.escape(path)}:\n((?:  .*\n)*)", maps, re.MULTILINE)
    in_full = [part.text for part in context.of("definitions") if part.path == path]
    if is_module(evidence):
        return bool(in_map or in_full)
    parts = [part for part in name.split(".") if part not in {"self", "__init__"}]
    last = name if evidence["what"] == "option" else parts[-1]
    line = re.compile(rf"^ +(?:async |def |class |@property |\[\w+\] )*{re.escape(last)}(?![\w-])", re.MULTILINE)
    word = re.compile(rf"(?<![\w-]){re.escape(last)}(?![\w-])")
    return any(line.search(found) for found in in_map) or any(word.search(found) for found in in_full)


def is_module(evidence: Row) -> bool:
    """The evidence is a file as a whole."""
    path, last = evidence["path"], evidence["name"].rpartition(".")[2]
    is_file = path.endswith((f"/{last}.py", f"/{last}/__init__.py"))
    return evidence["what"] in {"module", "file"} or (is_file and evidence["line"] in {None, 1})


def report(results: list[Row], budget: int) -> None:
    """Print the figures for people."""
    kinds: dict[str, list[Row]] = defaultdict(list)
    for row in results:
        kinds[row["kind"]].append(row)
    named, popular = sum(row["named"] for row in results), sum(row["popular"] for row in results)
    spent = sorted(row["tokens"] for row in results)
    slow = sorted(row["seconds"] for row in results)
    out = [
        f"budget {budget}: {named} of {len(results)} named ({named / len(results):.0%}); popular {popular}",
        f"tokens: median {spent[len(spent) // 2]}, most {spent[-1]}",
        f"seconds: median {slow[len(slow) // 2]:.3f}, most {slow[-1]:.3f}",
        *(f"{kind}: {sum(row['named'] for row in found)} of {len(found)}" for kind, found in sorted(kinds.items())),
        *(f"not named: {row['id']} {row['repo']} {row['kind']} {row['is']}" for row in results if not row["named"]),
    ]
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    sys.exit(main())
