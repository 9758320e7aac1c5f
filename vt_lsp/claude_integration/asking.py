"""From a person's question to a request: a template's words, the context that fits its budget, the project's facts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration.chunking import chunks
from vt_lsp.claude_integration.messages import Facts, Request
from vt_lsp.claude_integration.prompts import TemplateError, find_template
from vt_lsp.claude_integration.streaming import NOWHERE, ORDER, Asked, Context, Decision, Place, describe, lines, where
from vt_lsp.claude_integration.tokens import estimate

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from vt_lsp.claude_integration.messages import Excerpt
    from vt_lsp.claude_integration.prompts import Template
    from vt_lsp.claude_integration.streaming import Contexts
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport

_TITLE: Final = 24  # tokens of the title and the fence of an excerpt
# One part in so many of the budget is for all but the context, whether it is needed or not: so templates with equal
# budgets have the same context, and what a provider keeps of a drift that was explained serves to realign it.
_RESERVED: Final = 4
_FRAME: Final = 200  # tokens of what every prompt has: the words for the model, a header
_HALF: Final = 0.6  # of the budget for what is asked about, before it is read in parts
_NOTES: Final = "notes"
_WORDS: Final = 6000  # characters of what is asked about that tell of names


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What a person wants to know.

    ``subject`` is text that is asked about as a whole (a change, a file, all decisions); it may be large.
    """

    template: Template
    question: str = ""
    place: Place = NOWHERE
    drift: DriftReport | None = None
    decisions: tuple[Decision, ...] = ()
    subject: tuple[Excerpt, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A request, or several: each of ``pieces`` is asked first, and their notes go into ``request``."""

    request: Request
    pieces: tuple[Request, ...] = ()
    mapped: tuple[str, ...] = ()


def plan(engine: Engine, contexts: Contexts, inquiry: Inquiry, factor: float = 1.0) -> Generator[None, None, Plan]:
    """What is to be asked, made in steps; run it in the engine's thread.

    ``factor`` is how many tokens the model counts for one that we estimate.

    Raises:
        TemplateError: the template needs what is not there (a drift, a change).
    """
    template = inquiry.template
    instructions = template.render(**inquiry.parameters)
    budget = int(template.budget / factor)
    spent = _FRAME + estimate(instructions) + estimate(inquiry.question)
    spent += estimate(json.dumps(template.schema)) if template.schema is not None else 0
    room = budget - max(spent, budget // _RESERVED)
    if room <= 0:
        raise TemplateError(f"the question is too long for the budget of the template {template.name}")
    whole = sum(estimate(one.text) for one in inquiry.subject)
    is_large = whole > _HALF * room
    left = room - (int(_HALF * room) if is_large else whole)
    kinds = frozenset(kind for kind in ORDER if kind in template.inputs)
    asked = Asked(
        inquiry.question,
        inquiry.place,
        kinds,
        inquiry.drift,
        inquiry.decisions,
        about=tuple(one.path for one in inquiry.subject if one.path),
        words="\n".join(one.text for one in inquiry.subject)[:_WORDS],
    )
    context = yield from contexts.steps(asked, left)
    _require(inquiry, context)
    excerpts = context.excerpts if is_large else (*context.excerpts, *inquiry.subject)
    request = Request(
        question=inquiry.question,
        instructions=instructions,
        context=excerpts,
        facts=facts_of(engine, inquiry, context),
        template=template.name,
        version=str(template.version),
        schema=template.schema,
        effort=template.effort,
        max_tokens=template.max_tokens,
        keep=template.keep,
        place=place_of(inquiry),
        estimate=spent + context.tokens + (0 if is_large else whole),
    )
    pieces = tuple(_pieces(inquiry, factor)) if is_large else ()
    return Plan(request, pieces, context.mapped)


def _require(inquiry: Inquiry, context: Context) -> None:
    there = {part.kind for part in context.parts}
    for kind in inquiry.template.requires:
        is_subject = kind in {"decisions", "change", "piece", "spec"} and bool(inquiry.subject)
        if kind not in there and not is_subject:
            raise TemplateError(_MISSING.get(kind, f"the template {inquiry.template.name} needs {kind}"))


_MISSING: Final = {
    "drift": "there is no drift at this place",
    "spec": "no requirement stands at this place of a document, or the file may not be sent",
    "change": "there is no change to look at",
    "decisions": "no decision is recorded",
}


def _pieces(inquiry: Inquiry, factor: float) -> Iterator[Request]:
    """The subject in parts that each fit a question of their own: small files together, large ones cut."""
    template = find_template(_NOTES)
    room = int(template.budget / factor) - _FRAME - estimate(template.instructions) - estimate(inquiry.question)
    waiting: list[Excerpt] = []
    spent = 0
    for excerpt, tokens in _cut(inquiry.subject, room):
        if waiting and spent + tokens > room:
            yield _notes_on(inquiry, template, waiting, spent)
            waiting, spent = [], 0
        waiting.append(excerpt)
        spent += tokens
    if waiting:
        yield _notes_on(inquiry, template, waiting, spent)


def _notes_on(inquiry: Inquiry, template: Template, excerpts: Sequence[Excerpt], tokens: int) -> Request:
    return Request(
        question=inquiry.question or inquiry.template.title,
        instructions=template.instructions,
        context=tuple(excerpts),
        template=template.name,
        version=str(template.version),
        max_tokens=template.max_tokens,
        estimate=tokens + _FRAME,
        priority=1,
    )


def _cut(subject: Sequence[Excerpt], room: int) -> Iterator[tuple[Excerpt, int]]:
    """Pieces of excerpts with their tokens, each within ``room`` but for a definition that alone is larger."""
    for excerpt in subject:
        data = excerpt.text.encode("utf-8", "surrogateescape")
        for chunk in chunks(excerpt.path, data, room - _TITLE):
            first, last = lines(data, chunk.start, chunk.end)
            offset = max(excerpt.first_line, 1) - 1
            text = data[chunk.start : chunk.end].decode("utf-8", "replace")
            piece = replace(excerpt, text=text, first_line=first + offset, last_line=last + offset)
            yield piece, chunk.tokens + _TITLE


def place_of(inquiry: Inquiry) -> str:
    """What a newer question replaces: the same sort of question about the same place."""
    if inquiry.drift is not None:
        return f"{inquiry.template.name}:{inquiry.drift.fingerprint}"
    place = inquiry.place
    return f"{inquiry.template.name}:{place.path}:{place.start}-{place.end}" if place.path else ""


def facts_of(engine: Engine, inquiry: Inquiry, context: Context) -> Facts:
    """What the project knows without any model."""
    decided = "; ".join(f"{one.title}: {one.outcome} ({one.id}, {one.date})" for one in inquiry.decisions[:1])
    drift = inquiry.drift
    if drift is None:
        spec = next(iter(context.of("spec")), None)
        code = next(iter(context.of("definitions")), None)
        return Facts(
            claim=_first_line(spec.text) if spec is not None else "",
            symbol=_first_line(code.text) if code is not None else "",
            spec_place=f"{spec.path}:{spec.first_line}" if spec is not None else "",
            code_place=f"{code.path}:{code.first_line}" if code is not None else "",
            decision=decided,
        )
    data = engine.text(drift.spec.path)
    code_data = engine.text(drift.code.path) if drift.code is not None else None
    return Facts(
        claim=drift.written or drift.subject,
        symbol=drift.actual,
        spec_place=where(data, drift.spec.path, drift.spec.start, drift.spec.end) if data is not None else "",
        code_place=(
            where(code_data, drift.code.path, drift.code.start, drift.code.end)
            if code_data is not None and drift.code is not None
            else ""
        ),
        difference=describe(engine, drift).partition("\n")[0],
        ways_out=tuple(drift.suggestions),
        decision=decided,
    )


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
