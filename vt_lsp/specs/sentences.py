"""Sentences that state a default, a base class, enum members or a constant, and words that turn a statement around.

The patterns are narrow on purpose: a sentence that is not surely understood claims nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.specs.flat import TOKEN
from vt_lsp.specs.literals import literal, plain_literal
from vt_lsp.specs.names import read_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import ClaimKind
    from vt_lsp.specs.flat import Flat

_T = rf"({TOKEN})"
_PLAIN = r"-?\d[\d_]*(?:\.\d+)?(?=\s*(?:[.,;)]|$))|(?:True|False)\b|\"[^\"\x00]{0,40}\"|'[^'\x00]{0,40}'"
_VALUE = rf"({TOKEN}|{_PLAIN})"
# "defaults to 5 on Windows" says nothing about the code that one can look up.
_SURE = r"(?!,?\s*(?:if|when|unless|on|for|in|or|otherwise|except|where|during|while)\b|\s*[%+*/(\[])"
_NOUN = (
    r"(?:\s+(?:keyword\s+)?"
    r"(?:argument|parameter|option|setting|field|attribute|property|flag|value|variable|constant))?"
)
_DEFAULTS = (
    re.compile(
        rf"{_T}{_NOUN}(?:\s*\([^()]{{0,40}}\))?,?\s+(?:which\s+|that\s+|it\s+)?defaults?\s+to\s+{_VALUE}{_SURE}"
    ),
    re.compile(rf"\bdefault(?:\s+value)?\s+(?:of|for)\s+(?:the\s+)?{_T}{_NOUN}\s+is\s+{_VALUE}{_SURE}", re.IGNORECASE),
    re.compile(rf"{_T}{_NOUN}\s+has\s+a\s+default(?:\s+value)?\s+of\s+{_VALUE}{_SURE}"),
    re.compile(rf"{_T}\s*\((?:[^()]{{0,40}}[,;]\s*)?default(?:s\s+to|\s+value)?\s*(?:is|[:=])?\s*{_VALUE}\s*\)"),
)
_OWN_DEFAULT = re.compile(
    rf"(?:^\s*|[.:;,()]\s*|\s[-\x94\x93]\s*|\bwhich\s+|\bIt\s+|\bThis\s+)(?:The\s+)?"
    rf"default(?:s\s+to|\s+value\s+is|\s+is|(?:\s+value)?\s*[:=])\s*{_VALUE}{_SURE}",
    re.IGNORECASE,
)
_MORE = rf"((?:\s*(?:,|and|or|,\s*and|&)\s*{TOKEN})*)"
_BASE = re.compile(
    rf"{_T}(?:\s+class)?\s+(?:is\s+a\s+(?:direct\s+)?subclass\s+of|inherits?\s+from|extends|subclasses|"
    rf"is\s+derived\s+from|derives\s+from)\s+(?:the\s+)?{_T}{_MORE}"
)
_MEMBERS = re.compile(
    rf"{_T}(?:\s+is\s+an)?\s+enum(?:eration)?\s+(?:has|with|defines|contains)\s+(?:the\s+)?(?:following\s+)?"
    rf"(?:members?|values?)[\s:]*{_T}{_MORE}",
    re.IGNORECASE,
)
_CONSTANT = re.compile(
    rf"(?:^\s*|[.:;]\s+)(?:The\s+)?{_T}{_NOUN}\s*(?:\s(?:is|equals|is\s+set\s+to)\s|=)\s*{_VALUE}{_SURE}"
)
_CONSTANT_NAME = re.compile(r"(?:\w+\.)*[A-Z][A-Z0-9_]+")
_CLASS_NAME = re.compile(r"(?:\w+\.)*[A-Z]\w*[a-z]\w*")

_PAST = re.compile(
    r"\b(?:(?:was|were|been|got)\s+(?:\w+\s+)?(?:renamed|removed|replaced|dropped|moved|deleted|deprecated|split|merged)|"
    r"removed\s+in|"
    r"renamed\s+(?:to|from|in)|deprecated\s+(?:since|in|as\s+of)|(?:is|are|now)\s+deprecated|before\s+(?:version\s+)?v?\d+\.\d|"
    r"prior\s+to\s+v?\d|no\s+longer|used\s+to\s+(?:be|have|live)|previously|formerly|pre-?refactor\w*|"
    r"(?:instead\s+of|like)\s+the\s+old|(?:in|from)\s+(?:older|earlier|previous)\s+versions?)\b"
)
_PLANNED = re.compile(
    r"\b(?:will\s+(?:\w+\s+)?be\s+(?:implemented|introduced|(?:added|supported|available|removed|renamed|replaced|extended|"
    r"created|provided|built|written)\s+(?:in|by|soon|later|once|as\s+part|next|with\s+v?\d))|(?:is|are)\s+planned|"
    r"planned\s+(?:for|in|to)|upcoming|we\s+(?:should|could|will|may|want\s+to)\s+(?:add|introduce|implement|create|provide)|"
    r"(?:not|isn't|aren't)\s+yet|(?:to|could)\s+be\s+(?:implemented|decided|done|written)|in\s+a\s+future|"
    r"future\s+(?:versions?|releases?|work)|(?:is|are)\s+proposed|tbd)\b"
)
_NEGATED = re.compile(
    r"\b(?:there(?:'s|\s+is|\s+are)\s+no|do(?:es)?\s+not\s+(?:have|use|exist|provide|support|call|import)|"
    r"do(?:es)?n't\s+(?:have|use|exist|provide|support|call|import)|has\s+no|have\s+no|never|avoid|instead\s+of|"
    rf"rather\s+than)\s[^\x00.;]{{0,30}}({TOKEN}(?:\s*(?:,|and|or|nor)\s*{TOKEN})*)",
    re.IGNORECASE,
)
_NOT = re.compile(rf"\bnot\s+(?:\w+\s+)?{_T}")
_REPLACED = re.compile(
    rf"\breplace\s+(?:all\s+(?:references\s+to|uses\s+of|calls\s+(?:to|of))\s+(?:the\s+)?{_T}|"
    rf"(?:the\s+|any\s+)?{_T}[^\x00.;]{{0,40}}\s(?:with|by)\s)",
    re.IGNORECASE,
)
# What takes the place of something is there; what it took the place of is not.
_SUCCEEDED = re.compile(
    r"\b(?:is|are|was|were|been|got)\s+(?:\w+\s+)?(?:renamed\s+(?:to|as|into)|replaced\s+(?:by|with)|superseded\s+by|"
    r"(?:removed|dropped|deprecated|retired)(?:\s+[^\x00]{0,60}?)?\s+in\s+favou?r\s+of)\b"
    r"(?=[^\x00.;]{0,40}\x00)",  # a text that is replaced with references is still there
    re.IGNORECASE,
)
_FORMER = re.compile(rf"\b(?:formerly|previously|(?:was|were)\s+(?:called|named|known\s+as))\s+{_T}", re.IGNORECASE)
# "Prefer `A` over `B`, `C` over `D`": behind a comma, a name that is over another is the better one again.
_LESS = re.compile(
    rf"\b(?:over|clearer\s+than|better\s+than)\s+(?:[a-z-]+\s+){{0,2}}"
    rf"({TOKEN}(?:\s*(?:,\s*and|,\s*or|,|and|or)\s*{TOKEN}(?!\s+(?:over|is)\b))*)",
    re.IGNORECASE,
)
_PREFERS = re.compile(r"\bprefer", re.IGNORECASE)
# "To migrate the database" is daily work.
_MIGRATES = re.compile(r"\s*to\s+(?:upgrade\s+from\b|migrate(?:\s+(?:from|to|away|your|existing|old)\b|\s*[,:]))")
_MISSING = re.compile(rf"{_T}{_NOUN}\s+(?:do(?:es)?\s+not|do(?:es)?n't)\s+exist")
# Files of which a sentence says that they come and go.
_MADE = re.compile(
    r"\b(?:until\s+then|until\b[^.;]{0,80}?\s(?:archived|merged|released|published|shipped|deployed)|"
    r"created\s+(?:when|by\s+running|on\s+first)|will\s+(?:\w+\s+)?be\s+(?:created|generated|written)|"
    r"(?:is|are|gets?)\s+(?:\w+\s+)?(?:generated|written)\s+(?:by|when|from))\b",
    re.IGNORECASE,
)
_TO_MAKE = re.compile(
    r"\b(?:files?|modules?|folders?|directories)\s+to\s+(?:create|add|write|build|delete|remove)\b|"
    r"\bnew\s+(?:files|modules|folders|directories)\b",
    re.IGNORECASE,
)
_EXAMPLE_LAYOUT = re.compile(r"\bexample\s+(?:\w+\s+){0,3}(?:structure|layout|tree)\b", re.IGNORECASE)
_INTO = re.compile(r"\b(?:in)?to\b")
_MADE_WORDS = ("until", "created", "generated", "written")
_EXAMPLE = re.compile(rf"(?:\be\.g\.,?|\bfor\s+(?:example|instance),?:?)\s+(?:an?\s+|the\s+)?{_T}", re.IGNORECASE)
_PAST_WORDS = (
    "renam", "remov", "replac", "dropped", "moved", "deleted", "deprecat", "before", "prior", "longer", "used",
    "previous", "former", "instead", "older", "earlier", "split", "merged", "refactor", "the old",
)  # fmt: skip
_PLANNED_WORDS = (
    "will ", "will\n", "planned", "upcoming", "we ", "we\n", "yet", "be implemented", "be decided", "be done",
    "be written", "tbd", "future", "proposed",
)  # fmt: skip
_NEGATIONS = (
    (("not ", "not\n", "n't", " no ", "\nno ", " no\n", "never", "avoid", "instead", "rather"), _NEGATED),
    (("not ", "not\n"), _NOT),
    (("exist",), _MISSING),
)
_OLD_NAMES = ((("replace",), _REPLACED), (("formerly", "previously", "called", "named", "known"), _FORMER))
_SUCCESSION_WORDS = ("migrate", "upgrade", "replaced", "superseded", "favor", "favour")
_EXAMPLE_WORDS = ("e.g.", "for example", "for\nexample", "for instance", "for\ninstance")
_BASE_WORDS = ("subclass", "inherit", "extends", "derive")
_SENTENCE_END = re.compile(r"[.!?]\s+(?=[A-Z\x00\"'(])")
_TOKEN = re.compile(TOKEN)


class Statement(msgspec.Struct, frozen=True, gc=False):
    """What a sentence states; ``start``/``end`` are bytes of the block, the value as a rule."""

    kind: ClaimKind
    subject: str
    start: int
    end: int
    owner: str = ""
    expected: str = ""
    bases: tuple[str, ...] = ()


def is_about_past(text: str) -> bool:
    """Whether a text (flat, in lower case) speaks of what was."""
    return _has(text, _PAST_WORDS) and _PAST.search(text) is not None


def is_about_future(text: str) -> bool:
    """Whether a text (flat, in lower case) speaks of what shall be."""
    return _has(text, _PLANNED_WORDS) and _PLANNED.search(text) is not None


def _has(lower: str, words: tuple[str, ...]) -> bool:
    """Whether one of the words without which a pattern cannot match is there: most texts need no pattern."""
    for word in words:  # noqa: SIM110 - a generator takes three times as long, and all text comes by here
        if word in lower:
            return True
    return False


def token_hints(flat: Flat) -> dict[int, tuple[str, ...]]:
    """Hints for code spans by their numbers: past, negated, example."""
    hints: dict[int, tuple[str, ...]] = {}
    lower = flat.lower
    for part, hint in _by_sentence(flat.text, lower):
        _note(flat, hints, part, hint)
    for hint, patterns in (("past", _OLD_NAMES), ("negated", _NEGATIONS)):
        for words, pattern in patterns:
            if _has(lower, words):
                for match in pattern.finditer(flat.text):
                    _note(flat, hints, match[match.lastindex or 0], hint)
    if _has(lower, _EXAMPLE_WORDS):
        for match in _EXAMPLE.finditer(flat.text):
            _note(flat, hints, match[1], "example")
    return hints


def announced(lead: str) -> tuple[str, ...]:
    """Hints for what a line that ends in a colon leads in to: files that are to be made, the layout of an example."""
    if _TO_MAKE.search(lead):
        return ("optional",)
    return ("example",) if _EXAMPLE_LAYOUT.search(lead) else ()


def made_paths(flat: Flat) -> list[tuple[int, int]]:
    """Spans of the block (bytes) whose paths need not be there, as they are made or removed in the course of things.

    What a file is made by or from ("is generated by `tools/x.py`") must be there.
    """
    if not _has(flat.lower, _MADE_WORDS):
        return []
    found: list[tuple[int, int]] = []
    start = 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(flat.text)), len(flat.text)]:
        match = _MADE.search(flat.text, start, end)
        if match:
            maker, made = end, end
            if match[0].lower().endswith((" by", " from", "running")):
                into = _INTO.search(flat.text, match.end(), end)
                maker, made = match.end(), into.end() if into else end
            found += [(flat.offset(start), flat.offset(maker)), (flat.offset(made), flat.offset(end))]
        start = end
    return found


def _past_part(sentence: str) -> str:
    """The part of a sentence that names what was: all of it, that left of "was renamed to", or nothing."""
    lower = sentence.lower()
    succession = _SUCCEEDED.search(sentence)
    if succession and not is_about_past(lower[succession.end() :]):
        return sentence[: succession.start()]
    return sentence if is_about_past(lower) or _MIGRATES.match(lower) else ""


def _by_sentence(text: str, lower: str) -> Iterator[tuple[str, str]]:
    """Parts of the text that whole sentences give a hint to, and the hint."""
    has_past, has_less = is_about_past(lower) or _has(lower, _SUCCESSION_WORDS), "prefer" in lower
    if not (has_past or has_less):
        return
    for sentence in _SENTENCE_END.split(text):
        if has_past:
            yield _past_part(sentence), "past"
        if has_less and _PREFERS.search(sentence):
            yield from ((match[1], "negated") for match in _LESS.finditer(sentence))


def _note(flat: Flat, hints: dict[int, tuple[str, ...]], tokens: str, hint: str) -> None:
    """Give the hint to each code span among the tokens."""
    for token in _TOKEN.findall(tokens):
        number = flat.code(token)
        if hint not in hints.get(number, ()):
            hints[number] = (*hints.get(number, ()), hint)


def statements(flat: Flat, about: str) -> list[Statement]:
    """What the sentences of a block state. ``about`` is whose default a bare "Defaults to 5" gives, or ""."""
    text, found = flat.text, list[Statement]()
    if "efault" in text:
        found += _defaults(flat, about)
    if len(flat.codes) > 1:
        if _has(text, _BASE_WORDS):
            for match in _BASE.finditer(text):
                found += _bases(flat, match)
        if "enum" in flat.lower:
            for match in _MEMBERS.finditer(text):
                found += _members(flat, match)
    if flat.codes and (" is " in text or "=" in text or "equals" in text):
        for match in _CONSTANT.finditer(text):
            found += _constant(flat, match)
    return found


def _defaults(flat: Flat, about: str) -> Iterator[Statement]:
    seen: set[int] = set()
    for pattern in _DEFAULTS:
        for match in pattern.finditer(flat.text):
            seen.add(match.start(2))
            subject = _name(flat, match[1])
            value = _value(flat, match[2])
            if subject and value:
                owner, _, name = subject.rpartition(".")
                yield Statement("default", name, *_span(flat, match, 2), owner=owner, expected=value)
    if not about:
        return
    for match in _OWN_DEFAULT.finditer(flat.text):
        value = _value(flat, match[1])
        if value and match.start(1) not in seen:
            owner, _, name = about.rpartition(".")
            yield Statement("default", name, *_span(flat, match, 1), owner=owner, expected=value)


def _bases(flat: Flat, match: re.Match[str]) -> Iterator[Statement]:
    subject = _name(flat, match[1])
    bases = tuple(_name(flat, token) for token in _TOKEN.findall(match[2] + match[3]))
    if _CLASS_NAME.fullmatch(subject) and all(_CLASS_NAME.fullmatch(base) for base in bases):
        yield Statement("class", subject, *_span(flat, match, 2), bases=bases)


def _members(flat: Flat, match: re.Match[str]) -> Iterator[Statement]:
    owner = _name(flat, match[1])
    if not _CLASS_NAME.fullmatch(owner):
        return
    for token in _TOKEN.findall(match[2] + match[3]):
        name = _name(flat, token)
        span = flat.spans[flat.code(token)]
        if name:
            member = name.removeprefix(f"{owner}.")
            yield Statement("enum-member", member, span.inner_start, span.inner_end, owner=owner)


def _constant(flat: Flat, match: re.Match[str]) -> Iterator[Statement]:
    subject, value = _name(flat, match[1]), _value(flat, match[2])
    if value and _CONSTANT_NAME.fullmatch(subject):
        yield Statement("constant", subject, *_span(flat, match, 2), expected=value)


def _span(flat: Flat, match: re.Match[str], group: int) -> tuple[int, int]:
    if match[group].startswith("\x00"):
        span = flat.spans[flat.code(match[group])]
        return span.inner_start, span.inner_end
    start = flat.offset(match.start(group))
    return start, start + len(match[group])


def _name(flat: Flat, token: str) -> str:
    said = read_name(flat.codes[flat.code(token)])
    return said[0].subject if len(said) == 1 and said[0].kind == "name" else ""


def _value(flat: Flat, written: str) -> str:
    if written.startswith("\x00"):
        return literal(flat.codes[flat.code(written)])
    return plain_literal(written)
