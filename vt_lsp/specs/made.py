"""What a finished task says that it made: its claims are marked, and names that it created are added.

A ticked "Create ExportJob model in src/x.py" claims the file and the class; "Remove src/y.py" claims neither, and
"Move a.py to b.py" claims only the new place (spec-formats, section 0; drift-kinds, kind 1).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from vt_lsp.models import Claim, Role
from vt_lsp.specs.blocks import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.models import Task
    from vt_lsp.specs.blocks import Block
    from vt_lsp.specs.outline import Heading, Outline

_CREATE = (
    rb"(?:creat(?:e|es|ed|ing)|implement(?:s|ed|ing)?|add(?:s|ed|ing)?|defin(?:e|es|ed|ing)|writ(?:e|es|ing)|wrote|"
    rb"buil(?:d|ds|t|ding)|introduc(?:e|es|ed|ing)|develop(?:s|ed|ing)?|extract(?:s|ed|ing)?)\b|"
    + "实现|创建|编写|添加|定义|新增|新建".encode()
)
_REMOVE = (
    rb"(?:remov|delet|drop|renam|mov|migrat|replac|split|merg|retir|archiv|consolidat|convert|inlin|purg|prun|"
    rb"eliminat|deprecat|relocat|unif|clean)(?:p?(?:e|es|ed|s|ing|ning|y|ies|ied|ting|ging)?)\b|"
    rb"(?:get|got|getting)\s+rid\b|" + "删除|移除|削除|重命名|移动".encode()
)
# "Remove x" takes away; the "remove endpoint" that a task implements does not.
_IMPERATIVE = (
    rb"(?:^|[,:;\])(*]|\xe2\x80[\x93\x94]|\s-(?=\s)|\b(?:and|then|by|or|also)\b|"
    rb"^\W*[A-Z]{1,4}-?\d+\w?|^\W*\d[\d.]*)[\s*`]*"
)
_VERB = re.compile(rb"(?i)" + _IMPERATIVE + rb"(?P<gone>" + _REMOVE + rb")|(?P<made>(?<![\w-])(?:" + _CREATE + rb"))")
_TOWARDS = re.compile(r"\b(?:in)?to\b|\bwith\b|\bby\b|\bas\b|\busing\b|->|→|=>|为|成".encode())
_AWAY = re.compile(
    rb"(?i)\b(?:no\s+longer|without|instead\s+of|rather\s+than|not|never|no|avoid|old|legacy|former|obsolete|deprecated|"
    rb"superseded|replaces|replacing)\b[^.;,]{0,30}$"
)
_FROM = re.compile(rb"(?i)\bfrom\s+[`*(]*$")
_ARROW = re.compile(r"[`*)\s]*(?:->|→|=>)\s*[`*]*[\w./-]".encode())
_PASSED = re.compile(
    rb"(?i)[`*)\s]*(?:[(:,-]+\s*)?(?:(?:is|are|was|were|has\s+been|have\s+been|file|files|class|module|function)\s+)*"
    rb"(?:removed|deleted|renamed|moved|dropped|replaced|merged|retired|archived|no\s+longer|not\s+(?:needed|required|created)|"
    rb"obsolete|skipped|deferred|superseded|n/a)\b"
)
_LATER = re.compile(
    rb"(?i)\b(?:delet|remov)(?:e|es|ed|ing)\s+(?:it|them|afterwards?|again|after|when|once|this|these)\b|\btemp(?:orary)?\b|"
    rb"\bthrowaway\b"
)
_OPTIONAL = re.compile(
    rb"(?i)\boptional(?:ly)?\b|\bif\s+(?:needed|necessary|required|applicable|present|it\s+exists|exists|any)\b|"
    rb"\bdeferred\b"
)
_IF = re.compile(rb"(?i)\b(?:if|when|unless|whether|or(?:\s+in)?(?:\s+an?)?(?:\s+new)?)\s+[`*(\[]*$")
_OR = re.compile(rb"(?i)[`*)\s]*\s\(?or\s")
_CLAUSE = re.compile("[;\uff1b\u3002]|[.!?](?=\\s+[A-Z`(])|\n\\s*\n".encode())

_NOUN = (
    rb"(?:class|model|enum|dataclass|exception|protocol|interface|entity|schema|mixin|function|method|helper|error)"
    rb"(?:e?s)?"
)
_FILLER = (
    rb"(?:(?!(?:for|in|to|of|from|with|using|via|that|which|and|or|by|on|as|per|like|into|at|under|unit|test|tests|"
    rb"integration|documentation|docs|logging|support|calls?|usage)\b)[a-z][\w/-]*\s+){0,3}?"
)
_SHAPED = rb"[A-Z][a-z0-9]+(?:[A-Z][A-Za-z0-9]*)+"
_CODE = rb"`[A-Za-z_][\w.]*(?:\([^`\n]{0,200}\))?`"
_NAME = rb"(?:" + _CODE + rb"|" + _SHAPED + rb"(?![\w./])|[a-z]+(?:_[a-z0-9]+)+\((?:[^()\n]{0,80})\))"
_LIST = rb"(" + _NAME + rb"(?:\s*(?:,\s*and|,|and|&|/|\+)\s*" + _NAME + rb")*)"
_MADE = re.compile(
    rb"(?i:(?<![\w-])(?:"
    + _CREATE
    + rb"))\s*(?:(?:the|an?|new)\s+)*"
    + _FILLER
    + _LIST
    + rb"(?P<noun>\s+"
    + _NOUN
    + rb"\b)?"
)
_WITH = re.compile(
    rb"[`*)\s]*(?:\s(?:with|containing|defining|holding|including)\s+|:\s+|\s*" + "的".encode()
    + rb"\s*)(?:(?:the|an?|new)\s+)*" + _FILLER + _LIST + rb"(?P<noun>\s+" + _NOUN + rb"\b)?"
)  # fmt: skip
# What may follow a name that is itself the thing made; "`Order` tests" are tests.
_ENDS = re.compile(
    rb"\s*(?:$|[,.;:(\n-]|\xe2\x80[\x93\x94]|\xef\xbc|\xe3\x80|(?:in|at|under|inside|within|with|that|to|for|from|and|or|which|as|by|on|of|extending|"
    rb"inheriting|using)\b)"
)
_PLACED = re.compile(
    rb"(?i)\b(?:in|at|inside|within|into|under|to)\s+(?:the\s+)?(?:new\s+)?(?:file\s+|module\s+)?[`*\[(]*$|[(\[]\s*[`*]*$"
)
_WORD = re.compile(rb"`?([A-Za-z_][\w.]*)(\([^`\n]*\))?`?")
_NEAR = 400  # bytes around a word in which other words may govern it
_REACH = 120  # bytes between a name and the file in which it is made
_MOST = 12  # names that one task makes


class _Span(NamedTuple):
    start: int
    end: int
    flags: tuple[str, ...]


class _Made(NamedTuple):
    name: bytes
    start: int
    end: int
    call: bool


def with_tasks(
    data: bytes, blocks: Sequence[Block], outline: Outline, tasks: Sequence[Task], claims: Sequence[Claim]
) -> tuple[Claim, ...]:
    """The claims in order; those of finished tasks have the hint "task", and what these tasks made has "made".

    A claim of what a task took away has the hint "past" too, one of an optional task "optional".
    """
    spans = _finished(blocks, outline, tasks)
    if not spans:
        return tuple(claims)
    starts = [claim.start for claim in claims]
    marked = list(claims)
    added: list[Claim] = []
    for span, flags, heading in _within(blocks, outline, spans):
        numbers = range(bisect_left(starts, span[0]), bisect_left(starts, span[1]))
        for number in numbers:
            if marked[number].status == "done":
                marked[number] = _marked(marked[number], data, span, flags)
        role = heading.role if heading is not None else outline.role
        if role not in {Role.HISTORICAL, Role.TEMPLATE} and "optional" not in flags:
            added += _made(data, span, marked, numbers, heading.slug if heading is not None else "")
    if not added:
        return tuple(marked)
    return tuple(sorted((*marked, *added), key=lambda c: (c.start, c.end, c.kind, c.subject)))


def _finished(blocks: Sequence[Block], outline: Outline, tasks: Sequence[Task]) -> list[_Span]:
    """The tasks that are done; inner ones follow outer ones."""
    ends = {start: end for _, _, start, end in outline.sections}
    by_start = {b.pieces[0][0]: b for b in blocks if isinstance(b, Text) and b.pieces}
    found = []
    for task in tasks:
        block = by_start.get(task.start)
        if task.status != "done" or "checklist" in task.flags or block is None:
            continue
        end = ends.get(block.start, block.end) if "heading" in task.flags else block.end
        found.append(_Span(task.start, end, task.flags))
    return found


def _within(
    blocks: Sequence[Block], outline: Outline, spans: list[_Span]
) -> Iterator[tuple[tuple[int, int], tuple[str, ...], Heading | None]]:
    """The texts inside finished tasks: first and last byte, the flags of the innermost task, the heading above."""
    heading: Heading | None = None
    around: list[_Span] = []  # the tasks that the walk is in, the innermost last
    waiting = spans[::-1]
    for index, block in enumerate(blocks):
        heading = outline.headings.get(index, heading)
        if not isinstance(block, Text) or not block.pieces or block.checkbox not in {"", "x", "X"}:
            continue
        start, end = block.pieces[0][0], block.pieces[-1][1]
        while waiting and waiting[-1].start <= start:
            around.append(waiting.pop())
        while around and around[-1].end <= start:
            around.pop()
        if around:
            yield (start, end), around[-1].flags, heading


def _marked(claim: Claim, data: bytes, block: tuple[int, int], flags: tuple[str, ...]) -> Claim:
    hints = ["task"]
    if "optional" in flags:
        hints.append("optional")
    if claim.kind in {"path", "name"}:
        start, end = _clause(data, block, claim)
        if _is_gone(data[start : claim.start], data[claim.end : end]) or _LATER.search(
            data, claim.end, min(block[1], claim.end + _NEAR)
        ):
            hints.append("past")
        before = data[start : claim.start]
        if _OPTIONAL.search(data, start, end) or _IF.search(before) or _OR.match(data, claim.end, end):
            hints.append("optional")
    return replace(claim, hints=(*claim.hints, *(hint for hint in hints if hint not in claim.hints)))


def _clause(data: bytes, block: tuple[int, int], claim: Claim) -> tuple[int, int]:
    start, end = max(block[0], claim.start - _NEAR), min(block[1], claim.end + _NEAR)
    for match in _CLAUSE.finditer(data, start, claim.start):
        start = match.end()
    after = _CLAUSE.search(data, claim.end, end)
    return start, after.start() if after else end


def _is_gone(before: bytes, after: bytes) -> bool:
    """Whether the words around say that the task took the thing away, or left it behind."""
    verbs = list(_VERB.finditer(before))
    if verbs and (verb := verbs[-1])["gone"]:  # the last one governs
        return not _TOWARDS.search(before, verb.end()) or _FROM.search(before) is not None
    # What something was taken from may have gone since.
    return any((_AWAY.search(before), _PASSED.match(after), _ARROW.match(after), _FROM.search(before)))


def _made(data: bytes, block: tuple[int, int], claims: list[Claim], numbers: range, section: str) -> list[Claim]:
    """Mark the claims of names that the block says to have made; what has no claim yet comes back."""
    inside = [claims[number] for number in numbers]
    paths = [c for c in inside if c.kind == "path" and "task" in c.hints and "past" not in c.hints]
    known = {c.start: number for number, c in zip(numbers, inside, strict=True) if c.kind == "name"}
    found: list[Claim] = []
    for made, path in _names(data, block, paths):
        number = known.get(made.start)
        if number is not None:
            claim = claims[number]
            hints = (*claim.hints, "made") if "past" not in claim.hints and "made" not in claim.hints else claim.hints
            claims[number] = replace(claim, owner=path, hints=hints)
        elif not _is_inside(inside, made.start):
            hints = ("task", "made", "call") if made.call else ("task", "made")
            name = made.name.decode()
            found.append(
                Claim("name", name, made.start, made.end, owner=path, section=section, status="done", hints=hints)
            )
    return found


def _is_inside(claims: list[Claim], offset: int) -> bool:
    """Whether one of the claims, which come in order, covers a byte."""
    at = bisect_right(claims, offset, key=lambda claim: claim.start)
    return any(claim.end > offset for claim in claims[max(0, at - 4) : at])


def _names(data: bytes, block: tuple[int, int], paths: list[Claim]) -> Iterator[tuple[_Made, str]]:
    """The names that a block says to have made, each with the path of the file where."""
    for match in _MADE.finditer(data, *block):
        path = _path_behind(data, match.end(), block[1], paths)
        yield from _listed(match, path, data, block[1])
    for claim in paths:
        said = _WITH.match(data, claim.end, block[1])
        if said:
            yield from _listed(said, claim.subject, data, block[1])


def _path_behind(data: bytes, offset: int, end: int, paths: list[Claim]) -> str:
    at = bisect_left(paths, offset, key=lambda claim: claim.start)
    if at == len(paths) or paths[at].start >= min(end, offset + _REACH):
        return ""
    between = data[offset : paths[at].start]
    is_place = _PLACED.search(between) and not _CLAUSE.search(between) and not _VERB.search(between)
    return paths[at].subject if is_place else ""


def _listed(match: re.Match[bytes], path: str, data: bytes, end: int) -> Iterator[tuple[_Made, str]]:
    has_noun = match["noun"] is not None
    if not has_noun and not _ENDS.match(data, match.end(1), end):
        return
    for word in list(_WORD.finditer(data, *match.span(1)))[:_MOST]:
        if word[0] == b"and":
            continue
        is_code = word[0].startswith(b"`")
        name = word[1]
        if (is_code or has_noun or path) and (word[2] is not None or _is_shaped(name, is_code=is_code)):
            yield _Made(name, word.start(1), word.end(1), word[2] is not None), path


def _is_shaped(name: bytes, *, is_code: bool) -> bool:
    """Whether a word looks like the name of a class or function, and like nothing else."""
    last = name.rpartition(b".")[2]
    if b"_" in last.strip(b"_") or re.fullmatch(_SHAPED, last):
        return True
    return is_code and re.match(rb"[A-Z][a-z]", last) is not None
