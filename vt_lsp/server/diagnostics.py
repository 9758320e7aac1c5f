"""Push diagnostics: for each document what it shows now, sent only if the client does not have it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server import opinion_hints, uris
from vt_lsp.server.texts import START, span
from vt_lsp.server.to_lsp import code_diagnostic, spec_diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.engine import Engine
    from vt_lsp.models import Place
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.text import LineIndex

TURN_SECONDS = 0.01


class Publisher:
    """Keeps the last published list of each document that has one."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._published: dict[str, tuple[Folder, str, list[lsp.Diagnostic]]] = {}  # key -> folder, URI, list

    def publish(self, folder: Folder, paths: Iterable[str]) -> None:
        """Bring the client up to date on ``paths`` of a folder."""
        engine = folder.engine
        if engine is None:
            return
        self._session.ways.changed()
        if folder.opinions is not None:
            paths = frozenset(paths) | opinion_hints.documents(folder, paths)
        indexes: dict[str, LineIndex | None] = {}  # closed files are read from disk: once for all their drifts
        for path in sorted(paths):
            if self._session.is_owner(folder, path):
                uri = self._session.uri_of(folder, path)
                shown = self._diagnostics(folder, engine, path, indexes) if self._is_wanted(uri) else []
                self._send(folder, uri, shown)

    async def publish_in_slices(self, folder: Folder, paths: Iterable[str]) -> None:
        """The same for many paths, between which others have their turn."""
        turn = time.monotonic()
        for path in sorted(paths):
            self.publish(folder, (path,))
            if time.monotonic() - turn > TURN_SECONDS:
                await asyncio.sleep(0)
                turn = time.monotonic()

    async def publish_all(self, folder: Folder) -> None:
        """Bring the client up to date on a whole folder."""
        if folder.engine is not None:
            await self.publish_in_slices(folder, folder.engine.paths_with_drifts() | self.paths(folder))

    def clear(self, folder: Folder) -> None:
        """Take back all that was shown for a folder."""
        for known, uri, _ in list(self._published.values()):
            if known is folder:
                self._send(folder, uri, [])

    def hand_over(self, old: Folder, new: Folder) -> None:
        """What was shown for ``old`` stays until ``new`` knows better."""
        for key, (known, uri, shown) in self._published.items():
            if known is old:
                self._published[key] = (new, uri, shown)

    def shown(self, uri: str) -> list[lsp.Diagnostic]:
        """What the client has been sent for a document."""
        return self._published[key][2] if (key := uris.uri_key(uri)) in self._published else []

    def paths(self, folder: Folder) -> frozenset[str]:
        """The documents of a folder that show something, or may by what was asked in another session."""
        mine = [uri for known, uri, _ in self._published.values() if known is folder]
        shown = frozenset(path for uri in mine for owner, path in self._session.locate(uri)[:1] if owner is folder)
        opinions = opinion_hints.opinions_of(folder)
        return shown if opinions is None else shown | opinions.documents(())

    def _is_wanted(self, uri: str) -> bool:
        mode = self._session.configuration.diagnostics
        if mode == "openFilesOnly":
            return self._session.server.documents.document(uri) is not None
        return mode != "off"

    def _diagnostics(
        self, folder: Folder, engine: Engine, path: str, indexes: dict[str, LineIndex | None]
    ) -> list[lsp.Diagnostic]:
        session, units = self._session, self._session.units

        def place(at: Place) -> lsp.Location:
            if at.path not in indexes:
                indexes[at.path] = session.texts.lines(engine, at.path)
            index = indexes[at.path]
            return lsp.Location(session.uri_of(folder, at.path), span(index, at, units) if index else START)

        shown = []
        for drift in engine.drifts(path):
            if drift.spec.path == path:
                shown.append(spec_diagnostic(drift, place))
            # A docstring that is wrong is shown once, not on the function above it again.
            if drift.code is not None and drift.code.path == path and drift.spec.path != path:
                shown.append(code_diagnostic(drift, place))
        if folder.opinions is not None:
            shown.extend(opinion_hints.hints(folder, engine, path, place))
        return shown

    def _send(self, folder: Folder, uri: str, shown: list[lsp.Diagnostic]) -> None:
        key = uris.uri_key(uri)
        _, known_uri, known = self._published.get(key, (None, uri, []))
        document = self._session.server.documents.document(uri)
        awaits = document is not None and document.awaits_diagnostics
        if not awaits and known == shown and (known_uri == uri or not shown):
            return
        if known and known_uri != uri:  # another spelling of the same file: take the old list back
            self._notify(known_uri, [])
        if shown:
            self._published[key] = (folder, uri, shown)
        else:
            self._published.pop(key, None)
        self._notify(uri, shown)

    def _notify(self, uri: str, shown: list[lsp.Diagnostic]) -> None:
        server = self._session.server
        document = server.documents.document(uri)
        version = None
        if document is not None:
            version, document.awaits_diagnostics = document.version, False
        server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, shown, version=version))
