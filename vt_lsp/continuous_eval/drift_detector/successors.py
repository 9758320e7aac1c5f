"""Which of several names that a wrong one may stand for is the likely one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.code.meaning import same_annotation
from vt_lsp.continuous_eval.drift_detector.members import member_names, successor_first
from vt_lsp.continuous_eval.drift_detector.near import have_a_word_in_common
from vt_lsp.workspace.resolver import Found, class_member

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim
    from vt_lsp.workspace.index import Index


def likely_first(claim: Claim, document: Document, owner: Found, name: str, near: list[str]) -> list[str]:
    """Names of an owner that ``name`` may mean, best first, from those that are spelled alike.

    What git saw take its place comes first, then what has the written type and a word in common. What the section
    names itself comes last: it stands for something else there.
    """
    index = document.index
    names = member_names(index, owner)
    said = {c.subject.rpartition(".")[2] for c in document.claims_beside(claim)}
    fresh = [n for n in near if n not in said]
    typed = [
        n for n in _of_type(claim, index, owner, sorted(names)) if have_a_word_in_common(name, n) and n not in said
    ]
    ordered = list(dict.fromkeys([*typed, *fresh, *near]))
    return successor_first(index, name, ordered, names)


def _of_type(claim: Claim, index: Index, owner: Found, names: list[str]) -> list[str]:
    """The members with the very type that the claim gives; few types say nothing."""
    if not claim.annotation or claim.annotation.islower() or owner.symbol is None:
        return []
    found: list[str] = []
    for name in names:
        known = class_member(index, owner, name)
        symbol = known.symbol if isinstance(known, Found) and not name.startswith("_") else None
        if symbol is None or symbol.kind not in ("field", "attribute", "property"):
            continue
        annotation = symbol.annotation or symbol.returns
        is_same = _last(annotation) == _last(claim.annotation)
        if annotation and (is_same or same_annotation(claim.annotation, annotation) is True):
            found.append(name)
    return found


def _last(annotation: str) -> str:
    """The class of ``reactive[Coordinate]`` and ``coordinate.Coordinate`` alike."""
    return annotation.rstrip("]").rpartition("[")[2].rpartition(".")[2]
