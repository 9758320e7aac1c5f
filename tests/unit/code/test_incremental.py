"""After any edits an open document has the facts of a fresh read."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vt_lsp.code import definitions, modulewide, python
from vt_lsp.code.modulewide import EditedWords, words
from vt_lsp.code.python import PythonDocument, read
from vt_lsp.text import changed_span

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest
    from tree_sitter import Node

    from vt_lsp.code.pieces import Context, Owner

SOURCE = (
    b'"""Orders."""\n'
    b"from __future__ import annotations\n"
    b"import os.path as p, sys\n"
    b'__all__ = ["Book", "place"]\n'
    b"LIMIT: Final = 1_000\n"
    b"\n"
    b"@dataclass(frozen=True)\n"
    b"class Book(Base, Generic[T]):\n"
    b'    """A book: \xc3\xa9\xe2\x82\xac."""\n'
    b"    title: str = 'x'\n"
    b"    pages = 3\n"
    b"    def place(self, order: Order, *, dry_run: bool = False) -> int:\n"
    b"        self.last = order\n"
    b"        return 1\n"
    b"    class Meta:\n"
    b"        ordering = ['title']\n"
    b"try:\n"
    b"    import fast\n"
    b"except ImportError:\n"
    b"    fast = None\n"
    b"def place(a, b=1, *args, **kw): global CACHE; CACHE = {}\n"
    b"Color = Enum('Color', 'RED GREEN')\n"
    b"if sys.platform == 'win32':\n"
    b"    def f(): ...\n"
    b"else:\n"
    b"    async def f(): ...\n"
    b"__all__ += ['f']\n"
)
SNIPPETS = (
    *(bytes([byte]) for byte in b"():\n #'\"\\,=x@.*[{\t"),
    b"", b"\n\n", b"\n    ", b'"""', b"class C(B):\n    y: int = 2\n", b"def g(): ...\n", b"self.z = 1\n", b"    ",
    b"if x:\n", b"\r\n", b"\r", b"\xc3", b"\xa9", b"\xef\xbb\xbf", b"\0", b"import q\n", b"async ", b"__all__ = z\n",
)  # fmt: skip

edits = st.lists(
    st.tuples(st.integers(0, 1200), st.integers(0, 60), st.sampled_from(SNIPPETS)), min_size=1, max_size=12
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits)
def test_edits_equal_a_fresh_read(changes: list[tuple[int, int, bytes]]) -> None:
    data = SOURCE
    document = PythonDocument(data)
    assert document.facts == read(data, "")
    for offset, length, new in changes:
        start = min(offset, len(data))
        data = data[:start] + new + data[start + length :]
        assert document.edit(data) == read(data, "")


@settings(max_examples=300, deadline=None)
@given(edits)
def test_words_of_an_edited_text_are_those_of_the_text(changes: list[tuple[int, int, bytes]]) -> None:
    kept, before, data = EditedWords(16), b"", SOURCE
    for offset, length, new in [(0, 0, b""), *changes]:
        start = min(offset, len(data))
        data = data[:start] + new + data[start + length :]
        found = kept.edit(data, changed_span(before, data))
        assert list(found) == list(words(data))
        before = data


def test_an_edit_splits_only_the_lines_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(b"name_%d\n" % number for number in range(9_000))
    kept = EditedWords()
    kept.edit(data, changed_span(b"", data))
    seen: list[int] = []
    original = modulewide._words

    def counted(block: bytes) -> dict[bytes, None]:
        seen.append(len(block))
        return original(block)

    monkeypatch.setattr(modulewide, "_words", counted)
    after = data.replace(b"name_4321", b"other_name")
    assert b"other_name" in kept.edit(after, changed_span(data, after))
    assert sum(seen) < 10_000


@settings(max_examples=100, deadline=None)
@given(st.permutations(SOURCE.splitlines(keepends=True)), st.integers(0, 27))
def test_reordered_lines_equal_a_fresh_read(lines: list[bytes], cut: int) -> None:
    document = PythonDocument(SOURCE)
    for data in (b"".join(lines[:cut]), b"".join(lines), SOURCE):
        assert document.edit(data) == read(data, "")


def test_undoing_an_error_gives_the_facts_back() -> None:
    document = PythonDocument(SOURCE)
    before = document.facts
    assert "errors" in document.edit(SOURCE.replace(b"class Book(", b"class Book((")).flags
    assert document.edit(SOURCE) == before


def test_twins_at_different_places_keep_their_own_offsets() -> None:
    data = b"x = 1\ny = 2\nx = 1\n"
    document = PythonDocument(data)
    after = document.edit(b"# head\n" + data)
    assert [(s.name, s.start) for s in after.symbols] == [("x", 7), ("y", 13), ("x", 19)]


def test_a_stub_stays_a_stub() -> None:
    document = PythonDocument(b"x: int = ...\n", "a.pyi")
    assert document.edit(b"x: int = ...\ny = 1\n").symbols[0].value == ""


def test_only_changed_statements_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(b"def f%d(a): ...\n" % number for number in range(200))
    document = PythonDocument(data)
    seen: list[int] = []
    original = definitions.read_statements

    def counted(context: Context, nodes: Sequence[Node], owner: Owner, flags: tuple[str, ...]) -> None:
        seen.append(len(nodes))
        original(context, nodes, owner, flags)

    monkeypatch.setattr(python, "read_statements", counted)
    document.edit(data.replace(b"def f7(a)", b"def f7(a, b)"))
    assert seen == [1]


def test_an_edit_is_much_quicker_than_a_fresh_read() -> None:
    data = Path(__file__).read_bytes() * 60
    document = PythonDocument(data)
    texts = [data.replace(b"def test_twins", b"def test_%d" % number, 1) for number in range(5)]

    fresh, edited = [], []
    for text in texts:
        start = time.perf_counter()
        read(text, "")
        middle = time.perf_counter()
        document.edit(text)
        fresh.append(middle - start)
        edited.append(time.perf_counter() - middle)
    assert min(edited) < min(fresh)
