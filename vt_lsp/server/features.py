"""Which method of LSP is answered where."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from vt_lsp.server import (
    actions,
    commands,
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
    @server.command("vt-lsp.checkWorkspace")
    async def _check(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - clients add arguments of their own
        return shown("checkWorkspace", await commands.check_workspace(session))

    @server.command("vt-lsp.showStatus")
    def _status(*_arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        return shown("showStatus", commands.show_status(session))

    @server.command("vt-lsp.showCompliance")
    async def _compliance(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        return shown("showCompliance", await commands.show_compliance(session, *arguments[:2]))

    @server.command("vt-lsp.showDiff")
    async def _diff(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        return shown("showDiff", await commands.show_diff(session, *arguments[:1]))

    @server.command("vt-lsp.showForecast")
    async def _forecast(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        return shown("showForecast", await progress.show_forecast(session, *arguments[:1]))

    @server.command("vt-lsp.openReport")
    async def _report(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        from vt_lsp.server import report  # noqa: PLC0415 - not before the first use

        return await report.open_report(session, *arguments[:1])

    def memory(name: str, function: str, most: int, module: str = "decisions") -> None:
        @server.command(f"vt-lsp.{name}")
        async def _run(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401
            from vt_lsp.server import conflicts, decisions  # noqa: PLC0415 - not before the first use

            asked = {"decisions": decisions, "conflicts": conflicts}[module]
            return shown(name, await getattr(asked, function)(session, *arguments[:most]))

    def alerts(name: str, function: str, most: int) -> None:
        @server.command(f"vt-lsp.{name}")
        async def _run(*arguments: Any) -> dict[str, Any]:  # noqa: ANN401
            from vt_lsp.server import alert_commands  # noqa: PLC0415 - not before the first use

            return shown(name, await getattr(alert_commands, function)(session, *arguments[:most]))

    alerts("showAlerts", "show_alerts", 1)
    alerts("reactToAlert", "react_to_alert", 2)
    memory("acceptDrift", "accept_drift", 2)
    memory("undoAccept", "undo_accept", 1)
    memory("recordDecision", "record_decision", 1)
    memory("recordOutcome", "record_outcome", 2)
    memory("searchDecisions", "search_decisions", 1)
    memory("showDecision", "show_decision", 1)
    memory("showTimeline", "show_timeline", 1)
    memory("showConflicts", "show_conflicts", 0, "conflicts")
    memory("reconcileDecisions", "reconcile_decisions", 1, "conflicts")

    def shown(name: str, answer: dict[str, Any]) -> dict[str, Any]:
        results.show(session, name, answer)
        return answer
