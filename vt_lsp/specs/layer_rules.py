"""Sentences on which modules may import which: "`shop.domain` must not import `shop.web`", "`a` -> `b` -> `c`".

Names count only in backticks. A paragraph that speaks of an exception (of types, of late imports, "except", "unless")
is left alone: what it allows is for people to understand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Claim
from vt_lsp.specs.blocks import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Role
    from vt_lsp.specs.page import Page

_LONGEST = 4000  # bytes of a paragraph
_NAME = rb"`[A-Za-z_.][\w./-]*(?:\*{1,2})?`"
_LIST = rb"(?:(?:the|any|from|of|both|either|neither)\s+){0,2}" + _NAME
_LIST += (
    rb"(?:(?:\s*,\s*(?:and\s+|or\s+|nor\s+)?|\s+(?:and|or|nor)\s+|\s*/\s*)(?:the\s+|from\s+)?" + _NAME + rb"){0,20}"
)
_KIND = rb"(?:\s+(?:layer|package|module|subpackage|code|layers|packages|modules))?"
_IMPORT = (
    rb"(?:import(?:s|ing)?(?:\s+(?:anything\s+)?from)?|depends?\s+(?:up)?on|have\s+(?:a\s+)?dependenc(?:y|ies)\s+on)\s+"
)
_NOT = (
    rb"(?:(?:must|may|should|shall|can|will)(?:\s+|\s*\*\*\s*)(?:not|never)|cannot|can't|mustn't|never|"
    rb"(?:is|are)\s+not\s+allowed\s+to)[*_]*\s+(?:ever\s+|directly\s+)?"
)
_FORBIDDEN = re.compile(
    rb"(?P<from>" + _LIST + rb")" + _KIND + rb"\s+[*_]*" + _NOT + _IMPORT + rb"(?P<to>" + _LIST + rb")", re.IGNORECASE
)
_ONLY = re.compile(
    rb"(?P<from>" + _LIST + rb")" + _KIND
    + rb"\s+(?:(?:must|may|should|shall|can)\s+)?[*_]*only[*_]*\s+" + _IMPORT + rb"(?P<to>" + _LIST + rb")"
    rb"(?:,?\s+and\s+(?:the\s+)?(?:standard\s+library|stdlib))?\s*(?:[.;)]|\Z)",
    re.IGNORECASE,
)  # fmt: skip
_ARROWS = re.compile(_NAME + rb"(?:\s*(?:->|-->|\xe2\x86\x92|=>)\s*" + _NAME + rb"){1,12}")
_ONE = re.compile(rb"`([^`]+)`")
_DIRECTION = re.compile(
    rb"\b(?:dependenc(?:y|ies)|imports?|depends?)\b[^.\n]{0,60}\b(?:direction|flow|go|rule|only)|\blayers?\b",
    re.IGNORECASE,
)
_EXCEPTION = re.compile(
    rb"\b(?:except|exception|unless|exempt|type[-_ ]?check\w*|typing|laz(?:y|ily)|import[- ]time|run[- ]?time|"
    rb"module level|top[- ]level|eager\w*|allow-?list|grandfathered|legacy|for now|currently|today|yet|other than|"
    rb"outside|transitive\w*|if|when)\b",
    re.IGNORECASE,
)


def layer_rules(page: Page) -> Iterator[Claim]:
    """The rules of a document; each forbids or allows imports of one module."""
    if b"import" not in page.data and b"depend" not in page.data and b"ayer" not in page.data:
        return
    role, section = page.outline.role, ""
    for number, block in enumerate(page.blocks):
        heading = page.outline.headings.get(number)
        if heading is not None:
            role, section = heading.role, heading.slug
        if not isinstance(block, Text) or not block.pieces:
            continue
        start, end = block.pieces[0][0], block.pieces[-1][1]
        text = page.data[start:end]
        if text.count(b"`") < 4 or len(text) > _LONGEST or _EXCEPTION.search(text):
            continue
        yield from _rules(text, start, role, section)


def _rules(text: bytes, shift: int, role: Role, section: str) -> Iterator[Claim]:
    for pattern, expected in ((_FORBIDDEN, "not"), (_ONLY, "only")):
        for match in pattern.finditer(text):
            to = [*_ONE.finditer(text, *match.span("to"))]
            for one in _ONE.finditer(text, *match.span("from")):
                subject = one[1].decode("utf-8", "replace")
                if expected == "only":
                    bases = tuple(other[1].decode("utf-8", "replace") for other in to)
                    yield _rule(subject, bases, expected, one.span(1), shift, role, section)
                    continue
                for other in to:
                    bases = (other[1].decode("utf-8", "replace"),)
                    yield _rule(subject, bases, expected, other.span(1), shift, role, section)
    if _DIRECTION.search(text):
        for match in _ARROWS.finditer(text):
            yield from _arrows([*_ONE.finditer(text, *match.span())], shift, role, section)


def _arrows(names: list[re.Match[bytes]], shift: int, role: Role, section: str) -> Iterator[Claim]:
    """Of "`web` -> `domain` -> `db`": none may import what stands before it."""
    plain = [name[1].decode("utf-8", "replace") for name in names]
    for at, lower in enumerate(names[1:], 1):
        yield _rule(plain[at], tuple(plain[:at]), "not", lower.span(1), shift, role, section)


def _rule(  # noqa: PLR0913, PLR0917 - the fields of a claim
    subject: str, bases: tuple[str, ...], expected: str, span: tuple[int, int], shift: int, role: Role, section: str
) -> Claim:
    return Claim(
        "layer", subject, shift + span[0], shift + span[1], role, bases=bases, expected=expected, section=section
    )
