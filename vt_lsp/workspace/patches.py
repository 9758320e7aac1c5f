"""Edits of texts, as pure functions on bytes: put together, and never two that meet."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vt_lsp.models import Edit


class CannotPatch(Exception):  # noqa: N818  the name says what it is about
    """The edits cannot be made in this text; its words say why."""


def patched(data: bytes, edits: Iterable[Edit]) -> bytes:
    """The text with all edits made; each gives its place in ``data``, whose line ends and encoding it takes on.

    Raises:
        CannotPatch: two edits meet, one lies outside of the text, or the text is no UTF-8 and the new words no ASCII.
    """
    pieces: list[bytes] = []
    done, last = 0, -1
    for edit in sorted(set(edits), key=lambda one: (one.place.start, one.place.end)):
        start, end = edit.place.start, edit.place.end
        if not 0 <= start <= end <= len(data):
            raise CannotPatch("an edit lies outside of the text")
        if start < done or start == last:
            raise CannotPatch("two edits meet")
        pieces += [data[done:start], encoded(edit.new_text, data)]
        done, last = end, start
    return b"".join([*pieces, data[done:]])


def encoded(words: str, data: bytes) -> bytes:
    """Words as they stand in this text: with its line ends, and in its encoding as far as that can be told."""
    new = words.encode("utf-8", "surrogateescape")
    if not words.isascii() and not _is_utf8(data):
        raise CannotPatch("its encoding is not UTF-8")
    first = data.find(b"\n")
    is_crlf = first > 0 and data[first - 1 : first] == b"\r"
    return new.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if is_crlf else new


def meet(one: Iterable[Edit], others: Iterable[Edit]) -> bool:
    """Whether any two edits of the two sides would change the same bytes, or insert at the same one.

    An edit that both sides have is one edit, and meets nothing.
    """
    taken = list(others)
    return any(
        mine != other
        and mine.place.path == other.place.path
        and (
            max(mine.place.start, other.place.start) < min(mine.place.end, other.place.end)
            or mine.place.start == other.place.start
            or mine.place.start < other.place.start < mine.place.end
            or other.place.start < mine.place.start < other.place.end
        )
        for mine in one
        for other in taken
    )


def by_path(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """The edits of each file."""
    found: dict[str, list[Edit]] = {}
    for edit in edits:
        found.setdefault(edit.place.path, []).append(edit)
    return found


def unified(path: str, before: bytes | None, after: bytes) -> str:
    """A unified diff that ``patch -p1`` and ``git apply`` take; None: the file is new."""
    old, new = _split(before or b""), _split(after)
    name = f"a/{path}" if before is not None else "/dev/null"
    return "".join(_marked(difflib.unified_diff(old, new, name, f"b/{path}")))


def _split(data: bytes) -> list[str]:
    lines = data.decode("utf-8", "surrogateescape").split("\n")  # as git has it: no other sign ends a line
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _marked(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
