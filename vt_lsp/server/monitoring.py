"""The monitor of each folder, on the server's loop: evaluates when the engine is at rest, looks around meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vt_lsp.server import scan, watching

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.evaluation import Trigger
    from vt_lsp.continuous_eval.monitor import Monitor
    from vt_lsp.continuous_eval.surroundings import Surroundings
    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Folder, Session

TICK_SECONDS = 2.0
REST_SECONDS = 0.5  # without news; then what was found counts
PATIENCE_SECONDS = 5.0  # the longest that an evaluation waits for rest


def attach(session: Session, folder: Folder) -> None:
    """Who wants to hear of each evaluation of a folder says so here."""
    if folder.monitor is not None:
        folder.monitor.listen(partial(session.alerts.evaluated, folder))


async def run(session: Session, folder: Folder, engine: Engine) -> None:
    """Monitor a folder until it is closed or built anew; what fails is tried again, later and later."""
    monitor, surroundings = await asyncio.to_thread(_build, folder, engine)
    folder.monitor = monitor
    attach(session, folder)
    driver = _Driver(session, folder, engine, monitor, surroundings)
    while folder.engine is engine:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(folder.news.wait(), TICK_SECONDS)
        await driver.step()


def _build(folder: Folder, engine: Engine) -> tuple[Monitor, Surroundings]:
    from vt_lsp.continuous_eval.monitor import Monitor  # noqa: PLC0415 - not before `initialize`
    from vt_lsp.continuous_eval.surroundings import Surroundings  # noqa: PLC0415

    monitor = Monitor(Path(folder.root), engine.settings, "server")
    monitor.start()
    return monitor, Surroundings(Path(folder.root), engine.git if engine.settings.history else None)


class _Driver:
    """What happens at each step: look around, wait for rest, evaluate, write."""

    def __init__(
        self, session: Session, folder: Folder, engine: Engine, monitor: Monitor, surroundings: Surroundings
    ) -> None:
        from vt_lsp.continuous_eval.monitor import Retry  # noqa: PLC0415 - not before `initialize`
        from vt_lsp.continuous_eval.recorder import BEAT_SECONDS  # noqa: PLC0415

        self._session, self._folder, self._engine = session, folder, engine
        self._monitor, self._surroundings = monitor, surroundings
        self._retry = Retry()
        self._beat_seconds = BEAT_SECONDS
        self._beaten = float("-inf")
        self._looked = float("-inf")
        self._seen = -1  # of the engine's changes
        self._trigger: Trigger = "start"

    async def step(self) -> None:
        """One round; does not raise but for the end."""
        now = asyncio.get_running_loop().time()
        try:
            if now - self._looked >= TICK_SECONDS:
                self._looked = now
                await self._look_around()
            if self._is_wanted() and now >= self._retry.at:
                await self._evaluate()
                self._retry.succeeded()
                self._monitor.healed("evaluation")
            else:
                self._folder.news.clear()
        except Exception as error:  # noqa: BLE001 - whatever it is, monitoring goes on
            self._monitor.trouble("evaluation", f"an evaluation failed: {type(error).__name__}: {error}", error)
            self._retry.failed(now)
            self._folder.news.clear()
        self._monitor.tell_health()
        if now - self._beaten >= self._beat_seconds:
            self._beaten = now
            self._monitor.beat()
            self._monitor.flushed(await asyncio.to_thread(self._monitor.flush))

    def _is_wanted(self) -> bool:
        """Something may be different from what was evaluated last."""
        folder, monitor = self._folder, self._monitor
        if folder.state != "ready" or monitor.is_paused or monitor.has_trouble("folder"):
            return False
        was_typed = monitor.last is not None and bool(monitor.last.unsaved) and folder.news.is_set()
        return self._engine.changes != self._seen or was_typed

    async def _evaluate(self) -> None:
        """Wait until nothing moves, and take what the engine knows then."""
        folder, engine, monitor = self._folder, self._engine, self._monitor
        monitor.notice()
        loop = asyncio.get_running_loop()
        patience = loop.time() + PATIENCE_SECONDS
        while self._is_busy() or (
            loop.time() < patience and (folder.news.is_set() or self._surroundings.is_git_at_work())
        ):
            folder.news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(folder.news.wait(), max(REST_SECONDS, monitor.budget.wait()))
            if folder.engine is not engine:
                return
        open_paths = [path for _, path in self._session.open_documents(folder)]
        unsaved = await asyncio.to_thread(_unsaved, engine, open_paths)
        is_away = await asyncio.to_thread(self._surroundings.is_away)
        if folder.engine is engine and not self._is_busy() and not is_away:
            self._seen = engine.changes
            monitor.evaluate(engine, self._trigger, unsaved)
            self._trigger = "files"

    def _is_busy(self) -> bool:
        folder = self._folder
        is_asking = folder.history is not None and not folder.history.done()
        return folder.state != "ready" or bool(folder.pumps) or self._engine.is_due or is_asking

    async def _look_around(self) -> None:
        session, folder, engine, monitor = self._session, self._folder, self._engine, self._monitor
        found = await asyncio.to_thread(self._surroundings.look, engine.listing, monitor.sweep_seconds)
        if folder.engine is not engine:
            return
        was_away = monitor.has_trouble("folder")
        monitor.look_after(found, folder.watcher)
        if was_away != monitor.has_trouble("folder"):
            session.status.changed()
        if found.is_another:
            session.restart(folder)
            return
        if found.changed:
            await watching.paths_changed(session, folder, set(found.changed))
        if found.has_new_head:
            engine.ask_past_again()
            scan.ensure_history(session, folder)


def _unsaved(engine: Engine, paths: list[str]) -> set[str]:
    """The open files whose text lies otherwise on disk, or not at all."""
    from vt_lsp.workspace.changes import read_new  # noqa: PLC0415 - not before `initialize`

    on_disk = read_new(engine.root, paths)
    return {path for path in paths if engine.text(path) != on_disk.get(path)}
