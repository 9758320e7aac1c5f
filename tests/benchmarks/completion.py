"""How long completion in a document takes in a large project: ``-m tests.benchmarks.completion ROOT DOCUMENT``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.figures import percentile
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
from vt_lsp.specs.writing import writing_at
from vt_lsp.workspace import candidates

TYPED = ["`", "`t", "`Ta", "`Task", "`Task.", "`task.apply", "`get", "`a/", "`zzz"]
ROUNDS = 20


def measure(root: Path, document: str) -> list[float]:
    """Milliseconds of each completion at the end of a document, without the protocol."""
    with tempfile.TemporaryDirectory() as cache:
        engine = Engine(root, Settings(), Path(cache))
        engine.scan()
        data = engine.text(document) or b""
        took = []
        for _ in range(ROUNDS):
            for typed in TYPED:
                text = data + b"\n\n" + typed.encode()
                began = time.perf_counter()
                writing = writing_at(text, len(text))
                if writing is not None:
                    judged = engine.verdicts(document)
                    near = candidates.Near(
                        frozenset(claim.subject for claim, _ in judged),
                        frozenset(verdict.target[0] for _, verdict in judged if verdict.target is not None),
                    )
                    names = candidates.names(engine.index, writing.text, near)
                    candidates.nearest(names)
                    candidates.nearest(candidates.paths(engine.index, writing.text, document, from_root=True))
                took.append(1000 * (time.perf_counter() - began))
        engine.dispose()
    return took


def main() -> None:
    """Print the median, the 95th percentile and the slowest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("document")
    arguments = parser.parse_args()
    took = measure(arguments.root, arguments.document)
    told = f"p50 {percentile(took, 0.5):.1f} ms, p95 {percentile(took, 0.95):.1f} ms, slowest {max(took):.1f} ms\n"
    sys.stdout.write(told)


if __name__ == "__main__":
    main()
