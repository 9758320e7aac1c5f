"""One question through all that may answer it: kept answers, then each provider in turn, the offline rules at last.

The same question asked twice at once is one call; a newer question about the same place replaces the older; whoever
stops listening last stops the work. Whatever goes wrong, there is one sentence and the next best answer.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
import uuid
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration.breaker import Breaker
from vt_lsp.claude_integration.cache import key_of
from vt_lsp.claude_integration.failures import AGAIN, FINAL, failed
from vt_lsp.claude_integration.flights import Flights
from vt_lsp.claude_integration.messages import Delta, Done, Failed, Health, Reason, Request, Reset, Started
from vt_lsp.claude_integration.timing import Limits, timed
from vt_lsp.claude_integration.usage import Asked
from vt_lsp.claude_integration.waiting import QueueFullError, WaitingRoom

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence

    from vt_lsp.claude_integration.cache import AnswerCache
    from vt_lsp.claude_integration.flights import Flight
    from vt_lsp.claude_integration.gate import Gate
    from vt_lsp.claude_integration.messages import Event, Prepared, Prompt, Provider
    from vt_lsp.claude_integration.usage import UsageLog

log = logging.getLogger(__name__)

_TOO_LONG_SECONDS: Final = 600.0  # in which a question that was too long is not sent again
_MOST_REMEMBERED: Final = 256


class Chain:
    """See the module. Owned by one event loop."""

    def __init__(  # noqa: PLR0913 - what it is put together from
        self,
        providers: Sequence[Provider],
        *,
        gate: Gate,
        cache: AnswerCache,
        usage: UsageLog,
        limits: Limits,
        off: Failed | None = None,
    ) -> None:
        """The last of ``providers`` always answers; ``off`` is why no model is among them, if that has a reason."""
        self.gate, self.usage = gate, usage
        self._providers, self._cache, self._limits, self._off = tuple(providers), cache, limits, off
        self._models = [provider for provider in self._providers if provider.capabilities.by_model]
        self._breakers = {provider.name: Breaker() for provider in self._models}
        self._room = WaitingRoom(limits.at_once, limits.waiting)
        self._flights = Flights(self._fly)
        self._too_long: dict[str, float] = {}
        self._returning = 0
        self._owner = f"{os.getpid()}-{uuid.uuid4().hex}"

    def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """The answer as it comes; see :mod:`vt_lsp.claude_integration.messages`. Closing it stops the work."""
        asked = [(one.name, one.identity, *self.gate.identity) for one in self._models or self._providers]
        return self._flights.join(tuple(key_of(request, one) for one in asked), request)

    async def stream_when_back(self, request: Request) -> AsyncGenerator[Event, None]:
        """As :meth:`stream`, but a model's answer or none: waits until one can be asked again, perhaps for long."""
        if not self._models:
            yield self._off or failed(Reason.OFF, "")
        elif self._returning >= self._limits.waiting:
            yield failed(Reason.BUSY, self._models[0].name)
        else:
            self._returning += 1
            try:
                async with aclosing(self._when_back(request)) as events:
                    async for event in events:
                        yield event
            finally:
                self._returning -= 1

    def prepared(self, request: Request) -> Prepared:
        """Exactly what would be sent."""
        return self.gate.prepared(request)

    async def health(self) -> tuple[Health, ...]:
        """Of each provider in the order in which they are asked, whether it can be; one that rests says why."""
        found = []
        for provider in self._providers:
            health = await provider.health()
            breaker = self._breakers.get(provider.name)
            if health.ready and breaker is not None and breaker.opens_in > 0 and (why := breaker.failure) is not None:
                health = replace(health, ready=False, sentence=why.sentence)
            found.append(health)
        return tuple(found)

    async def warm(self) -> None:
        """Have ready what can be made ready before the first question."""
        for provider in self._models[:1]:
            await provider.warm(self.gate.prepared(Request("")).prompt)

    async def files_changed(self, paths: Iterable[str]) -> int:
        """Drop the kept answers that rest on these files; gives how many."""
        return await self._cache.files_changed(paths)

    async def clear_cache(self) -> int:
        """Drop all kept answers of the user; gives how many."""
        self._too_long.clear()
        return await self._cache.clear()

    async def aclose(self) -> None:
        """Stop all work, and give back processes and connections."""
        await self._flights.aclose()
        for provider in self._providers:
            await provider.aclose()
        self._cache.close()

    # ---------------------------------------------------------------------------------------------------- one question

    async def _fly(self, flight: Flight) -> Done | Failed:
        begun = time.monotonic()
        try:
            if (kept := await self._kept(flight, begun)) is not None:
                return kept
            async with self._leased(flight) as is_ours:
                if not is_ours and (kept := await self._kept(flight, begun)) is not None:
                    return kept
                prepared = await asyncio.to_thread(self.gate.prepared, flight.request)
                return await self._ask_in_turn(flight, prepared.prompt, begun)
        except Exception:
            log.exception("a question could not be asked")
            return failed(Reason.INTERNAL, "")

    async def _kept(self, flight: Flight, begun: float) -> Done | None:
        if flight.request.keep <= 0 or not self._models:
            return None
        for key in flight.keys:
            if (kept := await self._cache.get(key)) is not None:
                flight.publish(Started(kept.provider, kept.model, kept.note, cached=True))
                if flight.request.schema is None:
                    flight.publish(Delta(kept.text))
                seconds = time.monotonic() - begun
                done = Done(kept.text, kept.provider, kept.model, kept.data, note=kept.note, cached=True)
                done = replace(done, first=seconds, seconds=seconds)
                self._record(flight.request, done, saved=kept.tokens)
                return done
        return None

    @asynccontextmanager
    async def _leased(self, flight: Flight) -> AsyncGenerator[bool, None]:
        """Hold the question among all processes; False when another one held it first, and has ended or is slow."""
        if flight.request.keep <= 0 or not self._models:
            yield True
            return
        key = flight.keys[0]
        is_first = has_lease = await self._cache.lease(key, self._owner)
        while not has_lease and await self._cache.get(key) is None:
            await asyncio.sleep(self._limits.poll)
            has_lease = await self._cache.lease(key, self._owner)
        try:
            yield is_first
        finally:
            if has_lease:
                await asyncio.shield(self._cache.release(key, self._owner))

    async def _ask_in_turn(self, flight: Flight, prompt: Prompt, begun: float) -> Done | Failed:
        why = self._off
        for provider, key in zip(self._providers, (*flight.keys, ""), strict=False):
            by_model = provider.capabilities.by_model
            if why is not None and why.reason in FINAL and by_model:
                continue
            # That the one way to a model is not there is no news when the next one is.
            goes_without_saying = why is None or (why.reason is Reason.NOT_INSTALLED and by_model)
            note = "" if why is None or goes_without_saying else why.sentence
            outcome = await self._ask(provider, key, flight, prompt, note)
            if isinstance(outcome, Done):
                now = time.monotonic()
                done = replace(outcome, note=" ".join(filter(None, (note, outcome.note))))
                done = replace(done, first=(done.first or now) - begun, seconds=now - begun)
                self._record(flight.request, done, why=None if by_model else why)
                await self._cache.put(key, flight.request, done)
                return done
            why = outcome if why is None or why.reason is Reason.NOT_INSTALLED else why
        return why or failed(Reason.OFF, "")

    async def _ask(self, provider: Provider, key: str, flight: Flight, prompt: Prompt, note: str) -> Done | Failed:
        if not provider.capabilities.by_model:
            return await self._listen(provider, flight, prompt, note)
        breaker = self._breakers[provider.name]
        if (refused := await self._refusal(provider, breaker, key)) is not None:
            return refused
        outcome: Done | Failed | None = None
        try:
            outcome = await self._ask_twice(provider, flight, prompt, note)
        except QueueFullError:
            return failed(Reason.BUSY, provider.name)
        finally:
            if isinstance(outcome, Done):
                breaker.succeeded()
            elif isinstance(outcome, Failed):
                breaker.failed(outcome)
            else:
                breaker.abandoned()
        if isinstance(outcome, Failed) and outcome.reason is Reason.TOO_LONG:
            if len(self._too_long) >= _MOST_REMEMBERED:
                self._too_long.clear()
            self._too_long[key] = time.monotonic() + _TOO_LONG_SECONDS
        return outcome

    async def _refusal(self, provider: Provider, breaker: Breaker, key: str) -> Failed | None:
        """Why the provider is not asked at all."""
        if self._too_long.get(key, 0.0) > time.monotonic():
            return failed(Reason.TOO_LONG, provider.name)
        budget = self._limits.daily_budget
        if budget and provider.capabilities.remote and await asyncio.to_thread(self.usage.spent_today) >= budget:
            return failed(Reason.BUDGET, provider.name)
        return breaker.refusal()

    async def _ask_twice(self, provider: Provider, flight: Flight, prompt: Prompt, note: str) -> Done | Failed:
        """The one layer that tries again; the place is free for others in between."""
        async with self._room.place(flight.request.priority):
            outcome = await self._listen(provider, flight, prompt, note)
        if isinstance(outcome, Done) or outcome.reason not in AGAIN:
            return outcome
        await asyncio.sleep(self._limits.pause)
        async with self._room.place(flight.request.priority):
            return await self._listen(provider, flight, prompt, note)

    async def _listen(self, provider: Provider, flight: Flight, prompt: Prompt, note: str) -> Done | Failed:
        """One try: passes on what comes, and voids it when the end is none. ``first`` of Done is by the clock."""
        is_shown, first = False, 0.0
        outcome: Done | Failed = failed(Reason.CRASHED, provider.name)
        async with aclosing(timed(provider, prompt, self._limits)) as events:
            async for event in events:
                match event:
                    case Started():
                        flight.publish(replace(event, note=note))
                    case Delta(text) if text:
                        is_shown, first = True, first or time.monotonic()
                        flight.publish(event)
                    case Reset():
                        is_shown = False
                        flight.publish(event)
                    case Done() | Failed():
                        outcome = self._checked(flight.request, event)
        if isinstance(outcome, Done):
            return replace(outcome, first=first)
        if is_shown:
            flight.publish(Reset(outcome.sentence))
        return outcome

    def _checked(self, request: Request, outcome: Done | Failed) -> Done | Failed:
        """A structured answer has to fit its schema."""
        if isinstance(outcome, Failed) or request.schema is None or not outcome.by_model:
            return outcome
        from vt_lsp.claude_integration.prompts import misfits  # noqa: PLC0415 - only where one is asked for

        if not (wrong := misfits(outcome.data, request.schema)):
            return outcome
        log.info("an answer of %s does not fit its schema: %s", outcome.provider, "; ".join(wrong[:3]))
        return failed(Reason.BAD_SCHEMA, outcome.provider)

    def _record(self, request: Request, done: Done, saved: int = 0, why: Failed | None = None) -> None:
        usage = done.usage
        asked = Asked(
            at=time.time(),
            template=request.template,
            version=request.version,
            provider=done.provider,
            model=done.model,
            outcome=str(why.reason) if why is not None else "done",
            cached=done.cached,
            input=usage.input,
            output=usage.output,
            cache_read=usage.cache_read,
            cache_written=usage.cache_written,
            cost=usage.cost or 0.0,
            first=round(done.first, 4),
            seconds=round(done.seconds, 4),
            estimate=request.estimate,
            saved=saved,
        )
        self.usage.record(asked)

    # ------------------------------------------------------------------------------------------------------ coming back

    async def _when_back(self, request: Request) -> AsyncGenerator[Event, None]:
        end = time.monotonic() + self._limits.patience
        while True:
            outcome = await self._whole(request)
            if isinstance(outcome, Done) and outcome.by_model:
                yield Started(outcome.provider, outcome.model, outcome.note, outcome.cached)
                yield Delta(outcome.text)
                yield outcome
                return
            if isinstance(outcome, Failed):
                yield outcome
                return
            pause = max(self._limits.rest, min((one.opens_in for one in self._breakers.values()), default=0.0))
            if time.monotonic() + pause >= end:
                yield failed(Reason.TOO_SLOW, self._models[0].name)
                return
            await asyncio.sleep(pause)

    async def _whole(self, request: Request) -> Event:
        last: Event = failed(Reason.STOPPED, "")
        async with aclosing(self.stream(request)) as events:
            async for event in events:
                last = event
        return last
