"""The text of a Python fence as tree-sitter should see it, and the way back to the document.

Prompts and output of sessions go, shell lines become blanks, headers without a body get one; every byte that is left
knows where it stood.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vt_lsp.models import Claim, ClaimKind
    from vt_lsp.specs.scope import FenceScope

_PROMPT = re.compile(rb"[ \t]*(?:>>>|In \[\d*\]:)(?: |(?=[\r\n]|\Z))")
_CONTINUED = re.compile(rb"[ \t]*\.\.\.(?:\.*:)?(?: |(?=[\r\n]|\Z))")
_SESSION = re.compile(rb"^[ \t]*(?:>>>|In \[\d*\]:)(?:[ \r\n]|\Z)", re.MULTILINE)
# Shell and magic lines, and the changed lines of a diff: what was taken out is no longer said.
_FOREIGN = re.compile(rb"^(?:[ \t]*(?:[$!][ \w]|%%?[a-z])|[-+][ \t]*[^\W\d])[^\r\n]*", re.MULTILINE)

# Comments that judge the code below or beside them; at the head of a fence they judge all of it, up to a contrary
# one. "Before calling this" is no judgement: hence the tails.
_TAIL = (
    rb"(?:\s*(?:[:(!.,-]|\xe2\x80[\x93\x94]|$)|"
    rb"\s+(?:way|style|api|syntax|code|version|usage|import|name)\b|\s+v?\d)"
)
_NT = rb"(?:'|\xe2\x80\x99)?t"
# Of some lines only, even at the head of a fence: what "we don't do" is shown beside what we do.
_DISOWNED = (
    rb"(?:we|you)(?: should)? (?:do not|don" + _NT + rb"|shouldn" + _NT + rb"|should not|not|never|avoid)"
    rb" (?:do|use|call|write|import|want|recommend|this|that|it)\b"
)
_NO_WORK = (
    rb"(?:(?:this|that|it) )?(?:(?:won|wouldn|doesn)" + _NT + rb"|will not|does not) work\b"
    rb"(?! (?:without|with|on|if|unless|for)\b)"
)
_NEGATED = re.compile(
    rb"\s*(?:\[!error\]|\xe2\x9d\x8c|\xe2\x9c\x97|\xe2\x9c\x98|(?:this is |it's |the )?"
    rb"(?:wrong|bad|incorrect|invalid|broken|fails|do not|don'?t|never do|avoid|not recommended|not like this"
    rb"|not an? |not (?:valid|allowed|supported|possible|available)\b"
    rb"|anti-?pattern|raises\b|error\b|(?:attribute|type|import|name|value)error)"
    rb"|(?:instead of|rather than)(?: (?:this|that|doing|using|writing)\b[^\r\n]*)?\s*[:.]?\s*$"
    rb"|" + _NO_WORK + rb"|" + _DISOWNED + rb")",
    re.IGNORECASE,
)
# The same of a comment beside code, which can judge only its own line.
_FAILS = re.compile(
    rb"(?:>\s*)?\s*(?:not (?:there|found|defined|existing|working|ok|okay|correct|like this)\b"
    rb"|(?:won't|doesn't|does not|will not) work\b|fails\b|raises\b|error\b|(?:\w+\.)*[A-Z]\w*(?:Error|Exception)\b)",
    re.IGNORECASE,
)
_PAST = re.compile(
    rb"\s*(?:the )?(?:deprecated|removed|legacy|no longer|previously|formerly|"
    rb"(?:old|before|prior to|until|pre)" + _TAIL + rb")",
    re.IGNORECASE,
)
_COUNTER = re.compile(
    rb"\s*(?:\xe2\x9c\x85|\xe2\x9c\x94|good|right|correct|recommended|better|instead(?! of)|do\b(?! not)"
    rb"|(?:new|after|now)" + _TAIL + rb")",
    re.IGNORECASE,
)
# A comment that opens a new part of the code: it stands behind a blank line and ends in a colon.
_PARAGRAPH = re.compile(rb"(?<=\n)[ \t]*\r?\n#([^\r\n]*[^\r\n \t:]:)[ \t]*\r?$", re.MULTILINE)
_IS_DISOWNED = re.compile(rb"\s*" + _DISOWNED, re.IGNORECASE)
_COMMENT = re.compile(rb"^([^#\r\n\"']*)#+([^\r\n]*)", re.MULTILINE)
_CODE = re.compile(rb"^[ \t]*[^ \t\r\n#]", re.MULTILINE)
_BLANK = re.compile(rb"\n[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class FenceText:
    """Python text and where its bytes come from.

    ``origins`` pairs offsets of ``data`` with offsets of the fence, ascending; between two pairs both run in step.
    ``raising`` are spans of ``data`` whose session output is a traceback. ``unread`` are names
    that statements which were left out may bind.
    """

    data: bytes
    origins: tuple[tuple[int, int], ...] = ((0, 0),)
    raising: tuple[tuple[int, int], ...] = ()
    is_session: bool = False
    unread: frozenset[str] = frozenset()

    def to_fence(self, offset: int) -> int:
        """The fence's offset of a byte of ``data``."""
        if len(self.origins) == 1:
            here, there = self.origins[0]
            return there + offset - here
        here, there = self.origins[bisect_right(self.origins, (offset, 1 << 62)) - 1]
        return there + offset - here


def python_text(fence: bytes) -> FenceText:
    """The Python in a fence: a session loses its prompts and output, lines of another kind become blanks."""
    if _SESSION.search(fence):
        return _session_text(fence)
    return FenceText(_FOREIGN.sub(lambda match: b" " * len(match.group()), fence))


def _session_text(fence: bytes) -> FenceText:
    parts: list[bytes] = []
    origins: list[tuple[int, int]] = []
    raising: list[tuple[int, int]] = []
    length = offset = statement = 0
    inside = False
    for line in fence.splitlines(keepends=True):
        start = _PROMPT.match(line)
        prompt = start or (_CONTINUED.match(line) if inside else None)
        if prompt:
            if start:
                statement = length
            origins.append((length, offset + prompt.end()))
            parts.append(line[prompt.end() :])
            length += len(line) - prompt.end()
        elif inside and line.lstrip().startswith(b"Traceback (most recent call last)"):
            raising.append((statement, length))
        inside = bool(prompt) or inside
        offset += len(line)
    return FenceText(b"".join(parts), tuple(origins) or ((0, 0),), tuple(raising), is_session=True)


def with_replacements(text: FenceText, edits: list[tuple[int, int, bytes]]) -> FenceText:
    """``text`` with spans (start, end) replaced, ascending and disjoint; what is put in points to where it was put."""
    parts: list[bytes] = []
    origins: list[tuple[int, int]] = []
    length = last = 0
    breaks = [here for here, _ in text.origins]
    for start, end, new in [*edits, (len(text.data), len(text.data), b"")]:
        inner = [at for at in breaks if last < at < start]
        origins.extend((length + at - last, text.to_fence(at)) for at in [last, *inner])
        parts.extend((text.data[last:start], new))
        length += start - last
        origins.append((length, text.to_fence(start)))
        length += len(new)
        last = end
    return FenceText(b"".join(parts), tuple(origins), text.raising, text.is_session)


def judged_spans(text: FenceText) -> Iterator[tuple[int, int, str]]:
    """Spans of ``text.data`` that the fence itself calls wrong ("negated") or outdated ("past")."""
    for start, end in text.raising:
        yield start, end, "negated"
    data = text.data
    if b"#" not in data:
        return
    comments = list(_COMMENT.finditer(data))
    code = _CODE.search(data)
    first_code = code.start() if code else len(data)
    contrary = (match.start() for match in comments if not match[1].strip() and _COUNTER.match(match[2]))
    head_end = next(contrary, len(data))
    paragraph = _PARAGRAPH.search(data, first_code, head_end)
    for place, match in enumerate(comments):
        is_beside = bool(match[1].strip())
        is_negated = _NEGATED.match(match[2]) or (is_beside and _FAILS.match(match[2]))
        hint = "negated" if is_negated else "past" if _PAST.match(match[2]) else ""
        if not hint:
            continue
        if is_beside:
            yield match.start(), match.end(), hint
        elif match.start() < first_code:  # at the head of the fence
            is_part = paragraph and _IS_DISOWNED.match(match[2])
            yield match.end(), paragraph.start() if paragraph and is_part else head_end, hint
        else:
            yield match.end(), _reach(data, comments, place), hint


def _reach(data: bytes, comments: list[re.Match[bytes]], place: int) -> int:
    """Where the judgement of a comment ends: at a blank line or the next comment that is not deeper."""
    depth = len(comments[place][1])
    later = islice(comments, place + 1, place + 50)
    stop = next((match.start() for match in later if not match[1].strip() and len(match[1]) <= depth), len(data))
    blank = _BLANK.search(data, comments[place].end(), stop)
    return blank.start() if blank else stop


@dataclass(slots=True)
class ClaimSink:
    """Collects the claims of one fence, with spans of the document and everything that the place adds."""

    text: FenceText
    scope: FenceScope
    to_absolute: Callable[[int], int]
    claims: list[Claim] = field(default_factory=list)
    _judged: tuple[tuple[int, int, str], ...] = ()

    def __post_init__(self) -> None:
        """Look for the fence's judgements of itself once."""
        self._judged = tuple(judged_spans(self.text))

    def add(  # noqa: PLR0913 - the fields of a claim
        self,
        kind: ClaimKind,
        subject: str,
        span: tuple[int, int],
        own: tuple[str, ...] = (),
        *,
        owner: str = "",
        signature: str = "",
        annotation: str = "",
        expected: str = "",
        bases: tuple[str, ...] = (),
    ) -> None:
        """Add a claim with its ``own`` hints; ``span`` are bytes of the Python text, the end exclusive."""
        start, end = span
        hints = own
        if self._judged or self.text.is_session or len(own) > 1:
            judged = sorted({hint for first, last, hint in self._judged if first <= start < last})
            hints = tuple(dict.fromkeys((*(("doctest",) if self.text.is_session else ()), *own, *judged)))
        first = self.to_absolute(self.text.to_fence(start))
        # The last byte is mapped, not the end: between them may lie what the text left out.
        last = self.to_absolute(self.text.to_fence(end - 1)) + 1 if end > start else first
        claim = self.scope.claim(
            kind, subject, first, last, owner=owner, signature=signature, annotation=annotation, expected=expected,
            bases=bases, hints=hints,
        )  # fmt: skip
        self.claims.append(claim)
