"""Changes on disk: told by our own watcher, and by the client where it watches; each is looked at once."""

from __future__ import annotations

import asyncio
import logging
import math
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.server.scan import LARGE_BYTES, relist, scan_again
from vt_lsp.server.uris import relative

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.server.session import Folder, Session

log = logging.getLogger(__name__)

CLOCK_SECONDS = 2.0  # of file systems that keep time in steps
SETTINGS_FILES = frozenset({"vt-lsp.toml", "pyproject.toml"})
REGISTRATION = "vt-lsp-files"


async def register(session: Session) -> None:
    """Ask the client to watch files and settings, where it offers that."""
    workspace = session.server.client_capabilities.workspace
    wanted = []
    files = workspace.did_change_watched_files if workspace is not None else None
    if files is not None and files.dynamic_registration:
        options = lsp.DidChangeWatchedFilesRegistrationOptions([lsp.FileSystemWatcher(glob_pattern="**/*")])
        wanted.append(lsp.Registration(REGISTRATION, lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    settings = workspace.did_change_configuration if workspace is not None else None
    if settings is not None and settings.dynamic_registration:
        section = lsp.DidChangeConfigurationRegistrationOptions(section="vt-lsp")
        wanted.append(lsp.Registration("vt-lsp-settings", lsp.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if not wanted:
        return
    try:
        await session.server.client_register_capability_async(lsp.RegistrationParams(wanted))
    except JsonRpcException as error:
        log.warning("the client does not watch: %s", error)


def follow(session: Session, folder: Folder) -> None:
    """Watch a folder's listing; call it again when the listing is another one."""
    listing, settings = folder.listing, folder.settings
    if listing is None or settings is None or not settings.monitor_enabled:
        return
    places = [Path(folder.root), *(Path(folder.root, below) for below in listing.folders)]
    loop = asyncio.get_running_loop()

    def arrived(paths: set[str], at: float) -> None:
        below = {path for one in paths if (path := relative(one.replace("\\", "/"), folder.root))}
        if not loop.is_closed():
            loop.call_soon_threadsafe(session.server.spawn, paths_changed(session, folder, below, at))

    def watch() -> None:
        from vt_lsp.workspace.watcher import Watcher  # noqa: PLC0415 - not before `initialize`

        with folder.watching:
            if folder.cancelled.is_set() and folder not in session.folders:
                return
            if folder.watcher is None:
                folder.watcher = Watcher(places, arrived, settings.monitor_quiet / 1000)
                folder.watcher.start()
                loop.call_soon_threadsafe(session.server.spawn, _look_at_the_gap(session, folder))
            else:
                folder.watcher.update(places)

    session.server.keep(loop.run_in_executor(None, watch))


async def _look_at_the_gap(session: Session, folder: Folder) -> None:
    """What came, went or was written after the scan had been there, and before the watcher was up."""
    listing = folder.listing
    if listing is not None:
        since = folder.opened - CLOCK_SECONDS
        paths = await asyncio.to_thread(_written_since, folder.root, (*listing.code, *listing.specs), since)
        await paths_changed(session, folder, paths)
        await relist(session, folder)


def _written_since(root: str, paths: Iterable[str], since: float) -> set[str]:
    found = set()
    for path in paths:
        try:
            if Path(root, path).stat().st_mtime >= since:
                found.add(path)
        except OSError:
            found.add(path)
    return found


async def files_changed(session: Session, changed: Iterable[str]) -> None:
    """Files or folders, by their URIs, were made, written or removed: read them and judge again."""
    by_folder: dict[Folder, set[str]] = {}
    for uri in changed:
        for folder, path in session.locate(uri):
            by_folder.setdefault(folder, set()).add(path)
    for folder, paths in by_folder.items():
        await paths_changed(session, folder, paths)


async def paths_changed(session: Session, folder: Folder, paths: set[str], at: float = math.inf) -> None:
    """The same, for paths below a folder; ``at`` is when the last of it happened, by time.monotonic.

    What happened before the last walk began was seen by it, and a text that was read already is not read again by the
    engine: so it is no harm that two watchers tell of one change.
    """
    from vt_lsp.workspace.changes import MANY, of_interest, read_all  # noqa: PLC0415 - not before `initialize`

    if paths & SETTINGS_FILES:
        await session.configuration.apply(folder)
    if folder.state in ("starting", "scanning"):
        folder.late |= paths
        return
    engine, listing = folder.engine, folder.listing
    if engine is None or listing is None or folder not in session.folders:
        return  # it is being opened, maybe again, and will see the disk as it is
    mine = of_interest(paths, listing)
    if len(mine) > MANY:
        await scan_again(session, folder)
        return
    is_open = {path for _, path in session.open_documents(folder)}
    if mine & is_open:
        folder.news.set()  # what was typed may be saved now
    read, has_news = await asyncio.to_thread(read_all, Path(folder.root), mine - is_open, listing)
    if folder.engine is not engine:
        return
    if sum(len(data) for data in read.values() if data) > LARGE_BYTES:
        await scan_again(session, folder)
        return
    if read:
        session.edits.on_disk(folder, read)
    is_saved = any(map(engine.is_unsaved, mine))  # for the first time
    has_news = (has_news or is_saved or not mine.isdisjoint(listing.folders)) and at >= folder.walked
    if has_news or engine.needs_listing:
        await relist(session, folder)
