"""The chains of the open folders: made when they are first used, closed with their folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.claude_integration.assembly import build_chain
from vt_lsp.wording import plural

if TYPE_CHECKING:
    from vt_lsp.claude_integration.chain import Chain
    from vt_lsp.server.session import Folder, Session

Json = dict[str, Any]


def chain_of(session: Session, folder: Folder) -> Chain:
    """The chain of a folder. Raises JsonRpcInvalidParams before its settings are known, and once it has left."""
    if folder.settings is None or folder not in session.folders:
        raise JsonRpcInvalidParams("the folder cannot be asked about yet")
    if folder.chain is None:
        folder.chain = build_chain(Path(folder.root), folder.settings)
    return folder.chain


async def clear_claude_cache(session: Session) -> Json:
    """Forget all kept answers of the user; they lie in one place for all folders."""
    known = [folder for folder in session.folders if folder.settings is not None]
    rows = await chain_of(session, known[0]).clear_cache() if known else 0
    title = f"vt-lsp: {plural(rows, 'kept row')} of Claude's answers forgotten"
    return {"rows": rows, "title": title, "markdown": f"# Claude\n\n{plural(rows, 'row').capitalize()} forgotten.\n"}
