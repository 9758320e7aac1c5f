"""``vt-lsp fix`` on all scenarios: what was realigned is gone for a fresh start, and a second time changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.test_realignments import DRIFTING, started
from tests.scenarios.test_scenarios import HERE, lay_out, parse
from vt_lsp.continuous_eval.fixing import Fixes, fix
from vt_lsp.workspace.replacing import replace_file

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", DRIFTING, ids=[str(p.relative_to(HERE)) for p in DRIFTING])
@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_what_was_fixed_is_gone(path: Path, ends: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    lay_out(parse(path.read_text(encoding="utf-8")), root)
    for file in root.rglob("*"):
        if file.is_file() and file.suffix in {".md", ".py", ".rst"}:
            file.write_bytes(file.read_bytes().replace(b"\n", ends.encode()))
    done = fixed(root, tmp_path / "cache")
    for name, text in done.after.items():
        assert ends == "\n" or b"\n" not in text.replace(b"\r\n", b""), "line ends stay"
        replace_file(root, name, done.before[name], text)
    engine = started(root, tmp_path / "other cache")
    left = {(drift.fingerprint, drift.details) for drift in engine.drifts()}
    engine.dispose()
    assert not left & {(one.drift.fingerprint, one.drift.details) for one in done.applied}
    again = fixed(root, tmp_path / "cache")
    assert not again.after
    assert not again.applied


def fixed(root: Path, cache: Path) -> Fixes:
    engine = started(root, cache)
    try:
        return fix(engine, engine.drifts, None, lambda _path: "")
    finally:
        engine.dispose()
