"""Decisions that contradict each other, by what they say, with ways out and the rule of who gives way.

Deterministic evidence only: two decisions in force lay down something different about the same subject in the same
scope (:mod:`vt_lsp.workflow_memory.statements`). Statements are looked up by their subject; pairs are never tried.
Whatever is only alike is a possible overlap, which is a search and not a verdict.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from vt_lsp.models import LinkType, Severity
from vt_lsp.workflow_memory.statements import Statement, statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vt_lsp.models import WorkflowDecision

IN_FORCE: Final = frozenset({"accepted", "proposed"})
_MOST_OF_A_SUBJECT: Final = 50  # statements on one subject and form; beyond, it is a common word and no subject

_SETTLING: Final = frozenset({LinkType.SUPERSEDES, LinkType.AMENDS})

Rule = Literal["exception", "narrower scope", "newer accepted"]
Way = Literal["supersede", "amend", "narrow", "exception"]


@dataclass(frozen=True, slots=True)
class Decided:
    """What conflicts are found in: one decision's words, state and place.

    ``when`` is seconds since the epoch. ``settled_with`` are ids of decisions whose relation to this one is recorded
    (supersedes, amends, an exception to): such a pair is no conflict. ``supersedes`` and ``follows`` (applies) are ids.
    """

    id: str
    title: str
    text: str = ""
    status: str = "accepted"
    when: float = 0.0
    paths: frozenset[str] = frozenset()
    settled_with: frozenset[str] = frozenset()
    supersedes: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a conflict: the decision, and its own words."""

    id: str
    title: str
    quote: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """One way out: what to do, to which decision, in words."""

    way: Way
    target: str
    title: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two decisions that cannot both be followed.

    ``severity`` is error when both hold in the same place, warning when a rule already says which one gives way or
    when a superseded one is still followed. ``prevails`` is the id of the side that ``rule`` prefers.
    """

    severity: Severity
    explanation: str
    older: Side
    newer: Side
    prevails: str
    rule: Rule
    resolutions: tuple[Resolution, ...]

    @property
    def key(self) -> tuple[str, str]:
        """The two ids, in order: what identifies a conflict."""
        return (min(self.older.id, self.newer.id), max(self.older.id, self.newer.id))


@dataclass(frozen=True, slots=True)
class ConsistencyReport:
    """How far a project's decisions agree. ``statements`` counts what could be compared."""

    decisions: int
    in_force: int
    statements: int
    conflicts: tuple[Conflict, ...]

    @property
    def consistent(self) -> bool:
        """Whether there is no conflict of severity error."""
        return not any(conflict.severity is Severity.ERROR for conflict in self.conflicts)


_Placed = tuple[Decided, Statement]


@dataclass(slots=True)
class ConflictIndex:
    """Statements of the decisions by form and subject; grows and shrinks by one decision."""

    _decided: dict[str, Decided] = field(default_factory=dict)
    _said: dict[str, list[Statement]] = field(default_factory=dict)
    _by_subject: defaultdict[tuple[str, frozenset[str]], dict[str, list[Statement]]] = field(
        default_factory=lambda: defaultdict(dict)
    )

    def put(self, decided: Decided) -> None:
        """Add a decision, or put it in the place of the one with its id."""
        self.discard(decided.id)
        self._decided[decided.id] = decided
        said = statements(decided.title, decided.text)
        self._said[decided.id] = said
        for statement in said:
            self._by_subject[statement.form, statement.subject].setdefault(decided.id, []).append(statement)

    def discard(self, identity: str) -> None:
        """Forget a decision, if it is there."""
        self._decided.pop(identity, None)
        for statement in self._said.pop(identity, ()):
            self._by_subject[statement.form, statement.subject].pop(identity, None)

    def against(self, decided: Decided) -> list[Conflict]:
        """The conflicts that a decision has, or would have, with those in the index; the gravest first."""
        said = self._said.get(decided.id) if self._decided.get(decided.id) == decided else None
        found: dict[tuple[str, str], Conflict] = {}
        if decided.status in IN_FORCE:
            for mine in said if said is not None else statements(decided.title, decided.text):
                others = self._by_subject.get((mine.form, mine.subject), {})
                if len(others) > _MOST_OF_A_SUBJECT:
                    continue
                for identity, theirs in others.items():
                    other = self._decided[identity]
                    if identity == decided.id or other.status not in IN_FORCE or _settled(decided, other):
                        continue
                    for statement in theirs:
                        conflict = _conflict((decided, mine), (other, statement))
                        if conflict is not None:
                            _keep(found, conflict)
            for conflict in self._followed(decided):
                _keep(found, conflict)
        return sorted(found.values(), key=_gravest_first)

    def all(self) -> list[Conflict]:
        """All conflicts among the decisions of the index, the gravest first, each once."""
        found: dict[tuple[str, str], Conflict] = {}
        for decided in self._decided.values():
            for conflict in self.against(decided):
                _keep(found, conflict)
        return sorted(found.values(), key=_gravest_first)

    def report(self) -> ConsistencyReport:
        """The consistency of all decisions of the index."""
        return ConsistencyReport(
            decisions=len(self._decided),
            in_force=sum(decided.status in IN_FORCE for decided in self._decided.values()),
            statements=sum(map(len, self._said.values())),
            conflicts=tuple(self.all()),
        )

    def _followed(self, decided: Decided) -> Iterator[Conflict]:
        """A decision that applies a superseded one, though its successor is in force."""
        for identity in sorted(decided.follows):
            old = self._decided.get(identity)
            if old is None or old.status != "superseded":
                continue
            for successor in self._decided.values():
                if identity in successor.supersedes and successor.status in IN_FORCE and successor.id != decided.id:
                    yield _still_followed(decided, old, successor)


def decided_of(decision: WorkflowDecision) -> Decided:
    """A decision for the search of conflicts: what was chosen, not why or among what."""
    return Decided(
        id=decision.id,
        title=decision.title or decision.outcome.partition("\n")[0],
        text=decision.outcome,
        status=str(decision.status),
        when=decision.timestamp.timestamp(),
        paths=frozenset(decision.files),
        settled_with=frozenset(link.target for link in decision.links if link.type in _SETTLING),
        supersedes=frozenset(link.target for link in decision.links if link.type is LinkType.SUPERSEDES),
        follows=frozenset(link.target for link in decision.links if link.type is LinkType.APPLIES),
    )


def conflicts(decided: Iterable[Decided]) -> list[Conflict]:
    """All conflicts among decisions, the gravest first."""
    index = ConflictIndex()
    for one in decided:
        index.put(one)
    return index.all()


def _keep(found: dict[tuple[str, str], Conflict], conflict: Conflict) -> None:
    known = found.get(conflict.key)
    if known is None or (known.severity is not Severity.ERROR and conflict.severity is Severity.ERROR):
        found[conflict.key] = conflict


def _gravest_first(conflict: Conflict) -> tuple[bool, tuple[str, str]]:
    return conflict.severity is not Severity.ERROR, conflict.key


def _settled(one: Decided, other: Decided) -> bool:
    return other.id in one.settled_with or one.id in other.settled_with


def _conflict(mine: _Placed, theirs: _Placed) -> Conflict | None:
    older, newer = sorted((mine, theirs), key=lambda placed: (placed[0].when, placed[0].id))
    (first, old), (second, new) = older, newer
    if not _differ(old, new) or not _meet(old.scope, new.scope) or not _paths_meet(first.paths, second.paths):
        return None
    rule, prevailing = _precedence(older, newer)
    both_accepted = first.status == second.status == "accepted"
    error = rule == "newer accepted" and both_accepted
    where = f" in {' '.join(sorted(old.scope or new.scope))}" if old.scope or new.scope else ""
    if old.form == "answer":
        does, does_not = (old, new) if old.holds else (new, old)
        explanation = f'One says "{does.said}", the other says not to ("{does_not.sentence}")'
    else:
        explanation = f'On the same subject{where} one says "{old.said}", the other "{new.said}"'
    return Conflict(
        severity=Severity.ERROR if error else Severity.WARNING,
        explanation=f"{explanation}. {_why(rule, prevailing)}",
        older=Side(first.id, first.title, old.sentence),
        newer=Side(second.id, second.title, new.sentence),
        prevails=prevailing.id,
        rule=rule,
        resolutions=_resolutions(first if prevailing is second else second, prevailing),
    )


def _differ(old: Statement, new: Statement) -> bool:
    """Whether what two statements with one subject lay down excludes each other."""
    if old.form == "answer":
        if old.holds == new.holds:
            return False
        (general,), (special,) = (old.choices, new.choices) if not old.holds else (new.choices, old.choices)
        return general <= special  # "no ORM" forbids "the SQLAlchemy ORM", not the other way round
    if not (old.holds and new.holds):
        return False
    if old.form == "choice" and _of_two_kinds(old.said, new.said):
        return False
    return not any(one <= other or other <= one for one in old.choices for other in new.choices)


def _of_two_kinds(one: str, other: str) -> bool:
    """Whether two choices are common nouns of two kinds: feature flags and semantic versioning go together."""
    first, second = (text.removeprefix("a ").removeprefix("an ").removeprefix("the ").split() for text in (one, other))
    plain = one.islower() and other.islower() and len(first) > 1 and len(second) > 1
    return plain and first[-1].removesuffix("s") != second[-1].removesuffix("s")


def _meet(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two scopes overlap: one is everywhere, within the other, or a module around its dotted names."""
    return one <= other or other <= one or _around(one, other) or _around(other, one)


def _around(outer: frozenset[str], inner: frozenset[str]) -> bool:
    return any("." in name and name.startswith(f"{module}.") for module in outer for name in inner)


def _paths_meet(one: frozenset[str], other: frozenset[str]) -> bool:
    if not one or not other:
        return True
    return any(
        a == b or a.startswith(f"{b.rstrip('/')}/") or b.startswith(f"{a.rstrip('/')}/") for a in one for b in other
    )


def _precedence(older: _Placed, newer: _Placed) -> tuple[Rule, Decided]:
    """An explicit exception over both, the narrower scope over the wider, the newer accepted over the older."""
    if older[1].exception != newer[1].exception:
        return "exception", (older if older[1].exception else newer)[0]
    if older[1].scope != newer[1].scope:
        wider = older[1].scope < newer[1].scope or _around(older[1].scope, newer[1].scope)
        return "narrower scope", (newer if wider else older)[0]
    accepted = [placed for placed in (newer, older) if placed[0].status == "accepted"]
    return "newer accepted", (accepted or [newer])[0][0]


def _why(rule: Rule, prevailing: Decided) -> str:
    reason = {
        "exception": "it says that it is an exception",
        "narrower scope": "its scope is narrower",
        "newer accepted": "it is the newer accepted one",
    }[rule]
    return f"By the rules {prevailing.title!r} prevails: {reason}."


def _resolutions(other: Decided, prevailing: Decided) -> tuple[Resolution, ...]:
    return (
        Resolution("supersede", other.id, f"Supersede {other.title!r} by {prevailing.title!r}"),
        Resolution("amend", other.id, f"Amend {other.title!r} with what {prevailing.title!r} says"),
        Resolution("narrow", prevailing.id, f"Narrow the scope of {prevailing.title!r} to where it is meant"),
        Resolution("exception", prevailing.id, f"Mark {prevailing.title!r} as an exception to {other.title!r}"),
    )


def _still_followed(decided: Decided, old: Decided, successor: Decided) -> Conflict:
    return Conflict(
        severity=Severity.WARNING,
        explanation=f"It follows {old.title!r}, which was superseded by {successor.title!r}.",
        older=Side(successor.id, successor.title, successor.title),
        newer=Side(decided.id, decided.title, decided.title),
        prevails=successor.id,
        rule="newer accepted",
        resolutions=_resolutions(decided, successor),
    )
