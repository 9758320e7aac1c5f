from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.workflow_memory.made import decision
from tests.unit.workflow_memory.test_madr import MADR, NYGARD
from vt_lsp.models import DecisionStatus, DecisionType, LinkType
from vt_lsp.workflow_memory.adr_files import export_adrs, sync
from vt_lsp.workflow_memory.decision_tracker import DecisionTracker
from vt_lsp.workflow_memory.filters import Filter
from vt_lsp.workflow_memory.memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "config", "user.name", "Ada")
    git(folder, "config", "user.email", "ada@example.org")
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    with MemoryStore(tmp_path / "state") as opened:
        yield opened


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, "utf-8")


def test_an_adr_appears_by_itself_and_follows_its_file(root: Path, store: MemoryStore) -> None:
    write(root, "docs/adr/0003-sqlite.md", MADR)
    (one,) = sync(root, store).changed
    assert store.need(one).source == "docs/adr/0003-sqlite.md"
    assert sync(root, store).changed == ()
    write(root, "docs/adr/0003-sqlite.md", MADR.replace("status: accepted", "status: deprecated"))
    assert sync(root, store).changed == (one,)
    assert store.need(one).status is DecisionStatus.DEPRECATED
    assert [event.kind for event in store.events(one)] == ["recorded", "changed"]


def test_one_that_is_superseded_in_git_is_superseded_here_and_linked(root: Path, store: MemoryStore) -> None:
    write(root, "docs/adr/0001-use-files.md", "# 1. Files\n\nDate: 2024-01-01\n\n## Decision\n\nUse files.\n")
    (old,) = sync(root, store).changed
    write(root, "docs/adr/0003-sqlite.md", MADR)
    sync(root, store)
    assert store.need(old).status is DecisionStatus.SUPERSEDED
    (new,) = store.successors(old)
    assert store.need(new).title == "Use SQLite for the memory"


def test_superseded_by_links_the_successor(root: Path, store: MemoryStore) -> None:
    write(root, "docs/adr/0012-queue.md", NYGARD)
    write(root, "docs/adr/0013-no-queue.md", "# 13. No queue\n\nDate: 2024-05-01\n\n## Decision\n\nSend at once.\n")
    sync(root, store)
    (old,) = store.from_source("docs/adr/0012-queue.md")
    (new,) = store.from_source("docs/adr/0013-no-queue.md")
    assert store.successors(old.id) == (new.id,)


def test_two_clones_that_read_the_same_have_the_same_ids(root: Path, store: MemoryStore, tmp_path: Path) -> None:
    write(root, "docs/adr/0003-sqlite.md", MADR)
    with MemoryStore(tmp_path / "other") as other:
        assert sync(root, store).changed == sync(root, other).changed


def test_what_is_exported_is_the_same_decision_when_it_is_read_elsewhere(
    root: Path, store: MemoryStore, tmp_path: Path
) -> None:
    store.put(decision(1, tags=("a",)), decision(2, title="", outcome="Only a choice"))
    written = export_adrs(root, store.all(), store)
    assert written == ["docs/decisions/0001-retry-number-1.md", "docs/decisions/0002-only-a-choice.md"]
    assert sync(root, store).changed == ()
    assert export_adrs(root, store.all(), store) == []
    with MemoryStore(tmp_path / "other") as other:
        assert set(sync(root, other).changed) == {decision(1).id, decision(2).id}
        assert other.find(Filter(tag="a")).total == 1
        assert list(other.all()) == list(store.all())


def test_an_edit_of_an_exported_file_comes_back_and_a_rename_changes_nothing_else(
    root: Path, store: MemoryStore
) -> None:
    store.put(decision(1))
    (path,) = export_adrs(root, store.all(), store)
    text = (root / path).read_text("utf-8").replace("status: accepted", "status: rejected")
    (root / path).unlink()
    write(root, "docs/adr/0009-moved.md", text)
    assert sync(root, store).changed == (decision(1).id,)
    assert store.find(Filter()).total == 1
    assert store.need(decision(1).id).status is DecisionStatus.REJECTED


def test_two_branches_with_the_same_number_are_two_decisions(root: Path, store: MemoryStore) -> None:
    write(root, "docs/adr/0001-one.md", "# 1. One\n\nDate: 2024-01-01\n\n## Decision\n\nOne.\n")
    write(root, "docs/adr/0001-two.md", "# 1. Two\n\nDate: 2024-01-01\n\n## Decision\n\nTwo.\n")
    assert len(sync(root, store).changed) == 2


def test_a_file_in_conflict_changes_nothing_and_is_named(root: Path, store: MemoryStore) -> None:
    write(root, "docs/adr/0003-sqlite.md", MADR)
    sync(root, store)
    write(root, "docs/adr/0003-sqlite.md", f"<<<<<<< HEAD\n{MADR}=======\n{MADR}>>>>>>> other\n")
    done = sync(root, store)
    assert done.changed == ()
    assert done.problems == ("docs/adr/0003-sqlite.md: no decision can be read there",)


def test_decision_blocks_of_research_are_read(root: Path, store: MemoryStore) -> None:
    block = "- **Decision**: {}\n- **Rationale**: it is small\n- **Alternatives considered**:\n  - Redis\n  - files\n"
    write(
        root,
        "specs/001-shop/research.md",
        f"# Research\n\n## Cache\n\n{block.format('Use sqlite')}\n## Other\n\ntext\n",
    )
    (one,) = sync(root, store).changed
    found = store.need(one)
    assert (found.title, found.outcome, found.rationale) == ("Cache", "Use sqlite", "it is small")
    assert found.alternatives == ("Redis", "files")
    write(root, "specs/001-shop/research.md", f"## Cache\n\n{block.format('Use Redis')}")
    assert sync(root, store).changed == (one,)


def test_trailers_of_commits_are_read_once(root: Path, store: MemoryStore) -> None:
    message = "Retry payments\n\nThe gateway is slow.\n\nDecision: Retry three times with back-off\n"
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    (one,) = sync(root, store).changed
    found = store.need(one)
    assert (found.outcome, found.author) == ("Retry three times with back-off", "Ada")
    assert found.decision_type is DecisionType.ERROR_HANDLING
    assert found.rationale == "The gateway is slow."
    assert sync(root, store).changed == ()
    git(root, "commit", "-q", "--allow-empty", "-m", "x\n\nDecision: Use black\nDecision: Use ruff\n")
    assert len(sync(root, store).changed) == 2


def test_what_was_changed_here_is_not_undone_by_an_old_file(root: Path, store: MemoryStore) -> None:
    write(root, "docs/adr/0003-sqlite.md", MADR)
    (one,) = sync(root, store).changed
    DecisionTracker(store).change(one, status=DecisionStatus.DEPRECATED)
    assert sync(root, store).changed == ()
    assert store.need(one).status is DecisionStatus.DEPRECATED
    assert [link.type for link in store.need(one).links] in ([], [LinkType.SUPERSEDES])
