"""Code blocks of a document: which of them are Python, directory trees or shell commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.specs.commands import read_command_line
from vt_lsp.specs.paths import read_command
from vt_lsp.specs.prose import read_includes
from vt_lsp.specs.python_fence import read_fence
from vt_lsp.specs.routes import read_lines
from vt_lsp.specs.scope import FenceFacts, FenceScope
from vt_lsp.specs.trees import read_tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim

_LANGUAGE = re.compile(
    r"[\s{.]*(?:(?:code-block|code|code-cell|sourcecode|testcode|exec_code)\}\s*)?\.?([\w+-]+)?", re.IGNORECASE
)
_PYTHON = {
    "python",
    "python3",
    "py",
    "py3",
    "pycon",
    "pyi",
    "ipython",
    "ipython3",
    "python-console",
    "doctest",
    "testcode",
}
_SHELL = {"bash", "sh", "shell", "console", "zsh", "terminal", "shell-session", "shellsession", "cmd", "powershell"}
_DOCUMENTS = {"markdown", "md", "mdx", "rst"}
# Headings and fences: the block shows how to write a document, and what this one says is not meant.
_HAS_BLOCKS = re.compile(r"(?m)^ {0,3}(?:`{3}|~{3}|#{1,6} )")
_LOOKS_PYTHON = re.compile(
    r"(?m)^(?:>>> |from [\w.]+ import \S|import [\w.]+(?: as \w+)?\s*$|(?:async )?def \w+\(|class \w+\s*[(:]|"
    r"@\w+[\w.]*(?:\(|$))"
)


def read_code(text: str, info: str, scope: FenceScope) -> FenceFacts:
    """What a code block claims and binds. ``info`` is the fence's info string; spans are bytes of ``text``."""
    match = _LANGUAGE.match(info)
    language = (match[1] or "").lower() if match else ""
    data = text.encode("utf-8", "surrogateescape")
    includes = tuple(read_includes(data, scope))
    if includes:
        return FenceFacts(includes)
    if language in _PYTHON:
        return read_fence(text, scope, _same)
    routes = tuple(read_lines(data, language, scope))
    if routes:
        return FenceFacts(routes)
    if language in _SHELL and " cd " not in f" {text}".replace("\n", " "):
        return FenceFacts(tuple(_commands(text, scope)))
    if language in _DOCUMENTS and _HAS_BLOCKS.search(text):
        return FenceFacts()
    tree = read_tree(text, scope)
    if tree or language:
        return FenceFacts(tree)
    if _LOOKS_PYTHON.search(text):
        return read_fence(text, scope, _same)
    return FenceFacts()


def _same(offset: int) -> int:
    """Claims keep the offsets of the block's text, so that they can be kept while the block moves."""
    return offset


def _commands(text: str, scope: FenceScope) -> Iterator[Claim]:
    """What a shell block runs, and how; a block that changes the folder says nothing sure about paths."""
    offset = 0
    for line in text.replace("\\\n", "  ").split("\n"):
        for said in (*read_command(line), *read_command_line(line)):
            start = offset + len(line[: said.start].encode("utf-8", "surrogateescape"))
            yield scope.claim(
                said.kind, said.subject, start, start + len(said.subject.encode()), bases=said.bases, hints=said.hints
            )
        offset += len(line.encode("utf-8", "surrogateescape")) + 1
