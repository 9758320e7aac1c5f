"""Which decisions are wanted, and the SQL for it; what people type is a value or quoted, never SQL or FTS syntax."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_WORDS: Final = 32
_WORD: Final = re.compile(r"\w+")


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What decisions are wanted; all that is given must fit. ``types`` and ``statuses`` are alternatives.

    All words of ``text`` must occur. ``file`` may be a folder, ``symbol`` a class whose members count as well.
    ``since`` is included, ``until`` is not.
    """

    text: str = ""
    types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    tag: str = ""
    file: str = ""
    symbol: str = ""
    author: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    offset: int = 0


def match_expression(text: str) -> str:
    """The FTS5 query for the words of any text, each quoted; "" where there is no word."""
    words = list(dict.fromkeys(_WORD.findall(text.replace("\0", " ").lower())))[:_MOST_WORDS]
    return " ".join(f'"{word}"' for word in words)


def condition(wanted: Filter) -> tuple[str, tuple[object, ...], str]:
    """What follows FROM (the decisions are ``d``), its values, and the order."""
    tables, parts, values = "decisions d", list[str](), list[object]()
    order = "ORDER BY d.at DESC, d.id DESC"
    if wanted.text:
        tables = "words w JOIN decisions d ON d.number = w.rowid"
        order = "ORDER BY bm25(words, 5.0, 3.0, 1.0, 1.0), d.at DESC"
        parts.append("words MATCH ?")
        values.append(match_expression(wanted.text) or '""')
    for column, names in (("type", wanted.types), ("status", wanted.statuses)):
        if names:
            parts.append(f"d.{column} IN ({','.join('?' * len(names))})")
            values.extend(names)
    for kind, value, separator in (("tag", wanted.tag, ""), ("file", wanted.file, "/"), ("symbol", wanted.symbol, ".")):
        if value:
            clean = value.rstrip("/") if separator == "/" else value
            inside = "OR (value >= ? AND value < ?)" if separator else ""
            parts.append(
                f"d.number IN (SELECT decision FROM facets WHERE kind = '{kind}' AND (value = ? {inside}))"  # noqa: S608
            )
            below = (clean + separator, clean + chr(ord(separator) + 1)) if separator else ()
            values.extend((clean, *below))
    if wanted.author:
        parts.append("d.author = ?")
        values.append(wanted.author)
    for sign, moment in ((">=", wanted.since), ("<", wanted.until)):
        if moment is not None:
            parts.append(f"d.at {sign} ?")
            values.append((moment - _EPOCH) // timedelta(microseconds=1))
    where = f" WHERE {' AND '.join(parts)}" if parts else ""
    return f"{tables}{where}", tuple(values), order
