"""List items that document one parameter or field: "- `name` (type, default 5): text"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vt_lsp.specs.flat import TOKEN, Flat
from vt_lsp.specs.literals import is_placeholder, literal, plain_literal

_DASH = r"(?:-|\xe2\x80[\x93\x94])"  # en and em dash in the Latin-1 view
_LEAD = re.compile(rf"\s*({TOKEN})\s*(?:(:)\s*|({_DASH})\s+|\(([^()\n]{{0,120}})\)\s*(?:[:.]|{_DASH})?|(=)\s*|$)")
# Parameters are lower case; `x=5` alone is rather a call's argument than a documented default.
_ENTRY = re.compile(r"\*{0,2}([a-z_][a-z0-9_]*)(?:\s*:\s*([^=]+?)(?:\s*=\s*(.+))?|\s+\(([^()]+)\))?")
_TYPE_WORD = re.compile(
    r"(?:str|int|float|bool|bytes|list|dict|set|tuple|None|Any|object|type|date|datetime|Path|callable|Callable|"
    r"(?:Optional|Union|List|Dict|Set|Tuple|Literal|Iterable|Sequence|Mapping|Type)\[.+\]|(?:list|dict|set|tuple|type)\[.+\])"
    r"(?:\s*\|\s*[\w.\[\], ]+)*"
)
_TYPE = re.compile(r"[A-Za-z_][\w.]*(?:\[.+\])?(?:\s*\|\s*[A-Za-z_][\w.]*(?:\[.+\])?)*")
_DEFAULT = re.compile(r"(?:by\s+)?defaults?(?:\s+(?:to|is|value))*\s*[:=]?\s*(.+)", re.IGNORECASE)
_TOKEN = re.compile(TOKEN)


@dataclass(frozen=True, slots=True)
class Entry:
    """A documented name; ``number`` is its code span, the spans are bytes of the block."""

    name: str
    start: int
    end: int
    number: int
    annotation: str = ""
    default: str = ""
    default_start: int = -1
    default_end: int = -1


def read_entry(flat: Flat) -> Entry | None:
    """The name that a list item documents, if it starts with one in backticks and goes on as documentation does."""
    lead = _LEAD.match(flat.text)
    if lead is None:
        return None
    number = flat.code(lead[1])
    code, span = flat.codes[number], flat.spans[number]
    inside = _ENTRY.fullmatch(code.strip())
    if inside is None or not code.isascii():
        return None
    name = inside[1]
    start = span.inner_start + code.index(name)
    annotation, default = (inside[2] or inside[4] or "").strip(), literal(inside[3] or "")
    if is_placeholder(name) or (annotation and not _TYPE.fullmatch(annotation)):
        return None
    default_span = (-1, -1)
    if default:
        at = span.inner_start + code.rindex(inside[3])
        default_span = (at, at + len(inside[3]))
    if lead[4]:
        annotation, default, default_span = _parenthesis(flat, lead, annotation, default, default_span)
    elif lead[2]:
        annotation = annotation or _typed(flat, lead.end())
    return Entry(name, start, start + len(name), number, annotation, default, *default_span)


def _parenthesis(
    flat: Flat, lead: re.Match[str], annotation: str, default: str, default_span: tuple[int, int]
) -> tuple[str, str, tuple[int, int]]:
    """``(str, optional, default 5)`` behind the name."""
    position = lead.start(4)
    for part in lead[4].split(","):
        at = position + len(part) - len(part.lstrip())
        position += len(part) + 1
        word = part.strip()
        found = _DEFAULT.fullmatch(word)
        if found:
            value, value_span = _value(flat, found[1], at + found.start(1))
            default, default_span = (value, value_span) if value else (default, default_span)
        elif not annotation:
            annotation = _type(flat, word)
    return annotation, default, default_span


def _value(flat: Flat, written: str, at: int) -> tuple[str, tuple[int, int]]:
    token = _TOKEN.fullmatch(written)
    if token:
        span = flat.spans[flat.code(written)]
        return literal(flat.codes[flat.code(written)]), (span.inner_start, span.inner_end)
    start = flat.offset(at)
    return plain_literal(written), (start, start + len(written))


def _type(flat: Flat, written: str) -> str:
    token = _TOKEN.fullmatch(written)
    if token:
        code = flat.codes[flat.code(written)].strip()
        return code if _TYPE.fullmatch(code) and code.lower() not in {"true", "false"} else ""
    return written if _TYPE_WORD.fullmatch(written) else ""


def _typed(flat: Flat, start: int) -> str:
    """The type in "`name`: `str`", "`name`: str, the name" and the like."""
    rest = flat.text[start : start + 120]
    token = re.match(rf"({TOKEN})\s*(?:$|[,;.(=]|{_DASH}\s|\n)", rest)
    if token:
        return _type(flat, token[1])
    word = re.match(rf"([A-Za-z_][\w.\[\]| ]*?(?:\[[^\x00\n]*?\])?)\s*(?:$|[,;.(=]|{_DASH}\s|\n)", rest)
    return _type(flat, word[1]) if word else ""
