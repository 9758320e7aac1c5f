"""``vt-lsp explain --format json``: one drift as check writes it, with every way out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import jsonschema
import pytest

from vt_lsp.cli.main import main

SCHEMA = json.loads((Path(__file__).resolve().parents[3] / "vt_lsp/schemas/check.schema.json").read_text("utf-8"))
GIT = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")


def test_one_drift_with_the_change_that_broke_it_and_the_way_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "shop"
    root.mkdir()
    (root / "README.md").write_text("# Shop\n\nThe limit is `LIMIT = 10` in `shop.py`.\n")
    subprocess.run([*GIT, "init", "-q", root], check=True)
    for limit in ("10", "20"):
        (root / "shop.py").write_text(f"# how many\nLIMIT = {limit}\n")
        subprocess.run([*GIT, "-C", root, "add", "-A"], check=True)
        subprocess.run([*GIT, "-C", root, "commit", "-q", "-m", f"Limit {limit}"], check=True)
    assert main(["check", "--root", str(root), "--format", "json"]) == 1
    (known,) = json.loads(capsys.readouterr().out)["drifts"]

    assert main(["explain", known["fingerprint"][:8], "--root", str(root), "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SCHEMA).validate(document)
    (drift,) = document["drifts"]
    assert drift["fingerprint"] == known["fingerprint"]
    assert drift["broken_by"]["subject"] == "Limit 20"
    texts = [(way["target"], [edit["new_text"] for edit in way["edits"]]) for way in drift["realignments"]]
    assert texts[0] == ("spec", ["20"])
    assert texts[-1][0] == "code"
    assert "10" in texts[-1][1][0]

    with pytest.raises(SystemExit):
        main(["explain", "--format", "json"])
