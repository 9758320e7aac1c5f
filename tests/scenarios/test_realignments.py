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
    from pathlib import Path

    from vt_lsp.models import DriftReport, Realignment

DRIFTING = [path for path in SCENARIOS if parse(path.read_text(encoding="utf-8")).expected]


@pytest.mark.parametrize("path", DRIFTING, ids=[str(p.relative_to(HERE)) for p in DRIFTING])
def test_each_way_out_is_one(path: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    lay_out(parse(path.read_text(encoding="utf-8")), root)
    engine = started(root, tmp_path / "cache")
    try:
        before = engine.drifts()
        for drift in before:
            ways = engine.realignments(drift)
            assert ways == engine.realignments(drift)
            for way in ways:
                assert_clears(engine, drift, way)
                assert engine.drifts() == before, "what was taken back is as it was"
    finally:
        engine.dispose()


def started(root: Path, cache: Path) -> Engine:
    """An engine that has scanned the project."""
    settings, _ = load_project_settings(root)
    engine = Engine(root, settings, cache)
    engine.scan()
    return engine


def assert_clears(engine: Engine, drift: DriftReport, way: Realignment) -> None:
    """The edits in an editor leave one such drift less, and nothing to do for it; then they are taken back."""
    count = alike(engine, drift)
    texts = {edit.place.path: engine.text(edit.place.path) for edit in way.edits}
    for name, old in texts.items():
        new = applied(old or b"", [edit for edit in way.edits if edit.place.path == name])
        assert new != old
        was_broken = parser().parse(old or b"").root_node.has_error
        assert not name.endswith(".py") or was_broken or not parser().parse(new).root_node.has_error, way
        if old is None:
            (engine.root / name).parent.mkdir(parents=True, exist_ok=True)
            (engine.root / name).write_bytes(new)
        else:
            engine.update(name, new, overlay=True)
    look_again(engine)
    assert alike(engine, drift) < count, (drift.details, way)
    assert count > 1 or engine.realignments(drift) == ()
    for name, old in texts.items():
        if old is None:
            (engine.root / name).unlink()
        else:
            engine.close(name)
    look_again(engine)


def look_again(engine: Engine) -> None:
    """As after a change on disk: files that came are read, those that went are forgotten."""
    for name in engine.set_listing(engine.discover()):
        engine.update(name, (engine.root / name).read_bytes(), overlay=False)
    engine.check()


def alike(engine: Engine, drift: DriftReport) -> int:
    """How many drifts say the same in the section."""
    base = drift.fingerprint.partition("-")[0]
    return sum(one.fingerprint.partition("-")[0] == base for one in engine.drifts())
