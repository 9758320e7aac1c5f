"""``scripts/why.py``, which tells whoever writes a rule why a claim is silent."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def why(*words: str | Path) -> subprocess.CompletedProcess[str]:
    script = [sys.executable, ROOT / "scripts/why.py", *words]
    return subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)


def test_each_claim_has_a_state_and_what_is_silent_a_reason(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(
        "# Shop\n\n`LIMIT = 10` and `LIMIT = 20` in `shop.py`.\nRich requires Python 3.6.\n"
    )
    (tmp_path / "shop.py").write_text("LIMIT = 20\n")
    done = why(tmp_path, "README.md")
    assert done.returncode == 0, done.stderr
    assert "README.md:3 constant LIMIT: broken `LIMIT` is `20`, not `10`\n" in done.stdout
    assert "README.md:3 constant LIMIT: holds\n" in done.stdout
    assert "README.md:4 version python: unknown another project may be spoken of\n" in done.stdout


def test_what_is_no_document_is_said(tmp_path: Path) -> None:
    done = why(tmp_path, "none.md")
    assert (done.returncode, done.stderr) == (1, "not read as a document: none.md\n")
