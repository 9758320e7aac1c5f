"""Measure precedents and conflicts on collections of decisions whose links are known.

``python scripts/precedents.py DATA [--write]``: DATA holds docs.jsonl, queries.jsonl, conflicts.jsonl and score.py.
Prints the figures, or writes them into docs/accuracy.md between the marks.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.marked import fill
from vt_lsp.models import Severity
from vt_lsp.workflow_memory.conflict_detector import Decided, conflicts
from vt_lsp.workflow_memory.precedent_engine import GATE, GATE_OF_MORE, ranked
from vt_lsp.workflow_memory.precedent_index import Entry, PrecedentIndex, Situation
from vt_lsp.workflow_memory.vectors import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.workflow_memory.precedent_engine import Precedent
    from vt_lsp.workflow_memory.vectors import StaticVectors

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/accuracy.md"
PAIRS = ROOT / "tests/unit/workflow_memory/conflicts"
BEGIN, END = "<!-- precedents: made by scripts/precedents.py -->", "<!-- precedents: end -->"
DEPTH = 50

Row = dict[str, Any]


def rows(path: Path) -> list[Row]:
    """The lines of a JSON lines file."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def asked(data: Path, vectors: StaticVectors | None) -> Iterator[tuple[Row, list[Precedent]]]:
    """Each query with its ranked decisions: those made earlier in the same collection, by an index that grows."""
    queries = {query["doc"]: query for query in rows(data / "queries.jsonl")}
    collections = defaultdict(list)
    for document in rows(data / "docs.jsonl"):
        collections[document["corpus"]].append(document)
    for documents in collections.values():
        index = PrecedentIndex((), vectors)
        for document in sorted(documents, key=lambda each: each["seq"]):
            query = queries.get(document["id"])
            if query:
                yield query, ranked(index, situation_of(query), DEPTH)
            if not document.get("process"):
                links = frozenset(link[0] for link in query["relevant"]) if query else frozenset()
                index.put(entry_of(document, links))


def situation_of(query: Row) -> Situation:
    """A later decision without what it decides."""
    return Situation(query["title"], query["situation"], frozenset(query["tags"]))


def entry_of(document: Row, links: frozenset[str]) -> Entry:
    """An earlier decision."""
    text = " ".join((document["summary"], document["context"], document["decision"]))
    return Entry(document["id"], document["title"], text, document["seq"], frozenset(document["tags"]), links=links)


def retrieval(data: Path, vectors: StaticVectors | None) -> list[str]:
    """What score.py says, and how often something is shown."""
    results = list(asked(data, vectors))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ranked.jsonl"
        lines = [
            json.dumps({"query": query["id"], "ranked": [one.entry.id for one in found]}) for query, found in results
        ]
        path.write_text("\n".join(lines), "utf-8")
        command = [sys.executable, str(data / "score.py"), str(data), str(path)]
        scored = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - the data's own
    wanted = re.compile(r"\b(p1|hit5|ndcg10|strong_hit5|superseded_hit5) ([\d.]+) \S+ (n\d+)")
    found = []
    for line in scored.splitlines():
        figures = "  ".join(f"{name} {value}" for name, value, _ in wanted.findall(line))
        found.append(f"{line[:18]} {figures}" if figures else line)
    shown = [len(shown_of(ranking)) for _, ranking in results]
    some, each = sum(map(bool, shown)) / len(shown), sum(shown) / len(shown)
    found.append(f"shown: something for {some:.3f} of the queries, {each:.2f} each")
    return found


def shown_of(found: list[Precedent]) -> list[Precedent]:
    """What passes the gate among the first five, as the engine shows it."""
    passed = [one for one in found[:5] if one.confidence >= GATE]
    return passed[:1] + [one for one in passed[1:] if one.confidence >= GATE_OF_MORE]


def contradictions(data: Path) -> list[str]:
    """Conflicts of severity error on the pairs of the tests, and on public pairs of linked decisions."""
    found = []
    for name in ("development.txt", "held_out.txt"):
        counts: Counter[tuple[bool, bool]] = Counter()
        contradictory = False
        for line in (PAIRS / name).read_text("utf-8").splitlines():
            if line.startswith("## "):
                contradictory = line == "## contradictory"
            elif "||" in line and not line.startswith("#"):
                counts[contradictory, has_error([side(n, text) for n, text in enumerate(line.split("||"))])] += 1
        right, wrong = counts[True, True], counts[False, True]
        found.append(
            f"pairs, {name[:-4]}: {right} of {right + counts[True, False]} contradictions found, "
            f"{wrong} errors on {wrong + counts[False, False]} compatible pairs"
        )
    raised = Counter(
        pair["label"]
        for pair in rows(data / "conflicts.jsonl")
        if has_error([public(n, pair[key]) for n, key in enumerate(("earlier", "later"))])
    )
    found.append(f"public pairs: errors on {dict(raised)}")
    return found


def side(number: int, text: str) -> Decided:
    """One side of a pair of the tests, with its status in brackets if not accepted."""
    match = re.fullmatch(r"(?:\[(\w+)\] )?(.+)", text.strip())
    assert match
    return Decided(str(number), match[2], status=match[1] or "accepted", when=number)


def public(number: int, document: Row) -> Decided:
    """One side of a public pair, as if it were still in force."""
    return Decided(document["id"], document["title"], f"{document['context']} {document['decision']}", when=number)


def has_error(decided: list[Decided]) -> bool:
    """Whether these decisions are said to contradict each other."""
    return any(conflict.severity is Severity.ERROR for conflict in conflicts(decided))


def main() -> None:
    """Measure, and print or write."""
    data = Path(sys.argv[1])
    parts = [("With static vectors (the extra `meaning`)", retrieval(data, load()))] if load() else []
    parts += [("Without vectors", retrieval(data, None)), ("Conflicts", contradictions(data))]
    text = "\n".join(f"\n{title}:\n\n```text\n" + "\n".join(lines) + "\n```" for title, lines in parts)
    if "--write" not in sys.argv:
        sys.stdout.write(text + "\n")
        return
    fill(PAGE, BEGIN, END, f"\n{text}\n\n")


if __name__ == "__main__":
    main()
