"""Spelled alike: the likely right name for a wrong one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONG = 5  # letters of a word in which one wrong letter is a slip rather than another word

_KIN = 0.5  # normalized distance of two names with a word in common, beyond which neither is the other's successor
_SHORTER = 0.3  # by how much nearer a name of as many words is: more often one of them changes than goes
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
        if wrong[:1].isupper() and name.islower() and wrong.casefold() != name:
            continue  # a module or a function is no successor of a class
        other = name.casefold().lstrip("_")
        distance = OSA.distance(low, other, score_cutoff=reach)
        if distance <= reach:
            scored.append((distance, name))
        elif (far := _kinship(wrong, name)) is not None:
            scored.append((4 + far + _SHORTER * (len(_WORD.findall(wrong)) != len(_WORD.findall(name))), name))
    return [name for _, name in sorted(scored)]


def is_slip(wrong: str, right: str) -> bool:
    """So near that no one would give both names to different things: one letter of one long word.

    A plural, a digit, a leading underscore, a class and its instance (``Column``, ``column``) or a short word
    (``top_k``, ``top_p``) is no slip: such pairs often stand side by side.
    """
    if min(len(wrong), len(right)) < _LONG or wrong.strip("_") == right.strip("_"):
        return False
    if (
        wrong.isupper() != right.isupper()
        or wrong[:1].isupper() != right[:1].isupper()
        or _digits(wrong) != _digits(right)
    ):
        return False
    if wrong.casefold() == right.casefold():
        return True
    if _plain(wrong) == _plain(right) or _plain(wrong).rstrip("s") == _plain(right).rstrip("s"):
        return False
    if wrong == right[1:] or right == wrong[1:]:
        return False  # a prefix by convention: TName, IName
    ours, theirs = _WORD.findall(wrong), _WORD.findall(right)
    if len(ours) != len(theirs):
        return min(len(wrong), len(right)) > 2 * _LONG and OSA.distance(wrong, right, score_cutoff=1) <= 1
    return all(_is_misspelled(a.casefold(), b.casefold()) for a, b in zip(ours, theirs, strict=True) if a != b)


def _is_misspelled(wrong: str, right: str) -> bool:
    """One letter of a long word, or two neighbours swapped in a shorter one."""
    if wrong == right:
        return True
    if wrong.rstrip("s") == right.rstrip("s"):
        return False
    shortest = min(len(wrong), len(right))
    is_swap = sorted(wrong) == sorted(right) and shortest >= _LONG - 1
    reach = 2 if shortest >= 2 * _LONG else 1
    return (is_swap or shortest >= _LONG) and OSA.distance(wrong, right, score_cutoff=reach) <= reach


def _digits(name: str) -> list[str]:
    return [c for c in name if c.isdigit()]


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def is_plural(wrong: str, right: str) -> bool:
    """The two differ in a plural ``s`` before an ending only (``databases.py``, ``database.py``)."""
    a, _, end = wrong.casefold().partition(".")
    b, _, other = right.casefold().partition(".")
    return end == other and a != b and (a + "s" == b or b + "s" == a)


def _kinship(wrong: str, name: str) -> float | None:
    """How far two names are apart that share a longer word (0 to 1); None for names that have little in common."""
    ours, theirs = _words(wrong), _words(name)
    if not ours & theirs:
        return None
    far = float(OSA.normalized_distance(wrong.casefold(), name.casefold()))
    return far if far <= _KIN or theirs <= ours else None


def have_a_word_in_common(wrong: str, name: str) -> bool:
    """The names share a longer word, in any case."""
    return bool(_words(wrong) & _words(name))


@lru_cache(maxsize=16_384)
def _words(name: str) -> frozenset[str]:
    return frozenset(w.casefold() for w in _WORD.findall(name) if len(w) > 2)
