"""What the server knows: workspace folders with their engines, and which documents belong to them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp import __version__
from vt_lsp.server import monitoring, process, uris, watching
from vt_lsp.server.alerts import Alerts
from vt_lsp.server.configuration import Configuration
from vt_lsp.server.diagnostics import Publisher
from vt_lsp.server.edits import Edits
from vt_lsp.server.progress import Lists
from vt_lsp.server.scan import LARGE_BYTES, open_folder, scan_again
from vt_lsp.server.spec_view import fields
from vt_lsp.server.status import StatusLine
from vt_lsp.server.texts import Texts
from vt_lsp.server.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.claude_integration.chain import Chain
    from vt_lsp.claude_integration.opinions import Opinions
    from vt_lsp.claude_integration.streaming import Contexts
    from vt_lsp.continuous_eval.monitor import Monitor
    from vt_lsp.engine import Engine
    from vt_lsp.server.app import Server
    from vt_lsp.server.memory import Memory
    from vt_lsp.settings import Settings
    from vt_lsp.text import Units
    from vt_lsp.workspace.discovery import Listing
    from vt_lsp.workspace.watcher import Watcher

log = logging.getLogger(__name__)

FolderState = Literal["starting", "scanning", "ready", "cancelled", "failed"]


@dataclass(slots=True, eq=False)
class Folder:
    """One workspace folder. ``root`` is its absolute path with ``/``, ``uri`` the client's spelling of it."""

    uri: str
    root: str
    name: str = ""
    engine: Engine | None = None  # set once its listing is known, so that it can be asked
    settings: Settings | None = None
    state: FolderState = "starting"
    problem: str = ""
    task: asyncio.Task[None] | None = None
    pump: asyncio.Task[None] | None = None
    pumps: int = 0  # how many are under way, the one of the first scan among them
    history: asyncio.Task[None] | None = None
    again: asyncio.Task[None] | None = None  # a scan that was asked for while one runs
    watcher: Watcher | None = None
    walked: float = 0.0  # when the last walk began, by time.monotonic
    news: asyncio.Event = field(default_factory=asyncio.Event)  # something may be different, for the monitor
    monitor: Monitor | None = None
    monitoring: asyncio.Task[None] | None = None
    opened: float = field(default_factory=time.time)
    late: set[str] = field(default_factory=set)  # what changed while a scan ran: maybe after it was read
    watching: threading.Lock = field(default_factory=threading.Lock)
    reading: threading.Lock = field(default_factory=threading.Lock)  # held by the thread that reads files
    cancelled: threading.Event = field(default_factory=threading.Event)
    built: Engine | None = None  # set by the thread that builds it, perhaps after the folder was closed
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    memory: Memory | None = None  # what was decided; from the first use on
    chain: Chain | None = None  # made at the first question to Claude
    contexts: Contexts | None = None  # of questions to Claude, from the first one on
    opinions: Opinions | None = None  # of Claude on requirements, from the first one on

    @property
    def listing(self) -> Listing | None:
        """What lies in the folder; None until it is known."""
        return self.engine.listing if self.engine is not None else None


def _dispose(folder: Folder, engine: Engine | None, monitor: Monitor | None) -> None:
    if monitor is not None:
        monitor.close()
    is_free = folder.reading.acquire(timeout=process.CLEANUP_SECONDS)  # it saves what it has, into the database
    try:
        engine = engine or folder.built
        if engine is not None:
            engine.dispose()
    except Exception:
        log.exception("cannot close %s", folder.root)
    finally:
        if is_free:
            folder.reading.release()


class Session:
    """Owned by the event loop."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.folders: list[Folder] = []
        self.configuration = Configuration(self)
        self.publisher = Publisher(self)
        self.edits = Edits(self)
        self.status = StatusLine(self)
        self.alerts = Alerts(self)
        self.texts = Texts()
        self.ways = Ways(self)
        self.lists = Lists(self)
        self.watch_editor = False
        self.writing = asyncio.Lock()  # held while a page is written
        self._located: dict[str, tuple[tuple[Folder, str], ...]] = {}
        self._spelling: dict[tuple[str, str], str] = {}
        self._refreshing: asyncio.Task[None] | None = None

    # ------------------------------------------------------------------------------------------------------ lifecycle

    def initialize(self, params: lsp.InitializeParams) -> None:
        """Note folders and options; nothing is read yet."""
        self.configuration.start(params.initialization_options)
        folders = params.workspace_folders or ()
        if not folders and self.server.workspace.root_uri:
            folders = [lsp.WorkspaceFolder(uri=self.server.workspace.root_uri, name="")]
        for folder in folders:
            self._note(folder)
        if isinstance(params.process_id, int) and params.process_id > 0:
            self.watch(params.process_id)
        elif self.watch_editor:
            self.watch(None)

    def watch(self, editor: int | None) -> None:
        """End when the editor's process, or our parent, ends."""
        loop = asyncio.get_running_loop()

        def gone() -> None:
            process.end_soon(1, 2 * process.CLEANUP_SECONDS)
            loop.call_soon_threadsafe(self.server.leave, 1)

        process.watch_parent(editor, gone, own_parent=self.watch_editor)

    def start(self) -> None:
        """Open the folders; at ``initialized``."""
        roots = ", ".join(folder.root for folder in self.folders) or "no folder"
        log.info("vt-lsp %s, columns in %s: %s", __version__, self.units, roots)
        for folder in self.folders:
            self._open(folder)
        self.status.changed()

    def add(self, folder: lsp.WorkspaceFolder) -> None:
        """A folder came into the workspace."""
        if (noted := self._note(folder)) is not None:
            self._open(noted)

    def remove(self, uri: str) -> None:
        """A folder left the workspace: its diagnostics go with it."""
        key = uris.uri_key(uri).rstrip("/")
        for folder in [folder for folder in self.folders if folder.root == key]:
            self.folders.remove(folder)
            self._located.clear()
            self.stop(folder)
            self.publisher.clear(folder)

    def restart(self, folder: Folder) -> None:
        """Build the folder's engine again, with the settings that hold now."""
        self.stop(folder)
        fresh = Folder(folder.uri, folder.root, folder.name)
        self.folders[self.folders.index(folder)] = fresh
        self._located.clear()
        self._open(fresh)
        self.publisher.hand_over(folder, fresh)

    def listed(self, folder: Folder) -> None:
        """The listing of a folder is another one."""
        watching.follow(self, folder)
        self.status.changed()

    def monitor(self, folder: Folder) -> None:
        """Evaluate a folder from now on, as often as its reports may be others."""
        folder.news.set()
        engine, settings = folder.engine, folder.settings
        if folder.monitoring is None and engine is not None and settings is not None and settings.monitor_enabled:
            folder.monitoring = self.server.spawn(monitoring.run(self, folder, engine))

    def catch_up(self, folder: Folder) -> None:
        """Look at what changed while a scan ran."""
        late, folder.late = folder.late, set()
        if late:
            self.server.spawn(watching.paths_changed(self, folder, late))

    def stop(self, folder: Folder) -> threading.Thread:
        """End the work of a folder; the thread that comes back ends when its database is closed."""
        folder.cancelled.set()
        folder.ready.set()
        for task in (folder.task, folder.pump, folder.again, folder.history, folder.monitoring):
            if task is not None:
                task.cancel()
        watcher, folder.watcher = folder.watcher, None
        if watcher is not None:
            threading.Thread(target=watcher.stop, daemon=True).start()  # it may take a while, and nobody waits for it
        memory, folder.memory = folder.memory, None
        if memory is not None:
            memory.close()
        self.end_chain(folder)
        engine, folder.engine = folder.engine, None
        monitor, folder.monitor = folder.monitor, None
        closing = threading.Thread(target=_dispose, args=(folder, engine, monitor), daemon=True)
        closing.start()
        return closing

    def end_chain(self, folder: Folder) -> None:
        """End what is asked of Claude for a folder; the next question begins with the settings that hold then."""
        chain, folder.chain = folder.chain, None
        if chain is not None:
            self.server.spawn(chain.aclose())

    async def end_chains(self) -> None:
        """End all questions and their processes, so that none outlives the server."""
        chains = [folder.chain for folder in self.folders if folder.chain is not None]
        for folder in self.folders:
            folder.chain = None
        await asyncio.gather(*(chain.aclose() for chain in chains), return_exceptions=True)

    def close(self) -> None:
        """End everything; called once."""
        self.ways.stop()
        for closing in [self.stop(folder) for folder in self.folders]:
            closing.join(process.CLEANUP_SECONDS)

    def _note(self, folder: lsp.WorkspaceFolder) -> Folder | None:
        path = uris.to_path(folder.uri)
        if path is None or any(known.root == path.rstrip("/") for known in self.folders):
            return None
        noted = Folder(folder.uri, path.rstrip("/") or "/", folder.name)
        self.folders.append(noted)
        self.folders.sort(key=lambda known: len(known.root), reverse=True)  # the innermost first
        self._located.clear()
        return noted

    def _open(self, folder: Folder) -> None:
        folder.task = self.server.spawn(open_folder(self, folder))

    # ------------------------------------------------------------------------------------------------------ documents

    @property
    def units(self) -> Units:
        """What columns count, as agreed with the client."""
        encoding = self.server.workspace.position_encoding
        return cast("Units", str(getattr(encoding, "value", encoding)))

    def client_says(self, name: str) -> bool:
        """Whether the client says of itself ``capabilities.experimental.vtLsp.<name>: true``."""
        try:
            ours = fields(self.server.client_capabilities.experimental).get("vtLsp")
            return fields(ours).get(name) is True
        except JsonRpcException:  # whatever else a client puts there
            return False

    def locate(self, uri: str) -> tuple[tuple[Folder, str], ...]:
        """The folders that hold a document, the innermost first, with its path below each."""
        key = uris.uri_key(uri)
        if (known := self._located.get(key)) is None:
            if len(self._located) > 10_000:
                self._located.clear()
            known = self._located[key] = tuple(self._find(key))
        return known

    def _find(self, path: str) -> Iterable[tuple[Folder, str]]:
        found = [(folder, below) for folder in self.folders if (below := uris.relative(path, folder.root))]
        if found or not path.startswith("/") or not self.folders:
            return found
        real = os.path.realpath(path)  # the editor may have come through a link
        return [
            (folder, below)
            for folder in self.folders
            if (below := uris.relative(real, os.path.realpath(folder.root).rstrip("/")))
        ]

    def home(self, uri: str) -> tuple[Folder, Engine, str] | None:
        """The folder that answers for a document, its engine, and the path; None if there is none yet."""
        self.edits.flush()
        for folder, path in self.locate(uri)[:1]:
            if folder.engine is not None:
                return folder, folder.engine, path
        return None

    def is_owner(self, folder: Folder, path: str) -> bool:
        """Whether no other folder lies deeper around a path of ``folder``."""
        if len(self.folders) == 1:
            return True
        absolute = f"{folder.root.rstrip('/')}/{path}"
        inner = next((known for known in self.folders if uris.relative(absolute, known.root)), folder)
        return inner is folder

    def uri_of(self, folder: Folder, path: str) -> str:
        """The URI of a path, in the spelling that the client uses for it."""
        return self._spelling.get((folder.root, path)) or uris.below(folder.uri, path)

    def opened(self, uri: str) -> None:
        """Remember how the client spells a document that it has open."""
        for folder, path in self.locate(uri):
            self._spelling[folder.root, path] = uri

    def close_document(self, uri: str) -> None:
        """The editor gave a document back: what lies on disk counts again."""
        self.edits.drop(uri)
        for folder, path in self.locate(uri):
            self._spelling.pop((folder.root, path), None)
            if (engine := folder.engine) is None:
                continue
            if len(engine.text(path) or b"") <= LARGE_BYTES:
                engine.close(path)
            elif not engine.release(path):  # what lies on disk is read beside the loop
                self.server.spawn(scan_again(self, folder))
            self.edits.settle(folder, {path})

    def open_documents(self, folder: Folder) -> list[tuple[str, str]]:
        """URI and path of the open documents that lie in a folder."""
        return [
            (document.uri, path)
            for document in self.server.documents.text_documents.values()
            for holder, path in self.locate(document.uri)
            if holder is folder
        ]

    # ------------------------------------------------------------------------------------------------------- messages

    def refresh_lenses(self) -> None:
        """Ask the client to ask for the lenses again, if it can, and one question at a time."""
        workspace = self.server.client_capabilities.workspace
        if workspace is None or workspace.code_lens is None or not workspace.code_lens.refresh_support:
            return
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = self.server.spawn(self._refresh_lenses())

    async def _refresh_lenses(self) -> None:
        with contextlib.suppress(JsonRpcException):
            await self.server.workspace_code_lens_refresh_async(None)

    def may_show(self, level: lsp.MessageType) -> bool:
        """Whether the user wants message windows of this level."""
        wanted = self.configuration.notifications
        limit = {"off": 0, "onError": 1, "onWarning": 2, "always": 5}.get(wanted, 1)
        return int(level.value) <= limit
