"""One place for a drift: what the terminal underlines is what every other format and the editors point at."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from vt_lsp.continuous_eval.placing import focused
from vt_lsp.models import DriftReport, DriftType, Place, Severity


class Case(NamedTuple):
    text: str
    claim: str  # the words that the reader has found
    subject: str
    written: str
    actual: str
    wrong: str  # what is pointed at
    replacement: str = ""


CASES = {
    "the subject is wrong": Case(
        "`draw(page, dry_run=True)`.", "draw", "dry_run", "draw(page, dry_run=True)", "draw(page)", "dry_run", "dry"
    ),
    "the subject is right, its base is not": Case(
        "`class Item(Stored)` is.", "class Item(Stored)", "Item", "class Item(Stored)", "class Item(Base)", "Stored"
    ),
    "in the stub's second line": Case(
        "class A:\n    size: int = 3\n\nsize", "class A:", "3", "size: int = 3", "size: int = 4", "3", "4"
    ),
    "nothing was written down": Case("There is `Gone`.", "Gone", "Gone", "Gone", "", "Gone"),
    "the subject is not there": Case("Crème `x`, é.", "x", "never_said", "a", "b", "x"),
    "only in the next paragraph": Case("See `x`.\n\nA word.", "x", "word", "", "", "x"),
}


def report(case: Case) -> DriftReport:
    start = case.text.encode().index(case.claim.encode())
    return DriftReport(
        file_path="a.md",
        spec_reference="",
        drift_type=DriftType.BASE_CLASS,
        severity=Severity.WARNING,
        details="",
        suggestions=(),
        fingerprint="f",
        spec=Place("a.md", start, start + len(case.claim.encode())),
        subject=case.subject,
        written=case.written,
        actual=case.actual,
        replacements=(case.replacement,) if case.replacement else (),
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_drift_points_at_the_wrong_words(case: Case) -> None:
    text = case.text.encode()
    drift = focused(report(case), text)
    assert text[drift.spec.start : drift.spec.end].decode() == case.wrong
    edits = [edit for way in drift.realignments for edit in way.edits]
    assert [edit.new_text for edit in edits] == [case.replacement] * bool(case.replacement)
    for edit in edits:
        assert text[edit.place.start : edit.place.end].decode() == case.subject


def test_a_way_out_replaces_the_subject_though_another_word_is_pointed_at() -> None:
    text = b"`class Itm(Stored)` and `Itm`."
    case = Case(text.decode(), "class Itm(Stored)", "Itm", "class Itm(Stored)", "class Itm(Base)", "Stored", "Item")
    drift = focused(report(case), text)
    assert text[drift.spec.start : drift.spec.end] == b"Stored"
    (way,) = drift.realignments
    assert text[way.edits[0].place.start : way.edits[0].place.end] == b"Itm"
