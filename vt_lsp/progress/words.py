"""Progress in words: one line for a lens, a page of Markdown for a hover or a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from vt_lsp.progress.forecast import Forecast
    from vt_lsp.progress.report import Day, Part, Progress

_SHARE: Final = 0.8  # of the range that one line names
_MOST_RISKS: Final = 8
_WIDTH: Final = 32  # cells of a chart
_CELLS: Final = "▁▂▃▄▅▆▇█"
_MARKS: Final = frozenset("\\`*_[]<>#|~!&")


def line(one: Progress) -> str:
    """One list: ``12/20 · 35 % within 30 days · if it keeps moving: 12 Mar to 30 May · risk medium: no tick for …``."""
    parts = [_counted(one.done, len(one.tasks)), *_outlook(one.forecast)]
    worst = next((risk for risk in one.risks if risk.level != "none"), None)
    if worst is not None and one.done < len(one.tasks):
        parts.append(f"risk {one.risk}: {worst.text}")
    return " · ".join(parts)


def part_line(part: Part) -> str:
    """One milestone, phase or section."""
    return " · ".join([_counted(part.done, part.total), *_outlook(part.forecast)])


def page(one: Progress) -> str:
    """One list in full, as Markdown without a heading."""
    return "\n\n".join(_paragraphs(one)) + "\n"


def _paragraphs(one: Progress) -> Iterator[str]:
    doubtful = f", {len(one.doubtful)} ticked but not there" if one.doubtful else ""
    yield f"**{one.done} of {len(one.tasks)} tasks done**{doubtful} · risk {one.risk}"
    if drawn := chart(one.days):
        yield f"```text\n{drawn}\n```"
    yield from _forecast(one.forecast)
    if one.risks:
        shown = [f"- **{risk.level}**: {plain(risk.text)} → {plain(risk.advice)}" for risk in one.risks[:_MOST_RISKS]]
        more = [f"- … and {len(one.risks) - _MOST_RISKS} more"] if len(one.risks) > _MOST_RISKS else []
        yield "\n".join(["Risks:", "", *shown, *more])
    if one.parts:
        yield "\n".join(f"- {plain(part.title)}: {part_line(part)}" for part in one.parts)
    yield from (f"Note: {caveat}." for caveat in one.caveats)


def part_page(part: Part) -> str:
    """One part in full, as Markdown without a heading."""
    return "\n\n".join([f"**{part.done} of {part.total} tasks done**", *_forecast(part.forecast)]) + "\n"


def _forecast(told: Forecast) -> Iterator[str]:
    if told.refusal:
        yield f"No forecast: {told.refusal}."
        return
    rows = [f"- within {days} days: {percent(chance)}" for days, chance in told.within.items()]
    if told.by_due is not None:
        rows.append(f"- by {told.due}, as written here: {percent(told.by_due)}")
    yield "\n".join(["Chance to be done:", "", *rows])
    if told.soon:
        yield f"If it keeps moving: {told.soon} ({told.no_range})."
    elif told.no_range:
        yield f"No dates: {told.no_range}."
    else:
        ranges = [f"- {percent(dates.share)}: {dates.first} to {dates.last}" for dates in told.if_moving]
        yield "\n".join(["If it keeps moving, done between", "", *ranges])
    if told.drivers:
        yield "\n".join(f"- {driver}" for driver in told.drivers)


def chart(days: Sequence[Day]) -> str:
    """What was done of what was listed, over time, in two lines of text; "" where there is no history."""
    if len(days) < 2:
        return ""
    first, last = days[0].day.toordinal(), days[-1].day.toordinal()
    cells, at = [], 0
    for n in range(_WIDTH):
        until = first + (last - first) * (n + 1) / _WIDTH
        while at + 1 < len(days) and days[at + 1].day.toordinal() <= until:
            at += 1
        share = days[at].done / max(days[at].total, 1)
        cells.append(_CELLS[min(len(_CELLS) - 1, int(share * len(_CELLS)))])
    dates = f"{days[0].day}".ljust(_WIDTH - 10) + f"{days[-1].day}"
    return f"{''.join(cells)} {days[-1].done}/{days[-1].total}\n{dates}"


def _counted(done: int, total: int) -> str:
    return f"{done}/{total} done"


def _outlook(told: Forecast) -> Iterator[str]:
    if told.due is not None and told.by_due is not None:
        yield f"due {told.due}: {percent(told.by_due)}"
    elif 30 in told.within:
        yield f"{percent(told.within[30])} within 30 days"
    if told.soon:
        yield f"if it keeps moving: {told.soon}"
    for dates in told.if_moving:
        if dates.share == _SHARE:
            yield f"if it keeps moving: {_short(dates.first, dates.last)}"


def _short(first: date, last: date) -> str:
    if first == last:
        return f"{first.day} {first:%b %Y}"
    if first.year == last.year:
        return f"{first.day} {first:%b} to {last.day} {last:%b %Y}"
    return f"{first.day} {first:%b %Y} to {last.day} {last:%b %Y}"


def percent(chance: float) -> str:
    """A chance between 0 and 1; never a certainty."""
    return "under 1 %" if chance < 0.01 else "over 99 %" if chance > 0.99 else f"{round(100 * chance)} %"


def plain(text: str) -> str:
    """Words of people as text in Markdown: no markup, no HTML."""
    return "".join(f"\\{sign}" if sign in _MARKS else sign for sign in " ".join(text.split()))
