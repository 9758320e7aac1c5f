"""``vt-lsp.openReport``: the report of a folder as one page of HTML, in the user's cache."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams

from vt_lsp.report.contents import contents, gather
from vt_lsp.report.page import html
from vt_lsp.server import uris
from vt_lsp.server.results import keep_page
from vt_lsp.server.spec_view import Turns

if TYPE_CHECKING:
    from vt_lsp.engine import Engine
    from vt_lsp.report.contents import Gathered
    from vt_lsp.server.session import Folder, Session

Json = dict[str, Any]


async def open_report(session: Session, uri: object = None) -> Json:
    """Write the report of the folder that holds ``uri``, or of the first one; gives the ``file`` with the page.

    A client that shows what commands give back opens it itself; any other one is asked to open it in the browser.
    """
    folder, engine = _folder(session, uri)
    session.edits.flush()
    gathered = await _gathered(engine, folder.name or folder.root.rpartition("/")[2])
    page = await asyncio.to_thread(lambda: html(contents(gathered)))
    summary = gathered.summary
    title = f"Report: {summary['broken']} drifts, {summary['holds']} of {summary['claims']} claims hold"
    roots = [one.root for one in session.folders]
    file = await asyncio.to_thread(keep_page, roots, "report.html", page)
    if file is None:
        raise JsonRpcInvalidParams("the report cannot be written: the cache directory lies inside the project")
    link = uris.from_path(file.as_posix())
    if not session.client_says("showsResults") and not await _opened(session, link):
        session.server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, f"The report: {file}"))
    return {"uri": folder.uri, "file": link, "title": title, "markdown": f"# {title}\n\n[{file.name}]({link})\n"}


def _folder(session: Session, uri: object) -> tuple[Folder, Engine]:
    if uri is not None and not isinstance(uri, str):
        raise JsonRpcInvalidParams("vt-lsp.openReport takes a URI, or nothing")
    found = [folder for folder, _ in session.locate(uri)[:1]] if uri is not None else []
    for folder in found or session.folders:
        if folder.engine is not None and folder.engine.is_complete:
            return folder, folder.engine
    raise JsonRpcInvalidParams("no folder was looked at to its end yet")


async def _gathered(engine: Engine, name: str) -> Gathered:
    steps, turns = gather(engine, name), Turns()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            gathered: Gathered = end.value
            return gathered
        await turns.take()


async def _opened(session: Session, link: str) -> bool:
    window = session.server.client_capabilities.window
    if window is None or window.show_document is None or not window.show_document.support:
        return False
    try:
        params = lsp.ShowDocumentParams(link, external=True)
        return bool((await session.server.window_show_document_async(params)).success)
    except JsonRpcException:
        return False
