"""Which decisions are wanted, and the SQL for it; what people type is a value or quoted, never SQL or FTS syntax."""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003 - msgspec reads the types of fields at run time
from typing import Final, NamedTuple

import msgspec

from vt_lsp.workspace.versioned import micros

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


class Query(NamedTuple):
    """The number of a decision, what follows FROM, the values there, and the order."""

    number: str
    source: str
    values: tuple[object, ...]
    order: str


def query(wanted: Filter) -> Query:
    """The SQL that finds the numbers of the decisions."""
    parts, values = _conditions(wanted)
    if not wanted.text:
        where = f" WHERE {' AND '.join(parts)}" if parts else ""
        return Query("d.number", f"decisions d{where}", tuple(values), "ORDER BY d.at DESC, d.id DESC")
    # The index of words alone, where that is enough: looking up each decision that has a frequent word took 50 times
    # as long.
    join = " JOIN decisions d ON d.number = words.rowid" if parts else ""
    where = " AND ".join(("words MATCH ?", *parts))
    values = [match_expression(wanted.text) or '""', *values]
    return Query("words.rowid", f"words{join} WHERE {where}", tuple(values), "ORDER BY words.rank")


def _conditions(wanted: Filter) -> tuple[list[str], list[object]]:
    parts, values = list[str](), list[object]()
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
            values.append(micros(moment))
    return parts, values
