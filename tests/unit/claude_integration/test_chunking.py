"""Large texts in pieces."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vt_lsp.claude_integration.chunking import chunks
from vt_lsp.claude_integration.tokens import estimate

PACKAGE = Path(__file__).parents[3] / "vt_lsp"
FILES = sorted(PACKAGE.rglob("*.py"))[::12]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("budget", [200, 1000])
def test_python_is_never_cut_inside_of_a_definition(file: Path, budget: int) -> None:
    data = file.read_bytes()
    found = chunks(file.name, data, budget)
    assert b"".join(data[one.start : one.end] for one in found) == data
    starts = {data.count(b"\n", 0, one.start) + 1 for one in found[1:]}
    for node in ast.walk(ast.parse(data)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            assert not starts & set(range(first + 1, (node.end_lineno or 0) + 1)), node.name


def test_only_one_definition_alone_is_larger_than_the_budget() -> None:
    body = "".join(f"def f{n}(a):\n    return a + {n}\n\n\n" for n in range(50))
    data = (body + "def long():\n" + "    x = 'some words here'\n" * 200 + body).encode()
    large = [one for one in chunks("m.py", data, 300) if one.tokens > 300]
    assert len(large) == 1
    assert data[large[0].start : large[0].end].lstrip().startswith(b"def long()")


def test_a_large_class_is_cut_between_its_members() -> None:
    members = "".join(f"    def m{n}(self):\n        return '{'x ' * 30}'\n\n" for n in range(30))
    data = f"class Large:\n    '''Doc.'''\n\n{members}".encode()
    found = chunks("m.py", data, 200)
    assert len(found) > 5
    assert all(data[one.start : one.end].lstrip().startswith(b"def m") for one in found[1:])


def test_documents_are_cut_at_headings_and_never_inside_of_a_fence() -> None:
    fence = "```python\n" + "x = 1\n\n# not a heading\n" * 20 + "```\n"
    data = "".join(f"# Part {n}\n\nSome words about it.\n\n{fence}\n" for n in range(8)).encode()
    found = chunks("a.md", data, 700)
    assert len(found) > 2
    assert all(data[one.start : one.end].startswith(b"# Part") for one in found)
    assert all(data[one.start : one.end].count(b"```") % 2 == 0 for one in found)


def test_a_paragraph_without_end_is_cut_between_lines() -> None:
    data = b"some words on a line\n" * 500
    found = chunks("a.md", data, 100)
    assert all(one.tokens <= 100 for one in found)
    assert all(data[one.start : one.end].endswith(b"\n") for one in found)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="ab \n#`-x\r日", max_size=400), st.sampled_from(["a.md", "a.py", "a.txt"]))
def test_pieces_are_always_the_whole_text(text: str, path: str) -> None:
    data = text.encode()
    found = chunks(path, data, 20)
    assert b"".join(data[one.start : one.end] for one in found) == data
    assert sum(one.tokens for one in found) >= estimate(text) - len(found)
