"""On which line of a TOML text the tables of an array, and their keys, stand: for messages. Pure.

The parser of the standard library keeps no places. This reads headers and keys line by line; in a text that writes its
tables in another way (inline) it gives the line where the array begins.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*\[\[([^\]]+)\]\]")
_TABLE = re.compile(r"\s*\[([^\]\[]+)\]")
_KEY = re.compile(r"""\s*["']?([\w.-]+)["']?\s*=""")


def line_of(text: str, array: str, number: int | None = None, key: str = "") -> int | None:
    """The line, from 1, of ``key`` in the ``number``-th table (from 0) of an array such as ``alerts.rules``.

    Without the key or where it is not found: of the table; without that: where the array begins, or None.
    """
    wanted, last = _plain(array), _plain(array.rpartition(".")[2])
    begin = table = found = None
    count, is_inside = -1, False
    for line, content in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(content):
            is_inside = _plain(header[1]).endswith(wanted)
            count += is_inside
            begin = begin or (line if is_inside else None)
            table = line if is_inside and count == number else table
        elif _TABLE.match(content):
            is_inside = False
        elif (name := _KEY.match(content)) is not None:
            if is_inside and count == number and key and _plain(name[1]) == _plain(key):
                found = found or line
            elif not is_inside and begin is None and _plain(name[1]) in {wanted, last}:
                begin = line
    return found or table or begin


def _plain(name: str) -> str:
    return re.sub(r"[-_.\s\"']", "", name).lower()
