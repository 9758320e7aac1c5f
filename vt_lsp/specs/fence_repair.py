"""Fences that Python would not read: headers without a body, and statements with syntax errors.

About one fence in eight is of that kind; one broken statement should not hide the others.
"""

from __future__ import annotations

import keyword
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.code import grammar
from vt_lsp.specs.fence_names import possible_targets
from vt_lsp.specs.fence_text import FenceText, with_replacements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HEADER = re.compile(
    rb"^(?P<indent>[ \t]*)(?P<word>(?:async[ \t]+)?def[ \t]+|class[ \t]+)?"
    rb"(?P<owner>\.|(?:[^\W\d]\w*\.)+)?(?P<name>[^\W\d]\w*)[ \t]*",
    re.MULTILINE,
)
_TAIL = re.compile(
    rb"[ \t]*(?P<returns>->[ \t]*[^:\r\n#]{1,300}?)?[ \t]*(?P<colon>:)?[ \t]*(?:\.\.\.|pass)?[ \t]*"
    rb"(?:#[^\r\n]*)?(?=[\r\n]|\Z)"
)
_ONLY_IN_SIGNATURES = re.compile(rb"\(\s*\*\s*,|,\s*[*/]\s*[,)]|[(,]\s*\*{0,2}\w+\s*:\s*\w")
_QUOTED = re.compile(rb"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|#[^\n]*")
_MAX_SIGNATURE = 4000
_MAX_UNCLOSED = 20
"""After so many headers whose bracket does not close, a broken fence is not worth more."""

_KEYWORDS = frozenset(keyword.kwlist)
_STATEMENT = re.compile(rb"^(?![ \t\r\n#)\]}]|(?:else|elif|except|finally)\b)", re.MULTILINE)
_CLASS = re.compile(rb"(?:@[^\n]*\n)*class\b[^\n]*:[ \t]*(?:#[^\n]*)?\r?\n(?=([ \t]+)\S)")
_MAX_STATEMENTS = 400
_MAX_BYTES = 16 * 1024
"""Longer texts with errors are taken as the grammar recovers them: each repair parses them again."""


def repaired(source: FenceText, imports: Mapping[str, str]) -> tuple[FenceText, dict[int, str]]:
    """A text in which what can be read can be read; broken statements become blanks.

    Returns the text, and the fence offsets of names whose header had no body with the owner that stood before the name.
    ``imports`` are the names that the document has imported: a call of them is no signature.
    """
    if len(source.data) > _MAX_BYTES:
        return source, {}
    source, headers = _with_bodies(source, imports)
    if not _is_broken(source.data):
        return source, headers
    unread: set[str] = set()
    data = source.data
    for start, end in _broken_statements(data):
        unread |= possible_targets(data[start:end])
        data = data[:start] + re.sub(rb"[^\r\n]", b" ", data[start:end]) + data[end:]
    return replace(source, data=data, unread=frozenset(unread)), headers


def _is_broken(data: bytes) -> bool:
    return grammar.parser().parse(data).root_node.has_error


def _broken_statements(data: bytes) -> Iterator[tuple[int, int]]:
    """Spans of statements that cannot be read; of a class only the members at fault."""
    for start, end in _statements(data, 0, len(data), _STATEMENT):
        text = data[start:end]
        if not _is_broken(text):
            continue
        header = _CLASS.match(text)
        if header is None or _is_broken(header[0] + header[1] + b"pass\n"):
            yield start, end
            continue
        member = re.compile(rb"^" + header[1] + rb"(?![ \t\r\n#)\]}])", re.MULTILINE)
        for first, last in _statements(data, start + header.end(), end, member):
            if _is_broken(b"class _:\n" + data[first:last]):
                yield first, last


def _statements(data: bytes, start: int, end: int, head: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    """Cut at lines that look like the start of a statement; decorators and long strings stay in one piece."""
    marks = [match.start() for match in head.finditer(data, start, end)][:_MAX_STATEMENTS]
    first = None
    for mark, after in zip(marks, [*marks[1:], end], strict=False):
        first = mark if first is None else first
        is_decorator = data[mark:after].lstrip().startswith(b"@")
        is_open = data.count(b'"""', first, after) % 2 or data.count(b"'''", first, after) % 2
        if after < end and (is_decorator or is_open):
            continue
        yield first, after
        first = None


def _with_bodies(source: FenceText, imports: Mapping[str, str]) -> tuple[FenceText, dict[int, str]]:
    """Give headers that stand without a body one, as documentation writes them: ``def f(a) -> int``, ``f(a, *, b)``.

    Returns the completed text, and the fence offsets of these names with the owner that stood before the name.
    """
    edits: list[tuple[int, int, bytes]] = []
    headers: dict[int, str] = {}
    for match, end in _headers(source.data, imports):
        owner = (match["owner"] or b"").decode("utf-8", "replace").strip(".")
        headers[source.to_fence(match.start("name"))] = owner
        edits.append((match.end("indent"), match.start("name"), match["word"] or b"def "))
        if end is not None:
            edits.append((end, end, b": ..."))
    return (with_replacements(source, edits) if edits else source), headers


def _headers(data: bytes, imports: Mapping[str, str]) -> Iterator[tuple[re.Match[bytes], int | None]]:
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
        if is_header or (has_list and not word and _is_signature(match, data[match.end() : close], tail, imports)):
            last = tail.end()
            end = tail.end("returns") if tail["returns"] else close
            yield match, None if tail["colon"] else end


def _is_signature(head: re.Match[bytes], arguments: bytes, tail: re.Match[bytes], imports: Mapping[str, str]) -> bool:
    """Whether ``name(...)`` on a line of its own can only be a signature."""
    first = (head["owner"] or head["name"]).partition(b".")[0].decode("utf-8", "replace")
    if head["indent"] or tail["colon"] or first in imports:
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
