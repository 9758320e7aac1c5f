"""The alerts of one folder: ``(state, what happened, now) -> (state, what to tell)``. Pure.

The clock, the store and the channels are the caller's. ``now`` is aware and in the user's time zone (quiet hours are
local); what is kept is in UTC.

An alert is told at most once (twice with its escalation or after "later"), windows open at most ``per_hour`` times in
any hour, several that wait become one, and what is resolved before it was told is not told at all. While nobody wants
to be disturbed alerts wait; they are in the list all the same.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from vt_lsp.continuous_eval.alert_events import of_drift
from vt_lsp.continuous_eval.alert_priority import LEAST_FOR_WINDOW, Reactions, kind_of, priority
from vt_lsp.continuous_eval.alert_rules import COUNTED, Rule, span
from vt_lsp.continuous_eval.alert_state import (
    Draft,
    Mute,
    Observed,
    Reacted,
    State,
    Step,
    Ticked,
    Unmuted,
    changed,
    is_muted,
)
from vt_lsp.continuous_eval.alert_telling import log, ready_at, windows
from vt_lsp.models import Alert, AlertType, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.continuous_eval.alert_events import Event
    from vt_lsp.continuous_eval.alert_state import Input, Policy
    from vt_lsp.models import Telling

HOUR: Final = timedelta(hours=1)
LATER: Final = timedelta(hours=1)
_MORE_SEVERE: Final = {
    Severity.HINT: Severity.INFORMATION,
    Severity.INFORMATION: Severity.WARNING,
    Severity.WARNING: Severity.ERROR,
    Severity.ERROR: Severity.ERROR,
}


def step(state: State, given: Input, now: datetime, policy: Policy) -> Step:
    """The state after something happened, and what is to be told of it."""
    moment = now.astimezone(UTC)
    draft = Draft(
        policy,
        moment,
        dict(state.alerts),
        dict(state.counted),
        state.mutes,
        dict(state.reactions),
        [min(one, moment) for one in state.told if moment - one < HOUR],  # a clock that was set back blocks nothing
        list(state.doubtful),
    )
    match given:
        case Observed(events):
            _observe(draft, events)
        case Reacted():
            _react(draft, given)
        case Unmuted(mute):
            _unmute(draft, mute)
        case Ticked():
            pass
    _escalate(draft)
    notifications = [*log(draft), *windows(draft, now)]
    gone = [one.id for one in draft.changed.values() if one.state == "resolved" and one.told and one.resolved == moment]
    _forget(draft)
    after = State(
        alerts=draft.alerts,
        counted=draft.counted,
        told=tuple(draft.told),
        doubtful=tuple(draft.doubtful),
        mutes=draft.mutes,
        reactions=draft.reactions,
    )
    return Step(
        after,
        tuple(draft.changed.values()),
        tuple(alert for alert in draft.changed.values() if _has_turned(state.alerts.get(alert.fingerprint), alert)),
        tuple(notifications),
        tuple(gone),
        tuple(draft.fell),
    )


def _has_turned(old: Alert | None, new: Alert) -> bool:
    return old is None or (old.id, old.state, old.severity) != (new.id, new.state, new.severity)


def wake_at(state: State, policy: Policy, now: datetime) -> datetime | None:
    """When something is due if nothing happens until then; None: never."""
    moments = [due for alert in state.alerts.values() if (due := _escalates_at(alert, policy)) is not None]
    waiting = [ready_at(alert) for alert in state.alerts.values() if alert.telling]
    if waiting and not policy.do_not_disturb and policy.per_hour:
        moments.append(max(min(waiting), _free_at(state.told, policy, now)))
    return min(moments, default=None)


def _free_at(told: tuple[datetime, ...], policy: Policy, now: datetime) -> datetime:
    """When a window may open next."""
    lately = sorted(one for one in told if now - one < HOUR)
    free = lately[-policy.per_hour] + HOUR if len(lately) >= policy.per_hour else now
    local = free.astimezone(now.tzinfo)
    if policy.quiet is None or not policy.is_quiet(local):
        return free
    end = datetime.combine(local.date(), policy.quiet[1], local.tzinfo)
    return end if end > local else end + timedelta(days=1)


# ------------------------------------------------------------------------------------------------------------- raising


def _observe(draft: Draft, events: Iterable[Event]) -> None:
    about: dict[str, set[str]] = {}  # subject -> fingerprints of alerts
    for name, alert in draft.alerts.items():
        for subject in alert.subjects:
            about.setdefault(subject, set()).add(name)
    for event in events:
        if event.is_over or event.type is AlertType.DRIFT_RESOLVED:
            _end(draft, event, sorted(about.get(event.subject, ())))
        if event.is_over:
            continue
        rule = next((rule for rule in draft.policy.rules if rule.fits(event)), None)
        draft.fell.append((event, rule.name if rule is not None else ""))
        if rule is None or rule.notify == "off":
            _count_doubtful(draft, rule, event)
            continue
        told = _open_about(draft, about.get(event.subject, ())) if event.type is AlertType.DRIFT_AGED else None
        found = _counted(draft, told) if told is not None else _raised(draft, rule, event)
        if found is not None:
            draft.put(found)
            for subject in found.subjects:
                about.setdefault(subject, set()).add(found.fingerprint)


def _count_doubtful(draft: Draft, rule: Rule | None, event: Event) -> None:
    is_new = event.type is not AlertType.DRIFT_AGED and event.subject not in draft.doubtful
    if is_new and rule is not None and rule.name == COUNTED:
        draft.doubtful.append(event.subject)


def _end(draft: Draft, event: Event, names: Iterable[str]) -> None:
    """What is over settles its alerts, and no longer counts towards a threshold."""
    for name in names:
        _settle(draft, draft.alerts[name], event)
    if event.subject in draft.doubtful:
        draft.doubtful.remove(event.subject)
    for group, found in list(draft.counted.items()):
        if kept := tuple(one for one in found if one[1] != event.subject):
            draft.counted[group] = kept
        else:
            del draft.counted[group]


def _counted(draft: Draft, alert: Alert) -> Alert:
    """The drift that an alert tells of has become old: one drift, one alert."""
    return changed(alert, seen=draft.now, count=alert.count + 1)


def _open_about(draft: Draft, names: Iterable[str]) -> Alert | None:
    found = (draft.alerts[name] for name in sorted(names))
    return next((one for one in found if one.state != "resolved" and of_drift(one.alert_type)), None)


def _settle(draft: Draft, alert: Alert, event: Event) -> None:
    """One thing that an alert speaks of is settled; with the last one the alert is."""
    ends = of_drift(alert.alert_type) if event.type is AlertType.DRIFT_RESOLVED else alert.alert_type is event.type
    if not ends or alert.state == "resolved":
        return
    left = tuple(one for one in alert.subjects if one != event.subject)
    if left:
        draft.put(changed(alert, subjects=left))
    else:
        how = event.message if event.is_over else "the drift is gone"
        draft.put(changed(alert, state="resolved", resolved=draft.now, resolved_by="evaluation", how=how, telling=""))


def _raised(draft: Draft, rule: Rule, event: Event) -> Alert | None:
    """The alert that an event raises, changes or brings back; None while there are too few of its kind."""
    group = f"{rule.name}\0{rule.group_of(event)}"
    name = _digest(group)
    subjects: tuple[str, ...] = (event.subject,)
    if rule.threshold > 1:
        lately = [one for one in draft.counted.get(group, ()) if draft.now - one[0] <= rule.window]
        counted = {subject: at for at, subject in lately} | {event.subject: draft.now}
        is_open = name in draft.alerts and draft.alerts[name].state != "resolved"
        if len(counted) < rule.threshold and not is_open:
            draft.counted[group] = tuple((at, subject) for subject, at in counted.items())
            return None
        draft.counted.pop(group, None)
        subjects = tuple(counted)
    known = draft.alerts.get(name)
    if known is None:
        return _new(draft, rule, event, name, subjects)
    if known.state == "resolved":
        passed = draft.now - (known.resolved or known.timestamp)
        if passed > rule.cool_down:
            return _new(draft, rule, event, name, subjects)
        momentary = event.type is AlertType.DRIFT_RESOLVED
        return changed(
            known,
            state=known.state if momentary else "open",
            seen=draft.now,
            count=known.count + 1,
            subjects=known.subjects if momentary else subjects,
            resolved=known.resolved if momentary else None,
            resolved_by=known.resolved_by if momentary else "",
            how=known.how if momentary else "",
            telling=known.telling if known.told or momentary else _telling(draft, rule, event, known),
        )
    merged = tuple(dict.fromkeys((*known.subjects, *subjects)))
    return changed(known, seen=draft.now, count=known.count + 1, subjects=merged)


def _new(draft: Draft, rule: Rule, event: Event, name: str, subjects: tuple[str, ...]) -> Alert:
    momentary = event.type is AlertType.DRIFT_RESOLVED
    alert = Alert(
        id=_digest(f"{name}{draft.now.isoformat()}"),
        timestamp=draft.now,
        alert_type=event.type,
        severity=rule.raise_as or event.severity,
        message=_message(rule, event, len(subjects)),
        context={key: str(value) for key, value in _context(event).items() if value},
        actions=_actions(event),
        rule=rule.name,
        fingerprint=name,
        subjects=subjects,
        confidence=event.confidence,
        reach=max(event.count, len(subjects)),
        state="resolved" if momentary else "muted" if is_muted(draft.mutes, rule.name, event.path) else "open",
        resolved=draft.now if momentary else None,
        resolved_by="evaluation" if momentary else "",
        how="it tells of an end" if momentary else "",
        seen=draft.now,
    )
    draft.raised.append(name)
    return alert if alert.state == "muted" else changed(alert, telling=_telling(draft, rule, event, alert))


def _telling(draft: Draft, rule: Rule, event: Event, alert: Alert) -> Telling:
    if rule.notify == "log":
        return ""
    if rule.is_loud(event) and priority(alert, draft.reactions, draft.now).score >= LEAST_FOR_WINDOW:
        return "window"
    return "summary"


def _message(rule: Rule, event: Event, number: int) -> str:
    if rule.threshold == 1:
        return event.message
    return f"{number} times {event.type} within {span(rule.window)} (rule {rule.name}); the last one: {event.message}"


def _context(event: Event) -> dict[str, object]:
    about = event.subject if of_drift(event.type) or event.type is AlertType.DRIFT_RESOLVED else ""
    return {
        "path": event.path,
        "line": event.line,
        "drift_type": event.drift_type,
        "drift": about,
        "role": str(event.role) if event.drift_type else "",
    }


def _actions(event: Event) -> tuple[str, ...]:
    if event.type is AlertType.DRIFT_RESOLVED:
        return ("open", "mute") if event.path else ("mute",)
    if of_drift(event.type):
        return ("open", "diff", "accept", "mute", "later")
    return ("open", "mute", "later") if event.path else ("mute", "later")


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=6).hexdigest()


# ------------------------------------------------------------------------------------------------------------ reacting


def _react(draft: Draft, given: Reacted) -> None:
    for alert in [one for one in draft.alerts.values() if one.id in given.ids]:
        _count(draft, alert, given)
        match given.kind:
            case "acknowledge" | "open" if alert.state == "open":
                draft.put(changed(alert, state="acknowledged", telling="", resolved_by=given.by, how=given.how))
            case "resolve" | "act" if alert.state != "resolved":
                draft.put(
                    changed(
                        alert, state="resolved", resolved=draft.now, resolved_by=given.by, how=given.how, telling=""
                    )
                )
            case "later" if alert.state == "open":
                draft.put(
                    changed(alert, telling="window" if alert.told else alert.telling, not_before=draft.now + LATER)
                )
            case "mute":
                mute = Mute(alert.rule, alert.context.get("path", ""))
                draft.mutes = (*draft.mutes, mute) if mute not in draft.mutes else draft.mutes
                for other in list(draft.alerts.values()):
                    path = other.context.get("path", "")
                    if other.state in {"open", "acknowledged"} and is_muted((mute,), other.rule, path):
                        draft.put(changed(other, state="muted", telling="", resolved_by=given.by, how="muted"))
            case _:
                pass


def _unmute(draft: Draft, mute: Mute) -> None:
    draft.mutes = tuple(one for one in draft.mutes if one != mute)
    for alert in list(draft.alerts.values()):
        if alert.state == "muted" and not is_muted(draft.mutes, alert.rule, alert.context.get("path", "")):
            draft.put(changed(alert, state="open", resolved_by="", how=""))


def _count(draft: Draft, alert: Alert, given: Reacted) -> None:
    kind = kind_of(alert)
    known = draft.reactions.get(kind, Reactions())
    match given.kind:
        case "act" | "open":
            draft.reactions[kind] = Reactions(known.acted + 1, known.dismissed)
        case "acknowledge" | "mute":
            draft.reactions[kind] = Reactions(known.acted, known.dismissed + 1)
        case _:
            pass


def _escalate(draft: Draft) -> None:
    for alert in list(draft.alerts.values()):
        due = _escalates_at(alert, draft.policy)
        if due is not None and due <= draft.now:
            rule = draft.policy.rule(alert.rule)
            is_loud = alert.told is not None and rule is not None and rule.is_loud_for(alert)
            telling = "window" if is_loud else alert.telling
            draft.put(changed(alert, escalated=True, severity=_MORE_SEVERE[alert.severity], telling=telling))


def _escalates_at(alert: Alert, policy: Policy) -> datetime | None:
    """When an alert becomes more severe; never where it only waits for a summary because its type is often wrong."""
    rule = policy.rule(alert.rule) if alert.state == "open" and not alert.escalated else None
    if rule is None or rule.escalate_after is None or (rule.notify == "window" and not rule.is_loud_for(alert)):
        return None
    return alert.timestamp + rule.escalate_after


def _forget(draft: Draft) -> None:
    """What was resolved so long ago that it would be a new alert leaves the state; the history keeps it."""
    for name, alert in list(draft.alerts.items()):
        if alert.state == "resolved" and not alert.telling:
            rule = draft.policy.rule(alert.rule)
            if draft.now - (alert.resolved or alert.timestamp) > (rule.cool_down if rule is not None else HOUR):
                del draft.alerts[name]
    draft.counted = {
        group: found
        for group, found in draft.counted.items()
        if (rule := draft.policy.rule(group.partition("\0")[0])) is not None
        and any(draft.now - at <= rule.window for at, _ in found)
    }
