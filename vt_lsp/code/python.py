"""Python files and stubs to :class:`vt_lsp.models.CodeFacts`; pure, and never stopped by broken text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import astuple

from vt_lsp.code import grammar, modulewide
from vt_lsp.code.bodies import without_bodies
from vt_lsp.code.definitions import read_statements
from vt_lsp.code.pieces import Context, Owner, Piece
from vt_lsp.models import CodeFacts, Symbol
from vt_lsp.text import changed_span

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node, Tree

    from vt_lsp.code.modulewide import Words


def read(data: bytes, path: str) -> CodeFacts:
    """What a file defines.

    Args:
        data: the file as it lies on disk, in any state; UTF-8 is assumed and need not hold.
        path: only tells a stub (``.pyi``) from a module.

    Returns:
        The facts. Broken text has the flag ``errors``: what is absent there proves nothing. Errors inside a function
        whose end is plain to see count as none: they hide nothing.
    """
    words = modulewide.words(data)
    if _is_binary(data):
        return _binary_facts(words)
    root = _outline(data)
    context = Context(data, words, path.endswith(".pyi"), root.has_error)
    read_statements(context, root.children, Owner(), ())
    return _facts(data, words, root, context.piece)


class PythonDocument:
    """The text of one open editor, kept parsed; belongs to one thread.

    An edit parses the changed span again and reads just the statements of the module whose bytes changed; what it
    returns always equals :func:`read` of the whole text.
    """

    def __init__(self, data: bytes, path: str = "") -> None:
        """Parse a first text; ``path`` as in :func:`read`."""
        self._is_stub = path.endswith(".pyi")
        self._data = b""
        self._words = modulewide.EditedWords()
        self._tree: Tree | None = None
        self._pieces: dict[tuple[str, bytes], tuple[int, Piece]] = {}
        self.facts = self.edit(data)

    def edit(self, new_data: bytes) -> CodeFacts:
        """The facts of the document's next text."""
        self.facts = self._next_facts(new_data)
        return self.facts

    def _next_facts(self, data: bytes) -> CodeFacts:
        old_data, old_tree, self._data, self._tree = self._data, self._tree, data, None
        span = changed_span(old_data, data)
        words = self._words.edit(data, span)
        if _is_binary(data):
            return _binary_facts(words)
        parser = grammar.parser()
        if old_tree is None:
            tree = parser.parse(_pieces(data))
        else:
            start, old_end, new_end = span
            points = _point(old_data, start), _point(old_data, old_end), _point(data, new_end)
            old_tree.edit(start, old_end, new_end, *points)
            tree = parser.parse(data, old_tree)
            if tree.root_node.has_error:
                # How broken code is recovered depends on what was there before; facts must not.
                tree = parser.parse(data)
        self._tree = tree
        root = tree.root_node
        if root.has_error:
            root = _outline(data)
            context = Context(data, words, self._is_stub, root.has_error)
            read_statements(context, root.children, Owner(), ())
            return _facts(data, words, root, context.piece)
        return _facts(data, words, root, self._read_changed(data, words, root))

    def _read_changed(self, data: bytes, words: Words, root: Node) -> Piece:
        """All of a module without errors; statements that were there before are moved, not read."""
        known, self._pieces, whole = self._pieces, {}, Piece()
        for node in root.children:
            start = node.start_byte
            key = node.type, data[start : node.end_byte]
            found = known.get(key)
            if found is None:
                context = Context(data, words, self._is_stub)
                read_statements(context, [node], Owner(), ())
                found = start, context.piece
            elif found[0] != start:
                found = start, _moved(found[1], start - found[0])
            self._pieces[key] = found
            piece = found[1]
            whole.symbols += piece.symbols
            whole.imports += piece.imports
            whole.exports += piece.exports
            whole.flags += piece.flags
        return whole


def _outline(data: bytes) -> Node:
    """The tree of a text, in which the bodies of functions may be missing."""
    parser = grammar.parser()
    outline = without_bodies(data)
    root = parser.parse(_pieces(outline)).root_node
    return root if outline is data or not root.has_error else parser.parse(data).root_node


_PIECE = 1 << 15  # bytes: a few milliseconds of parsing


def _pieces(data: bytes) -> bytes | Callable[[int, Any], bytes]:
    """A large text in pieces, between which other threads have their turn: the parser itself never gives way."""
    return data if len(data) <= _PIECE else lambda start, _point: data[start : start + _PIECE]


def _is_binary(data: bytes) -> bool:
    return b"\0" in data  # no Python file holds NUL bytes: this is binary, or UTF-16


def _binary_facts(words: Words) -> CodeFacts:
    return CodeFacts(flags=("errors",), words=_joined(words))


def _moved(piece: Piece, by: int) -> Piece:
    return Piece([_moved_symbol(symbol, by) for symbol in piece.symbols], piece.imports, piece.exports, piece.flags)


def _moved_symbol(symbol: Symbol, by: int) -> Symbol:
    name, kind, start, end, name_start, *rest = astuple(symbol)
    return Symbol(name, kind, start + by, end + by, name_start + by, *rest)


def _point(data: bytes, offset: int) -> tuple[int, int]:
    return data.count(b"\n", 0, offset), offset - (data.rfind(b"\n", 0, offset) + 1)


def _facts(data: bytes, words: Words, root: Node, piece: Piece) -> CodeFacts:
    symbols = piece.symbols
    if b"setattr" in words:
        symbols = modulewide.with_outside_attributes(data, symbols)
    if b"global" in words:
        symbols = symbols + modulewide.globals_from_functions(data, root, symbols)
    flags = dict.fromkeys(piece.flags)
    if root.has_error:
        flags["errors"] = None
    if modulewide.is_dynamic(data, words) or any(sign == "?" for sign, _ in piece.exports):
        flags["dynamic"] = None
    return CodeFacts(
        tuple(symbols),
        tuple(dict.fromkeys(piece.imports)),
        modulewide.exports(piece.exports),
        tuple(sorted(flags)),
        _joined(words),
    )


def _joined(words: Words) -> str:
    return b" ".join(words).decode("utf-8", "replace")
