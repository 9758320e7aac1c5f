"""Rules as people write them: what is read, and the line that a message names."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from vt_lsp.continuous_eval.alert_rules import BUILT_IN, Rule
from vt_lsp.continuous_eval.alert_state import Policy
from vt_lsp.models import AlertType, Role, Severity
from vt_lsp.settings import Settings, load_project_settings, parse_settings
from vt_lsp.toml_lines import line_of

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = """\
exclude = ["old/"]

[alerts]
perHour = 2
quietHours = "22:00-07:00"

# Interfaces matter to us.
[[alerts.rules]]
name = "interfaces"
on = ["drift-appeared", "drift-resolved"]
path = "docs/api/"
type = ["signature-mismatch", "missing-member"]
severity = "warning"
role = "current"
confidence = 0.9
count = 2
threshold = 3
window = "30m"
group = "folder"
cool-down = "2h"
escalate_after = "1d"
raiseAs = "error"
notify = "window"

[[alerts.rules]]
name = "level"
on = "compliance-fell"
below = 0.9
fell-by = 0.02
notify = "log"
"""


def test_all_of_a_rule_is_read(tmp_path: Path) -> None:
    (tmp_path / "vt-lsp.toml").write_text(WHOLE)
    settings, messages = load_project_settings(tmp_path)
    assert messages == ()
    assert settings.alert_rules == (
        Rule(
            "interfaces",
            (AlertType.DRIFT_APPEARED, AlertType.DRIFT_RESOLVED),
            path=("docs/api/",),
            type=("signature-mismatch", "missing-member"),
            severity=(Severity.WARNING,),
            role=(Role.CURRENT,),
            confidence=0.9,
            count=2,
            threshold=3,
            window=timedelta(minutes=30),
            group="folder",
            cool_down=timedelta(hours=2),
            escalate_after=timedelta(days=1),
            raise_as=Severity.ERROR,
        ),
        Rule("level", (AlertType.COMPLIANCE_FELL,), below=0.9, fell_by=0.02, notify="log"),
    )
    policy = Policy.of(settings)
    assert policy.rules == (*settings.alert_rules, *BUILT_IN)
    assert (policy.per_hour, policy.quiet is not None) == (2, True)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('path = "docs', 'pth = "docs', "11: alert rule `interfaces`: unknown key `pth`; did you mean `path`?"),
        ("type = [", "type = [3, ", "12: alert rule `interfaces`: `type` must be one of"),
        ('"signature-mismatch"', '"signature-mismach"', "12: alert rule `interfaces`: `type` must be one of"),
        ('"30m"', '"half an hour"', "18: alert rule `interfaces`: `window` must be a duration such as"),
        ("below = 0.9", "below = 90", "28: alert rule `level`: `below` must be a number from 0 to 1"),
        ('on = "compliance-fell"', "", "25: alert rule `level`: `on` is missing"),
        ('"compliance-fell"', '"compliance-fel"', "27: alert rule `level`: `on` must be one of"),
        ('name = "level"', 'name = "interfaces"', "26: alert rule `interfaces`: there are two of this name"),
        ('name = "level"', 'name = "Level 1"', "26: alert rule `Level 1`: `name` must be a short name"),
        ("count = 2", "count = true", "16: alert rule `interfaces`: `count` must be a whole number from 1"),
        ("threshold = 3", "threshold = 0", "17: alert rule `interfaces`: `threshold` must be a whole number"),
        ('path = "docs/api/"', "path = []", "11: alert rule `interfaces`: `path` must be a glob"),
    ],
)
def test_a_wrong_rule_is_left_out_and_its_line_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in WHOLE
    (tmp_path / "vt-lsp.toml").write_text(WHOLE.replace(old, new, 1))
    settings, messages = load_project_settings(tmp_path)
    expected = f"vt-lsp.toml:{message}"
    assert [one[: len(expected)] for one in messages] == [expected]
    assert len(settings.alert_rules) == 1
    assert settings.alerts_per_hour == 2


def test_rules_stand_in_pyproject_too_and_inline(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n\n[[tool.vt-lsp.alerts.rules]]\nname = "x"\n')
    assert load_project_settings(tmp_path)[1] == (
        "pyproject.toml:4: alert rule `x`: `on` is missing; the rule is left out",
    )
    (tmp_path / "vt-lsp.toml").write_text('\nalerts.rules = [{ name = "x", on = "y" }]\n')
    (message,) = load_project_settings(tmp_path)[1]
    assert message.startswith("vt-lsp.toml:2: alert rule `x`: `on` must be one of")


def test_a_client_sends_rules_as_json() -> None:
    rule = {"name": "mine", "on": "drift-appeared", "escalateAfter": "2d"}
    settings, messages = parse_settings({"vt-lsp": {"alerts": {"rules": [rule]}}})
    assert messages == ()
    assert settings.alert_rules == (Rule("mine", (AlertType.DRIFT_APPEARED,), escalate_after=timedelta(days=2)),)
    for wrong in (3, ["x"], {"name": "x"}):
        assert parse_settings({"alerts.rules": wrong})[1] == ("setting `alerts.rules` must be a list of tables",)


@pytest.mark.parametrize("key", ["alerts.webhook", "alerts.file", "alerts.keepDays"])
def test_a_project_cannot_name_a_channel(tmp_path: Path, key: str) -> None:
    value = "1" if key == "alerts.keepDays" else '"https://example.org/hook"'
    (tmp_path / "vt-lsp.toml").write_text(f"{key} = {value}\n")
    settings, messages = load_project_settings(tmp_path)
    assert settings == Settings()
    assert messages == (f"vt-lsp.toml: setting `{key}` belongs to the user: a project cannot set it",)


@pytest.mark.parametrize(
    ("key", "value"),
    [("alerts.quietHours", "10pm-7am"), ("alerts.webhook", "file:///etc/passwd"), ("alerts.perHour", -1)],
)
def test_a_value_of_another_form_is_told(key: str, value: object) -> None:
    settings, (message,) = parse_settings({key: value})
    assert settings == Settings()
    assert message.startswith(f"setting `{key}` ")


def test_lines_are_found_in_texts_that_are_odd() -> None:
    assert line_of("", "alerts.rules", 0, "name") is None
    text = "[[ 'alerts' . rules ]]\n[x]\nname = 1\n[[alerts.rules]]\r\n'name' = 2\n"
    assert line_of(text, "alerts.rules", 1, "name") == 5
    assert line_of(text, "alerts.rules", 0, "name") == 1
    assert line_of(text, "alerts.rules") == 1
