"""Claude's opinions on requirements as hints, for as long as both sides are what they were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.server.to_lsp import SOURCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vt_lsp.claude_integration.opinions import Opinions
    from vt_lsp.engine import Engine
    from vt_lsp.models import Place
    from vt_lsp.server.session import Folder

CODE = "claude-opinion"


def opinions_of(folder: Folder) -> Opinions | None:
    """The opinions on a folder; None where none was ever kept: then nothing of it is loaded."""
    from vt_lsp.workspace.store import state_directory  # noqa: PLC0415 - not before `initialize`

    if folder.opinions is None:
        directory = state_directory(Path(folder.root))
        if directory is None or not (directory / "opinions.json").exists():
            return None
        from vt_lsp.claude_integration.opinions import Opinions  # noqa: PLC0415 - the same

        folder.opinions = Opinions(Path(folder.root))
    return folder.opinions


def documents(folder: Folder, paths: Iterable[str]) -> frozenset[str]:
    """The documents whose opinions hang on one of these files, without the files themselves."""
    known = folder.opinions
    return known.documents(paths) if known is not None else frozenset()


def hints(folder: Folder, engine: Engine, path: str, place: Callable[[Place], lsp.Location]) -> list[lsp.Diagnostic]:
    """What was said of the requirements of a document; what is out of date is dropped."""
    from vt_lsp.models import Place  # noqa: PLC0415 - not before `initialize`

    known = opinions_of(folder)
    if known is None or not engine.is_complete:
        return []
    return [
        lsp.Diagnostic(
            range=place(Place(path, start, end)).range,
            message=one.sentence,
            severity=lsp.DiagnosticSeverity.Hint,
            source=SOURCE,
            code=CODE,
        )
        for one, start, end in known.current(engine, path)
    ]
