"""Statements of versions: what Python a text says that the project needs, and which versions of its dependencies.

Only sentences and entries that surely state a requirement count: "On Python 3.11+ use tomllib" states none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim
    from vt_lsp.specs.scope import Scope

_VERSION: Final = r"v?(?P<version>\d+(?:\.\d+){0,2})(?!\.?\d|[\w-])"
_MORE: Final = r"(?P<more>\s*\+|\s*(?:\(?or|and)\s+(?:newer|higher|later|above|greater|up|more\s+recent)\)?)"
_LEAST: Final = r"(?P<least>(?:>=|\u2265|&gt;=)\s*)?"
_END: Final = (
    r"(?=\s*(?:$|[.,;()|]|[-\u2013\u2014]\s|is\s+(?:required|needed)|must\s+be|installed|with\s|and\s|on\s+your))"
)
_PYTHON: Final = rf"\*{{0,2}}Python\*{{0,2}}(?:\s+version)?\s*:?\s*`?{_LEAST}{_VERSION}{_MORE}?`?\*{{0,2}}"
_PATTERNS = (
    # An entry that says nothing else first: "- Python 3.10+", "* **Python** >= 3.9 (with pip)".
    re.compile(rf"^\W{{0,4}}{_PYTHON}{_END}", re.IGNORECASE),
    re.compile(rf"\b(?:requires?|needs?|you(?:'ll| will)? need|prerequisites?:)\s+{_PYTHON}", re.IGNORECASE),
    re.compile(rf"{_PYTHON}\s+(?:is\s+(?:required|needed)|must\s+be)\b", re.IGNORECASE),
    re.compile(rf"^\W{{0,6}}Language(?:/Version|\s*&\s*Version)?\W{{1,6}}{_PYTHON}", re.IGNORECASE),
)
_BADGE = re.compile(rb"shields\.io/badge/python-(?:%3E%3D|>=)?v?(\d\.\d+)(\+|%2B)?-", re.IGNORECASE)
_DEPENDENCIES = re.compile(r"^\W{0,6}(?:Primary\s+)?Dependencies\W{1,6}(.+)", re.IGNORECASE)
_DEPENDENCY = re.compile(rf"(?<![\w.-])(?P<name>[A-Za-z][\w.-]*(?:\[\w+\])?)\s*{_LEAST}{_VERSION}{_MORE}?")
_REQUIRED = re.compile(
    rf"\b(?:requires?|needs?)\s+`?(?P<name>[A-Za-z][\w.-]*)`?\s*{_LEAST}{_VERSION}{_MORE}?", re.IGNORECASE
)
_NOT_SURE = re.compile(
    r"\b(?:recommend\w*|tested|prefer\w*|ideally|optional\w*|if\s+you|when|drop\w*|will|until|was|were|since|before|after|"
    r"previous\w*|older|legacy|deprecat\w*|upgrad\w*|support\s+for|respectively|example|currently\s+running|release[sd]?|node\w*|"
    r"instead|bump\w*|from\s+python)\b|\bv?\d+\.\d+(?:\.\d+|\.x)?\s+(?:and|or(?!\s+(?:newer|higher|later|above|greater|up|more))|requires?|needs?|supports?)\b|->|\u2192",
    re.IGNORECASE,
)
# Who requires it: "Rich requires Python 3.7".
# Not the project itself, but a part of it.
_OF_A_PART = re.compile(
    r"\b(?:options?|features?|flags?|settings?|modes?|plugins?|extensions?|examples?|extras?|backends?|arguments?|parameters?)"
    r"\s+(?:also\s+|only\s+)?(?:requires?|needs?)\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(r"(?:^|[\s*`(])([A-Z][\w.-]*)[*`]*\s+(?:also\s+|only\s+|itself\s+)?$")
_OURS = frozenset(
    "it this you we project package library server backend api application app installation prerequisites "
    "requirements".split()
)
_LONGEST = 400  # characters of a line


def read_versions(data: bytes, scope: Scope) -> Iterator[Claim]:
    """The versions that a block of text states: the subject is ``python`` or a distribution, expected the version."""
    for badge in _BADGE.finditer(data):
        kinds = ("minimum", "badge") if badge[2] else ("badge",)
        yield scope.claim("version", "python", *badge.span(1), expected=badge[1].decode(), hints=kinds)
    offset = 0
    for line in data.split(b"\n"):
        if len(line) <= _LONGEST and any(48 <= byte <= 57 for byte in line):
            for name, match in _stated(line.decode("utf-8", "replace")):
                before = match.string[: match.start("version")].encode()
                start = offset + len(before)
                version = match["version"]
                hints = ("minimum",) if match["more"] or match["least"] else ()
                subject = _SUBJECT.search(match.string, 0, match.start())
                owner = subject[1] if subject is not None and subject[1].lower() not in _OURS else ""
                yield scope.claim(
                    "version", name, start, start + len(version), owner=owner, expected=version, hints=hints
                )
        offset += len(line) + 1


def _stated(line: str) -> Iterator[tuple[str, re.Match[str]]]:
    if _NOT_SURE.search(line) or _OF_A_PART.search(line):
        return
    found = next((match for pattern in _PATTERNS if (match := pattern.search(line))), None)
    if found is not None:
        yield "python", found
    listed = _DEPENDENCIES.match(line)
    for match in _DEPENDENCY.finditer(line, listed.start(1)) if listed is not None else _REQUIRED.finditer(line):
        name = re.sub(r"[-_.]+", "-", match["name"].partition("[")[0]).lower()
        if name != "python":
            yield name, match
