"""The anchors that a link may point to, as GitHub and MkDocs make them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_ATTRIBUTES = re.compile(r"\s*\{:?[^{}]*#([\w:.-]+)[^{}]*\}\s*$")
_HTML_ID = re.compile(rb"<[a-zA-Z][^<>]{0,300}?\b(?:id|name)\s*=\s*[\"']?([^\s\"'<>]+)")
_LABEL = re.compile(rb"(?m)^\(([\w:.-]+)\)=[ \t]*$")
_LINK = re.compile(r"!?\[([^\[\]]*)\](?:\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+\"[^\"]*\")?\)|\[[^\[\]]*\])")
_TAG = re.compile(r"<[^<>]*>")
_EMPHASIS = re.compile(r"\*+|(?<!\w)_+(?=\S)|(?<=\S)_+(?!\w)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


@lru_cache(maxsize=4096)
def plain_title(title: str) -> str:
    """A heading's text without marks of links, emphasis, code and attributes."""
    title = _ATTRIBUTES.sub("", title)
    title = _LINK.sub(r"\1", title)
    code = title.split("`")
    plain = [part if index % 2 else _EMPHASIS.sub("", _TAG.sub("", part)) for index, part in enumerate(code)]
    return _ESCAPE.sub(r"\1", "".join(plain)).strip()


@lru_cache(maxsize=4096)
def github_slug(title: str) -> str:
    """The anchor that GitHub gives a heading with this plain title, before duplicates are numbered."""
    kept = (c for c in title.strip().lower() if c in "-_ " or unicodedata.category(c)[0] in "LMN")
    return "".join("-" if c == " " else c for c in kept)


@lru_cache(maxsize=4096)
def mkdocs_slug(title: str) -> str:
    """The anchor that Python-Markdown's toc gives it."""
    ascii_title = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_title).strip().lower())


class Slugs:
    """Gives each heading of a document its slug, and remembers all anchors."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._anchors: dict[str, None] = {}

    def add(self, title: str) -> str:
        """The GitHub slug of the next heading (raw title); its explicit id if it has one."""
        explicit = _ATTRIBUTES.search(title)
        plain = plain_title(title)
        slug = self._numbered(github_slug(plain), "-")
        other = self._numbered(mkdocs_slug(plain), "_")
        self._anchors |= {slug: None, other: None}
        if explicit:
            self._anchors[explicit[1]] = None
            return explicit[1]
        return slug

    def add_ids(self, data: bytes) -> None:
        """Anchors from HTML tags and MyST labels in the text."""
        found: Iterable[bytes] = [*_HTML_ID.findall(data), *_LABEL.findall(data)]
        self._anchors |= {anchor.decode("utf-8", "replace"): None for anchor in found}

    @property
    def anchors(self) -> tuple[str, ...]:
        """All anchors in the order of their appearance."""
        return tuple(anchor for anchor in self._anchors if anchor)

    def _numbered(self, slug: str, separator: str) -> str:
        key = separator + slug
        count = self._counts.get(key, 0)
        self._counts[key] = count + 1
        return f"{slug}{separator}{count}" if count else slug
