"""``vt-lsp alerts``: the history of alerts, their rules, and a dry run of them."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import msgspec
from rich.text import Text

from vt_lsp.cli.alert_desk import with_channels
from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.formats import terminal
from vt_lsp.cli.formats.excerpt import clean
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import find_root, load_settings, scanned
from vt_lsp.continuous_eval.alert_channels import deliver
from vt_lsp.continuous_eval.alert_events import Known, Observation, news, standing
from vt_lsp.continuous_eval.alert_input import reach_of
from vt_lsp.continuous_eval.alert_rules import BUILT_IN
from vt_lsp.continuous_eval.alert_state import Mute, Observed, Policy, Reacted, State, Unmuted
from vt_lsp.continuous_eval.alert_store import AlertStoreError, Filter, Turn, has_alerts, open_alerts
from vt_lsp.continuous_eval.alert_system import step
from vt_lsp.continuous_eval.alert_view import AlertRow, RuleRow, TypeRow, most_important, rows, rule_row, type_rows
from vt_lsp.models import Alert, AlertType, Severity
from vt_lsp.settings import DRIFT_TYPES
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from vt_lsp.continuous_eval.alert_store import AlertStore
    from vt_lsp.settings import Settings

FORMAT_VERSION: Final = 1
_WAITING: Final = ("open", "acknowledged")


class MuteRow(msgspec.Struct, frozen=True):
    """A rule that is muted; the path is "" where it is muted everywhere."""

    rule: str
    path: str


class TestRow(msgspec.Struct, frozen=True):
    """One drift that stands, the rule it falls under, and how it would be told."""

    fingerprint: str
    drift_type: str
    severity: Severity
    path: str
    line: int
    message: str
    rule: str
    told: str


# What each command writes with --format json, beside version and root; scripts/generate.py makes the schemas of it.
OUTPUTS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "alerts": ("list, ack, resolve", {"total": int, "alerts": tuple[AlertRow, ...]}),
    "alert": ("show", {"alert": AlertRow, "trail": tuple[Turn, ...]}),
    "alert-rules": ("rules", {
        "rules": tuple[RuleRow, ...], "types": tuple[TypeRow, ...], "mutes": tuple[MuteRow, ...],
    }),
    "alert-test": ("test", {"drifts": tuple[TestRow, ...], "sent": tuple[AlertRow, ...]}),
}  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Do what was asked; 0, or 2 when an alert is not there or a channel does not take what was sent."""
    configure_log(options)
    root = find_root(options.root, ())
    settings, _ = load_settings(root)
    actions = {
        "list": _list, "show": _show, "ack": _react, "resolve": _react, "rules": _rules, "test": _test,
    }  # fmt: skip
    try:
        actions[options.action](root, settings, options)
    except AlertStoreError as error:
        raise UsageError(str(error)) from error
    return 0


def _now() -> datetime:
    return datetime.now().astimezone()


def _write(root: Path, options: argparse.Namespace, parts: dict[str, Any], lines: Iterable[Text]) -> None:
    if options.format == "json":
        document = {"version": FORMAT_VERSION, "root": root.as_posix(), **parts}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
        return
    console = terminal.open_console(options.color)
    for line in lines:
        console.print(line)


# ---------------------------------------------------------------------------------------------------------- the history


def _list(root: Path, _settings: Settings, options: argparse.Namespace) -> None:
    wanted = Filter(
        states=() if options.all else tuple(options.state or _WAITING),
        types=tuple(options.type or ()),
        severities=tuple(options.severity or ()),
        rule=options.rule,
        drift_type=options.drift_type,
        path=options.path,
        since=options.since,
        limit=options.limit,
        offset=options.offset,
    )
    total = 0
    found: tuple[AlertRow, ...] = ()
    if has_alerts(root):
        with open_alerts(root) as store:
            total, alerts = store.find(wanted)
            found = most_important(rows(alerts, store.state().reactions, _now()))
    lines = [_line(row) for row in found] or [Text("No alerts.")]
    lines += [Text(f"{total - len(found)} more", "dim")] if total > len(found) else []
    _write(root, options, {"total": total, "alerts": found}, lines)


def _line(row: AlertRow) -> Text:
    path, line = row.context.get("path", ""), row.context.get("line", "")
    place = f"{path}:{line} " if path and line else f"{path} " if path else ""
    kind = row.context.get("drift_type") or str(row.alert_type)
    state = "" if row.state == "open" else f" ({row.state})"
    return Text.assemble(
        (f"{row.priority:>3} ", "bold"),
        (f"{row.id} ", "dim"),
        (f"{row.severity}[{kind}] ", terminal.SEVERITY_STYLES[row.severity]),
        f"{clean(place)}{clean(row.message)}",
        (state, "dim"),
    )


def _show(root: Path, _settings: Settings, options: argparse.Namespace) -> None:
    with _opened(root) as store:
        alert = store.need(options.name)
        trail = store.trail(alert.id)
        row = rows([alert], store.state().reactions, _now())[0]
    lines = [_line(row), Text(f"rule {row.rule}; {', '.join(row.reasons)}; so {row.priority} of 100")]
    lines += [
        Text(f"{turn.at.astimezone():%Y-%m-%d %H:%M} {turn.state}, {turn.severity}" + _by(turn.by, turn.how))
        for turn in trail
    ]
    _write(root, options, {"alert": row, "trail": trail}, lines)


def _by(who: str, how: str) -> str:
    return (f" by {clean(who)}" if who else "") + (f": {clean(how)}" if how else "")


def _opened(root: Path) -> AlertStore:
    if not has_alerts(root):
        raise AlertStoreError("there are no alerts of this project")
    return open_alerts(root)


def _react(root: Path, settings: Settings, options: argparse.Namespace) -> None:
    policy = Policy.of(settings)
    kind, how = ("acknowledge", "") if options.action == "ack" else ("resolve", options.how)
    with _opened(root) as store:
        ids = tuple(store.need(name).id for name in options.names)
        store.step(Reacted(ids, kind, "user", how), _now(), policy)  # type: ignore[arg-type]  # two of its kinds
        found = rows([store.need(name) for name in ids], store.state().reactions, _now())
    _write(root, options, {"total": len(found), "alerts": found}, [_line(row) for row in found])


# ------------------------------------------------------------------------------------------------------------ the rules


def _rules(root: Path, settings: Settings, options: argparse.Namespace) -> None:
    policy = Policy.of(settings)
    mutes: tuple[Mute, ...] = ()
    if options.unmute:
        with _opened(root) as store:
            wanted = Mute(options.unmute, options.path)
            if wanted not in store.state().mutes:
                raise UsageError(
                    f"the rule {options.unmute} is not muted{' for ' if options.path else ''}{options.path}"
                )
            mutes = store.step(Unmuted(wanted), _now(), policy).state.mutes
    elif has_alerts(root):
        with open_alerts(root) as store:
            mutes = store.state().mutes
    found = [rule_row(rule, built_in=rule in BUILT_IN) for rule in policy.rules]
    types = type_rows(DRIFT_TYPES)
    lines = [_rule_line(row) for row in found]
    lines += [Text("\nDrift types whose alerts open windows of their own:", "bold")]
    lines += [Text(f"  {row.drift_type}: {row.reason}") for row in types if row.notifies]
    lines += [Text("All others wait for a summary:", "bold")]
    lines += [Text(f"  {row.drift_type}: {row.reason}", "dim") for row in types if not row.notifies]
    lines += [Text(f"muted: {clean(one.rule)} {clean(one.path)}".rstrip()) for one in mutes]
    muted = tuple(MuteRow(one.rule, one.path) for one in mutes)
    _write(root, options, {"rules": found, "types": types, "mutes": muted}, lines)


def _rule_line(row: RuleRow) -> Text:
    conditions = "; ".join(f"{key} {value}" for key, value in row.conditions.items())
    on = "anything" if len(row.on) == len(AlertType) else ", ".join(row.on)
    return Text.assemble(
        (row.name, "bold"), ("" if row.built_in else " (yours)", "green"), f": on {on}",
        f"; {clean(conditions)}" if conditions else "", f" → {row.notify}",
    )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- the dry run


def _test(root: Path, settings: Settings, options: argparse.Namespace) -> None:
    if options.send:
        _send(root, with_channels(settings, options), options)
        return
    found = _dry_run(root, settings)
    told = Counter((row.rule, row.told) for row in found)
    lines = [
        Text(f"{row.path}:{row.line} {clean(row.message)} [{row.drift_type}] → {row.rule}, {row.told}") for row in found
    ]
    lines += [Text(f"{number} fall under {rule}: {how}", "bold") for (rule, how), number in told.most_common()]
    _write(root, options, {"drifts": found, "sent": ()}, lines or [Text("No drifts stand, so nothing would be told.")])


def _dry_run(root: Path, settings: Settings) -> tuple[TestRow, ...]:
    """As if all drifts that stand appeared at once."""
    policy, now = Policy.of(settings), _now()
    with scanned(root, settings) as engine:
        lines: dict[str, LineIndex] = {}
        seen = []
        for drift in engine.drifts():
            at = lines.setdefault(drift.spec.path, LineIndex(engine.text(drift.spec.path) or b""))
            line = at.position(drift.spec.start, "utf-32")[0] + 1
            seen.append(standing(drift, line, count=reach_of(engine, (), drift)))
    _, events = news(Known(), Observation(tuple(seen)), now.astimezone(UTC))
    done = step(State(), Observed(events), now, policy)
    alerts = {subject: alert for alert in done.changed for subject in alert.subjects}
    return tuple(
        TestRow(
            event.subject, event.drift_type, event.severity, event.path, event.line, event.message, rule,
            _told(alerts.get(event.subject)),
        )
        for event, rule in done.fell
    )  # fmt: skip


def _told(alert: Alert | None) -> str:
    if alert is None:
        return "no alert"
    return {"window": "a window", "summary": "in a summary", "": "the log"}[alert.telling]


def _send(root: Path, settings: Settings, options: argparse.Namespace) -> None:
    if not settings.alerts_file and not settings.alerts_webhook:
        raise UsageError("--send needs --alerts-file or --alerts-webhook")
    now = datetime.now(UTC)
    message = "This is a test of vt-lsp; nothing is wrong."
    alert = Alert(
        id="test", timestamp=now, alert_type=AlertType.MONITOR_UNHEALTHY, severity=Severity.INFORMATION,
        message=message, rule="test", seen=now,
    )  # fmt: skip
    sent = rows([alert], {}, now)
    problems = deliver(settings, root, sent)
    if problems:
        raise UsageError("; ".join(problems))
    _write(root, options, {"drifts": (), "sent": sent}, _sent(settings))


def _sent(settings: Settings) -> Sequence[Text]:
    places = [place for place in (settings.alerts_file, settings.alerts_webhook and "the webhook") if place]
    return [Text(f"Sent to {place}.") for place in places]
