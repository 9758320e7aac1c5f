"""Accepted drift: a decision that a drift is meant, good for as long as claim and code stay as they are."""

from __future__ import annotations

import logging
from hashlib import blake2b
from typing import TYPE_CHECKING

from vt_lsp.models import Acceptance, DecisionStatus, DecisionType
from vt_lsp.workflow_memory.home import FILE, memory_directory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vt_lsp.models import DriftReport, Symbol, WorkflowDecision
    from vt_lsp.workflow_memory.decision_tracker import DecisionTracker
    from vt_lsp.workflow_memory.memory_store import MemoryStore

log = logging.getLogger(__name__)


def accepted_form(drift: DriftReport, symbols: Sequence[Symbol]) -> Acceptance:
    """What would be accepted now; ``symbols`` are the definitions that the drift speaks of, none where it is a file."""
    code = [
        "\0".join((s.name, s.kind, s.signature, s.returns, s.annotation, s.value, *s.bases, *s.decorators, *s.flags))
        for s in symbols
    ]
    place = drift.code.path if drift.code is not None else ""
    return Acceptance(
        drift=drift.fingerprint,
        claim=_digest(drift.fingerprint, drift.subject, drift.written),
        code=_digest(place, drift.actual, *code),
    )


def accept(
    tracker: DecisionTracker, drift: DriftReport, form: Acceptance, reason: str, symbol: str = ""
) -> WorkflowDecision:
    """Record that this drift is meant. Accepting what is accepted gives the decision that stands."""
    for standing in tracker.store.acceptances():
        if standing.accepted == form:
            return standing
    files = dict.fromkeys(place.path for place in (drift.spec, drift.code) if place is not None)
    return tracker.record(
        f"Leave it as it is: {drift.details}",
        DecisionType.ACCEPTED_DRIFT,
        title=f"Accept {drift.drift_type} in {drift.spec_reference}",
        rationale=reason,
        context={"drift": drift.fingerprint, "written": drift.written, "actual": drift.actual},
        tags=(drift.drift_type.value,),
        files=tuple(files),
        symbols=(symbol,) if symbol else (),
        accepted=form,
    )


def settled_tag(drift_type: str, side: str) -> str:
    """The tag of a decision that says on which side (``spec`` or ``code``) a drift of this type was settled."""
    return f"realigned:{drift_type}:{side}"


def undo(tracker: DecisionTracker, name: str, reason: str = "") -> tuple[WorkflowDecision, ...]:
    """Take an acceptance back, by its id or by the fingerprint of its drift; gives the decisions that were changed."""
    found = [one for one in tracker.store.acceptances() if one.accepted is not None and one.accepted.drift == name]
    if not found:
        one = tracker.store.need(name)
        found = [one] if one.accepted is not None and one.status is DecisionStatus.ACCEPTED else []
    why = reason or "the acceptance was taken back"
    return tuple(tracker.change(one.id, why, status=DecisionStatus.DEPRECATED) for one in found)


class Acceptances:
    """The standing acceptances of one project, as any process last left them. Costs one stat until there are any."""

    def __init__(self, root: Path, *, may_run_git: bool = True) -> None:
        self._root, self._may_run_git = root, may_run_git
        self._store: MemoryStore | None = None
        self._version = -1
        self._forms: dict[str, list[Acceptance]] = {}
        self._broken = False

    def names(self, fingerprint: str) -> bool:
        """Whether a drift of this fingerprint is accepted, perhaps in another form: the quick first question."""
        return fingerprint in self._forms

    def covers(self, form: Acceptance) -> bool:
        """Whether the drift is accepted as it is now."""
        return form in self._forms.get(form.drift, ())

    def refresh(self) -> bool:
        """Read what has changed; True when something has."""
        if self._broken:
            return False
        try:
            return self._refresh()
        except Exception as error:  # noqa: BLE001 - the memory must never be in the way of drift
            log.warning("accepted drift is not known: %s", error)
            self._broken = True
            return False

    def _refresh(self) -> bool:
        if self._store is None:
            directory = memory_directory(self._root, may_run_git=self._may_run_git)
            if directory is None or not (directory / FILE).exists():
                return False
            from vt_lsp.workflow_memory.memory_store import MemoryStore  # noqa: PLC0415 - not before there is one

            self._store = MemoryStore(directory)
        version = self._store.data_version()
        if version == self._version:
            return False
        self._version = version
        forms: dict[str, list[Acceptance]] = {}
        for one in self._store.acceptances():
            if one.accepted is not None:
                forms.setdefault(one.accepted.drift, []).append(one.accepted)
        changed, self._forms = forms != self._forms, forms
        return changed

    def settled(self, drift_type: str) -> dict[str, int]:
        """How often drifts of a type were settled here by changing the ``spec`` and the ``code``, as decisions say."""
        self.refresh()
        if self._store is None:
            return {}
        from vt_lsp.workflow_memory.memory_store import MemoryStoreError  # noqa: PLC0415 - it is loaded with the store

        try:
            tags = self._store.facet_counts("tag")
        except MemoryStoreError as error:
            log.warning("what was settled before is not known: %s", error)
            return {}
        return {side: tags.get(settled_tag(drift_type, side), 0) for side in ("spec", "code")}

    def close(self) -> None:
        """Let go of the file."""
        if self._store is not None:
            self._store.close()
            self._store = None
        self._broken = True


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
