"""Whom a claim speaks of: from the names in headings, lead-ins and stubs to one class, function or module."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.workspace.resolver import Absent, Found, Open, member, preferred, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim
    from vt_lsp.workspace.index import Index

_SAMPLE = 40  # entries by which a list is known


def lookup(document: Document, name: str) -> Found | None:
    """The one definition in the product that ``name`` can mean; None where there is none or more than one."""
    found = candidates(document, name)
    return found[0] if len(found) == 1 else None


def candidates(document: Document, name: str) -> list[Found]:
    """All definitions in the product that a dotted or bare name can mean.

    The document's own imports decide first, then an absolute path, then the public names of the product's top
    packages, then every top-level definition of that name.
    """
    index = document.index
    first, _, rest = name.strip("`. ").partition(".")
    if not first.isidentifier():
        return []
    found = _first(document, first)
    if rest:
        return _members(index, found, rest)
    return found


def _members(index: Index, owners: list[Found], rest: str) -> list[Found]:
    found: list[Found] = []
    for owner in owners:
        answer: Found | Absent | Open = owner
        for part in rest.split("."):
            if not isinstance(answer, Found):
                break
            answer = member(index, answer, part)
        if isinstance(answer, Found):
            found.append(answer)
    return found


def _first(document: Document, name: str) -> list[Found]:
    index = document.index
    for module in sorted(document.imported_as(name)):
        answer = resolve(index, f"{module}.{name}")
        if isinstance(answer, Found):
            return [answer]
    if index.is_own(name):
        answer = resolve(index, name)
        return [answer] if isinstance(answer, Found) else []
    found = [
        Found(path, preferred(symbols))
        for path in sorted(index.defined_in(name))
        if (symbols := index.symbols(path, name))
    ]
    if len(found) > 1:
        for top in sorted(index.layout.tops):
            public = resolve(index, f"{top}.{name}")
            if isinstance(public, Found) and public.symbol is not None:
                return [public]
    return found


def owner_of(claim: Claim, document: Document) -> Found | None:
    """The class or callable that a claim's owner or nearest heading names."""
    if claim.owner:
        return lookup(document, claim.owner)
    for depth in range(len(claim.context[:3])):
        found = in_headings(claim, document, depth)
        if found is not None and found.symbol is not None:
            return found
    return None


def in_headings(claim: Claim, document: Document, depth: int) -> Found | None:
    """What the heading at ``depth`` (0 is the nearest) names: if it can be, a member of what one above it names."""
    name = claim.context[depth]
    for outer in claim.context[depth + 1 : depth + 4]:
        found = lookup(document, f"{outer}.{name}")
        if found is not None:
            return found
    return lookup(document, name)


def in_company(claim: Claim, document: Document, is_there: Callable[[Claim], bool]) -> bool:
    """At least half of the entries of the claim's own list or table are there: so it does speak of that owner."""
    layout = {"bullet", "table", "member"} & set(claim.hints)

    def entries() -> list[Claim]:
        beside = document.claims_beside(claim)
        return [c for c in beside if (c.context, c.owner) == (claim.context, claim.owner) and layout <= set(c.hints)]

    about = ("company", claim.kind, claim.section, claim.context, claim.owner, frozenset(layout))
    known = document.once(about, entries)
    sample = known[:: max(1, len(known) // _SAMPLE)]
    return sum(map(is_there, sample)) * 2 >= len(sample)
