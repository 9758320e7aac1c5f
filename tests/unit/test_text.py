"""Lines and columns against their plain definition."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.text import LineIndex, changed_span

if TYPE_CHECKING:
    from vt_lsp.text import Units

_PARTS = ["a", "\r", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "é", "\U0001f600"]
_TEXTS = st.lists(st.sampled_from(_PARTS), max_size=30).map("".join)


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\n|\r", text)


@given(_TEXTS)
def test_lines_end_where_lsp_says(text: str) -> None:
    index = LineIndex(text.encode())
    assert index.count == len(_lines(text))
    assert [index.line_text(n) for n in range(index.count)] == _lines(text)


@given(_TEXTS)
def test_every_character_is_found_again_by_its_line_and_column(text: str) -> None:
    index, start = LineIndex(text.encode()), 0
    for number, line in enumerate(_lines(text)):
        for column in range(len(line) + 1):
            offset = start + len(line[:column].encode())
            utf_16 = len(line[:column].encode("utf-16-le")) // 2
            assert index.position(offset, "utf-32") == (number, column)
            assert index.position(offset, "utf-16") == (number, utf_16)
            assert index.offset(number, column, "utf-32") == offset
            assert index.offset(number, utf_16, "utf-16") == offset
        start += len(line.encode())
        start += len(next((end for end in ("\r\n", "\r", "\n") if text.encode().startswith(end.encode(), start)), ""))


@pytest.mark.parametrize("units", ["utf-8", "utf-16", "utf-32"])
def test_places_outside_the_text_are_clamped_into_it(units: Units) -> None:
    index = LineIndex(b"ab\r\nc")
    assert index.offset(0, 9, units) == 2
    assert index.offset(9, 0, units) == 5
    assert index.position(3, units) == (0, 2)  # between the two bytes of one line end
    assert index.position(99, units) == (1, 1)


@given(st.text("ab\n", max_size=12), st.text("ab\n", max_size=12))
def test_the_changed_span_is_the_smallest_and_the_first_of_its_kind(old: str, new: str) -> None:
    start, old_end, new_end = changed_span(old, new)
    assert old[:start] == new[:start]
    assert old[old_end:] == new[new_end:]
    gone, come = old[start:old_end], new[start:new_end]
    assert not gone or not come or (gone[0] != come[0] and gone[-1] != come[-1])
    words = gone or come  # nothing but put in, or nothing but taken out: never one character further to the left
    if not (gone and come) and words:
        assert not start or words[-1] != old[start - 1]


def test_the_changed_span_of_bytes() -> None:
    assert changed_span(b"one two three", b"one three") == (3, 7, 3)
    assert changed_span(b"", b"") == (0, 0, 0)


def test_broken_bytes_count_as_characters() -> None:
    index = LineIndex(b"\xff\xe9a\n\xff")
    assert index.position(2, "utf-16") == (0, 2)
    assert index.offset(0, 2, "utf-16") == 2
    assert index.line_text(1) == "\N{REPLACEMENT CHARACTER}"
