"""Names of which a sentence says that they are deprecated or gone: all else that the document says of them is past."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vt_lsp.specs.flat import TOKEN
from vt_lsp.specs.names import is_plain, read_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from vt_lsp.models import Claim
    from vt_lsp.specs.flat import Flat

_GONE = re.compile(
    rf"({TOKEN}(?:\s*(?:,\s*and|,\s*or|,|/|and|or)\s*(?:the\s+)?{TOKEN})*)"
    r"(?:\s+(?:keyword\s+)?(?:class|function|method|decorator|module|package|alias|helper|extension|argument|parameter|"
    r"option|setting|field|attribute|property|constant)(?:e?s)?)?(?:\s*\([^()]{0,40}\))?,?\s+(?:which\s+|that\s+)?"
    r"(is|are|was|were|ha(?:s|ve|d)\s+been)\s+(?:(?:now|also|since|then|been|\w+ly)\s+)*(deprecated|removed|dropped|renamed)\b"
    r"(?!\s+(?:if|when|unless|for|on|by\s+default)\b)",
    re.IGNORECASE,
)
# "Passing `x` to `f` is deprecated" says it of neither name, nor does "if `f` is removed" say it of `f`.
_NO_SUBJECT = re.compile(
    r"\b(?:of|in|on|for|with|to|from|by|via|at|as|into|under|than|through|inside|without|like|if|when|once|until|unless|"
    r"after|before|whether|while|\w+ing)\s+(?:(?:the|an?|any|old|new)\s+)*(?:\w+\s+)?\Z",
    re.IGNORECASE,
)
# A program removes things while it runs; an API loses them at some time.
_OF_API = re.compile(
    r"\b(?:(?:in|since|with|as\s+of|from)\s+(?:[\w.-]+\s+)?v?\d|in\s+(?:version|release)\b|since\b|in\s+favou?r\s+of|"
    r"ha(?:s|ve|d)\s+been|and\s+finally|no\s+longer)",
    re.IGNORECASE,
)
_AT_RUN_TIME = re.compile(
    r"\s+from\b(?!\s+(?:the\s+)?(?:\w+\s+)?(?:api|library|package|codebase|project|framework|core)\b)"
)
_SENTENCE_END = re.compile(r"[.!?]\s+(?=[A-Z\x00\"'(])")
_TOKEN = re.compile(TOKEN)
_UNNAMED = frozenset({"path", "link", "tree-entry"})


def gone_names(flat: Flat) -> tuple[str, ...]:
    """The names that a block's text calls deprecated, removed, dropped or renamed for good."""
    lower = flat.lower
    if not flat.codes or not ("deprecated" in lower or "removed" in lower or "dropped" in lower or "renamed" in lower):
        return ()
    return tuple(dict.fromkeys(name for sentence in _SENTENCE_END.split(flat.text) for name in _gone(flat, sentence)))


def _gone(flat: Flat, sentence: str) -> Iterator[str]:
    for match in _GONE.finditer(sentence):
        if _NO_SUBJECT.search(sentence, max(0, match.start() - 60), match.start()):
            continue
        if match[3].lower() != "deprecated" and (
            not _OF_API.search(sentence, match.start(2)) or _AT_RUN_TIME.match(sentence, match.end())
        ):
            continue
        for token in _TOKEN.findall(match[1]):
            yield from (said.subject for said in read_name(flat.codes[flat.code(token)]) if said.kind == "name")


def with_past(claims: Sequence[Claim], gone: Collection[str]) -> tuple[Claim, ...]:
    """The claims, those on one of the names with the hint "past"."""
    if not gone:
        return tuple(claims)
    return tuple(
        replace(claim, hints=(*claim.hints, "past")) if "past" not in claim.hints and _is_on(claim, gone) else claim
        for claim in claims
    )


def _is_on(claim: Claim, gone: Collection[str]) -> bool:
    if claim.kind in _UNNAMED:
        return False
    last = claim.expected if claim.kind == "import" else ""
    parts = ".".join(filter(None, (claim.owner, claim.subject, last))).split(".")
    if claim.subject in gone or ".".join(parts) in gone:
        return True
    # A word such as `client` is one name here and another there.
    tails = (".".join(parts[start:]) for start in range(1, len(parts)))
    return any(tail in gone and not is_plain(tail) for tail in tails)
