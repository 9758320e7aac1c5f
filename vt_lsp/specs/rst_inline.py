"""Literals, interpreted text and links inside one block of reStructuredText.

Inline markup is no nested grammar: a start-string is looked for, then the nearest end-string, each told by the
characters around it. The rules, and the way to follow them, are those of docutils (``Inliner`` in its parser; the
reStructuredText specification, "Inline markup recognition rules").
"""

from __future__ import annotations

import re

from vt_lsp.specs.inline import MAX_BYTES, Inline

_ROLE = rb"(?:[A-Za-z][\w+.-]{0,40}:){0,3}[A-Za-z][\w+.-]{0,40}"
_SPAN = re.compile(
    rb"(?<![\w`\\])(?:"
    rb"``(?=[^\s`])(?P<literal>(?:[^`]|`(?!`)){1,400}?)(?<=\S)``(?![\w`])"
    # A backtick right behind a role's colon begins: the one before it was never closed.
    rb"|(?::(?P<before>" + _ROLE + rb"):)?`(?=[^\s`])(?P<text>[^`]{1,400})(?<![\s:])`"
    rb"(?:(?P<link>__?)(?!\w)|:(?P<behind>" + _ROLE + rb"):|(?![\w`])))"
)
# Sphinx's roles of the Python domain say that a definition is meant.
_DEFINITIONS = frozenset("class meth func attr mod exc data obj const deco any autolink".split())
_SHOWN = frozenset("file option envvar code literal command program samp setting".split())
_TARGET = re.compile(rb"([^<>]*)<([^<>]+)>\s*")
_MARKS = re.compile(rb"[!~]?@?-?")


def parse_inline(text: bytes) -> tuple[Inline, ...]:
    """The spans of one block's text in the order of their start; none if the text is longer than ``MAX_BYTES``."""
    if len(text) > MAX_BYTES or b"`" not in text:
        return ()
    found: list[Inline] = []
    for match in _SPAN.finditer(text):
        if match["literal"] is not None:
            found.append(Inline("code", *match.span(), *match.span("literal")))
        elif match["link"] is not None:
            found += _link(match)
        else:
            found += _interpreted(match)
    return tuple(found)


def _interpreted(match: re.Match[bytes]) -> list[Inline]:
    """Interpreted text as code, unless its role says that it is something else."""
    role = match["before"] or match["behind"] or b""
    name = role.rpartition(b":")[2].decode("ascii")
    start, end = match.span("text")
    target = _TARGET.fullmatch(match.string, start, end)
    if target is not None:
        start, end = target.span(2)
    if name in _DEFINITIONS:
        marks = _MARKS.match(match.string, start, end)
        start = marks.end() if marks else start
        return [Inline("code", *match.span(), start, end, is_reference=True)]
    return [Inline("code", *match.span(), start, end)] if not name or name in _SHOWN else []


def _link(match: re.Match[bytes]) -> list[Inline]:
    target = _TARGET.fullmatch(match.string, *match.span("text"))
    return [Inline("link", *match.span(), *target.span(1), *target.span(2))] if target is not None else []
