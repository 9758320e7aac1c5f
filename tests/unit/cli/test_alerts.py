"""``vt-lsp alerts`` as a user runs it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from vt_lsp.cli.main import main
from vt_lsp.continuous_eval.alert_events import Observation, Standing
from vt_lsp.continuous_eval.alert_state import Policy, Reacted
from vt_lsp.continuous_eval.alert_store import open_alerts
from vt_lsp.models import Severity

SCHEMAS = Path(__file__).resolve().parents[3] / "vt_lsp/schemas"
NOW = datetime.now(UTC)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "project"
    (root / "docs").mkdir(parents=True)
    (root / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\n')
    (root / "shop.py").write_text(
        'def ship(order):\n    """Ship.\n\n    Args:\n        order: It.\n        hurry: Yes.\n    """\n'
    )
    (root / "docs/a.md").write_text("# A\n\nCall `shop.ship(order, express=True)` now.\n")
    monkeypatch.chdir(root)
    return root


def raise_alerts(root: Path, *names: str) -> None:
    drifts = tuple(
        Standing(fingerprint=name, drift_type="broken-link", severity=Severity.WARNING, message=f"{name} is gone",
                 path=f"docs/{name}.md", line=4)
        for name in names
    )  # fmt: skip
    with open_alerts(root) as store:
        store.observe(Observation(), NOW - timedelta(hours=3), Policy())
        store.observe(Observation(drifts), NOW - timedelta(hours=2), Policy())


def as_json(capsys: pytest.CaptureFixture[str], schema: str, *words: str) -> Any:
    capsys.readouterr()
    assert main(["alerts", *words, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    known = json.loads((SCHEMAS / f"{schema}.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(known).validate(document)
    return document


def test_a_project_without_alerts_has_none_and_gets_no_file(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert as_json(capsys, "alerts", "list") == {"version": 1, "root": str(root), "total": 0, "alerts": []}
    assert main(["alerts", "list"]) == 0
    assert capsys.readouterr().out == "No alerts.\n"
    assert main(["alerts", "show", "abcdef"]) == 2
    assert capsys.readouterr().err == "vt-lsp: there are no alerts of this project\n"
    assert not (tmp_path / "state").exists()


def test_alerts_are_listed_shown_acknowledged_and_resolved(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raise_alerts(root, "a", "b")
    found = as_json(capsys, "alerts", "list")["alerts"]
    assert sorted(row["message"] for row in found) == ["a is gone", "b is gone"]
    name = found[0]["id"]
    assert main(["alerts", "list"]) == 0
    assert f"{name} warning[broken-link] docs/" in capsys.readouterr().out
    assert as_json(capsys, "alerts", "ack", name)["alerts"][0]["state"] == "acknowledged"
    done = as_json(capsys, "alerts", "resolve", name[:6], "--how", "we moved it")["alerts"][0]
    assert (done["state"], done["resolved_by"], done["how"]) == ("resolved", "user", "we moved it")
    shown = as_json(capsys, "alert", "show", name)
    assert [turn["state"] for turn in shown["trail"]] == ["open", "acknowledged", "resolved"]
    assert shown["alert"]["reasons"][0] == "warning: x 0.7"
    assert main(["alerts", "show", name]) == 0
    assert "resolved, warning by user: we moved it" in capsys.readouterr().out
    assert len(as_json(capsys, "alerts", "list")["alerts"]) == 1
    assert len(as_json(capsys, "alerts", "list", "--all")["alerts"]) == 2
    assert main(["alerts", "ack", "zzzzzz"]) == 2


def test_filters_narrow_the_list(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raise_alerts(root, "a", "b", "c")

    def total(*words: str) -> int:
        return int(as_json(capsys, "alerts", "list", *words)["total"])

    assert total("--path", "docs/a.md") == 1
    assert total("--path", "docs", "--drift-type", "broken-link", "--severity", "warning") == 3
    assert total("--since", "1h") == 0
    assert total("--since", "2020-01-01", "--rule", "new-drift", "--type", "drift-appeared") == 3
    assert total("--state", "resolved") == 0
    assert len(as_json(capsys, "alerts", "list", "--limit", "1", "--offset", "1")["alerts"]) == 1
    with pytest.raises(SystemExit):
        main(["alerts", "list", "--since", "yesterday-ish"])


def test_the_rules_are_told_with_the_reason_for_each_type(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "vt-lsp.toml").write_text('[[alerts.rules]]\nname = "mine"\non = "drift-aged"\nage = "90d"\n')
    told = as_json(capsys, "alert-rules", "rules")
    assert told["rules"][0] == {
        "name": "mine", "on": ["drift-aged"], "notify": "window", "built_in": False, "conditions": {"age": "90d"},
    }  # fmt: skip
    assert told["rules"][-1]["name"] == "everything-else"
    types = {row["drift_type"]: row for row in told["types"]}
    assert types["docstring-parameter"]["notifies"] is True
    assert types["broken-link"] == {
        "drift_type": "broken-link", "notifies": False, "reason": "36 of 45 that were read were right",
    }  # fmt: skip
    assert main(["alerts", "rules"]) == 0
    assert "mine (yours): on drift-aged; age 90d → window" in capsys.readouterr().out


def test_a_mute_is_told_and_taken_back(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raise_alerts(root, "a")
    with open_alerts(root) as store:
        alert = next(iter(store.state().alerts.values()))
        store.step(Reacted((alert.id,), "mute"), NOW, Policy())
    assert as_json(capsys, "alert-rules", "rules")["mutes"] == [{"rule": "new-drift", "path": "docs/a.md"}]
    assert as_json(capsys, "alert-rules", "rules", "--unmute", "new-drift", "--path", "docs/a.md")["mutes"] == []
    assert [row["state"] for row in as_json(capsys, "alerts", "list")["alerts"]] == ["open"]
    assert main(["alerts", "rules", "--unmute", "new-drift"]) == 2


def test_a_wrong_rule_is_a_wrong_usage_that_names_the_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "vt-lsp.toml").write_text('[[alerts.rules]]\nname = "mine"\non = "drift-agd"\n')
    assert main(["alerts", "rules"]) == 2
    assert capsys.readouterr().err.startswith("vt-lsp: vt-lsp.toml:3: alert rule `mine`: `on` must be one of drift-app")


@pytest.mark.usefixtures("root")
def test_a_dry_run_says_what_the_rules_would_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = as_json(capsys, "alert-test", "test")["drifts"]
    told = {row["drift_type"]: (row["rule"], row["told"]) for row in found}
    assert told["docstring-parameter"] == ("new-drift", "a window")
    assert told["example-call" if "example-call" in told else "signature-mismatch"] == ("new-drift", "in a summary")
    assert not (tmp_path / "state").exists()


@pytest.mark.usefixtures("root")
def test_a_channel_is_tried_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "test", "--send"]) == 2
    file = tmp_path / "alerts.jsonl"
    assert len(as_json(capsys, "alert-test", "test", "--send", "--alerts-file", str(file))["sent"]) == 1
    assert json.loads(file.read_text())["alert"]["message"] == "This is a test of vt-lsp; nothing is wrong."
    assert main(["alerts", "test", "--send", "--alerts-webhook", "ftp://example.org"]) == 2


def test_a_monitor_without_an_editor_alerts_too(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "alerts.jsonl"
    options = ["monitor", "--once", "--alerts-file", str(file)]
    assert main(options) == 1
    assert not file.exists()  # it was there before
    text = (root / "shop.py").read_text()
    (root / "shop.py").write_text(f'{text}\n\ndef pay(order):\n    """Pay.\n\n    Args:\n        odrer: It.\n    """\n')
    assert main(options) == 1
    (line,) = file.read_text("utf-8").splitlines()
    alert = json.loads(line)["alert"]
    assert (alert["context"]["drift_type"], alert["context"]["path"]) == ("docstring-parameter", "shop.py")
    assert [row["id"] for row in as_json(capsys, "alerts", "list")["alerts"]] == [alert["id"]]
