"""Looking at the files themselves, and at git, on a real disk with a real git."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
from vt_lsp.workspace.discovery import discover
from vt_lsp.workspace.git import Git
from vt_lsp.workspace.sweep import Repository, Sweep

if TYPE_CHECKING:
    from pathlib import Path

OLD = time.time() - 1000


def write(root: Path, path: str, text: str = "x = 1\n", at: float | None = OLD) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")
    for touched in (root / path, *(root / path).parents):
        if at is not None and touched.is_relative_to(root):
            os.utime(touched, (at, at))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    found = tmp_path / "project"
    for path in ("a.py", "docs/b.md", "shop/c.py", "Makefile", "image.bin"):
        write(found, path)
    return found


def test_what_is_another_is_told_once(root: Path) -> None:
    sweep, listing = Sweep(root), discover(root)
    assert sweep.look(listing) == set()
    assert sweep.look(listing) == set()
    write(root, "a.py", "x = 22\n", OLD + 1)
    write(root, "Makefile", "all:\n", OLD + 1)
    (root / "shop/c.py").unlink()
    write(root, "docs/new.md", at=OLD + 2)
    assert sweep.look(listing) >= {"a.py", "Makefile", "shop/c.py", "shop", "docs"}
    for folder in (root, root / "shop", root / "docs"):
        os.utime(folder, (OLD, OLD))
    sweep.look(listing)
    assert sweep.look(listing) == set()


def test_what_is_young_is_told_again_since_its_clock_may_not_have_moved(root: Path) -> None:
    sweep, listing = Sweep(root), discover(root)
    sweep.look(listing)
    write(root, "a.py", "x = 2\n", at=None)
    assert "a.py" in sweep.look(listing)
    assert "a.py" in sweep.doubtful()
    assert sweep.doubtful() == set()


def test_what_was_written_between_the_start_and_the_first_look_is_told(root: Path) -> None:
    sweep, listing = Sweep(root), discover(root)
    write(root, "a.py", "x = 2\n", at=None)
    assert sweep.look(listing) == set()
    assert "a.py" in sweep.doubtful()


def git(root: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


@pytest.mark.parametrize("reflog", ["true", "false"])
def test_a_commit_moves_head_and_an_edit_does_not(root: Path, reflog: str) -> None:
    git(root, "init", "-q")
    git(root, "config", "core.logAllRefUpdates", reflog)
    git(root, "add", "-A")
    git(root, "commit", "-qm", "First")
    repository = Repository(Git(root))
    write(root, "a.py", "x = 2\n", at=None)
    git(root, "add", "-A")
    assert not repository.has_moved()
    git(root, "commit", "-qm", "Second")
    assert repository.has_moved()
    assert not repository.has_moved()
    git(root, "reset", "-q", "--hard", "HEAD~1")
    assert repository.has_moved()


def test_git_is_at_work_while_it_holds_the_index_but_not_for_ever(root: Path) -> None:
    git(root, "init", "-q")
    repository = Repository(Git(root))
    assert not repository.is_at_work()
    lock = root / ".git/index.lock"
    lock.touch()
    assert repository.is_at_work()
    os.utime(lock, (OLD, OLD))  # left over from a git that was killed
    assert not repository.is_at_work()
    assert not Repository(Git(root.parent)).is_at_work()


def test_a_text_that_was_read_already_makes_nothing_due(root: Path, tmp_path: Path) -> None:
    engine = Engine(root, Settings(history=False), tmp_path / "cache")
    try:
        engine.scan()
        data = b"x = 5\n"
        engine.update("a.py", data, overlay=False)
        assert engine.check()
        engine.update("a.py", data, overlay=False)  # the second watcher
        assert not engine.check()
        engine.update("a.py", b"y = 1\n", overlay=True)
        (root / "a.py").write_bytes(data)
        engine.check()
        engine.close("a.py")  # what lies on disk counts again, and it is not what was shown
        assert "a.py" in engine.check()
        facts = engine.code_facts("a.py")
        assert facts is not None
        assert [symbol.name for symbol in facts.symbols] == ["x"]
    finally:
        engine.dispose()
