"""A project finds its memory again: moved, cloned anew, in a second worktree; and nobody finds another one's."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.workflow_memory.made import decision as made
from vt_lsp.workflow_memory.acceptance import Acceptances
from vt_lsp.workflow_memory.memory_store import has_memory, open_memory

if TYPE_CHECKING:
    from pathlib import Path

GIT = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org")


def git(root: Path, *words: str) -> None:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    subprocess.run([*GIT, *words], cwd=root, check=True, capture_output=True, env=environment)


def repository(root: Path, text: str) -> Path:
    (root / "part").mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    (root / "part/a.py").write_text(text, "utf-8")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", text)
    (root / "part/a.py").write_text(f"{text}\n", "utf-8")
    git(root, "commit", "-q", "-am", "second")
    return root


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one decision in its memory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = repository(tmp_path / "shop", "shop")
    with open_memory(root) as store:
        store.put(made(1))
    return root


def known(root: Path) -> list[str]:
    if not has_memory(root):
        return []
    with open_memory(root) as store:
        return [one.id for one in store.all()]


def test_a_moved_project_finds_its_memory(shop: Path, tmp_path: Path) -> None:
    shutil.move(shop, tmp_path / "elsewhere")
    assert known(tmp_path / "elsewhere") == [made(1).id]


def test_a_clone_and_a_worktree_share_it(shop: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", str(shop), "clone")
    git(shop, "worktree", "add", "-q", str(tmp_path / "tree"), "-b", "other")
    with open_memory(tmp_path / "clone") as store:
        store.put(made(2))
    assert known(tmp_path / "tree") == known(shop) == [made(1).id, made(2).id]


def test_another_repository_and_another_folder_of_it_have_memories_of_their_own(shop: Path, tmp_path: Path) -> None:
    assert known(repository(tmp_path / "stock", "stock")) == []
    assert known(shop / "part") == []
    (tmp_path / "plain").mkdir()
    assert known(tmp_path / "plain") == []


def test_a_clone_without_the_first_commit_does_not_pretend(shop: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "1", shop.as_uri(), "shallow")
    assert known(tmp_path / "shallow") == []
    with open_memory(tmp_path / "shallow") as store:
        store.put(made(3))
    git(tmp_path, "clone", "-q", "--depth", "1", shop.as_uri(), "again")
    assert known(tmp_path / "again") == []


def test_git_is_not_run_where_the_user_does_not_trust(shop: Path, tmp_path: Path) -> None:
    shutil.move(shop, tmp_path / "elsewhere")
    assert not has_memory(tmp_path / "elsewhere", may_run_git=False)
    assert not Acceptances(tmp_path / "elsewhere", may_run_git=False).refresh()


@pytest.mark.parametrize("text", ["", "../../../etc", "nothing", "a\0b", "é"])
def test_a_register_that_is_damaged_does_no_harm(shop: Path, tmp_path: Path, text: str) -> None:
    (entry,) = (tmp_path / "state/vt-lsp/repositories").iterdir()
    entry.write_text(text, "utf-8")
    shutil.move(shop, tmp_path / "elsewhere")
    assert known(tmp_path / "elsewhere") == []
