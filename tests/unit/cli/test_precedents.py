"""``vt-lsp precedents``, ``decisions conflicts`` and ``decisions reconcile`` as a user has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from vt_lsp.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

SCHEMAS = Path(__file__).resolve().parents[3] / "vt_lsp/schemas"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    project = tmp_path / "shop"
    project.mkdir()
    (project / "vt-lsp.toml").write_text("")
    monkeypatch.chdir(project)

    def call(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        return code, capsys.readouterr().out

    for title, outcome in (("Use PostgreSQL for orders", "PostgreSQL"), ("Use MySQL for orders", "MySQL")):
        call("decisions", "add", outcome, "--title", title, "--rationale", "known well")
    return call


def valid(name: str, text: str) -> Any:
    document = json.loads(text)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / name).read_text("utf-8"))).validate(document)
    return document


def test_precedents_are_shown_with_reasons_and_as_data(run: Callable[..., tuple[int, str]]) -> None:
    code, text = run("precedents", "which", "database", "for", "orders,", "mysql?")
    assert code == 0
    assert "because: similar wording: " in text
    code, text = run("precedents", "mysql", "for", "orders", "--format", "json")
    assert code == 0
    assert valid("precedents.schema.json", text)["precedents"][0]["title"] == "Use MySQL for orders"


def test_nothing_asked_nothing_shown(run: Callable[..., tuple[int, str]]) -> None:
    assert run("precedents") == (0, "No decision fits.\n")


def test_a_conflict_is_shown_settled_and_gone(run: Callable[..., tuple[int, str]]) -> None:
    code, text = run("decisions", "conflicts", "--format", "json")
    assert code == 1
    (conflict,) = valid("conflicts.schema.json", text)["conflicts"]
    assert "“Use PostgreSQL for orders”" in run("decisions", "conflicts")[1]
    sides = (conflict["older"]["id"], conflict["newer"]["id"])
    assert run("decisions", "reconcile", *sides, "--keep", sides[0])[0] == 2
    assert run("decisions", "reconcile", *sides, "--keep", sides[0], "--reason", "a mistake")[0] == 0
    assert run("decisions", "conflicts")[0] == 0
    assert "superseded" in run("decisions", "show", sides[1])[1]
    assert run("decisions", "reconcile", *sides)[0] == 2
