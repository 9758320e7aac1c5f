"""What directives of Sphinx describe: definitions under their full names, and interfaces that only the text shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from vt_lsp.code.signature import parse_signature
from vt_lsp.continuous_eval.drift_detector.callables import parameter
from vt_lsp.continuous_eval.drift_detector.document import broken
from vt_lsp.continuous_eval.drift_detector.interfaces import described_methods
from vt_lsp.continuous_eval.drift_detector.names import judge_name
from vt_lsp.continuous_eval.drift_detector.near import alike, is_slip
from vt_lsp.models import DriftType, Role
from vt_lsp.workspace.resolver import Found, resolve

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Verdict
    from vt_lsp.workspace.index import Index

_SOME = 2  # other methods of an interface that the code knows


def described(claim: Claim, document: Document) -> Found | Verdict:
    """What a directive of Sphinx describes under its full name."""
    answer = resolve(document.index, claim.subject)
    if isinstance(answer, Found):
        return answer
    verdict = judge_name(replace(claim, signature=""), document)
    return verdict if verdict.state != "unknown" else _of_interface(claim, document) or verdict


def _of_interface(claim: Claim, document: Document) -> Verdict | None:
    """A method of an interface that only the text describes, as no class of the code has one.

    The code knows most of its other methods, so that this one must be known as well.
    """
    index = document.index
    owner, _, name = claim.subject.rpartition(".")
    if not index.scan_done() or claim.role is not Role.CURRENT or index.has_word(name) or index.stands_elsewhere(name):
        return None
    others = described_methods(document, owner) - {name}
    homes = [path for other in sorted(others) for path in index.defined_in(other)]
    if len([n for n in others if index.defined_in(n)]) < max(_SOME, len(others) - 1):
        return None
    last = owner.rpartition(".")[2]
    near = alike(name, _methods_in(index, homes))
    if not near:
        return None
    return broken(
        claim, document, DriftType.MISSING_MEMBER, f"nothing in the code has a `{name}`, which `{last}` should have"
        + (f"; did it become `{near[0]}`?" if near else ""),
        replacements=near, subject=name, written=f"{name}{claim.signature}", confidence=0.92,
        suggestions=[f"Remove `{name}` from the spec"],
    )  # fmt: skip


def _methods_in(index: Index, paths: list[str]) -> set[str]:
    facts = (index.facts(path) for path in paths)
    names = (s.name.rpartition(".")[2] for f in facts if f is not None for s in f.symbols if s.kind == "method")
    return {name for name in names if not name.startswith("_")}


def against_own_signature(claim: Claim, document: Document) -> Verdict | None:
    """A field that misspells a parameter of the signature that the text itself gives a few lines above."""
    signature = document.once("written signatures", lambda: _signatures(document)).get(claim.owner)
    written = parse_signature(signature) if signature else None
    if written is None or claim.role is not Role.CURRENT or parameter(written, claim.subject) is not None:
        return None
    fields = document.once("fields", lambda: _fields(document))[claim.owner]
    near = [p.name for p in written.parameters if p.name not in fields and is_slip(claim.subject, p.name)]
    if len(near) != 1:
        return None
    label = claim.owner.rpartition(".")[2]
    return broken(
        claim, document, DriftType.DOCSTRING_PARAMETER,
        f"`{label}` has no parameter `{claim.subject}` in the signature above; did it become `{near[0]}`?",
        replacements=near, subject=claim.subject, actual=near[0], confidence=0.97,
    )  # fmt: skip


def _signatures(document: Document) -> dict[str, str]:
    """The first signature that directives give, by the full name of what they describe."""
    found: dict[str, str] = {}
    for claim in document.claims_of("function"):
        if "directive" in claim.hints and claim.signature:
            found.setdefault(claim.subject, claim.signature)
    return found


def _fields(document: Document) -> dict[str, set[str]]:
    """The parameters that fields name, by the full name of the callable."""
    found: dict[str, set[str]] = {}
    for claim in document.claims_of("parameter"):
        if "field" in claim.hints:
            found.setdefault(claim.owner, set()).add(claim.subject)
    return found
