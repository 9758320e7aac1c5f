"""What the docstrings of a Python file claim: parameters, their defaults, and attributes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code.docstrings import Docstring, docstrings
from vt_lsp.models import Claim, SpecFacts
from vt_lsp.specs.docstring_entries import SECTION, entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import ClaimKind, CodeFacts

FORMAT = "docstrings"

# What the lines of SECTION hold, by a word of it: the words of a file are known, and few.
_TITLES = ("Args", "Arguments", "Parameters", "Params", "Attributes")
_ROLES = ("param", "parameter", "arg", "argument", "key", "keyword", "attribute")
_MARKS = {f" {word} ": word.encode() for word in _TITLES} | {f" {word} ": f":{word} ".encode() for word in _ROLES}
_LONGEST_HEADER = 4000  # bytes
_HEADER_END = re.compile(rb":[ \t]*(?:#[^\n]*)?$", re.MULTILINE)
_IGNORE = re.compile(rb"(?:\"\"\"|''')[ \t]*#\s*vt-lsp:\s*ignore(?:\[([\w\-, ]*)\])?[ \t:]*([^\n]{0,300})")


def read_docstrings(data: bytes, facts: CodeFacts) -> SpecFacts | None:
    """What the docstrings of a file claim; None where they claim nothing. ``facts`` are those of the same text."""
    marks = _marks(data, facts.words)
    if not marks:
        return None
    claims: list[Claim] = []
    ignores: list[tuple[int, int, tuple[str, ...], str]] = []
    for docstring in docstrings(data, facts.symbols, marks):
        own = list(_claims(data, docstring))
        claims += own
        ignore = _IGNORE.match(data, docstring.end) if own else None
        if ignore is not None:
            types = (ignore[1] or b"").decode().replace(",", " ").split()
            reason = ignore[2].decode("utf-8", "replace").strip()
            ignores.append((docstring.start, docstring.end, tuple(types), reason))
    return SpecFacts(tuple(claims), ignores=tuple(ignores), format=FORMAT) if claims else None


def _marks(data: bytes, words: str) -> list[int]:
    """Where the lists of names begin, in order; ``words`` are those of the file."""
    found: set[int] = set()
    words = f" {words} "
    for word, mark in _MARKS.items():
        at = data.find(mark) if word in words else -1
        while at >= 0:
            line = data.rfind(b"\n", 0, at) + 1
            if SECTION.match(data, line):
                found.add(line)
            at = data.find(mark, at + len(mark))
    return sorted(found)


def _claims(data: bytes, docstring: Docstring) -> Iterator[Claim]:
    owner, start = docstring.owner.name, docstring.start
    inner: bytes | None = None
    for entry in entries(data[start : docstring.end]):
        name = entry.name.lstrip("*")
        if inner is None:
            inner = _headers_inside(data, docstring)
        hints = ("other",) if entry.group == "other" else ()
        if inner and re.search(rb"\b" + name.encode() + rb"\b", inner):
            hints = (*hints, "inner")
        kind: ClaimKind = "docstring-attribute" if entry.group == "attribute" else "docstring-parameter"
        place = start + entry.start, start + entry.end
        yield Claim(kind, entry.name, *place, owner=owner, section=owner, hints=hints)
        if entry.default:
            place = start + entry.default_start, start + entry.default_end
            yield Claim(
                "docstring-default", name, *place, owner=owner, expected=entry.default, section=owner, hints=hints
            )


def _headers_inside(data: bytes, docstring: Docstring) -> bytes:
    """The headers of functions inside of a function: its docstring may be about their parameters."""
    if docstring.owner.kind == "class":
        return b""
    found: list[bytes] = []
    stop = docstring.owner.end
    for word in (b"def ", b"lambda "):
        at = data.find(word, docstring.end, stop)
        while at >= 0:
            end = _HEADER_END.search(data, at, min(stop, at + _LONGEST_HEADER))
            found.append(data[at : end.start() if end and word == b"def " else data.find(b":", at)])
            at = data.find(word, at + len(word), stop)
    return b"\n".join(found)
