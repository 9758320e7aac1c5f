"""Which words of the code's line to underline: the smallest part that differs, where it stands on the line."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.semantic_diff import only_difference

if TYPE_CHECKING:
    from vt_lsp.cli.result import Texts
    from vt_lsp.models import DriftReport, Place


def code_focus(drift: DriftReport, texts: Texts) -> Place | None:
    """What the code has instead; the whole place where that cannot be told."""
    words = only_difference(drift.written, drift.actual, "actual")
    return (words and drift.code and _find(words, drift.code, texts)) or drift.code


def _find(words: str, place: Place, texts: Texts) -> Place | None:
    """Where the words stand on the line on which the place begins, not before it."""
    lines = texts.lines(place.path)
    line, _ = lines.position(place.start, "utf-8")
    stop = lines.offset(line, 1 << 30, "utf-8")
    rest = lines.data[place.start : stop]
    match = re.search(rb"(?<!\w)" + re.escape(words.encode("utf-8", "surrogateescape")) + rb"(?!\w)", rest)
    return replace(place, start=place.start + match.start(), end=place.start + match.end()) if match else None
