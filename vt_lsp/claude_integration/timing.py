"""How long is waited for a provider, and how many are asked at once."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vt_lsp.claude_integration.failures import failed
from vt_lsp.claude_integration.messages import Done, Failed, Reason, Started

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from vt_lsp.claude_integration.messages import Event, Prompt, Provider


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until the first sign of an answer, between two, and in all; how many are asked at once, how many wait."""

    first: float = 30.0
    idle: float = 30.0
    total: float = 180.0
    at_once: int = 2  # each is a process of 200 MB that wants a core for half a second
    waiting: int = 32
    pause: float = 0.5  # before asking again
    poll: float = 0.1  # for the answer that another process waits for
    rest: float = 5.0  # at least, before looking whether Claude is back
    patience: float = 3600.0  # of questions that wait until Claude is back
    daily_budget: float = 0.0  # US dollars; 0 is no limit


async def timed(provider: Provider, prompt: Prompt, limits: Limits) -> AsyncGenerator[Event, None]:
    """What the provider says, within the limits; ends with Done or Failed, whatever the provider does."""
    reason, waits = Reason.NO_ANSWER, limits.first
    end = time.monotonic() + limits.total
    until = time.monotonic() + waits
    async with aclosing(provider.stream(prompt)) as events:
        while True:
            try:
                async with asyncio.timeout(max(0.0, min(until, end) - time.monotonic())):
                    event = await anext(events)
            except TimeoutError:
                yield failed(Reason.TOO_SLOW if time.monotonic() >= end else reason, provider.name)
                return
            except StopAsyncIteration:
                yield failed(Reason.CRASHED, provider.name)
                return
            yield event
            if isinstance(event, Done | Failed):
                return
            if not isinstance(event, Started):
                reason, until = Reason.STALLED, time.monotonic() + limits.idle
