"""Print what became of each claim of one document: for whoever writes a rule.

usage: why.py ROOT DOCUMENT, the document relative to the root.
"""

from __future__ import annotations

import sys
from pathlib import Path

from vt_lsp.engine import Engine
from vt_lsp.settings import load_project_settings
from vt_lsp.text import LineIndex


def main(root: Path, path: str) -> int:
    """Write a line for each claim; 1 where the document is not read."""
    settings, _ = load_project_settings(root)
    engine = Engine(root, settings)
    try:
        engine.scan()
        text = engine.text(path)
        if engine.spec_facts(path) is None or text is None:
            sys.stderr.write(f"not read as a document: {path}\n")
            return 1
        lines = LineIndex(text)
        for claim, verdict in engine.verdicts(path):
            line = lines.position(claim.start, "utf-32")[0] + 1
            said = verdict.report.details if verdict.report is not None else verdict.why
            sys.stdout.write(f"{path}:{line} {claim.kind} {claim.subject}: {verdict.state} {said}".rstrip() + "\n")
    finally:
        engine.dispose()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
