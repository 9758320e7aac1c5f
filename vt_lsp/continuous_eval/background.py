"""A monitor without an editor: one thread owns the engine, and evaluates whenever the files have changed and are quiet.

Whatever fails is tried again, later and later; an engine that failed is built anew, since what lies on disk is all that
counts. So nothing that changed meanwhile is lost.
"""

from __future__ import annotations

import math
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from vt_lsp.continuous_eval.monitor import Retry
from vt_lsp.continuous_eval.recorder import BEAT_SECONDS
from vt_lsp.continuous_eval.surroundings import Surroundings
from vt_lsp.engine import Engine
from vt_lsp.settings import PROJECT_FILES
from vt_lsp.workspace.changes import MANY, of_interest, read_all, read_new
from vt_lsp.workspace.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from vt_lsp.continuous_eval.evaluation import Evaluation, Trigger
    from vt_lsp.continuous_eval.monitor import Monitor
    from vt_lsp.models import Commit, DriftReport
    from vt_lsp.settings import Settings

TICK_SECONDS: Final = 2.0  # between two looks at the folder, the watcher and the repository
HISTORY_SECONDS: Final = 120.0  # that git may take for everything
FEW: Final = 20  # questions to git that an evaluation waits for; more are asked beside it, and another one follows
STORM_SECONDS: Final = 3.0  # that many changes may go on before they are evaluated
_AT_WORK_SECONDS: Final = 0.05
_ASKING_SECONDS: Final = 0.2  # between two looks whether git has answered
_HEAD_SECONDS: Final = 0.5  # after HEAD has moved, within which the files that go with it are told of
_CHECKED: Final = frozenset(PROJECT_FILES)


class Background:
    """Runs a monitor in the calling thread; :meth:`stop` and :meth:`changed` may be called from any other."""

    def __init__(self, monitor: Monitor, load: Callable[[], Settings], cache_dir: Path | None = None) -> None:
        """``load`` reads the settings of the folder; ``cache_dir`` is as for :class:`Engine`."""
        self._monitor = monitor
        self._load = load
        self._cache_dir = cache_dir
        self._root = monitor.root
        self._engine: Engine | None = None
        self._watcher: Watcher | None = None
        self._surroundings = Surroundings(monitor.root, None)
        self._beaten = float("-inf")
        self._wake = threading.Condition()
        self._changed: set[str] = set()
        self._read = -math.inf  # when everything began to be read for the last time, by time.monotonic
        self._stopping = False
        self._trigger: Trigger = "start"
        self._past_is_old = False
        self._head_moved = 0.0
        self._is_past_open = False
        self._thread = ThreadPoolExecutor(1, "vt-lsp-history")
        self._asking: Future[tuple[dict[str, object], dict[str, Commit | None]]] | None = None
        self._asked: Engine | None = None  # who asks
        self._retry = Retry()

    @property
    def engine(self) -> Engine | None:
        """What is known now; None before the first look and while the folder is away."""
        return self._engine

    def once(self) -> Evaluation:
        """One look at everything; raises what goes wrong."""
        self._monitor.start()
        try:
            engine = self._open()
            engine.look_back()
            return self._monitor.evaluate(engine, "start")
        finally:
            self._end()

    def run(self) -> None:
        """Until :meth:`stop`; does not raise."""
        self._monitor.start()
        try:
            while not self._stopping:
                self._step()
        finally:
            self._end()

    def stop(self) -> None:
        """End :meth:`run` soon."""
        with self._wake:
            self._stopping = True
            self._wake.notify()

    def changed(self, paths: set[str], at: float = math.inf) -> None:
        """Files or folders, by their absolute paths, were made, written or removed; the last of it ``at`` that time.

        By time.monotonic; what happened before everything was read for the last time was seen then.
        """
        if at < self._read:
            return
        root = os.fspath(self._root)
        below = {os.path.relpath(path, root).replace(os.sep, "/") for path in paths}
        self._take(below, "files")

    def _take(self, paths: set[str], trigger: Trigger) -> None:
        mine = {path for path in paths if not path.startswith("../") and not path.startswith(".git/")}
        if mine:
            with self._wake:
                if not self._changed:
                    self._trigger = trigger
                self._changed |= mine
                self._wake.notify()

    # ------------------------------------------------------------------------------------------------------------ steps

    def _step(self) -> None:
        now = time.monotonic()
        wait = TICK_SECONDS
        try:
            self._tick(now)
            wait = self._wait(now)
            if wait <= 0:
                self._evaluate()
                self._retry.succeeded()
                self._monitor.healed("evaluation")
            elif self._is_past_open and self._engine is not None and not self._monitor.is_paused:
                self._ask_on(self._engine)
                wait = _ASKING_SECONDS
        except Exception as error:  # noqa: BLE001 - whatever it is, monitoring goes on
            self._monitor.trouble("evaluation", f"an evaluation failed: {type(error).__name__}: {error}", error)
            self._retry.failed(time.monotonic())
            self._drop()
        self._monitor.tell_health()
        with self._wake:
            if wait > 0 and not self._stopping and not (self._changed and self._wait(now) <= 0):
                self._wake.wait(min(wait, TICK_SECONDS))

    def _wait(self, now: float) -> float:
        """Seconds until an evaluation may begin; a tick where none is due."""
        monitor = self._monitor
        if self._changed or self._past_is_old:
            monitor.notice()
        is_wanted = self._engine is None or self._changed or self._past_is_old
        if not is_wanted or monitor.is_paused or monitor.has_trouble("folder"):
            return TICK_SECONDS
        is_storm = len(self._changed) > MANY and self._watcher is not None and self._watcher.is_gathering
        if (is_storm and monitor.lateness < STORM_SECONDS) or self._surroundings.is_git_at_work():
            return _AT_WORK_SECONDS
        after_head = 0.0 if self._changed else self._head_moved + _HEAD_SECONDS - now
        return max(self._retry.at - now, monitor.budget.wait(), after_head)

    def _evaluate(self) -> None:
        with self._wake:
            paths, self._changed = self._changed, set()
            trigger: Trigger = self._trigger
        if not paths.isdisjoint(_CHECKED):
            self._drop()
        engine = self._engine
        if engine is None:
            engine = self._open()
        else:
            self._apply(engine, paths)
        if len(wishes := engine.wishes()) <= FEW:
            engine.learn_past(engine.recall(wishes, HISTORY_SECONDS))
            engine.check()
        if self._surroundings.is_away():  # while it was looked at: what seems to be gone is not
            return
        self._monitor.evaluate(engine, "history" if self._past_is_old and not paths else trigger)
        self._past_is_old = False
        self._is_past_open = engine.is_past_open
        self._follow(engine)
        self._monitor.budget.give_way()
        self._flush()

    def _ask_on(self, engine: Engine) -> None:
        """Ask git in another thread about what is open; when it has answered and that matters, evaluate again."""
        if self._asking is None or self._asked is not engine:
            self._asked = engine
            self._asking = self._thread.submit(_ask, engine, engine.wishes(), tuple(engine.drifts()))
        if not self._asking.done():
            return
        asking, self._asking = self._asking, None
        past, commits = asking.result()
        engine.learn_past(past)
        engine.check()
        engine.learn_commits(commits)
        # What git has no time or no answer for is not asked again and again.
        self._is_past_open = bool(past or commits) and engine.is_past_open
        if not self._is_past_open and tuple(engine.drifts()) != (self._monitor.last and self._monitor.last.drifts):
            self._monitor.evaluate(engine, "history")

    def _apply(self, engine: Engine, paths: set[str]) -> None:
        """Bring the engine up to what lies on disk at these paths."""
        listing = engine.listing
        assert listing is not None
        if self._past_is_old:
            engine.ask_past_again()
        mine = of_interest(paths, listing)
        if len(mine) > MANY:
            engine.scan_again(mine)
            return
        read, has_news = read_all(self._root, mine, listing)
        for path, data in read.items():
            engine.update(path, data, overlay=False)
        if has_news or engine.needs_listing or not mine.isdisjoint(listing.folders):
            new = engine.set_listing(engine.discover())
            if len(new) > MANY:
                engine.scan_again(new)
                return
            for path, data in read_new(self._root, new).items():
                engine.update(path, data, overlay=False)
        engine.check()

    def _open(self) -> Engine:
        """A new engine that has read everything, with the settings of now."""
        settings = self._load()
        self._monitor.use(settings)
        engine = self._engine = Engine(self._root, settings, self._cache_dir)
        self._surroundings = Surroundings(self._root, engine.git if settings.history else None)
        self._read = time.monotonic()
        engine.scan_files()
        self._monitor.budget.start()
        return engine

    def _follow(self, engine: Engine) -> None:
        """Watch the folders that the engine knows now."""
        listing = engine.listing
        assert listing is not None
        places = [self._root, *(self._root / below for below in listing.folders)]
        if self._watcher is None:
            watcher = Watcher(places, self.changed, self._monitor.settings.monitor_quiet / 1000)
            watcher.start()
            self._watcher = watcher
        else:
            self._watcher.update(places)

    def _drop(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()

    def _end(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.stop()
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._drop()
        self._monitor.close()

    # ------------------------------------------------------------------------------------------------------------- tick

    def _tick(self, now: float) -> None:
        monitor, engine = self._monitor, self._engine
        found = self._surroundings.look(engine.listing if engine is not None else None, monitor.sweep_seconds)
        was_away = monitor.has_trouble("folder")
        monitor.look_after(found, self._watcher)
        if found.is_away and not was_away:
            self._drop()
        elif found.is_another:
            self._drop()
            if self._watcher is not None:
                self._watcher.renew()
            self._take({"."}, "files")
        if found.has_new_head:
            self._past_is_old, self._head_moved = True, now
        self._take(set(found.changed), "sweep")
        if now - self._beaten >= BEAT_SECONDS:
            self._beaten = now
            monitor.beat()
            self._flush()

    def _flush(self) -> None:
        self._monitor.flushed(self._monitor.flush())


def _ask(
    engine: Engine, wishes: frozenset[str], drifts: tuple[DriftReport, ...]
) -> tuple[dict[str, object], dict[str, Commit | None]]:
    """What git knows of names and paths, and which commits broke what."""
    return engine.recall(wishes, HISTORY_SECONDS), engine.find_commits(drifts, HISTORY_SECONDS)
