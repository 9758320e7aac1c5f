"""Answers of a model as Markdown that can do nothing: no link, no image, no HTML, no command.

A model repeats what it was shown, and what it was shown may have been written to mislead: an address that carries a
secret away when it is clicked or loaded, a ``command:`` link of an editor. What makes a link or a tag is broken apart
by a space wherever it stands: whether it stands in code is a question that each renderer answers in its own way, and
most code means the same with the space.
"""

from __future__ import annotations

import re
from typing import Final

_LINKS: Final = re.compile(r"\](?=[(\[:])|<(?=[A-Za-z/!?])")
_FENCE: Final = re.compile(r"\s{0,3}(?:```|~~~)")
_CODE: Final = re.compile(r"(`+[^`]*`+)")
_ADDRESS: Final = re.compile(r"(?<![\w/])(?:https?://|ftp://|mailto:|www\.)[^\s`<>()\[\]\"']+", re.IGNORECASE)


def harmless(markdown: str) -> str:
    """The same text for a reader, of which nothing can be clicked, loaded or run."""
    lines: list[str] = []
    in_code = False
    for line in _LINKS.sub(r"\g<0> ", markdown).splitlines():
        is_fence = _FENCE.match(line) is not None
        lines.append(line if in_code or is_fence else _addresses_as_code(line))
        in_code ^= is_fence
    return "\n".join(lines)


def _addresses_as_code(line: str) -> str:
    """Addresses that a renderer would make links of by itself, as code."""
    parts = _CODE.split(line)
    parts[::2] = [_ADDRESS.sub(r"`\g<0>`", part) for part in parts[::2]]
    return "".join(parts)
