"""The public interface: its names, their signatures, and what the page about it shows."""

from __future__ import annotations

import dataclasses
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import vt_lsp

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/api.md").read_text("utf-8")

# Whoever changes one of these breaks programs of other people: see CHANGELOG.md, "Versions".
SIGNATURES = {
    "open_project": "(root: 'str | os.PathLike[str]') -> 'Iterator[Project]'",
    "Project.drifts": "(self, path: 'str | None' = None) -> 'tuple[DriftReport, ...]'",
    "Project.find": "(self, fingerprint: 'str') -> 'DriftReport | None'",
    "Project.realignments": "(self, drift: 'DriftReport') -> 'tuple[Realignment, ...]'",
    "Project.position": "(self, place: 'Place') -> 'tuple[int, int]'",
}
PROPERTIES = {"root", "revision", "summary"}
FIELDS = {  # more may follow
    "Commit": "commit date subject",
    "DriftReport": "file_path spec_reference drift_type severity details suggestions fingerprint spec code role"
    " confidence subject replacements written actual broken_by realignments",
    "Edit": "place new_text",
    "Place": "path start end",
    "Realignment": "title target edits safe confidence",
    "Summary": "files specs claims holds broken unknown by_type by_severity not_analysed",
}
ENUMS = {"DriftType", "Role", "Severity"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "README.md").write_text("# Größe\n\nDie Größe ist `LIMIT = 10` in `shop.py`.\n", "utf-8")
    (root / "shop.py").write_text("LIMIT = 20\n")
    return root


def test_the_names_are_these() -> None:
    kinds = {"open_project", "Project", "__version__"}
    assert set(vt_lsp.__all__) == kinds | ENUMS | set(FIELDS)
    assert dir(vt_lsp) == sorted(vt_lsp.__all__)
    for name in vt_lsp.__all__:
        assert getattr(vt_lsp, name)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = vt_lsp.Nothing  # type: ignore[attr-defined]


def test_the_signatures_are_these() -> None:
    public = {name for name in vars(vt_lsp.Project) if not name.startswith("_")}
    assert public == PROPERTIES | {name.partition(".")[2] for name in SIGNATURES if "." in name}
    for name, signature in SIGNATURES.items():
        owner, _, member = name.rpartition(".")
        found = getattr(getattr(vt_lsp, owner), member) if owner else getattr(vt_lsp, member)
        assert str(inspect.signature(found)) == signature, name


def test_the_values_are_frozen_and_have_these_fields() -> None:
    for name, fields in FIELDS.items():
        kind = getattr(vt_lsp, name)
        assert kind.__dataclass_params__.frozen
        assert [field.name for field in dataclasses.fields(kind)][: len(fields.split())] == fields.split(), name


def test_the_page_names_everything() -> None:
    assert set(re.findall(r"`vt_lsp\.(\w+)", PAGE)) == set(vt_lsp.__all__)
    for name in PROPERTIES | {name.partition(".")[2] for name in SIGNATURES if "." in name}:
        assert f"`{name}" in PAGE


def test_a_project_is_read_judged_and_asked(shop: Path) -> None:
    with vt_lsp.open_project(shop) as project:
        assert project.root == shop
        assert project.revision is None
        (drift,) = project.drifts()
        assert project.drifts("shop.py") == (drift,)
        assert drift.drift_type is vt_lsp.DriftType.CONSTANT_VALUE
        assert drift.severity is vt_lsp.Severity.WARNING
        assert drift.role is vt_lsp.Role.CURRENT
        assert project.position(drift.spec) == (3, 24)
        assert project.find(drift.fingerprint) == drift
        assert {edit.new_text for way in project.realignments(drift) for edit in way.edits} == {"20", "10"}
        assert project.summary.broken == 1


def test_what_cannot_be_opened_is_said(shop: Path) -> None:
    with pytest.raises(NotADirectoryError, match="not a folder"), vt_lsp.open_project(shop / "none"):
        pass
    (shop / "vt-lsp.toml").write_text("exclude = 7\n")
    with pytest.raises(ValueError, match="exclude"), vt_lsp.open_project(shop):
        pass


def test_the_example_of_the_page_runs(shop: Path) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", example], cwd=shop, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "README.md:3:24 warning: `LIMIT` is `20`, not `10`\n  safe: Change the spec to `20`\n"


def test_importing_it_loads_nothing_else() -> None:
    program = "import sys, vt_lsp; print([n for n in sys.modules if n.startswith('vt_lsp.') or n == 'msgspec'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
