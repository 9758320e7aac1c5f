"""A document's blocks to what it claims, whatever markup they were cut from.

:class:`Reading` is one pass over the blocks of one text. A markup language gives it the blocks and a reader of inline
spans; what only that language has, its own subclass reads.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, TypeVar

import msgspec

from vt_lsp.models import Claim, Role, SpecFacts
from vt_lsp.specs.blocks import Code, Raw, Table, Text
from vt_lsp.specs.bullets import Entry, read_entry
from vt_lsp.specs.code_blocks import read_code
from vt_lsp.specs.decision_records import citations
from vt_lsp.specs.formats import format_of
from vt_lsp.specs.gone import gone_names, with_past
from vt_lsp.specs.inline import parse_inline
from vt_lsp.specs.layer_rules import layer_rules
from vt_lsp.specs.made import with_tasks
from vt_lsp.specs.names import is_plain
from vt_lsp.specs.outline import Outline, read_outline
from vt_lsp.specs.page import Extra, Page
from vt_lsp.specs.prose import (
    View,
    directive_names,
    is_silent,
    link_claim,
    names_in,
    read_html,
    read_prose,
    signature_names,
    view,
)
from vt_lsp.specs.roles import role_with_status
from vt_lsp.specs.routes import endpoint_columns
from vt_lsp.specs.routes import read_row as read_endpoint
from vt_lsp.specs.scope import Dedented, FenceFacts, FenceScope, Scope, instances_in
from vt_lsp.specs.sentences import announced
from vt_lsp.specs.status import item_status
from vt_lsp.specs.suppress import read_ignores
from vt_lsp.specs.tables import read_columns, read_row, row_name
from vt_lsp.specs.tasks import read_tasks
from vt_lsp.specs.versions import read_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from vt_lsp.models import Task
    from vt_lsp.specs.blocks import Block, Blocks
    from vt_lsp.specs.formats import Format
    from vt_lsp.specs.inline import InlineParser

log = logging.getLogger(__name__)

_MATTER_KEY = re.compile(rb"(?m)^([A-Za-z_][\w-]*)[ \t]*[:=]")
_PAST_NOTE = re.compile(r"deprecat|removed|renamed|versionchanged", re.IGNORECASE)
_ALERT = re.compile(rb"\s*\[!\w+\]\s+[*_]*(?:deprecat|removed)", re.IGNORECASE)
_SUCCESSOR = re.compile(
    rb"(?i)\b(?:replace(?:d|ment|s)?(?:[ \t]+(?:by|with))?|instead|successor|renamed|formerly|"
    rb"(?:old|new|previous)[ \t]+(?:name|setting|option|argument|parameter|class|function|api|module|path|import|usage|"
    rb"key|method)s?|deprecated)\b"
)
_CLASS_SHAPED = re.compile(r"(?:\w+\.)*[A-Z]\w*[a-z]\w*")

_BOM = b"\xef\xbb\xbf"

_WORD = re.compile(r"\w+")
_STAR_IMPORT = re.compile(r"\bimport[ \t]*\(?[ \t]*\*")

T = TypeVar("T")


def normalised(data: bytes) -> tuple[bytes, int]:
    """A text without its BOM and with line feeds as the only line ends, and by how much its offsets are short."""
    base = len(_BOM) if data.startswith(_BOM) else 0
    # A blank before the line end keeps the offsets and changes no meaning.
    return data[base:].replace(b"\r\n", b" \n").replace(b"\r", b"\n"), base


class NoMemo:
    """Keeps nothing: for a text that is read once."""

    def get(self, key: Hashable, make: Callable[[], T]) -> T:  # noqa: ARG002 - as :meth:`Memo.get`
        """The value, made anew."""
        return make()


class Memo(NoMemo):
    """Values by key; a value that one reading did not ask for is forgotten after it."""

    def __init__(self) -> None:
        self._old: dict[Hashable, object] = {}
        self._new: dict[Hashable, object] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value kept for ``key``, made if there is none; a key stands for one type of value."""
        value = self._new.get(key)
        if value is None:
            value = self._old.get(key)
            if value is None:
                value = make()
            self._new[key] = value
        return value  # type: ignore[return-value]

    def turn(self) -> None:
        """One reading has ended."""
        self._old, self._new = self._new, {}


class _Gist(msgspec.Struct, frozen=True):
    """What a block's text says by itself, wherever it stands; ``view`` is None if that is nothing."""

    view: View | None
    names: tuple[str, ...]
    signature: tuple[str, ...]
    directives: tuple[str, ...]
    entry: Entry | None
    leads_in: bool
    is_past: bool
    gone: tuple[str, ...] = ()
    announced: tuple[str, ...] = ()  # hints for what it leads in to


class Item(msgspec.Struct, frozen=True, gc=False):
    """A list item in force."""

    names: tuple[str, ...]
    status: str
    parent: int


class Reading:
    """One pass over the blocks of one text."""

    parse_inline: InlineParser = staticmethod(parse_inline)
    read_ignores = staticmethod(read_ignores)

    def __init__(self, data: bytes, path: str, blocks: Blocks, memo: NoMemo) -> None:
        self._data = data
        self._path = path
        self._blocks = blocks
        self._memo = memo
        self._outline: Outline = read_outline(data, path, blocks.blocks)
        self._claims: list[Claim] = []
        self._bound: dict[str, None] = {}
        self._imports: dict[str, str] = {}
        self._instances: dict[tuple[str, str], None] = {}
        self._gone: set[str] = set()  # what the document calls deprecated or removed
        self._items: dict[int, Item] = {}
        self._labels = frozenset(self._label(b) for b in blocks.blocks if isinstance(b, Raw) and b.kind == "definition")
        self._lead: tuple[str, ...] = ()  # what signature lines and directives under the heading name
        self._caption: tuple[str, ...] = ()  # what the last paragraph names
        self._leads_in = False  # it ends in a colon
        self._announced: tuple[str, ...] = ()  # what it says of that to which it leads in
        self._start_section(-1)

    def run(self) -> SpecFacts:
        """What the blocks claim, bind and say of themselves."""
        failed = False
        for index, block in enumerate(self._blocks.blocks):
            try:
                self._block(index, block)
            except Exception:  # one block must not silence the others
                if not failed:
                    log.exception("cannot read a block of %s at byte %d", self._path, block.start)
                failed = True
                self._items.setdefault(index, Item((), "", block.parent))
        unique: dict[tuple[int, int, str, str], Claim] = {}
        for claim in self._claims:
            # The reader that knows most of a place speaks first.
            unique.setdefault((claim.start, claim.end, claim.kind, claim.subject), claim)
        tasks, extra = self.tasks()
        page = Page(self._path, self._data, self._blocks.blocks, self._outline, tasks)
        for claim in (*extra.claims, *citations(page), *layer_rules(page)):
            unique.setdefault((claim.start, claim.end, claim.kind, claim.subject), claim)
        known = format_of(self._path)
        claims = with_past([unique[key] for key in sorted(unique)], self._gone)
        return SpecFacts(
            claims=with_tasks(self._data, self._blocks.blocks, self._outline, tasks, claims) if tasks else claims,
            bound=tuple(self._bound),
            anchors=self._outline.anchors,
            ignores=self.read_ignores(self._data, self._blocks),
            headings=self._outline.sections,
            format=known.name if known is not None else "",
            tasks=tasks,
            requirements=extra.requirements,
            state=extra.state,
            instances=tuple(self._instances),
        )

    def tasks(self) -> tuple[tuple[Task, ...], Extra]:
        """The tasks, and what else the format's grammar tells."""
        known = format_of(self._path)
        tasks = read_tasks(self._data, self._blocks.blocks, self._outline)
        page = Page(self._path, self._data, self._blocks.blocks, self._outline, tasks)
        extra = self._extra(known, page) if known is not None else Extra()
        return (tasks if extra.tasks is None else extra.tasks), extra

    def _extra(self, known: Format, page: Page) -> Extra:
        try:
            return known.read(page)
        except Exception:  # a format must not silence the plain text
            log.exception("the reader of %s cannot read %s", known.name, self._path)
            return Extra()

    def _block(self, index: int, block: Block) -> None:
        if isinstance(block, Text):
            self._text(index, block)
        elif isinstance(block, Code):
            self._code(block)
        elif isinstance(block, Table):
            self._table(block)
        elif isinstance(block, Raw):
            self._raw(block)

    # ---- places

    def _start_section(self, index: int) -> None:
        heading = self._outline.headings.get(index)
        self._lead, self._caption, self._leads_in, self._announced = (), (), False, ()
        if heading is None:
            self._above: list[tuple[int, tuple[str, ...]]] = []
            self._section = Scope(self._outline.role, (), "", self._outline.status)
            return
        self._above = [(level, names) for level, names in self._above if level < heading.level]
        outer = _joined(names for _, names in reversed(self._above))
        self._above.append((heading.level, heading.names))
        self._heading_scope = Scope(heading.role, outer, heading.slug, heading.status)
        self._section = Scope(heading.role, _joined((heading.names, outer)), heading.slug, heading.status)

    def _scope(self, block: Block, names: Iterable[tuple[str, ...]] = (), status: str = "") -> Scope:
        """The place of a block: its section, the items around it, and the names that lead in to it."""
        around: list[tuple[str, ...]] = list(names)
        parent = block.parent
        while parent >= 0:
            item = self._items[parent]
            around.append(item.names)
            status, parent = status or item.status, item.parent
        section = self._section
        if not status and not block.note and not around and not self._lead:
            return section
        hints = ("past",) if block.note and _PAST_NOTE.search(block.note) else ()
        if status == "dropped":
            hints = (*hints, "negated")
        context = _joined((*around, self._lead, section.context))
        return Scope(role_with_status(section.role, status), context, section.section, status or section.status, hints)

    # ---- blocks

    def _text(self, index: int, block: Text) -> None:
        text = Dedented(self._data, block.pieces)
        gist = self._gist(text.data)
        if block.kind == "heading":
            self._start_section(index)
            self._prose(text, gist, self._heading_scope.hinted("heading"), "")
            return
        if block.kind == "item":
            status = item_status(text.data.decode("utf-8", "replace").strip(), block.checkbox)
            caption = self._caption if self._leads_in else ()
            scope = self._scope(block, (caption,), status)
            scope = scope.hinted(*self._announced) if self._announced else scope
            names = (gist.entry.name,) if gist.entry else gist.names[:1] if _starts_with_code(gist) else ()
            self._items[index] = Item(names, status, block.parent)
            self._item(text, gist, scope)
            return
        self._lead = (
            _joined((gist.signature, gist.directives, self._lead)) if gist.signature or gist.directives else self._lead
        )
        scope = self._scope(block)
        if block.parent < 0:
            self._caption, self._leads_in, self._announced = gist.names, gist.leads_in, gist.announced
        if gist.is_past:
            scope = scope.hinted("past")
        before = len(self._claims)
        self._prose(text, gist, scope, _spoken_of(scope.context))
        if _is_quoted(self._data, block.start):  # the words of a program, or of somebody else: at another time
            self._claims[before:] = [claim for claim in self._claims[before:] if "text" not in claim.hints]

    def _item(self, text: Dedented, gist: _Gist, scope: Scope) -> None:
        entry = gist.entry
        # What a list documents is told by what stands above it, or by a type or default in the item itself.
        if entry is None or not (scope.context or entry.annotation or entry.default):
            about = _spoken_of(gist.names[:1]) if _starts_with_code(gist) else ""
            self._prose(text, gist, scope.hinted("bullet"), about)
            return
        key = (text.data, scope, "entry")
        self._add(text, self._memo.get(key, lambda: tuple(_entry_claims(entry, scope))))
        scope = scope.hinted("bullet")
        self._prose(text, gist, scope, _owned(entry.name, scope), entry.number)

    def _prose(self, text: Dedented, gist: _Gist, scope: Scope, about: str, skip: int = -1) -> None:
        parsed = gist.view
        if scope.role is Role.CURRENT:
            self._gone.update(gist.gone)
        if b"." in text.data:
            stated = (text.data, scope, "versions")
            self._add(text, self._memo.get(stated, lambda: tuple(read_versions(text.data, scope))))
        if parsed is not None:
            key = (text.data, scope, about, self._labels, skip)
            self._add(text, self._memo.get(key, lambda: read_prose(parsed, scope, about, self._labels, skip)))

    def _code(self, block: Code) -> None:
        text = Dedented(self._data, block.pieces)
        scope = self._scope(block, (self._caption,) if self._leads_in else ())
        if "example" in self._announced and not scope.hints:
            scope = scope.hinted("example")
        imports = self._imports_for(text.text)
        fence = FenceScope(scope.role, scope.context, scope.section, scope.status, scope.hints, imports)
        key = (text.data, block.info, block.fenced, scope, tuple(imports.items()))
        facts: FenceFacts = self._memo.get(key, lambda: read_code(text.text, block.info, fence))
        self._add(text, facts.claims)
        self._bound |= dict.fromkeys(facts.bound)
        self._imports |= facts.imports
        self._instances |= dict.fromkeys(instances_in(facts.imports))

    def _imports_for(self, fence: str) -> dict[str, str]:
        """What earlier fences left that can matter to this one: the names in it; to a star import all of them."""
        if _STAR_IMPORT.search(fence):
            return dict(self._imports)
        return {name: self._imports[name] for name in dict.fromkeys(_WORD.findall(fence)) if name in self._imports}

    def _table(self, block: Table) -> None:
        scope = self._scope(block, (self._caption,))
        text = Dedented(self._data, ((block.start, block.end),))
        key = (text.data, scope, self._labels, "table")
        self._add(text, self._memo.get(key, lambda: tuple(self._table_claims(block, scope))))

    def _table_claims(self, block: Table, scope: Scope) -> Iterator[Claim]:
        columns = read_columns([self._data[a:b] for a, b in block.header])
        if any(_SUCCESSOR.search(self._data, a, b) for a, b in block.header):
            scope = scope.hinted("past")  # the other column holds what went
        endpoints = endpoint_columns([self._data[a:b] for a, b in block.header])
        prose = scope.hinted("table")
        for row in block.rows:
            cells = [(start - block.start, self._data[start:end]) for start, end in row]
            claims = tuple(read_row(columns, cells, scope)) if columns else ()
            yield from claims
            if endpoints is not None:
                yield from read_endpoint(endpoints, cells, scope)
            about = _owned(row_name(columns, cells), scope) if columns else ""
            for number, (start, cell) in enumerate(cells):
                if claims and columns and number < len(columns.roles) and columns.roles[number]:
                    continue
                found = self._gist(cell).view
                if found is not None:
                    yield from _shifted(read_prose(found, prose, about, self._labels), start)

    def _raw(self, block: Raw) -> None:
        text = self._data[block.start : block.end]
        scope = self._scope(block)
        if block.kind == "html":
            self._claims += _shifted(read_html(text, scope), block.start)
        elif block.kind == "definition":
            start, end = block.pieces[1]
            self._claims += link_claim(scope, self._data[start:end].decode("utf-8", "replace"), start, end)
        else:
            self._bound |= dict.fromkeys(key.decode("ascii") for key in _MATTER_KEY.findall(text))

    def _gist(self, data: bytes) -> _Gist:
        return self._memo.get(data, lambda: _gist(data, self.parse_inline))

    def _add(self, text: Dedented, claims: Sequence[Claim]) -> None:
        """Move the claims of a block's text to their places in the document."""
        if text.shift is not None:
            self._claims += _shifted(claims, text.shift)
            return
        if not claims:
            return
        absolute, absolute_end = text.to_absolute, text.to_absolute_end
        self._claims += [
            msgspec.structs.replace(claim, start=absolute(claim.start), end=absolute_end(claim.end)) for claim in claims
        ]

    def _label(self, block: Raw) -> str:
        start, end = block.pieces[0]
        return self._data[start + 1 : end - 1].decode("utf-8", "replace").lower()


def _gist(data: bytes, parse: InlineParser) -> _Gist:
    if is_silent(data):
        lead = data.translate(None, b"\0\1*").decode("latin-1").rstrip()
        hints = announced(lead) if lead.endswith(":") else ()
        return _Gist(None, (), (), (), None, lead.endswith(":"), is_past=False, announced=hints)
    parsed = view(data, parse)
    text = parsed.flat.text.rstrip()
    return _Gist(
        view=parsed,
        names=names_in(parsed),
        signature=signature_names(parsed),
        directives=directive_names(data),
        entry=read_entry(parsed.flat),
        leads_in=text.endswith(":"),
        is_past=_ALERT.match(data) is not None,
        gone=gone_names(parsed.flat),
        announced=announced(text) if text.endswith(":") else (),
    )


def _is_quoted(data: bytes, start: int) -> bool:
    return data[data.rfind(b"\n", 0, start) + 1 : start].lstrip().startswith(b">")


def _starts_with_code(gist: _Gist) -> bool:
    return gist.view is not None and gist.view.flat.text.lstrip().startswith("\x00")


def _entry_claims(entry: Entry, scope: Scope) -> Iterator[Claim]:
    owner = scope.context[0] if scope.context else ""
    hints = ("bullet", "plain") if is_plain(entry.name) else ("bullet",)
    yield scope.claim(
        "parameter", entry.name, entry.start, entry.end, owner=owner, annotation=entry.annotation, hints=hints
    )
    if entry.default:
        yield scope.claim(
            "default",
            entry.name,
            entry.default_start,
            entry.default_end,
            owner=owner,
            expected=entry.default,
            hints=("bullet",),
        )


def _owned(name: str, scope: Scope) -> str:
    """The name with its owner, as far as the place tells it."""
    return f"{scope.context[0]}.{name}" if name and scope.context and "." not in name else name


def _spoken_of(context: tuple[str, ...]) -> str:
    """Whose default a bare "Defaults to 5" tells: the innermost name, unless it is a class."""
    return context[0] if context and not _CLASS_SHAPED.fullmatch(context[0]) else ""


def _joined(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _shifted(claims: Iterable[Claim], by: int) -> list[Claim]:
    return [msgspec.structs.replace(claim, start=claim.start + by, end=claim.end + by) for claim in claims]


def moved(facts: SpecFacts, by: int) -> SpecFacts:
    """The facts of a text that stands ``by`` bytes further on."""
    replace = msgspec.structs.replace
    state = facts.state
    return replace(
        facts,
        tasks=tuple(
            replace(t, start=t.start + by, end=t.end + by, mark=t.mark + by if t.mark >= 0 else -1) for t in facts.tasks
        ),
        requirements=tuple(replace(r, start=r.start + by, end=r.end + by) for r in facts.requirements),
        state=(state[0], state[1] + by, state[2] + by) if state is not None else None,
        claims=tuple(_shifted(facts.claims, by)),
        ignores=tuple((start + by, end + by, types, reason) for start, end, types, reason in facts.ignores),
        headings=tuple((level, title, start + by, end + by) for level, title, start, end in facts.headings),
    )
