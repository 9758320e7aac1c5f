"""Measure the checks on real drift, and write docs/accuracy.md.

usage: accuracy.py DATA SNAPSHOTS [--write]

DATA is the folder of the development set (gold.jsonl, stable-references.jsonl, labelled-references.jsonl, score.py);
SNAPSHOTS the folder in which its materialise.py laid the repositories out. Only what lies before a snapshot is seen.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

from vt_lsp.engine import Engine
from vt_lsp.models import DriftReport
from vt_lsp.settings import Settings
from vt_lsp.text import LineIndex

MARKDOWN = (".md", ".markdown", ".mdx")
Row = dict[str, Any]


def load(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def in_markdown(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["doc"].endswith(MARKDOWN)]


def predictions(engine: Engine, repo: str, commit: str) -> list[Row]:
    """One row for each drift, as score.py reads it."""
    lines: dict[str, LineIndex] = {}
    rows = []
    for drift in engine.drifts():
        path = drift.spec.path
        if path not in lines:
            lines[path] = LineIndex(engine.text(path) or b"")
        line, _ = lines[path].position(drift.spec.start, "utf-32")
        rows.append(
            {
                "repo": repo,
                "commit": commit,
                "doc": path,
                "line": line + 1,
                "message": drift.details,
                "tokens": tokens(drift),
                "suggestions": list(drift.replacements),
                "drift_type": str(drift.drift_type),
                "text": lines[path].line_text(line).strip()[:200],
            }
        )
    return rows


def tokens(drift: DriftReport) -> list[str]:
    return [drift.subject, *drift.subject.split("."), drift.written]


def examine(snapshots: Path, wanted: dict[str, set[str]]) -> tuple[list[Row], dict[str, Counter[str]]]:
    rows: list[Row] = []
    states: dict[str, Counter[str]] = {}
    for repo, commits in sorted(wanted.items()):
        for commit in sorted(commits):
            root = snapshots / repo.replace("/", "+") / commit[:12]
            if not root.is_dir():
                sys.stderr.write(f"not laid out: {repo} {commit[:12]}\n")
                continue
            with tempfile.TemporaryDirectory() as cache:
                engine = Engine(root, Settings(), Path(cache))
                engine.scan()
                rows += predictions(engine, repo, commit)
                summary = engine.summary()
                states[f"{repo}@{commit[:8]}"] = Counter(
                    claims=summary.claims, holds=summary.holds, broken=summary.broken, unknown=summary.unknown
                )
                engine.dispose()
            sys.stderr.write(f"{repo} {commit[:8]} {dict(states[f'{repo}@{commit[:8]}'])}\n")
    return rows, states


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("snapshots", type=Path)
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir()) / "vt-lsp-predictions.jsonl")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    gold = in_markdown(load(args.data / "gold.jsonl"))
    stable = in_markdown(load(args.data / "stable-references.jsonl"))
    labelled = in_markdown(load(args.data / "labelled-references.jsonl"))
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in [*gold, *stable, *labelled]:
        if args.only in row["repo"]:
            wanted[row["repo"]].add(row.get("parent_commit") or row["commit"])
    rows, _ = examine(args.snapshots, wanted)
    args.out.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for name, some in (("gold", gold), ("refs", [*stable, *labelled])):
            files[name] = Path(folder) / f"{name}.jsonl"
            files[name].write_text("".join(json.dumps(row) + "\n" for row in some if args.only in row["repo"]))
        subprocess.run(  # the development set's own scorer
            [sys.executable, args.data / "score.py", args.out, files["gold"], "--refs", files["refs"]], check=True
        )
    found = {(r["repo"], r["commit"], r["doc"], r["line"]) for r in rows}
    for row in gold:
        if args.only in row["repo"] and not any(
            (row["repo"], row["parent_commit"], doc, line) in found for doc, line in row["locations"]
        ):
            sys.stdout.write(f"missed: {row['repo']} {row['doc']}:{row['line']} {row['kind']} {row['old']} -> {row['new']}\n")
    by_type = Counter(row["drift_type"] for row in rows)
    sys.stdout.write(f"{len(rows)} findings: {dict(by_type)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
