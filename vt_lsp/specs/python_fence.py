"""A Python fence of a spec: its stubs say what the code should have, its examples how the code is used."""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING

from vt_lsp.code import grammar
from vt_lsp.specs.examples import read_examples
from vt_lsp.specs.fence_text import ClaimSink, FenceText, python_text, with_replacements
from vt_lsp.specs.scope import FenceFacts, FenceScope
from vt_lsp.specs.stubs import read_stubs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_BYTES = 64 * 1024
"""Longer fences are data or whole files, and are skipped."""

_HEADER = re.compile(
    rb"^(?P<indent>[ \t]*)(?P<word>(?:async[ \t]+)?def[ \t]+|class[ \t]+)?"
    rb"(?P<owner>\.|(?:[^\W\d]\w*\.)+)?(?P<name>[^\W\d]\w*)[ \t]*",
    re.MULTILINE,
)
_TAIL = re.compile(
    rb"[ \t]*(?P<returns>->[ \t]*[^:\r\n#]+?)?[ \t]*(?P<colon>:)?[ \t]*(?:\.\.\.|pass)?[ \t]*"
    rb"(?:#[^\r\n]*)?(?=[\r\n]|\Z)"
)
_ONLY_IN_SIGNATURES = re.compile(rb"\(\s*\*\s*,|,\s*[*/]\s*[,)]|[(,]\s*\*{0,2}\w+\s*:\s*\w")
_QUOTED = re.compile(rb"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|#[^\n]*")
_MAX_SIGNATURE = 4000
_MAX_UNCLOSED = 20
"""After so many headers whose bracket does not close, a broken fence is not worth more."""

_KEYWORDS = frozenset(keyword.kwlist)


def read_fence(text: str, scope: FenceScope, to_absolute: Callable[[int], int]) -> FenceFacts:
    """What a Python fence claims about the project.

    Args:
        text: the fence's content without the indentation of its container; broken UTF-8 as lone surrogates.
        scope: its place in the document.
        to_absolute: gives the document's byte offset for a byte offset of ``text`` in UTF-8.

    Returns:
        Claims with spans of the document, in the order of the text; the names that the fence binds otherwise than by
        imports of absolute modules; and its imports. Statements with syntax errors are left out.
    """
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return FenceFacts()
    if len(data) > MAX_BYTES or b"\0" in data:
        return FenceFacts()
    source = python_text(data)
    tree = grammar.parser().parse(source.data)
    headers: dict[int, str] = {}
    if tree.root_node.has_error:
        source, headers = _with_bodies(source, scope)
        tree = grammar.parser().parse(source.data) if headers else tree
    sink = ClaimSink(source, scope, to_absolute)
    facts = read_examples(tree.root_node, scope.imports, sink)
    read_stubs(tree.root_node, sink, {**scope.imports, **facts.imports}, headers)
    claims = sorted(sink.claims, key=lambda claim: (claim.start, claim.end))
    return FenceFacts(tuple(dict.fromkeys(claims)), tuple(sorted(facts.bound)), facts.imports)


def _with_bodies(source: FenceText, scope: FenceScope) -> tuple[FenceText, dict[int, str]]:
    """Give headers that stand without a body one, as documentation writes them: ``def f(a) -> int``, ``f(a, *, b)``.

    Returns the completed text, and the fence offsets of these names with the owner that stood before the name.
    """
    edits: list[tuple[int, int, bytes]] = []
    headers: dict[int, str] = {}
    for match, end in _headers(source.data, scope):
        owner = (match["owner"] or b"").decode("utf-8", "replace").strip(".")
        headers[source.to_fence(match.start("name"))] = owner
        edits.append((match.end("indent"), match.start("name"), match["word"] or b"def "))
        if end is not None:
            edits.append((end, end, b": ..."))
    return with_replacements(source, edits), headers


def _headers(data: bytes, scope: FenceScope) -> Iterator[tuple[re.Match[bytes], int | None]]:
    """Headers that Python would not read, and where the body is to be put unless there is one."""
    last = unclosed = 0
    for match in _HEADER.finditer(data):
        if match.start() < last or match["name"].decode("utf-8", "replace") in _KEYWORDS:
            continue
        has_list = data[match.end() : match.end() + 1] == b"("
        close = _closing(data, match.end()) if has_list else match.end()
        unclosed += close < 0
        if unclosed > _MAX_UNCLOSED:
            return
        tail = _TAIL.match(data, close) if close >= 0 else None
        if tail is None:
            continue
        word = match["word"] or b""
        is_header = (word.startswith(b"class") or (word and has_list)) and (match["owner"] or not tail["colon"])
        if is_header or (has_list and not word and _is_signature(match, data[match.end() : close], tail, scope)):
            last = tail.end()
            end = tail.end("returns") if tail["returns"] else close
            yield match, None if tail["colon"] else end


def _is_signature(head: re.Match[bytes], arguments: bytes, tail: re.Match[bytes], scope: FenceScope) -> bool:
    """Whether ``name(...)`` on a line of its own can only be a signature."""
    first = (head["owner"] or head["name"]).partition(b".")[0].decode("utf-8", "replace")
    if head["indent"] or tail["colon"] or first in scope.imports:
        return False
    return bool(tail["returns"] or _ONLY_IN_SIGNATURES.search(arguments))


def _closing(data: bytes, start: int) -> int:
    """The offset behind the bracket that closes the one at ``start``, or -1."""
    depth = 0
    place = start
    stop = min(len(data), start + _MAX_SIGNATURE)
    while place < stop:
        quoted = _QUOTED.match(data, place)
        if quoted:
            place = quoted.end()
            continue
        depth += (data[place] in b"([{") - (data[place] in b")]}")
        place += 1
        if depth == 0:
            return place
    return -1
