"""Interfaces that only a document has: a class that it describes, and whose methods are those of many classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.drift_detector.document import Document

_SOME = 2


def described_methods(document: Document, owner: str) -> set[str]:
    """The methods that directives describe below the dotted name ``owner``."""

    def by_owner() -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for claim in document.claims_of("function"):
            if "directive" in claim.hints:
                head, _, name = claim.subject.rpartition(".")
                found.setdefault(head, set()).add(name)
        return found

    return document.once("described methods", by_owner).get(owner, set())


def is_interface(document: Document, owner: str) -> bool:
    """No class of the code has this name, yet the code defines nearly all methods that are described of it."""
    methods = described_methods(document, owner)
    if document.index.defined_in(owner.rpartition(".")[2]):
        return False
    known = sum(bool(document.index.defined_in(name)) for name in methods)
    return known >= max(_SOME, len(methods) - 1)
