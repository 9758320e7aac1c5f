"""Who is served next: a bounded queue by priority, in front of a few places."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


class QueueFullError(Exception):
    """More wait already than may, and none of them for something less urgent."""


class WaitingRoom:
    """``places`` may work at once, ``most`` may wait; owned by one event loop."""

    def __init__(self, places: int, most: int) -> None:
        """All places are free."""
        self._free, self._most = places, most
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    @asynccontextmanager
    async def place(self, priority: int) -> AsyncGenerator[None, None]:
        """Wait for a place, and hold it. A lower ``priority`` is served first. Raises QueueFullError, also later."""
        await self._enter(priority)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, priority: int) -> None:
        if self._free > 0:
            self._free -= 1
            return
        self._waiting = [one for one in self._waiting if not one[2].done()]
        if len(self._waiting) >= self._most:
            last = max(self._waiting)
            if last[0] <= priority:
                raise QueueFullError
            last[2].set_exception(QueueFullError())
            self._waiting.remove(last)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((priority, next(self._order), turn))
        heapq.heapify(self._waiting)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._leave()  # it was our turn just now
            raise

    def _leave(self) -> None:
        while self._waiting:
            turn = heapq.heappop(self._waiting)[2]
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
