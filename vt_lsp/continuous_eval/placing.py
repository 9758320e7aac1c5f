"""The exact words of a spec that are wrong, and the edits that put the right ones there."""

from __future__ import annotations

import re
from dataclasses import replace

from vt_lsp.continuous_eval.semantic_diff import only_difference
from vt_lsp.models import DriftReport, Edit, Place, Realignment

_REACH = 800  # bytes behind the start of a claim in which its wrong words may stand: a long signature
_SURE = 0.95


def focused(drift: DriftReport, text: bytes) -> DriftReport:
    """The drift with its spec place narrowed to the wrong words, and with ways out; ``text`` is the spec's.

    The wrong words are the subject, or, where the code has the subject too (a class with another base), the one piece
    that differs. The place stays as it is where they do not stand behind it (in the same paragraph or block).
    """
    subject = _found(drift.subject, drift.spec, text)
    is_right = drift.subject in drift.actual
    wrong = _found(only_difference(drift.written, drift.actual, "written"), drift.spec, text) if is_right else None
    drift = replace(drift, spec=wrong or subject or drift.spec)
    if subject is None:
        return drift
    is_only = len(drift.replacements) == 1
    ways = tuple(
        Realignment(
            f"Change the spec to `{right}`",
            "spec",
            (Edit(subject, right),),
            safe=is_only and drift.confidence >= _SURE,
            confidence=drift.confidence,
        )
        for right in drift.replacements
    )
    return replace(drift, realignments=ways)


def _found(words: str, place: Place, text: bytes) -> Place | None:
    """Where the words stand, from the begin of the place to the end of its paragraph; None if they do not."""
    wanted = words.encode("utf-8", "surrogateescape")
    if not wanted or text[place.start : place.end] == wanted:
        return place if wanted else None
    stop = text.find(b"\n\n", place.end, place.start + _REACH)
    end = stop if stop >= 0 else max(place.end, place.start + _REACH)
    found = re.compile(rb"(?<![\w.])" + re.escape(wanted) + rb"(?!\w)").search(text, place.start, end)
    return replace(place, start=found.start(), end=found.end()) if found else None
