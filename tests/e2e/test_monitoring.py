"""The monitor of a folder that an editor has open."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sample
from fake_editor import Editor, server_env

WATCHING = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return sample.make(tmp_path / "project")


def status(root: Path, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "vt_lsp", "monitor", "--status", "--format", "json", "--root", str(root)]
    done = subprocess.run(
        command, env=server_env(home), capture_output=True, check=False, cwd=Path(__file__).parents[2]
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_server_is_a_monitor_and_what_is_typed_counts_when_it_is_saved(root: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    spec = root / "docs/design.md"
    with Editor(root, home=home, capabilities=WATCHING) as editor:
        editor.settle()
        editor.wait(lambda: status(root, home)["drifts"] == len(sample.DRIFT), "the first evaluation")
        found = status(root, home)
        assert [(one["kind"], one["pid"]) for one in found["monitors"]] == [("server", editor.process.pid)]
        assert found["health"]["state"] == "ok"
        editor.open(spec)
        editor.change(spec, sample.SPEC.replace("MAX_OPEN = 100", "MAX_OPEN = 250"))
        editor.settle()
        evaluations = found["monitors"][0]["evaluations"]
        editor.wait(lambda: status(root, home)["monitors"][0]["evaluations"] > evaluations, "an evaluation of it")
        assert status(root, home)["drifts"] == len(sample.DRIFT)
        spec.write_text(sample.SPEC.replace("MAX_OPEN = 100", "MAX_OPEN = 250"), "utf-8")
        editor.tell(spec)
        editor.wait(lambda: status(root, home)["drifts"] == len(sample.DRIFT) - 1, "the one that was saved")
    ended = status(root, home)
    assert (ended["running"], ended["availability"], ended["missed"]) == (False, 1.0, 0)


def test_a_folder_that_was_away_is_read_anew(root: Path, tmp_path: Path) -> None:
    with Editor(root, home=tmp_path / "home") as editor:
        editor.settle()
        away = root.with_name("away")
        root.rename(away)
        editor.wait(
            lambda: any("not there" in said["message"] for said in editor.notifications("vt-lsp/status")), "the trouble"
        )
        (away / "docs/design.md").write_text("# Design\n\n`OrderBook.reopen()`\n", "utf-8")
        away.rename(root)
        editor.wait(lambda: editor.codes(root / "docs/design.md") == [(3, "missing-member")], "the folder again")
