"""The server's text equals the editor's after any edits, in any encoding, with any line ends (trap 12)."""

from __future__ import annotations

import re
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types as lsp

from vt_lsp.server.documents import LspDocument

Units = Literal["utf-8", "utf-16", "utf-32"]
PIECES = ["a", "word ", "\n", "\r\n", "\r", "\f", "\x0b", "\x85", "\u2028", "é", "😀", "\ufeff", "\t", "é😀x"]
TEXT = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
EDIT = st.tuples(st.floats(0, 1), st.floats(0, 1), TEXT, st.booleans())


class ReferenceEditor:
    """A text as a list of characters, and positions by the letter of LSP 3.18."""

    def __init__(self, text: str, units: Units) -> None:
        self.text, self.units = text, units

    def position(self, index: int) -> lsp.Position:
        line_start, line = 0, 0
        for end in re.finditer(r"\r\n|\n|\r", self.text):
            if end.end() > index:
                break
            line_start, line = end.end(), line + 1
        head = self.text[line_start:index]
        column = {"utf-8": head.encode(), "utf-16": head.encode("utf-16-le")[::2], "utf-32": head}[self.units]
        return lsp.Position(line, len(column))

    def boundary(self, share: float) -> int:
        index = round(share * len(self.text))
        inside = 0 < index < len(self.text) and self.text[index - 1 : index + 1] == "\r\n"
        return index - 1 if inside else index  # no editor puts a cursor between the two

    def edit(self, one: float, other: float, new: str) -> lsp.TextDocumentContentChangePartial:
        start, end = sorted((self.boundary(one), self.boundary(other)))
        span = lsp.Range(self.position(start), self.position(end))
        self.text = self.text[:start] + new + self.text[end:]
        return lsp.TextDocumentContentChangePartial(range=span, text=new)


@pytest.mark.parametrize("units", ["utf-8", "utf-16", "utf-32"])
@given(start=TEXT, edits=st.lists(EDIT, max_size=8))
@settings(max_examples=400, deadline=None)
def test_any_edits_leave_the_text_of_the_editor(
    units: Units, start: str, edits: list[tuple[float, float, str, bool]]
) -> None:
    editor = ReferenceEditor(start, units)
    document = LspDocument("file:///x.md", start, 1, "markdown", units)
    for one, other, new, is_whole in edits:
        if is_whole:
            editor.text = new
            document.apply_change(lsp.TextDocumentContentChangeWholeDocument(text=new))
        else:
            document.apply_change(editor.edit(one, other, new))
        assert document.data == editor.text.encode()


@pytest.mark.parametrize("units", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [(0, 99, "abcX\nde"), (1, 99, "abc\ndeX"), (9, 0, "abc\ndeX")],
)
def test_positions_outside_are_clamped(units: Units, line: int, column: int, expected: str) -> None:
    document = LspDocument("file:///x.md", "abc\nde", 1, "markdown", units)
    at = lsp.Position(line, column)
    document.apply_change(lsp.TextDocumentContentChangePartial(range=lsp.Range(at, at), text="X"))
    assert document.source == expected


def test_a_line_feed_after_a_carriage_return_makes_one_line_end() -> None:
    document = LspDocument("file:///x.md", "a\rb", 1, "markdown", "utf-16")
    at = lsp.Position(1, 0)
    document.apply_change(lsp.TextDocumentContentChangePartial(range=lsp.Range(at, at), text="\n"))
    assert document.lines == ("a\r\n", "b")
    at = lsp.Position(1, 1)
    document.apply_change(lsp.TextDocumentContentChangePartial(range=lsp.Range(at, at), text="!"))
    assert document.source == "a\r\nb!"


def test_a_lone_surrogate_does_not_end_the_session() -> None:
    document = LspDocument("file:///x.md", "a\ud800b", 1, "markdown", "utf-16")
    assert document.data == b"a?b"
