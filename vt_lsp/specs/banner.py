"""Banners: words at the top of a page that call the page, or what its title names, outdated or gone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.specs.anchors import plain_title
from vt_lsp.specs.blocks import Raw, Text
from vt_lsp.specs.scope import Dedented

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.specs.blocks import Block

_MAX_LINES = 15
_MAX_LENGTH = 4000
# Without one of these there is no banner; "dated" is in outdated, "of date" in out of date.
_WORDS = (
    b"deprecat", b"dated", b"of date", b"of-date", b"no longer", b"supported", b"maintained", b"obsolete", b"archived",
    b"superseded", b"discontinued", b"retired", b"scheduled", b"slated", b"due to be", b"due for",
)  # fmt: skip
# "No longer supported on Windows" leaves the page as true as it was.
_WHOLLY = (
    r"(?!\s+(?:yet|when|if|under|unless|while|by\s+default|on(?!\s+[\w\s]{0,12}\d)|with(?!\s+(?:version|v?\d))|"
    r"for(?!\s+removal)|in(?!\s+(?:favou?r|version|v?\d|[\w.-]+\s+v?\d)))\b)"
)
_STATE = (
    r"(?:outdated|out[ -]of[ -]date|deprecated|obsolete|archived|superseded|discontinued|retired|unmaintained|"
    r"(?:scheduled|slated|due)\s+(?:to\s+be\s+removed|for\s+removal)|"
    r"(?:no\s+longer|not(?:\s+being)?)\s+(?:actively\s+|officially\s+|being\s+)?(?:maintained|supported(?!\s+by))|"
    r"no\s+longer\s+(?:accurate|valid|up[ -]to[ -]date|relevant|recommended|applicable|available|current))\b"
)
_IS = (
    r"\s+(?:is|are|was|were|has\s+been|have\s+been|may\s+be|might\s+be)\s+"
    r"(?:(?:now|already|also|officially|currently|very|somewhat|partially|being)\s+)*"
)
_NOUN = (
    r"(?:page|document(?:ation)?|docs?|guide|tutorial|how-?to|article|content|text|information|material|readme|"
    r"feature|functionality|module|package|library|project|repository|repo|integration|extension|plugin|api|class|"
    r"component|tool|approach|example|notebook|provider|spec(?:ification)?)"
)
_PAGE = re.compile(
    rf"\b(?:this\s+(?:\w+\s+)?{_NOUN}|the\s+{_NOUN}\s+(?:below|here|(?:on|in|of)\s+this\s+\w+)|"
    rf"the\s+(?:following|present)\s+{_NOUN}|everything\s+below){_IS}{_STATE}{_WHOLLY}",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    rf"(?:^|[,:;]\s*)(?:(?:please\s+)?note\s+that\s+)?([^,:;]{{1,80}}?){_IS}{_STATE}{_WHOLLY}", re.IGNORECASE
)
_TERSE = re.compile(
    r"(?:(?:page|document|feature|project|package|module)\s+)?(?:is\s+)?"
    r"(?:deprecated|outdated|out[ -]of[ -]date|obsolete|archived|superseded|unmaintained|no\s+longer\s+maintained)"
    r"(?:\s*[.!]*$|\s*[:\u2013\u2014.-]+\s*(?:please\s+)?(?:use|see|refer)\b|\s+(?:since|as\s+of|in)\s+(?:version\s+)?v?\d[\w.]*\W*$|"
    r"\s+(?:by|in\s+favou?r\s+of)\s)",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\b(?:if|when|once|whether|unless|until|before|in\s+case)\b", re.IGNORECASE)
_MARKS = re.compile(
    r"^(?:(?:!!!|\?\?\?\+?|:::+)\s*(?:\{?\w+\}?)?\s*|\[!\w+\]\s*|[\"*_\s>]|[^\w\s`(]|(?:warning|danger|caution|important|note|attention)\s*[:!])+",
    re.IGNORECASE,
)
_TAGS = re.compile(r"<[^<>]*>")
_ENDS = re.compile(r"(?<=[.!?])[\"*_]*\s+|\n[ \t]*\n")
_FRAME = re.compile(
    rf"^(?:therefore\s+)?(?:(?:the|our|all)\s+|[\w.-]+'s\s+)*|\s+(?:{_NOUN}|function|method|decorator)s?$"
)
_MANY = re.compile(r"[,&/]|\b(?:and|or|vs|from|to)\b")
_WAYS_OUT = re.compile(r"replac|migrat|alternativ|handl|remov|avoid|upgrad|deprecat")


def is_banner_over(data: bytes, blocks: Sequence[Block], title: str) -> bool:
    """Whether the blocks before the first heading of the body call the whole document outdated.

    ``title`` is the document's first heading of level one, plain. Looked at are paragraphs, admonitions, quotes and
    HTML within the first lines after the title (or after the front matter, where the banner stands above the title).
    """
    head = data[:8192].lower()
    if not any(word in head for word in _WORDS):
        return False
    # One word is no banner over a text without headings, such as a snippet: it may be about the next line.
    has_headings = any(isinstance(block, Text) and block.kind == "heading" for block in blocks)
    return any(
        _speaks_of_page(text, title.lower()) or (has_headings and _is_terse(text)) for text in _head(data, blocks)
    )


def _head(data: bytes, blocks: Sequence[Block]) -> Iterator[str]:
    start, is_titled = 0, False
    for block in blocks:
        if isinstance(block, Raw) and block.kind == "matter":
            start = block.end
            continue
        if isinstance(block, Text) and block.kind == "heading":
            if is_titled or block.level > 1:
                return
            start, is_titled = block.end, True
            continue
        if data.count(b"\n", start, block.start) > _MAX_LINES:
            return
        if isinstance(block, Text) and block.kind == "paragraph" and block.parent < 0:
            yield Dedented(data, block.pieces).data.decode("utf-8", "replace")
        elif isinstance(block, Raw) and block.kind == "html":
            yield data[block.start : block.end].decode("utf-8", "replace")


def _sentences(text: str) -> list[str]:
    text = _TAGS.sub(" ", text[:_MAX_LENGTH]).replace("**", "").replace("__", "").replace("\u2019", "'")
    return _ENDS.split(_MARKS.sub("", text))


def _is_terse(text: str) -> bool:
    return _TERSE.match(_sentences(text)[0].strip('"*_ \n')) is not None


def _speaks_of_page(text: str, title: str) -> bool:
    for sentence in _sentences(text):
        page = _PAGE.search(sentence)
        if page and not _CONDITION.search(sentence, 0, page.start()):
            return True
        named = _SUBJECT.search(sentence)
        if named and not _CONDITION.search(sentence, 0, named.end(1)) and _is_title(named[1], title):
            return True
    return False


def _is_title(subject: str, title: str) -> bool:
    """Whether a title is about a subject and nothing else: "Assertions" of "DSPy Assertions"."""
    subject = " ".join(_FRAME.sub("", plain_title(subject).lower()).split())
    title = " ".join(_FRAME.sub("", title).split())
    if not subject or not title.endswith(subject):
        return False
    rest = title.removesuffix(subject)
    return not rest or (rest.endswith(" ") and not _MANY.search(rest) and not _WAYS_OUT.search(rest))
