from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.continuous_eval.semantic_diff import MarkedLine, Segment, render_markdown, semantic_diff, side_by_side


def differing(written: str, actual: str) -> list[tuple[str, str]]:
    return [(segment.change, segment.text) for segment in semantic_diff(written, actual) if segment.change != "same"]


@pytest.mark.parametrize(
    ("written", "actual"),
    [
        ("f(a, b)", "f(a,b)"),
        ("f(a: Optional[int] = None)", "f(a: int | None = None)"),
        ("f() -> List[str]", "f() -> list[str]"),
        ("limit = 1_000", "limit = 1000"),
        ("name: str = 'a'", 'name: str = "a"'),
        ("f(a: dict[str, int], b='=')", 'f(a: dict[str,int], b="=")'),
    ],
)
def test_other_words_for_the_same_do_not_differ(written: str, actual: str) -> None:
    assert differing(written, actual) == []


@pytest.mark.parametrize(
    ("written", "actual", "expected"),
    [
        ("f(a, dry_run)", "f(a)", [("removed", "dry_run")]),
        ("f(a)", "f(a, *, b=1)", [("added", "*"), ("added", "b=1")]),
        ("f(a, old)", "f(a, new)", [("changed", "old"), ("changed", "new")]),
        ("f(a: int = 1)", "f(a: int = 2)", [("changed", "1"), ("changed", "2")]),
        ("f(a: int)", "f(a: str)", [("changed", "int"), ("changed", "str")]),
        ("f(a) -> int", "f(a)", [("removed", "-> int")]),
        ("OrderManager", "OrderBook", [("changed", "OrderManager"), ("changed", "OrderBook")]),
        ("timeout = 30", "timeout = 10", [("changed", "30"), ("changed", "10")]),
    ],
)
def test_the_difference_is_the_smallest_part(written: str, actual: str, expected: list[tuple[str, str]]) -> None:
    assert differing(written, actual) == expected


def test_a_parameter_that_moved_is_not_a_change_of_its_neighbours() -> None:
    assert differing("f(a, b: int = 1, c)", "f(b: int = 1, c)") == [("removed", "a")]


def test_both_lines_have_their_marks_below() -> None:
    assert side_by_side(semantic_diff("f(a, old)", "f(a)")) == (
        MarkedLine("f(a, old)", "     ---"),
        MarkedLine("f(a)", ""),
    )


def test_a_hover_shows_both_lines_and_names_the_difference() -> None:
    assert render_markdown("f(a: int)", "f(a: str)") == (
        "```diff\n- f(a: int)\n+ f(a: str)\n```\n\n- the spec says `int`, the code has `str`"
    )
    assert render_markdown("", "f()") == "The code has\n\n```python\nf()\n```"
    assert render_markdown("", "") == ""


def test_backticks_cannot_end_the_fence() -> None:
    text = render_markdown("a = '```'", "a = '``````'")
    assert text.startswith("```````diff\n")
    assert "\n```````\n" in text


_TEXT = st.text(alphabet="ab(),:=*[]|->'\" \n1_", max_size=40)


@given(_TEXT, _TEXT)
def test_each_side_can_be_read_back(written: str, actual: str) -> None:
    for text, line in zip((written, actual), side_by_side(semantic_diff(written, actual)), strict=True):
        assert "".join(line.text.split()).replace(",", "") == "".join(text.split()).replace(",", "")
        assert len(line.marks) <= len(line.text)


@given(_TEXT)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert all(segment.change == "same" for segment in semantic_diff(text, text))
    assert all(isinstance(segment, Segment) and segment.side == "both" for segment in semantic_diff(text, text))


def test_long_texts_do_not_take_long() -> None:
    one, other = "f(" + "a, " * 20_000 + ")", "f(" + "a, " * 19_999 + "b)"
    assert semantic_diff(one, other)
