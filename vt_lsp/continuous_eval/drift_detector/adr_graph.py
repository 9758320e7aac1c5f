"""The graph of decision records: numbers, who supersedes whom, and who is cited.

Records are told apart by the folder that they lie in: several parts of a project may each count from one.
"""

from __future__ import annotations

from posixpath import dirname
from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.continuous_eval.drift_detector.document import HOLDS, broken, unknown
from vt_lsp.models import DriftType, Place, Role, Severity
from vt_lsp.specs.decision_records import FORMAT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Requirement, Verdict
    from vt_lsp.workspace.index import Index

_ENOUGH = 3  # records from which on a project surely keeps them all in one place
_HABIT = 1  # pairs that name each other, from which on a project does so


class _Record(NamedTuple):
    path: str
    id: str
    title: str
    flags: tuple[str, ...]

    @property
    def status(self) -> str:
        return self.flags[1]

    def has(self, relation: str, target: str) -> bool:
        return f"{relation}:{target}" in self.flags


def _records(index: Index) -> Iterator[_Record]:
    for path in index.specs_of(FORMAT):
        for one in index.requirements(path):
            if _is_decision(one):
                yield _Record(path, one.id, one.title, one.flags)


def _is_decision(one: Requirement) -> bool:
    return one.flags[:1] == ("decision",)


def _beside(document: Document) -> list[_Record]:
    return [one for one in _records(document.index) if dirname(one.path) == document.folder]


def judge_decision(claim: Claim, document: Document) -> Verdict:
    """A record's number is its own, and no accepted record says that it supersedes an accepted one."""
    index = document.index
    if not index.scan_done():
        return unknown("the first scan is running")
    others = [one for one in _beside(document) if one.path != document.path]
    same = [one for one in others if one.id == claim.subject and one.status and one.path < document.path]
    if same and claim.owner and claim.subject.isdigit():
        return broken(
            claim, document, DriftType.ADR_GRAPH, f"The number {claim.subject} is also that of `{same[0].path}`",
            code=Place(same[0].path, 0, 0), suggestions=["Give one of the records another number"],
            severity=Severity.INFORMATION,
        )  # fmt: skip
    newer = [one for one in others if one.status == "accepted" and one.has("supersedes", claim.subject)]
    if claim.owner != "accepted" or not newer or not _is_only(claim.subject, document):
        return HOLDS
    link = f"Superseded by [ADR-{newer[0].id}]({newer[0].path.rpartition('/')[2]})"
    return broken(
        claim, document, DriftType.ADR_GRAPH,
        f"The record is `{claim.expected}`, but `{newer[0].path}` says that it supersedes it",
        subject=claim.expected, replacements=[link], code=Place(newer[0].path, 0, 0), confidence=0.92,
    )  # fmt: skip


def _is_only(number: str, document: Document) -> bool:
    """No other record of the folder has this number."""
    return sum(one.id == number for one in _beside(document)) == 1


def judge_decision_link(claim: Claim, document: Document) -> Verdict:
    """The record that a relation names is there, and says so too where the project's records name each other."""
    index, beside = document.index, _beside(document)
    if not index.scan_done():
        return unknown("the first scan is running")
    targets = [one for one in beside if one.id == claim.subject]
    if not targets:
        return _missing(claim, document, beside)
    other = {"superseded-by": "supersedes", "supersedes": "superseded-by"}.get(claim.owner)
    target = targets[0]
    if (
        other is None
        or len(targets) > 1
        or any(one.has(relation, claim.signature) for one in targets for relation in (other, "amends", "amended-by"))
    ):
        return HOLDS
    if other == "superseded-by" or not _mirrors(beside):
        return HOLDS  # what the other record should say is said there
    return broken(
        claim, document, DriftType.ADR_GRAPH,
        f"`{target.path}` does not say that it supersedes ADR-{claim.signature}", code=Place(target.path, 0, 0),
        suggestions=[f"Write `Supersedes ADR-{claim.signature}` in the status of `{target.path}`"],
        severity=Severity.INFORMATION,
    )  # fmt: skip


def _missing(claim: Claim, document: Document, beside: list[_Record]) -> Verdict:
    if not claim.subject.isdigit() or len(beside) < _ENOUGH - 1:
        return unknown("a record of another place, which a link may lead to")
    if any(one.id == claim.subject for one in _records(document.index)):
        return unknown("a record of another folder has this number")
    words = {"superseded-by": "superseded by", "amended-by": "amended by"}.get(claim.owner, claim.owner)
    return broken(
        claim, document, DriftType.ADR_GRAPH, f"No record has the number {claim.subject}, by which this one {words}"
        if words == claim.owner else f"This record is {words} number {claim.subject}, which no record has",
        suggestions=["Name another record, or write the missing one"],
    )  # fmt: skip


def _mirrors(beside: list[_Record]) -> bool:
    """Some records of the folder name each other."""
    by_id = {one.id: one for one in beside}
    pairs = sum(
        flag.startswith("superseded-by:")
        and (to := by_id.get(flag.partition(":")[2])) is not None
        and to.has("supersedes", one.id)
        for one in beside
        for flag in one.flags
    )
    return pairs >= _HABIT


def judge_citation(claim: Claim, document: Document) -> Verdict:
    """A record that a text or a comment names by its number."""
    index = document.index
    if claim.role is not Role.CURRENT:
        return unknown("the text does not speak of now")
    records = list(_records(index))
    numbers = {one.id for one in records if one.id.isdigit()}
    if claim.owner in numbers:
        return HOLDS
    if not index.scan_done() or len(numbers) < _ENOUGH:
        return unknown("the first scan is running, or the project keeps few records of its own")
    if not document.path.endswith((".py", ".pyi")):
        cited = {c.owner for c in document.claims_of("citation")}
        if len(cited & numbers) <= len(cited - numbers):
            return unknown("most records that the text names are of another project")
    elif document.path not in index.layout.primary:
        return unknown("a test or an example may make records up")
    return broken(
        claim, document, DriftType.ADR_GRAPH, f"No decision record has the number of `{claim.subject}`",
        suggestions=["Name another record, or write the missing one"], confidence=0.92,
    )  # fmt: skip
