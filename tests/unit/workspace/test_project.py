"""The commands and targets that a project's own files define."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.workspace.project import Project, ProjectFiles, changed_keys, read_project

if TYPE_CHECKING:
    from pathlib import Path


def test_scripts() -> None:
    project = read_project(
        {
            "pyproject.toml": '[project.scripts]\na = "m.cli:main"\n',
            "lib/pyproject.toml": '[tool.poetry.scripts]\nb = "m:b"\nc = {callable = "m:c"}\n',
            "setup.cfg": "[options.entry_points]\nconsole_scripts =\n    d = m.d:main\n    e=m.e:main\n",
            "sub/setup.py": "setup(entry_points={'console_scripts': ['f = m.f:main']})",
        }
    )
    assert project.scripts == {
        "a": "m.cli:main", "b": "m:b", "c": "", "d": "m.d:main", "e": "m.e:main", "f": "m.f:main"
    }  # fmt: skip


def test_targets_by_runner() -> None:
    project = read_project(
        {
            "Makefile": ".PHONY: all\nX := 1\nY = a:b\nall lint: \\\n  build\n\techo x: y\nbuild::\n\tfoo\n# no: x\n",
            "justfile": "v := '1'\nset shell := ['x']\nalias t := test\n@test a='b':\n    echo\n_private:\n    x: y\n",
            "package.json": '{"scripts": {"build:all": "x", "lint": "y"}}',
            "pyproject.toml": "[tool.poe.tasks]\ncheck = 'x'\nship.cmd = 'y'\n",
            "tox.ini": "[testenv:docs]\nenv_list = py{310,311}-{unit,e2e}\n",
        }
    )
    assert project.targets["make"] == {".PHONY", "all", "lint", "build"}
    assert project.targets["just"] == {"t", "test", "_private"}
    assert project.targets["npm"] == {"build:all", "lint"}
    assert project.targets["poe"] == {"check", "ship"}
    assert {"docs", "unit", "e2e"} <= project.targets["tox"]
    assert not project.is_open


def test_what_more_there_may_be_leaves_a_runner_open() -> None:
    files = {
        "make": {"Makefile": "include x.mk\na:\n"},
        "just": {"justfile": "import 'x.just'\na:\n"},
        "npm": {"package.json": "{"},
        "poe": {"pyproject.toml": "["},
    }
    for runner, texts in files.items():
        assert runner in read_project(texts).is_open
    assert "make" in read_project({"Makefile": "%.o: %.c\n\tcc\n"}).is_open
    assert "make" in read_project({"Makefile": "%: Makefile\n\tsphinx\n"}).is_open
    assert "make" in read_project({"docs/Makefile": "html:\n"}).is_open
    # A folder's own Makefile opens nothing at the root.
    assert "make" not in read_project({"Makefile": "a:\n", "docs/Makefile": "%: x\n"}).is_open


def test_keys_of_what_changed() -> None:
    old = read_project({"Makefile": "a:\n", "justfile": "a:\n"})
    assert changed_keys(old, read_project({"Makefile": "a:\nb:\n", "justfile": "a:\n"})) == {("targets", "make")}
    assert changed_keys(old, read_project({"Makefile": "a:\ninclude b\n", "justfile": "a:\n"})) == {("targets", "make")}
    assert changed_keys(Project(), Project({"a": "b:c"})) == {("scripts",)}
    assert not changed_keys(old, old)


def test_files_are_read_again_after_a_change(tmp_path: Path) -> None:
    reader = ProjectFiles(tmp_path)
    makefile = tmp_path / "Makefile"
    makefile.write_text("a:\n", "utf-8")
    files = ["Makefile", "gone/Makefile", "a.py", "node_modules/x/package.json"]
    assert reader.read(files).targets == {"make": {"a"}}
    assert reader.read(files) is reader.read(files)
    makefile.write_text("a:\nbc:\n", "utf-8")
    assert reader.read(files).targets == {"make": {"a", "bc"}}
