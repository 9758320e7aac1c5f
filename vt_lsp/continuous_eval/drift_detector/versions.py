"""Versions that a document states, against what the project's own metadata require (PEP 440, PEP 508)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from vt_lsp.continuous_eval.drift_detector.document import broken, holds, unknown
from vt_lsp.models import DriftType, Role

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Verdict

_UNSURE = frozenset({"past", "negated", "example", "optional"})
_FROM = frozenset({">=", "~=", "==", ">", "==="})
_LAST = ".9999"


def judge_version(claim: Claim, document: Document) -> Verdict:
    """A stated version: does any of the project's own requirements agree with it?"""
    if claim.role is not Role.CURRENT or _UNSURE.intersection(claim.hints):
        return unknown("the text does not speak of now")
    if claim.owner and not document.index.is_own(claim.owner.lower().replace("-", "_")):
        return unknown("another project may be spoken of")
    required = sorted(document.index.requirements_of(claim.subject))
    if not all(required) or not required:
        return unknown("the project's metadata require no version")
    lowest = [bound for text in required if (bound := _agrees_or_lowest(claim, text)) is not None]
    if len(lowest) < len(required):
        return holds()
    name = "Python" if claim.subject == "python" else f"`{claim.subject}`"
    said = claim.expected + ("+" if "minimum" in claim.hints else "")
    right = sorted({_cut(bound, claim.expected) for bound in lowest if bound})
    return broken(
        claim, document, DriftType.VERSION_STATEMENT,
        f"the project requires {name} {' or '.join(required)}, not {said}", subject=claim.expected,
        replacements=right if len(right) == 1 else [], written=f"{claim.subject} {said}",
        actual=f"{claim.subject} {required[0]}", confidence=0.92,
    )  # fmt: skip


def _agrees_or_lowest(claim: Claim, text: str) -> str | None:
    """None where a requirement agrees with the claim or cannot be read, else the lowest version that it takes."""
    try:
        specifiers, stated = SpecifierSet(text), Version(claim.expected)
    except (InvalidSpecifier, InvalidVersion):
        return None
    lowest = max((Version(s.version.removesuffix(".*")) for s in specifiers if s.operator in _FROM), default=None)
    if lowest is None:
        return None
    shared = min(len(stated.release), len(lowest.release))
    if stated.release[:shared] == lowest.release[:shared]:
        return None
    if stated > lowest and ("minimum" in claim.hints or _is_taken(specifiers, claim.expected)):
        return None  # who asks for more than is required promises nothing that does not hold
    return str(lowest)


def _is_taken(specifiers: SpecifierSet, version: str) -> bool:
    return any(specifiers.contains(v, prereleases=True) for v in (version, f"{version}.0", version + _LAST))


def _cut(bound: str, stated: str) -> str:
    """The bound with as many numbers as the document writes, but not fewer than two."""
    return ".".join(bound.split(".")[: max(2, stated.count(".") + 1)])
