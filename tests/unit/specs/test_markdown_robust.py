"""Any bytes are read, in bounded time, with spans inside them; an edited document equals a fresh one."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.specs.spans import check
from vt_lsp.specs import code_blocks
from vt_lsp.specs.inline import parse_inline
from vt_lsp.specs.markdown import MarkdownDocument, read
from vt_lsp.specs.python_fence import read_fence
from vt_lsp.specs.scope import FenceFacts, FenceScope

DOCUMENT = """\
---
title: x
---
# Client

The `Client.send()` method; `timeout_s` defaults to `30`. See [other](other.md#a) and src/a/b.py.

## Fields \u2705

| Field | Type | Default |
|---|---|---|
| `a_b` | `int` | `5` |

- [ ] `x_y`: int
  - nested `Foo.bar`

    para \u00fc `q_r`
> quote `a
> b` c

!!! warning "Deprecated"
    Use `q_q`.

    - `in_list`

```python
from pkg import thing
thing.run(a=1)
```

```
app/
\u251c\u2500\u2500 a.py
\u2514\u2500\u2500 b/
    \u2514\u2500\u2500 c.py
```

    >>> import pkg
    >>> pkg.go()

[r]: b.md
<!-- vt-lsp: ignore[x] why -->
Set
===
end `Last`"""
PIECES = [
    "`", "``", "```\n", "```python\n", "~~~\n", "# ", "\n\n", "\n", "- ", "  ", "    ", "> ", "| a | b |\n",
    "|---|---|\n", "`Foo.bar`", "[x](y.md)", "[x][a.b]", "<!-- ", " -->", "---\n", "class A:\n    b: int = 1\n",
    ">>> a.b()\n", "\u2705", "\xfc", "=== ", '!!! note "x"\n', "app/\n\u251c\u2500\u2500 a.py\n",
    "defaults to `5`", "[ ] ", "[x] ", "\t", "\\", "*", "word ", "\r\n", "\r", "\x00", "\ufeff", "::: a.b\n",
    "<a id='x'>", "&amp;", "1. ",
]  # fmt: skip


markdown = st.lists(st.sampled_from(PIECES), max_size=40).map(lambda parts: "".join(parts).encode())


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), markdown))
def test_any_bytes_are_read(data: bytes) -> None:
    check(data, read(data, "docs/a.md"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_an_edited_document_equals_a_fresh_one(data: st.DataObject) -> None:
    text = data.draw(st.one_of(st.just(DOCUMENT.encode()), markdown))
    document = MarkdownDocument(text, "docs/a.md")
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + data.draw(st.sampled_from([0, 1, 5, 60])))))
        new = data.draw(st.one_of(st.sampled_from(PIECES).map(str.encode), st.binary(max_size=3), markdown))
        text = text[:start] + new + text[end:]
        assert document.edit(text) == read(text, "docs/a.md")


@given(st.text("ab`* \n.()-_#>!\u00fc", max_size=40))
def test_simple_text_needs_no_grammar(text: str) -> None:
    data = text.encode()
    # A bracket at the end makes the text one for the grammar, and changes no code span before it.
    by_grammar = [span for span in parse_inline(data + b"\n[") if span.kind == "code"]
    if data.count(b"`") % 2 == 0:
        assert [span for span in parse_inline(data) if span.kind == "code"] == by_grammar


def test_every_prefix_of_a_document_is_read() -> None:
    data = DOCUMENT.encode()
    for end in range(0, len(data), 7):
        check(data[:end], read(data[:end], "docs/a.md"))


def test_bom_and_line_ends_move_the_spans_only() -> None:
    plain = DOCUMENT.encode()
    windows = b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n")
    old_mac = plain.replace(b"\n", b"\r")
    expected = [(c.kind, c.subject, c.role, plain[c.start : c.end]) for c in read(plain, "a.md").claims]
    assert len(expected) > 15
    for data in (windows, old_mac):
        found = read(data, "a.md")
        assert [(c.kind, c.subject, c.role, data[c.start : c.end]) for c in found.claims] == expected
        assert [data[start:end][:3] for _, _, start, end in found.headings] == [b"# C", b"## ", b"Set"]


def test_broken_utf8_keeps_the_places() -> None:
    data = b"\xff\xfe `Client` \xc3 \xe2\x82 `send_all`\n\n```python\n# \xff\nfrom pkg import thing\n```\n"
    found = read(data, "a.md").claims
    assert [data[c.start : c.end] for c in found] == [b"Client", b"send_all", b"pkg", b"thing"]


@pytest.mark.parametrize(
    "data",
    [
        b"*a " * 200_000,
        b"[" * 500_000,
        b"`a" * 200_000,
        b"> " * 100_000 + b"x",
        b"- " * 3_000 + b"x",
        (b"# h\n" + b"`a.b` [c](d.md) text\n\n") * 8_000,
        b"| `a_b` | `c_d` |\n|--|--|\n" + b"| `e_f` | `5` |\n" * 8_000,
        b"(" * 200_000,
        b"`x` defaults to " * 3_000,
        b"a/" * 200_000,
        b"a." * 200_000,
        b"`" + b"a." * 100_000 + b"`",
        b"<!-- vt-lsp: ignore " * 5_000,
        b"not not " * 20_000 + b"`x`",
        b"```\n" + ("\u2502   " * 3_000 + "\u251c\u2500\u2500 a\n").encode() * 5 + b"```\n",
        b"!!! note\n    " * 3_000,
        b"<a " * 50_000,
        b"{* " * 50_000,
        b"word " * 100_000,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_hostile_input_takes_bounded_time(data: bytes) -> None:
    start = time.process_time()
    check(data, read(data, "docs/a.md"))
    assert time.process_time() - start < 5


def test_a_failure_in_one_block_leaves_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(text: str, scope: FenceScope, to_absolute: Callable[[int], int]) -> FenceFacts:
        if "broken" in text:
            raise RecursionError
        return read_fence(text, scope, to_absolute)

    monkeypatch.setattr(code_blocks, "read_fence", fail)
    broken = "```python\nbroken\n```\n"
    text = f"`one_a`\n\n{broken}\n{broken}\n- `two_a`\n\n```python\nfrom m import three\n```\n"
    claims = read(text.encode(), "docs/a.md").claims
    assert [claim.subject for claim in claims] == ["one_a", "two_a", "m", "m"]
    assert len(caplog.records) == 1
    assert "docs/a.md" in caplog.text
