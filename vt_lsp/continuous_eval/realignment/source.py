"""Python text for those who edit it: where a definition stands, and the style that surrounds it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code.grammar import parser
from vt_lsp.models import Edit, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from vt_lsp.models import Symbol

_INDENT = re.compile(
    rb"^(?:class|def|if|try|for|with|async)\b[^\n]*:[ \t]*\r?\n(?:[ \t]*\r?\n)*([ \t]+)\S", re.MULTILINE
)
_SPACES = 4  # where a file has no block to learn from


class Source:
    """The text of one Python file, parsed."""

    def __init__(self, path: str, data: bytes) -> None:
        """``data`` is the text as it lies on disk; ``path`` is where edits of it are placed."""
        self.path = path
        self.data = data
        self.root = parser().parse(data).root_node

    @property
    def newline(self) -> str:
        """The line end of the file."""
        return "\r\n" if b"\r\n" in self.data else "\n"

    @property
    def unit(self) -> str:
        """One step of indentation, as the first block of the file has it."""
        found = _INDENT.search(self.data)
        return found[1].decode() if found else " " * _SPACES

    @property
    def quote(self) -> str:
        """The quotes that most strings of the file have."""
        return "'" if self.data.count(b"'") - self.data.count(b"'''") * 3 > self.data.count(b'"') else '"'

    def text(self, node: Node | None) -> str:
        """The text of a node; ``""`` for none."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "surrogateescape") if node else ""

    def edit(self, start: int, end: int, text: str) -> Edit:
        """Replace these bytes."""
        return Edit(Place(self.path, start, end), text)

    def put(self, node: Node, text: str) -> Edit:
        """Replace a node."""
        return self.edit(node.start_byte, node.end_byte, text)

    def indent(self, offset: int) -> str:
        """The blanks with which the line at an offset begins."""
        start = self.line_start(offset)
        line = self.data[start : self.line_end(offset)]
        return line[: len(line) - len(line.lstrip(b" \t"))].decode()

    def line_start(self, offset: int) -> int:
        """Where the line at an offset begins."""
        return self.data.rfind(b"\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the line at an offset ends, before its line end."""
        stop = self.data.find(b"\n", offset)
        end = stop if stop >= 0 else len(self.data)
        return end - 1 if self.data[end - 1 : end] == b"\r" else end

    def statement(self, symbol: Symbol) -> Node | None:
        """The definition or the assignment that binds a symbol, without decorators."""
        width = len(symbol.name.rpartition(".")[2].encode())
        node = self.root.descendant_for_byte_range(symbol.name_start, symbol.name_start + width)
        while node is not None and node.type not in _STATEMENTS:
            node = node.parent
        return node


_STATEMENTS = frozenset({"function_definition", "class_definition", "assignment", "expression_statement"})


def with_decorators(node: Node) -> Node:
    """The definition with its decorators."""
    parent = node.parent
    return parent if parent is not None and parent.type == "decorated_definition" else node


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in order; deep nesting is no recursion."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(found.children))
