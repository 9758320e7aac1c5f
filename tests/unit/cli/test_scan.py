from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.scan import existing_paths, find_root, prefix_of
from vt_lsp.cli.since import write_tree
from vt_lsp.workspace.git import Git

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = (tmp_path / "repo").resolve()
    (root / "packages/one/docs").mkdir(parents=True)
    (root / "docs").mkdir()
    (root / "packages/one/pyproject.toml").touch()
    (root / ".git").mkdir()
    (root / "docs/a.md").touch()
    monkeypatch.chdir(root)
    return root


def test_the_root_is_the_nearest_project_around_all_paths(repository: Path) -> None:
    one = repository / "packages/one"
    assert find_root(None, ()) == repository
    assert find_root(None, [repository / "docs/a.md"]) == repository
    assert find_root(None, [one / "docs"]) == one
    assert find_root(None, [one, repository / "docs"]) == repository


def test_the_root_of_a_subfolder_is_the_project(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository / "docs")
    assert find_root(None, ()) == repository
    assert prefix_of(repository) == ""


def test_without_a_project_it_is_where_we_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = (tmp_path / "bare").resolve()
    (bare / "docs").mkdir(parents=True)
    monkeypatch.chdir(bare)
    assert find_root(None, [bare / "docs"]) == bare
    monkeypatch.chdir(bare / "docs")
    assert find_root(None, [bare]) == bare


def test_a_root_that_is_given_is_taken(repository: Path) -> None:
    assert find_root("packages", ()) == repository / "packages"
    assert prefix_of(repository / "packages") == "packages/"
    with pytest.raises(UsageError, match="not a folder"):
        find_root("docs/a.md", ())


def test_a_path_that_is_not_there_is_a_wrong_usage(repository: Path) -> None:
    assert existing_paths(["docs"]) == (repository.relative_to(repository) / "docs",)
    with pytest.raises(UsageError, match="no such file or folder: nowhere"):
        existing_paths(["nowhere"])


def git(folder: Path, *args: str, data: bytes = b"") -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *args], cwd=folder, input=data, capture_output=True, check=True)
    return done.stdout.decode().strip()


def test_a_revision_is_written_out_without_links_filters_and_what_lies_above(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    git(source, "init", "-q", "-b", "main")
    (source / ".gitattributes").write_text("* filter=evil\nsecret.py export-ignore\n")
    git(source, "config", "filter.evil.smudge", f"touch {tmp_path}/ran")
    (source / "täglich").mkdir()
    (source / "täglich/plan 1.md").write_bytes(b"one\r\ntwo\n")
    (source / "secret.py").write_text("x = 1\n")
    (source / "link.md").symlink_to("/etc/passwd")
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "Begin")
    commit = git(source, "rev-parse", "HEAD")
    (source / "täglich/plan 1.md").write_text("changed meanwhile")
    write_tree(Git(source), commit, target)
    files = {path.relative_to(target).as_posix(): path.read_bytes() for path in target.rglob("*") if path.is_file()}
    assert set(files) == {".gitattributes", "secret.py", "täglich/plan 1.md"}
    assert files["täglich/plan 1.md"] == b"one\r\ntwo\n"
    assert not (tmp_path / "ran").exists()


def test_only_the_part_below_the_root_is_written_out(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "part").mkdir(parents=True)
    target.mkdir()
    git(source, "init", "-q", "-b", "main")
    (source / "above.md").touch()
    (source / "part/below.md").touch()
    git(source, "add", ".")
    git(source, "commit", "-q", "-m", "Begin")
    write_tree(Git(source / "part"), git(source, "rev-parse", "HEAD"), target)
    assert [path.name for path in target.rglob("*")] == ["below.md"]


def test_a_crafted_tree_cannot_write_elsewhere(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "in/target"
    source.mkdir()
    target.mkdir(parents=True)
    git(source, "init", "-q", "-b", "main")
    blob = git(source, "hash-object", "-w", "--stdin", data=b"evil")
    raw = b"".join(b"100644 %s\0%s" % (name, bytes.fromhex(blob)) for name in (b"..", b"fine.md"))
    inner = git(source, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=raw)
    outer = b"100644 ok.md\0" + bytes.fromhex(blob) + b"40000 ..\0" + bytes.fromhex(inner)
    tree = git(source, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", data=outer)
    commit = git(source, "commit-tree", tree, "-m", "Crafted")
    write_tree(Git(source), commit, target)
    assert [
        path.relative_to(tmp_path / "in").as_posix() for path in (tmp_path / "in").rglob("*") if path.is_file()
    ] == ["target/ok.md"]
