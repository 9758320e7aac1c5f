"""``workspace/willRenameFiles``: documents go on to speak of files and folders that get other names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server import uris
from vt_lsp.server.texts import span
from vt_lsp.server.workspace_edit import Note, workspace_edit

if TYPE_CHECKING:
    from vt_lsp.server.session import Folder, Session

_NOTE = Note("Paths in specs", "Documents that name the moved files are changed; imports in code are not.")


def will_rename_files(session: Session, params: lsp.RenameFilesParams) -> lsp.WorkspaceEdit | None:
    """The edits to be made before the files are renamed; None where no document speaks of them."""
    from vt_lsp.workspace.moves import mention_edits  # noqa: PLC0415 - not before `initialize`
    from vt_lsp.workspace.patches import by_path  # noqa: PLC0415

    session.edits.flush()
    for folder in session.folders:
        moves = [pair for file in params.files if (pair := _below(session, folder, file)) is not None]
        engine = folder.engine
        if not moves or engine is None or not engine.is_complete:
            continue
        changes: dict[str, list[lsp.TextEdit]] = {}
        for path, edits in by_path(mention_edits(engine.index, moves, engine.text)).items():
            index = session.texts.lines(engine, path)
            if index is not None and session.is_owner(folder, path):
                changes[path] = [lsp.TextEdit(span(index, edit.place, session.units), edit.new_text) for edit in edits]
        if changes:
            return workspace_edit(session, folder, changes, _NOTE)
    return None


def _below(session: Session, folder: Folder, file: lsp.FileRename) -> tuple[str, str] | None:
    """Old and new path below a folder; None where either lies elsewhere."""
    old = next((path for holder, path in session.locate(file.old_uri) if holder is folder), None)
    new = uris.to_path(file.new_uri)
    below = uris.relative(new, folder.root) if new is not None else None
    return (old.rstrip("/"), below.rstrip("/")) if old and below else None
