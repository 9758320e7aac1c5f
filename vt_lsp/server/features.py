"""Which method of LSP is answered where."""

from __future__ import annotations

import logging
import re
from functools import partial
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from vt_lsp.lazily import own_module
from vt_lsp.server import (
    actions,
    completion,
    definition,
    file_renames,
    hover,
    lenses,
    links,
    progress,
    references,
    rename,
    results,
    spec_view,
    symbols,
    uris,
    watching,
)
from vt_lsp.server.app import Server, use_own_workspace
from vt_lsp.server.logs import ClientHandler

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from vt_lsp.server.session import Session


def register(server: Server) -> None:
    """Give the server all its features; afterwards it can be started."""
    session = server.session
    _register_lifecycle(server, session)
    _register_documents(server, session)
    _register_workspace(server, session)
    _register_answers(server, session)
    _register_commands(server, session)


def _register_lifecycle(server: Server, session: Session) -> None:
    @server.feature(lsp.INITIALIZE)
    def _initialize(params: lsp.InitializeParams) -> None:
        use_own_workspace(server)
        session.initialize(params)

    @server.feature(lsp.INITIALIZED)
    def _initialized(_params: lsp.InitializedParams) -> None:
        logging.getLogger("vt_lsp").addHandler(ClientHandler(server.tell_log))
        session.start()
        server.spawn(watching.register(session))


def _register_documents(server: Server, session: Session) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def _opened(params: lsp.DidOpenTextDocumentParams) -> None:
        session.opened(params.text_document.uri)
        session.edits.changed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def _changed(params: lsp.DidChangeTextDocumentParams) -> None:
        session.edits.changed(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def _closed(params: lsp.DidCloseTextDocumentParams) -> None:
        session.close_document(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def _saved(params: lsp.DidSaveTextDocumentParams) -> None:
        progress.saved(session, params.text_document.uri)
        if uris.uri_key(params.text_document.uri).rpartition("/")[2] in watching.SETTINGS_FILES:
            server.spawn(watching.files_changed(session, [params.text_document.uri]))


def _register_workspace(server: Server, session: Session) -> None:
    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def _watched(params: lsp.DidChangeWatchedFilesParams) -> None:
        server.spawn(watching.files_changed(session, [change.uri for change in params.changes]))

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def _folders(params: lsp.DidChangeWorkspaceFoldersParams) -> None:
        for folder in params.event.removed:
            session.remove(folder.uri)
        for folder in params.event.added:
            session.add(folder)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def _configuration(params: lsp.DidChangeConfigurationParams) -> None:
        server.spawn(session.configuration.changed(params.settings))

    everything = lsp.FileOperationRegistrationOptions(
        [lsp.FileOperationFilter(lsp.FileOperationPattern("**/*"), scheme="file")]
    )

    @server.feature(lsp.WORKSPACE_WILL_RENAME_FILES, everything)
    def _will_rename(params: lsp.RenameFilesParams) -> lsp.WorkspaceEdit | None:
        return file_renames.will_rename_files(session, params)

    @server.feature(lsp.WORKSPACE_DID_RENAME_FILES, everything)
    def _renamed(params: lsp.RenameFilesParams) -> None:
        both = [uri for file in params.files for uri in (file.old_uri, file.new_uri)]
        server.spawn(watching.files_changed(session, both))

    @server.feature(lsp.WORKSPACE_DID_DELETE_FILES, everything)
    def _deleted(params: lsp.DeleteFilesParams) -> None:
        server.spawn(watching.files_changed(session, [file.uri for file in params.files]))

    @server.feature(lsp.WORKSPACE_DID_CREATE_FILES, everything)
    def _created(params: lsp.CreateFilesParams) -> None:
        server.spawn(watching.files_changed(session, [file.uri for file in params.files]))


def _register_answers(server: Server, session: Session) -> None:
    answers: dict[str, tuple[Any, Any]] = {
        lsp.TEXT_DOCUMENT_HOVER: (hover.hover, None),
        lsp.TEXT_DOCUMENT_DEFINITION: (definition.definition, None),
        lsp.TEXT_DOCUMENT_REFERENCES: (references.references, None),
        lsp.TEXT_DOCUMENT_PREPARE_RENAME: (rename.prepare_rename, None),
        lsp.TEXT_DOCUMENT_RENAME: (rename.rename, rename.OPTIONS),
        lsp.TEXT_DOCUMENT_COMPLETION: (completion.completion, completion.OPTIONS),
        lsp.WORKSPACE_SYMBOL: (symbols.workspace_symbols, None),
        lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL: (symbols.document_symbols, None),
        lsp.TEXT_DOCUMENT_DOCUMENT_LINK: (links.document_links, None),
        lsp.TEXT_DOCUMENT_CODE_LENS: (lenses.code_lenses, None),
        lsp.TEXT_DOCUMENT_CODE_ACTION: (actions.code_actions, actions.OPTIONS),
    }
    for method, (answer, options) in answers.items():
        server.feature(method, options)(partial(answer, session))

    @server.feature(lsp.CODE_ACTION_RESOLVE)
    async def _resolve(params: lsp.CodeAction) -> lsp.CodeAction:
        from vt_lsp.server import resolving  # noqa: PLC0415 - not before the first use

        return await resolving.resolve(session, params)

    own = {spec_view.SPECS: spec_view.specs, spec_view.CLAIMS: spec_view.claims, spec_view.DRIFTS: spec_view.drifts}
    for method, answer in own.items():
        server.feature(method)(partial(answer, session))


def _register_commands(server: Server, session: Session) -> None:
    for name, (module, most) in _COMMANDS.items():
        server.command(f"vt-lsp.{name}")(_command(session, name, module, most))


def _command(session: Session, name: str, module: str, most: int) -> Callable[..., Awaitable[dict[str, Any]]]:
    async def run(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - clients add arguments of their own
        handlers = own_module(f"server.{module}")  # not before the first use
        answer: dict[str, Any] | Awaitable[dict[str, Any]] = getattr(handlers, _handler(name))(
            session, *arguments[:most]
        )
        given = await answer if isawaitable(answer) else answer
        if name not in _SHOWN_BY_ITSELF:
            results.show(session, name, given)
        return given

    return run


def _handler(name: str) -> str:
    """``showStatus`` is answered by ``show_status``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


# Each command without its prefix, the module whose function of that name answers it, and how many arguments it takes.
_COMMANDS = {
    "checkWorkspace": ("commands", 0),
    "showStatus": ("commands", 0),
    "showCompliance": ("commands", 2),
    "showDiff": ("commands", 1),
    "showForecast": ("progress", 1),
    "openReport": ("report", 1),
    "showAlerts": ("alert_commands", 1),
    "reactToAlert": ("alert_commands", 2),
    "acceptDrift": ("decisions", 2),
    "undoAccept": ("decisions", 1),
    "recordDecision": ("decisions", 1),
    "recordOutcome": ("decisions", 2),
    "searchDecisions": ("decisions", 1),
    "showDecision": ("decisions", 1),
    "showTimeline": ("decisions", 1),
    "showConflicts": ("conflicts", 0),
    "reconcileDecisions": ("conflicts", 1),
    "askClaude": ("asking", 1),
    "checkRequirement": ("asking", 2),
    "clearClaudeCache": ("claude", 0),
}
_SHOWN_BY_ITSELF = frozenset({"openReport"})
