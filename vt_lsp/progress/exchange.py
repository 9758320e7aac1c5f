"""Progress as plain data: for ``vt-lsp forecast --format json``, the report and the editors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vt_lsp.progress.forecast import DateRange, Forecast
    from vt_lsp.progress.report import Part, Progress
    from vt_lsp.progress.risk import Risk
    from vt_lsp.text import LineIndex


def as_data(one: Progress, lines: LineIndex) -> dict[str, Any]:
    """One list, as ``vt_lsp/schemas/forecast.schema.json`` has it."""
    return {
        "path": one.path,
        "title": one.title,
        "total": len(one.tasks),
        "done": one.done,
        "doubtful": len(one.doubtful),
        **_forecast(one.forecast),
        "risk": one.risk,
        "risks": [_risk(risk, one, lines) for risk in one.risks],
        "burn_up": [{"date": day.day.isoformat(), "total": day.total, "done": day.done} for day in one.days],
        "parts": [_part(part, lines) for part in one.parts],
        "caveats": list(one.caveats),
    }


def _forecast(told: Forecast) -> dict[str, Any]:
    return {
        "refusal": told.refusal or None,
        "within": {str(days): round(chance, 4) for days, chance in told.within.items()},
        "due": None if told.due is None else told.due.isoformat(),
        "by_due": None if told.by_due is None else round(told.by_due, 4),
        "if_moving": [_range(dates) for dates in told.if_moving],
        "next_quarter": [_range(dates) for dates in told.next_quarter],
        "soon": told.soon or None,
        "no_range": told.no_range or None,
        "drivers": list(told.drivers),
    }


def _part(part: Part, lines: LineIndex) -> dict[str, Any]:
    return {
        "title": part.title,
        "level": part.level,
        "line": lines.position(part.start, "utf-32")[0] + 1,
        "total": part.total,
        "done": part.done,
        **_forecast(part.forecast),
    }


def _range(dates: DateRange) -> dict[str, Any]:
    return {"share": dates.share, "first": dates.first.isoformat(), "last": dates.last.isoformat()}


def _risk(risk: Risk, one: Progress, lines: LineIndex) -> dict[str, Any]:
    task = None if risk.task is None else one.tasks[risk.task]
    return {
        "kind": risk.kind,
        "level": risk.level,
        "text": risk.text,
        "advice": risk.advice,
        "task": None if task is None else f"{task.id} {task.text}".strip(),
        "line": None if task is None else lines.position(task.start, "utf-32")[0] + 1,
    }
