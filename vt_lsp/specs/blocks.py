"""The block structure of a Markdown text: a flat tuple of frozen blocks in document order.

Offsets are bytes of the text that was given. A block's ``pieces`` are the spans of its content without the marks of
the lists and quotes around it, so that a reader can work on the joined pieces and map back (:class:`Dedented`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec
import tree_sitter_markdown
from msgspec.structs import replace
from tree_sitter import Language, Parser, Point

from vt_lsp.specs.masking import masked
from vt_lsp.specs.scope import Dedented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Tree

Span = tuple[int, int]

_LANGUAGE = Language(tree_sitter_markdown.language())
_CHECKBOX = re.compile(rb"\[([ xX~-])\]\*?[ \t]+")
# MkDocs admonitions, details and tabs: their bodies are indented by four, which CommonMark takes for code.
_ADMONITION = re.compile(rb'(?:!!!|\?\?\?\+?|===[!+]?) +["\w]')
_FENCE_RUN = re.compile(rb"(?m)^ {0,3}(?:`{3,}|~{3,})")
_MAX_NESTED_ADMONITIONS = 4


class Text(msgspec.Struct, frozen=True, gc=False):
    """A heading, a paragraph, or the first paragraph of a list item.

    ``level`` is the heading's level; ``parent`` the index of the list item around it (-1: none); ``checkbox`` the
    character between the brackets of a task; ``note`` the first line of the admonition around it.
    """

    kind: Literal["heading", "paragraph", "item"]
    start: int
    end: int
    pieces: tuple[Span, ...]
    level: int = 0
    parent: int = -1
    checkbox: str = ""
    note: str = ""


class Code(msgspec.Struct, frozen=True, gc=False):
    """A fenced (``info`` is its info string) or an indented code block."""

    start: int
    end: int
    pieces: tuple[Span, ...]
    info: str = ""
    fenced: bool = True
    parent: int = -1
    note: str = ""


class Table(msgspec.Struct, frozen=True, gc=False):
    """A pipe table; each cell is the span of its text without outer blanks."""

    start: int
    end: int
    header: tuple[Span, ...]
    rows: tuple[tuple[Span, ...], ...]
    parent: int = -1
    note: str = ""


class Raw(msgspec.Struct, frozen=True, gc=False):
    """An HTML block, the front matter, or a link reference definition (its pieces: label, destination)."""

    kind: Literal["html", "matter", "definition"]
    start: int
    end: int
    pieces: tuple[Span, ...]
    parent: int = -1
    note: str = ""


class Directive(msgspec.Struct, frozen=True, gc=False):
    """A directive or field of reStructuredText that names something.

    ``pieces`` are its arguments, one for each line of them (for a field its one name), ``members`` the names that its
    options or its content list. ``name`` is the directive's name without its domain, or ``field``.
    """

    name: str
    start: int
    end: int
    pieces: tuple[Span, ...]
    members: tuple[Span, ...] = ()
    parent: int = -1
    note: str = ""


Block = Text | Code | Table | Raw | Directive


@dataclass(frozen=True, slots=True)
class Blocks:
    """All blocks of a text, and the spans of its outermost lists."""

    blocks: tuple[Block, ...]
    lists: tuple[Span, ...]


class BlockParser:
    """Parses one text again and again, each time reusing the tree of the last version."""

    def __init__(self) -> None:
        self._parser = Parser(_LANGUAGE)
        self._tree: Tree | None = None
        self._data = b""

    def parse(self, data: bytes) -> Blocks:
        """Blocks of ``data``, which must have no BOM and only line feeds as line ends."""
        # The grammar knows a last line without its end only as an error.
        text = data if data.endswith(b"\n") else data + b"\n"
        seen = masked(text)
        if self._tree is None:
            tree = self._parser.parse(seen)
        elif seen == self._data:
            tree = self._tree
        else:
            self._tree.edit(*_difference(self._data, seen))
            tree = self._parser.parse(seen, self._tree)
        self._tree, self._data = tree, seen
        return _Walk(text).run(tree.root_node)


def _difference(old: bytes, new: bytes) -> tuple[int, int, int, Point, Point, Point]:
    """The one edit that turns ``old`` into ``new``, as tree-sitter wants it."""
    start = _common_prefix(old, new)
    limit = min(len(old), len(new)) - start
    tail = _common_prefix(old[::-1][:limit], new[::-1][:limit])
    old_end, new_end = len(old) - tail, len(new) - tail
    return start, old_end, new_end, _point(old, start), _point(old, old_end), _point(new, new_end)


def _common_prefix(left: bytes, right: bytes) -> int:
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _point(data: bytes, offset: int) -> Point:
    return Point(data.count(b"\n", 0, offset), offset - data.rfind(b"\n", 0, offset) - 1)


class _Place(msgspec.Struct, frozen=True, gc=False):
    """Where the walk stands: the index of the item around, and whether its first paragraph is still to come."""

    parent: int = -1
    in_list: bool = False


class _Walk:
    """One walk over a block tree, without recursion: nesting may be as deep as the input likes."""

    def __init__(self, data: bytes, depth: int = 0) -> None:
        self._data = data
        self._depth = depth
        self._blocks: list[Block] = []
        self._lists: list[Span] = []
        self._note = ""  # the admonition whose indented body may still go on
        self._fresh: set[int] = set()  # items whose first paragraph is still to come

    def run(self, root: Node) -> Blocks:
        stack: list[tuple[Node, _Place]] = [(root, _Place())]
        while stack:
            node, place = stack.pop()
            inner = self._enter(node, place)
            if inner is not None:
                stack.extend((child, inner) for child in reversed(node.named_children))
        return Blocks(tuple(self._blocks), tuple(self._lists))

    def _enter(self, node: Node, place: _Place) -> _Place | None:
        """Note the block; the place of its children, or None if they were dealt with."""
        kind = node.type
        if kind == "list":
            if not place.in_list:
                self._lists.append((node.start_byte, node.end_byte))
            self._note = ""
            return _Place(place.parent, in_list=True)
        if kind == "list_item":
            return self._item(node, place)
        if kind in {"document", "section", "block_quote", "ERROR"}:
            return place
        if kind == "paragraph":
            self._paragraph(node, place)
        elif kind in {"fenced_code_block", "indented_code_block"}:
            self._code(node, place)
        elif kind not in {"block_continuation", "block_quote_marker"}:
            self._note = ""
            self._other(node, place)
        return None

    def _item(self, node: Node, place: _Place) -> _Place:
        box = ""
        if b"[" in self._data[node.start_byte : node.end_byte]:
            for mark in [child for child in node.named_children if child.type.startswith("task_list_marker")][:1]:
                box = self._data[mark.start_byte + 1 : mark.start_byte + 2].decode("ascii", "replace")
        self._fresh.add(len(self._blocks))
        self._blocks.append(Text("item", node.start_byte, node.end_byte, (), 0, place.parent, box))
        return _Place(len(self._blocks) - 1, in_list=True)

    def _paragraph(self, node: Node, place: _Place) -> None:
        inline = next((child for child in node.named_children if child.type == "inline"), None)
        if inline is None:
            return
        pieces = _pieces(inline)
        start, end = inline.start_byte, inline.end_byte
        note = _ADMONITION.match(self._data, start, end)
        self._note = ""
        if note and self._depth < _MAX_NESTED_ADMONITIONS:
            self._admonition(pieces, start, end, place)
        elif place.parent in self._fresh:
            self._fresh.discard(place.parent)
            self._blocks[place.parent] = self._filled(self._blocks[place.parent], pieces, start)
        else:
            self._blocks.append(Text("paragraph", start, end, pieces, 0, place.parent))

    def _filled(self, item: Block, pieces: tuple[Span, ...], start: int) -> Block:
        """The item with its first paragraph; the grammar does not know ``[~]``, ``[-]`` and ``[ ]*``."""
        assert isinstance(item, Text)
        box = _CHECKBOX.match(self._data, start, pieces[0][1]) if not item.checkbox else None
        if box is None:
            return Text("item", item.start, item.end, pieces, 0, item.parent, item.checkbox)
        pieces = ((box.end(), pieces[0][1]), *pieces[1:])
        return Text("item", item.start, item.end, pieces, 0, item.parent, box[1].decode("ascii"))

    def _admonition(self, pieces: tuple[Span, ...], start: int, end: int, place: _Place) -> None:
        line_end = self._data.find(b"\n", start, end)
        stop = end if line_end < 0 else line_end
        self._note = self._data[start:stop].decode("utf-8", "replace")
        head = tuple((a, min(b, stop)) for a, b in pieces if a < stop)
        self._blocks.append(Text("paragraph", start, stop, head, 0, place.parent, note=self._note))
        body = tuple((max(a, stop + 1), b) for a, b in pieces if b > stop + 1)
        if body:
            self._nested(body, place)

    def _nested(self, pieces: tuple[Span, ...], place: _Place) -> None:
        """Read an admonition's indented body as Markdown, and move its blocks to their places."""
        view = Dedented(self._data, tuple(margin_cut(self._data, pieces, 4)))
        parser = Parser(_LANGUAGE)
        text = view.data if view.data.endswith(b"\n") else view.data + b"\n"
        inner = _Walk(text, self._depth + 1).run(parser.parse(masked(text)).root_node)
        base = len(self._blocks)
        self._blocks += [moved(block, view, base, place.parent, self._note) for block in inner.blocks]
        self._lists += [(view.to_absolute(a), view.to_absolute_end(b)) for a, b in inner.lists]

    def _code(self, node: Node, place: _Place) -> None:
        if node.type == "indented_code_block":
            pieces = _pieces(node)
            if self._note and self._depth < _MAX_NESTED_ADMONITIONS:
                self._nested(pieces, place)
                return
            self._note = ""
            pieces = tuple(margin_cut(self._data, pieces, 4))
            self._blocks.append(Code(node.start_byte, node.end_byte, pieces, "", fenced=False, parent=place.parent))
            return
        self._note = ""
        info, content = "", tuple[Span, ...]()
        for child in node.named_children:
            if child.type == "info_string":
                info = self._data[child.start_byte : child.end_byte].decode("utf-8", "replace").strip()
            elif child.type == "code_fence_content":
                content = tuple(common_margin_cut(self._data, _pieces(child)))
        self._blocks.append(Code(node.start_byte, node.end_byte, content, info, parent=place.parent))

    def _other(self, node: Node, place: _Place) -> None:
        kind, start, end = node.type, node.start_byte, node.end_byte
        if kind in {"atx_heading", "setext_heading"}:
            self._blocks.append(_heading(node))
        elif kind == "pipe_table":
            self._blocks.append(_table(node, self._data, place.parent))
        elif kind == "html_block":
            self._blocks.append(Raw("html", start, end, ((start, end),), place.parent))
        elif kind in {"minus_metadata", "plus_metadata"}:
            self._blocks.append(Raw("matter", start, end, ((start, end),)))
        elif kind == "link_reference_definition":
            wanted = [c for c in node.named_children if c.type in {"link_label", "link_destination"}]
            is_footnote = self._data.startswith(b"[^", start)
            if len(wanted) == 2 and not is_footnote:
                spans = tuple((c.start_byte, c.end_byte) for c in wanted)
                self._blocks.append(Raw("definition", start, end, spans, place.parent))


def _heading(node: Node) -> Text:
    level, pieces = 1, tuple[Span, ...]()
    for child in node.named_children:
        if child.type.startswith("atx_h"):
            level = int(child.type[5])
        elif child.type.startswith("setext_h"):
            level = int(child.type[8])
        elif child.type == "inline":
            pieces = _pieces(child)
        elif child.type == "paragraph":
            pieces = tuple(span for inline in child.named_children for span in _pieces(inline))
    return Text("heading", node.start_byte, node.end_byte, pieces, level)


def _table(node: Node, data: bytes, parent: int) -> Table:
    header: tuple[Span, ...] = ()
    rows: list[tuple[Span, ...]] = []
    for row in node.named_children:
        if row.type == "pipe_table_header":
            header = _cells(row, data)
        elif row.type == "pipe_table_row":
            rows.append(_cells(row, data))
    return Table(node.start_byte, node.end_byte, header, tuple(rows), parent)


def _cells(row: Node, data: bytes) -> tuple[Span, ...]:
    """Cells between the bars; the grammar has no node for an empty cell, so that the bars must count them."""
    cells: list[Span] = []
    filled = False
    bars = 0
    for child in row.children:
        if child.type == "pipe_table_cell":
            text = data[child.start_byte : child.end_byte]
            start = child.start_byte + len(text) - len(text.lstrip())
            cells.append((start, max(start, child.start_byte + len(text.rstrip()))))
            filled = True
        elif child.type in {"|", "ERROR"}:  # two bars without a blank between them are an error to the grammar
            if bars and not filled:
                cells.append((child.start_byte, child.start_byte))
            bars += 1
            filled = False
    return tuple(cells)


def _pieces(node: Node) -> tuple[Span, ...]:
    """The node's span without the marks of quotes and lists that continue in it."""
    start, stop = node.start_byte, node.end_byte
    if not node.named_child_count:
        return ((start, stop),)
    spans: list[Span] = []
    for child in node.named_children:
        if child.type == "block_continuation":
            first, last = child.start_byte, child.end_byte
            if first < last:  # outside of lists and quotes each line begins with an empty one
                if first > start:
                    spans.append((start, first))
                start = max(start, last)
    if stop > start:
        spans.append((start, stop))
    return tuple(spans)


def _lines(data: bytes, pieces: tuple[Span, ...]) -> Iterator[Span]:
    """The pieces cut after each line end."""
    for first, last in pieces:
        start = first
        while start < last:
            found = data.find(b"\n", start, last)
            stop = last if found < 0 else found + 1
            yield start, stop
            start = stop


def margin_cut(data: bytes, pieces: tuple[Span, ...], margin: int) -> Iterator[Span]:
    """The lines of the pieces without up to ``margin`` columns of blanks in front."""
    for start, stop in _lines(data, pieces):
        cut, columns = start, 0
        while cut < stop and columns < margin and data[cut] in b" \t":
            columns += 1 if data[cut] == 0x20 else 4
            cut += 1
        yield cut, stop


def common_margin_cut(data: bytes, pieces: tuple[Span, ...]) -> Iterator[Span]:
    """The pieces without the blanks that all their lines start with: a fence may indent its content as a whole."""
    if not pieces or data[pieces[0][0]] not in b" \t":
        yield from pieces
        return
    margin = 1 << 16
    for start, stop in _lines(data, pieces):
        line = data[start:stop]
        if line.strip():
            margin = min(margin, len(line) - len(line.lstrip(b" ")))
    yield from margin_cut(data, pieces, margin) if 0 < margin < 1 << 16 else pieces


def moved(block: Block, view: Dedented, base: int, parent: int, note: str) -> Block:
    """A block of a text inside a document, with the document's offsets and its place among the document's blocks."""

    def absolute(span: Span) -> Span:
        return view.to_absolute(span[0]), view.to_absolute_end(span[1])

    start, end = absolute((block.start, block.end))
    parent = block.parent + base if block.parent >= 0 else parent
    note = block.note or note
    if isinstance(block, Table):
        header = tuple(absolute(cell) for cell in block.header)
        rows = tuple(tuple(absolute(cell) for cell in row) for row in block.rows)
        return replace(block, start=start, end=end, header=header, rows=rows, parent=parent, note=note)
    if isinstance(block, Directive):
        pieces, members = (tuple(absolute(span) for span in spans) for spans in (block.pieces, block.members))
        return replace(block, start=start, end=end, pieces=pieces, members=members, parent=parent, note=note)
    pieces = tuple(part for span in block.pieces for part in view.slices(*span))
    return replace(block, start=start, end=end, pieces=pieces, parent=parent, note=note)
