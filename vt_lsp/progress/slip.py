"""When a forecast slips past the date that a document names."""

from __future__ import annotations

from datetime import date  # noqa: TC003  msgspec reads the annotations
from typing import TYPE_CHECKING, Final, Literal

import msgspec

if TYPE_CHECKING:
    from vt_lsp.progress.report import Progress

_EVEN: Final = 0.5
_LIKELY_SHARE: Final = 0.5


class Outlook(msgspec.Struct, frozen=True):
    """What was to be expected of a list (or of one of its parts) at one time; plain data that can be kept.

    ``part`` is "" for the whole list, else the heading. ``due`` is the date that is written there, ``by_due`` the
    probability to be done by then, ``likely`` the last day of the range that holds one half if the list keeps moving;
    None where it cannot be said. ``is_open``: something is left to do.
    """

    path: str
    part: str
    today: date
    due: date | None
    by_due: float | None
    likely: date | None
    is_open: bool


class Slip(msgspec.Struct, frozen=True):
    """A list that was to make its date is not to make it any more; ``text`` is one sentence for people."""

    path: str
    part: str
    kind: Literal["passed", "later", "unlikely"]
    due: date
    text: str


def outlooks(one: Progress, today: date) -> tuple[Outlook, ...]:
    """What is to be expected of a list and of each of its parts that names a date."""
    rows = [("", one.forecast, one.done < len(one.tasks))]
    rows += [(part.title, part.forecast, part.done < part.total) for part in one.parts if part.forecast.due]
    return tuple(
        Outlook(
            one.path,
            title,
            today,
            told.due,
            told.by_due,
            next((dates.last for dates in told.if_moving if dates.share == _LIKELY_SHARE), None),
            is_open,
        )
        for title, told, is_open in rows
    )


def slipped(previous: Outlook | None, now: Outlook) -> Slip | None:
    """Whether a date that still looked right at ``previous`` does not any more.

    Said once: what had slipped before, and not come back since, is None, and so is what nobody looked at before. A date
    that was moved is judged anew.
    """
    after = _slip(now)
    if previous is None or after is None:
        return None
    before = _slip(previous) if previous.due == now.due else None
    return None if before is not None and before.kind == after.kind else after


def _slip(outlook: Outlook) -> Slip | None:
    due, name = outlook.due, outlook.part or outlook.path
    if due is None or not outlook.is_open:
        return None
    if outlook.today > due:
        late = (outlook.today - due).days
        days = "1 day" if late == 1 else f"{late} days"
        return Slip(outlook.path, outlook.part, "passed", due, f"{name} was due {due}, {days} ago, and is not done")
    if outlook.likely is not None and outlook.likely > due:
        return Slip(
            outlook.path,
            outlook.part,
            "later",
            due,
            f"{name} is due {due}; if it keeps moving as it does, it may well take until {outlook.likely}",
        )
    if outlook.likely is None and outlook.by_due is not None and outlook.by_due < _EVEN:
        said = f"{name} is due {due}, and {outlook.by_due:.0%} likely to be done by then"
        return Slip(outlook.path, outlook.part, "unlikely", due, said)
    return None
