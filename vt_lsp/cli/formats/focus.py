"""Which words of the two lines to underline: the smallest part that differs, where it stands on the line."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.semantic_diff import semantic_diff

if TYPE_CHECKING:
    from vt_lsp.cli.result import Texts
    from vt_lsp.continuous_eval.semantic_diff import Side
    from vt_lsp.models import DriftReport, Place


def spec_focus(drift: DriftReport, texts: Texts) -> Place:
    """The wrong words in the spec; the whole place where they cannot be told apart."""
    for words in (_difference(drift, "written"), drift.subject):
        if words and (found := _find(words, drift.spec, texts)):
            return found
    return drift.spec


def code_focus(drift: DriftReport, texts: Texts) -> Place | None:
    """What the code has instead; the whole place where that cannot be told."""
    words = _difference(drift, "actual")
    return (words and drift.code and _find(words, drift.code, texts)) or drift.code


def _difference(drift: DriftReport, side: Side) -> str:
    """The one piece of a side that differs; empty if there are several, or if only one side was written down."""
    if not drift.written or not drift.actual:
        return ""
    differing = [s.text for s in semantic_diff(drift.written, drift.actual) if s.change != "same" and s.side == side]
    return differing[0].strip(" ,") if len(differing) == 1 else ""


def _find(words: str, place: Place, texts: Texts) -> Place | None:
    """Where the words stand on the line on which the place begins, not before it."""
    lines = texts.lines(place.path)
    line, _ = lines.position(place.start, "utf-8")
    stop = lines.offset(line, 1 << 30, "utf-8")
    rest = lines.data[place.start : stop]
    match = re.search(rb"(?<!\w)" + re.escape(words.encode("utf-8", "surrogateescape")) + rb"(?!\w)", rest)
    return replace(place, start=place.start + match.start(), end=place.start + match.end()) if match else None
