"""What was saved between two commits, and how it is joined with what was committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vt_lsp.progress.changes import Change, Entry, Snapshot, burn_up
from vt_lsp.progress.ticks import FILE, Mark, Ticks, keys_of, woven

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ("parse the settings", "draw the window", "send the letters")


def entries(*done: int, words: tuple[str, ...] = WORDS) -> tuple[Entry, ...]:
    return tuple(Entry("", word, n in done) for n, word in enumerate(words))


def marks(*rows: tuple[int, int, bool], words: tuple[str, ...] = WORDS) -> list[Mark]:
    keys = keys_of(entries(words=words))
    return [Mark(at, keys[n], done) for at, n, done in rows]


def changes(older: Snapshot | None, newer: Snapshot, found: list[Mark]) -> tuple[Change, ...]:
    before = [older] if older is not None else []
    return burn_up([*before, *woven(older, newer, found), newer]).changes


def test_a_tick_counts_from_the_save_on() -> None:
    older, newer = Snapshot(100, entries()), Snapshot(500, entries(0, 1))
    assert changes(older, newer, marks((200, 0, True), (300, 1, True))) == (
        Change(100, added=(0, 1, 2)),
        Change(200, ticked=(0,)),
        Change(300, ticked=(1,)),
    )


def test_what_no_save_tells_happened_at_the_commit() -> None:
    older, newer = Snapshot(100, entries()), Snapshot(500, entries(0, 1))
    assert changes(older, newer, marks((200, 0, True)))[1:] == (Change(200, ticked=(0,)), Change(500, ticked=(1,)))


def test_a_list_that_was_committed_when_it_was_done_has_its_saves() -> None:
    found = marks((100, 0, False), (100, 1, False), (100, 2, False), (200, 0, True), (300, 2, True))
    assert changes(None, Snapshot(900, entries(0, 2)), found) == (
        Change(100, added=(0, 1, 2)),
        Change(200, ticked=(0,)),
        Change(300, ticked=(2,)),
    )


def test_ticks_of_another_branch_count_for_nothing() -> None:
    older, newer = Snapshot(100, entries()), Snapshot(500, entries())
    assert list(woven(older, newer, marks((200, 0, True)))) == []


def test_a_tick_that_was_taken_back_and_given_again() -> None:
    older, newer = Snapshot(100, entries()), Snapshot(500, entries(0))
    found = marks((200, 0, True), (250, 0, False), (300, 0, True))
    assert changes(older, newer, found)[1:] == (
        Change(200, ticked=(0,)),
        Change(250, unticked=(0,)),
        Change(300, ticked=(0,)),
    )


def test_a_reworded_task_stays_the_same_one_and_a_removed_one_goes_with_the_commit() -> None:
    words = ("parse all the settings", "draw the window")
    older, newer = Snapshot(100, entries()), Snapshot(500, entries(0, words=words))
    found = marks((200, 0, True), words=words)
    assert changes(older, newer, found)[1:] == (Change(200, ticked=(0,)), Change(500, removed=(2,)))


def test_equal_tasks_are_told_apart_by_their_order() -> None:
    same = ("write tests", "write tests")
    older, newer = Snapshot(100, entries(words=same)), Snapshot(500, entries(1, words=same))
    assert changes(older, newer, marks((200, 1, True), words=same))[1:] == (Change(200, ticked=(1,)),)


def test_saves_before_and_after_are_not_between() -> None:
    older, newer = Snapshot(100, entries()), Snapshot(500, entries(0))
    assert list(woven(older, newer, marks((50, 0, True), (600, 0, True)))) == []


@pytest.fixture
def ticks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ticks:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "project").mkdir()
    return Ticks(tmp_path / "project")


def test_only_what_is_news_is_kept(ticks: Ticks) -> None:
    assert ticks.marks("TASKS.md") == ()
    assert ticks.record("TASKS.md", entries(), 100)
    assert not ticks.record("TASKS.md", entries(), 200)
    assert ticks.record("TASKS.md", entries(1), 300)
    assert ticks.record("other.md", entries(0), 400)
    keys = keys_of(entries())
    assert ticks.marks("TASKS.md") == (*(Mark(100, key, False) for key in keys), Mark(300, keys[1], True))


def test_words_are_not_kept(ticks: Ticks, tmp_path: Path) -> None:
    ticks.record("TASKS.md", entries(), 100)
    (file,) = (tmp_path / "state").rglob(FILE)
    assert b"settings" not in file.read_bytes()
    assert file.stat().st_mode & 0o77 == 0


def test_a_damaged_file_is_no_obstacle(ticks: Ticks, tmp_path: Path) -> None:
    ticks.record("TASKS.md", entries(), 100)
    (file,) = (tmp_path / "state").rglob(FILE)
    file.write_bytes(b"not a database, but long enough to look like one" * 100)
    assert ticks.marks("TASKS.md") == ()
    assert not ticks.record("TASKS.md", entries(0), 200)
