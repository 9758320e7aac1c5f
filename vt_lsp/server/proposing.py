"""A change that Claude proposes: shown as a diff, checked, and applied only when a person says so."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.claude_integration import presentation
from vt_lsp.claude_integration.proposals import diff, proposal
from vt_lsp.claude_integration.usage import usage_log
from vt_lsp.server.texts import span
from vt_lsp.server.workspace_edit import workspace_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.claude_integration.asking import Inquiry
    from vt_lsp.claude_integration.messages import Done
    from vt_lsp.claude_integration.proposals import Proposal
    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport
    from vt_lsp.server.session import Folder, Session

log = logging.getLogger(__name__)

Json = dict[str, Any]

APPLY: Final = "Apply"
DISMISS: Final = "Dismiss"


def offer(  # noqa: PLR0913, PLR0917 - the drift, the answer and where it goes
    session: Session,
    folder: Folder,
    engine: Engine,
    drift: DriftReport,
    inquiry: Inquiry,
    done: Done,
    page: Json,
    allows: Callable[[str], bool],
) -> Json:
    """The page with the diff; where the change was proven, the person is asked whether to apply it."""
    found = proposal(engine, drift, inquiry.parameters["target"], done.data, allows)
    shown = presentation.proposed(found, diff(engine, found.edits))
    body = page["markdown"].partition("\n\n---\n\n")[2]
    if found.proven:
        session.server.spawn(_ask(session, folder, engine, inquiry, found))
    return {
        **page,
        "markdown": f"# {page['title']}\n\n{shown}\n\n---\n\n{body}",
        "diff": diff(engine, found.edits),
        "proven": found.proven,
        "problem": found.problem,
    }


async def _ask(session: Session, folder: Folder, engine: Engine, inquiry: Inquiry, found: Proposal) -> None:
    paths = sorted({edit.place.path for edit in found.edits})
    before = {path: engine.text(path) for path in paths}
    text = f"Apply Claude's change to {', '.join(paths)}? {found.summary}"
    actions = [lsp.MessageActionItem(APPLY), lsp.MessageActionItem(DISMISS)]
    try:
        chosen = await session.server.window_show_message_request_async(
            lsp.ShowMessageRequestParams(type=lsp.MessageType.Info, message=text, actions=actions)
        )
    except JsonRpcException as error:
        log.info("the client cannot ask whether to apply a change: %s", error)
        return
    title = chosen.title if chosen is not None else ""
    if title not in {APPLY, DISMISS}:
        return  # neither: the message was closed
    template = inquiry.template
    if title == DISMISS:
        usage_log().judged(template.name, str(template.version), accepted=False)
        return
    session.edits.flush()
    if any(engine.text(path) != text_then for path, text_then in before.items()):
        session.server.show(lsp.MessageType.Warning, "vt-lsp: the file has changed since; ask again", kind="stale edit")
        return
    if await _apply(session, folder, engine, found):
        usage_log().judged(template.name, str(template.version), accepted=True)


async def _apply(session: Session, folder: Folder, engine: Engine, found: Proposal) -> bool:
    changes: dict[str, list[lsp.TextEdit]] = {}
    for edit in found.edits:
        index = session.texts.lines(engine, edit.place.path)
        if index is None:
            return False
        new = lsp.TextEdit(span(index, edit.place, session.units), edit.new_text)
        changes.setdefault(edit.place.path, []).append(new)
    params = lsp.ApplyWorkspaceEditParams(workspace_edit(session, folder, changes), label="Claude's change")
    try:
        return bool((await session.server.workspace_apply_edit_async(params)).applied)
    except JsonRpcException as error:
        log.warning("the client does not apply a change: %s", error)
        return False
