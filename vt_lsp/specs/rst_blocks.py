"""The block structure of a reStructuredText document, as the blocks that Markdown has too.

The grammar leaves the content of a directive unread, since only the directive's name tells what it is: code, text, or
something else. Here it is cut again where it is text. Offsets are bytes of the text that was given.
Source of the rules: the reStructuredText specification of docutils, and Sphinx's pages on directives and domains.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
import tree_sitter_rst
from tree_sitter import Language, Parser

from vt_lsp.specs.blocks import Blocks, Code, Directive, Table, Text, margin_cut, moved
from vt_lsp.specs.scope import Dedented

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from vt_lsp.specs.blocks import Block, Span

_LANGUAGE = Language(tree_sitter_rst.language())
_DOMAIN = re.compile(r"(?:py|std):")
_OF_ANOTHER_LANGUAGE = re.compile(r"(?:c|cpp|js|http|rb|php|java|go|rst|sh|bash|R):")

OBJECTS = frozenset(
    "class exception function method classmethod staticmethod decorator decoratormethod attribute property data".split()
)
"""Directives of Sphinx's Python domain that describe one definition."""
MODULES = frozenset("module currentmodule automodule".split())
"""Directives that say to which module the following names belong."""
AUTOMATIC = frozenset(
    "autoclass autoexception autofunction automethod autoattribute autodata autoproperty autodecorator "
    "autosummary".split()
)
"""Directives of autodoc and autosummary that take a definition's text from the code."""
_CODE = frozenset(
    "code code-block sourcecode testcode testsetup ipython jupyter-execute doctest prompt exec-code tabs-code".split()
)
_FILES = frozenset("include literalinclude image figure".split())
_OPAQUE = frozenset(
    "raw math graphviz digraph graph mermaid uml toctree csv-table productionlist plot testoutput testcleanup index "
    "contents parsed-literal default-domain replace unicode date role rst-class cssclass meta raw-html bokeh-plot "
    "panels tabularcolumns sectionauthor codeauthor".split()
)
# What text below them says of the time before, or of what goes.
_PAST = frozenset("deprecated versionchanged versionremoved deprecated-removed".split())
_BLANK_LINE = re.compile(rb"\n[ \t]*\r?\n")
_LISTS = frozenset({"members", "exclude-members", "special-members", "private-members"})
# Several signatures stand below each other; the grammar takes the second for the directive's content.
_SIGNATURES = re.compile(
    rb"(?m)^([ \t]*)\.\. (?:py:)?(?:" + b"|".join(sorted(name.encode() for name in OBJECTS)) + rb"):: [^\n]*"
    rb"(?:\n\1[ \t]{10,}[A-Za-z_][\w.]*[ \t]*(?:\([^\n]*)?(?=\n|\Z))+"
)
_LINE = re.compile(rb"(?m)^[^\n]*[`*_|\[<:][^\n]*$")  # with inline markup
_KEPT = re.compile(rb"[ \t]*(?:([^\w\s])\1*|\+[-=+]+)[ \t]*|[ \t]*>>>[^\n]{0,500}")  # adornments, borders, prompts
_COLON = re.compile(rb":(?=[^\s:])")
_HEAD = re.compile(
    rb"[ \t]*(?::[^:\n]{1,100}:(?=\s|$)|\.\.[ \t][^\n]{0,200}|\|(?=[ \t])|"
    rb"(?:(?:[-*+]|#\.|\w{1,4}[.)]|\(\w{1,4}\))(?:[ \t]+|$))*)"
)
_LETTERS = bytes.maketrans(b"`*_|[]<>", b"xxxxxxxx")
_CONTINUED = re.compile(rb"\\?\n[ \t]*")
_SEVERAL = re.compile(rb"[ \t]{3,}")
_MEMBER = re.compile(rb"~?[A-Za-z_][\w.]*")
_SIMPLE_BORDER = re.compile(rb"=+(?:[ \t]+=+)+[ \t]*$")
_COLUMN = re.compile(rb"=+")
_GRID = re.compile(rb"\+(?:[-=]+\+)+[ \t]*$")
_FLAT = frozenset(
    "document block_quote body field_body definition definition_list bullet_list enumerated_list line_block line "
    "footnote citation option_list option_list_item description attribution ERROR".split()
)
_MAX_NESTED = 12
_HEADING_LEVELS = 6


def parse_blocks(data: bytes) -> Blocks:
    """The blocks of ``data``, which must have no BOM and only line feeds as line ends."""
    seen = _SIGNATURES.sub(_on_one_line, data) if b":: " in data else data
    walk = _Walk(data, seen)
    walk.run()
    return Blocks(tuple(walk.blocks), tuple(walk.lists))


def _masked(match: re.Match[bytes]) -> bytes:
    """A line with letters for its inline markup.

    Blocks are told by how lines begin, and some inline markup costs the grammar quadratic time.
    """
    line = match[0]
    if _KEPT.fullmatch(line):
        return line
    head = _HEAD.match(line)
    end = head.end() if head else 0
    return line[:end] + _COLON.sub(b"x", line[end:].translate(_LETTERS))


def _on_one_line(match: re.Match[bytes]) -> bytes:
    return _CONTINUED.sub(lambda gap: b" " * len(gap[0]), match[0])


class _Place(msgspec.Struct, frozen=True, gc=False):
    parent: int = -1
    in_list: bool = False


class _Walk:
    """One walk over a block tree, without recursion but for directives inside directives."""

    def __init__(self, data: bytes, seen: bytes, depth: int = 0) -> None:
        self._data = data
        self._seen = seen  # the same text, with each directive's signatures on one line
        self._depth = depth
        self._levels: list[tuple[bytes, bool]] = []
        self.blocks: list[Block] = []
        self.lists: list[tuple[int, int]] = []
        self._fresh: set[int] = set()  # items whose first paragraph is still to come
        self.language = ""  # of literal blocks, as a `highlight` directive sets it

    def run(self) -> None:
        root = Parser(_LANGUAGE).parse(_LINE.sub(_masked, self._seen)).root_node
        stack: list[tuple[Node, _Place]] = [(root, _Place())]
        while stack:
            node, place = stack.pop()
            inner = self._enter(node, place)
            if inner is not None:
                stack.extend((child, inner) for child in reversed(node.named_children))

    def _enter(self, node: Node, place: _Place) -> _Place | None:
        """Note the block; the place of its children, or None if they were dealt with."""
        kind = node.type
        if kind in _FLAT:
            if kind.endswith("_list") and not place.in_list:
                self.lists.append((node.start_byte, node.end_byte))
            return _Place(place.parent, in_list=place.in_list or kind.endswith("_list"))
        if kind == "section":
            self._section(node)
        elif kind == "list_item":
            return self._item(node, place)
        elif kind == "paragraph":
            return self._paragraph(node, place)
        elif kind in {"literal_block", "doctest_block"}:
            self._literal(node, place)
        elif kind == "directive":
            self._directive(node, place)
        elif kind == "field":
            return self._field(node, place)
        elif kind == "field_list":
            return place
        return None

    def _dedented(self, start: int, end: int) -> tuple[Span, ...]:
        """The lines of a span without the blanks in front that its first line's column tells."""
        margin = start - (self._data.rfind(b"\n", 0, start) + 1)
        if not margin or b"\n" not in self._data[start:end]:
            return ((start, end),)
        return tuple(margin_cut(self._data, ((start, end),), margin))

    def _section(self, node: Node) -> None:
        title = next((child for child in node.named_children if child.type == "title"), None)
        if title is None:
            return
        adornment = self._data[node.end_byte - 1 : node.end_byte], node.start_byte < title.start_byte
        if adornment not in self._levels:
            self._levels.append(adornment)
        level = min(self._levels.index(adornment) + 1, _HEADING_LEVELS)
        span = (title.start_byte, title.end_byte)
        if self._depth:  # inside a directive no section begins: what looks like one is text
            self.blocks.append(Text("paragraph", node.start_byte, node.end_byte, (span,)))
        else:
            self.blocks.append(Text("heading", node.start_byte, node.end_byte, (span,), level))

    def _item(self, node: Node, place: _Place) -> _Place:
        """An item of a list, or a term with its definition."""
        term = next((child for child in node.named_children if child.type == "term"), None)
        pieces = ((term.start_byte, term.end_byte),) if term is not None else ()
        self.blocks.append(Text("item", node.start_byte, node.end_byte, pieces, 0, place.parent))
        if term is None:
            self._fresh.add(len(self.blocks) - 1)
        return _Place(len(self.blocks) - 1, in_list=True)

    def _paragraph(self, node: Node, place: _Place) -> _Place | None:
        literal = next((child for child in node.named_children if child.type == "literal_block"), None)
        start, end = node.start_byte, literal.start_byte if literal is not None else node.end_byte
        end = start + len(self._data[start:end].rstrip())
        table = _table(self._data, start, end, place.parent)
        if table is not None:
            self.blocks.append(table)
        elif place.parent in self._fresh:
            self._fresh.discard(place.parent)
            item = self.blocks[place.parent]
            assert isinstance(item, Text)
            self.blocks[place.parent] = msgspec.structs.replace(item, pieces=self._dedented(start, end))
        else:
            self.blocks.append(Text("paragraph", start, end, self._dedented(start, end), 0, place.parent))
        if literal is not None:
            self._literal(literal, place)
        return None

    def _literal(self, node: Node, place: _Place) -> None:
        info = "pycon" if node.type == "doctest_block" else self.language
        self._code(node.start_byte, node.end_byte, info, place.parent)

    def _code(self, start: int, end: int, info: str, parent: int) -> None:
        self.blocks.append(Code(start, end, self._dedented(start, end), info, fenced=bool(info), parent=parent))

    def _field(self, node: Node, place: _Place) -> _Place:
        name = next((child for child in node.named_children if child.type == "field_name"), None)
        if name is None:
            return place
        span = (name.start_byte, name.end_byte)
        self.blocks.append(Directive("field", node.start_byte, node.end_byte, (span,), parent=place.parent))
        return _Place(len(self.blocks) - 1, place.in_list)

    # ---- directives

    def _directive(self, node: Node, place: _Place) -> None:
        parts = {child.type: child for child in _children(node)}
        kind = parts.get("type")
        if kind is None:
            return
        written = self._data[kind.start_byte : kind.end_byte].decode("ascii", "replace").lower()
        name = _DOMAIN.sub("", written, count=1)
        arguments, options, content = (parts.get(part) for part in ("arguments", "options", "content"))
        said = tuple(self._arguments(arguments)) if arguments is not None else ()
        first = self._data[slice(*said[0])] if said else b""
        if name == "highlight":
            self.language = first.decode("ascii", "replace").strip()
        elif name in _CODE:
            if content is not None:
                info = "pycon" if name == "doctest" else first.decode("ascii", "replace").strip() or self.language
                self._code(content.start_byte, content.end_byte, info or "python", place.parent)
        elif name in _OPAQUE or _OF_ANOTHER_LANGUAGE.match(written):
            return
        elif name in _PAST or not (said or options) or not self._is_naming(name, first):
            self._text(node, arguments, content, place, name)
        else:
            members = tuple(self._members(name, options, content))
            self.blocks.append(Directive(name, node.start_byte, node.end_byte, said, members, place.parent))
            if content is not None and name not in _FILES - {"figure"} and name != "autosummary":
                self._nested(content.start_byte, content.end_byte, len(self.blocks) - 1, "")

    def _is_naming(self, name: str, argument: bytes) -> bool:
        """Whether the argument is a name: of a definition, a file, or as a project's own directives have."""
        if name in OBJECTS or name in MODULES or name in AUTOMATIC or name in _FILES or name == "option":
            return True
        return _MEMBER.fullmatch(argument.strip()) is not None and b"_" in argument

    def _arguments(self, node: Node) -> Iterator[Span]:
        """One span for each line, or for each signature that was put on one line."""
        position = node.start_byte
        text = self._seen[position : node.end_byte]
        gaps = (
            [match.span() for match in _SEVERAL.finditer(text)] if b"\n" in self._data[position : node.end_byte] else []
        )
        for start, end in (*gaps, (len(text), len(text))):
            if text[position - node.start_byte : start].strip():
                yield position, node.start_byte + start
            position = node.start_byte + end

    def _members(self, name: str, options: Node | None, content: Node | None) -> Iterator[Span]:
        """What `:members:` and the content of `autosummary` list."""
        for field in options.named_children if options is not None else ():
            parts = {child.type: child for child in field.named_children}
            key, value = parts.get("field_name"), parts.get("field_body")
            if key is not None and value is not None and self._data[key.start_byte : key.end_byte].decode() in _LISTS:
                blank = _BLANK_LINE.search(self._data, key.end_byte, value.end_byte)  # text below is no list
                for match in _MEMBER.finditer(self._data, value.start_byte, blank.start() if blank else value.end_byte):
                    yield match.span()
        if name == "autosummary" and content is not None:
            for start, end in margin_cut(self._data, ((content.start_byte, content.end_byte),), 1 << 16):
                entry = _MEMBER.match(self._data, start, end)
                if entry is not None:
                    yield entry.span()

    def _text(self, node: Node, arguments: Node | None, content: Node | None, place: _Place, name: str) -> None:
        """A note, a warning, or anything else whose argument and content are text."""
        spans = [(part.start_byte, part.end_byte) for part in (arguments, content) if part is not None]
        if spans:
            start = spans[0][0]
            # Text on the directive's own line goes on below it, further to the left.
            self._nested(start, node.end_byte if len(spans) == 1 else spans[0][1], place.parent, name)
            for more in spans[1:]:
                self._nested(*more, place.parent, name)

    def _nested(self, start: int, end: int, parent: int, note: str) -> None:
        if self._depth >= _MAX_NESTED or end <= start:
            return
        pieces = self._dedented(start, end)
        view, seen = Dedented(self._data, pieces), Dedented(self._seen, pieces)
        inner = _Walk(view.data, seen.data, self._depth + 1)
        inner.language = self.language
        inner.run()
        self.language = inner.language
        base = len(self.blocks)
        self.blocks += [moved(block, view, base, parent, note) for block in inner.blocks]
        self.lists += [(view.to_absolute(a), view.to_absolute_end(b)) for a, b in inner.lists]


def _children(node: Node) -> Iterator[Node]:
    """The parts of a directive: its type, and those of its body."""
    for child in node.named_children:
        if child.type == "body":
            yield from child.named_children
        else:
            yield child


def _table(data: bytes, start: int, end: int, parent: int) -> Table | None:
    """A simple or a grid table, which the grammar takes for a paragraph; each line is a row of its own."""
    first = data[start : data.find(b"\n", start, end) if b"\n" in data[start:end] else end]
    if _SIMPLE_BORDER.fullmatch(first):
        columns = [match.span() for match in _COLUMN.finditer(first)]
        columns[-1] = (columns[-1][0], 1 << 16)
        is_border = _SIMPLE_BORDER
    elif _GRID.fullmatch(first):
        edges = [match.start() for match in re.finditer(rb"\+", first)]
        columns = [(left + 1, right) for left, right in pairwise(edges)]
        is_border = _GRID
    else:
        return None
    margin = start - (data.rfind(b"\n", 0, start) + 1)
    header: tuple[Span, ...] = ()
    rows: list[tuple[Span, ...]] = []
    borders = 0
    position = start - margin
    while position < end:
        stop = data.find(b"\n", position, end)
        stop = end if stop < 0 else stop
        line = data[position:stop].strip()
        if is_border.fullmatch(line) or not line or set(line) <= set(b"-+| "):
            borders += 1
            if borders == 2 and rows and not header:
                header, rows = rows[0], rows[1:]
        else:
            rows.append(tuple(_cell(data, position + margin, stop, column) for column in columns))
        position = stop + 1
    return Table(start, end, header, tuple(rows), parent)


def _cell(data: bytes, line: int, stop: int, column: tuple[int, int]) -> Span:
    start, end = min(line + column[0], stop), min(line + column[1], stop)
    text = data[start:end]
    left = start + len(text) - len(text.lstrip(b" \t"))
    return left, max(left, start + len(text.rstrip(b" \t|")))
