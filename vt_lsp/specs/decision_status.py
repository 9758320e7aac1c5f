"""What a decision record says of its own status: the words of adr-tools, MADR and log4brains to one word."""

from __future__ import annotations

import re
from typing import NamedTuple

# "Superceded" is how adr-tools spells it.
RECORD = (
    r"(?:^|/)(?:adrs?|adl|decisions?|(?:architecture[-_])?decision[-_](?:records?|log)|architecture[-_]decisions?)/"
    r"(?:[^/]+/)*(?:adr[-_]?)?\d[^/]*\.(?:md|markdown|mdx)$|(?:^|/)adr[-_]?\d+[^/]*\.(?:md|markdown|mdx)$"
)
PATHS = re.compile(RECORD)
_WORDS = {
    "accepted": r"accepted|approved|adopted|decided|implemented|active|agreed|valid|done|final",
    "proposed": r"proposed|proposal|draft|provisional|pending|under\s+discussion|in\s+review|wip|rfc",
    "rejected": r"rejected|declined|withdrawn|abandoned|cancelled",
    "deprecated": r"deprecated|obsolete|retired",
    "superseded": r"super[sc]eded",
}
_WORD = re.compile("|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in _WORDS.items()), re.IGNORECASE)
_STRUCK = re.compile(r"~~[^~\n]{0,200}~~")
_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_KEY = re.compile(r"^status[ \t]*:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)
_LINE = re.compile(r"^[ \t>|*_+-]*status[*_ \t]*[:|][*_ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)
_HEADING = re.compile(r"^#{2,6}[ \t]+(?:\d+\.?[ \t]+)?status[ \t#:]*$", re.IGNORECASE | re.MULTILINE)
_NEXT = re.compile(r"^#{1,6}[ \t]", re.MULTILINE)
_HEAD = 6000  # characters in which a record says its status
_PARTLY = re.compile(r"\bpartial(?:ly)?\b[^.\n]{0,20}$|\bin\s+part\b", re.IGNORECASE)


class Said(NamedTuple):
    """A status: one of accepted, proposed, rejected, deprecated, superseded or "", and the characters that say it.

    ``first`` and ``last`` span the word, ``end`` is where the text on the status ends.
    """

    status: str
    first: int
    last: int
    end: int


def read_status(text: str) -> Said | None:
    """The status of a record: of its front matter, of a line ``Status: …`` before its sections, or of a section."""
    head = text[:_HEAD]
    matter = _MATTER.match(head)
    if matter and (key := _KEY.search(head, *matter.span(1))):
        return _said(head, *key.span(1))
    heading = _HEADING.search(head)
    line = _LINE.search(head, matter.end() if matter else 0, heading.start() if heading else len(head))
    if line is not None:
        return _said(head, *line.span(1))
    if heading is None:
        return None
    following = _NEXT.search(head, heading.end())
    return _said(head, heading.end(), following.start() if following else len(head))


def _said(text: str, start: int, end: int) -> Said:
    plain = _STRUCK.sub(lambda match: " " * len(match[0]), text[start:end])
    found = list(_WORD.finditer(plain))
    # A record that says both was accepted, and later superseded; one that is superseded in part still holds.
    chosen = next(
        (
            m
            for m in found
            if m.lastgroup == "superseded" and not _PARTLY.search(plain, max(0, m.start() - 40), m.start())
        ),
        next((m for m in found if m.lastgroup != "superseded"), None),
    )
    if chosen is None:
        return Said("", start, start, end)
    return Said(chosen.lastgroup or "", start + chosen.start(), start + chosen.end(), end)
