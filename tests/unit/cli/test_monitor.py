"""``vt-lsp monitor`` as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.unit.continuous_eval import running
from vt_lsp.cli.main import main

SCHEMAS = Path(__file__).resolve().parents[3] / "vt_lsp/schemas"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = running.project(tmp_path / "project")
    monkeypatch.chdir(found)
    return found


def held(schema: str, text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / schema).read_text("utf-8"))).validate(document)
    return document


def test_once_remembers_what_it_saw(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", "--once", "--format", "json"]) == 0
    first = held("monitor.schema.json", capsys.readouterr().out)
    assert (first["baseline"], first["drifts"], first["compliance"]) == (True, 0, 1.0)
    running_edit(root)
    assert main(["monitor", "--once", "--format", "json"]) == 1
    second = held("monitor.schema.json", capsys.readouterr().out)
    assert not second["baseline"]
    assert [one["path"] for one in second["appeared"]] == ["docs/shelf.md"] * second["drifts"]
    assert second["folders"]["docs"]["broken"] == second["drifts"] > 0
    assert main(["monitor", "--once"]) == 1
    assert "drifts, compliance" in capsys.readouterr().out


def running_edit(root: Path) -> None:
    (root / "shop/shelf.py").write_text(running.CODE.replace("copies", "count"))


def test_without_a_monitor_the_status_says_so(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["monitor", "--status", "--format", "json"]) == 1
    found = held("monitor-status.schema.json", capsys.readouterr().out)
    assert (found["running"], found["monitors"], found["last_evaluation"]) == (False, [], None)
    assert main(["monitor", "--status", "--root", str(root)]) == 1
    assert "none is running" in capsys.readouterr().out


def test_a_monitor_tells_of_itself_and_ends_in_order(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "vt_lsp", "monitor", "--format", "json"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, env=dict(os.environ), text=True) as process:
        assert process.stdout is not None
        held("monitor.schema.json", process.stdout.readline())
        deadline = time.monotonic() + running.PATIENCE
        while main(["monitor", "--status", "--format", "json"]) and time.monotonic() < deadline:
            capsys.readouterr()
            time.sleep(0.2)
        found = held("monitor-status.schema.json", capsys.readouterr().out)
        assert (found["running"], found["health"]["state"]) == (True, "ok")
        assert [one["pid"] for one in found["monitors"]] == [process.pid]
        assert main(["monitor", "--status"]) == 0
        assert f"process {process.pid}" in capsys.readouterr().out
        running_edit(root)
        lines = [held("monitor.schema.json", process.stdout.readline())]
        while not lines[-1]["appeared"]:
            lines.append(held("monitor.schema.json", process.stdout.readline()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(running.PATIENCE) == 143
    assert main(["monitor", "--status", "--format", "json"]) == 1
    found = held("monitor-status.schema.json", capsys.readouterr().out)
    assert (found["running"], found["drifts"], found["availability"]) == (False, lines[-1]["drifts"], 1.0)
