"""The results of commands, shown by the server where the client does not show them itself.

A client that shows what commands give back says so (``capabilities.experimental.vtLsp.showsResults``). For any other
one the page is written into the user's cache and opened; where it cannot be opened, its gist is a message.
"""

from __future__ import annotations

import asyncio
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.server import uris

if TYPE_CHECKING:
    from vt_lsp.server.session import Session

log = logging.getLogger(__name__)

MOST_LINES = 5


def show(session: Session, command: str, answer: dict[str, Any]) -> None:
    """Show the answer of a command that a person gave, unless the client does; the answer does not wait for it."""
    if not session.client_says("showsResults"):
        session.server.spawn(_show(session, command, answer))


def show_page(session: Session, command: str, answer: dict[str, Any]) -> None:
    """The same where no client gave the command, so that none shows its answer: from a window of our own."""
    session.server.spawn(_show(session, command, answer))


async def _show(session: Session, command: str, answer: dict[str, Any]) -> None:
    if not await _opened(session, command, answer["markdown"]):
        # Whoever asks wants to hear, so this does not depend on the setting for messages.
        params = lsp.ShowMessageParams(lsp.MessageType.Info, gist(answer))
        session.server.window_show_message(params)


def gist(answer: dict[str, Any]) -> str:
    """What matters of an answer, in a few lines of plain text."""
    broken = [claim for claim in answer.get("claims", ()) if claim["state"] == "broken"]
    lines = [
        f"✗ {claim['uri'].rpartition('/')[2]}:{claim['range']['start']['line'] + 1} {claim['message']}"
        for claim in broken[:MOST_LINES]
    ]
    lines += [f"… and {len(broken) - MOST_LINES} more"] if len(broken) > MOST_LINES else []
    return "\n".join([answer["title"], *lines])


async def _opened(session: Session, command: str, page: str) -> bool:
    window = session.server.client_capabilities.window
    if window is None or window.show_document is None or not window.show_document.support:
        return False
    roots = [folder.root for folder in session.folders]
    async with session.writing:  # of two pages of one command the later stays
        file = await asyncio.to_thread(keep_page, roots, f"{command}.md", page)
    if file is None:
        return False
    params = lsp.ShowDocumentParams(uris.from_path(file.as_posix()), take_focus=True)
    try:
        return bool((await session.server.window_show_document_async(params)).success)
    except JsonRpcException as error:
        log.warning("the client does not open a page: %s", error)
        return False


def keep_page(roots: list[str], name: str, page: str) -> Path | None:
    """The page as a file of the user alone, the same one each time; None where no place lies outside of ``roots``."""
    folder = _folder(roots)
    if folder is None:
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix":
            folder.chmod(0o700)
        handle, fresh = tempfile.mkstemp(dir=folder, prefix=".page-")  # of mode 0600
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(page)
        return Path(fresh).replace(folder / name)  # at once: the editor may be reading it
    except OSError as error:
        log.warning("cannot write %s: %s", folder / name, error)
        return None


def _folder(roots: list[str]) -> Path | None:
    import platformdirs  # noqa: PLC0415 - not before `initialize`

    from vt_lsp.workspace.store import cache_directory  # noqa: PLC0415 - the same

    place = cache_directory(Path(roots[-1])) if roots else platformdirs.user_cache_path("vt-lsp", appauthor=False)
    if place is None:
        return None
    pages = place.resolve() / "pages"
    return None if any(pages.is_relative_to(Path(root).resolve()) for root in roots) else pages
