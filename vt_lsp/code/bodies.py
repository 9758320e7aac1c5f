"""Function bodies out of the parser's sight: most of its time goes into statements that define nothing for others.

A body is overwritten by one number of the same length, so that every offset stays. It is left alone where it may
matter (it assigns to its instance, declares globals) and where its end is not plain to see; whoever parses the result
and finds an error must parse the text as it is.
"""

from __future__ import annotations

import functools
import re

from vt_lsp.code import grammar as g
from vt_lsp.code.instance import OF_SELF

_STRING = rb"\"[^\"\n\\]*\"|'[^'\n\\]*'"
_HEADER = re.compile(
    rb"def[ \t]+%b[ \t]*\(\s*(%b)?" % (g.IDENTIFIER, g.IDENTIFIER)
    + rb"(?:[^()\[\]{}\"'#]|%b|\([^()\"'#]*\)|\[[^\[\]\"'#]*\]|\{[^{}\"'#]*\})*+\)" % _STRING
    + rb"[ \t]*(?:->[^\n:#\"'{}()]+)?:[ \t]*(?:#[^\n]*)?\r?\n"
)
_FIRST = re.compile(rb"(?:[ \t]*\r?\n)*+([ \t]+)[^ \t\r\n#]")  # the indentation of the first statement
_NEXT = re.compile(rb"([ \t]*)(?:[A-Za-z_@#]|\Z)")  # a line into which no bracket or string reaches
_COLON = re.compile(rb":[ \t]*(?:#[^\n]*)?(?:\Z|\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*+)([ \t]*+)")
_BLANKS = b" \t\r\n"


def without_bodies(data: bytes) -> bytes:
    """The text without the function bodies that surely hold no definition; ``data`` itself if there are none."""
    if b"\f" in data or data.count(b"\r") != data.count(b"\r\n"):  # the grammar has its own mind about these
        return data
    keeps = [word for word in (b"cls.", b"as self.", b"global") if word in data]
    parts: list[bytes] = []
    copied = at = 0
    while (at := data.find(b"def ", at)) >= 0:
        header = _HEADER.match(data, at)
        indent = data[data.rfind(b"\n", 0, at) + 1 : at].removesuffix(b"async ")
        if header is None or indent.strip(b" \t") or (indent and header[1] not in {b"self", b"cls", None}):
            at += 4
            continue
        at = header.end()
        body = _body(data, at, indent)
        text = body.strip(_BLANKS)
        # Where a comment at the end belongs is hard to say.
        if not text or b"#" in text[text.rfind(b"\n") + 1 :] or (keeps and any(word in text for word in keeps)):
            continue
        if (indent and OF_SELF.search(body)) or _has_empty_block(body):
            continue
        first = at + body.index(text[:1])
        parts += data[copied:first], b"1" * len(text)
        copied = first + len(text)
        at += len(body)
    return b"".join((*parts, data[copied:])) if parts else data


def _body(data: bytes, start: int, indent: bytes) -> bytes:
    """The lines from ``start`` to the end of a function indented by ``indent``; empty where the end is not plain."""
    first = _FIRST.match(data, start)
    if first is None or len(first[1]) <= len(indent) or not first[1].startswith(indent):
        return b""
    after = _outside(first[1]).search(data, first.end())
    stop = after.end() if after is not None else len(data)
    body = data[start:stop]
    following = _NEXT.match(data, stop)
    if following is None or not indent.startswith(following[1]):  # of a string, of a bracket, or badly indented
        return b""
    is_open = body.count(b'"""') % 2 or body.count(b"'''") % 2 or body.rstrip(_BLANKS).endswith(b"\\")
    return b"" if is_open else body


def _has_empty_block(body: bytes) -> bool:
    """Nothing is indented below a line that ends with a colon: the grammar takes what follows out of the function."""
    for match in _COLON.finditer(body):
        line = body[body.rfind(b"\n", 0, match.start()) + 1 : match.start()]
        if len(match[1]) <= len(line) - len(line.lstrip(b" \t")):
            return True
    return False


@functools.lru_cache(maxsize=128)
def _outside(indent: bytes) -> re.Pattern[bytes]:
    """Finds the line break before the next line that holds something and does not begin with ``indent``."""
    return re.compile(rb"\n(?!%b|[ \t]*(?:\r?\n|\Z))" % indent)
