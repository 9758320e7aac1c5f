"""Raw expressions cut at their top level: commas, ``|`` and ``=`` outside of brackets and strings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT: Final = 20_000
"""Longer texts are not looked at, in characters."""

_TOKEN = re.compile(
    r"""[rRbBuUfFtT]{0,2}(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"|\#[^\n]*|[(){}\[\]]|[=!<>:]=|->|[,|=:]|[^\W\d]\w*|[^\w(){}\[\],|=:\#\"'!<>-]+|."
)
_OPEN, _CLOSE = frozenset("([{"), frozenset(")]}")


def top_level(text: str, separator: str) -> list[str] | None:
    """The parts of a text between separators (one of ``,``, ``|``, ``=``, ``:``) that stand outside of brackets.

    Returns:
        The parts, stripped and without comments; an empty text has one empty part. None if brackets do not match or
        the text is longer than ``LIMIT``.
    """
    if len(text) > LIMIT:
        return None
    parts: list[str] = []
    words: list[str] = []
    depth = 0
    in_lambda = False
    for word in tokens(text):
        if word in _OPEN:
            depth += 1
        elif word in _CLOSE:
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0 and word == "lambda":
            in_lambda = True
        elif depth == 0 and in_lambda:
            in_lambda = word != ":"
        elif depth == 0 and word == separator:
            parts.append("".join(words).strip())
            words.clear()
            continue
        words.append(word)
    if depth:
        return None
    return [*parts, "".join(words).strip()]


def tokens(text: str) -> Iterator[str]:
    """Strings, names, brackets and operators of a text in order, blanks included; comments are left out."""
    for match in _TOKEN.finditer(text):
        if not match[0].startswith("#"):
            yield match[0]
