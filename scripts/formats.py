"""Count what the readers of formats claim on real repositories, and write the tables of docs/formats.

usage: formats.py REPOSITORY... [--write] [--findings FILE]

For each format: how many claims of each kind held, were broken or stayed unknown in the documents of that format.
``--findings`` writes the drifts in these documents, one a line, for reading by hand.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from scripts.marked import fill
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
from vt_lsp.specs.docstrings import FORMAT as DOCSTRINGS
from vt_lsp.specs.formats import FORMATS
from vt_lsp.specs.openapi import FORMAT as OPENAPI
from vt_lsp.text import LineIndex

PAGES = Path(__file__).resolve().parent.parent / "docs" / "formats"
BEGIN, END = "<!-- figures: made by scripts/formats.py -->", "<!-- end of figures -->"
STATES = ("holds", "broken", "unknown")
Counts = dict[str, Counter[tuple[str, str]]]


def main() -> None:
    """Count, and print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--findings", type=Path)
    options = parser.parse_args()
    counts: Counts = defaultdict(Counter)
    documents: Counter[str] = Counter()
    homes: defaultdict[str, set[str]] = defaultdict(set)
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as cache:
        for root in options.repositories:
            findings += look_at(root, Path(cache) / root.name, counts, documents, homes)
    for name in (*(known.name for known in FORMATS), OPENAPI, DOCSTRINGS):
        table = figures(name, counts, documents, homes)
        page = PAGES / f"{name}.md"
        if options.write and page.exists():
            fill(page, BEGIN, END, table.removeprefix(BEGIN).removesuffix(END))
        else:
            print(f"## {name}\n\n{table}\n")  # noqa: T201 - a script
    if options.findings:
        options.findings.write_text("\n".join(findings) + "\n", "utf-8")


def look_at(
    root: Path, cache: Path, counts: Counts, documents: Counter[str], homes: defaultdict[str, set[str]]
) -> list[str]:
    """Add one repository's verdicts to the counts; its findings come back."""
    engine = Engine(root, Settings(), cache)
    try:
        engine.scan()
        engine.look_back()
        for path, facts in engine.index.specs.items():
            if facts.format:
                documents[facts.format] += 1
                homes[facts.format].add(root.name)
                counts[facts.format].update((claim.kind, verdict.state) for claim, verdict in engine.verdicts(path))
        lines = []
        for drift in engine.drifts():
            format_name = engine.index.specs[drift.spec.path].format
            if format_name:
                text = LineIndex(engine.text(drift.spec.path) or b"")
                line, _ = text.position(drift.spec.start, "utf-32")
                place = f"{root.name}:{drift.spec.path}:{line + 1}"
                lines.append(f"{format_name}\t{drift.drift_type}\t{drift.severity}\t{place}\t{drift.details}")
        return lines
    finally:
        engine.dispose()


def figures(name: str, counts: Counts, documents: Counter[str], homes: defaultdict[str, set[str]]) -> str:
    """The table of one format, between its marks."""
    rows = [f"{documents[name]} documents of {len(homes[name])} public repositories.", ""]
    rows += ["| claim | held | broken | unknown |", "| --- | --- | --- | --- |"]
    found = counts[name]
    for kind in sorted({kind for kind, _ in found}):
        rows.append(f"| {kind} | " + " | ".join(str(found[kind, state]) for state in STATES) + " |")
    return "\n".join([BEGIN, *rows, END])


if __name__ == "__main__":
    main()
