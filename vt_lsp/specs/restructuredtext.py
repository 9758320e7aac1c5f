"""The reStructuredText reader: a document's bytes to what it claims, with the directives and roles of Sphinx.

:func:`read` is pure. :class:`RstDocument` gives the same for a text that is edited, and keeps what it made of each
block's text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code import grammar
from vt_lsp.models import SpecFacts
from vt_lsp.specs.blocks import Code, Directive, Raw
from vt_lsp.specs.commands import read_option
from vt_lsp.specs.names import is_balanced
from vt_lsp.specs.reading import Item, Memo, NoMemo, Reading, moved, normalised
from vt_lsp.specs.rst_blocks import AUTOMATIC, MODULES, OBJECTS, parse_blocks
from vt_lsp.specs.rst_inline import parse_inline
from vt_lsp.specs.scope import Dedented
from vt_lsp.specs.suppress import read_rst_ignores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim
    from vt_lsp.specs.blocks import Block, Span
    from vt_lsp.specs.scope import Scope

_NAME = rb"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_SIGNATURE = re.compile(
    rb"(?:(?:async|abstractmethod|classmethod|static|class|property)\s+)*("
    + _NAME
    + rb")\s*(\(.*\))?\s*(?:->\s*(.+?))?\s*",
    re.DOTALL,
)
_PARAMETER = re.compile(rb"(?:param|parameter|arg|argument|key|keyword|kwarg)\s+(?:.*\s)?\\?\*{0,2}([A-Za-z_]\w*)")
_CALLED = OBJECTS - {"attribute", "data", "property", "exception"}
_OF_CLASSES = frozenset("method classmethod staticmethod decoratormethod attribute property".split())
_ESCAPE = re.compile(r"\\([*_`|])")
_LOOKS_RST = re.compile(rb"(?m)^[ \t]*\.\. (?:[\w:-]+::|_[^\n]+:)|^\S[^\n]*\n(?:={4,}|-{4,}|~{4,})[ \t]*$")
_CODE_LIKE = re.compile(rb"[(=\[{\"']|import ")
# Long blocks are data.
_LONGEST_SNIPPET = 8 * 1024


def read(data: bytes, path: str) -> SpecFacts:
    """What a reStructuredText document claims; arguments and result are as for Markdown."""
    return _read(data, path, NoMemo())


class RstDocument:
    """A document that is edited; ``facts`` are those of its present text."""

    def __init__(self, data: bytes, path: str = "") -> None:
        """``data`` and ``path`` are as for :func:`read`."""
        self._path = path
        self._memo = Memo()
        self.facts = self.edit(data)

    def edit(self, new_data: bytes) -> SpecFacts:
        """The facts after the text became ``new_data``; always equal to ``read(new_data, path)``."""
        self.facts = _read(new_data, self._path, self._memo)
        self._memo.turn()
        return self.facts


def _read(data: bytes, path: str, memo: NoMemo) -> SpecFacts:
    if path.lower().endswith(".txt") and not _LOOKS_RST.search(data):
        return SpecFacts()
    text, base = normalised(data)
    facts = _RstReading(text, path, parse_blocks(text), memo).run()
    return moved(facts, base) if base else facts


class _RstReading(Reading):
    """One pass over the blocks of one text."""

    parse_inline = staticmethod(parse_inline)
    read_ignores = staticmethod(read_rst_ignores)
    _module = ""  # to which names without one belong

    def _block(self, index: int, block: Block) -> None:
        if isinstance(block, Directive):
            self._directive(index, block)
        elif not isinstance(block, Raw):
            super()._block(index, self._as_python(block) if isinstance(block, Code) and not block.info else block)

    def _as_python(self, block: Code) -> Code:
        """A literal block is Python, Sphinx's own default, if it can be."""
        text = Dedented(self._data, block.pieces).data
        if len(text) > _LONGEST_SNIPPET or not self._memo.get((text, "python"), lambda: _is_python(text)):
            return block
        return Code(block.start, block.end, block.pieces, "python", True, block.parent, block.note)

    def _directive(self, index: int, block: Directive) -> None:
        name, names = block.name, tuple[str, ...]()
        scope = self._scope(block)
        if name == "field":
            names = tuple(self._field(block, scope))
        elif name in MODULES:
            self._module = self._text_of(block.pieces[0])
            self._claims += self._imported(block.pieces[0], scope)
            names = (self._module,) if name != "automodule" else ()
        elif name in OBJECTS or name in AUTOMATIC:
            owner = self._owner(block.parent)
            for span in block.pieces if name != "autosummary" else ():
                names += tuple(self._object(name, span, owner, scope))
        elif name == "option":
            for span in block.pieces:
                self._claims += self._option(span, scope)
        elif name in ("include", "literalinclude"):
            self._claims += self._file(block.pieces[0], scope)
        else:
            names = (self._text_of(block.pieces[0]),)
            if names[0].isupper():
                self._claims += self._naming(block.pieces[0], "", scope.hinted("custom"))
        within = self._module if name in MODULES or name == "autosummary" else names[0] if names else ""
        for span in block.members:
            self._claims += self._naming(span, within, scope)
        self._items[index] = Item(names, "", block.parent)

    def _text_of(self, span: Span) -> str:
        return self._data[slice(*span)].decode("utf-8", "replace").strip()

    def _owner(self, parent: int) -> str:
        """The full name of what the nearest directive around describes, or the module in force."""
        while parent >= 0:
            block = self._blocks.blocks[parent]
            if isinstance(block, Directive) and block.name != "field" and self._items[parent].names:
                return self._items[parent].names[0]
            parent = block.parent
        return self._module

    def _imported(self, span: Span, scope: Scope) -> Iterator[Claim]:
        """A module that a directive names."""
        name = self._text_of(span)
        start = self._data.find(name.encode(), *span)
        if re.fullmatch(_NAME, name.encode()):
            yield scope.claim("import", name, start, start + len(name), hints=("directive",))

    def _naming(self, span: Span, owner: str, scope: Scope) -> Iterator[Claim]:
        """A directive's argument that names a module or a member."""
        name = self._text_of(span).lstrip("~")
        start = self._data.find(name.encode(), *span)
        if start >= 0 and re.fullmatch(_NAME, name.encode()):
            full = _joined(owner, name)
            yield scope.claim("name", full, start, start + len(name), hints=("directive",))

    def _object(self, kind: str, span: Span, owner: str, scope: Scope) -> Iterator[str]:
        """The claims of one signature; the full name of what it describes."""
        match = _SIGNATURE.fullmatch(self._data[slice(*span)].strip())
        if match is None:
            return
        start = self._data.find(match[1], *span)
        name, arguments = match[1].decode("ascii"), (match[2] or b"").decode("utf-8", "replace")
        if kind in _OF_CLASSES and owner == self._module and "." not in name:
            return  # of a class that readers of the document write
        full = _joined(owner, name)
        arguments = _ESCAPE.sub(r"\1", " ".join(arguments.split()))
        place = start, start + len(name)
        by_hand = ("described",) if kind in OBJECTS else ()
        is_mere_habit = arguments == "()" and kind == "class"  # how some write a class without its constructor
        if arguments and not is_mere_habit and kind in _CALLED and is_balanced(arguments):
            returns = (match[3] or b"").decode("utf-8", "replace")
            hints = ("directive", *by_hand, "signature-only", "stub")
            claim = scope.claim("function", full, *place, signature=arguments, annotation=returns, hints=hints)
        else:
            claim = scope.claim("name", full, *place, hints=("directive", *by_hand))
        self._claims.append(claim)
        yield full

    def _field(self, block: Directive, scope: Scope) -> Iterator[str]:
        """``:param name:`` below the directive of a callable."""
        ((start, end),) = block.pieces
        match = _PARAMETER.fullmatch(self._data[start:end].strip())
        owner = self._owner(block.parent)
        if match is None or not owner or owner == self._module:
            return
        name = match[1].decode("ascii")
        at = self._data.rfind(match[1], start, end)
        self._claims.append(scope.claim("parameter", name, at, at + len(name), owner=owner, hints=("bullet", "field")))
        yield f"{owner}.{name}"

    def _option(self, span: Span, scope: Scope) -> Iterator[Claim]:
        for said in read_option(self._text_of(span).partition(",")[0]):
            start = span[0] + said.start
            yield scope.claim(said.kind, said.subject, start, start + len(said.subject), hints=said.hints)

    def _file(self, span: Span, scope: Scope) -> Iterator[Claim]:
        path = self._text_of(span)
        start = self._data.find(path.encode(), *span)
        if path and start >= 0 and not path.startswith("<") and "|" not in path:
            yield scope.claim("path", path, start, start + len(path.encode()), hints=("include",))


def _is_python(text: bytes) -> bool:
    return _CODE_LIKE.search(text) is not None and not grammar.parser().parse(text).root_node.has_error


def _joined(owner: str, name: str) -> str:
    """The full name of what is described inside of ``owner``; a name that begins with a module is full already."""
    first, dot, _ = name.partition(".")
    if not owner or (dot and not first.strip("_")[:1].isupper()):
        return name
    if dot:  # with its class: what is around it is the module
        parts = owner.split(".")
        outer = ".".join(
            parts[: next((n for n, part in enumerate(parts) if part.strip("_")[:1].isupper()), len(parts))]
        )
        return f"{outer}.{name}" if outer else name
    return f"{owner}.{name}"
