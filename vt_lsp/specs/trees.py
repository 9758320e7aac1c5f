"""Directory trees, drawn with lines or by indentation, in code blocks (spec-formats, section 9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.specs.literals import is_placeholder
from vt_lsp.specs.roles import role_with_status
from vt_lsp.specs.status import read_status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim
    from vt_lsp.specs.scope import Scope

# Diagrams have corners that trees have not.
_CORNERS = re.compile("[\u250c\u2510\u2518\u252c\u2534\u253c\u2554\u2557\u255a\u255d]")
_BRANCH = re.compile(
    r"(?P<lead>[\u2502\u2503|\u00a6 \t\u00a0]*)"
    r"(?P<branch>[\u251c\u2514\u2517\u2523\u2570][\u2500\u2501\u2574\u254c-]*|[|+`\\]-{1,3})"
    r"[ \t\u00a0]*(?P<rest>.*)"
)
_ASCII_BRANCH = re.compile(r"(?m)^[| \t]*[|+`\\]--? ?[\w.]")
_LINE_BRANCH = re.compile("(?m)^[\u2502\u2503| \t\u00a0]*[\u251c\u2514\u2517\u2523\u2570]")
_RULE = re.compile(r"[\u2502\u2503|\s]*")
_NAMES = re.compile(r"[\w.@+/\[\]{}<>*\u2026-]+(?:\s*,\s+[\w.@+/-]+\.\w+)*")
_COMMENT = re.compile(r"\s*(?:#|\u2190|<-|\u2014|\u2013|-{1,2}\s|//|->|\u2192|\(|\[|:|[^\w\s.,/-])|\s{2,}\S|\s*$")
_OPTIONAL = re.compile(
    r"\b(?:new|existing|planned|optional|todo|generated|future|added|created|deleted|removed|ignored|gitignored|auto-?generated|"
    r"build|not\s+(?:yet|committed|tracked)|never\s+commit\w*|if\s+(?:any|needed|present)|e\.g\.|example)\b|\u2728|\U0001f195",
    re.IGNORECASE,
)
_EXTENSION = re.compile(r".\.[A-Za-z]\w{0,10}$|^\.\w")
_WELL_KNOWN = {"Makefile", "Dockerfile", "LICENSE", "README", "Justfile", "Procfile", "CODEOWNERS", "VERSION", "bin"}
_ROOT = re.compile(r"[\w.@+/-]*[\w./]")
# Folders, pages and marks of status in front of a name.
_ICONS = re.compile("[\U0001f4c1\U0001f4c2\U0001f4c4\U0001f4e6\u2705\u2611\u2714\U0001f6a7\u23f3\u274c\ufe0f ]*")
_NO_NAME = "\x00"  # the note of a line that goes on as no name does
_MIN_SHARE = 0.6
_MIN_INDENTED = 3


@dataclass(slots=True)
class _Entry:
    """One name of a tree while it is read; ``column`` tells how deep it is."""

    name: str
    start: int
    end: int
    column: int
    note: str
    status: str = ""
    parent: _Entry | None = None
    root: str = ""
    has_children: bool = False


def read_tree(text: str, scope: Scope) -> tuple[Claim, ...]:
    """The entries of a directory tree; nothing if the block is none. Spans are bytes of the text's UTF-8."""
    if _CORNERS.search(text) or "{{" in text:  # a diagram, or a template that is to be filled in
        return ()
    if len(_LINE_BRANCH.findall(text)) + len(_ASCII_BRANCH.findall(text)) >= 2:
        entries = _drawn(text)
    else:
        entries = _indented(text)
    named = sum(1 for entry in entries if _is_name(entry))
    if not entries or named < _MIN_SHARE * len(entries):
        return ()
    claims = [claim for entry in entries for claim in _claims(entry, scope)]
    if claims:  # so that two trees of one section can be told apart
        claims[0] = msgspec.structs.replace(claims[0], hints=(*claims[0].hints, "first"))
    return tuple(claims)


def _drawn(text: str) -> list[_Entry]:
    entries: list[_Entry] = []
    stack: list[_Entry] = []
    root, pending = "", True
    for offset, line in _lines(text):
        match = _BRANCH.fullmatch(line)
        if match is None:
            if _RULE.fullmatch(line):
                continue
            # A line that is no branch begins another tree.
            root, stack, pending = _root(line), [], True
            continue
        pending = False
        for entry in _entries(line, offset, match.start("branch"), match.start("rest")):
            while stack and stack[-1].column >= entry.column:
                stack.pop()
            entry.parent, entry.root = (stack[-1] if stack else None), root
            if entry.parent is not None:
                entry.parent.has_children = True
            entries.append(entry)
        if entries and not pending:
            stack.append(entries[-1])
    return entries


def _indented(text: str) -> list[_Entry]:
    """A tree of bare names, each level further right; its folders must end in a slash."""
    if text.count("/\n") + text.count("/ ") < 1 or text.count("\n") + 1 < _MIN_INDENTED or text.count("\n") > 400:
        return []
    entries: list[_Entry] = []
    stack: list[_Entry] = []
    for offset, line in _lines(text):
        bare = line.lstrip(" \t-*")
        if not bare:
            continue
        column = len(line) - len(bare)
        for entry in _entries(line, offset, column, column):
            while stack and stack[-1].column >= entry.column:
                stack.pop()
            entry.parent = stack[-1] if stack else None
            if entry.parent is not None:
                if not entry.parent.name.endswith("/"):
                    return []
                entry.parent.has_children = True
            entries.append(entry)
        if not entries:
            return []
        stack.append(entries[-1])
    if not any(entry.has_children for entry in entries):
        return []
    return _below_root(entries)


def _below_root(entries: list[_Entry]) -> list[_Entry]:
    """If everything hangs on the first name, this is the root."""
    first = entries[0]
    if sum(1 for entry in entries if entry.parent is None) > 1:
        return entries
    for entry in entries[1:]:
        entry.root = first.name
        if entry.parent is first:
            entry.parent = None
    return entries[1:]


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line with the byte offset of its start."""
    offset = 0
    for line in text.split("\n"):
        yield offset, line.rstrip()
        offset += len(line.encode("utf-8", "surrogateescape")) + 1


def _entries(line: str, offset: int, column: int, start: int) -> Iterator[_Entry]:
    """The names of one line (several when separated by commas)."""
    written = line[start:]
    status = read_status(written)[1]
    lead = _ICONS.match(written)
    start += lead.end() if lead else 0
    rest = line[start:]
    names = _NAMES.match(rest)
    after = rest[names.end() :] if names else rest
    note = after if names and _COMMENT.match(after) else _NO_NAME
    if names is None:
        yield _Entry("", offset, offset, column, note)
        return
    for name in re.finditer(r"[^\s,]+", names[0]):
        at = offset + len(line[: start + name.start()].encode("utf-8", "surrogateescape"))
        end = at + len(name[0].encode("utf-8", "surrogateescape"))
        yield _Entry(name[0], at, end, column, note, status)


def _root(line: str) -> str:
    bare = line.strip().split("#")[0].split(" ")[0]
    return bare if _ROOT.fullmatch(bare) and bare not in {".", "./"} else ""


def _is_name(entry: _Entry) -> bool:
    if not entry.name or entry.note == _NO_NAME:
        return False
    name = entry.name
    return (
        name.endswith("/")
        or entry.has_children
        or name in _WELL_KNOWN
        or _EXTENSION.search(name) is not None
        or is_placeholder(name)
    )


def _claims(entry: _Entry, scope: Scope) -> Iterator[Claim]:
    if not _is_name(entry) or entry.name in {".", "./", "..", "/"}:
        return
    parts, hints, note = [entry.name.strip("/")], _hints(entry.note), entry.parent
    while note is not None:
        if not _is_name(note):
            return
        parts.append(note.name.strip("/"))
        hints = hints or _hints(note.note)
        note = note.parent
    path = "/".join(reversed(parts))
    if is_placeholder(path) or is_placeholder(entry.name):
        return
    if entry.has_children or entry.name.endswith("/"):
        path += "/"
    if entry.status:
        scope = msgspec.structs.replace(scope, role=role_with_status(scope.role, entry.status), status=entry.status)
    yield scope.claim("tree-entry", path, entry.start, entry.end, owner=entry.root, hints=hints)


def _hints(note: str) -> tuple[str, ...]:
    return ("optional",) if _OPTIONAL.search(note) else ()
