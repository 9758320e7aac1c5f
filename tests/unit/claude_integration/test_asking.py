"""From a person's question to what is asked: within its budget, with what it needs, in parts where it is large."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vt_lsp.claude_integration import subjects
from vt_lsp.claude_integration.asking import Inquiry, Plan, plan
from vt_lsp.claude_integration.gate import Gate
from vt_lsp.claude_integration.map_reduce import Progress, answer
from vt_lsp.claude_integration.messages import Done, Excerpt, Failed, Reason, Request, Started
from vt_lsp.claude_integration.prompts import TemplateError, find_template, template_files
from vt_lsp.claude_integration.streaming import NOWHERE, Contexts, Decision, Place, finish
from vt_lsp.claude_integration.tokens import estimate
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator

    from vt_lsp.claude_integration.messages import Event
    from vt_lsp.models import DriftReport

REPOSITORY = Path(__file__).parents[3]
NAMES = [file.stem for file in template_files(Path("none"))]
DECISIONS = tuple(
    Decision(f"d{n}", f"Choice {n}", "We chose the long way. " * 20, "accepted", "2026-01-02") for n in range(9)
)


def made(engine: Engine, inquiry: Inquiry, factor: float = 1.0) -> Plan:
    return finish(plan(engine, Contexts(engine, lambda _path: True), inquiry, factor))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """This project itself: large enough to fill every budget."""
    engine = Engine(REPOSITORY, Settings(history=False), tmp_path_factory.mktemp("cache"))
    engine.scan()
    yield engine
    engine.dispose()


@pytest.mark.parametrize("name", NAMES)
def test_every_template_keeps_within_its_budget(large: Engine, name: str) -> None:
    template = find_template(name, Path("none"))
    data = large.text("docs/architecture.md") or b""
    at = data.index(b"memory_store.py")
    drift = next(iter(large.drifts()), None)
    text = "\n".join(f"line {n} of a change that is long" for n in range(20_000))
    inquiry = Inquiry(
        template,
        "What does this mean for us, and what should be done about it? " * 5,
        Place("docs/architecture.md", at, at + 4000, is_selection=True),
        drift,
        DECISIONS,
        (Excerpt("All", text),) if {"decisions", "change", "piece"} & set(template.requires) else (),
        {"target": "spec"},
    )
    if "drift" in template.requires and drift is None:
        pytest.skip("this project has no drift now")
    found = made(large, inquiry)
    for request in (found.request, *found.pieces):
        prompt = Gate(REPOSITORY).prepared(request).prompt
        budget = template.budget if request is found.request else find_template("notes", Path("none")).budget
        assert estimate(prompt.system) + estimate(prompt.text) + estimate(prompt.schema) <= budget
        assert request.estimate <= budget


def test_what_was_reported_before_makes_the_next_prompt_larger_or_smaller(large: Engine) -> None:
    inquiry = Inquiry(find_template("question", Path("none")), "Where are decisions kept?")
    plain, cheap, dear = (made(large, inquiry, factor).request.estimate for factor in (1.0, 0.6, 2.0))
    assert dear < plain < cheap


def test_a_template_that_needs_what_is_not_there_says_so(engine: Engine) -> None:
    for name, says in (("explain", "no drift"), ("review", "no change"), ("decisions", "no decision")):
        with pytest.raises(TemplateError, match=says):
            made(engine, Inquiry(find_template(name, Path("none")), "Why?"))
    with pytest.raises(TemplateError, match="too long"):
        made(engine, Inquiry(find_template("question", Path("none")), "why " * 20_000))


def test_the_offline_answer_has_the_facts_of_the_drift(engine: Engine, drift: DriftReport) -> None:
    inquiry = Inquiry(find_template("explain", Path("none")), "", Place(drift.spec.path), drift, DECISIONS[:1])
    facts = made(engine, inquiry).request.facts
    assert facts.spec_place == "docs/design.md:45"
    assert facts.code_place == "src/ordersvc/book.py:21"
    assert "dry_run" in facts.claim
    assert "validate_only" in facts.symbol
    assert facts.decision.startswith("Choice 0: We chose")


def test_explaining_and_realigning_a_drift_begin_with_the_same_words(engine: Engine, drift: DriftReport) -> None:
    place = Place(drift.spec.path, drift.spec.start, drift.spec.end)
    asked = [
        made(engine, Inquiry(find_template(name, Path("none")), "", place, drift, parameters={"target": "spec"}))
        for name in ("explain", "realign")
    ]
    first, second = (Gate(engine.root).prepared(one.request).prompt for one in asked)
    shared = next(n for n, (a, b) in enumerate(zip(first.parts, second.parts, strict=False)) if a != b)
    assert first.stable >= 2
    assert shared >= len(first.parts) - 2  # all but the instructions


def test_a_file_as_a_whole_is_read_in_parts_of_whole_definitions(large: Engine) -> None:
    path = "vt_lsp/engine.py"
    subject = subjects.whole_file(large, path)
    found = made(large, Inquiry(find_template("question", Path("none")), "What is kept?", NOWHERE, subject=subject))
    assert len(found.pieces) > 1
    texts = [one.text for piece in found.pieces for one in piece.context]
    assert "".join(texts) == (large.text(path) or b"").decode()
    lines = [(one.first_line, one.last_line) for piece in found.pieces for one in piece.context]
    assert lines[0][0] == 1
    assert all(one[1] + 1 == other[0] for one, other in pairwise(lines))
    assert found.request.context  # the question itself still has its map


class Notes:
    """Answers each part with its number, but for the second, which it cannot."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.open = 0
        self.most = 0

    async def stream(self, request: Request) -> AsyncGenerator[Event, None]:
        number = len(self.asked)
        self.asked.append(request)
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            yield Started("test")
            await asyncio.sleep(0.01)
            if number == 1:
                yield Failed(Reason.SERVER, "It broke.")
            else:
                yield Done(f"note {number}" if number else "nothing", "test")
        finally:
            self.open -= 1


async def test_notes_of_all_parts_go_into_the_last_question() -> None:
    chain = Notes()
    pieces = tuple(Request(f"part {n}") for n in range(5))
    events = [event async for event in answer(chain, Plan(Request("all"), pieces))]
    progress = [event for event in events if isinstance(event, Progress)]
    assert [(one.done, one.total) for one in progress] == [(n, 5) for n in range(6)]
    assert isinstance(events[-1], Done)
    (notes,) = chain.asked[-1].context
    assert notes.title == "Notes on the whole text, read in 5 parts; 1 could not be read"
    assert notes.text.split("\n\n") == ["note 2", "note 3", "note 4"]
    assert chain.most == 2


async def test_who_leaves_stops_all_parts() -> None:
    chain = Notes()
    events = answer(chain, Plan(Request("all"), tuple(Request(f"part {n}") for n in range(9))))
    await anext(events)
    await anext(events)
    await events.aclose()
    assert chain.open == 0
    assert len(chain.asked) < 9
