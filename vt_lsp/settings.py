"""The one table of settings.

Each field of :class:`Settings` carries its own description. ``scripts/generate.py`` makes the JSON Schema,
``docs/settings.md`` and the settings part of the editors' manifests from it, and a test holds them equal. No setting
that a workspace can set names a program: a workspace that was only opened must not be able to start anything.
"""

from __future__ import annotations

import dataclasses
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, Self

from vt_lsp.models import DriftType, Role, Severity
from vt_lsp.toml_lines import line_of

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.continuous_eval.alert_rules import Rule

Scope = Literal["resource", "window", "machine"]
Kind = Literal["list", "map", "flag", "text", "number", "amount", "rules"]
Messages = tuple[str, ...]

DRIFT_TYPES = tuple(str(kind) for kind in DriftType)
SEVERITIES = (*(str(severity) for severity in Severity), "off")
ROLES = tuple(str(role) for role in Role)
PROJECT_FILES = ("vt-lsp.toml", "pyproject.toml")

_MAX_FILE_BYTES = 1 << 20
_MAX_DEPTH = 4
_MAX_SHOWN = 80
_QUIET = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")
_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
_PREFIX = re.compile(r"^vt[-_]?lsp\.", re.IGNORECASE)


class Notice(str):
    """A message about a key that is left out; every other one is about a value or a file that cannot be used."""

    __slots__ = ()


class Located(str):
    """A message about a part of a list of tables: the number of the table, from 0, and the key in it."""

    __slots__ = ("at",)
    at: tuple[int, str] | None

    def __new__(cls, text: str, at: tuple[int, str] | None = None) -> Self:
        """``at`` is None where it is about the whole list."""
        message = super().__new__(cls, text)
        message.at = at
        return message


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of one setting.

    ``choices`` limits the value, the items of a list, or the values of a map; ``names`` limits the keys of a map;
    ``form`` is what a text that is not empty must look like, ``most`` the largest number (the least is 0). A
    setting with the scope ``machine`` belongs to the user: a project's file cannot set it.
    """

    key: str
    kind: Kind
    doc: str
    scope: Scope = "resource"
    choices: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    form: re.Pattern[str] | None = None
    most: int = 0


def _list(key: str, doc: str, choices: tuple[str, ...] = ()) -> Any:  # noqa: ANN401 - as dataclasses.field
    return field(default=(), metadata={"key": Key(key, "list", doc, choices=choices)})


def _map(key: str, doc: str, *, names: tuple[str, ...], choices: tuple[str, ...]) -> Any:  # noqa: ANN401
    return field(default_factory=dict, metadata={"key": Key(key, "map", doc, names=names, choices=choices)})


def _flag(key: str, doc: str, scope: Scope, *, default: bool) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"key": Key(key, "flag", doc, scope)})


def _amount(key: str, doc: str, scope: Scope, default: float) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"key": Key(key, "amount", doc, scope)})


def _text(key: str, doc: str, scope: Scope, default: str, choices: tuple[str, ...] = ()) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"key": Key(key, "text", doc, scope, choices)})


def _form(key: str, doc: str, scope: Scope, form: re.Pattern[str]) -> Any:  # noqa: ANN401
    return field(default="", metadata={"key": Key(key, "text", doc, scope, form=form)})


def _number(key: str, doc: str, scope: Scope, default: int, most: int) -> Any:  # noqa: ANN401
    return field(default=default, metadata={"key": Key(key, "number", doc, scope, most=most)})


def _rules(key: str, doc: str) -> Any:  # noqa: ANN401
    return field(default=(), metadata={"key": Key(key, "rules", doc)})


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one workspace folder; ``given`` names the fields that somebody has set."""

    include: tuple[str, ...] = _list(
        "include",
        "Globs, as in .gitignore, of files to analyse that would be left out (ignored, vendored or built).",
    )
    exclude: tuple[str, ...] = _list(
        "exclude", "Globs, as in .gitignore, of files and folders that may exist but are not analysed."
    )
    select: tuple[str, ...] = _list("select", "The only drift types to report; empty means all.", DRIFT_TYPES)
    ignore: tuple[str, ...] = _list("ignore", "Drift types that are not reported.", DRIFT_TYPES)
    severity: Mapping[str, str] = _map(
        "severity", "The severity of a drift type, or `off`.", names=DRIFT_TYPES, choices=SEVERITIES
    )
    roles: Mapping[str, str] = _map("roles", "What time the specs that match a glob speak of.", names=(), choices=ROLES)
    roots: tuple[str, ...] = _list(
        "roots", "Folders, relative to the workspace, that hold top-level packages and are not found by themselves."
    )
    history: bool = _flag(
        "history",
        "Use the git history as evidence of what once existed here and when it went.",
        "resource",
        default=True,
    )
    monitor_enabled: bool = _flag(
        "monitor.enabled",
        "Watch the files, and keep how compliance develops; off leaves what the editor itself tells.",
        "resource",
        default=True,
    )
    monitor_quiet: int = _number(
        "monitor.quietMilliseconds",
        "How long there must be no change before a burst of changes is evaluated.",
        "resource",
        100,
        60_000,
    )
    monitor_interval: int = _number(
        "monitor.intervalSeconds",
        "How often all files are looked at, for changes that the system did not tell of; 0 is never.",
        "resource",
        300,
        86_400,
    )
    monitor_cpu: int = _number(
        "monitor.cpuPercent",
        "How much of one core evaluations may take on average; beyond it, changes wait and are evaluated together.",
        "resource",
        5,
        100,
    )
    monitor_on_battery: str = _text(
        "monitor.onBattery", "What the monitor does on battery.", "resource", "pause", ("pause", "run")
    )
    diagnostics: str = _text(
        "diagnostics",
        "For which files diagnostics are published.",
        "window",
        "workspace",
        ("workspace", "openFilesOnly", "off"),
    )
    notifications: str = _text(
        "notifications",
        "When a message window is shown.",
        "window",
        "onError",
        ("off", "onError", "onWarning", "always"),
    )
    alert_rules: tuple[Rule, ...] = _rules(
        "alerts.rules",
        "Rules of your own for alerts; each comes before the built-in ones (see [alerts](alerts.md)).",
    )
    alerts_per_hour: int = _number(
        "alerts.perHour",
        "How many windows alerts may open in an hour; the rest waits and becomes one.",
        "window",
        4,
        60,
    )
    alerts_do_not_disturb: bool = _flag(
        "alerts.doNotDisturb", "Alerts open no window; they stand in the log and in the list.", "window", default=False
    )
    alerts_quiet_hours: str = _form(
        "alerts.quietHours", "When alerts open no window, in local time: `22:00-07:00`.", "window", _QUIET
    )
    alerts_keep_days: int = _number(
        "alerts.keepDays", "How many days alerts are kept after they were resolved.", "machine", 365, 36_500
    )
    alerts_file: str = _text("alerts.file", "A file that each alert is added to as a line of JSON.", "machine", "")
    alerts_webhook: str = _form(
        "alerts.webhook", "An address (http or https) that each alert is sent to as JSON.", "machine", _URL
    )
    log_level: str = _text("logLevel", "How much is logged.", "window", "info", ("error", "warning", "info", "debug"))
    log_file: str = _text("logFile", "A file that the log is written to; empty means none.", "machine", "")
    untrusted_workspace: bool = _flag(
        "untrustedWorkspace",
        "The user does not trust this workspace: no program is run on it, not even git.",
        "machine",
        default=False,
    )
    claude_enabled: bool = _flag(
        "claude.enabled",
        "Claude may be asked about this project, when a person asks; never in a workspace that is not trusted.",
        "resource",
        default=True,
    )
    claude_exclude: tuple[str, ...] = _list(
        "claude.exclude",
        "Globs, as in .gitignore, of files of which nothing is ever sent; ignored files and files of keys never are.",
    )
    claude_provider: str = _text(
        "claude.provider",
        "Who is asked: the Claude command line (`cli`), its API (`api`, with the extra `anthropic` and a key in the "
        "environment), a server on this machine (`local`), nobody (`offline`: only the project's own facts), or the "
        "first of the first two that can be (`auto`).",
        "machine",
        "auto",
        ("auto", "cli", "api", "local", "offline"),
    )
    claude_path: str = _text(
        "claude.path",
        "The program `claude`, as an absolute path; empty means that it is looked for on PATH.",
        "machine",
        "",
    )
    claude_model: str = _text("claude.model", "The model of Claude, as a name or an alias.", "machine", "sonnet")
    claude_local_url: str = _text(
        "claude.localUrl",
        "The address of a server that speaks OpenAI's chat completions, such as `http://127.0.0.1:11434/v1`.",
        "machine",
        "",
    )
    claude_local_model: str = _text(
        "claude.localModel", "The model that is asked for at `claude.localUrl`.", "machine", ""
    )
    claude_daily_budget: float = _amount(
        "claude.dailyBudget",
        "US dollars that answers may cost in a day, as the provider counts; 0 means no limit.",
        "machine",
        5.0,
    )
    given: frozenset[str] = field(default=frozenset(), compare=False, repr=False)


# What an editor reads for itself, with its default; the server knows these keys only so as not to wonder at them.
EDITOR_KEYS: tuple[tuple[Key, tuple[str, ...] | str], ...] = (
    (
        Key(
            "path",
            "list",
            "The command line that starts the server, such as `/opt/vt-lsp/bin/vt-lsp`, `server`; empty means that the "
            "editor looks for it.",
            "machine",
        ),
        (),
    ),
    (
        Key(
            "interpreter",
            "text",
            "A Python that has vt-lsp installed, to start the server with; empty means that the editor looks for one.",
            "machine",
        ),
        "",
    ),
    (
        Key(
            "trace.server",
            "text",
            "How much of the conversation with the server the editor writes into its own output channel.",
            "window",
            ("off", "messages", "verbose"),
        ),
        "off",
    ),
)


def keys() -> Mapping[str, Key]:
    """The table of settings: the name of the field to its description, in the order of the documentation."""
    return _KEYS


def parse_settings(raw: Mapping[str, object]) -> tuple[Settings, Messages]:
    """Settings from what a client or a file holds, and one sentence for each thing that cannot be used.

    Keys may be nested or dotted, with or without the section ``vt-lsp``, in camelCase, kebab-case or snake_case. A
    value that cannot be used leaves the default; null counts as not set. What the editor reads itself is passed over.
    """
    settings, messages, _ = _parse(raw)
    return settings, messages


def _parse(raw: Mapping[str, object]) -> tuple[Settings, Messages, frozenset[str]]:
    """As :func:`parse_settings`, and the editor's own keys that stand among the others."""
    found: dict[str, object] = {}
    messages: list[str] = []
    editors: set[str] = set()
    for path, value in _flatten(raw):
        name, rest = _locate(path)
        if key := _EDITORS.get(_plain(path)):
            editors.add(key)
        elif name is None:
            near = did_you_mean(path, [key.key for key in _KEYS.values()])
            messages.append(Notice(f"unknown setting `{shown(path)}`{near}"))
        elif value is not None:
            _collect(found, name, rest, value)
    values: dict[str, Any] = {}
    for name, value in found.items():
        try:
            values[name] = _READERS[_KEYS[name].kind](_KEYS[name], value, messages)
        except TypeError as error:
            messages.append(f"setting `{_KEYS[name].key}` {error}: the default is used")
    return Settings(**values, given=frozenset(values)), tuple(messages), frozenset(editors)


def load_project_settings(root: Path) -> tuple[Settings, Messages]:
    """Settings from ``vt-lsp.toml``, or else from ``[tool.vt-lsp]`` in ``pyproject.toml``, below ``root``.

    A file that is missing gives the defaults; one that cannot be read or parsed gives the defaults and a message.
    """
    file_name, table, messages = _find_table(root)
    if table is None:
        return Settings(), messages
    settings, problems, editors = _parse(table)
    settings, machines = _without_machine_keys(settings)
    notices = [Notice(f"setting `{key}` belongs to the user: a project cannot set it") for key in (*machines, *editors)]
    return settings, tuple(_in_file(root, file_name, problem) for problem in (*problems, *sorted(notices)))


def _in_file(root: Path, file_name: str | None, problem: str) -> str:
    """The message with the file's name, and the line where a table of a list is meant."""
    if not isinstance(problem, Located) or file_name is None:
        return type(problem)(f"{file_name}: {problem}")
    try:
        text = (root / file_name).read_text("utf-8-sig")
    except (OSError, ValueError):  # it has changed meanwhile
        text = ""
    line = line_of(text, "alerts.rules", *(problem.at or ()))
    return f"{file_name}:{line}: {problem}" if line is not None else f"{file_name}: {problem}"


def load_user_settings(file: Path | None = None) -> tuple[Settings, Messages]:
    """What the user has set for all projects, in ``vt-lsp.toml`` of the user's configuration directory.

    Only what belongs to the user, and what concerns Claude: that a check finds the same for everybody is a project's
    matter. A file that is missing gives the defaults; one that cannot be used gives a message as well.
    """
    if file is None:
        from platformdirs import user_config_path  # noqa: PLC0415 - not before it is needed

        file = user_config_path("vt-lsp", appauthor=False) / PROJECT_FILES[0]
    table, problems = _read_toml(file)
    settings, messages, _ = _parse(table or {})
    mine = {name for name in settings.given if _KEYS[name].scope == "machine" or name.startswith("claude_")}
    kept = Settings(**{name: getattr(settings, name) for name in mine}, given=frozenset(mine))
    others = [Notice(f"setting `{_KEYS[name].key}` belongs to a project") for name in sorted(settings.given - mine)]
    return kept, tuple(type(one)(f"{file.name} of the user: {one}") for one in (*problems, *messages, *others))


def settings_file(root: Path) -> str | None:
    """The name of the one file below ``root`` that the settings are read from; None if there is none."""
    return _find_table(root)[0]


def merge(project: Settings, client: Settings) -> Settings:
    """The project's settings, with those that the client has set on top."""
    changes = {name: getattr(client, name) for name in client.given}
    return dataclasses.replace(project, **changes, given=project.given | client.given)


# ------------------------------------------------------------------------------------------------------------- reading

_KEYS: Mapping[str, Key] = {f.name: f.metadata["key"] for f in dataclasses.fields(Settings) if "key" in f.metadata}


def _plain(text: str) -> str:
    return re.sub(r"[-_.]", "", text).lower()


_BY_PLAIN_NAME = {_plain(key.key): name for name, key in _KEYS.items()}
_EDITORS = {_plain(key.key): key.key for key, _ in EDITOR_KEYS}


def _flatten(raw: Mapping[str, object], prefix: str = "") -> list[tuple[str, object]]:
    """Pairs of dotted key and value; a mapping below a key that is not a setting is opened."""
    pairs: list[tuple[str, object]] = []
    for key, value in raw.items():
        path = f"{prefix}{key}"
        opened = _PREFIX.sub("", f"{path}.", count=1)
        if (
            isinstance(value, Mapping)
            and value
            and path.count(".") < _MAX_DEPTH
            and (not opened or _locate(opened[:-1])[0] is None)
        ):
            pairs.extend(_flatten(value, opened))
        else:
            pairs.append((_PREFIX.sub("", path, count=1), value))
    return pairs


def _locate(path: str) -> tuple[str | None, str]:
    """The field that a dotted key names, and the entry of its map, if the key names one."""
    if name := _BY_PLAIN_NAME.get(_plain(path)):
        return name, ""
    head, _, rest = path.partition(".")
    name = _BY_PLAIN_NAME.get(_plain(head))
    if name and rest and _KEYS[name].kind == "map":
        return name, rest
    return None, ""


def _collect(found: dict[str, object], name: str, rest: str, value: object) -> None:
    if not rest:
        found[name] = value
        return
    table = found.get(name)
    found[name] = {**(table if isinstance(table, Mapping) else {}), rest: value}


def _read_list(key: Key, value: object, messages: list[str]) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise TypeError("must be a list of strings")
    return tuple(item for item in items if _is_choice(key, item, key.choices, messages))


def _read_map(key: Key, value: object, messages: list[str]) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise TypeError("must be a table")
    table: dict[str, str] = {}
    for name, item in value.items():
        if not isinstance(item, str):
            messages.append(f"setting `{key.key}`: the value of `{shown(str(name))}` must be a string")
        elif _is_choice(key, str(name), key.names, messages) and _is_choice(key, item, key.choices, messages):
            table[str(name)] = item
    return table


def _read_flag(_key: Key, value: object, _messages: list[str]) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _read_amount(_key: Key, value: object, _messages: list[str]) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise TypeError("must be a number that is not negative")
    return float(value)


def _read_text(key: Key, value: object, _messages: list[str]) -> str:
    if not isinstance(value, str):
        raise TypeError("must be a string")
    if key.choices and value not in key.choices:
        raise TypeError(f"must be one of {', '.join(key.choices)}")
    if value and key.form is not None and not key.form.fullmatch(value):
        raise TypeError("is not of the form that the documentation shows")
    return value


def _read_number(key: Key, value: object, _messages: list[str]) -> int:
    if isinstance(value, float) and value.is_integer():  # JSON does not tell 4 from 4.0
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= key.most:
        raise TypeError(f"must be a whole number from 0 to {key.most}")
    return value


def _read_rules(_key: Key, value: object, messages: list[str]) -> tuple[Rule, ...]:
    from vt_lsp.continuous_eval.alert_rules import parse_rules  # noqa: PLC0415 - it needs this module, and is rare

    rules, wrong = parse_rules(value)
    messages.extend(wrong)
    return rules


_READERS: Mapping[str, Callable[[Key, object, list[str]], object]] = {
    "list": _read_list,
    "map": _read_map,
    "flag": _read_flag,
    "text": _read_text,
    "number": _read_number,
    "amount": _read_amount,
    "rules": _read_rules,
}


def _is_choice(key: Key, item: str, choices: tuple[str, ...], messages: list[str]) -> bool:
    if not choices or item in choices:
        return True
    messages.append(f"setting `{key.key}`: `{shown(item)}` is not known{did_you_mean(item, choices)}")
    return False


def shown(text: str) -> str:
    """One short line, whatever was sent."""
    return "".join(char if char.isprintable() else "?" for char in text[:_MAX_SHOWN])


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """What follows a message about an unknown word: its near miss, or nothing."""
    near = get_close_matches(word.lower(), [name.lower() for name in known], n=1)
    return "".join(f"; did you mean `{name}`?" for name in known if near and name.lower() == near[0])


def _find_table(root: Path) -> tuple[str | None, dict[str, object] | None, Messages]:
    """The first file that sets something or cannot be read, its table of settings, and what is wrong with it."""
    for file_name in PROJECT_FILES:
        table: object
        table, messages = _read_toml(root / file_name)
        if isinstance(table, dict) and file_name == "pyproject.toml":
            tool = table.get("tool")
            table = tool.get("vt-lsp") if isinstance(tool, dict) else None
        if messages or isinstance(table, dict):
            return file_name, table if isinstance(table, dict) else None, messages
    return None, None, ()


def _read_toml(path: Path) -> tuple[dict[str, object] | None, Messages]:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return None, (f"{path.name}: not a regular file",)
        if status.st_size > _MAX_FILE_BYTES:
            return None, (f"{path.name}: larger than 1 MiB, not read",)
        return tomllib.loads(path.read_text("utf-8-sig")), ()
    except FileNotFoundError:
        return None, ()
    except (OSError, ValueError, RecursionError) as error:  # ValueError: broken UTF-8 and broken TOML
        return None, (f"{path.name}: {error}",)


def _without_machine_keys(settings: Settings) -> tuple[Settings, tuple[str, ...]]:
    """The settings without those that only the user may set, and the keys of these."""
    mine = {name for name in settings.given if _KEYS[name].scope == "machine"}
    defaults = Settings()
    kept = dataclasses.replace(
        settings, **{name: getattr(defaults, name) for name in mine}, given=settings.given.difference(mine)
    )
    return kept, tuple(_KEYS[name].key for name in mine)
