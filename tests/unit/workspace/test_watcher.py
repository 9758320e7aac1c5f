from __future__ import annotations

import ctypes
import errno
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from watchdog.observers import inotify_c

from vt_lsp.workspace import watcher as watcher_module
from vt_lsp.workspace.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="speaks of inotify")


class Seen:
    """What a watcher reported."""

    def __init__(self) -> None:
        self.batches: list[set[str]] = []

    def __call__(self, paths: set[str], _at: float) -> None:
        self.batches.append(paths)

    @property
    def paths(self) -> set[str]:
        return set().union(*self.batches)


def until(condition: Callable[[], bool], seconds: float = 8.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def watch(seen: Seen) -> Iterator[Callable[..., Watcher]]:
    running: list[Watcher] = []

    def begin(*folders: Path, on_change: Callable[[set[str], float], None] = seen) -> Watcher:
        watcher = Watcher(folders, on_change)
        running.append(watcher)
        watcher.start()
        return watcher

    yield begin
    for watcher in running:
        watcher.stop()


def folders(root: Path, *names: str) -> list[Path]:
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
    return [root, *(root / name for name in names)]


def test_changes_in_wanted_folders_are_seen_and_others_not(
    tmp_path: Path, seen: Seen, watch: Callable[..., Watcher]
) -> None:
    wanted = folders(tmp_path, "src", "src/app", "docs")
    folders(tmp_path, "node_modules", "node_modules/x", "src/app/__pycache__", "docs/_build")
    watcher = watch(*wanted)
    assert watcher.healthy
    (tmp_path / "node_modules" / "x" / "a.py").write_text("x")
    (tmp_path / "docs" / "_build" / "b.md").write_text("x")
    (tmp_path / "src" / "app" / "__pycache__" / "a.pyc").write_text("x")
    (tmp_path / "src" / "app" / "a.py").write_text("x")
    (tmp_path / "docs" / "tmp~").write_text("x")
    (tmp_path / "docs" / "tmp~").rename(tmp_path / "docs" / "b.md")
    expected = {str(tmp_path / "src" / "app" / "a.py"), str(tmp_path / "docs" / "b.md")}
    assert until(lambda: expected <= seen.paths)
    assert not {path for path in seen.paths if "node_modules" in path or "_build" in path or "pycache" in path}
    (tmp_path / "src" / "app" / "a.py").unlink()
    before = len(seen.batches)
    assert until(lambda: len(seen.batches) > before)


def test_reading_is_no_change(tmp_path: Path, seen: Seen, watch: Callable[..., Watcher]) -> None:
    (tmp_path / "a.py").write_text("x")
    watch(tmp_path)
    (tmp_path / "a.py").read_text()
    list(tmp_path.iterdir())
    time.sleep(0.4)
    assert seen.batches == []


def test_many_events_come_in_few_batches(tmp_path: Path, seen: Seen, watch: Callable[..., Watcher]) -> None:
    watch(tmp_path)
    for n in range(200):
        (tmp_path / f"m{n}.py").write_text("x")
    assert until(lambda: len(seen.paths) == 200)
    assert len(seen.batches) <= 10


def test_whole_trees_share_a_watch(tmp_path: Path, watch: Callable[..., Watcher]) -> None:
    wanted = folders(tmp_path, "src", *(f"src/p{n}" for n in range(300)), *(f"src/p{n}/sub" for n in range(300)))
    folders(tmp_path, "node_modules", "src/p7/__pycache__")
    before = threading.active_count()
    watcher = watch(*wanted)
    assert watcher.healthy
    assert threading.active_count() - before < 8


def test_a_new_folder_is_reported_and_can_be_added(tmp_path: Path, seen: Seen, watch: Callable[..., Watcher]) -> None:
    folders(tmp_path, "node_modules")
    watcher = watch(tmp_path)
    (tmp_path / "new").mkdir()
    assert until(lambda: str(tmp_path / "new") in seen.paths)
    watcher.update([tmp_path, tmp_path / "new"])
    (tmp_path / "new" / "a.py").write_text("x")
    assert until(lambda: str(tmp_path / "new" / "a.py") in seen.paths)
    assert watcher.healthy


def test_a_consumer_that_fails_does_not_end_the_watching(
    tmp_path: Path, seen: Seen, watch: Callable[..., Watcher]
) -> None:
    calls: list[int] = []

    def failing(paths: set[str], at: float) -> None:
        calls.append(1)
        seen(paths, at)
        raise RuntimeError("consumer")

    watcher = watch(tmp_path, on_change=failing)
    (tmp_path / "a.py").write_text("x")
    assert until(lambda: len(calls) == 1)
    (tmp_path / "b.py").write_text("x")
    assert until(lambda: str(tmp_path / "b.py") in seen.paths)
    assert watcher.healthy


def test_a_dead_observer_is_replaced_and_everything_looked_at_again(
    tmp_path: Path, seen: Seen, watch: Callable[..., Watcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher_module, "_SUPERVISION", 0.1)
    watcher = watch(tmp_path)
    assert watcher._observer is not None
    watcher._observer.stop()
    watcher._observer.join()
    assert until(lambda: str(tmp_path) in seen.paths)
    assert until(lambda: watcher.healthy)
    (tmp_path / "a.py").write_text("x")
    assert until(lambda: str(tmp_path / "a.py") in seen.paths)


@pytest.mark.parametrize("room", [0, 3])
def test_the_limit_on_watches_is_said(  # noqa: PLR0917  fixtures
    tmp_path: Path,
    seen: Seen,
    watch: Callable[..., Watcher],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    room: int,
) -> None:
    add = inotify_c.inotify_add_watch
    left = iter(range(room))

    def limited(handle: int, path: bytes, mask: int) -> int:  # injected: the kernel's own limit is the machine's
        if next(left, None) is None:
            ctypes.set_errno(errno.ENOSPC)
            return -1
        return add(handle, path, mask)

    monkeypatch.setattr(inotify_c, "inotify_add_watch", limited)
    watcher = watch(*folders(tmp_path, *(f"p{n}" for n in range(10))))
    assert not watcher.healthy
    assert "limit on watched folders" in watcher.status
    assert len([record for record in caplog.records if "limit" in record.getMessage()]) == 1
    if room:
        (tmp_path / "a.py").write_text("x")
        assert until(lambda: str(tmp_path / "a.py") in seen.paths)


def test_folders_that_are_gone_are_passed_over(tmp_path: Path, seen: Seen, watch: Callable[..., Watcher]) -> None:
    watcher = watch(tmp_path, tmp_path / "gone")
    assert watcher.healthy
    (tmp_path / "a.py").write_text("x")
    assert until(lambda: str(tmp_path / "a.py") in seen.paths)


def test_stopping_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    watcher = Watcher([tmp_path], lambda _paths, _at: None)
    watcher.start()
    watcher.stop()
    watcher.stop()
    assert until(lambda: not set(threading.enumerate()) - before)
    assert not watcher.healthy
