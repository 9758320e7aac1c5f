"""The date by which a document says that it wants to be done."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1,
    )
    for name in names.split()
}  # fmt: skip
_LABEL: Final = (
    r"(?:due(?: date| by)?|deadline|target(?: date| completion(?: date)?)?|eta|"
    r"(?:expected|planned|estimated) (?:completion|end|release)(?: date)?|complete by|release date|end date)"
)
# A line such as "**Due:** 2026-01-31" or "target_date: 31 January 2026", also in front matter.
_DUE: Final = re.compile(
    rf"(?im)^[ \t>*_#+|-]*{_LABEL.replace(' ', '[ _-]')}[\s*_]*[:|=][\s*_\"'|]*"
    r"(?:(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b|"
    r"(?P<day_first>\d{1,2})(?:st|nd|rd|th)?\.?[ ]+(?P<month_second>[a-z]{3,9})\.?,?[ ]+(?P<year_third>\d{4})\b|"
    r"(?P<month_first>[a-z]{3,9})\.?[ ]+(?P<day_second>\d{1,2})(?:st|nd|rd|th)?,?[ ]+(?P<year_last>\d{4})\b)"
)


def due_date(text: str) -> date | None:
    """The first date that stands behind a word such as *due*, *deadline* or *target date*; None without one.

    A date with the month as a number is read only as year-month-day: the others mean different days.
    """
    for match in _DUE.finditer(text):
        found = match.groupdict(default="")
        year = found["year"] or found["year_third"] or found["year_last"]
        word = (found["month_second"] or found["month_first"]).lower()
        month = int(found["month"]) if found["month"] else _MONTHS.get(word, 0)
        day = found["day"] or found["day_first"] or found["day_second"]
        try:
            return date(int(year), month, int(day))
        except ValueError:  # no such day
            continue
    return None
