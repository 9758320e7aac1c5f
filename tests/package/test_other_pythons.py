"""Pythons that are not here: wheels are there for all that we need, and no file wants a newer syntax than 3.11."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_wheels_are_there(version: str, tmp_path: Path) -> None:
    options = ("--dry-run", "--quiet", "--only-binary=:all:", f"--python-version={version}", f"--target={tmp_path}")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, *NEEDED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_syntax_is_that_of_the_oldest_python() -> None:
    files = sorted((ROOT / "vt_lsp").rglob("*.py"))
    assert files
    for file in files:
        ast.parse(file.read_bytes(), str(file), feature_version=(3, 11))
