"""The first scan of a folder: beside the loop where it can be, in small slices on it where it must be."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.wording import plural

if TYPE_CHECKING:
    from collections.abc import Generator

    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.workspace.discovery import Listing
    from vt_lsp.workspace.scan import Batch

log = logging.getLogger(__name__)

SLICE_SECONDS = 0.01
WAITING_BATCHES = 4
LARGE_BYTES = 1 << 18  # what is more to read than this would hold up the loop; a scan reads beside it
HISTORY_SECONDS = 20.0
HISTORY_PAUSE_SECONDS = 0.3
PROGRESS_SECONDS = 0.2


async def open_folder(session: Session, folder: Folder) -> None:
    """Build the engine of a folder and scan it; what goes wrong is the folder's state, not the server's end."""
    try:
        await session.configuration.load(folder)
        engine = await asyncio.to_thread(_build, folder)
        try:
            listing = await asyncio.to_thread(engine.discover, folder.cancelled.is_set)
            engine.set_listing(listing)
            folder.engine = engine
        finally:
            if folder.engine is None:
                engine.dispose()
        await _scan(session, folder, engine, listing)
    except asyncio.CancelledError:
        raise
    except Exception as error:
        log.exception("cannot scan %s", folder.root)
        folder.state, folder.problem = "failed", f"{type(error).__name__}: {error}"
        session.server.report_server_error(error, RuntimeError)
    finally:
        folder.ready.set()
        session.status.changed()


async def scan_again(session: Session, folder: Folder) -> None:
    """Look at the whole folder again, with the engine that it has; one scan at a time, and one waiting at most."""
    running = folder.task
    if running is not None and not running.done():
        if folder.again is None or folder.again.done():
            folder.again = session.server.spawn(_scan_after(session, folder, running))
        waiting = folder.again
    else:
        waiting = folder.task = session.server.spawn(_scan_now(session, folder))
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        if waiting is folder.task:  # whoever asked for it does not want it any more
            folder.cancelled.set()
        else:
            waiting.cancel()
        raise


async def _scan_after(session: Session, folder: Folder, running: asyncio.Task[None]) -> None:
    await asyncio.wait([running])
    folder.task = session.server.spawn(_scan_now(session, folder))
    await folder.task


async def _scan_now(session: Session, folder: Folder) -> None:
    engine = folder.engine
    if engine is None:
        return
    folder.cancelled = threading.Event()
    listing = await asyncio.to_thread(engine.discover, folder.cancelled.is_set)
    if folder.engine is engine and not folder.cancelled.is_set():  # a walk that was cancelled saw a part only
        engine.set_listing(listing)
        try:
            await _scan(session, folder, engine, listing)
        except Exception as error:
            folder.state, folder.problem = "failed", f"{type(error).__name__}: {error}"
            raise
    session.status.changed()


def ensure_pump(session: Session, folder: Folder) -> None:
    """Judge what is due in slices, unless that is being done already."""
    if folder.pump is None or folder.pump.done():
        folder.pump = session.server.spawn(_pump(session, folder))


async def _pump(session: Session, folder: Folder) -> None:
    folder.pumps += 1
    try:
        while (engine := folder.engine) is not None and engine.is_due:
            touched = engine.check(SLICE_SECONDS)
            await asyncio.sleep(0)
            await session.publisher.publish_in_slices(folder, touched)
            await asyncio.sleep(0)
    finally:
        folder.pumps -= 1
    session.status.changed()


def ensure_history(session: Session, folder: Folder) -> None:
    """Ask git, in a thread, about what is open, and which commits broke what; once at a time."""
    if folder.history is None or folder.history.done():
        folder.history = session.server.spawn(_look_back(session, folder))


async def _look_back(session: Session, folder: Folder) -> None:
    engine = folder.engine
    await asyncio.sleep(HISTORY_PAUSE_SECONDS)  # what is typed right now need not be asked about letter by letter
    while engine is not None and folder.engine is engine and (wishes := engine.wishes()):
        found = await asyncio.to_thread(engine.recall, wishes, HISTORY_SECONDS)
        engine.learn_past(found)
        await _pump(session, folder)
        if not engine.wishes() - wishes:
            break
    if engine is None or folder.engine is not engine or not engine.settings.history:
        return
    commits = await asyncio.to_thread(engine.find_commits, engine.drifts(), HISTORY_SECONDS)
    engine.learn_commits(commits)
    if any(commits.values()):
        await session.publisher.publish_all(folder)


async def relist(session: Session, folder: Folder) -> None:
    """Files or folders came or went: walk again, and read what is new."""
    from vt_lsp.workspace.changes import MANY, read_new  # noqa: PLC0415 - not before `initialize`

    engine = folder.engine
    if engine is None or folder.state != "ready":
        return
    began = time.monotonic()
    listing = await asyncio.to_thread(engine.discover)
    if folder.engine is not engine:
        return
    folder.walked = began
    new = engine.set_listing(listing)
    session.listed(folder)
    if len(new) > MANY:
        await scan_again(session, folder)
        return
    read = await asyncio.to_thread(read_new, Path(folder.root), new)
    if sum(len(data) for data in read.values() if data) > LARGE_BYTES:
        await scan_again(session, folder)
    elif folder.engine is engine:
        session.edits.on_disk(folder, read)
        ensure_pump(session, folder)


def _build(folder: Folder) -> Engine:
    from vt_lsp.engine import Engine  # noqa: PLC0415 - heavy: after `initialize` is answered
    from vt_lsp.settings import Settings  # noqa: PLC0415

    with folder.reading:  # whoever closes the folder meanwhile waits, and finds what was built
        folder.built = Engine(Path(folder.root), folder.settings or Settings())
        return folder.built


async def _scan(session: Session, folder: Folder, engine: Engine, listing: Listing) -> None:
    folder.state = "scanning"
    began = time.monotonic()
    session.status.changed()
    _take_open_documents(session, folder, engine)
    progress = _Progress(session, folder)
    try:
        await _apply_batches(session, folder, engine, listing, progress)
    finally:
        progress.end()
    if folder.cancelled.is_set() and engine.is_complete:  # a look again that nobody waits for: what was read counts
        folder.state = "ready"
        await _pump(session, folder)
        session.catch_up(folder)
        return
    if folder.cancelled.is_set():
        folder.state, folder.problem = "cancelled", "the scan was cancelled; vt-lsp.checkWorkspace starts it again"
        return
    engine.finish_scan()
    folder.state, folder.problem = "ready", ""
    session.listed(folder)
    await _pump(session, folder)
    total = engine.summary()
    counts = (total.files, "Python file"), (total.specs, "spec"), (total.claims, "claim"), (total.broken, "drift")
    said = ", ".join(plural(*one) for one in counts)
    log.info("%s: %s; looked at in %.1f s", folder.root, said, time.monotonic() - began)
    await session.publisher.publish_in_slices(folder, session.publisher.paths(folder))  # an engine before left some
    ensure_history(session, folder)
    session.catch_up(folder)
    session.monitor(folder)


def _take_open_documents(session: Session, folder: Folder, engine: Engine) -> None:
    """What the user looks at comes first."""
    session.edits.flush()
    paths = set()
    for uri, path in session.open_documents(folder):
        document = session.server.documents.document(uri)
        if document is not None and not session.edits.is_for_thread(folder, path, uri, document.data):
            engine.update(path, document.data, overlay=True)
            paths.add(path)
    if paths:
        session.edits.settle(folder, paths)


async def _judge_early(session: Session, folder: Folder, engine: Engine, read: list[str]) -> None:
    """The user looks at Python: the documents that name what it defines do not wait for the end of the first scan."""
    is_done = engine.is_complete or not (early := engine.naming_open_code(read))
    while not is_done:
        touched, is_done = engine.check_early(early, SLICE_SECONDS)
        await session.publisher.publish_in_slices(folder, touched)
        await asyncio.sleep(0)


async def _apply_batches(
    session: Session, folder: Folder, engine: Engine, listing: Listing, progress: _Progress
) -> None:
    loop = asyncio.get_running_loop()
    batches: asyncio.Queue[Batch | None] = asyncio.Queue()
    room = threading.Semaphore(WAITING_BATCHES)
    cancelled = folder.cancelled.is_set

    def produce() -> None:
        try:
            source = cast("Generator[Batch, None, None]", engine.batches(listing, cancelled))
            with folder.reading, contextlib.closing(source) as found:  # closed before the database is
                for batch in found:
                    while not room.acquire(timeout=0.1):
                        if cancelled():
                            return
                    loop.call_soon_threadsafe(batches.put_nowait, batch)
                    if cancelled():
                        return
        finally:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(batches.put_nowait, None)

    producer = loop.run_in_executor(None, produce)
    try:
        while (batch := await batches.get()) is not None:
            engine.apply(batch)
            room.release()
            progress.advance(batch)
            await asyncio.sleep(0)
            await _judge_early(session, folder, engine, [path for path, _ in batch.facts])
        await producer
    except asyncio.CancelledError:
        folder.cancelled.set()
        raise


# ------------------------------------------------------------------------------------------------------------ progress


class _Progress:
    """A progress bar of the client that can cancel the scan; the scan does not wait for the client to show it."""

    def __init__(self, session: Session, folder: Folder) -> None:
        self._server, self._folder = session.server, folder
        self._token = str(uuid.uuid4())
        self._is_shown = False
        self._told = 0.0
        window = self._server.client_capabilities.window
        self._asking = self._server.spawn(self._begin()) if window is not None and window.work_done_progress else None

    def advance(self, batch: Batch) -> None:
        """One more batch is in."""
        now = time.monotonic()
        if self._is_shown and now - self._told > PROGRESS_SECONDS:
            self._told = now
            percentage = 100 * batch.done // max(batch.total, 1)
            report = lsp.WorkDoneProgressReport(message=f"{batch.done}/{batch.total} files", percentage=percentage)
            self._server.work_done_progress.report(self._token, report)

    def end(self) -> None:
        """Take the bar away."""
        if self._asking is not None:
            self._asking.cancel()
        if self._is_shown:
            self._server.work_done_progress.end(self._token, lsp.WorkDoneProgressEnd())
        self._server.work_done_progress.tokens.pop(self._token, None)  # pygls never drops it

    async def _begin(self) -> None:
        bar, folder = self._server.work_done_progress, self._folder
        try:
            await bar.create_async(self._token)
        except JsonRpcException:
            return  # the client will not
        title = f"vt-lsp: {folder.name or Path(folder.root).name}"
        bar.begin(
            self._token, lsp.WorkDoneProgressBegin(title=title, message="Reading", percentage=0, cancellable=True)
        )
        bar.tokens[self._token].add_done_callback(functools.partial(_on_cancel, folder))
        self._is_shown = True


def _on_cancel(folder: Folder, future: Any) -> None:  # noqa: ANN401
    if future.cancelled():
        folder.cancelled.set()
