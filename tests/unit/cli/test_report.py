"""``vt-lsp report`` as a user runs it; how the page looks is tested in a browser."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.editors.browser import made
from vt_lsp.claude_integration.usage import Asked, usage_log
from vt_lsp.cli.main import main

SCHEMAS = Path(__file__).resolve().parents[3] / "vt_lsp/schemas"
REPORT, FORECAST, TIMELINE = (
    json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    for name in ("report", "forecast", "decision-timeline")
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


def as_json(root: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["report", "--root", str(root), "--format", "json"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(REPORT).validate(document)
    of_list = jsonschema.Draft202012Validator({"$ref": "#/$defs/list", "$defs": FORECAST["$defs"]})
    for one in document["lists"]:
        of_list.validate(one)
    return document


def test_a_project_with_a_past(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = made.make(home / "ordersvc")
    made.remember(root)
    found = as_json(root, capsys)
    assert main(["check", str(root), "--format", "json"]) == 1
    checked = json.loads(capsys.readouterr().out)
    for name in ("claims", "holds", "broken", "unknown", "compliance", "by_type"):
        assert found["summary"][name] == checked["summary"][name], name
    assert [one["fingerprint"] for one in found["drifts"]] == [one["fingerprint"] for one in checked["drifts"]]
    assert sum(one["broken"] for one in found["documents"]) == found["summary"]["broken"]
    assert sum(one["broken"] for one in found["folders"]) == found["summary"]["broken"]
    (commit,) = found["commits"]
    assert (commit["subject"], commit["drifts"]) == ("A dry run is called what it is: validation", 1)
    assert [one["days"] for one in found["drifts"] if one["commit"] == commit["commit"]] == [41]
    (tasks,) = found["lists"]
    assert (tasks["done"], tasks["total"], len(tasks["parts"])) == (13, 18, 4)
    assert len(found["decisions"]) == 9
    (conflict,) = found["conflicts"]
    assert "SQLite" in conflict["explanation"]
    assert found["absent"].keys() == {"trend", "alerts", "claude"}


def test_what_claude_cost(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "empty").mkdir()
    now = time.time()
    log = usage_log()
    log.record(Asked(now - 40 * 86400, cost=9.0))  # too long ago
    log.record(Asked(now - 60, input=900, cache_read=100, output=50, cost=0.25))
    log.record(Asked(now - 30, cached=True, saved=1050))
    claude = as_json(home / "empty", capsys)["claude"]
    assert (claude["questions"], claude["hits"], claude["hit_rate"], claude["cost"]) == (2, 1, 0.5, 0.25)
    assert (claude["prompt_tokens"], claude["saved_tokens"]) == (1000, 1050)
    assert sum(day["cost"] for day in claude["by_day"]) == 0.25


def test_an_empty_folder_says_why_there_is_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "empty").mkdir()
    found = as_json(home / "empty", capsys)
    assert found["absent"].keys() == {
        "trend", "drifts", "documents", "commits", "lists", "decisions", "conflicts", "alerts", "claude",
    }  # fmt: skip


def test_the_page_is_one_file_without_a_network(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = made.make(home / "ordersvc")
    page = home / "page.html"
    assert main(["report", "--root", str(root), "--output", str(page)]) == 0
    assert str(page) in capsys.readouterr().err
    text = page.read_text("utf-8")
    assert len(text) < 2_000_000
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "'unsafe-inline'" not in policy[1].partition("script-src")[2].partition(";")[0]
    assert not re.search(r'(?:src|href)="(?!#|data:)', text.partition("<script")[0])
    assert str(root) not in text


def test_a_name_and_stdout(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "empty").mkdir()
    assert main(["report", "--root", str(home / "empty"), "--output", "-", "--name", "</script><b>"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("<!DOCTYPE html>")
    assert "</script><b>" not in out
    assert '"name":"\\u003c/script>\\u003cb>"' in out


def test_what_cannot_be_written_is_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "empty").mkdir()
    assert main(["report", "--root", str(home / "empty"), "--output", str(home / "no/such/place.html")]) == 2
    assert "cannot be written" in capsys.readouterr().err
