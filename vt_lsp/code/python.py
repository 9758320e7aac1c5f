"""Python files and stubs to :class:`vt_lsp.models.CodeFacts`; pure, and never stopped by broken text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vt_lsp.code import grammar, modulewide
from vt_lsp.code.definitions import read_statements
from vt_lsp.code.pieces import Context, Owner, Piece
from vt_lsp.models import CodeFacts

if TYPE_CHECKING:
    from tree_sitter import Node

READER_VERSION: Final = "python-1"
"""Changes whenever the same bytes give other facts: the key of what is cached."""


def read(data: bytes, path: str) -> CodeFacts:
    """What a file defines.

    Args:
        data: the file as it lies on disk, in any state; UTF-8 is assumed and need not hold.
        path: only tells a stub (``.pyi``) from a module.

    Returns:
        The facts. Broken text has the flag ``errors``: what is absent there proves nothing.
    """
    if b"\0" in data:  # no Python file holds NUL bytes: this is binary, or UTF-16
        return CodeFacts(flags=("errors",), words=modulewide.words(data))
    root = grammar.parser().parse(data).root_node
    context = Context(data, path.endswith(".pyi"))
    read_statements(context, root.children, Owner(), ())
    return _facts(data, root, context.piece)


def _facts(data: bytes, root: Node, piece: Piece) -> CodeFacts:
    symbols = modulewide.with_outside_attributes(data, piece.symbols)
    symbols += modulewide.globals_from_functions(data, root, symbols)
    flags = dict.fromkeys(piece.flags)
    if root.has_error:
        flags["errors"] = None
    if modulewide.is_dynamic(data) or any(sign == "?" for sign, _ in piece.exports):
        flags["dynamic"] = None
    return CodeFacts(
        tuple(symbols),
        tuple(dict.fromkeys(piece.imports)),
        modulewide.exports(piece.exports),
        tuple(sorted(flags)),
        modulewide.words(data),
    )
