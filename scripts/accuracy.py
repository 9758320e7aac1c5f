"""Measure the checks on real drift, and write docs/accuracy.md.

usage: accuracy.py DATA SNAPSHOTS [--repositories FOLDER] [--write]

DATA is the folder of the development set (gold.jsonl, stable-references.jsonl, labelled-references.jsonl, score.py),
SNAPSHOTS the folder in which its materialise.py laid the repositories out, FOLDER one with checkouts of other
repositories, named ``owner+name``. Only what lies before a snapshot is seen. Findings that were read by hand stand in
scripts/accuracy-labels.jsonl; ``--sample N`` writes N findings that still want reading to the standard output.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.marked import fill
from vt_lsp.engine import Engine
from vt_lsp.models import Role
from vt_lsp.settings import Settings
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vt_lsp.models import Claim, DriftReport

ROOT = Path(__file__).resolve().parent.parent
LABELS = ROOT / "scripts" / "accuracy-labels.jsonl"
PAGE = ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- figures: made by scripts/accuracy.py -->", "<!-- end of figures -->"
MARKDOWN = (".md", ".markdown", ".mdx")
LABELLED = "with the labels of the\nreadings where the same finding is still made"
SEED = 20  # of the sample that is read by hand
Row = dict[str, Any]


def load(path: Path) -> list[Row]:
    """The rows of a JSON Lines file; none where there is no file."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def in_markdown(rows: list[Row]) -> list[Row]:
    """Rows about Markdown documents: the other formats have readers of their own, later."""
    return [row for row in rows if row["doc"].endswith(MARKDOWN)]


def findings(engine: Engine, repo: str, commit: str) -> Iterator[Row]:
    """One row for each drift, as score.py reads it."""
    for drift in engine.drifts():
        lines = LineIndex(engine.text(drift.spec.path) or b"")
        line, _ = lines.position(drift.spec.start, "utf-32")
        yield {
            "repo": repo,
            "commit": commit,
            "doc": drift.spec.path,
            "line": line + 1,
            "message": drift.details,
            "tokens": tokens(drift),
            "suggestions": written_by(drift),
            "drift_type": str(drift.drift_type),
            "id": identity(repo, drift),
            "text": lines.line_text(line).strip()[:200],
        }


def written_by(drift: DriftReport) -> list[str]:
    """What the ways out would write into the document, best first."""
    edits = [way.edits[0].new_text for way in drift.realignments if way.target == "spec" and way.edits]
    return edits or list(drift.replacements)


def tokens(drift: DriftReport) -> list[str]:
    """The wrong words, whole and in parts."""
    return [drift.subject, *drift.subject.split("."), drift.written]


def identity(repo: str, drift: DriftReport) -> str:
    """Names a finding across the snapshots of a repository."""
    words = f"{repo}\0{drift.spec.path}\0{drift.drift_type}\0{drift.details}"
    return blake2b(words.encode(), digest_size=6).hexdigest()


def is_code_shaped(claim: Claim) -> bool:
    """A claim of now that speaks of code: no link, no plain word, no import of another package."""
    if claim.role is not Role.CURRENT or claim.kind == "link":
        return False
    return not {"plain", "example", "past", "negated"} & set(claim.hints)


def shares(engine: Engine) -> Counter[str]:
    """How many code-shaped claims about the project hold, are broken, stay unknown."""
    counts: Counter[str] = Counter()
    for path in engine.index.specs:
        for claim, verdict in engine.verdicts(path):
            foreign = verdict.state == "unknown" and "not of this project" in verdict.why
            if is_code_shaped(claim) and not foreign:
                counts[verdict.state] += 1
    return counts


def examine(root: Path, repo: str, commit: str) -> tuple[list[Row], Counter[str]]:
    """All findings of one checkout, and the shares of its claims."""
    with tempfile.TemporaryDirectory() as cache:
        engine = Engine(root, Settings(), Path(cache))
        try:
            engine.scan()
            found = list(findings(engine, repo, commit))
            counts = shares(engine)
        finally:
            engine.dispose()
    sys.stderr.write(f"{repo} {commit[:8]}: {len(found)} findings, {dict(counts)}\n")
    return found, counts


def snapshots(folder: Path, rows: Iterable[Row]) -> Iterator[tuple[Path, str, str]]:
    """Where the wanted snapshots lie."""
    wanted = {(row["repo"], row.get("parent_commit") or row["commit"]) for row in rows}
    for repo, commit in sorted(wanted):
        root = folder / repo.replace("/", "+") / commit[:12]
        if root.is_dir():
            yield root, repo, commit
        else:
            sys.stderr.write(f"not laid out: {repo} {commit[:12]}\n")


def checkouts(folder: Path | None) -> Iterator[tuple[Path, str, str]]:
    """The other repositories, at the commit that is checked out."""
    for root in sorted(folder.iterdir()) if folder else ():
        if (root / ".git").exists():
            head = subprocess.run(  # noqa: S603 - git, on a checkout that the caller names
                ["git", "-C", str(root), "rev-parse", "HEAD"],  # noqa: S607 - found on PATH, as everywhere
                capture_output=True,
                text=True,
                check=True,
            )
            yield root, root.name.replace("+", "/"), head.stdout.strip()


def score(data: Path, found: list[Row], gold: list[Row], references: list[Row]) -> str:
    """What the development set's own scorer says."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"found": found, "gold": gold, "references": references}
        paths = {name: Path(folder) / f"{name}.jsonl" for name in files}
        for name, rows in files.items():
            paths[name].write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - the scorer that the caller names
            [sys.executable, data / "score.py", paths["found"], paths["gold"], "--refs", paths["references"]],
            capture_output=True,
            text=True,
            check=True,
        )
    return done.stdout


def alarms(found: list[Row], references: list[Row]) -> int:
    """Stable references that a finding lies on and names."""
    at = {(row["repo"], row["commit"], row["doc"], row["line"]): row for row in found}
    count = 0
    for reference in references:
        row = at.get((reference["repo"], reference["commit"], reference["doc"], reference["line"]))
        count += row is not None and reference["name"].rpartition(".")[2] in row["tokens"]
    return count


def unique(found: Iterable[Row]) -> list[Row]:
    """Each finding once, however many snapshots and lines show it."""
    return list({row["id"]: row for row in found}.values())


def precision(found: list[Row]) -> str:
    """A table by drift type of the findings that were read by hand."""
    labels = {row["id"]: row["right"] for row in load(LABELS)}
    by_type: dict[str, Counter[str]] = defaultdict(Counter)
    for row in found:
        kind = row["drift_type"]
        by_type[kind]["found"] += 1
        if row["id"] in labels:
            by_type[kind]["right" if labels[row["id"]] else "wrong"] += 1
    lines = ["| drift type | findings | read | right | precision |", "| --- | ---: | ---: | ---: | ---: |"]
    total: Counter[str] = sum(by_type.values(), Counter())
    for kind, counts in [*sorted(by_type.items()), ("**all**", total)]:
        read = counts["right"] + counts["wrong"]
        rate = f"{counts['right'] / read:.0%}" if read else ""
        lines.append(f"| {kind} | {counts['found']} | {read} | {counts['right']} | {rate} |")
    return "\n".join(lines)


def resolution(states: dict[str, Counter[str]]) -> str:
    """A table by repository of the code-shaped claims that were decided."""
    lines = ["| repository | claims | hold | broken | decided |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, counts in sorted(states.items()):
        total = sum(counts.values())
        share = (counts["holds"] + counts["broken"]) / total if total else 0
        lines.append(f"| {name} | {total} | {counts['holds']} | {counts['broken']} | {share:.0%} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("snapshots", type=Path)
    parser.add_argument("--repositories", type=Path)
    parser.add_argument("--out", type=Path, help="also write all findings to this file")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()

    gold = in_markdown(load(args.data / "gold.jsonl"))
    stable = in_markdown(load(args.data / "stable-references.jsonl"))
    labelled = in_markdown(load(args.data / "labelled-references.jsonl"))
    found: list[Row] = []
    for root, repo, commit in snapshots(args.snapshots, [*gold, *stable, *labelled]):
        found += examine(root, repo, commit)[0]
    others: list[Row] = []
    states: dict[str, Counter[str]] = {}
    for root, repo, commit in checkouts(args.repositories):
        rows, states[f"{repo} {commit[:8]}"] = examine(root, repo, commit)
        others += rows
    everything = unique([*found, *others])
    if args.out:
        args.out.write_text("".join(json.dumps(row) + "\n" for row in [*found, *others]), encoding="utf-8")
    if args.sample:
        known = {row["id"] for row in load(LABELS)}
        fresh = sorted((row for row in everything if row["id"] not in known), key=lambda row: row["id"])
        for row in random.Random(SEED).sample(fresh, min(args.sample, len(fresh))):  # noqa: S311 - no secret
            sys.stdout.write(json.dumps(row) + "\n")
        return 0
    figures = "\n\n".join(
        (
            "Drift that a maintainer later fixed, in Markdown documents (score.py):",
            f"```text\n{score(args.data, found, gold, [*stable, *labelled]).rstrip()}\n```",
            f"False alarms on the {len(stable)} stable references: {alarms(found, stable)}.",
            f"Findings on all snapshots and repositories ({len(everything)} after removing repeats), {LABELLED}:",
            precision(everything),
            "Code-shaped claims about the project itself that are decided, in repositories at their newest commit:",
            resolution(states),
        )
    )
    sys.stdout.write(figures + "\n")
    if args.write:
        fill(PAGE, BEGIN, END, f"\n\n{figures}\n\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
