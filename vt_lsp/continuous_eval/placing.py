"""The exact words of a spec that are wrong, and the edits that put the right ones there."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.code.imports import imports_of
from vt_lsp.code.signature import Signature, parse_signature
from vt_lsp.continuous_eval.drift_detector.near import alike, is_slip
from vt_lsp.continuous_eval.semantic_diff import only_difference
from vt_lsp.models import DriftReport, DriftType, Edit, Place, Realignment
from vt_lsp.specs.docstring_entries import lines_of
from vt_lsp.workspace.resolver import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.models import Task

_REACH = 800  # bytes behind the start of a claim in which its wrong words may stand: a long signature
_SURE = 0.95
_PARAMETERS = frozenset({DriftType.SIGNATURE_MISMATCH, DriftType.EXAMPLE_CALL, DriftType.DOCSTRING_PARAMETER})
_IMPORT = re.compile(
    rb"^[ \t]*((?:from[ \t]+[\w.]+[ \t]+import[ \t]*(?:\([^)]{0,4000}\)|[^\n]*))|import[ \t]+[^\n]*)", re.MULTILINE
)
_BOX = re.compile(rb"\[[xX]\]")
_EMOJI = re.compile("[ \t]*(?:✅|☑|✔|✓)(?:\ufe0f)?".encode())


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
    is_sure = len(drift.replacements) == 1 and drift.confidence >= _SURE and _is_known(drift)
    ways = tuple(
        Realignment(
            f"Change the spec to `{right}`",
            "spec",
            (Edit(subject, right),),
            safe=is_sure,
            confidence=drift.confidence,
        )
        for right in drift.replacements
    )
    return replace(drift, realignments=ways)


def _is_known(drift: DriftReport) -> bool:
    """The replacement is what the code has there, a file of the same name, or the same word without a slip.

    A name that is only spelled alike is a guess, whatever is known of the wrong one.
    """
    right, wrong = drift.replacements[0], drift.subject
    if drift.drift_type is DriftType.MISSING_FILE:
        return False
    is_moved = right.rpartition("/")[2] == wrong.rstrip("/").rpartition("/")[2]
    if drift.drift_type is DriftType.MOVED_FILE:
        return is_moved and not wrong.endswith("/")
    if drift.drift_type in _PARAMETERS and not alike(wrong, [right]) and not _is_in_its_place(drift, wrong, right):
        return False  # the only one that is left over, and nothing more
    if drift.drift_type is DriftType.PARAMETER_DEFAULT and right == "None":
        return False  # the annotation may have to say so, too
    return is_moved or right in drift.actual or is_slip(wrong.rpartition(".")[2], right.rpartition(".")[2])


def _parameters(text: str) -> Signature | None:
    """The signature in a rendered callable."""
    return parse_signature(text[text.index("(") : text.rindex(")") + 1]) if "(" in text and ")" in text else None


def _is_in_its_place(drift: DriftReport, wrong: str, right: str) -> bool:
    """The two signatures are the same but for the name, whose type and default are no everyday ones."""
    written, actual = _parameters(drift.written), _parameters(drift.actual)
    if written is None or actual is None or len(written.parameters) != len(actual.parameters):
        return False
    pairs = list(zip(written.parameters, actual.parameters, strict=True))
    if any((p.name, q.name) != (wrong, right) and p.name != q.name for p, q in pairs):
        return False
    here = next(((p, q) for p, q in pairs if p.name == wrong), None)
    return here is not None and here[0].default == here[1].default and here[0].default not in ("", "None")


def with_signature(drift: DriftReport, name: Place, text: bytes) -> DriftReport:
    """The drift of a signature that stands behind ``name``, with the way out to write the code's instead."""
    end = _closing(text, name.end) if "(" in drift.actual else 0
    if not end:
        return drift
    edit = Edit(Place(name.path, name.end, end), drift.actual[drift.actual.index("(") :])
    title, sure = f"Change the spec to `{drift.actual}`", drift.confidence
    way = Realignment(title, "spec", (edit,), safe=False, confidence=sure, kind="signature", effort="line")
    return replace(drift, realignments=(way, *drift.realignments))


def _closing(text: bytes, start: int) -> int:
    """Behind the parenthesis that closes the one at ``start``; 0 if there is none in the same paragraph."""
    if text[start : start + 1] != b"(":
        return 0
    stop = text.find(b"\n\n", start)
    depth = 0
    for offset in range(start, min(stop if stop >= 0 else len(text), start + _REACH)):
        depth += (text[offset] in b"([{") - (text[offset] in b")]}")
        if not depth:
            return offset + 1
    return 0


def said_once(drifts: Sequence[DriftReport]) -> list[DriftReport]:
    """The drifts in order, without those that lie inside the one before them and want the same words there.

    A setting's default that names a class is wrong as a default and as a name.
    """
    kept: list[DriftReport] = []
    for drift in drifts:
        if not kept or not _is_said(drift, kept[-1]):
            kept.append(drift)
    return kept


def _is_said(drift: DriftReport, last: DriftReport) -> bool:
    if drift.spec.path != last.spec.path or drift.spec.end > last.spec.end or drift.drift_type == last.drift_type:
        return False
    return bool(drift.replacements) and drift.replacements[0] in {r.strip("\"'") for r in last.replacements[:1]}


def without_entry(drift: DriftReport, text: bytes) -> DriftReport:
    """The drift of a parameter that is gone with one more way out: without what the docstring says of it."""
    lines = lines_of(text, drift.spec.start) if drift.drift_type is DriftType.DOCSTRING_PARAMETER else None
    if lines is None:
        return drift
    edit = Edit(Place(drift.spec.path, *lines), "")
    way = Realignment(
        f"Remove `{drift.subject}` from the docstring", "spec", (edit,), safe=False, confidence=0.5, kind="remove-entry"
    )
    return replace(drift, realignments=(*drift.realignments, way))


def unticked(drift: DriftReport, tasks: Iterable[Task], text: bytes) -> DriftReport:
    """The drift of a finished task with one more way out: to say that the task is not done."""
    if drift.drift_type is not DriftType.TASK_NOT_DONE:
        return drift
    task = max((t for t in tasks if t.start <= drift.spec.start and t.mark >= 0), key=lambda t: t.start, default=None)
    if task is None or task.status != "done":
        return drift
    path, box = drift.spec.path, _BOX.match(text, task.mark)
    if box is not None:
        edit = Edit(Place(path, box.start(), box.end()), "[ ]")
    else:
        begin = len(text[: task.mark].rstrip(b" \t"))
        emoji = _EMOJI.match(text, begin)
        if emoji is None:
            return drift
        edit = Edit(Place(path, emoji.start(), emoji.end()), "")
    way = Realignment("Untick the task", "spec", (edit,), safe=False, confidence=drift.confidence, kind="untick")
    return replace(drift, realignments=(*drift.realignments, way))


def at_import(drift: DriftReport, text: bytes, module: str) -> DriftReport:
    """The drift of a layer with its code's place on the import; ``text`` is the code's, ``module`` its dotted name."""
    if drift.drift_type is not DriftType.LAYER_VIOLATION or drift.code is None:
        return drift
    for statement in _IMPORT.finditer(text):
        for one in imports_of(statement[1].decode("utf-8", "replace")):
            base = absolute(one, module, drift.code.path)
            if base is not None and drift.actual in {base, f"{base}.{one.attribute}"}:
                line = text.find(b"\n", *statement.span(1))
                end = line if line >= 0 else statement.end(1)
                return replace(drift, code=replace(drift.code, start=statement.start(1), end=end))
    return drift


def _found(words: str, place: Place, text: bytes) -> Place | None:
    """Where the words stand, from the begin of the place to the end of its paragraph; None if they do not."""
    wanted = words.encode("utf-8", "surrogateescape")
    if not wanted or text[place.start : place.end] == wanted:
        return place if wanted else None
    stop = text.find(b"\n\n", place.end, place.start + _REACH)
    end = stop if stop >= 0 else max(place.end, place.start + _REACH)
    before = rb"(?<![\w.])" if wanted[:1].isalnum() or wanted[:1] == b"_" else b""
    found = re.compile(before + re.escape(wanted) + rb"(?!\w)").search(text, place.start, end)
    return replace(place, start=found.start(), end=found.end()) if found else None
