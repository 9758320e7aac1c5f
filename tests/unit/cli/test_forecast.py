"""``vt-lsp forecast`` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vt_lsp.cli.main import main

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "vt_lsp/schemas/forecast.schema.json").read_text("utf-8"))
DAY = 86400


def plan(done: int, head: str = "") -> str:
    boxes = "".join(f"- [{'x' if n < done else ' '}] T{n:03d} Make part number {n}\n" for n in range(20))
    return f"# Plan\n\n{head}\n\n{boxes}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = tmp_path / "project"
    root.mkdir()
    monkeypatch.chdir(root)
    subprocess.run(["git", "init", "-q"], check=True)
    return root


def commit(root: Path, days_ago: float, text: str) -> None:
    (root / "TASKS.md").write_text(text, "utf-8")
    when = f"{int(time.time() - days_ago * DAY)} +0000"
    environment = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(["git", "add", "-A"], check=True, cwd=root)
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "x"]
    subprocess.run(command, check=True, cwd=root, env=environment)


def as_json(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> list[dict[str, Any]]:
    assert main(["forecast", "--format", "json", *args]) == code
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    lists: list[dict[str, Any]] = document["lists"]
    return lists


def test_a_list_with_a_history_is_forecast(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(11):
        commit(project, 30 - 2 * number, plan(number))
    (found,) = as_json(capsys)
    assert (found["path"], found["done"], found["total"], found["refusal"]) == ("TASKS.md", 10, 20, None)
    assert 0 < found["within"]["7"] < found["within"]["30"] < found["within"]["90"] < 1
    assert [day["done"] for day in found["burn_up"]] == list(range(11))
    assert main(["forecast", "TASKS.md"]) == 0
    out = capsys.readouterr().out
    assert "10/20" in out
    assert "chance to be done: " in out
    assert "within 30 days" in out


def test_a_list_past_its_date_ends_with_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(4):
        commit(project, 20 - number, plan(number, "Due: 2020-01-31"))
    (found,) = as_json(capsys, code=1)
    assert (found["due"], found["by_due"], found["risk"]) == ("2020-01-31", 0.0, "high")
    assert found["risks"][0]["kind"] == "overdue"


def test_a_tick_without_its_artefact_is_not_done(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "app").mkdir()
    (project / "app/main.py").write_text("def run():\n    pass\n", "utf-8")
    commit(project, 20, plan(0).replace("Make part number 0", "Create `app/window.py`"))
    commit(project, 10, plan(5).replace("Make part number 0", "Create `app/window.py`"))
    (found,) = as_json(capsys)
    assert (found["done"], found["doubtful"]) == (4, 1)
    assert next(risk for risk in found["risks"] if risk["kind"] == "not-done")["line"] == 5


def test_without_git_the_reason_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "TASKS.md").write_text(plan(3), "utf-8")
    (found,) = as_json(capsys)
    assert found["refusal"] == "too little history: 0 of 20 tasks were ever ticked, and 3 came into being ticked"
    assert main(["forecast"]) == 0
    assert "no forecast: too little history" in capsys.readouterr().out


def test_finished_and_short_lists_are_not_shown_unless_asked_for(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "TASKS.md").write_text(plan(20), "utf-8")
    (project / "notes.md").write_text("# Notes\n\n- [ ] one\n- [ ] two\n", "utf-8")
    assert as_json(capsys) == []
    assert [one["path"] for one in as_json(capsys, "notes.md", "TASKS.md")] == ["notes.md", "TASKS.md"]


def test_what_is_no_list_is_a_wrong_usage(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "README.md").write_text("# Readme\n", "utf-8")
    (project / "a.py").write_text("", "utf-8")
    for name, said in (
        ("README.md", "no tasks in README.md"),
        ("a.py", "not a document with tasks"),
        ("no.md", "no such"),
    ):
        assert main(["forecast", name]) == 2
        assert said in capsys.readouterr().err
