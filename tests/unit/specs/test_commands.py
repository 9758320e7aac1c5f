"""Command lines: what is named, exactly where, and of which command."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vt_lsp.specs.commands import read_command_line, read_option


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("$ uv run tool check --stats --since=main src -- --no", ["tool check --stats", "tool check --since"]),
        (
            "A=1 FOO_BAR=2 python3 -m pkg.cli serve --tcp | grep --color x",
            ["FOO_BAR", "-m pkg.cli serve --tcp", "grep --color"],
        ),
        ("export A_B=1 C && tool --x", ["A_B", "tool --x"]),
        ("(venv) $ make test lint  # both", ["make test", "make lint"]),
        ("make -C docs html", []),
        ("make <target>", []),
        ("make VAR=1 test", ["make test"]),
        ("tox -e py311-unit", ["tox py311-unit"]),
        ("tox run", []),
        ("nox -s lint -- --fix", ["nox lint"]),
        ("npm run build --watch", ["npm build"]),
        ("npm install --save x", []),
        ("just check 2; poe test x", ["just check", "poe test"]),
        ("poetry add --group dev x", []),
        ("tool run python -m pip install --pre x", []),
        ("# tool --x", []),
        ("./tool --x", []),
        ("x" * 3000 + " --y", []),
    ],
)  # fmt: skip
def test_a_line(line: str, found: list[str]) -> None:
    said = read_command_line(line)
    assert [" ".join((*one.bases, one.subject)) for one in said] == found
    assert [line[one.start : one.end] for one in said] == [one.subject for one in said]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("--a-b", "--a-b"),
        ("-n, --new", "--new"),
        (" --level=3", "--level"),
        ("--to <file>", "--to"),
        ("-x", ""),
        ("--", ""),
    ],
)
def test_an_option_by_itself(text: str, found: str) -> None:
    assert [one.subject for one in read_option(text)] == ([found] if found else [])
    assert [text[one.start : one.end] for one in read_option(text)] == ([found] if found else [])


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab -=$&|;\\\"'#/._A1\t"), max_size=60))
def test_any_line_is_read(line: str) -> None:
    for one in (*read_command_line(line), *read_option(line)):
        assert line[one.start : one.end] == one.subject
