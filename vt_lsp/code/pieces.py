"""What the readers of statements share: the text, the class that is being read, and what was found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Container

    from tree_sitter import Node

    from vt_lsp.models import Import, Symbol

VALUE_LIMIT: Final = 200


@dataclass(slots=True)
class Piece:
    """What some statements bind.

    ``exports`` are the steps that build ``__all__``: ``=``, ``+`` or ``-`` and the names, or ``?`` for a step that
    cannot be read.
    """

    symbols: list[Symbol] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    exports: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Owner:
    """The class whose body is being read; the module is the owner without a prefix."""

    prefix: str = ""
    is_class: bool = False
    is_enum: bool = False
    is_open: bool = False
    names: set[str] = field(default_factory=set)
    # Parts of the body: methods whose first parameter is not named by habit, and nested classes.
    unusual_methods: list[Node] = field(default_factory=list)
    nested: list[tuple[int, int]] = field(default_factory=list)
    slots: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Context:
    """One text on its way to one piece.

    ``words`` are those of the whole file: what none of them spells need not be searched for. ``has_errors``: nodes of
    the tree may be guesses.
    """

    data: bytes
    words: Container[bytes]
    is_stub: bool
    has_errors: bool = False
    piece: Piece = field(default_factory=Piece)
    depth: int = 0

    def text(self, node: Node | None) -> str:
        """The source of a node, whole; empty for None."""
        return "" if node is None else self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def is_guess(self, node: Node | None) -> bool:
        """The node covers broken code: what it says must not be taken for what the code says."""
        return self.has_errors and node is not None and node.has_error

    def value(self, node: Node | None) -> str:
        """The source of a right-hand side, cut; a stub's ``...`` says nothing and is dropped."""
        if node is None:
            return ""
        start = node.start_byte
        text = self.data[start : min(node.end_byte, start + VALUE_LIMIT)].decode("utf-8", "replace")
        return "" if self.is_stub and text == "..." else text
