"""Edits of texts as the client takes them: with versions of open documents, and with words on what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vt_lsp.server.session import Folder, Session

_NOTE = "vt-lsp"


def workspace_edit(
    session: Session, folder: Folder, changes: Mapping[str, Sequence[lsp.TextEdit]], note: str = ""
) -> lsp.WorkspaceEdit:
    """With the versions of open documents where the client takes them, so that an edit of an older text is refused.

    ``note`` is shown beside the edits by a client that shows annotations.
    """
    by_uri = {session.uri_of(folder, path): list(edits) for path, edits in changes.items()}
    workspace = session.server.client_capabilities.workspace
    takes = workspace.workspace_edit if workspace is not None else None
    if takes is None or not takes.document_changes:
        return lsp.WorkspaceEdit(changes=by_uri)
    is_noted = bool(note) and takes.change_annotation_support is not None
    documents = []
    for uri, edits in by_uri.items():
        document = session.server.documents.document(uri)
        version = document.version if document is not None else None
        identifier = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
        told = [lsp.AnnotatedTextEdit(_NOTE, e.range, e.new_text) for e in edits] if is_noted else edits
        documents.append(lsp.TextDocumentEdit(identifier, list(told)))
    annotations = {_NOTE: lsp.ChangeAnnotation("Mentions in specs", description=note)} if is_noted else None
    return lsp.WorkspaceEdit(document_changes=documents, change_annotations=annotations)
