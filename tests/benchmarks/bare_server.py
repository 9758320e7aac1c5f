"""A pygls server that does nothing but publish an empty list at each change: what the library itself costs."""

from __future__ import annotations

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer

server = LanguageServer("bare", "1", text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental)


@server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
    document = params.text_document
    server.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(document.uri, [], version=document.version))


if __name__ == "__main__":
    server.start_io()
