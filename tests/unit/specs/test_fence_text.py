"""Code that a fence itself calls wrong or outdated, and sessions with prompts and output."""

from __future__ import annotations

from textwrap import dedent

import pytest

from vt_lsp.specs.python_fence import read_fence
from vt_lsp.specs.scope import FenceScope


def uses(text: str) -> list[str]:
    """Calls and attributes: what, ``=keyword``, ``@`` and the words of the span, ``#`` and the hints."""
    text = dedent(text).lstrip("\n")
    data = text.encode()
    found = []
    for claim in read_fence(text, FenceScope(), lambda offset: offset).claims:
        what = f"{claim.kind} {claim.owner}|{claim.subject}" if claim.owner else f"{claim.kind} {claim.subject}"
        what += f" ={claim.expected}" if claim.expected else ""
        what += f" ({claim.signature})" if claim.signature else ""
        hints = f" #{','.join(claim.hints)}" if claim.hints else ""
        found.append(f"{what} @{data[claim.start : claim.end].decode()}{hints}")
    return [line for line in found if not line.startswith(("import", "undefined", "habit"))]


class TestJudgedCode:
    def test_wrong_and_right(self) -> None:
        text = """
            # Bad
            from m import A
            A.old
            # Good
            A.new
        """
        assert uses(text) == ["attribute m.A|old @old #negated", "attribute m.A|new @new"]

    def test_marks_above_and_beside(self) -> None:
        text = """
            from m import A

            # deprecated
            A.one
            A.two

            A.three
            A.four  # not a field!
            # Before calling this, open it
            A.five
            # [!error]
            A.six
        """
        assert [line.partition("@")[2] for line in uses(text)] == [
            "one #past", "two #past", "three", "four #negated", "five", "six #negated",
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "comment",
        [
            "# not there", "# Error", "# error: no such name", "# raises KeyError", "# AttributeError",
            "# TypeError: f()", "# fails", "# fails!", "#> Error", "#> AttributeError: x", "# ValidationError",
            "# won't work", "# doesn't work", "# not allowed",
        ],
    )  # fmt: skip
    def test_comments_that_say_that_their_line_fails(self, comment: str) -> None:
        assert uses(f"import m\nm.a  {comment}\nm.b\n") == ["attribute m|a @a #negated", "attribute m|b @b"]

    @pytest.mark.parametrize(
        "comment", ["# not only here", "# not serializable", "# errors are kept", "#> ok", "# note", "# nothing"]
    )
    def test_comments_that_say_nothing_of_the_kind(self, comment: str) -> None:
        assert uses(f"import m\nm.a  {comment}\nm.b\n") == ["attribute m|a @a", "attribute m|b @b"]

    @pytest.mark.parametrize(
        "comment",
        [
            "# We DON'T do this:", "# we don\u2019t do this", "# You should never do this", "# Won't work",
            "# This won't work", "# Instead of:", "# instead of this", "# rather than", "# Don't", "# Old way",
            "# Before", "# \u274c", "# AVOID", "# NOT like this", "# we avoid this",
        ],
    )  # fmt: skip
    def test_comments_that_judge_what_follows_them(self, comment: str) -> None:
        found = [line.partition("@")[2] for line in uses(f"import m\nm.z\n\n{comment}\nm.a\n\nm.b\n")]
        assert found in (["z", "a #negated", "b"], ["z", "a #past", "b"])

    def test_what_we_do_not_do_ends_where_another_part_begins(self) -> None:
        text = "# We DON'T do this:\nimport m\nm.a\n\n# You write your own:\nm.b\n"
        assert [line.partition("@")[2] for line in uses(text)] == ["a #negated", "b"]

    @pytest.mark.parametrize(
        "comment",
        [
            "# We don't need it, but do it", "# Instead, do", "# You never know", "# We do", "# rather than to do it",
            "# It won't work without this:",
        ],
    )  # fmt: skip
    def test_comments_that_judge_nothing(self, comment: str) -> None:
        assert uses(f"import m\nm.a\n\n{comment}\nm.b\n")[-1] == "attribute m|b @b"

    def test_an_old_way_has_parts_and_ends_where_the_new_one_begins(self) -> None:
        text = "# Old (deprecated)\nimport m\nm.a\n\n# In your stream:\nm.b\n\n# New \u2014 without it\nm.c\n"
        assert [line.partition("@")[2] for line in uses(text)] == ["a #past", "b #past", "c"]

    def test_code_that_is_there_to_fail(self) -> None:
        text = """
            import m
            with pytest.raises(TypeError):
                m.f()
            try:
                m.g()
            except AttributeError:
                m.h()
        """
        assert [line[-8:] for line in uses(text)] == ["#negated"] * 3


@pytest.mark.parametrize(
    ("arguments", "signature"),
    [
        ("\n  # ... other parameters ...\n  2", "1;;*;**"),
        ("\n  2,\n  # other arguments\n", "1;;*;**"),
        ("\n  2,\n  # ...\n", "1;;*;**"),
        ("\n  2,\n  # the rest of your settings\n", "1;;*;**"),
        ("\n  2,\n  # other arguments are an error\n", "1;;;"),
        ("\n  2,  # ... at least\n", "1;;;"),
        ("\n  2,\n  # note\n", "1;;;"),
        ("[\n  # ...\n]", "1;;;"),
    ],
)
def test_comments_that_stand_for_arguments(arguments: str, signature: str) -> None:
    assert uses(f"import m\nm.f({arguments})") == [f"call m.f ({signature}) @f"]


class TestSessions:
    def test_prompts_output_and_tracebacks(self) -> None:
        text = """
            >>> import httpx
            >>> r = httpx.get(
            ...     "é", bad=1)
            >>> r
            httpx.nothing
            >>> r.nope
            Traceback (most recent call last):
            AttributeError
            >>> r.text
        """
        assert uses(text) == [
            "call httpx.get (1;bad;;) @get #doctest",
            "call httpx.get =bad @bad #doctest",
            "attribute httpx.get()|nope @nope #doctest,result,negated",
            "attribute httpx.get()|text @text #doctest,result",
        ]

    def test_one_prompt_alone(self) -> None:
        assert uses(">>> __import__('m').a") == []
        text = ">>> def place(a) -> int"
        [claim] = read_fence(text, FenceScope(), lambda offset: offset).claims
        assert text[claim.start : claim.end] == "place"

    def test_ipython_and_shell_lines(self) -> None:
        assert uses("In [1]: import m\nIn [2]: m.a\nOut[2]: m.b\n") == ["attribute m|a @a #doctest"]
        assert uses("import m\n$ m.b\n!m.c\n%time m.d\nm.e\n") == ["attribute m|e @e"]

    def test_changed_lines_of_a_diff_say_nothing(self) -> None:
        assert uses("import m\n- m.old()\n+ m.new()\n-m.gone\nx = (m.a\n  - m.b)\n") == [
            "attribute m|a @a",
            "attribute m|b @b",
        ]

    def test_windows_line_ends(self) -> None:
        text = "import m\r\n\r\n# Bad\r\nm.f(\r\n  a=1,\r\n)\r\n\r\nm.g\r\n"
        assert uses(text) == [
            "call m.f (0;a;;) @f #negated",
            "call m.f =a @a #negated",
            "attribute m|g @g",
        ]
