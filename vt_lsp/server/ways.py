"""Ways out of the drifts that are shown: proven while the editor is idle, so that a request finds them ready."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.continuous_eval.rollback import Rollback
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport, Realignment
    from vt_lsp.server.session import Session
    from vt_lsp.workspace.impact import Impact

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.4  # without a change, before the first is proven
MOST = 200  # drifts of one document that are prepared


class Ways:
    """What was found since the last change of any text; a change forgets all of it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[tuple[int, str], tuple[Realignment, ...]] = {}
        self._impacts: dict[tuple[int, tuple[str, str]], Impact] = {}
        self._back: dict[tuple[int, str], Rollback | None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.generation = 0  # grows with every change

    def of(self, engine: Engine, drift: DriftReport) -> Sequence[Realignment]:
        """The ways out of a drift, best first; each of them ends it."""
        key = (id(engine), drift.fingerprint)
        if key not in self._known:
            self._known[key] = tuple(engine.realignments(drift))
        return self._known[key]

    def known(self, engine: Engine, drift: DriftReport) -> Sequence[Realignment]:
        """The same, as far as they were found already."""
        return self._known.get((id(engine), drift.fingerprint), ())

    def way_back(self, engine: Engine, drift: DriftReport) -> Rollback | None:
        """What git knows to bring back, where that was looked up since the last change."""
        return self._back.get((id(engine), drift.fingerprint))

    async def find_way_back(self, engine: Engine, drift: DriftReport) -> Rollback | None:
        """The same, looked up now: git is asked in a thread. None too when a text changed; can be cancelled."""
        key = (id(engine), drift.fingerprint)
        search = engine.way_back_steps(drift) if key not in self._back else None
        if search is None:
            return self._back.get(key)
        generation = self.generation
        try:
            job = next(search)
            while True:
                answer = await asyncio.to_thread(job)
                if generation != self.generation:
                    return None
                job = search.send(answer)
        except StopIteration as ended:
            self._back[key] = ended.value
            return self._back[key]
        finally:
            search.close()

    def impact(self, engine: Engine, target: tuple[str, str]) -> Impact | None:
        """What a change of this definition touches, where that was looked up since the last change."""
        return self._impacts.get((id(engine), target))

    async def find_impact(self, engine: Engine, target: tuple[str, str]) -> Impact | None:
        """The same, looked up now, with others having their turn between two files; None when a text changed."""
        from vt_lsp.workspace.impact import ImpactSearch  # noqa: PLC0415 - not before `initialize`

        if (known := self.impact(engine, target)) is not None:
            return known
        generation = self.generation
        search = ImpactSearch(engine.index, target, engine.text)
        for path in search.files:
            search.look_through(path)
            await asyncio.sleep(0)
            if generation != self.generation:
                return None
        self._impacts[id(engine), target] = found = search.found()
        return found

    def changed(self) -> None:
        """Some text, or what is known of it, is another one."""
        self.generation += 1
        self._known.clear()
        self._impacts.clear()
        self._back.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._begin)

    def stop(self) -> None:
        """Prepare nothing more."""
        self.generation += 1
        if self._timer is not None:
            self._timer.cancel()

    def _begin(self) -> None:
        self._timer = None
        self._session.server.spawn(self._prepare(self.generation))

    async def _prepare(self, generation: int) -> None:
        """The drifts of the open documents, as long as nothing changes."""
        from vt_lsp.continuous_eval.renaming import touched  # noqa: PLC0415 - not before `initialize`

        for folder in list(self._session.folders):
            engine = folder.engine
            if engine is None or not engine.is_complete or engine.is_due:
                continue
            for _, path in self._session.open_documents(folder):
                for drift in list(engine.drifts(path))[:MOST]:
                    if generation != self.generation or folder.engine is not engine:
                        return
                    ways = self.of(engine, drift)
                    await asyncio.sleep(0)
                    for target in {target for way in ways if (target := touched(way)) is not None}:
                        if generation != self.generation or folder.engine is not engine:
                            return
                        await self.find_impact(engine, target)
                    if generation == self.generation:
                        await self.find_way_back(engine, drift)
