"""``vt-lsp ask``: a question with the project's context, answered as it comes."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration import presentation, recalled, subjects
from vt_lsp.claude_integration.asking import Inquiry, plan
from vt_lsp.claude_integration.assembly import build_chain
from vt_lsp.claude_integration.map_reduce import Progress, answer
from vt_lsp.claude_integration.messages import Delta, Done, Failed, Reset, Started
from vt_lsp.claude_integration.prompts import Template, TemplateError, find_template
from vt_lsp.claude_integration.proposals import diff, proposal
from vt_lsp.claude_integration.relevance import drifts_at
from vt_lsp.claude_integration.streaming import NOWHERE, Contexts, Place, finish
from vt_lsp.claude_integration.tokens import calibrated
from vt_lsp.claude_integration.usage import usage_log
from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.formats.excerpt import clean
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import find_root, load_user_and_project_settings, scanned
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    import argparse

    from vt_lsp.claude_integration.asking import Plan
    from vt_lsp.claude_integration.chain import Chain
    from vt_lsp.claude_integration.messages import Event, Excerpt
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport
    from vt_lsp.settings import Settings

_DEFAULT: Final = "question"


def run(options: argparse.Namespace) -> int:
    """Ask, and write the answer to stdout as it comes; 0 when there is one, also without a model, else 1."""
    configure_log(options)
    name, line = _file(options.file)
    root = find_root(options.root, [Path(name)] if name else ())
    settings = _settings(root, options)
    try:
        template = find_template(options.template or _DEFAULT)
        if template.requires == ("spec",) and not line:
            raise UsageError(f"the template {template.name} needs --file FILE:LINE")
        if template.name == _DEFAULT and not options.question:
            raise UsageError("ask what?")
        with scanned(root, settings) as engine:
            return asyncio.run(_run(engine, settings, template, _below(root, name), line, options))
    except TemplateError as error:
        raise UsageError(str(error)) from error


async def _run(  # noqa: PLR0913, PLR0917 - what was asked
    engine: Engine, settings: Settings, template: Template, path: str, line: int, options: argparse.Namespace
) -> int:
    chain = build_chain(engine.root, settings)
    try:
        inquiry = _inquiry(engine, chain, template, path, line, options)
        factor = calibrated(usage_log().read(), settings.claude_model)
        made = finish(plan(engine, Contexts(engine, chain.gate.allows), inquiry, factor))
        if options.show_prompt:
            _show_prompt(chain, made)
            return 0
        if settings.claude_provider != "offline":
            _tell(f"sends {_sent(chain, made)}")
        done = await _answered(chain, made, is_streamed=template.schema is None)
        return _finished(engine, chain, inquiry, done)
    finally:
        await chain.aclose()


# -------------------------------------------------------------------------------------------------------- the question


def _settings(root: Path, options: argparse.Namespace) -> Settings:
    settings = load_user_and_project_settings(root)
    return dataclasses.replace(settings, claude_provider=options.provider) if options.provider else settings


def _file(given: str | None) -> tuple[str, int]:
    """The file and the line (from 1, 0 for none) of ``FILE[:LINE]``."""
    if not given:
        return "", 0
    name, colon, line = given.rpartition(":")
    if colon and line.isdigit():
        return name, int(line)
    return given, 0


def _below(root: Path, name: str) -> str:
    if not name:
        return ""
    path = Path(name).resolve()
    if not path.is_file():
        raise UsageError(f"--file: no such file: {name}")
    if not path.is_relative_to(root):
        raise UsageError(f"--file: {name} lies outside of {root}")
    return path.relative_to(root).as_posix()


def _inquiry(  # noqa: PLR0913, PLR0917 - what was asked
    engine: Engine, chain: Chain, template: Template, path: str, line: int, options: argparse.Namespace
) -> Inquiry:
    question = " ".join(options.question)
    place, drift = _place(engine, template, path, line, options)
    symbol = engine.symbol_of(drift) if drift is not None else ""
    situation = recalled.situation_of(question or template.title, path, drift, symbol)
    required = subjects.requirement(engine, path, place.start) if template.name == "requirement" else None
    return Inquiry(
        template=template,
        question=question or (subjects.which(required) if required is not None else ""),
        place=place,
        drift=drift,
        decisions=recalled.fitting(engine.root, situation) if "precedents" in template.inputs else (),
        subject=(required,) if required else _subject(engine, chain, template, path if not line else "", options),
        parameters={"target": options.target},
    )


def _place(
    engine: Engine, template: Template, path: str, line: int, options: argparse.Namespace
) -> tuple[Place, DriftReport | None]:
    if options.drift:
        drift = engine.find(options.drift)
        if drift is None:
            raise UsageError(f"no drift, or more than one kind, has the fingerprint {options.drift}")
        return Place(drift.spec.path, drift.spec.start, drift.spec.end), drift
    if not line:
        return NOWHERE, None
    data = engine.text(path)
    if data is None:
        raise UsageError(f"--file: {path} cannot be read")
    index = LineIndex(data)
    if line > index.count:
        raise UsageError(f"--file: {path} has {index.count} lines")
    start, end = index.offset(line - 1, 0, "utf-8"), index.offset(line - 1, 1 << 30, "utf-8")
    found = drifts_at(engine, path, (start, end)) if "drift" in template.requires else []
    return Place(path, start, end), next(iter(found), None)


def _subject(
    engine: Engine, chain: Chain, template: Template, path: str, options: argparse.Namespace
) -> tuple[Excerpt, ...]:
    if "change" in template.requires:
        found = subjects.change(engine.git, options.since or "HEAD", chain.gate.allows)
        if found is None:
            raise UsageError(f"--since: git does not know the revision {options.since or 'HEAD'} here")
        return found
    if "decisions" in template.requires:
        return recalled.everything(engine.root)
    if path and not chain.gate.allows(path):
        raise UsageError(f"--file: {path} is ignored, or may hold secrets: it is not sent")
    return subjects.whole_file(engine, path) if path else ()


# ---------------------------------------------------------------------------------------------------------- the answer


def _show_prompt(chain: Chain, made: Plan) -> None:
    for request in (*made.pieces, made.request):
        prompt = chain.prepared(request).prompt
        sys.stdout.write(f"# System\n\n{prompt.system}\n\n# Message\n\n{prompt.text}\n")
        if prompt.schema:
            sys.stdout.write(f"\n# Schema of the answer\n\n{prompt.schema}\n")
    if made.pieces:
        sys.stdout.write("\nThe notes of the parts go into the last message.\n")
    _tell(f"would send {_sent(chain, made)}")


def _sent(chain: Chain, made: Plan) -> str:
    requests = (*made.pieces, made.request)
    prepared = [chain.prepared(request) for request in requests]
    return presentation.sent(prepared, made.mapped, sum(request.estimate for request in requests))


async def _answered(chain: Chain, made: Plan, *, is_streamed: bool) -> Done | Failed:
    """Write text as it comes; gives the end."""
    has_text = False
    async with aclosing(answer(chain, made)) as events:
        async for event in events:
            if isinstance(event, Delta) and is_streamed:
                _write(event.text)
                has_text = True
            elif isinstance(event, Done | Failed):
                if has_text:
                    sys.stdout.write("\n")
                elif isinstance(event, Done) and (is_streamed or event.data is None):
                    _write(f"{event.text}\n")
                return event
            else:
                has_text = _noted(event, has_text=has_text)
    raise RuntimeError("an answer without an end")


def _noted(event: Event | Progress, *, has_text: bool) -> bool:
    """Tell what is no text; whether text still stands."""
    match event:
        case Progress(done=done, total=total):
            _tell(f"read {done} of {total} parts")
        case Started(note=note) if note:
            _tell(note)
        case Reset(note=note):
            if has_text:
                sys.stdout.write("\n\n[the text above does not count]\n\n")
            _tell(note or "it is asked again")
            return False
        case _:
            pass
    return has_text


def _finished(engine: Engine, chain: Chain, inquiry: Inquiry, done: Done | Failed) -> int:
    if isinstance(done, Failed):
        _tell(done.sentence)
        return 1
    if done.data is not None:
        _write(_structured(engine, chain, inquiry, done) + "\n")
    if done.note:
        _tell(done.note)
    _tell(presentation.cost(done))
    return 0


def _structured(engine: Engine, chain: Chain, inquiry: Inquiry, done: Done) -> str:
    if inquiry.template.name == "realign" and inquiry.drift is not None:
        found = proposal(engine, inquiry.drift, inquiry.parameters["target"], done.data, chain.gate.allows)
        return presentation.proposed(found, diff(engine, found.edits))
    if inquiry.template.name == "requirement":
        return presentation.verdict(done.data)
    return done.text


def _write(text: str) -> None:
    """Text of a model: what a terminal would obey is taken out."""
    sys.stdout.write("\n".join(map(clean, text.split("\n"))))
    sys.stdout.flush()


def _tell(text: str) -> None:
    sys.stderr.write(f"vt-lsp: {clean(text)}\n")
    sys.stderr.flush()
