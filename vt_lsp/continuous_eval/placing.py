"""The exact words of a spec that are wrong, and the edits that put the right ones there."""

from __future__ import annotations

import re
from dataclasses import replace

from vt_lsp.models import DriftReport, Edit, Realignment

_REACH = 800  # bytes behind the start of a claim in which its wrong words may stand: a long signature
_SURE = 0.95


def focused(drift: DriftReport, text: bytes) -> DriftReport:
    """The drift with its spec place narrowed to the wrong words, and with ways out; ``text`` is the spec's.

    The place stays as it is where the words do not stand behind it (in the same paragraph or block).
    """
    place = drift.spec
    words = drift.subject.encode("utf-8", "surrogateescape")
    if words and text[place.start : place.end] != words:
        stop = text.find(b"\n\n", place.end, place.start + _REACH)
        end = stop if stop >= 0 else max(place.end, place.start + _REACH)
        found = re.compile(rb"(?<![\w.])" + re.escape(words) + rb"(?!\w)").search(text, place.start, end)
        if found:
            place = replace(place, start=found.start(), end=found.end())
    drift = replace(drift, spec=place)
    if text[place.start : place.end] != words or not words:
        return drift
    is_only = len(drift.replacements) == 1
    ways = tuple(
        Realignment(
            f"Change the spec to `{right}`",
            "spec",
            (Edit(place, right),),
            safe=is_only and drift.confidence >= _SURE,
            confidence=drift.confidence,
        )
        for right in drift.replacements
    )
    return replace(drift, realignments=ways)
