from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from vt_lsp.progress.changes import Change
from vt_lsp.progress.history import Histories, TaskHistory, _Reader, entries_of, listed
from vt_lsp.progress.ticks import Ticks
from vt_lsp.specs.readers import read, task_reader
from vt_lsp.workspace.git import Git
from vt_lsp.workspace.store import FactsStore

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86400
T0 = 1_770_000_000
NOW = T0 + 1000 * DAY


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str, author: int = T0, committer: int = T0) -> None:
        dates = {"GIT_AUTHOR_DATE": f"{author} +0000", "GIT_COMMITTER_DATE": f"{committer} +0000"}
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *args]
        subprocess.run(command, cwd=self.root, check=True, capture_output=True, env={**os.environ, **dates})

    def commit(
        self, day: float, text: str, path: str = "TASKS.md", *, committed: float | None = None, why: str = "x"
    ) -> None:
        (self.root / path).write_text(text, "utf-8")
        author = T0 + int(day * DAY)
        self.git("add", "-A")
        committer = author if committed is None else T0 + int(committed * DAY)
        self.git("commit", "-q", "--allow-empty", "-m", why, author=author, committer=committer)

    def history(self, path: str = "TASKS.md", store: FactsStore | None = None, changed: float = NOW) -> TaskHistory:
        tasks = listed(read((self.root / path).read_bytes(), path).tasks)
        return Histories(Git(self.root), store).of(path, tasks, changed, NOW)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project")


def plan(*marks: str) -> str:
    words = ("parse the settings", "draw the window", "send the letters", "count all sheep")
    return "# Plan\n\n" + "".join(f"- [{mark}] {word}\n" for mark, word in zip(marks, words, strict=False))


def at(day: float) -> int:
    return T0 + int(day * DAY)


def test_a_list_is_followed_from_its_first_commit_through_a_rename(repository: Repository) -> None:
    repository.commit(0, plan(" ", " "), "TODO.md")
    repository.commit(1, plan("x", " "), "TODO.md")
    repository.git("mv", "TODO.md", "TASKS.md")
    repository.commit(2, plan("x", " "))
    repository.commit(3, plan("x", "x", " "))
    found = repository.history().burn_up
    assert found.changes == (
        Change(at(0), added=(0, 1)),
        Change(at(1), ticked=(0,)),
        Change(at(3), added=(2,), ticked=(1,)),
    )
    assert found.present == (0, 1, 2)


def test_a_list_that_was_deleted_and_made_again_is_another_one(repository: Repository) -> None:
    repository.commit(0, plan(" ", " "))
    (repository.root / "TASKS.md").unlink()
    repository.commit(1, "x", "other.txt")
    repository.commit(2, plan("x", " "))
    assert [change.at for change in repository.history().burn_up.changes] == [at(2)]


def test_what_is_not_committed_happened_when_the_file_was_written(repository: Repository) -> None:
    repository.commit(0, plan(" ", " "))
    (repository.root / "TASKS.md").write_text(plan("x", " "), "utf-8")
    assert repository.history(changed=at(5)).burn_up.changes[-1] == Change(at(5), ticked=(0,))


def test_a_rebase_does_not_move_ticks_and_a_wrong_clock_is_not_believed(repository: Repository) -> None:
    repository.commit(0, plan(" ", " ", " "))
    repository.commit(1, plan("x", " ", " "), committed=50)  # rebased
    repository.commit(5000, plan("x", "x", " "), committed=51)  # an author from the future
    repository.commit(3, plan("x", "x", "x"), committed=52)
    assert [change.at for change in repository.history().burn_up.changes] == [at(0), at(1), at(51)]


def test_saves_tell_when_what_a_commit_has_happened(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    ticks, store = Ticks(repository.root), FactsStore(tmp_path / "cache")
    file = repository.root / "TASKS.md"

    def save(day: float, text: str) -> None:
        ticks.record("TASKS.md", entries_of(listed(read(text.encode(), "TASKS.md").tasks)), at(day))

    def history() -> tuple[Change, ...]:
        tasks = listed(read(file.read_bytes(), "TASKS.md").tasks)
        found = Histories(Git(repository.root), store, ticks).of("TASKS.md", tasks, at(9), NOW)
        return found.burn_up.changes

    save(1, plan(" ", " "))
    save(2, plan("x", " "))
    save(3, plan("x", "x"))
    repository.commit(5, plan("x", "x"))
    expected = (Change(at(1), added=(0, 1)), Change(at(2), ticked=(0,)), Change(at(3), ticked=(1,)))
    assert history() == expected, "the list was committed when it was done"
    file.write_text(plan("x", "x", " "), "utf-8")
    save(7, plan("x", "x", " "))
    assert history() == (*expected, Change(at(7), added=(2,))), "not committed yet"
    save(8, plan("x", "x", "x"))  # thrown away: on disk the task is open
    assert history() == (*expected, Change(at(9), added=(2,)))
    store.close()


def test_a_list_that_moved_to_another_file_has_the_history_of_its_own(repository: Repository) -> None:
    repository.commit(0, plan(" ", " ", " ", " "), "A.md")
    repository.commit(1, plan("x", " ", " ", " "), "A.md")
    repository.git("mv", "A.md", "B.md")
    repository.commit(2, plan("x", "x", " ", " "), "B.md")
    assert [change.at for change in repository.history("B.md").burn_up.changes] == [at(0), at(1), at(2)]


def test_agents_are_known_by_their_trailers(repository: Repository) -> None:
    repository.commit(0, plan(" ", " "))
    repository.commit(1, plan("x", " "), why="Parse\n\nCo-authored-by: Copilot <copilot@example.org>")
    repository.commit(2, plan("x", "x"))
    assert [change.by_agent for change in repository.history().burn_up.changes] == [False, True, False]


def test_the_second_answer_comes_from_the_cache(repository: Repository, tmp_path: Path) -> None:
    repository.commit(0, plan(" ", " "))
    repository.commit(1, plan("x", " "))
    store = FactsStore(tmp_path / "cache")
    first = repository.history(store=store)
    kept = store.count()
    assert kept
    assert repository.history(store=store) == first
    repository.commit(2, plan("x", "x"))
    assert len(repository.history(store=store).burn_up.changes) == 3


def test_without_git_the_list_begins_when_it_was_written(tmp_path: Path) -> None:
    tasks = listed(read(plan("x", " ").encode(), "TASKS.md").tasks)
    found = Histories(Git(tmp_path)).of("TASKS.md", tasks, at(1), NOW)
    assert found.burn_up.changes == (Change(at(1), added=(0, 1), ticked=(0,)),)


def test_a_shallow_clone_is_known_as_one(repository: Repository, tmp_path: Path) -> None:
    repository.commit(0, plan(" ", " "))
    repository.commit(1, plan("x", " "))
    clone = Repository(tmp_path / "clone")
    clone.git("fetch", "-q", "--depth=1", f"file://{repository.root}", "main")
    clone.git("checkout", "-q", "FETCH_HEAD")
    found = clone.history()
    assert found.is_shallow
    assert [change.at for change in found.burn_up.changes] == [at(1)]
    assert not repository.history().is_shallow


@pytest.mark.parametrize(
    "text",
    [
        plan("x", " ", "-"),
        "- [x] a\n  - [ ] b\n\n  text\n- [ ] c\n\n## Part\n1. [x] d\n* [ ] e\n",
        "```md\n# not a heading\n- [ ] no task\n```\n- [x] a\n<!--\n# b\n- [ ] c\n-->\n- [ ] d\n",
        "<details>\n- [ ] raw\n\n- [x] a\n</details>\n\n- [ ] b\n",
        "# Feature 1.1: Search ✅\n\n- Index ✅\n- Query\n\n# Feature 1.2: Sort\n",
        "\ufeff- [x] T001 [P] a `[x]`\r\n- [ ] T002 b [x]\r\n",
        "~~~\n- [ ] never closed\n# a\n- [ ] b\n",
    ],
)
def test_a_text_read_in_parts_has_the_tasks_of_the_whole(text: str) -> None:
    data = text.encode()
    whole = read(data, "TASKS.md").tasks
    assert task_reader("TASKS.md")(data) == whole
    assert _Reader("TASKS.md").read(data) == entries_of(listed(whole))
