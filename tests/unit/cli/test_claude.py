from __future__ import annotations

import json
import time
from pathlib import Path

import jsonschema
import pytest

import vt_lsp
from vt_lsp.claude_integration.usage import Asked, UsageLog, statistics, usage_log
from vt_lsp.cli.main import main

SCHEMA = Path(vt_lsp.__file__).parent / "schemas" / "claude-statistics.schema.json"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)


def questions() -> list[Asked]:
    now = time.time()
    return [
        Asked(now, template="explain", version="1", provider="claude-cli", input=900, output=100, cost=0.01, first=0.8),
        Asked(now, template="explain", version="1", provider="claude-cli", cached=True, saved=1000, first=0.002),
        Asked(now, template="explain", version="1", provider="offline", outcome="overloaded"),
        Asked(now, kind="accepted", template="explain", version="1"),
        Asked(now - 100 * 86_400, provider="claude-cli", input=5, cost=1.0),
    ]


def test_the_figures_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claude", "stats"]) == 0
    assert capsys.readouterr().out == "Questions in the last 30 days: 0\n"
    for asked in questions():
        usage_log().record(asked)
    assert main(["claude", "stats"]) == 0
    shown = capsys.readouterr().out
    for words in ("days: 3\n", "1 (50%), which saved 1,000 tokens", "because of: overloaded", "$0.0100", "1 accepted"):
        assert words in shown
    assert main(["claude", "stats", "--format", "json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(answer)
    assert (answer["hits"], answer["saved_tokens"], answer["first_mean"]) == (1, 1000, 0.8)


def test_health_tells_who_can_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claude", "health", "--root", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["no", "claude-cli"], ["no", "claude-api"], ["yes", "offline"]]
    assert main(["claude", "clear-cache", "--root", str(tmp_path)]) == 0


def test_lines_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    log = UsageLog(tmp_path / "state")
    log.record(questions()[0])
    with (tmp_path / "state" / "usage.jsonl").open("ab") as file:
        file.write(b'not JSON\n{"at": "x"}\n\xff\n')
    log.record(questions()[1])
    assert statistics(log.read()).questions == 2
    assert round(log.spent_today(), 4) == 0.01
    assert round(log.spent_today(), 4) == 0.01
