"""A monitor at work: whatever happens to the files ends with the reports of a fresh start, and no fault stays."""

from __future__ import annotations

import ctypes
import errno
import shutil
import sqlite3
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from watchdog.observers import inotify_c

from tests.unit.continuous_eval.running import CODE, SPEC, Running, commit, fresh, git, project
from vt_lsp.continuous_eval import background as background_module
from vt_lsp.continuous_eval import surroundings
from vt_lsp.continuous_eval.metrics_store import FILE, read_trend, read_uptime
from vt_lsp.engine import Engine
from vt_lsp.workspace import watcher as watcher_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from vt_lsp.continuous_eval.evaluation import Evaluation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="speaks of inotify")


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_module, "TICK_SECONDS", 0.2)
    monkeypatch.setattr(watcher_module, "_SUPERVISION", 0.2)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return project(tmp_path / "project")


@pytest.fixture
def running(root: Path, tmp_path: Path) -> Iterator[Running]:
    with Running(root, tmp_path / "state") as one:
        yield one


# ------------------------------------------------------------------------------------------------------- what happens


def edit(root: Path) -> None:
    (root / "shop/shelf.py").write_text(CODE.replace("copies", "count"))


def save_by_renaming(root: Path) -> None:
    draft = root / "shop/.shelf.py.tmp"
    draft.write_text(CODE.replace("take", "fetch"))
    draft.replace(root / "shop/shelf.py")


def save_as_vim_does(root: Path) -> None:
    file = root / "shop/shelf.py"
    file.rename(root / "shop/shelf.py~")
    file.write_text(CODE.replace("LIMIT = 10", "LIMIT = 20"))
    (root / "shop/shelf.py~").unlink()


def move(root: Path) -> None:
    (root / "shop/shelf.py").rename(root / "shop/shelves.py")


def delete(root: Path) -> None:
    (root / "shop/shelf.py").unlink()


def rename_folder(root: Path) -> None:
    (root / "shop").rename(root / "store")


def new_folder(root: Path) -> None:
    (root / "docs/more").mkdir()
    (root / "docs/more/a.md").write_text("`Shelf.vanish()` and `shop/gone.py`.\n\n" + SPEC.replace("10", "30"))


def ignore(root: Path) -> None:
    edit(root)
    (root / ".gitignore").write_text("docs/\n")


def many_files(root: Path) -> None:
    for n in range(150):
        (root / f"docs/n{n}.md").write_text(SPEC.replace("copies=1", f"copies={n}"))


def other_settings(root: Path) -> None:
    edit(root)
    (root / "vt-lsp.toml").write_text('ignore = ["signature-mismatch"]\n[monitor]\nonBattery = "run"\n')


@pytest.mark.parametrize(
    "change",
    [
        edit,
        save_by_renaming,
        save_as_vim_does,
        move,
        delete,
        rename_folder,
        new_folder,
        ignore,
        many_files,
        other_settings,
    ],
    ids=lambda change: change.__name__,
)
def test_the_reports_are_those_of_a_fresh_start(running: Running, change: Callable[[Path], None]) -> None:
    change(running.root)
    running.settle(change.__name__)
    git(running.root, "checkout", "-q", ".")
    git(running.root, "clean", "-qfd")
    running.settle("what was there before")
    assert running.drifts == []


def branches(root: Path) -> None:
    """A branch with other code, other names and other documents."""
    git(root, "checkout", "-q", "-b", "other")
    (root / "shop/shelf.py").write_text(CODE.replace("take", "fetch").replace("copies", "count"))
    commit(root, "Rename")
    (root / "docs/extra.md").write_text("`Shelf.fetch(title)` and `Shelf.burn()`.\n")
    commit(root, "Say so")
    git(root, "checkout", "-q", "main")


def test_git_at_work_is_one_change(root: Path, tmp_path: Path) -> None:
    branches(root)
    with Running(root, tmp_path / "state") as running:
        running.settle("the start")
        git(root, "checkout", "-q", "other")
        running.settle("another branch")
        assert running.drifts
        (root / "shop/shelf.py").write_text("")
        running.settle("an edit")
        git(root, "stash", "-q")
        running.settle("a stash")
        git(root, "stash", "pop", "-q")
        running.settle("the stash again")
        commit(root, "Empty")
        running.settle("a commit, which git now tells of")
        git(root, "checkout", "-q", "main")
        (root / "README.md").write_text("`shop/shelf.py` and `shop/shelve.py`\n")
        commit(root, "Read me")
        git(root, "checkout", "-q", "other")
        git(root, "rebase", "-q", "main")
        running.settle("a rebase")
        git(root, "reset", "-q", "--hard", "HEAD~2")
        running.settle("a reset")


def test_a_checkout_of_2000_files_is_a_fresh_start_and_few_evaluations(root: Path, tmp_path: Path) -> None:
    git(root, "checkout", "-q", "-b", "many")
    for n in range(1000):
        (root / f"shop/m{n}.py").write_text(f"LIMIT_{n} = 20\n")
        (root / f"docs/m{n}.md").write_text(f"`LIMIT_{n} = {10 if n % 20 == 0 else 20}` at most, in `shop/m{n}.py`.\n")
    commit(root, "Many")
    git(root, "checkout", "-q", "main")
    with Running(root, tmp_path / "state") as running:
        before = len(running.evaluations)
        git(root, "checkout", "-q", "many")
        running.settle("2,000 files")
        assert len(running.drifts) == 50
        assert len(running.evaluations) - before <= 4
        git(root, "checkout", "-q", "main")
        running.settle("none of them")


def test_a_burst_is_one_evaluation_and_the_same_text_none(running: Running) -> None:
    before = len(running.evaluations)
    for n in range(30):
        (running.root / "docs/shelf.md").write_text(SPEC + f"\n{n}\n")
        (running.root / f"docs/b{n}.md").write_text("`Shelf.vanish()`\n")
    running.settle("a burst")
    assert len(running.evaluations) - before <= 3
    appeared = [one.fingerprint for evaluation in running.evaluations for one in evaluation.appeared]
    assert len(appeared) == len(set(appeared)) == 30


# ------------------------------------------------------------------------------------------------------------- faults


def test_an_exception_is_reported_once_and_nothing_is_lost(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    update, left = Engine.update, [3]

    def failing(self: Engine, path: str, data: bytes | None, *, overlay: bool) -> None:
        if left[0]:
            left[0] -= 1
            raise RuntimeError("injected")
        update(self, path, data, overlay=overlay)

    monkeypatch.setattr(Engine, "update", failing)
    edit(running.root)
    running.settle("the edit that failed")
    assert running.troubles == ["evaluation"]
    running.until(lambda: running.monitor.health().state == "ok", "health")


def test_a_listener_that_fails_keeps_nothing_from_the_others(running: Running) -> None:
    def failing(_evaluation: Evaluation) -> None:
        raise RuntimeError("injected")

    running.monitor.listen(failing)
    edit(running.root)
    running.settle("the edit")
    assert running.troubles == ["listener"]


def test_a_dead_observer_is_replaced_and_what_was_missed_is_found(running: Running) -> None:
    watcher = running.background._watcher
    assert watcher is not None
    assert watcher._observer is not None
    watcher._observer.stop()
    watcher._observer.join()
    edit(running.root)
    running.settle("an edit that nobody told of")
    running.until(lambda: running.monitor.health().state == "ok", "health")
    assert "watcher" in running.troubles


def test_files_are_looked_at_where_they_cannot_be_watched(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def limited(_handle: int, _path: bytes, _mask: int) -> int:  # injected: the kernel's own limit is the machine's
        ctypes.set_errno(errno.ENOSPC)
        return -1

    monkeypatch.setattr(inotify_c, "inotify_add_watch", limited)
    monkeypatch.setattr("vt_lsp.continuous_eval.monitor.SWEEP_SECONDS", 0.5)
    with Running(root, tmp_path / "state") as running:
        running.until(lambda: running.monitor.health().coverage == "sweeping", "the sweeps")
        assert "limit on watched folders" in running.monitor.health().troubles[0].text
        edit(root)
        running.settle("an edit")
        new_folder(root)
        running.settle("a new folder")
        move(root)
        running.settle("a file that moved")
        assert running.troubles == ["watcher"]


def test_a_folder_that_is_away_for_a_while(running: Running) -> None:
    edit(running.root)
    running.settle("the edit")
    drifts = running.drifts
    away = running.root.with_name("away")
    running.root.rename(away)
    running.until(lambda: running.monitor.health().state == "failing", "the trouble")
    assert running.monitor.health().coverage == "away"
    assert running.drifts == drifts  # what is known of it stays
    running.root.mkdir()  # where a disk is mounted that is not there now
    (away / "shop/shelf.py").write_text(CODE.replace("take", "fetch"))
    running.until(lambda: len(running.evaluations) > 1, "an evaluation")
    assert running.monitor.health().state == "failing"
    running.root.rmdir()
    away.rename(running.root)
    running.settle("the folder again")
    assert running.troubles == ["folder"]
    save_as_vim_does(running.root)
    running.settle("an edit in the folder that is back")


def test_a_damaged_history_is_begun_anew_with_what_stands(running: Running) -> None:
    edit(running.root)
    running.settle("the edit")
    running.until((running.state / FILE).exists, "the file")
    standing = {drift.fingerprint for drift in running.drifts}
    recorder = running.monitor.recorder
    with recorder._writing:
        recorder._close(None)
        (running.state / FILE).write_bytes(b"no database " * 1000)
    save_by_renaming(running.root)
    running.settle("another edit")
    running.until(lambda: any("damaged" in one.name for one in running.state.iterdir()), "the copy")
    standing = {drift.fingerprint for drift in running.drifts}
    running.until(lambda: names_in(running.state) == standing, "a new history")
    assert running.troubles.count("history") <= 1


def names_in(state: Path) -> set[str]:
    try:
        with sqlite3.connect(state / FILE) as db:
            return {row[0] for row in db.execute("SELECT fingerprint FROM drifts WHERE until IS NULL")}
    except sqlite3.Error:
        return set()


def test_a_locked_history_is_written_later(running: Running) -> None:
    running.until((running.state / FILE).exists, "the file")
    lock = sqlite3.connect(running.state / FILE, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    edit(running.root)
    running.settle("the edit")
    running.until(lambda: running.monitor.has_trouble("history"), "the trouble")
    lock.execute("ROLLBACK")
    lock.close()
    move(running.root)
    running.settle("a file that moved")
    running.until(lambda: names_in(running.state) == {d.fingerprint for d in running.drifts}, "the history")


def test_a_full_disk_loses_nothing(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    from vt_lsp.continuous_eval.metrics_store import MetricsStore  # noqa: PLC0415

    def full(*_arguments: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(MetricsStore, "write", full)
        edit(running.root)
        running.settle("the edit")
        running.until(lambda: running.monitor.has_trouble("history"), "the trouble")
        move(running.root)
        running.settle("a file that moved")
    delete_spec = running.root / "docs/shelf.md"
    delete_spec.write_text("# Nothing\n")
    running.settle("no drift")
    running.until(lambda: not running.monitor.has_trouble("history"), "the history")
    with sqlite3.connect(running.state / FILE) as db:
        told = {one.fingerprint for evaluation in running.evaluations for one in evaluation.appeared}
        assert {row[0] for row in db.execute("SELECT fingerprint FROM drifts")} == told


def test_nothing_is_evaluated_on_battery(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    power = [False]
    monkeypatch.setattr(surroundings, "on_battery", lambda: power[0])
    monkeypatch.setattr(surroundings, "BATTERY_SECONDS", 0.0)
    (root / "vt-lsp.toml").unlink()
    with Running(root, tmp_path / "state") as running:
        power[0] = True
        running.until(lambda: running.monitor.is_paused, "the pause")
        before = len(running.drifts)
        edit(root)
        assert running.monitor.health().state == "paused"
        assert len(running.drifts) == before
        power[0] = False
        running.settle("what changed meanwhile")
        assert running.drifts


# --------------------------------------------------------------------------------------------------- what is remembered


def test_what_was_known_is_known_after_a_restart(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    monkeypatch.setattr("vt_lsp.continuous_eval.metrics_store.state_directory", lambda _root: state)
    save_as_vim_does(root)
    with Running(root, state) as first:
        assert first.evaluations[0].is_baseline
        assert first.evaluations[0].appeared == ()
        (since,) = first.evaluations[0].since.values()
    (root / "docs/more.md").write_text("`Shelf.vanish()`\n")
    with Running(root, state) as second:
        (only,) = second.evaluations
        assert not only.is_baseline
        assert [one.spec.path for one in only.appeared] == ["docs/more.md"]
        assert since in only.since.values()
        assert only.previous is not None
        assert only.previous.total.broken == 1
        git(root, "checkout", "-q", ".")
        second.settle("no edit")
    trend = read_trend(root)
    assert [one.seen.path for one in trend.resolved] == ["docs/shelf.md"]
    assert [one.path for one in trend.standing] == ["docs/more.md"]
    assert trend.of_spec("docs/shelf.md")[0][1].broken == 1
    assert trend.of_spec("docs/shelf.md")[-1][1].broken == 0
    assert trend.of_folder("")[-1][1].broken == 1
    mean = trend.mean_time_to_realign()
    assert mean is not None
    assert mean >= 0
    uptime = read_uptime(root)
    assert [run.kind for run in uptime.runs] == ["monitor", "monitor"]
    assert all(run.ended is not None for run in uptime.runs)
    assert uptime.due >= 1
    assert uptime.availability == 1.0


def test_of_two_monitors_one_writes_and_the_other_steps_in(root: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Running(root, state) as first:
        with Running(root, state) as second:
            other = second.monitor.recorder
            other.run = replace(other.run, pid=1)  # as if it were another process
            edit(root)
            first.settle("the edit")
            second.settle("the edit, too")
        assert names_in(state) == {drift.fingerprint for drift in first.drifts}


def test_the_folder_itself_stays_as_it_was(running: Running) -> None:
    edit(running.root)
    running.settle("the edit")
    shutil.rmtree(running.root / ".git")
    found = {path.relative_to(running.root).as_posix() for path in running.root.rglob("*") if path.is_file()}
    assert found == {"shop/__init__.py", "shop/shelf.py", "docs/shelf.md", "vt-lsp.toml"}
    assert fresh(running.root)
