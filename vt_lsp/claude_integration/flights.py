"""Questions under way: each is asked once, however many wait for its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vt_lsp.claude_integration.failures import failed
from vt_lsp.claude_integration.messages import Done, Failed, Reason

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from vt_lsp.claude_integration.messages import Event, Request


@dataclass(eq=False, slots=True)
class Flight:
    """One question; ``keys`` are the names of its answer, by each of those who may give it."""

    keys: tuple[str, ...]
    request: Request
    events: list[Event] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    listeners: int = 0
    task: asyncio.Task[None] | None = None

    @property
    def is_over(self) -> bool:
        """Whether its end was told."""
        return bool(self.events) and isinstance(self.events[-1], Done | Failed)

    def publish(self, event: Event) -> None:
        """Tell everybody; nothing is told after the end."""
        if not self.is_over:
            self.events.append(event)
            old, self.news = self.news, asyncio.Event()
            old.set()


class Flights:
    """All of them; ``fly`` does the work of one, and gives how it ended. Owned by one event loop."""

    def __init__(self, fly: Callable[[Flight], Awaitable[Done | Failed]]) -> None:
        """None is under way."""
        self._fly = fly
        self._by_key: dict[str, Flight] = {}
        self._by_place: dict[str, Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def join(self, keys: tuple[str, ...], request: Request) -> AsyncGenerator[Event, None]:
        """All events of the question, from its beginning; when the last who listens leaves, the work is stopped."""
        flight = self._by_key.get(keys[0]) or self._begin(Flight(keys, request))
        flight.listeners += 1
        at = 0
        try:
            while True:
                news = flight.news
                while at < len(flight.events):
                    event = flight.events[at]
                    at += 1
                    yield event
                    if isinstance(event, Done | Failed):
                        return
                await news.wait()
        finally:
            flight.listeners -= 1
            if flight.listeners == 0 and not flight.is_over:
                self._end(flight, Reason.STOPPED)

    async def aclose(self) -> None:
        """Stop all work."""
        tasks = list(self._tasks)
        for flight in list(self._by_key.values()):
            self._end(flight, Reason.STOPPED)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, flight: Flight) -> Flight:
        self._by_key[flight.keys[0]] = flight
        if place := flight.request.place:
            if (older := self._by_place.get(place)) is not None:
                self._end(older, Reason.REPLACED)
            self._by_place[place] = flight
        flight.task = asyncio.create_task(self._run(flight))
        self._tasks.add(flight.task)
        flight.task.add_done_callback(self._tasks.discard)
        return flight

    async def _run(self, flight: Flight) -> None:
        outcome = await self._fly(flight)
        self._forget(flight)
        flight.publish(outcome)

    def _end(self, flight: Flight, reason: Reason) -> None:
        self._forget(flight)
        flight.publish(failed(reason, ""))
        if flight.task is not None:
            flight.task.cancel()

    def _forget(self, flight: Flight) -> None:
        if self._by_key.get(flight.keys[0]) is flight:
            del self._by_key[flight.keys[0]]
        if self._by_place.get(flight.request.place) is flight:
            del self._by_place[flight.request.place]
