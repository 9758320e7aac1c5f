"""Edits of texts as the client takes them: with versions of open documents, and with words on what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lsprotocol import types as lsp

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from vt_lsp.server.session import Folder, Session

_NOTE = "vt-lsp"


class Note(NamedTuple):
    """What a client that shows annotations says beside the edits; ``asks``: it asks the user before it makes them."""

    label: str
    text: str
    asks: bool = False


def workspace_edit(
    session: Session,
    folder: Folder,
    changes: Mapping[str, Sequence[lsp.TextEdit]],
    note: Note | None = None,
    new_files: Collection[str] = (),
) -> lsp.WorkspaceEdit:
    """With the versions of open documents where the client takes them, so that an edit of an older text is refused.

    ``new_files`` are those of the paths that are to be made; see :func:`makes_files`.
    """
    by_uri = {session.uri_of(folder, path): list(edits) for path, edits in changes.items()}
    takes = _takes(session)
    if takes is None or not takes.document_changes:
        return lsp.WorkspaceEdit(changes=by_uri)
    shown = note if takes.change_annotation_support is not None else None
    documents: list[lsp.TextDocumentEdit | lsp.CreateFile | lsp.RenameFile | lsp.DeleteFile] = [
        lsp.CreateFile(session.uri_of(folder, path), options=lsp.CreateFileOptions(ignore_if_exists=True))
        for path in sorted(new_files)
    ]
    for uri, edits in by_uri.items():
        document = session.server.documents.document(uri)
        version = document.version if document is not None else None
        identifier = lsp.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
        told = [lsp.AnnotatedTextEdit(_NOTE, e.range, e.new_text) for e in edits] if shown is not None else edits
        documents.append(lsp.TextDocumentEdit(identifier, list(told)))
    annotations = None
    if shown is not None:
        asks = shown.asks or None
        annotations = {_NOTE: lsp.ChangeAnnotation(shown.label, needs_confirmation=asks, description=shown.text)}
    return lsp.WorkspaceEdit(document_changes=documents, change_annotations=annotations)


def makes_files(session: Session) -> bool:
    """Whether the client makes new files when an edit asks for it."""
    takes = _takes(session)
    kinds = takes.resource_operations if takes is not None and takes.document_changes else None
    return lsp.ResourceOperationKind.Create in (kinds or ())


def _takes(session: Session) -> lsp.WorkspaceEditClientCapabilities | None:
    workspace = session.server.client_capabilities.workspace
    return workspace.workspace_edit if workspace is not None else None
