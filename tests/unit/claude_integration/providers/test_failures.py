"""Each thing that can go wrong gives one clear sentence and the next best answer, over the real protocols."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.unit.claude_integration.providers.conftest import FACTS, Kit, events_of
from vt_lsp.claude_integration.messages import Delta, Done, Reason, Reset, Started
from vt_lsp.claude_integration.offline import answer
from vt_lsp.claude_integration.timing import Limits

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.claude_integration.messages import Provider

QUICK = Limits(first=8.0, idle=3.0, total=60.0, pause=0.01, poll=0.02)

Row = tuple[str, Reason, int, str]
# What the API does, the reason of it, how often it is asked, and words of the sentence.
TABLE: list[Row] = [
    ("auth", Reason.NOT_LOGGED_IN, 1, "log in again"),
    ("permission", Reason.FORBIDDEN, 1, "permissions"),
    ("billing", Reason.BILLING, 1, "credit"),
    ("model", Reason.MODEL, 1, "claude.model"),
    ("too_long", Reason.TOO_LONG, 1, "smaller place"),
    ("too_large", Reason.TOO_LONG, 1, "smaller place"),
    ("rate_limit,retry_after=3600", Reason.RATE_LIMIT, 1, "no more questions"),
    ("overloaded", Reason.OVERLOADED, 2, "overloaded"),
    ("server_error", Reason.SERVER, 2, "fault on its side"),
    ("reset", Reason.CONNECTION, 2, "cannot be reached"),
    ("hang", Reason.NO_ANSWER, 1, "did not begin"),
    ("stall", Reason.STALLED, 1, "in the middle"),
    ("garbage", Reason.UNREADABLE, 2, "unreadable"),
    ("refusal", Reason.REFUSED, 1, "declined"),
    ("empty", Reason.EMPTY, 2, "empty"),
]


def is_one_sentence(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Z][^\n]*[^.\s]\.", text)) and len(text) < 140


async def fails(kit: Kit, provider: Provider, reason: Reason, words: str) -> None:
    """The chain answers with the project's facts, and says why in one sentence."""
    chain = kit.chain(provider, limits=QUICK)
    events = await events_of(chain)
    done = events[-1]
    assert isinstance(done, Done)
    assert (done.text, done.by_model, done.provider) == (answer(FACTS), False, "offline")
    assert is_one_sentence(done.note), done.note
    assert words in done.note
    assert [event for event in events if isinstance(event, Started)][-1].note == done.note
    assert [one.outcome for one in chain.usage.read()] == [reason]
    shown = ""
    for event in events:
        if isinstance(event, Reset):
            shown = ""
        elif isinstance(event, Delta):
            shown += event.text
    assert shown == answer(FACTS)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
async def test_the_program(kit: Kit, program: Path, row: Row) -> None:
    scenario, reason, calls, words = row
    await fails(kit, kit.cli(program, scenario), reason, words)
    assert len(kit.api.asked) <= 2 * calls  # the real program asks a refusal and an empty answer twice
    assert len(kit.api.asked) >= 1


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
async def test_the_api(kit: Kit, row: Row) -> None:
    scenario, reason, calls, words = row
    await fails(kit, kit.http(scenario), reason, words)
    assert len(kit.api.asked) == calls


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
async def test_a_local_server(kit: Kit, row: Row) -> None:
    scenario, reason, calls, words = row
    await fails(kit, kit.local(scenario), reason, words)
    assert len(kit.api.asked) == calls
