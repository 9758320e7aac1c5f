"""What is offered for the drifts of all scenarios parses, clears its drift, and does no harm when it is done twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.test_scenarios import HERE, SCENARIOS, lay_out, parse
from vt_lsp.code.grammar import parser
from vt_lsp.continuous_eval.realignment.gate import applied
from vt_lsp.engine import Engine
from vt_lsp.settings import load_project_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vt_lsp.models import DriftReport, Realignment

DRIFTING = [path for path in SCENARIOS if parse(path.read_text(encoding="utf-8")).expected]


@pytest.mark.parametrize("path", DRIFTING, ids=[str(p.relative_to(HERE)) for p in DRIFTING])
def test_each_way_out_is_one(path: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    lay_out(parse(path.read_text(encoding="utf-8")), root)
    for drift, way in list(offered(root, tmp_path / "cache")):
        before = {edit.place.path: text(root, edit.place.path) for edit in way.edits}
        for name, old in before.items():
            new = applied(old or b"", [edit for edit in way.edits if edit.place.path == name])
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(new)
            was_broken = old is not None and parser().parse(old).root_node.has_error
            assert not name.endswith(".py") or was_broken or not parser().parse(new).root_node.has_error, way
        assert not has(root, tmp_path / "cache", drift), (drift.details, way)
        for name, old in before.items():
            (root / name).write_bytes(old) if old is not None else (root / name).unlink()


def offered(root: Path, cache: Path) -> Iterator[tuple[DriftReport, Realignment]]:
    """Each drift with each of its ways out; a second question gives the same answer."""
    engine = started(root, cache)
    try:
        for drift in engine.drifts():
            ways = engine.realignments(drift)
            assert ways == engine.realignments(drift)
            assert engine.find(drift.fingerprint) == drift, "asking changes nothing"
            yield from ((drift, way) for way in ways)
    finally:
        engine.dispose()


def has(root: Path, cache: Path, drift: DriftReport) -> bool:
    """A fresh start still finds the drift, or offers something for it."""
    engine = started(root, cache)
    try:
        same = [d for d in engine.drifts() if (d.fingerprint, d.details) == (drift.fingerprint, drift.details)]
        return bool(same) or bool(engine.realignments(drift))
    finally:
        engine.dispose()


def started(root: Path, cache: Path) -> Engine:
    settings, _ = load_project_settings(root)
    engine = Engine(root, settings, cache)
    engine.scan()
    return engine


def text(root: Path, path: str) -> bytes | None:
    return (root / path).read_bytes() if (root / path).exists() else None
