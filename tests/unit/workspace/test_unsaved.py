"""New files are picked by the rules of the walk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vt_lsp.workspace.discovery import discover, would_pick
from vt_lsp.workspace.unsaved import Unsaved

if TYPE_CHECKING:
    from pathlib import Path

FILES = [
    *("README.md", "src/a.py", "src/b.pyi", "src/notes.txt", "docs/page.md", "docs/deep/er/page.mdx"),
    *("vendor/x.py", "node_modules/p/readme.md", ".venv/lib/a.py", ".hidden/a.md", ".kiro/specs/a.md", ".github/x.md"),
    *(
        "ignored/a.md",
        "ignored/kept/b.md",
        "docs/skip.md",
        "docs/kept.md",
        "excluded/a.py",
        "build/lib/x.py",
        "build/y.py",
    ),
    *("tests/data/a.md", "tests/data/a.py", ".github/ISSUE_TEMPLATE/bug.md", "nested/a.md", "nested/deep/a.py"),
    *("env/a.py", "pkg.egg-info/a.md", "vendor/mine/a.md"),
]
INCLUDE, EXCLUDE = ("vendor/mine/", "ignored/kept/*.md"), ("excluded/", "docs/kep?.md")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("ignored/\n*.tmp.md\n")
    (tmp_path / "docs/.gitignore").write_text("skip*\n")
    (tmp_path / "nested/.git").mkdir()
    (tmp_path / "env/pyvenv.cfg").write_text("")
    return tmp_path


def test_a_file_is_picked_where_a_walk_would_pick_it(tree: Path) -> None:
    listing = discover(tree, INCLUDE, EXCLUDE)
    picked = {path for path in FILES if would_pick(tree, path, INCLUDE, EXCLUDE)}
    assert picked == {*listing.code, *listing.specs}
    assert 5 < len(picked) < len(FILES) - 5


def test_a_file_comes_and_goes_with_the_editor(tree: Path) -> None:
    unsaved = Unsaved(tree, INCLUDE, EXCLUDE)
    walked = discover(tree, INCLUDE, EXCLUDE)
    assert unsaved.added_to(walked) is walked
    assert unsaved.opened("src/new.py")
    assert not unsaved.opened("src/new.py")
    assert not unsaved.opened("vendor/new.py")
    assert set(unsaved.added_to(walked).code) - set(walked.code) == {"src/new.py"}
    (tree / "src/new.py").touch()
    assert not unsaved.closed("src/new.py")  # saved
    unsaved.walked(discover(tree, INCLUDE, EXCLUDE), frozenset())
    assert "src/new.py" not in unsaved
    assert unsaved.opened("docs/new.md")
    assert unsaved.closed("docs/new.md")
    assert unsaved.added_to(walked) is walked
