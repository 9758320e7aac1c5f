"""What a sentence of a decision lays down: about what, where, which choice; from ordinary English, by its form alone.

Four forms are read, and everything else lays down nothing:

- a choice: "Use PostgreSQL for orders", "Chosen option: Kafka for events", "Prefer composition over inheritance";
- a manner: "Passwords are hashed with bcrypt", "Store timestamps in UTC", "The order service owns the price";
- a number: "Retry payments 3 times", "Cache entries expire after 5 minutes";
- a yes or no: "Do not use ORMs in shop.domain", "Enable caching in the shop".

What is only weighed ("consider", "could") is no decision.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from vt_lsp.workflow_memory.words import MOST_CHARACTERS, stem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Form = Literal["choice", "number", "answer"]

_MOST_SENTENCES: Final = 40
_LONGEST_SENTENCE: Final = 240
_LONGEST_CHOICE: Final = 5  # words; longer ones are clauses, which differ without excluding each other


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a sentence lays down.

    ``subject`` and ``scope`` are stems (dotted names stay whole), an empty scope is everywhere. ``choices`` are
    alternatives that hold together ("PostgreSQL and Redis"), each a set of stems; a number is one choice of one
    word. ``said`` is how the choice was written, ``holds`` is False for a "do not". ``exception`` says that the
    sentence calls itself one.
    """

    form: Form
    subject: frozenset[str]
    scope: frozenset[str]
    choices: frozenset[frozenset[str]]
    said: str
    holds: bool
    exception: bool
    sentence: str


_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+|\n\s*\n|\n\s*[-*+]\s+|\n\s*\d+\.\s+")
_TOKEN: Final = re.compile(r"[^\W_][\w.'/+#%-]*[\w+#%]|[^\W_]|,|:")
_LEAD: Final = re.compile(
    r"""^(?:(?:therefore|so|thus|hence|accordingly|from\ now\ on|the\ team|it\ (?:was|is)\ decided(?:\ that|\ to)?
        |decision|chosen\ option|we|have|has|are|were|is|will|shall|should|must|always|going\ to|decided\ to|decide\ to
        |agreed\ to|agree\ to|opted\ to|that|to)\b[:,]?\s+)+""",
    re.VERBOSE | re.IGNORECASE,
)
_CHOSEN: Final = re.compile(r"^\W*(?:decision|chosen option|option chosen|outcome)\s*:\s*", re.IGNORECASE)
_WEIGHED: Final = frozenset(
    """consider considers considered evaluate evaluating investigate explore discuss propose proposed proposal maybe
    perhaps could might may can if whether suggest able try experiment optional optionally when unless
    why how what would initially currently previously formerly was were ask temporarily until""".split()
)
_EXCEPTION: Final = re.compile(
    r"\b(?:except|exception|exceptionally|apart from|other than|excluding|but not)\b", re.IGNORECASE
)
_NEGATION: Final = re.compile(
    r"\b(?:do not|does not|don't|doesn't|must not|mustn't|shall not|should not|shouldn't|will not|won't"
    r"|may not|can ?not|can't|is not|are not|isn't|aren't|never|no longer|not)\b",
    re.IGNORECASE,
)
_REFUSING: Final = {
    "avoid": "use",
    "disable": "enable",
    "disallow": "allow",
    "forbid": "allow",
    "ban": "allow",
    "prohibit": "allow",
    "no": "use",
    "drop": "use",
    "abandon": "use",
    "reject": "use",
}
_CHOOSING: Final = frozenset(
    """use uses using adopt choose chose chosen select selected pick picked prefer employ standardise standardize
    switch migrate move go selecting adopting choosing""".split()
)
_FOR: Final = frozenset("for as to".split())
_WHERE: Final = frozenset("in within inside at during across throughout from on under".split())
_INSTEAD: Final = re.compile(r"\b(?:instead of|rather than|over|in favou?r of|not)\b", re.IGNORECASE)
_MANNER: Final = {
    **dict.fromkeys("with via through over by using".split(), "by means of"),
    **dict.fromkeys("in on into".split(), "in"),
    "as": "as",
    "to": "to",
}
_STATING: Final = frozenset("is are be lives live resides runs run".split())
# What one can do in two places or by two means without taking back the first.
_ADDING: Final = frozenset(
    stem(word)
    for word in """add create introduce implement include expose fix update remove support move test check
    improve extend convert change allow provide make define start give refer link help apply work enable need lead add
    respond come belong relate due similar based responsible compare""".split()
)
_EMPTY: Final = frozenset(
    """a an the all every each any our your their its this that these those we it is are be been being will shall must
    should have has had do does for as to of in on at with by and or only always both please also then therefore
    so default following within between inside during up out most least than more less after every exactly
    minimum maximum approximately about using lives live resides""".split()
)
_IRREGULAR: Final = {
    "written": "write", "sent": "send", "kept": "keep", "drawn": "draw", "built": "build", "held": "hold",
    "run": "run", "runs": "run", "chosen": "choose", "stored": "store", "logs": "log", "logged": "log",
    "made": "make", "done": "do", "spoken": "speak", "shown": "show", "uses": "use", "used": "use",
}  # fmt: skip
_NUMBER: Final = re.compile(r"^(\d+(?:[.,]\d+)*)(%|[a-z]{1,3})?$")
_NUMBER_WORDS: Final = {
    word: str(number)
    for number, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
_UNITS: Final = {
    **dict.fromkeys(("second", "seconds", "s", "sec", "secs"), ("s", 1.0)),
    **dict.fromkeys(("minute", "minutes", "min", "mins", "m"), ("s", 60.0)),
    **dict.fromkeys(("hour", "hours", "h"), ("s", 3600.0)),
    **dict.fromkeys(("day", "days", "d"), ("s", 86400.0)),
    **dict.fromkeys(("week", "weeks"), ("s", 604800.0)),
    **dict.fromkeys(("month", "months"), ("s", 2592000.0)),
    **dict.fromkeys(("year", "years"), ("s", 31536000.0)),
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), ("s", 0.001)),
    "kb": ("B", 1e3), "mb": ("B", 1e6), "gb": ("B", 1e9), "tb": ("B", 1e12),
    "%": ("%", 1.0), "percent": ("%", 1.0), "times": ("x", 1.0), "time": ("x", 1.0),
}  # fmt: skip
_RHYTHMS: Final = {
    "hourly": 3600.0, "daily": 86400.0, "nightly": 86400.0, "weekly": 604800.0, "monthly": 2592000.0,
    "quarterly": 7776000.0, "yearly": 31536000.0, "annually": 31536000.0,
}  # fmt: skip
_KEEPING: Final = frozenset(stem(word) for word in "keep retain store delete remove purge erase drop discard".split())
_OWNING: Final = re.compile(
    r"^(.{2,60}?)\s+(?:owns|own|is responsible for|is the owner of)\s+(.{2,60})$", re.IGNORECASE
)


def statements(title: str, text: str = "") -> list[Statement]:
    """What a decision's title and the sentences of its text lay down; the first of equals stays."""
    found: dict[tuple[object, ...], Statement] = {}
    for sentence in [title, *_SENTENCE.split(text[:MOST_CHARACTERS])][:_MOST_SENTENCES]:
        for said in read(sentence):
            found.setdefault((said.form, said.subject, said.scope, said.choices, said.holds), said)
    return list(found.values())


def read(sentence: str) -> Iterator[Statement]:
    """What one sentence lays down: mostly nothing, sometimes more than one thing."""
    quoted = " ".join(sentence.replace("\u2019", "'").split()).rstrip(".!;")
    if not 3 <= len(quoted) <= _LONGEST_SENTENCE or quoted.endswith(("?", ":")) or "\0" in quoted:
        return
    exception = bool(_EXCEPTION.search(quoted))
    plain = re.sub(r"[\"“”„`*()\[\]]", "", quoted)
    chosen = _CHOSEN.match(plain) is not None
    plain = re.split(r",?\s+(?:because|since|so that|in order to|as it|as they|, as)\b", plain)[0]
    bare = _LEAD.sub("", _CHOSEN.sub("", plain))
    holds = True
    if _NEGATION.search(bare) or _NEGATION.match(plain[: len(plain) - len(bare)] + " ") or _refused_lead(plain, bare):
        holds = False
        bare = _LEAD.sub("", " ".join(_NEGATION.sub(" ", bare).split()))
    words = _TOKEN.findall(bare)
    if not words or {word.lower() for word in words} & _WEIGHED:
        return
    first = words[0].lower()
    if first in _REFUSING and len(words) > 1:
        holds = not holds
        words = [_REFUSING[first], *words[1:]]
    elif chosen and first not in _CHOOSING:
        words = ["use", *words]
    frame = _Frame(holds, exception, quoted)
    yield from _numbers(words, frame)
    yield from _answer(words, frame)
    if holds:
        yield from _choice(words, frame) if words[0].lower() in _CHOOSING else _manner(words, frame)


@dataclass(frozen=True, slots=True)
class _Frame:
    holds: bool
    exception: bool
    sentence: str

    def say(
        self, form: Form, subject: frozenset[str], scope: frozenset[str], choices: frozenset[frozenset[str]], said: str
    ) -> Statement:
        return Statement(form, subject, scope, choices, said, self.holds, self.exception, self.sentence)


def _refused_lead(plain: str, bare: str) -> bool:
    """Whether the words before the sentence proper deny it ("we will not", which the lead swallows)."""
    return bool(_NEGATION.search(plain[: len(plain) - len(bare)]))


def _choice(words: Sequence[str], frame: _Frame) -> Iterator[Statement]:
    """Use CHOICE for SUBJECT in SCOPE instead of OTHER."""
    rest = list(words[1:])
    if rest and rest[0].lower() in ("on", "to", "with", "for"):
        rest = rest[1:]
    text = " ".join(rest)
    instead = _INSTEAD.search(text)
    if instead and instead.start():
        one, other = text[: instead.start()].split(), text[instead.end() :].split()
        other, _, _ = _parts(other)
        taken, _, scope = _parts(one)
        if 0 < len(taken) <= _LONGEST_CHOICE and 0 < len(other) <= _LONGEST_CHOICE:
            pair = _stems(taken) | _stems(other)
            yield frame.say("choice", pair | {"<either>"}, _stems(scope), _alternatives(taken), " ".join(taken))
        rest = one
    taken, purpose, scope = _parts(rest)
    if not purpose or not 0 < len(taken) <= _LONGEST_CHOICE:
        return
    for subject in _conjuncts(purpose):
        stems = _stems(subject)
        if stems:
            yield frame.say("choice", stems, _stems(scope), _alternatives(taken), " ".join(taken))


def _manner(words: Sequence[str], frame: _Frame) -> Iterator[Statement]:
    """SUBJECT is done by means of CHOICE; SUBJECT is in CHOICE; OWNER owns SUBJECT."""
    owned = _OWNING.match(" ".join(words))
    if owned:
        yield frame.say(
            "choice", _stems(owned[2].split()) | {"<owner>"}, frozenset(), _alternatives(owned[1].split()), owned[1]
        )
        return
    for at, word in enumerate(words):
        group = _MANNER.get(word.lower())
        if group is None or at == 0:
            continue
        subject = _stems(words[:at])
        tail = list(words[at + 1 :])
        end = next((i for i, other in enumerate(tail) if other.lower() in _WHERE | _FOR | {","}), len(tail))
        taken, scope = tail[:end], tail[end + 1 :]
        stated = any(other.lower() in _STATING for other in words[:at])
        if (group == "to" or len(subject) < 2) and not stated:
            return  # a noun with an attribute: "coroutines via generators", "migration to the new driver"
        if subject and not subject & _ADDING and len(_stems(taken)) > 0 and len(taken) <= _LONGEST_CHOICE:
            yield frame.say("choice", subject | {f"<{group}>"}, _stems(scope), _alternatives(taken), " ".join(taken))
        return


def _numbers(words: Sequence[str], frame: _Frame) -> Iterator[Statement]:
    """The one number of a sentence, as the choice; the rest is the subject."""
    found = [(at, number) for at in range(len(words)) if (number := _number(words, at)) is not None]
    if len(found) != 1 or not frame.holds:
        return
    at, (value, used) = found[0]
    rest = [*words[:at], *words[at + used :]]
    subject = _stems(rest)
    verb = stem(_IRREGULAR.get(words[0].lower(), words[0].lower()))
    if verb in _KEEPING and value.startswith("s:"):
        subject = (subject - _KEEPING) | {"<keep>"}
    if len(subject) > 1 or (subject and at):
        yield frame.say(
            "number", subject, frozenset(), frozenset({frozenset({value})}), " ".join(words[at : at + used])
        )


def _number(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """The number at a place with its unit, and how many words both are."""
    word = words[at].lower()
    if word in _RHYTHMS:
        return f"s:{_RHYTHMS[word]:g}", 1
    match = _NUMBER.match(_NUMBER_WORDS.get(word, word))
    if match is None or (match[2] and match[2] not in _UNITS):
        return None
    unit = match[2] or (words[at + 1].lower() if at + 1 < len(words) else "")
    used = 1 if match[2] or unit not in _UNITS else 2
    digits = match[1].replace(",", "")
    if unit not in _UNITS or digits.count(".") > 1:
        # "Require 2 reviews" counts; "Python 2.1", "Option 2" and "Python 3 support" are names of something.
        counts = (
            unit.isalpha() and words[at + 1].islower() and digits.isdecimal() and (at == 1 or words[at - 1].islower())
        )
        return (f"n:{digits}", 1) if at and counts else None
    kind, factor = _UNITS[unit]
    return f"{kind}:{float(digits) * factor:g}", used


def _answer(words: Sequence[str], frame: _Frame) -> Iterator[Statement]:
    """Yes or no to a whole sentence; its last noun is the subject, so that a "no" meets what is more special."""
    body, purpose, scope = _parts(words)
    stems = _stems(body)
    if words[0].lower() in _CHOOSING:
        stems = (stems - {stem(word) for word in _CHOOSING}) | {"use"}
        stems |= _stems(purpose)
    else:
        stems |= _stems(purpose)
    heads = [word for word in (stem(_fold(word)) for word in body) if word in stems]
    if len(stems) > 1 and heads and len(words) <= 2 * _LONGEST_CHOICE + 4:
        yield frame.say("answer", frozenset({heads[-1]}), _stems(scope), frozenset({stems}), " ".join(words))


def _parts(words: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """What is taken, for what, and where: split at the first word of each kind."""
    parts: tuple[list[str], list[str], list[str]] = ([], [], [])
    part = 0
    for at, word in enumerate(words):
        low = word.lower()
        if at and low in _FOR:
            part = 1
        elif at and low in _WHERE:
            part = 2
        else:
            parts[part].append(word)
    return parts


def _conjuncts(words: Sequence[str]) -> Iterator[list[str]]:
    """``orders and invoices`` as two."""
    part: list[str] = []
    for word in words:
        if word.lower() in ("and", "or", ",", "plus"):
            if part:
                yield part
            part = []
        else:
            part.append(word)
    if part:
        yield part


def _alternatives(words: Sequence[str]) -> frozenset[frozenset[str]]:
    return frozenset(stems for part in _conjuncts(words) if (stems := _stems(part)))


def _fold(word: str) -> str:
    low = word.lower().removesuffix("'s")
    return _IRREGULAR.get(low, low)


def _stems(words: Sequence[str]) -> frozenset[str]:
    return frozenset(stem(_fold(word)) for word in words if word[0].isalnum() and word.lower() not in _EMPTY)
