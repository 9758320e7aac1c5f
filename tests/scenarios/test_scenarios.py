"""Each Markdown file in this folder is a scenario: files of a project, and the drifts that a user sees.

A fence whose info string holds ``file=PATH`` (``%20`` is a blank) is a file of the project; with ``commit=N`` it is
committed to git in that order first (later commits replace earlier ones, ``delete`` removes the file), with ``crlf`` it
has Windows line ends. The fence ``expected`` lists the drifts, one a line: ``PATH:LINE TYPE SUBJECT [-> REPLACEMENT]
[severity]``. A scenario without lines there must stay silent, and one with a fence ``unknown`` says in which claims the
silence lies, one subject a line, so that not looking is no success.
"""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import pytest

from vt_lsp.engine import Engine
from vt_lsp.settings import load_project_settings
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from vt_lsp.models import DriftReport

HERE = Path(__file__).parent
SCENARIOS = sorted(path for path in HERE.rglob("*.md") if path.name != "README.md")
_FENCE = re.compile(r"^(?P<ticks>`{3,}|~{3,})(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=ticks)\s*$", re.MULTILINE | re.DOTALL)


class Scenario(NamedTuple):
    files: dict[str, str]
    commits: dict[int, dict[str, str | None]]
    expected: list[str]
    unknown: list[str]


def parse(text: str) -> Scenario:
    scenario = Scenario({}, defaultdict(dict), [], [])
    for fence in _FENCE.finditer(text):
        info, body = fence["info"].split(), fence["body"]
        body = body.replace("\n", "\r\n") if "crlf" in info else body
        options = {key: unquote(value) for key, _, value in (part.partition("=") for part in info) if value}
        if "file" in options and "commit" in options:
            scenario.commits[int(options["commit"])][options["file"]] = None if "delete" in info else body
        elif "file" in options:
            scenario.files[options["file"]] = body
        elif info[:1] == ["expected"]:
            scenario.expected.extend(line.strip() for line in body.splitlines() if line.strip())
        elif info[:1] == ["unknown"]:
            scenario.unknown.extend(line.strip() for line in body.splitlines() if line.strip())
    return scenario


def lay_out(scenario: Scenario, root: Path) -> None:
    if scenario.commits:
        git(root, "init", "-q", "-b", "main")
    for number in sorted(scenario.commits):
        for name, body in scenario.commits[number].items():
            write(root / name, body)
        git(root, "add", "-A")
        git(root, "commit", "-q", "--allow-empty", "-m", f"commit {number}")
    for name, body in scenario.files.items():
        write(root / name, body)


def write(path: Path, body: str | None) -> None:
    if body is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(body, encoding="utf-8", newline="")


def git(root: Path, *args: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(root), *identity, *args], check=True, capture_output=True)


def said(engine: Engine, drift: DriftReport, expected: list[str]) -> str:
    """The drift in the words of the fence; replacement and severity only where some expectation names them."""
    text = engine.text(drift.spec.path) or b""
    line, _ = LineIndex(text).position(drift.spec.start, "utf-32")
    base = f"{drift.spec.path}:{line + 1} {drift.drift_type} {drift.subject}"
    with_right = f"{base} -> {drift.replacements[0]}" if drift.replacements else base
    for candidate in (f"{with_right} {drift.severity}", f"{base} {drift.severity}", with_right):
        if candidate in expected:
            return candidate
    return base


@pytest.mark.parametrize("path", SCENARIOS, ids=[str(p.relative_to(HERE)) for p in SCENARIOS])
def test_scenario(path: Path, tmp_path: Path) -> None:
    scenario = parse(path.read_text(encoding="utf-8"))
    root = tmp_path / "project"
    root.mkdir()
    lay_out(scenario, root)
    settings, _ = load_project_settings(root)
    engine = Engine(root, settings, tmp_path / "cache")
    try:
        engine.scan()
        assert sorted(said(engine, d, scenario.expected) for d in engine.drifts()) == sorted(scenario.expected)
        states = {c.subject: v for spec in engine.index.specs for c, v in engine.verdicts(spec) if v.state == "unknown"}
        missing = [subject for subject in scenario.unknown if subject not in states]
        assert not missing, f"no silent claim on {missing}"
    finally:
        engine.dispose()


def test_scenarios_are_found() -> None:
    assert SCENARIOS
