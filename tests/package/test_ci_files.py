"""The GitHub Action and the hook for pre-commit do what the program they start expects."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from vt_lsp.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def checked(folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """The step ``Check`` of the action, as a runner starts it."""
    values = {name: spec["default"] for name, spec in ACTION["inputs"].items()}
    values |= {name.replace("_", "-"): value for name, value in inputs.items()}
    expressions = {f"${{{{ inputs.{name} }}}}": value for name, value in values.items()}
    expressions["${{ runner.temp }}/vt-lsp"] = str(ROOT)
    step = STEPS["Check"]
    assert "${{" not in step["run"], "an input would be read as a command"
    environment = os.environ | {name: expressions[value] for name, value in step["env"].items()}
    environment |= {"XDG_CACHE_HOME": str(folder.parent / "cache")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    return subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "examples/ordersvc", tmp_path / "ordersvc"))


@pytest.mark.skipif(shutil.which("bash") is None, reason="runners of actions have bash")
def test_the_action_annotates_what_drifted(example: Path) -> None:
    done = checked(example)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith("::warning file=")
    some = checked(example, paths="README.md\n", root=".", min_severity="hint")
    assert some.returncode == 1, some.stderr
    assert 0 < some.stdout.count("file=README.md") == some.stdout.count("file=") < done.stdout.count("file=")


@pytest.mark.skipif(shutil.which("bash") is None, reason="runners of actions have bash")
def test_no_input_of_the_action_is_read_as_a_command(example: Path) -> None:
    for inputs in ({"paths": "$(touch ran)"}, {"root": "`touch ran`"}, {"since": '"; touch ran; "'}):
        done = checked(example, **inputs)
        assert done.returncode == 2, done.stdout
        assert done.stderr.startswith("vt-lsp: ")
    assert not (example / "ran").exists()


def test_the_hook_starts_a_command_that_is_there() -> None:
    (hook,) = HOOKS
    assert hook["id"] == "vt-lsp"
    program, *words = hook["entry"].split()
    assert program == "vt-lsp"
    assert build_parser().parse_args(words).command == "check"
    assert not hook["pass_filenames"]
