"""The one question before the first answer: may what a question needs leave this machine?

Asked once for each workspace folder, by a message with buttons, so that it is the same in every editor; a client that
cannot show one cannot agree. Kept in the user's state directory.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.workspace.store import make_private, state_directory

if TYPE_CHECKING:
    from vt_lsp.server.session import Folder, Session

log = logging.getLogger(__name__)

Answer = Literal["yes", "no", "show"]

YES: Final = "Ask Claude"
SHOW: Final = "Show What Is Sent"
NO: Final = "Not Now"
_FILE: Final = "claude-consent"


async def consent(session: Session, folder: Folder, what: str) -> Answer:
    """Whether questions about this folder may be sent; ``what`` tells what goes out with this one."""
    root = Path(folder.root)
    if await asyncio.to_thread(_is_given, root):
        return "yes"
    text = (
        f"Ask Claude about {root.name}? With a question go out: the question, excerpts of files around it, and "
        f"signatures of others; now {what}. Ignored files and files of keys never do, and secrets are masked. "
        "vt-lsp asks this once for each workspace, and sends nothing unasked."
    )
    actions = [lsp.MessageActionItem(title) for title in (YES, SHOW, NO)]
    params = lsp.ShowMessageRequestParams(type=lsp.MessageType.Info, message=text, actions=actions)
    try:
        chosen = await session.server.window_show_message_request_async(params)
    except JsonRpcException as error:
        log.info("the client cannot ask for consent: %s", error)
        return "no"
    title = chosen.title if chosen is not None else NO
    if title == YES:
        await asyncio.to_thread(_give, root)
        return "yes"
    return "show" if title == SHOW else "no"


def _is_given(root: Path) -> bool:
    directory = state_directory(root)
    return directory is not None and (directory / _FILE).is_file()


def _give(root: Path) -> None:
    directory = state_directory(root)
    try:
        if directory is not None:
            make_private(directory)
            (directory / _FILE).touch(mode=0o600)
    except OSError as error:
        log.warning("the consent cannot be kept, so it is asked for again: %s", error)
