"""What people do with decisions: record, change, replace them, say what became of them, and count."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vt_lsp.models import (
    DecisionLink,
    DecisionStatus,
    DecisionType,
    LinkType,
    Outcome,
    WorkflowDecision,
)
from vt_lsp.workflow_memory.decision_types import classify
from vt_lsp.workflow_memory.ids import make_id
from vt_lsp.workflow_memory.memory_store import MemoryStoreError, now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from vt_lsp.workflow_memory.memory_store import MemoryStore
    from vt_lsp.workspace.git import Git

ACTIVE: Final = (DecisionStatus.PROPOSED, DecisionStatus.ACCEPTED)


class Effectiveness(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the decisions of one kind; of each its last outcome counts.

    ``rate`` is the share of successes among those that can be judged, None without any; ``metrics`` are means.
    """

    kind: str
    decisions: int
    with_outcome: int
    successes: int
    failures: int
    rate: float | None
    metrics: Mapping[str, float]


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a whole memory."""

    decisions: int
    by_type: dict[str, int]
    by_status: dict[str, int]
    by_author: dict[str, int]
    by_tag: dict[str, int]
    by_month: dict[str, int]
    effectiveness: tuple[Effectiveness, ...]


class DecisionTracker:
    """Decisions of one store; ``author`` is who acts, ``clock`` when."""

    def __init__(self, store: MemoryStore, author: str = "", clock: Callable[[], datetime] = now) -> None:
        self.store = store
        self.author = author
        self._clock = clock

    def record(self, outcome: str, decision_type: DecisionType | None = None, **fields: Any) -> WorkflowDecision:  # noqa: ANN401  fields of a decision
        """Record a new decision. Without a type its words tell it; what it supersedes is superseded from now on.

        Raises MemoryStoreError for an empty choice and for a superseded decision that is not known.
        """
        return self.add(self.draft(outcome, decision_type, **fields))

    def draft(self, outcome: str, decision_type: DecisionType | None = None, **fields: Any) -> WorkflowDecision:  # noqa: ANN401  the same
        """The decision that ``record`` would record, so that one can ask before what it contradicts."""
        if not outcome.strip():
            raise MemoryStoreError("a decision needs an outcome: what was chosen")
        timestamp = fields.pop("timestamp", None) or self._clock()
        return WorkflowDecision(
            id=fields.pop("id", None) or make_id(timestamp),
            timestamp=timestamp,
            decision_type=decision_type or type_of(fields.get("title", ""), outcome, fields.get("rationale", "")),
            outcome=outcome,
            author=fields.pop("author", "") or self.author,
            **fields,
        )

    def add(self, new: WorkflowDecision) -> WorkflowDecision:
        """Record a draft."""
        self.store.put(new, *self._superseded(new), author=self.author, reason=f"recorded {new.id}")
        return new

    def _superseded(self, new: WorkflowDecision) -> list[WorkflowDecision]:
        if new.status != DecisionStatus.ACCEPTED:
            return []
        targets = [link.target for link in new.links if link.type is LinkType.SUPERSEDES]
        return [
            msgspec.structs.replace(self.store.need(target), status=DecisionStatus.SUPERSEDED) for target in targets
        ]

    def change(self, name: str, reason: str = "", **fields: Any) -> WorkflowDecision:  # noqa: ANN401  the same
        """Give a decision other values in these fields; the old ones stay in its events."""
        changed = msgspec.structs.replace(self.store.need(name), **fields)
        self.store.put(changed, author=self.author, reason=reason)
        return changed

    def supersede(self, old: str, new: str, reason: str = "") -> tuple[WorkflowDecision, WorkflowDecision]:
        """Let one known decision take the place of another; gives both as they stand now, the old one first."""
        before, after = self.store.need(old), self.store.need(new)
        if before.id == after.id:
            raise MemoryStoreError("a decision cannot supersede itself")
        if self._leads_to(before, after.id):
            raise MemoryStoreError(f"{before.id} supersedes {after.id} already, directly or through others")
        link = DecisionLink(LinkType.SUPERSEDES, before.id)
        before = msgspec.structs.replace(before, status=DecisionStatus.SUPERSEDED)
        after = msgspec.structs.replace(after, links=tuple(dict.fromkeys((*after.links, link))))
        self.store.put(before, after, author=self.author, reason=reason or f"{after.id} supersedes {before.id}")
        return before, after

    def _leads_to(self, start: WorkflowDecision, wanted: str) -> bool:
        seen, due = set[str](), [start]
        while due:
            targets = {link.target for link in due.pop().links if link.type is LinkType.SUPERSEDES} - seen
            if wanted in targets:
                return True
            seen |= targets
            due.extend(self.store.get_many(sorted(targets)).values())
        return False

    def add_outcome(
        self, name: str, *, success: bool | None, note: str = "", metrics: Mapping[str, float] | None = None
    ) -> Outcome:
        """Say what became of a decision."""
        outcome = Outcome(
            id=f"O-{secrets.token_hex(8)}",
            decision=self.store.need(name).id,
            timestamp=self._clock(),
            success=success,
            metrics=dict(metrics or {}),
            note=note,
            author=self.author,
        )
        self.store.add_outcome(outcome)
        return outcome

    def statistics(self) -> Statistics:
        """Count everything."""
        decisions = list(self.store.all())
        months: dict[str, int] = defaultdict(int)
        for one in decisions:
            months[f"{one.timestamp:%Y-%m}"] += 1
        return Statistics(
            decisions=len(decisions),
            by_type=self.store.counts("type"),
            by_status=self.store.counts("status"),
            by_author=self.store.counts("author"),
            by_tag=self.store.facet_counts("tag"),
            by_month=dict(sorted(months.items())),
            effectiveness=effectiveness(decisions, self.store.outcomes()),
        )


def type_of(title: str, outcome: str, rationale: str) -> DecisionType:
    """The type that the words speak for; one of the process where none does."""
    found = classify(title, f"{outcome}\n{rationale}")
    return found.decision_type if found is not None else DecisionType.PROCESS


def effectiveness(decisions: Sequence[WorkflowDecision], outcomes: Sequence[Outcome]) -> tuple[Effectiveness, ...]:
    """What became of decisions, by type; ``outcomes`` are oldest first."""
    last = {outcome.decision: outcome for outcome in outcomes}
    kinds: dict[str, list[WorkflowDecision]] = defaultdict(list)
    for one in decisions:
        kinds[one.decision_type].append(one)
    return tuple(_effect(kind, [last.get(one.id) for one in kinds[kind]]) for kind in sorted(kinds))


def _effect(kind: str, outcomes: list[Outcome | None]) -> Effectiveness:
    known = [outcome for outcome in outcomes if outcome is not None]
    successes = sum(outcome.success is True for outcome in known)
    failures = sum(outcome.success is False for outcome in known)
    values: dict[str, list[float]] = defaultdict(list)
    for outcome in known:
        for name, value in outcome.metrics.items():
            values[name].append(value)
    return Effectiveness(
        kind=kind,
        decisions=len(outcomes),
        with_outcome=len(known),
        successes=successes,
        failures=failures,
        rate=round(successes / (successes + failures), 4) if successes + failures else None,
        metrics={name: sum(each) / len(each) for name, each in sorted(values.items())},
    )


def author_from(git: Git) -> str:
    """The name that git would write into a commit here; "" where it knows none."""
    return git.line("config", "user.name") or ""
