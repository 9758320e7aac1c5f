"""``vt-lsp decisions`` as a user has it: real processes, a real database, a real repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "shop"
    (folder / "docs").mkdir(parents=True)
    (folder / "shop").mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'shop'\n")
    (folder / "shop/__init__.py").write_text("")
    (folder / "shop/cart.py").write_text("class Cart:\n    def add(self, item: str, count: int = 1) -> None: ...\n")
    stub = "class Cart:\n    def add(self, item: str, count: int = 2) -> None: ...\n"
    (folder / "docs/design.md").write_text(f"# Design\n\n```python\n{stub}```\n")
    for arguments in (("init", "-q"), ("config", "user.name", "Ada"), ("config", "user.email", "a@example.org")):
        subprocess.run(["git", *arguments], cwd=folder, check=True)
    return folder


def vt_lsp(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vt_lsp", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def decisions(folder: Path, schema: str, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = vt_lsp(folder, "decisions", *arguments, "--format", "json")
    assert done.returncode == code, done.stderr
    document = json.loads(done.stdout)
    held = json.loads((ROOT / f"vt_lsp/schemas/{schema}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(held)
    jsonschema.Draft202012Validator(held).validate(document)
    return dict(document)


def test_a_decision_s_life(shop: Path) -> None:
    (one,) = decisions(
        shop,
        "decisions",
        "add",
        "Retry three times",
        "--because",
        "The gateway is slow",
        "--tag",
        "pay",
        "--file",
        "shop/cart.py",
    )["decisions"]
    assert (one["author"], one["decision_type"], one["files"]) == ("Ada", "error-handling", ["shop/cart.py"])
    name = one["id"][:-2].lower()
    shown = decisions(shop, "decision", "outcome", name, "--failure", "--metric", "p99_ms=900", "--note", "too slow")
    assert shown["outcomes"][0]["metrics"] == {"p99_ms": 900}
    new, old = decisions(shop, "decisions", "supersede", name, "Use a queue")["decisions"]
    assert (old["status"], new["tags"]) == ("superseded", ["pay"])
    changed = decisions(shop, "decisions", "change", new["id"], "--type", "architecture", "--reason", "it is wider")
    assert changed["decisions"][0]["decision_type"] == "architecture"
    assert decisions(shop, "decision", "show", old["id"])["superseded_by"] == [new["id"]]
    found = decisions(shop, "decisions", "search", "queue OR *")
    assert found["total"] == 0
    assert decisions(shop, "decisions", "search", "queue")["total"] == 1
    assert decisions(shop, "decisions", "list", "--file", "shop", "--status", "superseded")["total"] == 1
    assert decisions(shop, "decision-statistics", "stats")["by_status"] == {"accepted": 1, "superseded": 1}
    assert len(decisions(shop, "decision-timeline", "timeline")["entries"]) == 2
    assert decisions(shop, "decisions", "export")["total"] == 2


def test_an_accepted_drift_is_silent_until_the_code_changes(shop: Path) -> None:
    before = json.loads(vt_lsp(shop, "check", "--format", "json").stdout)["drifts"]
    assert [drift["drift_type"] for drift in before] == ["parameter-default"]
    mark = before[0]["fingerprint"]
    (one,) = decisions(shop, "decisions", "accept", mark, "--because", "two is the new default soon")["decisions"]
    assert one["symbols"] == ["Cart.add"]
    assert vt_lsp(shop, "check").returncode == 0
    (shop / "shop/cart.py").write_text(
        "# moved\n\n\nclass Cart:\n    def add(self, item: str, count: int = 1) -> None: ...\n"
    )
    assert vt_lsp(shop, "check").returncode == 0
    (shop / "shop/cart.py").write_text("class Cart:\n    def add(self, item: str, count: int = 3) -> None: ...\n")
    assert vt_lsp(shop, "check").returncode == 1
    (shop / "shop/cart.py").write_text("class Cart:\n    def add(self, item: str, count: int = 1) -> None: ...\n")
    assert vt_lsp(shop, "check").returncode == 0
    (shop / "docs/design.md").write_text((shop / "docs/design.md").read_text().replace("int = 2", "int = 5"))
    assert vt_lsp(shop, "check").returncode == 1
    (shop / "docs/design.md").write_text((shop / "docs/design.md").read_text().replace("int = 5", "int = 2"))
    decisions(shop, "decisions", "undo", mark)
    assert vt_lsp(shop, "check").returncode == 1


def test_adrs_go_out_and_come_in(shop: Path, tmp_path: Path) -> None:
    decisions(shop, "decisions", "add", "Use SQLite", "--title", "Where decisions live")
    assert vt_lsp(shop, "decisions", "export").stdout == "docs/decisions/0001-where-decisions-live.md\n"
    file = shop / "docs/decisions/0001-where-decisions-live.md"
    file.write_text(file.read_text().replace("status: accepted", "status: deprecated"))
    assert decisions(shop, "decisions", "list")["decisions"][0]["status"] == "deprecated"
    assert (
        vt_lsp(shop, "decisions", "export", "--format", "jsonl", "--output", str(tmp_path / "all.jsonl")).returncode
        == 0
    )
    assert decisions(shop, "decision-import", "import", str(tmp_path / "all.jsonl"))["changed"] == []
    (tmp_path / "bad.jsonl").write_text("rubbish\n")
    assert len(decisions(shop, "decision-import", "import", str(tmp_path / "bad.jsonl"), code=1)["problems"]) == 1
    done = vt_lsp(shop, "decisions", "timeline", "--output", str(tmp_path / "t.html"))
    assert done.returncode == 0
    assert "Where decisions live" in (tmp_path / "t.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add",), "what was decided"),
        (("show", "D-NONE"), "D-NONE"),
        (("outcome", "D-NONE", "--success"), "D-NONE"),
        (("add", "x", "--supersedes", "D-NONE"), "D-NONE"),
        (("undo", "abcdef"), "abcdef"),
        (("accept", "abcdef1234", "--because", "x"), "abcdef1234"),
        (("import", "nothing.jsonl"), "nothing.jsonl"),
        (("import", "nothing.db"), "nothing.db"),
        (("list", "--since", "soon"), "soon"),
        (("export", "--output", "../elsewhere"), "elsewhere"),
    ],
)
def test_wrong_usage_is_said_in_one_line_with_code_2(shop: Path, arguments: tuple[str, ...], said: str) -> None:
    done = vt_lsp(shop, "decisions", *arguments)
    assert done.returncode == 2
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_check_makes_no_memory(shop: Path, tmp_path: Path) -> None:
    vt_lsp(shop, "check")
    assert not (tmp_path / "state").exists()


def test_a_contradiction_is_told_with_the_standing_decision(shop: Path) -> None:
    vt_lsp(shop, "decisions", "add", "Use PostgreSQL for orders")
    done = vt_lsp(shop, "decisions", "add", "Use MongoDB for orders")
    assert done.returncode == 0  # nobody is there to be asked
    assert "this contradicts D-" in done.stderr
    assert "Use PostgreSQL for orders" in done.stderr
    assert "MongoDB" in done.stdout
    quiet = vt_lsp(shop, "decisions", "add", "Use Redis for caching")
    assert quiet.stderr == ""


def test_code_that_contradicts_a_record_is_evidence_in_the_report(shop: Path) -> None:
    adr = shop / "docs/adr/0001-client.md"
    adr.parent.mkdir()
    options = '## Considered Options\n\n* httpx\n* requests\n\n## Decision Outcome\n\nChosen option: "httpx"\n'
    adr.write_text(f"# Use httpx over requests\n\n## Status\n\nAccepted\n\n{options}", "utf-8")
    assert decisions(shop, "conflicts", "conflicts", "--code")["contradicted"] == []
    (shop / "shop/client.py").write_text("import requests\n")
    (found,) = decisions(shop, "conflicts", "conflicts", "--code")["contradicted"]
    assert found["path"] == "docs/adr/0001-client.md"
    assert "requests" in found["message"]
    assert "contradicted" not in decisions(shop, "conflicts", "conflicts")
