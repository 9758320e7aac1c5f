"""File watching: only the folders of our own listing, never ``node_modules``, ``.git`` or what is ignored.

Events come in batches, from a thread of the watcher. What can go wrong (the system's limit on watches, a watcher that
died) is said in :attr:`Watcher.status`; whoever reads it looks at the files themselves from time to time.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)

# Without a filter, our own reads come back as events.
_KINDS: list[type[FileSystemEvent]] = [
    *(FileCreatedEvent, FileModifiedEvent, FileDeletedEvent, FileMovedEvent),
    *(DirCreatedEvent, DirDeletedEvent, DirMovedEvent),
]
QUIET = 0.1  # seconds without an event, after which a batch is handed on
_LONGEST = 1.0  # seconds that a batch waits at most, while events keep coming
_SUPERVISION = 2.0  # seconds between two looks at the observer
_BACK_OFF = 60.0  # the longest time between two attempts to start an observer again
_TOLERATED = frozenset({"__pycache__", ".ipynb_checkpoints"})  # in every package: watched along, their events dropped
_LIMITS = (errno.ENOSPC, errno.EMFILE, errno.ENFILE)
_LIMIT_REACHED = (
    "the system's limit on watched folders is reached (Linux: fs.inotify.max_user_watches): changes made outside the "
    "editor may be noticed late"
)


class Watcher:
    """Watches ``folders`` (absolute, each for itself and not for what lies below) from :meth:`start` to :meth:`stop`.

    ``on_change`` gets the absolute paths that were made, changed, moved or removed, and when the last of it happened
    (by time.monotonic), in a thread of the watcher. A folder among them means: look again at what lies below.
    """

    def __init__(
        self, folders: Iterable[Path], on_change: Callable[[set[str], float], None], quiet: float = QUIET
    ) -> None:
        """``quiet`` is how many seconds must pass without an event before a batch is handed on."""
        self._quiet = quiet
        self._folders = frozenset(map(str, folders))
        self._on_change = on_change
        self._changed: set[str] = set()
        self._wake = threading.Condition()
        self._since = self._latest = 0.0
        self._stopping = False
        self.restarts = 0  # how often a dead observer was replaced
        self._wait = _SUPERVISION  # seconds before the next attempt, should the one before have been in vain
        self._next_attempt = 0.0
        self._observer: BaseObserver | None = None
        self._thread: threading.Thread | None = None
        self._status = ""

    @property
    def status(self) -> str:
        """What is wrong, in words for people; empty when all is well."""
        return self._status

    @property
    def healthy(self) -> bool:
        """Every folder is watched, and the watching threads are alive."""
        return not self._status and self._is_alive()

    @property
    def is_gathering(self) -> bool:
        """Something happened that was not handed on yet."""
        return bool(self._changed)

    def start(self) -> None:
        """Watch from now on; does not raise."""
        self._begin()
        self._thread = threading.Thread(target=self._run, name="vt-lsp-watcher", daemon=True)
        self._thread.start()

    def update(self, folders: Iterable[Path]) -> None:
        """Watch these folders instead."""
        wanted = frozenset(map(str, folders))
        if wanted != self._folders:
            self._folders = wanted
            self._begin()

    def renew(self) -> None:
        """Watch the same folders anew: they were away."""
        self._begin()

    def stop(self) -> None:
        """Watch no longer; what was not handed on yet is dropped."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._end()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout=2.0)

    def note(self, event: FileSystemEvent) -> None:
        """Take one event; called by the observer."""
        paths = {os.fsdecode(path) for path in (event.src_path, event.dest_path) if path}
        wanted = {path for path in paths if _TOLERATED.isdisjoint(Path(path).parts)}
        if not wanted:
            return
        with self._wake:
            now = time.monotonic()
            if not self._changed:
                self._since = now
            self._latest = now
            self._changed |= wanted
            self._wake.notify()

    def _begin(self) -> None:
        """Start an observer for the folders; the one before ends after, so that nothing is missed in between."""
        before = self._observer
        self._status = ""
        observer = Observer()
        try:
            observer.start()
        except OSError as error:
            self._fail(error)
        else:
            self._observer = observer
            self._schedule(observer)
        if before is not None:
            _stop(before)

    def _schedule(self, observer: BaseObserver) -> None:
        handler = _Handler(self)
        expected = _watches_in_use() or 0
        for path, whole, count in _sub_trees(self._folders):
            try:
                observer.schedule(handler, path, recursive=whole, event_filter=_KINDS)
            except (FileNotFoundError, NotADirectoryError):
                continue  # gone since it was listed
            except OSError as error:
                self._fail(error)
                if error.errno in _LIMITS:
                    return
            else:
                expected += count
        in_use = _watches_in_use()
        if in_use is not None and in_use < expected:  # below the first folder of a tree, watchdog says nothing of it
            self._fail(OSError(errno.ENOSPC, "inotify watch limit reached"))

    def _fail(self, error: OSError) -> None:
        self._status = _LIMIT_REACHED if error.errno in _LIMITS else f"file watching failed: {error.strerror or error}"
        log.warning("%s", self._status)

    def _is_alive(self) -> bool:
        observer = self._observer
        return observer is not None and observer.is_alive() and all(e.is_alive() for e in observer.emitters.copy())

    def _end(self) -> None:
        observer, self._observer = self._observer, None
        if observer is not None:
            _stop(observer)

    def _run(self) -> None:
        while True:
            with self._wake:
                if self._stopping:
                    return
                batch = self._due()
                if not batch:
                    self._wake.wait(self._quiet if self._changed else _SUPERVISION)
            if batch:
                self._hand_on(batch)
            elif not self._is_alive() and not self._stopping:
                self._restart()

    def _due(self) -> set[str]:
        now = time.monotonic()
        if self._changed and (now - self._latest >= self._quiet or now - self._since >= _LONGEST + self._quiet):
            batch, self._changed = self._changed, set()
            return batch
        return set()

    def _hand_on(self, batch: set[str]) -> None:
        try:
            self._on_change(batch, self._latest)
        except Exception:
            log.exception("A change of files could not be handed on")

    def _restart(self) -> None:
        """The observer died: start another, and have everything looked at again, since events were lost."""
        now = time.monotonic()
        if now < self._next_attempt:
            return
        self._wait = min(2 * self._wait, _BACK_OFF) if now - self._next_attempt < self._wait else _SUPERVISION
        self._next_attempt = now + self._wait
        self.restarts += 1
        log.warning("File watching died and is started again")
        self._begin()
        self._latest = now
        self._hand_on(set(self._folders))


class _Handler(FileSystemEventHandler):
    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher

    def on_any_event(self, event: FileSystemEvent) -> None:
        try:
            self._watcher.note(event)
        except Exception:  # an exception here would end the observer for good, without a word
            log.exception("An event of the file system was dropped")


def _stop(observer: BaseObserver) -> None:
    with suppress(RuntimeError):
        observer.stop()
        observer.join(timeout=2.0)


def _sub_trees(folders: frozenset[str]) -> Iterator[tuple[str, bool, int]]:
    """The watches that cover ``folders``: path, whether it is watched with all that lies below, number of folders.

    Each watch costs a thread, so sub-trees in which every folder is wanted are watched as one.
    """
    sizes = dict.fromkeys(folders) | _whole_trees(folders)
    for path in sorted(folders):
        parent = str(Path(path).parent)
        if sizes[path] is None:
            yield path, False, 1
        elif sizes.get(parent) is None:
            yield path, True, sizes[path] or 1


def _whole_trees(folders: frozenset[str]) -> dict[str, int | None]:
    """For each folder the number of folders below it and itself; None where one of them is not wanted."""
    sizes: dict[str, int | None] = {}
    for path in sorted(folders, key=len, reverse=True):  # children before their parents
        total: int | None = 1
        try:
            with os.scandir(path) as entries:
                below = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            sizes[path] = None
            continue
        for entry in below:
            size = 1 if entry.name in _TOLERATED else sizes.get(entry.path)
            total = None if size is None or total is None else total + size
        sizes[path] = total
    return sizes


def _watches_in_use() -> int | None:
    """Number of inotify watches of this process; None where there is no inotify."""
    total = 0
    try:
        files = list(Path("/proc/self/fdinfo").iterdir())
    except OSError:
        return None
    for file in files:
        with suppress(OSError):
            total += sum(line.startswith("inotify") for line in file.read_text().splitlines())
    return total
