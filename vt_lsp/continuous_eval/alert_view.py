"""Alerts as other programs see them: the rows of the command line, of the editors, of files and of webhooks."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.continuous_eval.alert_priority import Reactions, priority
from vt_lsp.continuous_eval.alert_rules import is_precise, span, why_loud
from vt_lsp.models import Alert, AlertState, AlertType, Severity  # noqa: TC001  the same

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.continuous_eval.alert_rules import Rule


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """One alert with its priority at the moment, and why it has that."""

    id: str
    timestamp: datetime
    alert_type: AlertType
    severity: Severity
    message: str
    context: Mapping[str, str]
    actions: tuple[str, ...]
    rule: str
    fingerprint: str
    subjects: tuple[str, ...]
    confidence: float
    reach: int
    count: int
    state: AlertState
    seen: datetime | None
    told: datetime | None
    escalated: bool
    resolved: datetime | None
    resolved_by: str
    how: str
    priority: int
    reasons: tuple[str, ...]


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One rule; ``conditions`` has what differs from a rule that fits everything, in the words of the settings."""

    name: str
    on: tuple[AlertType, ...]
    notify: str
    built_in: bool
    conditions: Mapping[str, str]


class TypeRow(msgspec.Struct, frozen=True, kw_only=True):
    """Whether alerts of a drift type open windows of their own, and why."""

    drift_type: str
    notifies: bool
    reason: str


def rows(alerts: Iterable[Alert], reactions: Mapping[str, Reactions], now: datetime) -> tuple[AlertRow, ...]:
    """The alerts, in the order that they came in."""
    return tuple(_row(alert, reactions, now) for alert in alerts)


def most_important(found: Iterable[AlertRow]) -> tuple[AlertRow, ...]:
    """The rows with the highest priority first."""
    return tuple(sorted(found, key=lambda row: (-row.priority, -row.timestamp.timestamp(), row.id)))


def _row(alert: Alert, reactions: Mapping[str, Reactions], now: datetime) -> AlertRow:
    known = {name: getattr(alert, name) for name in AlertRow.__struct_fields__ if name not in {"priority", "reasons"}}
    found = priority(alert, reactions, now)
    return AlertRow(**known, priority=found.score, reasons=found.reasons)


def rule_row(rule: Rule, *, built_in: bool) -> RuleRow:
    """A rule as it is shown."""
    shown = {}
    plain = type(rule)(rule.name, rule.on)
    for name in rule.__slots__:
        value = getattr(rule, name)
        if name not in {"name", "on", "notify"} and value != getattr(plain, name):
            shown[name.replace("_", "-")] = _shown(value)
    return RuleRow(name=rule.name, on=rule.on, notify=rule.notify, built_in=built_in, conditions=shown)


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return span(value) if isinstance(value, timedelta) else str(value)


def type_rows(types: Iterable[str]) -> tuple[TypeRow, ...]:
    """The table of drift types."""
    return tuple(TypeRow(drift_type=one, notifies=is_precise(one), reason=why_loud(one)) for one in types)
