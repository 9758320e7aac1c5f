"""One question through all that may answer it."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import pytest

from tests.claude.mock_api import ANSWER
from tests.unit.claude_integration.providers.conftest import QUESTION, Kit, events_of, outcome_of
from vt_lsp.claude_integration.messages import (
    Capabilities,
    Delta,
    Done,
    Failed,
    Health,
    Reason,
    Request,
    Reset,
    Started,
    Usage,
)
from vt_lsp.claude_integration.offline import LABEL
from vt_lsp.claude_integration.timing import Limits

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    from vt_lsp.claude_integration.chain import Chain
    from vt_lsp.claude_integration.messages import Event, Prompt, Provider

SCHEMA = {
    "type": "object",
    "properties": {"verdict": {"enum": ["yes", "no"]}, "why": {"type": "string"}},
    "required": ["verdict", "why"],
    "additionalProperties": False,
}


class Scripted:
    """A provider that says what it is told to, one list of events for each question; the last one again and again."""

    name = "claude-cli"
    identity = "sonnet"
    capabilities = Capabilities()

    def __init__(self, *scripts: list[Event | float | asyncio.Event]) -> None:
        self.scripts, self.asked, self.prompts = list(scripts), 0, list[str]()
        self.closed = 0

    async def health(self) -> Health:
        return Health(self.name, ready=True, sentence="It can be asked.")

    async def warm(self, prompt: Prompt) -> None:
        self.prompts.append(prompt.text)

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        script = self.scripts[min(self.asked, len(self.scripts) - 1)]
        self.asked += 1
        self.prompts.append(prompt.text)
        try:
            for event in script:
                if isinstance(event, float):
                    await asyncio.sleep(event)
                elif isinstance(event, asyncio.Event):
                    await event.wait()
                else:
                    yield event
        finally:
            self.closed += 1

    async def aclose(self) -> None:
        pass


def good(text: str = "Because.", cost: float | None = None) -> list[Event | float | asyncio.Event]:
    return [Started("claude-cli", "m"), Delta(text), Done(text, "claude-cli", "m", usage=Usage(100, 5, cost=cost))]


def bad(reason: Reason = Reason.OVERLOADED, wait: float | None = None) -> list[Event | float | asyncio.Event]:
    return [Started("claude-cli", "m"), Failed(reason, f"It is {reason}.", wait, "claude-cli")]


def providers(kit: Kit, program: Path, scenario: str = "ok") -> list[Provider]:
    return [kit.cli(program, scenario), kit.http(scenario), kit.local(scenario)]


# ------------------------------------------------------------------------------------------------------- real protocols


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_an_answer_is_streamed_and_counted(kit: Kit, program: Path, number: int) -> None:
    chain = kit.chain(providers(kit, program)[number])
    events = await events_of(chain)
    done = events[-1]
    assert isinstance(done, Done)
    assert "".join(event.text for event in events if isinstance(event, Delta)) == done.text == ANSWER
    assert isinstance(events[0], Started)
    assert (done.by_model, done.complete, done.cached, done.note) == (True, True, False, "")
    assert done.usage.prompt > 0
    assert done.usage.output > 0
    (asked,) = chain.usage.read()
    assert (asked.template, asked.outcome, asked.output) == ("explain", "done", done.usage.output)
    assert 0 < asked.first <= asked.seconds


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_a_structured_answer_comes_as_data(kit: Kit, program: Path, number: int) -> None:
    done = await outcome_of(kit.chain(providers(kit, program)[number]), Request("Is it?", schema=SCHEMA))
    assert isinstance(done, Done)
    assert (done.data, done.by_model) == ({"verdict": "yes", "why": "mock"}, True)


@pytest.mark.parametrize("kind", ["api", "local"])
async def test_a_structured_answer_that_does_not_fit_is_none(kit: Kit, kind: str) -> None:
    scenario = 'ok,text={"verdict":"maybe"}'.replace('"', "%22").replace("{", "%7B").replace("}", "%7D")
    chain = kit.chain(kit.http(scenario) if kind == "api" else kit.local(scenario))
    done = await outcome_of(chain, Request("Is it?", schema=SCHEMA))
    assert isinstance(done, Done)
    assert (done.data, done.by_model) == (None, False)
    assert "form" in done.note
    await outcome_of(chain, Request("Is it?", schema=SCHEMA))
    assert len(kit.api.asked) == 2, "what does not fit is not kept"


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_an_answer_that_is_cut_off_is_shown_with_a_word_and_not_kept(
    kit: Kit, stand_in: Path, number: int
) -> None:
    chain = kit.chain(providers(kit, stand_in, "max_tokens")[number])
    for _ in range(2):
        done = await outcome_of(chain)
        assert isinstance(done, Done)
        assert (done.text, done.complete, done.by_model) == (ANSWER[: len(ANSWER) // 2], False, True)
        assert "cut off" in done.note
    assert len(kit.api.asked) == 2


@pytest.mark.parametrize("number", [0, 1, 2])
async def test_what_was_shown_before_a_fault_is_void_and_asked_again(kit: Kit, stand_in: Path, number: int) -> None:
    fault = f"disconnect:1,bucket={number}"
    chain = kit.chain(providers(kit, stand_in, fault)[number])
    events = await events_of(chain)
    at = max(index for index, event in enumerate(events) if isinstance(event, Reset))
    assert any(isinstance(event, Delta) for event in events[:at])
    assert "".join(event.text for event in events[at:] if isinstance(event, Delta)) == ANSWER
    assert events[-1].by_model  # type: ignore[union-attr]  # Done


@pytest.mark.parametrize("scenario", ["cli_crash", "cli_prose", "cli_lingers", "cli_stubborn"])
async def test_a_program_that_misbehaves_leaves_nothing_behind(kit: Kit, stand_in: Path, scenario: str) -> None:
    chain = kit.chain(kit.cli(stand_in, scenario), limits=Limits(first=1.0, idle=1.0, pause=0.01))
    done = await outcome_of(chain)
    assert isinstance(done, Done)
    assert done.by_model is (scenario == "cli_lingers")
    await chain.aclose()
    assert processes_of(stand_in) == []


@pytest.mark.parametrize("when", ["before the first word", "in the middle"])
@pytest.mark.parametrize("number", [0, 1, 2])
async def test_who_stops_listening_stops_the_work(kit: Kit, program: Path, number: int, when: str) -> None:
    scenario = "hang" if when == "before the first word" else "ok,gap=0.05,size=4000"
    chain = kit.chain(providers(kit, program, scenario)[number])
    reading = asyncio.create_task(read(chain, until_text=when == "in the middle"))
    if when == "before the first word":
        await until(lambda: bool(kit.api.asked))
        reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    await until(lambda: kit.api.asked[0].cancelled)
    await chain.aclose()
    assert processes_of(program) == []
    assert chain.usage.read() == []


async def read(chain: Chain, *, until_text: bool) -> None:
    async with aclosing(chain.stream(QUESTION)) as events:
        async for event in events:
            if until_text and isinstance(event, Delta):
                return


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - what other processes do sets no event
            await asyncio.sleep(0.02)


def processes_of(program: Path) -> list[str]:
    """The command lines of what runs of the program; a test looks where the system tells it."""
    if not os.path.isdir("/proc/self"):  # noqa: PTH112
        return []
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208
        with suppress(OSError), open(f"/proc/{number}/cmdline", "rb") as file:  # noqa: PTH123
            command = file.read().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(program) in command and "pytest" not in command:
                found.append(command)
    return found


async def test_the_next_question_is_asked_of_a_process_that_waits(kit: Kit, program: Path) -> None:
    provider = kit.cli(program)
    chain = kit.chain(provider)
    await chain.warm()
    first = provider._spare
    assert first is not None
    await outcome_of(chain, Request("one"))
    await until(lambda: provider._spare is not None)
    second = provider._spare
    assert second is not None
    assert first[1].pid != second[1].pid
    await until(lambda: first[1].returncode is not None)
    done = await outcome_of(chain, Request("two"))
    assert isinstance(done, Done)
    messages = [one.body["messages"] for one in kit.api.asked]
    assert [len(one) for one in messages] == [1, 1], "nothing is remembered from one question to the next"
    await chain.aclose()
    assert second[1].returncode is not None


# ------------------------------------------------------------------------------------------------- once, and in order


async def test_fifty_at_once_are_one_call(kit: Kit) -> None:
    provider = Scripted([0.05, *good()])
    chain = kit.chain(provider)
    outcomes = await asyncio.gather(*(outcome_of(chain) for _ in range(50)))
    assert provider.asked == 1
    assert {one.text for one in outcomes if isinstance(one, Done)} == {"Because."}
    assert len(chain.usage.read()) == 1


async def test_one_of_many_who_leaves_does_not_stop_the_others(kit: Kit) -> None:
    provider = Scripted([Started("claude-cli", "m"), Delta("B"), 0.1, *good()[2:]])
    chain = kit.chain(provider)
    stays = asyncio.create_task(outcome_of(chain))
    await read(chain, until_text=True)
    done = await stays
    assert isinstance(done, Done)
    assert (done.by_model, provider.asked) == (True, 1)


async def test_a_newer_question_about_the_same_place_replaces_the_older(kit: Kit) -> None:
    provider = Scripted([0.2, *good("old")], good("new"))
    chain = kit.chain(provider)
    older = asyncio.create_task(outcome_of(chain, Request("old?", place="a")))
    other = asyncio.create_task(outcome_of(chain, Request("other?", place="b")))
    await until(lambda: provider.asked == 2)
    newer = await outcome_of(chain, Request("new?", place="a"))
    replaced = await older
    assert isinstance(replaced, Failed)
    assert (replaced.reason, newer.text) == (Reason.REPLACED, "new")  # type: ignore[union-attr]
    assert (await other).by_model  # type: ignore[union-attr]
    assert provider.closed == provider.asked == 3


async def test_what_a_person_waits_for_comes_first_and_the_queue_has_an_end(kit: Kit) -> None:
    may_end = asyncio.Event()
    provider = Scripted([may_end, *good()])
    chain = kit.chain(provider, limits=Limits(at_once=1, waiting=2, pause=0.01))
    running = [asyncio.create_task(outcome_of(chain, Request("running", priority=5)))]
    await until(lambda: provider.asked == 1)
    for waiting, (name, priority) in enumerate((("low", 5), ("middle", 3)), 1):
        running.append(asyncio.create_task(outcome_of(chain, Request(name, priority=priority))))
        await until(lambda waiting=waiting: len(chain._room._waiting) == waiting)  # type: ignore[misc]
    running.append(asyncio.create_task(outcome_of(chain, Request("person", priority=0))))
    await until(running[1].done)
    may_end.set()
    outcomes = await asyncio.gather(*running)
    assert [text.rpartition("\n")[2] for text in provider.prompts] == ["running", "person", "middle"]
    assert [one.by_model for one in outcomes if isinstance(one, Done)] == [True, False, True, True]
    assert "Too many" in outcomes[1].note  # type: ignore[union-attr]


# -------------------------------------------------------------------------------------------------- faults and rests


async def test_after_three_faults_it_rests_and_one_question_tries_again(kit: Kit) -> None:
    now = 1000.0
    provider = Scripted(*[bad()] * 7, good())
    chain = kit.chain(provider)
    chain._breakers["claude-cli"]._clock = lambda: now
    for number in range(5):
        done = await outcome_of(chain, Request(f"{number}"))
        assert isinstance(done, Done)
        assert done.note == "It is overloaded."
    assert provider.asked == 6, "three questions, each tried twice; the others are not sent"
    health = await chain.health()
    assert (health[0].ready, health[0].sentence) == (False, "It is overloaded.")
    now += 31
    provider.scripts[6:7] = []
    assert (await outcome_of(chain, Request("again"))).by_model  # type: ignore[union-attr]
    assert (await chain.health())[0].ready


@pytest.mark.parametrize("reason", [Reason.NOT_LOGGED_IN, Reason.MODEL, Reason.RATE_LIMIT, Reason.BILLING])
async def test_what_stays_is_not_asked_again_and_again(kit: Kit, reason: Reason) -> None:
    provider = Scripted(bad(reason, 900.0))
    chain = kit.chain(provider)
    for number in range(4):
        assert not (await outcome_of(chain, Request(f"{number}"))).by_model  # type: ignore[union-attr]
    assert provider.asked == 1


async def test_a_question_that_is_too_long_is_not_sent_twice_but_others_are(kit: Kit) -> None:
    provider = Scripted(bad(Reason.TOO_LONG), good())
    chain = kit.chain(provider)
    for _ in range(3):
        done = await outcome_of(chain, Request("long"))
        assert not done.by_model  # type: ignore[union-attr]
    assert (await outcome_of(chain, Request("short"))).by_model  # type: ignore[union-attr]
    assert provider.asked == 2


async def test_the_second_provider_answers_where_the_first_is_not_there(kit: Kit, tmp_path: Path) -> None:
    chain = kit.chain(kit.cli(tmp_path / "nothing"), kit.http())
    done = await outcome_of(chain)
    assert isinstance(done, Done)
    assert (done.provider, done.note) == ("claude-api", "")
    chain = kit.chain(kit.cli(tmp_path / "nothing"), kit.http("overloaded"))
    done = await outcome_of(chain, Request("x"))
    assert isinstance(done, Done)
    assert (done.provider, done.note) == ("offline", "Claude is overloaded at the moment.")


async def test_a_budget_that_is_spent_ends_what_costs(kit: Kit) -> None:
    provider = Scripted(good(cost=0.6))
    chain = kit.chain(provider, limits=Limits(daily_budget=1.0, pause=0.01))
    answers = [await outcome_of(chain, Request(f"{number}")) for number in range(3)]
    assert [one.by_model for one in answers if isinstance(one, Done)] == [True, True, False]
    assert "claude.dailyBudget" in answers[2].note  # type: ignore[union-attr]
    assert (await outcome_of(chain, Request("0"))).cached  # type: ignore[union-attr]
    again = kit.chain(provider, limits=Limits(daily_budget=1.0, pause=0.01))
    assert not (await outcome_of(again, Request("another process"))).by_model  # type: ignore[union-attr]


async def test_a_question_can_wait_until_claude_is_back(kit: Kit) -> None:
    provider = Scripted(bad(), bad(), bad(), bad(), good("at last"))
    chain = kit.chain(provider, limits=Limits(pause=0.01, rest=0.02))
    events = [event async for event in chain.stream_when_back(QUESTION)]
    assert [type(event) for event in events] == [Started, Delta, Done]
    assert events[-1].text == "at last"  # type: ignore[union-attr]


async def test_a_question_does_not_wait_for_ever(kit: Kit) -> None:
    chain = kit.chain(Scripted(bad()), limits=Limits(pause=0.01, rest=0.02, patience=0.1))
    events = [event async for event in chain.stream_when_back(QUESTION)]
    assert [event.reason for event in events if isinstance(event, Failed)] == [Reason.TOO_SLOW]


async def test_an_error_of_our_own_is_told_and_not_raised(kit: Kit, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Scripted):
        async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:  # noqa: ARG002
            raise ZeroDivisionError
            yield

    failure = await outcome_of(kit.chain(Broken()))
    assert isinstance(failure, Failed)
    assert failure.reason is Reason.INTERNAL
    assert "ZeroDivisionError" in caplog.text


async def test_without_a_model_the_facts_are_labelled(kit: Kit) -> None:
    done = await outcome_of(kit.chain())
    assert isinstance(done, Done)
    assert done.text.startswith(LABEL)
    for words in ("place(order)", "docs/design.md:12", "place(order, dry_run)"):
        assert words in done.text


async def test_a_large_answer_never_blocks_the_loop(kit: Kit, stand_in: Path) -> None:
    """Held as a report in tests/benchmarks; here, that others get their turns all the while."""
    chain = kit.chain(kit.cli(stand_in, "ok,size=1000000,chunks=20000"))
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(others())
    begun = time.monotonic()
    done = await outcome_of(chain, Request("long", max_tokens=32_000))
    other.cancel()
    assert isinstance(done, Done)
    assert len(done.text) == 1_000_000
    assert turns > 100 * (time.monotonic() - begun)
