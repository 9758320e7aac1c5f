"""What is asked about as a whole: a change in git, all decisions, a file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration.cache import digest
from vt_lsp.claude_integration.clauses import clause_at
from vt_lsp.claude_integration.messages import Excerpt
from vt_lsp.claude_integration.streaming import lines
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.engine import Engine
    from vt_lsp.workspace.git import Git

_DIFF: Final = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "--relative", "--no-prefix", "--unified=6")
_REVISION: Final = re.compile(r"[\w][\w./~^@{}-]*")
_HEAD: Final = re.compile(r"^diff --git .*$", re.MULTILINE)
_NAME: Final = re.compile(r"^(?:\+\+\+|---) (?!/dev/null)\"?([^\t\n\"]+)", re.MULTILINE)


def change(git: Git, revision: str, allows: Callable[[str], bool]) -> tuple[Excerpt, ...] | None:
    """What changed since a revision, one excerpt for each file; None where git does not know the revision. Blocking."""
    commit = git.line("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") if _is_revision(revision) else None
    out = git.run(*_DIFF, commit) if commit else None
    if out is None:
        return None
    text = out.decode("utf-8", "replace")
    starts = [found.start() for found in _HEAD.finditer(text)]
    parts = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    # The path says whether it may be sent; the lines are those of the change, not of the file.
    named = [(found[1], part) for part in parts if (found := _last_name(part)) is not None]
    return tuple(Excerpt(f"Change since {revision}", part, path) for path, part in named if allows(path))


def _is_revision(text: str) -> bool:
    return _REVISION.fullmatch(text) is not None


def _last_name(part: str) -> re.Match[str] | None:
    found = list(_NAME.finditer(part.partition("\n@@")[0]))
    return found[-1] if found else None


def requirement(engine: Engine, path: str, offset: int) -> Excerpt | None:
    """The clause of a document at a byte; None where there is none."""
    data = engine.text(path)
    span = clause_at(engine, path, offset) if kind_of(path) == "spec" else None
    if data is None or span is None:
        return None
    text = data[slice(*span)].decode("utf-8", "replace")
    return Excerpt("The requirement", text, path, digest(data), *lines(data, *span))


def which(found: Excerpt) -> str:
    """The question about a requirement, without its words: they are quoted."""
    return f"The requirement is the one at {found.path}:{found.first_line}-{found.last_line}, quoted as such."


def whole_file(engine: Engine, path: str) -> tuple[Excerpt, ...]:
    """A file of the project, whole."""
    data = engine.text(path)
    if data is None:
        return ()
    return (Excerpt("The file", data.decode("utf-8", "replace"), path, digest(data), *lines(data, 0, len(data))),)
