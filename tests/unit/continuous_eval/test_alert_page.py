"""docs/alerts.md names what there is, and its rules can be used."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from vt_lsp.continuous_eval.alert_rules import BUILT_IN, FIELDS, parse_rules
from vt_lsp.models import AlertType

PAGE = (Path(__file__).resolve().parents[3] / "docs/alerts.md").read_text("utf-8")


def test_the_page_names_each_event_each_key_and_each_rule() -> None:
    rows = "\n".join(line for line in PAGE.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"^\| `([a-z]+-[a-z-]+)` \|", rows, re.MULTILINE)) >= {str(one) for one in AlertType}
    assert [name for name in FIELDS if f"`{name}`" not in rows] == []
    assert [rule.name for rule in BUILT_IN if f"`{rule.name}`" not in PAGE] == []


def test_the_rules_of_the_page_can_be_used() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    rules, messages = parse_rules(tomllib.loads(text)["alerts"]["rules"])
    assert messages == ()
    assert [rule.name for rule in rules] == ["public-interface", "a-storm", "not-these"]
