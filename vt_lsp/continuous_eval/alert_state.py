"""The plain data of alerts: what the user wants, what is known, what came in, and what is to be told. Pure."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import TYPE_CHECKING, Literal

import msgspec

from vt_lsp.continuous_eval.alert_priority import Reactions  # noqa: TC001  the same
from vt_lsp.continuous_eval.alert_rules import BUILT_IN, Rule
from vt_lsp.models import Alert, Severity  # noqa: TC001  the same

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.alert_events import Event
    from vt_lsp.settings import Settings

# open: it was looked at; act: it was settled by what was done.
ReactionKind = Literal["acknowledge", "open", "act", "mute", "later", "resolve"]


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user wants; ``quiet`` is from when to when (local time) no window opens."""

    rules: tuple[Rule, ...] = BUILT_IN
    per_hour: int = 4
    do_not_disturb: bool = False
    quiet: tuple[time, time] | None = None

    @classmethod
    def of(cls, settings: Settings) -> Policy:
        """The policy that the settings ask for: the user's rules come first."""
        quiet = None
        if settings.alerts_quiet_hours:
            begin, _, end = settings.alerts_quiet_hours.partition("-")
            quiet = time.fromisoformat(begin), time.fromisoformat(end)
        silent = settings.alerts_do_not_disturb or settings.notifications == "off"
        return cls((*settings.alert_rules, *BUILT_IN), settings.alerts_per_hour, silent, quiet)

    def is_quiet(self, now: datetime) -> bool:
        """Whether no window may open at this moment."""
        if self.do_not_disturb or self.quiet is None:
            return self.do_not_disturb
        begin, end = self.quiet
        moment = now.time()
        return begin <= moment < end if begin <= end else moment >= begin or moment < end

    def rule(self, name: str) -> Rule | None:
        """The rule of this name, if there (still) is one."""
        return next((rule for rule in self.rules if rule.name == name), None)


class Mute(msgspec.Struct, frozen=True):
    """No alerts of a rule about a path (``""``: about anything)."""

    rule: str
    path: str = ""


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What is known between two steps.

    ``alerts`` are the open ones, and those that were resolved so lately that they may come back, by fingerprint.
    ``counted`` are the events below a threshold, by rule and group; ``told`` the windows of the last hour;
    ``doubtful`` the drifts of types that are often wrong, which the next summary counts.
    """

    alerts: Mapping[str, Alert] = {}
    counted: Mapping[str, tuple[tuple[datetime, str], ...]] = {}
    told: tuple[datetime, ...] = ()
    doubtful: tuple[str, ...] = ()
    mutes: tuple[Mute, ...] = ()
    reactions: Mapping[str, Reactions] = {}


@dataclass(frozen=True, slots=True)
class Observed:
    """An evaluation, or another part of the program, gave these events."""

    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody did something with the alerts of these ids; ``by`` and ``how`` are for the history."""

    ids: tuple[str, ...]
    kind: ReactionKind
    by: str = "user"
    how: str = ""


@dataclass(frozen=True, slots=True)
class Ticked:
    """Time has passed."""


@dataclass(frozen=True, slots=True)
class Unmuted:
    """Alerts of a rule about a path are wanted again."""

    mute: Mute


Input = Observed | Reacted | Ticked | Unmuted


@dataclass(frozen=True, slots=True)
class Notification:
    """Something to tell: a window for one alert or for several, or a line of the log."""

    channel: Literal["window", "log"]
    alerts: tuple[Alert, ...]
    text: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Step:
    """What follows.

    ``changed`` are the alerts that are others now, ``turned`` those of them whose state or severity is another one or
    that are new, ``withdrawn`` the ids of those that a window told of and that are
    settled; ``fell`` names for each event the rule that it fell under.
    """

    state: State
    changed: tuple[Alert, ...] = ()
    turned: tuple[Alert, ...] = ()
    notifications: tuple[Notification, ...] = ()
    withdrawn: tuple[str, ...] = ()
    fell: tuple[tuple[Event, str], ...] = ()


@dataclass(slots=True)
class Draft:
    """The next state while it is made; ``now`` is in UTC."""

    policy: Policy
    now: datetime
    alerts: dict[str, Alert]
    counted: dict[str, tuple[tuple[datetime, str], ...]]
    mutes: tuple[Mute, ...]
    reactions: dict[str, Reactions]
    told: list[datetime]
    doubtful: list[str]
    changed: dict[str, Alert] = field(default_factory=dict)
    raised: list[str] = field(default_factory=list)
    fell: list[tuple[Event, str]] = field(default_factory=list)

    def put(self, alert: Alert) -> None:
        """The alert is another one now."""
        self.alerts[alert.fingerprint] = self.changed[alert.id] = alert


def changed(alert: Alert, **fields: object) -> Alert:
    """The alert with other values in these fields."""
    return msgspec.structs.replace(alert, **fields)


def is_muted(mutes: tuple[Mute, ...], rule: str, path: str) -> bool:
    """Whether the user does not want alerts of the rule about the path."""
    return any(one.rule == rule and (not one.path or path == one.path) for one in mutes)
