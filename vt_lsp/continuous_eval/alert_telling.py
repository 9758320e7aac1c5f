"""When alerts are told, and in what words: a window for one, one window for several, a line of the log. Pure."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from vt_lsp.continuous_eval.alert_priority import priority
from vt_lsp.continuous_eval.alert_state import Notification, changed
from vt_lsp.models import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from vt_lsp.continuous_eval.alert_state import Draft
    from vt_lsp.models import Alert

GATHER: Final = timedelta(seconds=3)  # so long a burst may go on before it is told
DIGEST: Final = timedelta(days=1)  # so long what waits for a summary waits at most
_SHOWN: Final = 3  # alerts that a summary quotes


def ready_at(alert: Alert) -> datetime:
    """When an alert that waits may be told."""
    since = max(alert.timestamp, alert.not_before or alert.timestamp)
    return since + (GATHER if alert.telling == "window" else DIGEST)


def log(draft: Draft) -> list[Notification]:
    """What the log says of the alerts that are new."""
    new = [alert for name in draft.raised if (alert := draft.alerts[name]).state != "muted"]
    if not new:
        return []
    return [Notification("log", tuple(new), _text(draft, new), _worst(new))]


def windows(draft: Draft, now: datetime) -> list[Notification]:
    """The window that opens now, if one does; ``now`` is local."""
    policy = draft.policy
    if policy.is_quiet(now) or len(draft.told) >= policy.per_hour:
        return []
    waiting = [alert for alert in draft.alerts.values() if alert.telling]
    ready = [alert for alert in waiting if ready_at(alert) <= draft.now]
    if not ready:
        return []
    loud = [one for one in waiting if one.telling == "window" and (one.not_before or draft.now) <= draft.now]
    quiet = [one for one in waiting if one.telling == "summary"]
    told = loud if len(loud) == 1 else [*loud, *quiet]
    told.sort(key=lambda one: (-priority(one, draft.reactions, draft.now).score, one.timestamp, one.id))
    for alert in told:
        draft.put(changed(alert, telling="", told=draft.now, not_before=None))
    draft.told.append(draft.now)
    shown = tuple(draft.alerts[one.fingerprint] for one in told)
    text = _text(draft, shown)
    if len(loud) != 1 and (number := len(draft.doubtful)):  # a summary
        text += f"\nand {number} new drift{'s' * (number > 1)} of types that are often wrong"
        draft.doubtful.clear()
    return [Notification("window", shown, text, _worst(shown))]


def _text(draft: Draft, alerts: Iterable[Alert]) -> str:
    """One alert as a sentence with its place, several as counts and the most important ones."""
    found = sorted(alerts, key=lambda one: -priority(one, draft.reactions, draft.now).score)
    if len(found) == 1:
        return f"{_place(found[0])}{found[0].message}"
    kinds = Counter(one.context.get("drift_type") or str(one.alert_type) for one in found)
    counts = ", ".join(f"{number} {kind}" for kind, number in kinds.most_common(5))
    lines = [f"{len(found)} alerts: {counts}{', …' if len(kinds) > 5 else ''}"]
    lines += [f"{_place(one)}{one.message}" for one in found[:_SHOWN]]
    lines += [f"… and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "\n".join(lines)


def _place(alert: Alert) -> str:
    path, line = alert.context.get("path", ""), alert.context.get("line", "")
    return f"{path}:{line}: " if path and line else f"{path}: " if path else ""


def _worst(alerts: Iterable[Alert]) -> Severity:
    return min((alert.severity for alert in alerts), key=list(Severity).index)
