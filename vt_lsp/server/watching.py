"""Changes on disk: told by the client where it can watch, by our own watcher where it cannot."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.server.scan import LARGE_BYTES, relist, scan_again
from vt_lsp.server.uris import relative

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from vt_lsp.server.session import Folder, Session

log = logging.getLogger(__name__)

CLOCK_SECONDS = 2.0  # of file systems that keep time in steps
MANY = 100  # from here on one walk is cheaper, and surer, than file by file
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


def client_watches(session: Session) -> bool:
    """Whether the client tells of changes on disk."""
    workspace = session.server.client_capabilities.workspace
    files = workspace.did_change_watched_files if workspace is not None else None
    return files is not None and bool(files.dynamic_registration)


def follow(session: Session, folder: Folder) -> None:
    """Watch a folder's listing ourselves, if the client does not; call it again when the listing is another one."""
    listing = folder.listing
    if client_watches(session) or listing is None:
        return
    places = [Path(folder.root), *(Path(folder.root, below) for below in listing.folders)]
    loop = asyncio.get_running_loop()

    def arrived(paths: set[str]) -> None:
        below = {path for one in paths if (path := relative(one.replace("\\", "/"), folder.root))}
        loop.call_soon_threadsafe(session.server.spawn, paths_changed(session, folder, below))

    def watch() -> None:
        from vt_lsp.workspace.watcher import Watcher  # noqa: PLC0415 - not before `initialize`

        with folder.watching:
            if folder.cancelled.is_set() and folder not in session.folders:
                return
            if folder.watcher is None:
                folder.watcher = Watcher(places, arrived)
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


async def paths_changed(session: Session, folder: Folder, paths: set[str]) -> None:
    """The same, for paths below a folder."""
    if folder.memory is not None:
        folder.memory.changed(paths)
    if paths & SETTINGS_FILES:
        await session.configuration.apply(folder)
    if folder.state in ("starting", "scanning"):
        folder.late |= paths
        return
    engine, listing = folder.engine, folder.listing
    if engine is None or listing is None or folder not in session.folders:
        return  # it is being opened, maybe again, and will see the disk as it is
    mine = {path for path in paths if not _is_below(path, listing.unlisted) and not path.startswith(".git/")}
    if len(mine) > MANY:
        await scan_again(session, folder)
        return
    is_open = {path for _, path in session.open_documents(folder)}
    known = frozenset((*listing.code, *listing.specs))
    read, has_news = await asyncio.to_thread(_read_all, folder.root, mine - is_open, known)
    if folder.engine is not engine:
        return
    if sum(len(data) for data in read.values() if data) > LARGE_BYTES:
        await scan_again(session, folder)
        return
    if read:
        session.edits.on_disk(folder, read)
    is_saved = any(map(engine.is_unsaved, mine))  # for the first time
    if has_news or is_saved or engine.needs_listing or not mine.isdisjoint(listing.folders):
        await relist(session, folder)


def _is_below(path: str, folders: Collection[str]) -> bool:
    parts = path.split("/")
    return any("/".join(parts[:depth]) in folders for depth in range(1, len(parts) + 1))


def _read_all(root: str, paths: set[str], known: frozenset[str]) -> tuple[dict[str, bytes | None], bool]:
    """The bytes of each path (None: gone; empty where only its being there counts), and whether there is news.

    News is what a walk must look at: a folder, a file that was not read before (is it ignored? vendored?), or one that
    can no longer be read.
    """
    from vt_lsp.workspace.discovery import kind_of  # noqa: PLC0415 - not before `initialize`
    from vt_lsp.workspace.reading import Unreadable, read_file  # noqa: PLC0415

    read: dict[str, bytes | None] = {}
    has_news = False
    for path in paths:
        at = Path(root, path)
        if not at.exists():
            read[path] = None
        elif path in known:
            try:
                read[path] = read_file(Path(root), path)
            except Unreadable:
                has_news = True
        elif kind_of(path) is not None or at.is_dir():
            has_news = True
        else:
            read[path] = b""
    return read, has_news
