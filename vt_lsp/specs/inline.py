"""Code spans, links, images, autolinks and HTML tags inside one block of text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec
import tree_sitter_markdown
from tree_sitter import Language, Parser

if TYPE_CHECKING:
    from tree_sitter import Node

_LANGUAGE = Language(tree_sitter_markdown.inline_language())
_PARSER = Parser(_LANGUAGE)
# Some inputs cost the grammar quadratic time; no real paragraph comes near this size.
MAX_BYTES = 16 * 1024
# Nobody asks for emphasis here, and runs of its marks are what costs quadratic time: a letter in their place keeps
# all offsets.
_WITHOUT_EMPHASIS = bytes.maketrans(b"*_~", b"xxx")
_TRIGGER = re.compile(rb"[`\[<]")
_MAX_BRACKETS = 800
# Most blocks hold nothing but words, pairs of single backticks, and links without nesting, escapes or titles: these
# mean the same to every reader, and the grammar, ten times slower, has no say.
_SIMPLE_CODE = re.compile(rb"`([^`]+)`")
_SIMPLE_LINK = (
    rb"\[(?=[A-Za-z_`])((?:[^`\[\]<\\$!]|`[^`\[\]]+`)++)\]"
    rb"(?:\(([^\s()<>\[\]\\`\"'$&!]+)\)|\[([^\s`\[\]<\\$!&]+)\](?![\[(])|(?![\[(:]))"
)
_SIMPLE_SPAN = re.compile(rb"`([^`]+)`|" + _SIMPLE_LINK)
_SIMPLE = re.compile(rb"(?:[^`\[\]<\\$!]++|!(?!\[)|`[^`]+`|" + _SIMPLE_LINK + rb")*+")

SpanKind = Literal["code", "link", "image", "reference", "autolink", "html"]
_KINDS: dict[str, SpanKind] = {
    "code_span": "code",
    "inline_link": "link",
    "image": "image",
    "full_reference_link": "reference",
    "collapsed_reference_link": "reference",
    "shortcut_link": "reference",
    "uri_autolink": "autolink",
    "email_autolink": "autolink",
    "html_tag": "html",
}


class Inline(msgspec.Struct, frozen=True, gc=False):
    """One span: ``start``/``end`` with its marks, ``inner_*`` its content, ``target_*`` a link's destination or label.

    A target of a reference is its label without brackets; of ``[text][]`` and ``[text]`` the text. Code is a
    reference where its markup says that it names a definition.
    """

    kind: SpanKind
    start: int
    end: int
    inner_start: int
    inner_end: int
    target_start: int = -1
    target_end: int = -1
    is_reference: bool = False


InlineParser = Callable[[bytes], tuple[Inline, ...]]
"""Gives the spans of one block's text in the order of their start."""


def parse_inline(text: bytes) -> tuple[Inline, ...]:
    """The spans of one block's text in the order of their start; none if the text is longer than ``MAX_BYTES``."""
    if len(text) > MAX_BYTES or not _TRIGGER.search(text):
        return ()
    if b"``" not in text and _SIMPLE.fullmatch(text):
        return tuple(_simple(text))
    if text.count(b"[") > _MAX_BRACKETS or text.count(b"<") > _MAX_BRACKETS:
        return ()
    return tuple(_by_grammar(text))


def _by_grammar(text: bytes) -> list[Inline]:
    root = _PARSER.parse(text.translate(_WITHOUT_EMPHASIS) + b"\n").root_node
    found: list[Inline] = []
    stack = list(reversed(root.named_children))
    while stack:
        node = stack.pop()
        kind = _KINDS.get(node.type)
        if kind is None:
            continue
        inner, target = _parts(node, kind)
        if kind in {"link", "image", "reference"}:
            stack.extend(reversed([below for child in node.named_children for below in child.named_children]))
        found.append(Inline(kind, node.start_byte, node.end_byte, *inner, *target))
    return found


def _simple(text: bytes) -> list[Inline]:
    found: list[Inline] = []
    for match in _SIMPLE_SPAN.finditer(text):
        start, end = match.span()
        if match[1] is not None:
            found.append(Inline("code", start, end, start + 1, end - 1))
            continue
        inner = match.span(2)
        if match[3] is not None:
            found.append(Inline("link", start, end, *inner, *match.span(3)))
        else:
            found.append(Inline("reference", start, end, *inner, *(inner if match[4] is None else match.span(4))))
        found += [Inline("code", *m.span(), *m.span(1)) for m in _SIMPLE_CODE.finditer(text, *inner)]
    return found


def _parts(node: Node, kind: SpanKind) -> tuple[tuple[int, int], tuple[int, int]]:
    """The spans of a node's content and of its target; (-1, -1) for none."""
    inner, target = (node.start_byte, node.end_byte), (-1, -1)
    children = node.named_children
    if kind == "code":
        return (children[0].end_byte, children[-1].start_byte), target
    for child in children:
        if child.type in {"link_text", "image_description"}:
            inner = (child.start_byte, child.end_byte)
        elif child.type == "link_destination":
            target = (child.start_byte, child.end_byte)
        elif child.type == "link_label":
            target = (child.start_byte + 1, child.end_byte - 1)
    return inner, inner if kind == "reference" and target == (-1, -1) else target
