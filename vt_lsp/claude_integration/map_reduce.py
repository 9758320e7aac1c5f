"""Texts that are larger than one question: each part is asked for notes, and the notes are asked the question."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Protocol

from vt_lsp.claude_integration.messages import Delta, Done, Excerpt, Failed, Reset, Started
from vt_lsp.claude_integration.tokens import estimate

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from vt_lsp.claude_integration.asking import Plan
    from vt_lsp.claude_integration.messages import Event, Request

_AT_ONCE: Final = 2  # more questions at the same time make each slower
_NOTHING: Final = "nothing"
_ROOM: Final = 4000  # tokens of notes that are asked at once


@dataclass(frozen=True, slots=True)
class Progress:
    """So many parts of a large text are read."""

    done: int
    total: int


class Asks(Protocol):
    """Something that answers requests: a chain of providers."""

    def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        """The events of one answer; ends with Done or Failed."""


async def answer(chain: Asks, plan: Plan) -> AsyncGenerator[Event | Progress, None]:
    """The events of the answer to a plan, after the progress of its parts; closing it stops everything.

    Where a part cannot be asked of a model, its notes are missing, and the answer says so in a note.
    """
    request = plan.request
    if plan.pieces:
        notes: list[str] = []
        async with aclosing(_notes(chain, plan.pieces)) as progress:
            async for step in progress:
                if isinstance(step, Progress):
                    yield step
                else:
                    notes = step
        missing = len(plan.pieces) - len(notes)
        said = [note for note in notes if note.strip().lower().rstrip(".") != _NOTHING]
        title = f"Notes on the whole text, read in {len(plan.pieces)} parts"
        title += f"; {missing} could not be read" if missing else ""
        request = replace(request, context=(*request.context, Excerpt(title, _fitting(said))))
    async with aclosing(chain.stream(request)) as events:
        async for event in events:
            yield event


async def _notes(chain: Asks, pieces: Sequence[Request]) -> AsyncGenerator[Progress | list[str], None]:
    """The progress, then the notes of those parts that were read, in order."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(piece: Request) -> str | None:
        async with slots:
            done = await finished(chain, piece)
        return done.text if isinstance(done, Done) and done.by_model else None

    tasks = [asyncio.ensure_future(one(piece)) for piece in pieces]
    try:
        yield Progress(0, len(tasks))
        for count, task in enumerate(asyncio.as_completed(tasks), 1):
            await task
            yield Progress(count, len(tasks))
        yield [note for task in tasks if (note := task.result()) is not None]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _fitting(notes: Sequence[str]) -> str:
    """Notes in order, each cut alike where together they are too long."""
    share = _ROOM // max(len(notes), 1)
    cut = [note if estimate(note) <= share else note[: int(share * 2.5)] + " […]" for note in notes]
    return "\n\n".join(notes if sum(map(estimate, notes)) <= _ROOM else cut)


async def finished(chain: Asks, request: Request) -> Done | Failed:
    """The end of an answer, for those who need no deltas."""
    async with aclosing(chain.stream(request)) as events:
        async for event in events:
            match event:
                case Done() | Failed():
                    return event
                case Started() | Delta() | Reset():
                    pass
    raise RuntimeError("a stream ended without Done or Failed")
