from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.generate import manifest
from vt_lsp.settings import (
    EDITOR_KEYS,
    Notice,
    Settings,
    keys,
    load_project_settings,
    load_user_settings,
    merge,
    parse_settings,
)

ROOT = Path(__file__).resolve().parents[2]


def test_nothing_set_gives_the_defaults() -> None:
    assert parse_settings({}) == (Settings(), ())


@pytest.mark.parametrize(
    "raw",
    [
        {"logLevel": "debug"},
        {"log-level": "debug"},
        {"log_level": "debug"},
        {"log": {"level": "debug"}},
        {"log.level": "debug"},
        {"vt-lsp": {"logLevel": "debug"}},
        {"vt-lsp.logLevel": "debug"},
        {"vtLsp": {"log-level": "debug"}},
    ],
)
def test_a_key_may_be_spelled_in_each_usual_way(raw: dict[str, object]) -> None:
    settings, messages = parse_settings(raw)
    assert settings.log_level == "debug"
    assert settings.given == {"log_level"}
    assert messages == ()


def test_entries_of_a_table_may_be_dotted_or_nested() -> None:
    raw = {"severity.missing-file": "error", "roles": {"docs/rfcs/**.md": "planned"}}
    settings, messages = parse_settings(raw)
    assert (settings.severity, settings.roles) == ({"missing-file": "error"}, {"docs/rfcs/**.md": "planned"})
    assert messages == ()


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"exclude": 3}, "setting `exclude` must be a list of strings: the default is used"),
        ({"exclude": ["a", 3]}, "setting `exclude` must be a list of strings: the default is used"),
        ({"history": "yes"}, "setting `history` must be true or false: the default is used"),
        ({"severity": "off"}, "setting `severity` must be a table: the default is used"),
        ({"logFile": True}, "setting `logFile` must be a string: the default is used"),
        (
            {"notifications": "sometimes"},
            "setting `notifications` must be one of off, onError, onWarning, always: the default is used",
        ),
    ],
)
def test_a_wrong_type_leaves_the_default_and_says_so_once(raw: dict[str, object], message: str) -> None:
    settings, messages = parse_settings(raw)
    assert settings == Settings()
    assert settings.given == frozenset()
    assert messages == (message,)


def test_one_wrong_item_does_not_lose_the_others() -> None:
    settings, messages = parse_settings({"ignore": ["missing-fil", "broken-link"], "severity": {"tree-entry": "bad"}})
    assert settings.ignore == ("broken-link",)
    assert settings.severity == {}
    assert messages == (
        "setting `ignore`: `missing-fil` is not known; did you mean `missing-file`?",
        "setting `severity`: `bad` is not known",
    )


def test_an_unknown_key_is_named_with_its_near_miss() -> None:
    assert parse_settings({"exlude": []})[1] == ("unknown setting `exlude`; did you mean `exclude`?",)
    assert parse_settings({"zzz": {"yyy": 1}})[1] == ("unknown setting `zzz.yyy`",)


def test_null_counts_as_not_set() -> None:
    settings, messages = parse_settings({"exclude": None})
    assert (settings.given, messages) == (frozenset(), ())


def test_the_client_wins_for_what_it_sets_and_for_nothing_else() -> None:
    project, _ = parse_settings({"exclude": ["a"], "history": False})
    client, _ = parse_settings({"history": True})
    merged = merge(project, client)
    assert (merged.exclude, merged.history) == (("a",), True)
    assert merged.given == {"exclude", "history"}


def test_the_project_file_is_read_and_comes_before_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.vt-lsp]\nexclude = ["from-pyproject"]\n')
    assert load_project_settings(tmp_path)[0].exclude == ("from-pyproject",)
    (tmp_path / "vt-lsp.toml").write_text('exclude = ["from-own-file"]\n')
    assert load_project_settings(tmp_path)[0].exclude == ("from-own-file",)


def test_a_pyproject_without_our_table_sets_nothing(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    assert load_project_settings(tmp_path) == (Settings(), ())
    (tmp_path / "pyproject.toml").write_text('tool = "not a table"\n')
    assert load_project_settings(tmp_path) == (Settings(), ())


@pytest.mark.parametrize("content", [b"exclude = [", b"\xff\xfe\x00", b"= 3", b"x = " + b"[" * 3000])
def test_a_broken_file_is_a_message(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vt-lsp.toml").write_bytes(content)
    settings, messages = load_project_settings(tmp_path)
    assert settings == Settings()
    assert len(messages) == 1
    assert messages[0].startswith("vt-lsp.toml: ")


def test_a_huge_file_and_a_folder_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "vt-lsp.toml").write_bytes(b"#" * (1 << 20) + b"\n")
    assert "larger than" in load_project_settings(tmp_path)[1][0]
    (tmp_path / "vt-lsp.toml").unlink()
    (tmp_path / "vt-lsp.toml").mkdir()
    assert load_project_settings(tmp_path)[1] == ("vt-lsp.toml: not a regular file",)


def test_a_project_cannot_set_what_belongs_to_the_user(tmp_path: Path) -> None:
    (tmp_path / "vt-lsp.toml").write_text('logFile = "/etc/passwd"\nuntrustedWorkspace = false\nhistory = false\n')
    settings, messages = load_project_settings(tmp_path)
    assert (settings.log_file, settings.history, set(settings.given)) == ("", False, {"history"})
    assert len(messages) == 2
    assert all("a project cannot set it" in message for message in messages)


def test_no_setting_that_a_workspace_can_set_names_a_program_or_an_address() -> None:
    words = ("command", "program", "executable", "interpreter", "binary", "shell", "args", "path", "url", "host")
    everything = [*keys().values(), *(key for key, _ in EDITOR_KEYS)]
    naming = [key for key in everything if any(word in key.key.lower() for word in words)]
    assert {key.key for key in naming} == {"path", "interpreter", "claude.path", "claude.localUrl"}
    assert {key.scope for key in naming} == {"machine"}


@pytest.mark.parametrize(
    "raw",
    [
        {"path": ["/bin/vt-lsp"], "interpreter": "/bin/python", "trace.server": "off"},
        {"vt-lsp": {"trace": {"server": "verbose"}}},
        {"vt-lsp.trace.server": "no such value", "vt-lsp.path": None},
    ],
)
def test_what_the_editor_reads_itself_is_passed_over(raw: dict[str, object]) -> None:
    assert parse_settings({**raw, "history": False}) == parse_settings({"history": False})


def test_a_project_cannot_choose_who_is_asked(tmp_path: Path) -> None:
    text = (
        '[claude]\npath = "./claude"\nlocalUrl = "http://evil.example"\nprovider = "local"\nmodel = "dear"\n'
        'localModel = "x"\ndailyBudget = 0\nenabled = false\nexclude = ["plans/"]\n'
    )
    (tmp_path / "vt-lsp.toml").write_text(text)
    settings, messages = load_project_settings(tmp_path)
    assert settings == Settings(claude_enabled=False, claude_exclude=("plans/",))
    assert len(messages) == 6


def test_the_user_sets_what_belongs_to_the_user_and_leaves_checks_alone(tmp_path: Path) -> None:
    file = tmp_path / "vt-lsp.toml"
    assert load_user_settings(file) == (Settings(), ())
    file.write_text('ignore = ["broken-link"]\n[claude]\npath = "/opt/claude"\ndailyBudget = 2.5\nenabled = false\n')
    settings, messages = load_user_settings(file)
    assert settings == Settings(claude_path="/opt/claude", claude_daily_budget=2.5, claude_enabled=False)
    assert settings.given == {"claude_path", "claude_daily_budget", "claude_enabled"}
    assert messages == ("vt-lsp.toml of the user: setting `ignore` belongs to a project",)
    file.write_text("[claude]\ndailyBudget = -1\n")
    assert "not negative" in load_user_settings(file)[1][0]


def test_a_project_cannot_set_what_the_editor_reads(tmp_path: Path) -> None:
    (tmp_path / "vt-lsp.toml").write_text('path = ["/bin/sh"]\ninterpreter = "./python"\ntrace.server = "verbose"\n')
    settings, messages = load_project_settings(tmp_path)
    assert settings == Settings()
    assert messages == tuple(
        f"vt-lsp.toml: setting `{key}` belongs to the user: a project cannot set it"
        for key in ("interpreter", "path", "trace.server")
    )
    assert all(isinstance(message, Notice) for message in messages)


_BARE = """\
{
  "name": "vt-lsp",
  "activationEvents": ["onLanguage:python", "onLanguage:markdown"],
  "contributes": {
    "commands": [{ "command": "vt-lsp.showStatus", "title": "Ünïcode" }]
  }
}
"""


def test_the_manifest_gets_the_settings_and_keeps_the_rest() -> None:
    full = manifest(_BARE)
    configuration = json.loads(full)["contributes"]["configuration"]
    properties = configuration["properties"]
    server = {f"vt-lsp.{key.key}" for key in keys().values()} - {"vt-lsp.untrustedWorkspace"}
    assert set(properties) == server | {f"vt-lsp.{key.key}" for key, _ in EDITOR_KEYS}
    assert {name for name, item in properties.items() if item["scope"] == "machine"} == {
        "vt-lsp.alerts.file",
        "vt-lsp.alerts.keepDays",
        "vt-lsp.alerts.webhook",
        "vt-lsp.logFile",
        "vt-lsp.path",
        "vt-lsp.interpreter",
        "vt-lsp.claude.provider",
        "vt-lsp.claude.path",
        "vt-lsp.claude.model",
        "vt-lsp.claude.localUrl",
        "vt-lsp.claude.localModel",
        "vt-lsp.claude.dailyBudget",
    }
    for item in properties.values():
        jsonschema.Draft202012Validator.check_schema(item)
        jsonschema.Draft202012Validator(item).validate(item["default"])
    for line in _BARE.splitlines():
        assert line in full.splitlines()
    assert manifest(full) == full
    assert manifest(full.replace('"order": 3,', '"order": 33,')) == full
    start = full.index("{", full.index('"configuration"'))
    end = json.JSONDecoder().raw_decode(full, start)[1]
    flat = full[:start] + json.dumps(configuration) + full[end:]
    assert manifest(flat) == flat  # another layout of the same values is nobody's business


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["off", "missing-file", "current"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from([key.key for key in keys().values()]) | st.text(max_size=10)


@given(st.dictionaries(_KEYS, _JSON, max_size=6))
def test_whatever_a_client_sends_gives_valid_settings(raw: dict[str, object]) -> None:
    settings, messages = parse_settings(raw)
    schema = json.loads((ROOT / "vt_lsp/schemas/settings.schema.json").read_text())
    values = {key.key: getattr(settings, name) for name, key in keys().items()}
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    jsonschema.Draft202012Validator(schema).validate(plain)
    assert all(message.isprintable() and len(message) < 300 for message in messages)


def test_schema_and_page_are_made_from_the_table() -> None:
    done = subprocess.run([sys.executable, ROOT / "scripts/generate.py", "--check"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
