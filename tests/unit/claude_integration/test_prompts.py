"""Templates of questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vt_lsp.claude_integration.prompts import (
    TemplateError,
    find_template,
    lint,
    misfits,
    template_files,
)

if TYPE_CHECKING:
    from pathlib import Path

OURS = ["adr", "decisions", "explain", "notes", "question", "realign", "requirement", "review"]
GOOD = """\
+++
name = "mine"
version = 3
title = "Mine"
budget = 2000
inputs = ["spec"]
+++
Say {0}.
"""


@pytest.mark.parametrize("name", OURS)
def test_our_templates_have_nothing_wrong(name: str, tmp_path: Path) -> None:
    template = find_template(name, tmp_path)
    assert template.is_own
    assert lint(template) == []


def test_ours_are_all_there(tmp_path: Path) -> None:
    assert [file.stem for file in template_files(tmp_path / "none")] == OURS


def test_a_users_template_takes_the_place_of_ours(tmp_path: Path) -> None:
    (tmp_path / "explain.md").write_text(GOOD.replace('"mine"', '"explain"').format("why"))
    (tmp_path / "mine.md").write_text(GOOD.format("what"))
    assert find_template("explain", tmp_path).instructions == "Say why."
    assert find_template("mine", tmp_path).version == 3
    assert not find_template("mine", tmp_path).is_own
    assert len(template_files(tmp_path)) == len(OURS) + 1


def test_parameters_are_filled_in_and_must_be_given(tmp_path: Path) -> None:
    realign = find_template("realign", tmp_path)
    assert "by changing the spec, and" in realign.render(target="spec")
    with pytest.raises(TemplateError, match="needs target"):
        realign.render()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "mine"', 'name = "other"', "its name is other"),
        ('name = "mine"', 'name = "Mine!"', "name"),
        ("version = 3", 'version = "3"', "version"),
        ("version = 3", "version = 0", "version"),
        ("budget = 2000", "", "budget"),
        ("budget = 2000", "budget = 1", "budget"),
        ("budget = 2000", "bugdet = 2000", "bugdet"),
        ('["spec"]', '["sepc"]', "sepc"),
        ("+++\nname", "name", "between two lines"),
        ("Say why.", "Say {{who}}.", "`{{who}}` is none of its parameters"),
        ("budget = 2000", 'budget = 2000\nparameters = ["target"]', "target is not used"),
        ("budget = 2000", 'budget = 2000\nrequires = ["drift"]', "drift is required"),
        ("Say why.", "Say why. " * 300, "more than a quarter"),
        ("Say why.", "", "no instructions"),
        ("Say why.\n", "Say why.\n\x00\udcff", "utf-8"),
        ("budget = 2000", 'budget = 2000\nschema = {type = "array"}', 'of the type "object"'),
        ("budget = 2000", 'budget = 2000\nschema = {type = "object", required = 3}', "no JSON Schema"),
    ],
)
def test_what_is_wrong_with_a_template_is_told(tmp_path: Path, old: str, new: str, says: str) -> None:
    file = tmp_path / "mine.md"
    text = GOOD.format("why")
    assert old in text
    file.write_bytes(text.replace(old, new).encode("utf-8", "surrogateescape"))
    with pytest.raises(TemplateError) as error:
        find_template("mine", tmp_path)
    assert "mine.md: " in str(error.value)
    assert says in str(error.value)


def test_an_unknown_template_is_met_with_a_near_one(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="did you mean `explain`"):
        find_template("explian", tmp_path)


def test_structured_answers_are_checked_against_their_schema(tmp_path: Path) -> None:
    schema = find_template("requirement", tmp_path).schema
    assert schema is not None
    good = {"verdict": "violated", "reason": "no", "evidence": [{"path": "a.py", "symbol": "A.b"}]}
    assert misfits(good, schema) == []
    assert misfits(good | {"verdict": "yes"}, schema) != []
    assert misfits(good | {"edit": 1}, schema) != []
    assert misfits("yes", schema) != []
