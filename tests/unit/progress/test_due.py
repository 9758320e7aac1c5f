from __future__ import annotations

from datetime import date

import pytest

from vt_lsp.progress.due import due_date


@pytest.mark.parametrize(
    "text",
    [
        "# Plan\n\nDue: 2026-01-31\n",
        "---\ntarget_date: 2026-01-31\n---\n# Plan\n",
        "**Deadline:** 31 January 2026",
        "- **Target date**: Jan 31, 2026 (soft)",
        "| Due date | 2026-01-31 |",
        "Estimated completion: January 31st, 2026",
        "Due: 2026-13-40\nDeadline: 2026-01-31",
    ],
)
def test_a_date_that_is_meant_is_found(text: str) -> None:
    assert due_date(text) == date(2026, 1, 31)


@pytest.mark.parametrize(
    "text",
    [
        "Created: 2026-01-31",
        "Due: 31/01/2026",
        "Due: soon",
        "The work is due to a change of 2026-01-31.",
        "Due: 2026-02-30",
        "Last target: 2026-01-31",
        "Due: 12 frimaire 2026",
        "",
    ],
)
def test_other_dates_are_not(text: str) -> None:
    assert due_date(text) is None
