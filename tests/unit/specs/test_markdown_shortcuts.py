"""What is read without the grammars' help, or with masked text, equals what they say of the whole text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from tree_sitter import Node, Parser

from vt_lsp.specs import blocks, inline
from vt_lsp.specs.inline import parse_inline
from vt_lsp.specs.masking import masked

_INLINE_PARTS = (
    "a b", " ", "`x`", "`list[int]`", "`a<b>`", "[t](u.md)", "[`C`](../x/y.md#z)", "[`C`][m.C]", "[t][l]", "[t]", "!",
    "(", ")", "]", "[", ":", "\n", "*", "_", "foo.", "~", "'", '"', "[t u](v)", "&amp;", "[t](u*v_w)", "`a\\`", "`$x`",
    "[a `b` c](d)", "é", "`", "@", "[x]", "[ ]", "<b>", "\\", "$", "[]",
)  # fmt: skip
_LINES = (
    "text with `code` and, marks", "", "# Title", "# C # ", "- item", "  - [ ] inner *x*", "  continued", "> quote",
    "> ```", "```", "```python", "  ```", "~~~", "````", "    code", "x = {'a': 1}  # c", "| a | b |", "|---|---|",
    "| c | d", "bar", "<div>", "<!-- ", "a --> b", "</div>", "<pre>", "[x]: y 'title'", "[x]:", "  url", "'title'",
    "---", "===", "a | b", ":-:", "1. one", "!!! note", "*bold* text", "* star", "\\# no", "@decorator", "Setext",
    "a <b> c", "?>", "$$", "[x]: /u 'open", "close'", "text  ", "a\\",
)  # fmt: skip


def _shape(root: Node) -> list[tuple[str, int, int]]:
    found, stack = [], [root]
    while stack:
        node = stack.pop()
        found.append((node.type, node.start_byte, node.end_byte))
        stack.extend(node.named_children)
    return found


@given(st.lists(st.sampled_from(_INLINE_PARTS), max_size=10))
@settings(max_examples=400, deadline=None)
def test_simple_spans_are_those_of_the_grammar(parts: list[str]) -> None:
    text = "".join(parts).encode()
    assert list(parse_inline(text)) == inline._by_grammar(text)


def test_most_links_take_the_short_cut() -> None:
    text = b"See [`Agent`][ai.Agent], [the guide](../guide.md#run) and `run()` of `dict[str, int]`; [x] too!"
    assert inline._SIMPLE.fullmatch(text)
    assert [span.kind for span in parse_inline(text)] == ["reference", "code", "link", "code", "code", "reference"]


@given(st.lists(st.sampled_from(_LINES), max_size=14))
@settings(max_examples=600, deadline=None)
def test_masked_text_has_the_same_pieces(lines: list[str]) -> None:
    text = ("\n".join(lines) + "\n").encode()
    other = masked(text)
    parser = Parser(blocks._LANGUAGE)
    plain, quick = parser.parse(text), parser.parse(other)
    assert len(other) == len(text)
    assert blocks._Walk(text).run(plain.root_node) == blocks._Walk(text).run(quick.root_node)


def test_words_and_fences_are_masked() -> None:
    text = b"Some words, and marks.\n\n```python\nx = 1\n\ny = 2\n```\n"
    assert masked(text) == b"S" + b"x" * 21 + b"\n\n```python\n" + b"x" * 12 + b"\n```\n"
