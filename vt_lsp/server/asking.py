"""The commands that ask Claude: a question, a drift explained or realigned, a requirement judged.

Nothing goes out before a person asked for it in a trusted workspace and agreed, once for each folder. Nothing of the
integration is imported before the first question.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pygls.exceptions import JsonRpcInvalidParams, JsonRpcRequestCancelled

from vt_lsp.claude_integration import opinions, presentation, recalled, subjects
from vt_lsp.claude_integration.answers import harmless
from vt_lsp.claude_integration.asking import Inquiry, Plan, plan
from vt_lsp.claude_integration.map_reduce import answer
from vt_lsp.claude_integration.messages import Done, Failed
from vt_lsp.claude_integration.prompts import TemplateError, find_template
from vt_lsp.claude_integration.streaming import NOWHERE, Contexts, Place
from vt_lsp.claude_integration.tokens import calibrated
from vt_lsp.claude_integration.usage import usage_log
from vt_lsp.server import proposing
from vt_lsp.server.answers import Shown
from vt_lsp.server.claude import chain_of
from vt_lsp.server.commands import position_of
from vt_lsp.server.consent import consent
from vt_lsp.server.spec_view import fields

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

    from vt_lsp.claude_integration.chain import Chain
    from vt_lsp.claude_integration.messages import Excerpt
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport
    from vt_lsp.server.session import Folder, Session

Json = dict[str, Any]

_TURN_SECONDS: Final = 0.01
_TRIES: Final = 3  # to make a context while the person types
_ASK: Final = "vt-lsp.askClaude takes a question, or {question, uri?, range?, fingerprint?, template?, target?, id?}"


async def ask_claude(session: Session, given: object = None) -> Json:
    """Ask a question, as text or as an object: see docs/claude.md; gives the answer as a page, and its figures."""
    wanted = {"question": given} if isinstance(given, str) else fields(given)
    session.edits.flush()
    folder, engine, drift, place = _about(session, wanted)
    chain = _allowed(session, folder)
    is_free = not wanted.get("template")
    question = _text(wanted.get("question"))
    if is_free and not question:
        raise JsonRpcInvalidParams(_ASK)
    target = _text(wanted.get("target")) or "spec"
    if target not in {"spec", "code"}:
        raise JsonRpcInvalidParams("target is spec or code")
    try:
        template = find_template(_text(wanted.get("template")) or "question")
    except TemplateError as error:
        raise JsonRpcInvalidParams(str(error)) from error
    symbol = engine.symbol_of(drift) if drift is not None else ""
    situation = recalled.situation_of(question or template.title, place.path, drift, symbol)
    known = await asyncio.to_thread(recalled.fitting, engine.root, situation) if "precedents" in template.inputs else ()
    subject: tuple[Excerpt, ...] = ()
    if "decisions" in template.requires:
        subject = await asyncio.to_thread(recalled.everything, engine.root)
    elif "change" in template.requires:
        changed = await asyncio.to_thread(subjects.change, engine.git, "HEAD", chain.gate.allows)
        subject = changed or ()
    inquiry = Inquiry(template, question, place, drift, known, subject, {"target": target})
    done, page = await _ask(session, folder, chain, inquiry, _text(wanted.get("id")))
    if done is None:
        return page
    if template.name == "realign" and drift is not None and done.data is not None:
        return proposing.offer(session, folder, engine, drift, inquiry, done, page, chain.gate.allows)
    return page


async def check_requirement(session: Session, given: object = None, position: object = None) -> Json:
    """Claude's opinion on whether the code satisfies the requirement at a place; kept as a hint."""
    wanted = given if isinstance(given, dict) else {"uri": given, "position": position}
    session.edits.flush()
    folder, engine, _, place = _about(session, wanted)
    chain = _allowed(session, folder)
    found = subjects.requirement(engine, place.path, place.start) if place.path else None
    if found is None:
        raise JsonRpcInvalidParams("no requirement stands at this place of a document")
    template = find_template("requirement")
    inquiry = Inquiry(template, subjects.which(found), place, subject=(found,))
    done, page = await _ask(session, folder, chain, inquiry, _text(wanted.get("id")))
    if done is None or done.data is None:
        return page
    opinion = opinions.opinion_of(engine, found, done, time.time())
    if folder.opinions is None:
        folder.opinions = opinions.Opinions(Path(folder.root))
    folder.opinions.put(opinion)
    session.publisher.publish(folder, {found.path})
    return {**page, "verdict": opinion.verdict, "reason": opinion.reason}


# ------------------------------------------------------------------------------------------------------------- helpers


def _about(session: Session, wanted: Json) -> tuple[Folder, Engine, DriftReport | None, Place]:
    """The folder that is asked, the drift that is meant and the place."""
    mark, uri = _text(wanted.get("fingerprint")), wanted.get("uri")
    for folder in session.folders if mark else ():
        drift = folder.engine.find(mark) if folder.engine is not None else None
        if folder.engine is not None and drift is not None:
            side = drift.spec
            return folder, folder.engine, drift, Place(side.path, side.start, side.end)
    if mark:
        raise JsonRpcInvalidParams(f"no drift has the fingerprint {mark}")
    home = session.home(uri) if isinstance(uri, str) else None
    if home is not None:
        folder, engine, path = home
        return folder, engine, None, _place(session, engine, path, wanted)
    for folder in session.folders:
        if folder.engine is not None:
            return folder, folder.engine, None, NOWHERE
    raise JsonRpcInvalidParams("no folder is open, or it cannot be asked yet")


def _place(session: Session, engine: Engine, path: str, wanted: Json) -> Place:
    span = fields(wanted.get("range"))
    ends = [span.get("start"), span.get("end")] if span else [wanted.get("position")] * 2
    if not all(ends):
        return Place(path)
    start, end = (session.texts.offset(engine, path, position_of(at), session.units) or 0 for at in ends)
    return Place(path, start, max(start, end), is_selection=end > start)


def _allowed(session: Session, folder: Folder) -> Chain:
    settings = folder.settings
    if settings is None or settings.untrusted_workspace:
        raise JsonRpcInvalidParams("Claude is off: this workspace is not trusted")
    if not settings.claude_enabled:
        raise JsonRpcInvalidParams("Claude is off: the setting vt-lsp.claude.enabled is false")
    return chain_of(session, folder)


async def _ask(session: Session, folder: Folder, chain: Chain, inquiry: Inquiry, name: str) -> tuple[Done | None, Json]:
    """Ask, after consent; the end of the answer, and its page. None where nothing was asked."""
    template = inquiry.template
    model = folder.settings.claude_model if folder.settings is not None else ""
    entries = await asyncio.to_thread(usage_log().read)
    try:
        made = await _planned(session, folder, inquiry, calibrated(entries, model))
    except TemplateError as error:
        raise JsonRpcInvalidParams(str(error)) from error
    requests = (*made.pieces, made.request)
    prepared = [await asyncio.to_thread(chain.prepared, request) for request in requests]
    what = presentation.sent(prepared, made.mapped, sum(request.estimate for request in requests))
    is_offline = folder.settings is not None and folder.settings.claude_provider == "offline"
    agreed = "yes" if is_offline else await consent(session, folder, what)
    if agreed == "show":
        text = "\n\n".join(f"{one.prompt.system}\n\n{one.prompt.text}" for one in prepared)
        return None, _page("What would be sent", f"Nothing was sent. It would be {what}.\n\n{presentation.fence(text)}")
    if agreed == "no":
        raise JsonRpcInvalidParams("Claude was not asked: nobody agreed to send parts of this workspace")
    shown = Shown(session, name, template.title)
    shown.note(f"sends {what}")
    done = await _until_stopped(_answered(chain, made, shown), shown)
    if isinstance(done, Failed):
        raise JsonRpcInvalidParams(done.sentence)
    return done, _answer_page(template.title, done, what)


async def _planned(session: Session, folder: Folder, inquiry: Inquiry, factor: float) -> Plan:
    """The plan, made in turns with everything else; anew where the code was edited meanwhile."""
    engine = folder.engine
    if engine is None:
        raise JsonRpcInvalidParams("the folder cannot be asked yet")
    if folder.contexts is None or folder.contexts.engine is not engine:
        folder.contexts = Contexts(engine, chain_of(session, folder).gate.allows)
    contexts = folder.contexts
    for _ in range(_TRIES):
        await contexts.prepare()
        made = await _in_turns(plan(engine, contexts, inquiry, factor))
        if contexts.is_current:
            break
    return made


async def _in_turns(steps: Generator[None, None, Plan]) -> Plan:
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: Plan = end.value
            return made
        if loop.time() - began > _TURN_SECONDS:
            await asyncio.sleep(0)
            began = loop.time()


async def _until_stopped(answering: Coroutine[Any, Any, Done | Failed], shown: Shown) -> Done | Failed:
    """Wait for the end; the client may cancel the request, and the person the progress bar."""
    work = asyncio.ensure_future(answering)
    shown.on_stop(work.cancel)
    try:
        return await work
    except asyncio.CancelledError as error:
        this = asyncio.current_task()
        if this is not None and this.cancelling():
            raise
        raise JsonRpcRequestCancelled("the question was stopped") from error
    finally:
        shown.end()


async def _answered(chain: Chain, made: Plan, shown: Shown) -> Done | Failed:
    async with aclosing(answer(chain, made)) as events:
        async for event in events:
            if isinstance(event, Done | Failed):
                return event
            shown.event(event)
    raise RuntimeError("an answer without an end")


def _answer_page(title: str, done: Done, what: str) -> Json:
    text = harmless(done.text)
    if done.data is not None and "verdict" in done.data:
        text = harmless(presentation.verdict(done.data))
    parts = [text]
    parts += [f"_{harmless(done.note)}_"] if done.note else []
    parts.append(f"---\n\n{presentation.BY_MODEL if done.by_model else ''}\n\n{presentation.cost(done)}. Sent: {what}.")
    return {
        **_page(f"Claude: {title}" if done.by_model else title, "\n\n".join(parts)),
        "text": done.text,
        "provider": done.provider,
        "model": done.model,
        "by_model": done.by_model,
        "cached": done.cached,
        "note": done.note,
        "usage": {"prompt": done.usage.prompt, "output": done.usage.output, "cost": done.usage.cost},
        "seconds": {"first": done.first, "all": done.seconds},
    }


def _page(title: str, body: str) -> Json:
    return {"title": title, "markdown": f"# {title}\n\n{body}\n"}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
