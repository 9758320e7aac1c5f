"""``vt-lsp monitor``: background monitoring without an editor, and how it is."""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import find_root, load_settings
from vt_lsp.continuous_eval.metrics_store import read_trend, read_uptime

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

    from vt_lsp.continuous_eval.compliance import Count
    from vt_lsp.continuous_eval.evaluation import Evaluation
    from vt_lsp.continuous_eval.metrics_store import Run, Trend, Uptime
    from vt_lsp.settings import Settings

FORMAT_VERSION = 1
_DAY = 86_400.0
_SILENT_SECONDS = 45.0  # after which a run without a sign of life is no longer one


def run(options: argparse.Namespace) -> int:
    """Monitor until a signal ends it; ``--once`` gives 1 if there is drift, ``--status`` 1 if nothing monitors well.

    A signal ends it with 128 and its number, as everywhere, but in order.
    """
    configure_log(options)
    root = find_root(options.root, ())
    if options.status:
        return _status(root, options.format)
    settings, _ = load_settings(root)
    return _monitor(root, settings, options)


def _listeners(root: Path, settings: Settings, options: argparse.Namespace) -> list[Callable[[Evaluation], None]]:
    from vt_lsp.cli.alert_desk import AlertDesk  # noqa: PLC0415 - not for --status

    return [_write_json if options.format == "json" else _write_text, AlertDesk(root, settings, options).evaluated]


def _monitor(root: Path, settings: Settings, options: argparse.Namespace) -> int:
    from vt_lsp.continuous_eval.background import Background  # noqa: PLC0415 - not for --status
    from vt_lsp.continuous_eval.monitor import Monitor  # noqa: PLC0415

    monitor = Monitor(root, settings)
    for listener in _listeners(root, settings, options):
        monitor.listen(listener)
    background = Background(monitor, partial(_settings_of, root, settings))
    if options.once:
        return 1 if background.once().drifts else 0

    ended_by: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ended_by.append(number)
        background.stop()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    background.run()
    return 128 + ended_by[0] if ended_by else 0


def _settings_of(root: Path, last: Settings) -> Settings:
    """The settings as they are now; those of the start while the file cannot be used."""
    from vt_lsp.settings import Notice, load_project_settings  # noqa: PLC0415

    settings, messages = load_project_settings(root)
    return last if any(not isinstance(message, Notice) for message in messages) else settings


# ------------------------------------------------------------------------------------------------------------ one line


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """One evaluation, as ``--format json`` writes it, held by ``vt_lsp/schemas/monitor.schema.json``."""
    return {
        "version": FORMAT_VERSION,
        "root": str(evaluation.root),
        "number": evaluation.number,
        "trigger": evaluation.trigger,
        "time": _time(evaluation.time),
        "lateness_ms": round(1000 * evaluation.lateness),
        "duration_ms": round(1000 * evaluation.duration),
        "baseline": evaluation.is_baseline,
        "compliance": evaluation.figures.total.compliance,
        "drifts": len(evaluation.drifts),
        "by_type": dict(evaluation.figures.by_type),
        "by_severity": dict(evaluation.figures.by_severity),
        "folders": {path or ".": _count(count) for path, count in sorted(evaluation.figures.folders.items())},
        "appeared": [
            {"fingerprint": one.fingerprint, "drift_type": str(one.drift_type), "path": one.spec.path,
             "severity": str(one.severity), "details": one.details}
            for one in evaluation.appeared
        ],
        "resolved": [
            {"fingerprint": one.seen.fingerprint, "drift_type": one.seen.drift_type, "path": one.seen.path,
             "severity": one.seen.severity, "details": one.seen.details, "age_seconds": round(one.age)}
            for one in evaluation.resolved
        ],
        "health": msgspec.to_builtins(evaluation.health),
    }  # fmt: skip


def _write_json(evaluation: Evaluation) -> None:
    sys.stdout.write(json.dumps(as_json(evaluation)) + "\n")
    sys.stdout.flush()


def _write_text(evaluation: Evaluation) -> None:
    """What is new; an evaluation that found nothing new is not shown."""
    is_new = evaluation.number == 1 or evaluation.trigger == "health"
    if not (is_new or evaluation.appeared or evaluation.resolved):
        return
    from vt_lsp.cli.formats.excerpt import clean  # noqa: PLC0415 - not for JSON

    at = time.strftime("%H:%M:%S", time.localtime(evaluation.time))
    counts = f"{len(evaluation.drifts)} drifts, compliance {evaluation.figures.total.compliance:.2%}"
    lines = [f"{at}  {counts}{_health(evaluation)}"]
    lines += [f"          + {one.spec.path}: {clean(one.details)} [{one.drift_type}]" for one in evaluation.appeared]
    lines += [
        f"          - {one.seen.path}: {clean(one.seen.details)} [{one.seen.drift_type}, after {_span(one.age)}]"
        for one in evaluation.resolved
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _health(evaluation: Evaluation) -> str:
    troubles = "; ".join(one.text for one in evaluation.health.troubles)
    return f"  ({evaluation.health.state}: {troubles})" if troubles else ""


# -------------------------------------------------------------------------------------------------------------- status


def _status(root: Path, form: str) -> int:
    found = status(root, read_uptime(root), read_trend(root), time.time())
    if form == "json":
        sys.stdout.write(json.dumps(found, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{line}\n" for line in _status_lines(found)))
    sys.stdout.flush()
    return 0 if found["running"] and found["health"]["state"] in ("ok", "paused") else 1


def status(root: Path, uptime: Uptime, trend: Trend, now: float) -> dict[str, Any]:
    """How monitoring of ``root`` is, as ``--status --format json`` writes it (``monitor-status.schema.json``)."""
    alive = [run for run in uptime.runs if run.ended is None and now - run.beat <= _SILENT_SECONDS]
    run = alive[0] if alive else None
    health = json.loads(run.health) if run is not None else {}
    last = trend.points[-1] if trend.points else None
    mean = trend.mean_time_to_realign(now - 90 * _DAY)
    return {
        "version": FORMAT_VERSION,
        "root": str(root),
        "time": _time(now),
        "running": run is not None,
        "monitors": [_run(one, now) for one in alive],
        "health": {"state": "unknown", "troubles": [], "coverage": "away", "cpu_percent": 0.0} | health,
        "availability": round(uptime.availability, 6),
        "due": uptime.due,
        "missed": uptime.missed,
        "last_evaluation": None if last is None else _time(last.end),
        "compliance": None if last is None else last.total.compliance,
        "drifts": len(trend.standing),
        "oldest_drift_seconds": round(max((now - one.since for one in trend.standing), default=0.0)),
        "mean_time_to_realign_seconds": None if mean is None else round(mean),
    }


def _run(one: Run, now: float) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "pid": one.pid,
        "started": _time(one.started),
        "up_seconds": round(now - one.started),
        "evaluations": one.evaluations,
        "due": one.due,
        "delivered": one.delivered,
        "late": one.late,
        "missed": one.missed,
    }


def _status_lines(found: dict[str, Any]) -> list[str]:
    health = found["health"]
    lines = [f"root          {found['root']}"]
    if not found["running"]:
        lines.append("monitor       none is running; `vt-lsp monitor` starts one, and so does an editor")
    lines += [
        f"monitor       {one['kind']}, process {one['pid']}, up {_span(one['up_seconds'])},"
        f" {one['evaluations']} evaluations"
        for one in found["monitors"]
    ]
    if found["running"]:
        lines.append(f"health        {health['state']}, {health['coverage']}, CPU {health['cpu_percent']:.2f} %")
        lines += [f"              {one['text']}" for one in health["troubles"]]
    lines.append(
        f"availability  {found['availability']:.3%} ({found['due'] - found['missed']} of {found['due']} evaluations)"
    )
    if found["last_evaluation"] is not None:
        lines.append(f"evaluated     {found['last_evaluation']}: compliance {found['compliance']:.2%}")
        oldest = f", the oldest for {_span(found['oldest_drift_seconds'])}" if found["drifts"] else ""
        lines.append(f"drifts        {found['drifts']}{oldest}")
    if found["mean_time_to_realign_seconds"] is not None:
        lines.append(f"realigned     after {_span(found['mean_time_to_realign_seconds'])} on average (90 days)")
    return lines


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def _time(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _count(count: Count) -> dict[str, Any]:
    return {**dataclasses.asdict(count), "compliance": count.compliance}
