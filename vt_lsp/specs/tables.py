"""Tables that document fields, parameters, settings or enum members."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vt_lsp.specs.literals import is_placeholder, literal, plain_literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.models import Claim, ClaimKind
    from vt_lsp.specs.scope import Scope

Column = Literal["name", "type", "default", "value"]
Cell = tuple[int, bytes]  # the first byte of the cell's text, and the text

_PARAMETERS = {"parameter", "argument", "arg", "param", "option", "keyword", "keyword argument", "kwarg", "flag"}
_FIELDS = {"field", "attribute", "attr", "property", "member", "setting", "name", "key", "column"}
_CONSTANTS = {"constant"}
# These words head tables of anything; only a column of types, defaults or values makes their rows claims.
_VAGUE = {"name", "option", "setting", "property", "member", "key", "flag", "column", "keyword", "constant"}
_TYPES = {"type", "annotation", "data type", "python type"}
_DEFAULTS = {"default", "default value"}
_VALUES = {"value"}
_CODE = re.compile(r"\*{0,2}\[?`([^`]+)`(?:\]\([^()]*\)|\]\[[^\[\]]*\])?\*{0,2}\s*(?:\(?(?:required|optional)\)?)?\*?")
_NAME = re.compile(r"\*{0,2}((?:[A-Za-z_]\w*\.)*)([A-Za-z_]\w*)(?:\s*:\s*(.+))?")
_TYPE = re.compile(r"[\w.\[\], |'\"()-]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table hold; ``head`` is the name column's word, ``roles`` has one entry per column."""

    kind: ClaimKind
    head: str
    roles: tuple[Column | None, ...]


def read_columns(header: Sequence[bytes]) -> Columns | None:
    """The columns by their header words; None if the table documents no names."""
    words = [re.sub(r"[*_`:?]", "", cell.decode("utf-8", "replace")).strip().lower() for cell in header]
    singular = [word if word in _VALUES or not word.endswith("s") else word[:-1] for word in words]
    name = next((i for i, word in enumerate(singular) if word in _PARAMETERS | _FIELDS | _CONSTANTS), -1)
    if name < 0:
        return None
    roles: list[Column | None] = [None] * len(words)
    roles[name] = "name"
    for index, word in enumerate(singular):
        if index == name:
            continue
        if word in _TYPES:
            roles[index] = "type"
        elif word in _DEFAULTS:
            roles[index] = "default"
        elif word in _VALUES:
            roles[index] = "value"
    head = singular[name]
    if head in _VAGUE and len({role for role in roles if role}) == 1 and "required" not in words:
        return None
    kind: ClaimKind = "parameter" if head in _PARAMETERS else "constant" if head in _CONSTANTS else "field"
    if head == "member" and "value" in roles:
        kind = "enum-member"
    return Columns(kind, head, tuple(roles))


def read_row(columns: Columns, cells: Sequence[Cell], scope: Scope) -> Iterator[Claim]:
    """The claim of one row, if its name cell holds a name."""
    by_role = {role: cell for role, cell in zip(columns.roles, cells, strict=False) if role}
    start, cell = by_role.get("name", (0, b""))
    written = cell.decode("utf-8", "replace")
    code = _CODE.fullmatch(written)
    typed = "type" in by_role or "default" in by_role or "value" in by_role
    match = _NAME.fullmatch(code[1].strip() if code else written if typed else "")
    if match is None or is_placeholder(match[2]) or not written.isascii():
        return
    start += written.index(match[2], written.index(match[1]) + len(match[1]) if match[1] else 0)
    # A constant stands by itself: the context is enough to find it.
    owner = match[1].rstrip(".") or (scope.context[0] if scope.context and columns.kind != "constant" else "")
    annotation = _annotation(by_role.get("type", (0, b""))[1]) or (match[3] or "").strip()
    expected = _literal(by_role.get("value" if columns.kind in {"constant", "enum-member"} else "default", (0, b""))[1])
    if columns.kind == "constant" and not expected:
        return
    yield scope.claim(
        columns.kind,
        match[2],
        start,
        start + len(match[2]),
        owner=owner,
        annotation=annotation,
        expected=expected,
        hints=("table", columns.head),
    )


def row_name(columns: Columns, cells: Sequence[Cell]) -> str:
    """The name that a row documents, or ""."""
    for role, (_, cell) in zip(columns.roles, cells, strict=False):
        if role == "name":
            match = _NAME.fullmatch(cell.decode("utf-8", "replace").strip("*`"))
            return match[1] + match[2] if match else ""
    return ""


def _annotation(cell: bytes) -> str:
    text = cell.decode("utf-8", "replace").replace("\\|", "|").replace("`", "").replace("\\", "").strip("* ")
    return text if text not in {"-", "\u2014"} and _TYPE.fullmatch(text) else ""


def _literal(cell: bytes) -> str:
    text = cell.decode("utf-8", "replace").replace("\\|", "|").strip()
    code = _CODE.fullmatch(text)
    return literal(code[1]) if code else plain_literal(text)
