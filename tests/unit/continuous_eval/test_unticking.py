"""The way out of a task that is not done: its mark is taken away, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vt_lsp.engine import Engine
from vt_lsp.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# Tasks\n\n- [x] Write `a/c.py`\n", "# Tasks\n\n- [ ] Write `a/c.py`\n"),
        ("# Tasks\r\n\r\n1. [X] Wrïte a/c.py\r\n", "# Tasks\r\n\r\n1. [ ] Wrïte a/c.py\r\n"),
        ("# Tasks\n\n- Write `a/c.py` ✅\n", "# Tasks\n\n- Write `a/c.py`\n"),
        ("# Tasks\n\n- [x] All\n  - Write `a/c.py`\n", "# Tasks\n\n- [ ] All\n  - Write `a/c.py`\n"),
    ],
)
def test_unticking(before: str, after: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "a").mkdir(parents=True)
    (root / "a/b.py").write_text("class B: ...\n")
    (root / "tasks.md").write_bytes(before.encode())
    engine = Engine(root, Settings(history=False), tmp_path / "cache")
    try:
        engine.scan()
        (drift,) = engine.drifts()
    finally:
        engine.dispose()
    (way,) = [way for way in drift.realignments if way.title == "Untick the task"]
    assert not way.safe
    (edit,) = way.edits
    text = before.encode()
    assert (text[: edit.place.start] + edit.new_text.encode() + text[edit.place.end :]).decode() == after
