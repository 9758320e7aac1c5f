"""Words of English text as the memory compares them: folded, without those that say nothing, stemmed."""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final

import snowballstemmer

MOST_CHARACTERS: Final = 20_000  # of one text: what comes later is an appendix or an attack
_LONGEST_WORD: Final = 40
_SHORTEST_PART: Final = 4  # MySQL is no "my"

_WORD: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
STOP: Final = frozenset(
    """a an the of to in on for and or is are was were be been being this that these those it its as at by with from
    into we our you your they their them he she i not no can could should would will may might must do does did done
    have has had if then else when where which who what how why there here than so such but also more most some any all
    each other one two only same own too very just about over under between while during after before both via per etc e
    g s t use used using uses need needs make makes made new""".split()
)
_stemmer = snowballstemmer.stemmer("english")


def raw_words(text: str) -> list[str]:
    """All words in their order, case-folded; ``OrderBook`` falls apart, ``MySQL`` does not."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text[:MOST_CHARACTERS])):
        parts = _HUMP.split(word)
        whole = min(map(len, parts)) < _SHORTEST_PART
        found += [part.lower()[:_LONGEST_WORD] for part in ((word,) if whole else parts)]
    return found


@functools.lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of one folded word (Porter 2)."""
    return str(_stemmer.stemWord(word)) if len(word) > 2 else word


def terms(text: str) -> list[str]:
    """The stems of all words that say something, in their order."""
    return [stem(word) for word in raw_words(text) if word not in STOP and len(word) > 1]
