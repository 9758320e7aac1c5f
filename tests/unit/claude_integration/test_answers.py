from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from vt_lsp.claude_integration.answers import harmless

LIVE = {"link_open", "image", "html_inline", "html_block"}
HOSTILE = [
    "[go](https://evil.example/?q=secret)",
    "![x](https://evil.example/x.png)",
    "[run](command:workbench.action.terminal.sendSequence?x)",
    "<command:evil>",
    "<a href='command:evil'>x</a>",
    "<img src=x onerror=alert(1)>",
    "[a][b]\n\n[b]: https://evil.example",
    "- a ` b\n- [x](command:evil) ` c",
    "``` a`b\n[x](command:evil)\n```",
    "- a\n\n  ```\n[x](command:evil)",
    r"\`[x](command:evil)\`",
    "<!-- --> <script>",
    "[x\n](https://evil.example)",
]


def live(markdown: str) -> list[str]:
    """What a renderer of CommonMark would make live."""
    found = []
    for token in MarkdownIt("commonmark").parse(markdown):
        found += [one.type for one in (token, *(token.children or ())) if one.type in LIVE]
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_can_be_clicked_loaded_or_run(text: str) -> None:
    assert live(text)
    assert live(harmless(text)) == []


PIECES = st.sampled_from(
    [
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "!",
        ":",
        "`",
        "```",
        "~~~",
        "\\",
        "\n",
        "\n\n",
        "- ",
        "> ",
        "    ",
        "a",
        "http://x",
        "/",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_is_written(text: str) -> None:
    assert live(harmless(text)) == []


def test_plain_text_and_code_stay() -> None:
    text = "# Why\n\n- `x[0]` is **not** there\n\n```python\nif a < b:\n    print(x[0])\n```\n\n| a | b |"
    assert harmless(text) == text
    assert harmless("see https://example.org/x.") == "see `https://example.org/x.`"
