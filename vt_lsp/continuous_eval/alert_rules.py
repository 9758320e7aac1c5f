"""Rules: which event raises an alert, and how loud it is. Pure.

The first rule that fits an event decides, the user's before the built-in ones; the last of these fits all that is left.
So each event raises one alert at most, and of each that raises none a rule can be named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from pathspec import GitIgnoreSpec

from vt_lsp.models import AlertType, DriftType, Role, Severity
from vt_lsp.settings import DRIFT_TYPES, Located, did_you_mean, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.continuous_eval.alert_events import Event
    from vt_lsp.models import Alert

Notify = Literal["window", "summary", "log", "off"]
Group = Literal["all", "path", "folder", "type"]

_SEVERITIES = tuple(Severity)  # most severe first
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,6})\s*([smhd])")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_MOST_RULES = 200
_ENOUGH_READ: Final = 20
_PRECISE: Final = 0.98
_SOME_READ: Final = 10
_DOUBTFUL: Final = 0.6

# How many findings of a type were read by hand, and how many of these were right (docs/accuracy.md, "By drift type").
# A type notifies on its own where that is at least 98 % of at least 20; all others wait for a summary. Of those that
# are known to be wrong as often as right (less than 60 % of at least 10) the built-in rules raise no alert: a summary
# counts them.
READ: Final[Mapping[DriftType, tuple[int, int]]] = {
    DriftType.BROKEN_LINK: (36, 45),
    DriftType.CLI_OPTION: (1, 1),
    DriftType.DOCSTRING_PARAMETER: (46, 46),
    DriftType.EXAMPLE_CALL: (5, 5),
    DriftType.EXAMPLE_IMPORT: (26, 28),
    DriftType.MISSING_FILE: (12, 34),
    DriftType.MISSING_MEMBER: (11, 15),
    DriftType.MISSING_SYMBOL: (14, 16),
    DriftType.MOVED_FILE: (9, 16),
    DriftType.PARAMETER_DEFAULT: (13, 18),
    DriftType.RENAMED_SYMBOL: (3, 5),
    DriftType.SIGNATURE_MISMATCH: (8, 11),
    DriftType.STALE_STATUS: (24, 24),
    DriftType.TASK_MOVED: (4, 4),
    DriftType.TASK_NOT_DONE: (8, 11),
    DriftType.TREE_ENTRY: (58, 95),
    DriftType.TYPE_MISMATCH: (5, 7),
    DriftType.UNKNOWN_REQUIREMENT: (2, 2),
    DriftType.UNTRACED_REQUIREMENT: (0, 1),
}


def is_precise(drift_type: str) -> bool:
    """Whether alerts of the type may open a window of their own; an event that is about no drift may."""
    if not drift_type:
        return True
    right, read = READ.get(DriftType(drift_type), (0, 0))
    return read >= _ENOUGH_READ and right >= _PRECISE * read


def is_doubtful(drift_type: str) -> bool:
    """Whether the type is known to be wrong about as often as right."""
    right, read = READ.get(DriftType(drift_type), (0, 0))
    return read >= _SOME_READ and right < _DOUBTFUL * read


def why_loud(drift_type: str) -> str:
    """The reason for :func:`is_precise`, in words."""
    right, read = READ.get(DriftType(drift_type), (0, 0))
    if not read:
        return "nothing of it was read yet"
    is_good = right >= _PRECISE * read
    few = f", but fewer than the {_ENOUGH_READ} that are asked for" if is_good and read < _ENOUGH_READ else ""
    return f"{right} of {read} that were read were right{few}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an event must be like, and what becomes of it. Empty conditions fit everything.

    ``age`` counts from the first sight of a drift, ``count`` is how many claims, callers and open files an event
    concerns at least, ``below`` and ``fell_by`` are shares of 1. With ``threshold`` events of a ``group`` within
    ``window`` there is one alert for all of them.
    """

    name: str
    on: tuple[AlertType, ...]
    path: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    role: tuple[Role, ...] = ()
    confidence: float = 0.0
    count: int = 1
    age: timedelta = timedelta()
    below: float = 1.0
    fell_by: float = 0.0
    threshold: int = 1
    window: timedelta = timedelta(hours=1)
    group: Group = "all"
    cool_down: timedelta = timedelta(hours=1)
    escalate_after: timedelta | None = None
    raise_as: Severity | None = None
    notify: Notify = "window"

    def fits(self, event: Event) -> bool:
        """Whether the event is one that this rule speaks of."""
        return (
            event.type in self.on
            and (not self.type or event.drift_type in self.type)
            and (not self.severity or event.severity in self.severity)
            and (not self.role or event.role in self.role)
            and event.confidence >= self.confidence
            and event.count >= self.count
            and (event.type is not AlertType.DRIFT_AGED or timedelta(days=event.value) >= self.age)
            and (event.type is not AlertType.COMPLIANCE_FELL or self._fits_fall(event))
            and (not self.path or _matches(self.path, event.path))
        )

    def _fits_fall(self, event: Event) -> bool:
        return (event.value < self.below or self.below >= 1.0) and event.fall >= self.fell_by

    def group_of(self, event: Event) -> str:
        """What events are counted together with this one."""
        if self.threshold == 1:
            return f"{event.type}:{event.subject}"
        found = {"path": event.path, "folder": event.path.rpartition("/")[0], "type": event.drift_type}
        return found.get(self.group, "")

    def is_loud(self, event: Event) -> bool:
        """Whether its alert may open a window of its own: its type is precise, or the rule names the type."""
        return self._is_loud(event.drift_type)

    def is_loud_for(self, alert: Alert) -> bool:
        """The same for an alert that it raised."""
        return self._is_loud(alert.context.get("drift_type", ""))

    def _is_loud(self, drift_type: str) -> bool:
        return self.notify == "window" and (is_precise(drift_type) or drift_type in self.type)


def _matches(globs: tuple[str, ...], path: str) -> bool:
    return bool(path) and GitIgnoreSpec.from_lines(globs).match_file(path)


_DRIFTS = (AlertType.DRIFT_APPEARED, AlertType.ARTEFACT_MISSING, AlertType.PRECEDENT_CONTRADICTED, AlertType.DRIFT_AGED)
COUNTED: Final = "often-wrong"  # summaries count what falls under it
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)

BUILT_IN: Final[tuple[Rule, ...]] = (
    Rule("of-another-time", _DRIFTS, role=(Role.PLANNED, Role.HISTORICAL, Role.TEMPLATE), notify="off"),
    Rule("only-a-hint", _DRIFTS, severity=(Severity.HINT,), notify="off"),
    Rule(COUNTED, _DRIFTS, type=tuple(filter(is_doubtful, DRIFT_TYPES)), notify="off"),
    # Two weeks: folders of work in progress, branches and reverts let the same drift come and go.
    Rule("new-drift", (AlertType.DRIFT_APPEARED,), cool_down=14 * _DAY, escalate_after=7 * _DAY),
    Rule("finished-without-artefact", (AlertType.ARTEFACT_MISSING,), cool_down=14 * _DAY),
    Rule("precedent-contradicted", (AlertType.PRECEDENT_CONTRADICTED,), cool_down=14 * _DAY),
    # What stands for a month and was never alerted is mostly meant, or a false alarm: only precise types count.
    Rule(
        "old-drift", (AlertType.DRIFT_AGED,), type=tuple(filter(is_precise, DRIFT_TYPES)), age=30 * _DAY,
        notify="summary",
    ),
    Rule("compliance-fell", (AlertType.COMPLIANCE_FELL,), fell_by=0.1, cool_down=_DAY),
    Rule("decision-conflict", (AlertType.DECISION_CONFLICT,), severity=(Severity.ERROR,), cool_down=_DAY),
    Rule("forecast-slipped", (AlertType.FORECAST_SLIPPED,), cool_down=7 * _DAY, notify="summary"),
    Rule("monitor-limited", (AlertType.MONITOR_UNHEALTHY,), severity=(Severity.INFORMATION,), notify="off"),
    Rule("monitor-unhealthy", (AlertType.MONITOR_UNHEALTHY,), escalate_after=_HOUR),
    Rule("claude-unavailable", (AlertType.CLAUDE_UNAVAILABLE,), cool_down=_DAY, notify="log"),
    Rule("everything-else", tuple(AlertType), notify="off"),
)  # fmt: skip


# ------------------------------------------------------------------------------------------------------------- reading


class _WrongError(ValueError):
    """The value of a key cannot be used; the text ends a sentence that begins with the key."""


Check = Callable[[object], Any]


def _one_of(choices: Sequence[str]) -> Check:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            near = did_you_mean(value, tuple(choices)) if isinstance(value, str) else ""
            known = ", ".join(choices) if len(choices) <= 10 else "those of the documentation"
            raise _WrongError(f"must be one of {known}{near}")
        return choices[choices.index(value)]

    return read


def _some_of(choices: Sequence[str]) -> Check:
    one = _one_of(choices)

    def read(value: object) -> tuple[str, ...]:
        return tuple(one(item) for item in (value if isinstance(value, list) and value else [value]))

    return read


def _globs(value: object) -> tuple[str, ...]:
    found = value if isinstance(value, list) else [value]
    if not found or not all(isinstance(item, str) and item.strip() for item in found):
        raise _WrongError("must be a glob, or a list of globs")
    try:
        GitIgnoreSpec.from_lines(found)
    except ValueError as error:
        raise _WrongError(f"is no glob: {error}") from error
    return tuple(found)


def _number(low: float, high: float, *, whole: bool = False) -> Check:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not low <= value <= high:
            raise _WrongError(f"must be a {'whole ' if whole else ''}number from {low:g} to {high:g}")
        return value

    return read


def _duration(value: object) -> timedelta:
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise _WrongError('must be a duration such as "90s", "30m", "2h" or "7d"')
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def span(length: timedelta) -> str:
    """A duration as it is written in a rule."""
    seconds = int(length.total_seconds())
    unit, size = next(((unit, size) for unit, size in reversed(_UNITS.items()) if seconds % size == 0), ("s", 1))
    return f"{seconds // size}{unit}"


def _name(value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise _WrongError("must be a short name of small letters, digits and hyphens")
    return value


@dataclass(frozen=True, slots=True)
class Field:
    """One key of a rule: how its value is read, its shape in JSON Schema, and what it means."""

    read: Check
    shape: Mapping[str, Any]
    doc: str


_TEXT: Mapping[str, Any] = {"type": "string"}
_WHOLE: Mapping[str, Any] = {"type": "integer", "minimum": 1}
_SHARE: Mapping[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
_TIME: Mapping[str, Any] = {"type": "string", "pattern": r"^\d{1,6}\s*[smhd]$"}
_NOTIFY = ("window", "summary", "log", "off")
_GROUPS = ("all", "path", "folder", "type")


def _choices(choices: Sequence[str]) -> Mapping[str, Any]:
    one = {"enum": [str(choice) for choice in choices]}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


FIELDS: Final[Mapping[str, Field]] = {
    "name": Field(_name, _TEXT, "What the rule is called, also where it is muted."),
    "on": Field(_some_of(tuple(AlertType)), _choices(tuple(AlertType)), "The event, or a list of them."),
    "path": Field(_globs, {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}, "Globs, as in .gitignore."),
    "type": Field(_some_of(DRIFT_TYPES), _choices(DRIFT_TYPES), "Drift types."),
    "severity": Field(_some_of(_SEVERITIES), _choices(_SEVERITIES), "Severities of the event."),
    "role": Field(_some_of(tuple(Role)), _choices(tuple(Role)), "What time the text speaks of."),
    "confidence": Field(_number(0, 1), _SHARE, "The least confidence."),
    "count": Field(_number(1, 1e6, whole=True), _WHOLE, "How many claims, callers, open files it concerns at least."),
    "age": Field(_duration, _TIME, "For `drift-aged`: how long the drift stands at least."),
    "below": Field(_number(0, 1), _SHARE, "For `compliance-fell`: below this share."),
    "fell-by": Field(_number(0, 1), _SHARE, "For `compliance-fell`: by at least this share (0.05 is five points)."),
    "threshold": Field(_number(1, 10_000, whole=True), _WHOLE, "How many events make one alert."),
    "window": Field(_duration, _TIME, "Within what time they must come (default: 1h)."),
    "group": Field(_one_of(_GROUPS), {"enum": list(_GROUPS)}, "What is counted together (default: all)."),
    "cool-down": Field(_duration, _TIME, "How long the same is not told again after it was resolved (default: 1h)."),
    "escalate-after": Field(_duration, _TIME, "After what time an open alert becomes one step more severe."),
    "raise-as": Field(_one_of(_SEVERITIES), {"enum": [str(one) for one in _SEVERITIES]}, "The alert's own severity."),
    "notify": Field(_one_of(_NOTIFY), {"enum": list(_NOTIFY)}, "How loud: a window, a summary, the log, not at all."),
}  # fmt: skip
_BY_PLAIN_NAME = {name.replace("-", ""): name for name in FIELDS}


def parse_rules(value: object) -> tuple[tuple[Rule, ...], tuple[Located, ...]]:
    """The rules that can be used, and a message for each other one: a rule with an error does nothing at all."""
    if not isinstance(value, list | tuple) or not all(isinstance(one, Mapping) for one in value):
        return (), (Located("setting `alerts.rules` must be a list of tables"),)
    if len(value) > _MOST_RULES:
        return (), (Located(f"setting `alerts.rules` has more than {_MOST_RULES} rules"),)
    rules: dict[str, Rule] = {}
    messages: list[Located] = []
    for number, table in enumerate(value):
        found, wrong = _parse(table, number)
        messages += wrong
        if found is not None and found.name in rules:
            messages.append(Located(f"alert rule `{found.name}`: there are two of this name", (number, "name")))
        elif found is not None:
            rules[found.name] = found
    return tuple(rules.values()), tuple(messages)


def _parse(table: Mapping[str, object], number: int) -> tuple[Rule | None, list[Located]]:
    title = table.get("name")
    rule = f"alert rule `{shown(title)}`" if isinstance(title, str) else f"alert rule {number + 1}"
    known: dict[str, Any] = {}
    messages: list[Located] = []
    for key, value in table.items():
        name = _BY_PLAIN_NAME.get(re.sub(r"[-_]", "", key).lower())
        if name is None:
            near = did_you_mean(key, tuple(FIELDS))
            messages.append(Located(f"{rule}: unknown key `{shown(key)}`{near}; the rule is left out", (number, key)))
            continue
        try:
            known[name.replace("-", "_")] = FIELDS[name].read(value)
        except _WrongError as error:
            messages.append(Located(f"{rule}: `{name}` {error}; the rule is left out", (number, key)))
    messages += [
        Located(f"{rule}: `{name}` is missing; the rule is left out", (number, ""))
        for name in ("name", "on")
        if name not in known and not any(message.at == (number, name) for message in messages)
    ]
    return (None, messages) if messages else (Rule(**known), [])
