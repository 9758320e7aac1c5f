"""What a code span says, if it is a Python name, call, signature or import."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from vt_lsp.specs.literals import FILE_SUFFIXES, HOST_SUFFIXES, has_gap, is_placeholder, literal

if TYPE_CHECKING:
    from vt_lsp.models import ClaimKind

_NAME = r"[^\W\d]\w*"
_DOTTED = rf"{_NAME}(?:\.{_NAME})*"
_IDENTIFIER = re.compile(rf"[~!]?(\.?{_DOTTED})")
_PREFIX = re.compile(r"(?:(?:async\s+)?def|class)\s+|@")
_CALL = re.compile(rf"(\.?{_DOTTED})\s*(\(.*\))\s*(?:->\s*([^:]+?))?\s*:?", re.DOTALL)
_CHAIN = re.compile(rf"([A-Z]\w*)\([^()]*\)(\.{_DOTTED})(\(.*\))?", re.DOTALL)
_ENTRY_POINT = re.compile(rf"({_NAME}(?:[._]\w+)+):({_DOTTED})")
_CONSTANT = re.compile(r"([A-Z][A-Z0-9_]*[A-Z0-9]) = (.+)")
_FROM = re.compile(rf"from\s+({_DOTTED})\s+import\s+\(?\s*([^;]+?)\)?(?:\s*;.*)?", re.DOTALL)
_IMPORT = re.compile(rf"import\s+({_DOTTED})(?:\s+as\s+{_NAME})?")
_ITEM = re.compile(rf"({_NAME})(?:\s+as\s+{_NAME})?")
_PLAIN = re.compile(r"[a-z]+\d*|[A-Z]+\d*|\w")
# `.md` is an ending; `.db` and `.lock` are rather members.
_ENDINGS = FILE_SUFFIXES - {"db", "example", "go", "lock", "log", "service", "template"}
_MAX_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Said:
    """What one piece of text says; ``start``/``end`` are characters of that text."""

    kind: ClaimKind
    subject: str
    start: int
    end: int
    signature: str = ""
    annotation: str = ""
    expected: str = ""
    bases: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@lru_cache(maxsize=8192)
def read_name(text: str) -> tuple[Said, ...]:
    """The claims of a code span's content: one as a rule, several for ``from x import y, z``, none for other things."""
    stripped = text.strip()
    if not stripped or len(stripped) > _MAX_LENGTH:
        return ()
    shift = len(text) - len(text.lstrip())
    for reader in (_identifier, _imports, _declaration, _constant, _entry_point, _quoted):
        said = reader(stripped)
        if said is not None:
            return tuple(_shifted(one, shift) for one in said) if shift else said
    return ()


def read_reference(text: str) -> tuple[Said, ...]:
    """The claim of a text whose markup says that it names a definition: even ``Response.txt`` is no file then."""
    names = read_name(text)
    match = _IDENTIFIER.fullmatch(text.strip()) if not names else None
    if match is None or not is_file_name(match[1]) or has_gap(match[1]):
        return names
    start = text.index(match[1])
    return (Said("name", match[1], start, start + len(match[1])),)


def is_plain(name: str) -> bool:
    """Whether a name could as well be a word of a language: ``name``, ``GET``, ``x``."""
    return _PLAIN.fullmatch(name) is not None


def is_file_name(name: str) -> bool:
    """Whether a dotted word is rather a file or a host: ``setup.cfg``, ``example.com``."""
    stem, dot, suffix = name.rpartition(".")
    return bool(dot and stem and (suffix in FILE_SUFFIXES or suffix in HOST_SUFFIXES))


def _shifted(said: Said, by: int) -> Said:
    return Said(
        said.kind, said.subject, said.start + by, said.end + by, said.signature, said.annotation, said.expected,
        said.bases, said.hints,
    )  # fmt: skip


def _identifier(text: str) -> tuple[Said, ...] | None:
    """A bare or dotted name; an empty tuple if it looks like one but cannot be a claim."""
    match = _IDENTIFIER.fullmatch(text)
    if match is None:
        return None
    return _name(match[1], match.start(1), (), plain=True)


def _name(  # noqa: PLR0913 - what one name can be written with
    written: str, start: int, hints: tuple[str, ...], *, plain: bool, signature: str = "", annotation: str = ""
) -> tuple[Said, ...]:
    name = written
    end = start + len(written)
    if written.startswith("."):
        name, start, hints = written[1:], start + 1, ("member", *hints)
    elif written.startswith(("self.", "cls.")):
        name = written.partition(".")[2]
        start, hints = end - len(name), ("member", *hints)
    if keyword.iskeyword(name) or name in {"true", "false", "null"} or not name.strip("_") or has_gap(name):
        return ()
    if not signature and (is_file_name(name) or (written.startswith(".") and name in _ENDINGS)):
        return ()
    if is_placeholder(name):
        hints = (*hints, "example")
    if plain and is_plain(name):
        hints = ("plain", *hints)
    return (Said("name", name, start, end, signature, annotation, hints=hints),)


def _imports(text: str) -> tuple[Said, ...] | None:
    match = _FROM.fullmatch(text)
    if match is not None:
        items = list(_ITEM.finditer(match[2]))
        if not items or has_gap(match[1]):
            return ()
        start = match.start(2)
        return tuple(
            Said("import", match[1], start + item.start(1), start + item.end(1), expected=item[1], hints=("inline",))
            for item in items
        )
    match = _IMPORT.fullmatch(text)
    if match is None:
        return None
    return (Said("import", match[1], match.start(1), match.end(1), hints=("inline",)),)


def _declaration(text: str) -> tuple[Said, ...] | None:
    """``f(a, b=1) -> int``, ``def .f()``, ``class A(B)``, ``@decorator``, ``A().f()``."""
    prefix = _PREFIX.match(text)
    start = prefix.end() if prefix else 0
    word = prefix[0].split()[0] if prefix else ""
    rest = text[start:].rstrip(":").rstrip() if word in {"class", "def", "async"} else text[start:]
    hints = ("decorator",) if word == "@" else ()
    name = _IDENTIFIER.fullmatch(rest)
    if name is not None and prefix:
        return _name(name[1], start + name.start(1), hints, plain=False)
    call = _CALL.fullmatch(rest)
    if call is None or not is_balanced(call[2]):
        return _chain(text)
    if word == "class":
        return _class(call, start)
    annotation = (call[3] or "").strip()
    hints = (*hints, "call")
    return _name(call[1], start, hints, plain=False, signature=call[2], annotation=annotation)


def _class(call: re.Match[str], start: int) -> tuple[Said, ...]:
    bases = tuple(base.strip() for base in call[2][1:-1].split(",") if _IDENTIFIER.fullmatch(base.strip()))
    return (Said("class", call[1], start, start + len(call[1]), bases=bases, hints=("inline",)),)


def _chain(text: str) -> tuple[Said, ...] | None:
    chain = _CHAIN.fullmatch(text)
    if chain is None or (chain[3] and not is_balanced(chain[3])):
        return None
    hints = ("call",) if chain[3] else ()
    subject = chain[1] + chain[2]
    return (Said("name", subject, chain.start(2) + 1, chain.end(2), chain[3] or "", hints=hints),)


def _constant(text: str) -> tuple[Said, ...] | None:
    match = _CONSTANT.fullmatch(text)
    if match is None or not literal(match[2]):
        return None
    return (Said("constant", match[1], match.start(1), match.end(), expected=literal(match[2]), hints=("inline",)),)


def _entry_point(text: str) -> tuple[Said, ...] | None:
    match = _ENTRY_POINT.fullmatch(text)
    if match is None or is_placeholder(text) or is_file_name(match[1]):
        return None
    return (Said("name", f"{match[1]}.{match[2]}", 0, len(text), hints=("entry-point",)),)


def _quoted(text: str) -> tuple[Said, ...] | None:
    """A dotted name as a string: ``"package.module:Class"``, as settings name what they load."""
    if len(text) < 2 or text[0] not in "\"'" or text[-1] != text[0] or "." not in text:
        return None
    inner = text[1:-1]
    said = _entry_point(inner) if ":" in inner else _identifier(inner)
    return tuple(_shifted(one, 1) for one in said) if said else None


def is_balanced(text: str) -> bool:
    """Whether a parenthesised text ends with the parenthesis that it begins with."""
    depth = 0
    for index, char in enumerate(text):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
            if depth == 0 and index < len(text) - 1:
                return False
    return depth == 0
