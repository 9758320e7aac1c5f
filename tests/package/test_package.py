"""What is built can be installed into an empty environment and does its job there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from vt_lsp import __version__

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "dist", "build", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info"
)

pytestmark = pytest.mark.slow


def build(source: Path) -> Path:
    """The folder with the sdist of a source tree, and the wheel that was built from it."""
    words = [sys.executable, "-m", "build", "--outdir", "dist"]
    environment = os.environ | {"SOURCE_DATE_EPOCH": "1767225600"}
    done = subprocess.run(words, cwd=source, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return source / "dist"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from it."""
    source = tmp_path_factory.mktemp("build") / "source"
    shutil.copytree(ROOT, source, ignore=NOT_COPIED)
    return build(source)


def only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def test_the_wheel_is_complete(built: Path) -> None:
    names = set(zipfile.ZipFile(only(built, "*.whl")).namelist())
    package = {path.relative_to(ROOT).as_posix() for path in (ROOT / "vt_lsp").rglob("*") if path.is_file()}
    assert {name for name in package if "__pycache__" not in name} <= names
    assert {"vt_lsp/py.typed", "vt_lsp/schemas/check.schema.json", "vt_lsp/schemas/settings.schema.json"} <= names
    assert {"vt_lsp/workflow_memory/timeline.html", "vt_lsp/schemas/decisions.schema.json"} <= names
    assert {"vt_lsp/schemas/forecast.schema.json", "vt_lsp/progress/prior.json"} <= names
    assert {"vt_lsp/report/page.html", "vt_lsp/report/page.js", "vt_lsp/report/page.css"} <= names
    assert [name for name in names if name.startswith("vt_lsp/report/vendor/")]
    assert [name for name in names if name.startswith("vt_lsp/claude_integration/templates/")]
    assert [name for name in names if name.endswith("licenses/LICENSE")]
    assert not [name for name in names if name.startswith(("tests/", "examples/", "docs/"))]


def test_who_builds_it_again_gets_the_same_bytes(built: Path, tmp_path: Path) -> None:
    again = shutil.copytree(ROOT, tmp_path / "elsewhere", ignore=NOT_COPIED)
    for path in again.rglob("*"):  # as another person, at another time
        path.chmod(0o700 if path.is_dir() or os.access(path, os.X_OK) else 0o600)
        os.utime(path, (1_600_000_000, 1_600_000_000))
    other = build(again)
    for pattern in ("*.whl", "*.tar.gz"):
        assert only(built, pattern).name == only(other, pattern).name
        assert only(built, pattern).read_bytes() == only(other, pattern).read_bytes(), pattern


def test_the_sdist_holds_what_the_tests_and_the_demonstration_need(built: Path) -> None:
    with tarfile.open(only(built, "*.tar.gz")) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    needed = {"README.md", "LICENSE", "Makefile", "pyproject.toml", "docs/settings.md", "docs/drift/missing-file.md"}
    needed |= {"examples/ordersvc/docs/design.md", "tests/package/test_package.py", "scripts/generate.py"}
    needed |= {"CHANGELOG.md", "CONTRIBUTING.md", "action.yml", ".pre-commit-hooks.yaml"}
    assert needed <= names


def test_the_wheel_works_in_an_empty_environment(built: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=True)
    programs = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin")
    pip: list[str | Path] = [programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, only(built, "*.whl")], check=True, capture_output=True)
    example = Path(shutil.copytree(ROOT / "examples/ordersvc", tmp_path / "ordersvc"))
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        [programs / "vt-lsp", "check", "--format", "json"],
        cwd=example,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    document = json.loads(done.stdout)
    assert len(document["drifts"]) >= 8
    assert document["summary"]["not_analysed"] == []
    version = subprocess.run(
        [programs / "vt-lsp", "--version"], env=environment, capture_output=True, text=True, check=True
    )
    assert version.stdout == f"vt-lsp {__version__}\n"
