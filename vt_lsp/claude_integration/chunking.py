"""Large texts cut into pieces that each make sense: along definitions, headings and paragraphs, never through one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration.tokens import estimate
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

_FENCE: Final = re.compile(rb"[ \t]*(`{3,}|~{3,})")
_HEADING: Final = re.compile(rb"#{1,6}[ \t]")
_HALF: Final = 0.5


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of a file, whole lines; ``tokens`` may be above the budget only where one definition alone is."""

    start: int
    end: int
    tokens: int


@dataclass(frozen=True, slots=True)
class _Atom:
    """What is never cut; ``is_head``: a new chunk may well begin here."""

    start: int
    end: int
    is_head: bool


def chunks(path: str, data: bytes, budget: int) -> list[Chunk]:
    """A file in pieces of at most ``budget`` tokens; together they are the whole file, in order, without overlap.

    Python is cut between statements of the module, and a class that is too large between its members. Documents are
    cut at headings, else between paragraphs, lists and fences; anything else at empty lines. What is too large even so
    stays whole where it is a definition or a fence, and is cut between lines elsewhere.
    """
    atoms = list(_python(data, budget)) if kind_of(path) == "code" else list(_prose(data, budget))
    return list(_merged(data, atoms, budget))


def _merged(data: bytes, atoms: list[_Atom], budget: int) -> Iterator[Chunk]:
    start, spent = 0, 0
    for number, atom in enumerate(atoms):
        cost = _tokens(data, atom.start, atom.end)
        is_full = spent + cost > budget or (atom.is_head and spent > _HALF * budget)
        if number and spent and is_full:
            yield Chunk(start, atom.start, spent)
            start, spent = atom.start, 0
        spent += cost
    if len(data) > start:
        yield Chunk(start, len(data), spent)


def _tokens(data: bytes, start: int, end: int) -> int:
    return estimate(data[start:end].decode("utf-8", "replace"))


# -------------------------------------------------------------------------------------------------------------- Python


def _python(data: bytes, budget: int) -> Iterator[_Atom]:
    from vt_lsp.code import grammar  # noqa: PLC0415 - the grammar is loaded when it is needed

    at = 0
    for end, is_head in _statements(data, grammar.parser().parse(data).root_node, budget):
        stop = _line_end(data, end)
        if stop > at:
            yield _Atom(at, stop, is_head)
            at = stop
    if at < len(data):
        yield _Atom(at, len(data), is_head=False)


def _statements(data: bytes, parent: Node, budget: int) -> Iterator[tuple[int, bool]]:
    """Ends of what is not cut, in order; comments belong to what follows them."""
    for node in parent.children:
        if node.type == "comment":
            continue
        definition = node.child_by_field_name("definition") if node.type == "decorated_definition" else node
        is_class = definition is not None and definition.type == "class_definition"
        body = definition.child_by_field_name("body") if definition is not None and is_class else None
        if body is not None and body.children and _tokens(data, node.start_byte, node.end_byte) > budget:
            yield from _statements(data, body, budget)
        else:
            yield node.end_byte, node.type.endswith("_definition")


# ----------------------------------------------------------------------------------------------------------- documents


def _prose(data: bytes, budget: int) -> Iterator[_Atom]:
    """Blocks of a document: a fence with its contents, or lines up to the next empty one."""
    start, fence, is_head = 0, b"", False
    at = 0
    for line in data.splitlines(keepends=True):
        at += len(line)
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line[mark.end() :].strip():
                fence = b""
            continue
        if mark:
            fence = mark[1]
            continue
        if _HEADING.match(line) and start < at - len(line):
            yield from _cut(data, _Atom(start, at - len(line), is_head), budget)
            start, is_head = at - len(line), True
        elif not line.strip():
            yield from _cut(data, _Atom(start, at, is_head), budget)
            start, is_head = at, False
        is_head = is_head or _HEADING.match(line) is not None
    if start < len(data):
        yield from _cut(data, _Atom(start, len(data), is_head), budget)


def _cut(data: bytes, atom: _Atom, budget: int) -> Iterator[_Atom]:
    """A block that is too large, between its lines; a fence stays whole."""
    is_fence = _FENCE.match(data, atom.start) is not None
    if is_fence or _tokens(data, atom.start, atom.end) <= budget:
        yield atom
        return
    start, at, spent = atom.start, atom.start, 0
    while at < atom.end:
        end = min(_line_end(data, at), atom.end)
        cost = _tokens(data, at, end)
        if spent and spent + cost > budget:
            yield _Atom(start, at, atom.is_head and start == atom.start)
            start, spent = at, 0
        spent += cost
        at = end
    yield _Atom(start, atom.end, atom.is_head and start == atom.start)


def _line_end(data: bytes, at: int) -> int:
    stop = data.find(b"\n", at)
    return len(data) if stop < 0 else stop + 1
