"""When a forecast slips past the date in its document."""

from __future__ import annotations

from datetime import date, timedelta

from vt_lsp.progress.slip import Outlook, slipped

TODAY = date(2026, 5, 1)
DUE = date(2026, 6, 1)


def outlook(likely: int | None = None, due: date | None = DUE, today: date = TODAY, **fields: object) -> Outlook:
    """``likely`` is in days after the due date."""
    known = {"path": "TASKS.md", "part": "", "by_due": 0.7, "is_open": True, **fields}
    last = None if likely is None or due is None else due + timedelta(days=likely)
    return Outlook(today=today, due=due, likely=last, **known)  # type: ignore[arg-type]  # by name


def test_a_date_that_was_to_be_made_and_is_not_any_more() -> None:
    slip = slipped(outlook(-3), outlook(5))
    assert slip is not None
    assert (slip.kind, slip.due) == ("later", DUE)
    assert "TASKS.md is due 2026-06-01" in slip.text
    assert "2026-06-06" in slip.text


def test_it_is_said_once_and_again_only_after_it_came_back() -> None:
    assert slipped(outlook(5), outlook(9)) is None
    assert slipped(outlook(5), outlook(-1)) is None
    assert slipped(outlook(-1), outlook(2)) is not None


def test_what_nobody_looked_at_before_has_not_slipped() -> None:
    assert slipped(None, outlook(5)) is None


def test_a_day_that_passed_is_said_after_a_slip_too() -> None:
    slip = slipped(outlook(5), outlook(today=DUE + timedelta(days=1)))
    assert slip is not None
    assert slip.text == "TASKS.md was due 2026-06-01, 1 day ago, and is not done"
    assert slipped(outlook(today=DUE), outlook(today=DUE + timedelta(days=1), is_open=False)) is None
    assert slipped(outlook(-1), outlook(today=DUE)) is None


def test_a_date_that_was_moved_is_judged_anew() -> None:
    assert slipped(outlook(5), outlook(5, due=DUE + timedelta(days=30))) is not None
    assert slipped(outlook(5), outlook(-5, due=DUE + timedelta(days=30))) is None
    assert slipped(outlook(5), outlook(due=None)) is None


def test_without_dates_the_chance_counts() -> None:
    slip = slipped(outlook(by_due=0.6), outlook(by_due=0.4))
    assert slip is not None
    assert slip.text.endswith("40% likely to be done by then")
    assert slipped(outlook(by_due=0.6), outlook(by_due=0.5)) is None
    assert slipped(outlook(by_due=0.6), outlook(by_due=None)) is None
