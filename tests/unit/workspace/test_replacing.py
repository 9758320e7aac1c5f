"""Edits of bytes, and files that get another text in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.models import Edit, Place
from vt_lsp.workspace.patches import CannotPatch, meet, patched, unified
from vt_lsp.workspace.replacing import Refused, replace_file

if TYPE_CHECKING:
    from pathlib import Path


def edit(start: int, end: int, words: str, path: str = "a.md") -> Edit:
    return Edit(Place(path, start, end), words)


def test_edits_take_on_the_line_ends() -> None:
    assert patched(b"a\r\nb\r\n", [edit(3, 4, "x\ny")]) == b"a\r\nx\r\ny\r\n"
    assert patched(b"a\nb\r\n", [edit(2, 3, "x\ny")]) == b"a\nx\ny\r\n"
    assert patched(b"a\r\n", [edit(0, 1, "x\r\ny")]) == b"x\r\ny\r\n"


@pytest.mark.parametrize(
    "edits",
    [
        [edit(0, 2, "x"), edit(1, 3, "y")],
        [edit(1, 1, "x"), edit(1, 1, "y")],
        [edit(0, 99, "x")],
        [edit(2, 1, "x")],
        [edit(0, 0, "ü"), edit(3, 4, "")],
    ],
)
def test_edits_that_cannot_be_made(edits: list[Edit]) -> None:
    with pytest.raises(CannotPatch):
        patched(b"abc\xfc", edits)


def test_the_same_edit_twice_is_one() -> None:
    assert patched(b"abc", [edit(0, 1, "x"), edit(0, 1, "x")]) == b"xbc"
    assert not meet([edit(0, 1, "x")], [edit(0, 1, "x")])


_SPANS = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(sorted)


@given(st.lists(_SPANS, min_size=2, max_size=2))
def test_edits_that_do_not_meet_can_be_made_together(spans: list[list[int]]) -> None:
    one, other = (edit(start, end, f"<{n}>") for n, (start, end) in enumerate(spans))
    if meet([one], [other]):
        return
    text = b"0123456789ab"
    both = patched(text, [one, other])
    assert both == patched(text, [other, one])
    assert b"<0>" in both
    assert b"<1>" in both


def test_a_diff_of_a_file_without_a_last_line_end() -> None:
    assert unified("a b.md", b"x\ny", b"x\nz").endswith(
        "-y\n\\ No newline at end of file\n+z\n\\ No newline at end of file\n"
    )
    assert unified("a.md", None, b"x\n").startswith("--- /dev/null\n+++ b/a.md\n")


@pytest.mark.parametrize("path", ["../out.md", "/usr/out.md", ".git/config", "sub/../../out.md", "dir", "."])
def test_what_may_not_be_written(tmp_path: Path, path: str) -> None:
    root = tmp_path / "root"
    (root / "dir").mkdir(parents=True)
    with pytest.raises(Refused):
        replace_file(root, path, None, b"x")
    assert not (tmp_path / "out.md").exists()


def test_what_has_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"new")
    with pytest.raises(Refused, match="changed meanwhile"):
        replace_file(tmp_path, "a.md", b"old", b"x")
    with pytest.raises(Refused, match="changed meanwhile"):
        replace_file(tmp_path, "a.md", None, b"x")
    with pytest.raises(Refused, match="changed meanwhile"):
        replace_file(tmp_path, "gone.md", b"old", b"x")
    assert [one.name for one in tmp_path.iterdir()] == ["a.md"]


def test_a_new_file_in_a_new_folder(tmp_path: Path) -> None:
    replace_file(tmp_path, "new/a.py", None, b"x\n")
    assert (tmp_path / "new/a.py").read_bytes() == b"x\n"
    assert (tmp_path / "new/a.py").stat().st_mode & 0o600 == 0o600
    assert [one.name for one in (tmp_path / "new").iterdir()] == ["a.py"]
