"""The brackets of a text of Python, and what stands between the commas of a call; one pass, for text in any state."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    rb"\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'|#[^\n]*|[()\[\]{},]"
)
_PAIRS = {b")": b"(", b"]": b"[", b"}": b"{"}
_KEYWORD = re.compile(rb"\s*([A-Za-z_]\w*)\s*=(?!=)\s*")
_STRING = re.compile(r"([rbufRBUF]{0,2})(\"{3}|'{3}|\"|')([\s\S]*)\2")
_PIECE = re.compile(r"[rbufRBUF]{0,2}(?:\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+')\s*")
_EXPRESSION = re.compile(r"\{[^{}]*\}")


class Argument(NamedTuple):
    """One argument of a call: its keyword or ``""``, its text, and where the text stands."""

    keyword: str
    text: str
    start: int
    end: int


class Call(NamedTuple):
    """The arguments between two brackets; ``end`` is the byte after the closing one."""

    arguments: tuple[Argument, ...]
    end: int

    def get(self, *names: str, position: int = -1) -> str | None:
        """The argument with one of these keywords, or at this position among those without; None if it is missing."""
        for argument in self.arguments:
            if argument.keyword in names:
                return argument.text
        if 0 <= position < len(self.arguments) and not self.arguments[position].keyword:
            return self.arguments[position].text
        return None


class Brackets:
    """Which bracket belongs to which, in one text."""

    def __init__(self, data: bytes) -> None:
        """``data`` is the whole text; strings and comments hide what is in them."""
        self._data = data
        self._tokens: list[tuple[bytes, int]] = []
        self._partner: dict[int, int] = {}  # number of the token that closes, by that of the one that opens
        self._at: dict[int, int] = {}  # number of an opening token by its byte
        opened: list[int] = []
        for match in _TOKEN.finditer(data):
            text = match[0]
            if len(text) != 1 or text == b"#":
                continue
            number = len(self._tokens)
            self._tokens.append((text, match.start()))
            if text in b"([{":
                self._at[match.start()] = number
                opened.append(number)
            elif text != b"," and opened and self._tokens[opened[-1]][0] == _PAIRS[text]:
                self._partner[opened.pop()] = number

    def call(self, at: int) -> Call | None:
        """The arguments behind the bracket that opens at byte ``at``; None if it does not close, or is in a string."""
        first = self._at.get(at)
        last = self._partner.get(first) if first is not None else None
        if first is None or last is None:
            return None
        return Call(tuple(self._arguments(first, last)), self._tokens[last][1] + 1)

    def _arguments(self, first: int, last: int) -> Iterator[Argument]:
        start, number = self._tokens[first][1] + 1, first + 1
        while number <= last:
            text, at = self._tokens[number]
            if text == b"," or number == last:
                if self._data[start:at].strip():
                    yield self._argument(start, at)
                start = at + 1
            number = self._partner.get(number, number) + 1

    def _argument(self, start: int, end: int) -> Argument:
        keyword = _KEYWORD.match(self._data, start, end)
        begin = keyword.end() if keyword is not None else start
        text = self._data[begin:end].decode("utf-8", "replace").strip()
        return Argument(keyword[1].decode() if keyword is not None else "", text, begin, end)


UNKNOWN = "\0"
"""What stands for the computed parts of a string."""


def string_value(text: str) -> str | None:
    """What a string literal says, with ``UNKNOWN`` for what an f-string computes; None if it is no string.

    Strings side by side are joined. Escapes other than of quotes are left as they are written.
    """
    text = text.strip()
    while text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    parts = [text]
    if _STRING.fullmatch(text) is None or text.count(text[-1]) > 2:
        parts = [part.strip() for part in _PIECE.findall(text)]
        if not parts or len("".join(_PIECE.findall(text))) != len(text):
            return None
    found = []
    for part in parts:
        match = _STRING.fullmatch(part)
        if match is None:
            return None
        said = match[3]
        found.append(_EXPRESSION.sub(UNKNOWN, said) if "f" in match[1].lower() else said)
    return "".join(found)


def string_list(text: str) -> list[str] | None:
    """The strings of a list, tuple or set; None if anything else is in it."""
    text = text.strip()
    if text[:1] not in {"[", "(", "{"}:
        return None
    values = [string_value(part) for part in text[1:-1].split(",") if part.strip()]
    return None if None in values else [value for value in values if value is not None]
