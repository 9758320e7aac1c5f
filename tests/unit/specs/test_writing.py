"""What is half-written at the cursor."""

from __future__ import annotations

import pytest

from vt_lsp.specs.writing import fence_around, writing_at


def at(text: str) -> tuple[str, str, str] | None:
    """Kind, what stands before the cursor (|), and what a choice replaces."""
    before, _, after = text.partition("|")
    data = (before + after).encode()
    found = writing_at(data, len(before.encode()))
    return (found.kind, found.text, data[found.start : found.end].decode()) if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`|", ("code", "", "")),
        ("é 😀 `Or|der.x`", ("code", "Or", "Order")),
        ("`a` and `b.c|", ("code", "b.c", "b.c")),
        ("``x ` y.z|``", ("code", "y.z", "y.z")),
        ("`src/a|b.py`", ("code", "src/a", "src/ab.py")),
        ("`f(x.y|)`", ("code", "x.y", "x.y")),
        ("[a](../do|cs.md)", ("link", "../do", "../docs.md")),
        ("[a]: do|", ("link", "do", "do")),
        ("[a](b.md#to|p)", ("anchor", "to", "top")),
        ("- _Requirements: 1.1, 2.|_", ("number", "2.", "2.")),
        ("**Validates: Requirements 1.|2**", ("number", "1.", "1.2")),
        ("(depends on T001, T0|)", ("task", "T0", "T0")),
        ("as FR-0|01", ("id", "FR-0", "FR-001")),
        ("by ADR-0|", ("decision", "ADR-0", "ADR-0")),
        ("```py\nx\n```\n`a|", ("code", "a", "a")),
    ],
)
def test_what_is_being_written(text: str, expected: tuple[str, str, str]) -> None:
    assert at(text) == expected


@pytest.mark.parametrize(
    "text", ["a|", "`a` b|", r"\`a|", "- a-|", "a/b.|", "(x|", "```py\n`a|", "~~~\n```\n`a|", "> ```\n> `a|", "```p|"]
)
def test_prose_and_code_blocks_are_left_alone(text: str) -> None:
    assert at(text) is None


@pytest.mark.parametrize(
    "line", ["`" * 50, "~~~", "> > > ", "   " * 50, "[](" * 30, "_Requirements: " * 9, "FR-1, " * 30]
)
def test_much_of_anything_is_read_to_its_end(line: str) -> None:
    data = f"{line}\n".encode() * 10_000
    assert fence_around(data, len(data)) in {None, 0, len(data) - len(line) - 1}
    writing_at(data, len(data) - 1)
    writing_at(data.replace(b"\n", b" "), len(data))
