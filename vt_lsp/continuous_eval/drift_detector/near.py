"""Spelled alike: the likely right name for a wrong one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONG = 5  # letters of a word in which one wrong letter is a slip rather than another word

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

# Distance for which two spellings may be one name, by the length of the wrong one.
_REACH = ((5, 1), (10, 2), (10_000, 3))


def alike(wrong: str, names: Iterable[str]) -> list[str]:
    """Those of ``names`` that ``wrong`` may be a slip or an old spelling of, nearest first.

    Counted by optimal string alignment without regard to case; names of which one contains the other as a word
    (``stream_raw``, ``aiter_raw`` share ``raw``) come after the slips.
    """
    reach = next(limit for length, limit in _REACH if len(wrong) <= length)
    low = wrong.casefold().lstrip("_")
    scored: list[tuple[float, str]] = []
    for name in set(names) - {wrong}:
        if name.startswith("_") and not wrong.startswith("_"):
            continue  # a private name is nothing that a document should be told to use
        other = name.casefold().lstrip("_")
        distance = OSA.distance(low, other, score_cutoff=reach)
        if distance <= reach:
            scored.append((distance, name))
        elif _shared_words(wrong, name):
            scored.append((4 + OSA.normalized_distance(low, other), name))
    return [name for _, name in sorted(scored)]


def is_slip(wrong: str, right: str) -> bool:
    """So near that no one would give both names to different things.

    A plural, a digit, a leading underscore, a class and its instance (``Column``, ``column``) or a short word
    (``top_k``, ``top_p``) is no slip: such pairs often stand side by side.
    """
    if min(len(wrong), len(right)) < 5 or wrong.strip("_") == right.strip("_"):
        return False
    if wrong.casefold() == right.casefold():
        return wrong[:1].isupper() == right[:1].isupper()
    if wrong.replace("_", "") == right.replace("_", ""):
        return False
    if wrong.rstrip("s").casefold() == right.rstrip("s").casefold():
        return False
    if [c for c in wrong if c.isdigit()] != [c for c in right if c.isdigit()]:
        return False
    if any(_are_words(a, b) for a, b in zip(wrong.split("_"), right.split("_"), strict=False) if a != b):
        return False
    if wrong[:1].isupper() != right[:1].isupper():
        return False
    reach = 1 if len(wrong) < 10 else 2
    return OSA.distance(wrong, right, score_cutoff=reach) <= reach


def _are_words(a: str, b: str) -> bool:
    """Too short to tell a slip from another word, unless just two letters are swapped."""
    return min(len(a), len(b)) < _LONG and (min(len(a), len(b)) < _LONG - 1 or sorted(a) != sorted(b))


def is_plural(wrong: str, right: str) -> bool:
    """The two differ in a plural ``s`` before an ending only (``databases.py``, ``database.py``)."""
    a, _, end = wrong.partition(".")
    b, _, other = right.partition(".")
    return end == other and a != b and (a + "s" == b or b + "s" == a)


def _shared_words(a: str, b: str) -> bool:
    """One of the longer words inside the two names is the same."""
    return bool(_words(a) & _words(b))


def _words(name: str) -> set[str]:
    return {w.casefold() for w in _WORD.findall(name) if len(w) > 2}
