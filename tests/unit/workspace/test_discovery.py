from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vt_lsp.workspace.discovery import Listing, discover, kind_of


def make(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def reasons(listing: Listing) -> dict[str, str]:
    return {item.path: item.reason for item in listing.not_analysed}


def git(root: Path, *args: str) -> str:
    run = subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True)
    return run.stdout


def test_finds_code_and_specs_and_lists_everything(tmp_path: Path) -> None:
    make(
        tmp_path, "README.md", "src/app/a.py", "src/app/a.pyi", "docs/deep/x.MD", "docs/logo.png", "AGENTS.md", "b.mdx"
    )
    listing = discover(tmp_path)
    assert listing.code == ("src/app/a.py", "src/app/a.pyi")
    assert listing.specs == ("AGENTS.md", "README.md", "b.mdx", "docs/deep/x.MD")
    assert "docs/logo.png" in listing.files
    assert listing.folders == {"src", "src/app", "docs", "docs/deep"}
    assert listing.not_analysed == ()


def test_an_empty_folder_and_a_missing_one_give_an_empty_listing(tmp_path: Path) -> None:
    assert discover(tmp_path).files == frozenset()
    assert discover(tmp_path / "gone").files == frozenset()


@pytest.mark.parametrize(
    "folder",
    ["node_modules", ".venv-like", "__pycache__", ".tox", "lib/site-packages", "docs/_build", "x.egg-info", "htmlcov"],
)
def test_folders_of_tools_are_seen_but_not_entered(tmp_path: Path, folder: str) -> None:
    make(tmp_path, f"{folder}/a.py", f"{folder}/b.md")
    if folder == ".venv-like":
        make(tmp_path, f"{folder}/pyvenv.cfg")
    listing = discover(tmp_path)
    assert (listing.code, listing.specs) == ((), ())
    assert folder in listing.folders
    assert folder in listing.unlisted
    assert f"{folder}/a.py" not in listing.files


def test_build_and_dist_are_entered_when_people_wrote_them(tmp_path: Path) -> None:
    make(tmp_path, "build/rules.py", "dist/pkg-1.0.whl", "dist/a.py", "sub/build/lib/a.py", "sub/build/x.py")
    assert discover(tmp_path).code == ("build/rules.py",)


def test_vendored_folders_are_listed_but_not_read(tmp_path: Path) -> None:
    make(tmp_path, "vendor/lib/a.py", "pkg/_vendor/README.md", "pkg/own.py")
    listing = discover(tmp_path)
    assert listing.code == ("pkg/own.py",)
    assert listing.specs == ()
    assert {"vendor/lib/a.py", "pkg/_vendor/README.md"} <= listing.files


def test_hidden_spec_folders_are_read_and_other_hidden_ones_only_listed(tmp_path: Path) -> None:
    make(tmp_path, ".kiro/specs/a/design.md", ".specify/x.md", ".cursor/rules.md", ".vscode/settings.json")
    listing = discover(tmp_path)
    assert listing.specs == (".kiro/specs/a/design.md", ".specify/x.md")
    assert {".cursor/rules.md", ".vscode/settings.json"} <= listing.files


def test_test_data_and_templates_are_no_specs(tmp_path: Path) -> None:
    make(
        tmp_path,
        *("tests/unit/data/a.md", "tests/fixtures/x/b.md", "pkg/testdata/c.md", ".github/ISSUE_TEMPLATE/bug.md"),
        *(".github/PULL_REQUEST_TEMPLATE.md", "tests/README.md", "docs/data/d.md", ".github/CONTRIBUTING.md"),
    )
    assert discover(tmp_path).specs == (".github/CONTRIBUTING.md", "docs/data/d.md", "tests/README.md")


def test_translations_are_left_out_unless_they_are_the_only_ones(tmp_path: Path) -> None:
    make(tmp_path, "README.md", "README.zh-CN.md", "README_de.md", "docs/en/a.md", "docs/de/a.md", "docs/zh-hant/a.md")
    make(tmp_path, "docs/api/a.md", "only/de/a.md", "NOTES.fr.md", "test_it.md", "i18n/ja/x.md")
    assert discover(tmp_path).specs == (
        *("NOTES.fr.md", "README.md", "docs/api/a.md", "docs/en/a.md", "only/de/a.md", "test_it.md"),
    )


def test_settings_add_and_remove(tmp_path: Path) -> None:
    make(tmp_path, ".gitignore", text="private/\n*.gen.md\n")
    make(tmp_path, "private/plan.md", "private/other.md", "a.gen.md", "examples/e.py", "examples/e.md", "vendor/v.md")
    listing = discover(
        tmp_path, include=("private/plan.md", "a.gen.md", "vendor/", "tests/data/**"), exclude=("examples/",)
    )
    assert listing.specs == ("a.gen.md", "private/plan.md", "vendor/v.md")
    assert listing.code == ()
    assert "examples/e.py" in listing.files


def test_nested_repositories_and_submodules_are_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "other/x.py", "sub/y.md", "sub/.git", text="gitdir: ../.git/modules/sub\n")
    git(tmp_path / "other", "init", "-q")
    git(tmp_path, "init", "-q")
    listing = discover(tmp_path)
    assert listing.code == ("a.py",)
    assert listing.specs == ()
    assert reasons(listing) == {"other/": "nested repository", "sub/": "nested repository"}


def test_symlinks_neither_loop_nor_lead_outside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    make(root, "pkg/a.py", "AGENTS.md")
    make(tmp_path, "secret.md", "outer/b.py")
    (root / "pkg" / "loop").symlink_to(root)
    (root / "outer").symlink_to(tmp_path / "outer")
    (root / "CLAUDE.md").symlink_to("AGENTS.md")
    (root / "pkg" / "same.py").symlink_to("a.py")
    (root / "secret.md").symlink_to(tmp_path / "secret.md")
    (root / "gone.md").symlink_to("nowhere")
    (root / "self.md").symlink_to("self.md")
    listing = discover(root)
    assert listing.code == ("pkg/a.py", "pkg/same.py")
    assert listing.specs == ("AGENTS.md",)
    assert reasons(listing) == {
        "pkg/loop": "symbolic link to a folder",
        "outer": "symbolic link to a folder",
        "secret.md": "symbolic link that leads outside the workspace",
        "gone.md": "broken symbolic link",
        "self.md": "broken symbolic link",
    }


def test_pipes_and_sockets_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.py"))
        listing = discover(tmp_path)
    assert (listing.code, listing.specs) == ((), ())


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "closed/a.py", "open/b.py")
    scandir = os.scandir

    def guarded(path: Path) -> object:  # file modes do not bind root, who may run the tests
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", guarded)
    listing = discover(tmp_path)
    assert listing.code == ("open/b.py",)
    assert reasons(listing) == {"closed/": "Permission denied"}


def test_a_folder_deleted_while_walking_is_survived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "gone/a.py", "stays/b.py")
    scandir = os.scandir

    def vanishing(path: Path) -> object:
        if Path(path).name == "gone":
            (tmp_path / "gone" / "a.py").unlink(missing_ok=True)
            (tmp_path / "gone").rmdir()
        return scandir(path)

    monkeypatch.setattr(os, "scandir", vanishing)
    assert discover(tmp_path).code == ("stays/b.py",)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file system of bytes")
def test_names_that_are_not_utf8_are_named(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.py")).write_text("x = 1\n")
    listing = discover(tmp_path)
    assert listing.code == ()
    assert reasons(listing) == {"b\N{REPLACEMENT CHARACTER}.py": "the file's name is not UTF-8"}


def test_cancelling_ends_the_walk(tmp_path: Path) -> None:
    make(tmp_path, *(f"p{n}/a.py" for n in range(50)))
    asked = iter([False] * 5 + [True] * 100)
    assert len(discover(tmp_path, cancelled=lambda: next(asked)).code) < 6


def test_ten_thousand_files_take_well_under_a_second(tmp_path: Path) -> None:
    make(tmp_path, ".gitignore", text="*.py[cod]\n/docs/_build/\nbuild/\n*.log\nfoo*bar\n!keep.log\n")
    for folder in range(200):
        (tmp_path / f"p{folder}").mkdir()
        for n in range(50):
            (tmp_path / f"p{folder}" / f"m{n}.py").touch()
    start = time.process_time()
    assert len(discover(tmp_path).code) == 10_000
    assert time.process_time() - start < 0.8  # 0.1 s on a quiet machine


def test_kinds() -> None:
    assert [kind_of(path) for path in ("a.py", "a.PYI", "x/README.md", "a.rst", "docs/a.txt", "a.txt", "py")] == [
        "code",
        "code",
        "spec",
        "spec",
        "spec",
        None,
        None,
    ]
