"""Docstrings: which names their lists hold, and exactly where."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vt_lsp.continuous_eval.placing import without_entry
from vt_lsp.models import Claim, CodeFacts, DriftReport, DriftType, Place, Severity
from vt_lsp.specs.docstring_entries import entries
from vt_lsp.workspace.reading import CodeDocument, facts_of

GOOGLE = '''
def größe(a: "dict[str, int]" = {}, b=1, *c, d, **e) -> None:  # (comment
    """Größe 😀.

    Args:
        a (dict): the a: with a colon.

            More of it.
        b: the b. Defaults to ``1``.
        *c: some
        d, f: two

    Keyword Args:
        g (int): handed on
    """
'''
NUMPY = '''
class Press(Base, metaclass=Meta(")")):
    # a comment
    r"""A press.

    Parameters
    ----------
    a, b : int, default: -1.5
        Two.
    c
        One. Default is "x".
    \\*args, \\*\\*kwargs
        Rest.

    Attributes
    ----------
    d : int

    Unknown
    -------
    e : int
    """
'''
SPHINX = """
def f(
    a,  # one
    b=None,
) -> dict[str, int]:
    '''F.

    :param a: the a,
      defaults to 3
    :type a: int
    :param list[int] b: the b
    :raises ValueError: never
    :keyword c: handed on
    '''
"""


def claims(text: str) -> list[Claim]:
    facts = facts_of("a.py", text.encode())
    assert isinstance(facts, CodeFacts)
    return list(facts.docs.claims) if facts.docs is not None else []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOGLE, ["a", "b", "b = 1", "*c", "d", "f", "g"]),
        (NUMPY, ["a", "b", "c", 'c = "x"', "*args", "**kwargs", "d"]),
        (SPHINX, ["a", "a = 3", "b", "c"]),
    ],
)
def test_names_and_defaults_with_their_places(text: str, found: list[str]) -> None:
    read = claims(text)
    assert [f"{c.subject} = {c.expected}" if c.expected else c.subject for c in read] == found
    data = text.encode()
    assert [data[c.start : c.end].decode() for c in read] == [(c.expected or c.subject).lstrip("*") for c in read]


def test_attributes_and_lists_that_are_handed_on_are_marked() -> None:
    assert [c.kind for c in claims(NUMPY)][-1] == "docstring-attribute"
    assert [c.subject for c in claims(GOOGLE + SPHINX) if "other" in c.hints] == ["g", "c"]


@pytest.mark.parametrize(
    "line",
    [
        "size (int): bytes. Defaults to 10,000.",
        "size (int): bytes. Defaults to 5 if small.",
        "size (int): bytes. If small, defaults to 5.",
        "size (int): bytes. Defaults to 5 MB.",
        "size (int): bytes. Defaults to 5, or 6 on Windows.",
        "size (dict): with `a` (default: 5) and `b` (default: 6)",
        "size (int): bytes. Defaults to the page's.",
        "size (int): bytes. Defaults to `pages`.",
    ],
)
def test_defaults_that_are_not_sure(line: str) -> None:
    assert [e.default for e in entries(f"X.\n\n    Args:\n        {line}\n    ".encode())] == [""]


@pytest.mark.parametrize(
    "text",
    [
        "X.\n\n    Args:\n    no colon\n",
        "X.\n\n    Args:\n        a: " + "(" * 400 + "\n",
        "X.\n\n    Args:\n        a" + " (" * 40 + ": x\n",
        "X.\n\n    Args:\n        " + "a" * 5000 + ": x\n",
        "X.\n\n    :param a\n    :param b c d e:\n",
        "X.\n\n    Parameters\n    ----------\n",
        "X.\n\n:param a: b\n: : x\n",
        ":param x:" * 20_000,
    ],
)
def test_what_cannot_be_read_lists_nothing(text: str) -> None:
    assert entries(text.encode()) == ()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.sampled_from([*GOOGLE.splitlines(True), *NUMPY.splitlines(True), *SPHINX.splitlines(True)]), max_size=30
    )
)
def test_places_are_right_in_any_order_of_lines(lines: list[str]) -> None:
    data = "".join(lines).encode()
    facts = facts_of("a.py", data)
    assert isinstance(facts, CodeFacts)
    for claim in facts.docs.claims if facts.docs else ():
        assert data[claim.start : claim.end].decode() == (claim.expected or claim.subject.lstrip("*"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 400), st.integers(0, 40), st.sampled_from(["", "x", "\n", '"""', ": y", "    Args:\n"])
        ),
        max_size=8,
    )
)
def test_an_edited_text_says_what_a_fresh_one_says(edits: list[tuple[int, int, str]]) -> None:
    data = (GOOGLE + SPHINX).encode()
    document = CodeDocument(data, "a.py")
    for start, length, new in edits:
        data = data[:start] + new.encode() + data[start + length :]
        assert document.edit(data) == facts_of("a.py", data)


def test_a_reader_that_fails_leaves_what_the_file_defines(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_data: bytes, _facts: CodeFacts) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("vt_lsp.specs.docstrings.read_docstrings", fail)
    facts = facts_of("a.py", GOOGLE.encode())
    assert isinstance(facts, CodeFacts)
    assert facts.symbols
    assert facts.docs is None


def test_a_file_without_lists_does_not_load_the_library() -> None:
    code = (
        "import sys; from vt_lsp.workspace.reading import facts_of; "
        'facts_of(\'a.py\', b\'def f(Args, param):\\n    """Parameters."""\\n\'); '
        "sys.exit('docstring_parser' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def removed(text: str, name: str) -> str | None:
    start = text.index(name)
    place = Place("a.py", start, start + len(name))
    drift = DriftReport(
        "a.py", "a.py", DriftType.DOCSTRING_PARAMETER, Severity.WARNING, "", (), "", place, subject=name
    )  # fmt: skip
    ways = without_entry(drift, text.encode()).realignments
    if not ways:
        return None
    (edit,) = ways[0].edits
    data = text.encode()
    return (data[: edit.place.start] + edit.new_text.encode() + data[edit.place.end :]).decode()


def test_an_entry_is_removed_with_its_lines() -> None:
    google = "    Args:\n        one: 1\n            more\n\n            more\n        two (int): 2\n\n    Returns:\n"
    assert removed(google, "one") == "    Args:\n        two (int): 2\n\n    Returns:\n"
    assert removed(google, "two") == google.replace("        two (int): 2\n", "")
    numpy = "    Parameters\n    ----------\n    one : int\n        1\n    two\n        2\n"
    assert removed(numpy, "one") == "    Parameters\n    ----------\n    two\n        2\n"
    sphinx = "    :param one: 1\n      more\n    :type one: int\n    :returns: x\n"
    assert removed(sphinx, "one") == "    :returns: x\n"


def test_the_only_entry_and_one_of_several_names_stay() -> None:
    assert removed("    Args:\n        one: 1\n\n    Returns:\n", "one") is None
    assert (
        removed("    Parameters\n    ----------\n    one : int\n        1\n\n    Returns\n    -------\n", "one") is None
    )
    assert removed("    Args:\n        one, two: 1\n        three: 3\n", "one") is None
    assert removed("    Args:\n        one, two: 1\n        three: 3\n", "two") is None
