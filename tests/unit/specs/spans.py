"""What holds of the facts of any document, however broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vt_lsp.models import SpecFacts


def check(data: bytes, facts: SpecFacts) -> None:
    """All places lie within the document, and every claim but that of an anchor is about something."""
    for claim in facts.claims:
        assert 0 <= claim.start <= claim.end <= len(data)
        assert claim.subject or claim.kind == "link"
    for start, end, _, _ in facts.ignores:
        assert 0 <= start <= end <= len(data)
    for _, _, start, end in facts.headings:
        assert 0 <= start <= end <= len(data)
