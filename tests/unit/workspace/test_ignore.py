from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from vt_lsp.workspace.discovery import discover

if TYPE_CHECKING:
    from pathlib import Path

FILES = (
    *("a.py", "keep.py", "gen/a.py", "gen/keep.py", "gen/deep/b.md", "docs/a.md", "docs/_build2/x.md", "lib/a.py"),
    *(
        "lib/sub/gen/x.py",
        "sub/a.py",
        "sub/b.py",
        "sub/deep/a.py",
        "foo1bar.py",
        "x y.md",
        "#hash.md",
        "!bang.md",
        "ä.md",
    ),
    *("logs/x.md", "logs/keep/y.md", "cr.md", "trail.md", "[z.md"),
)


@pytest.mark.parametrize(
    ("top", "sub"),
    [
        ("gen/\n", ""),
        ("/gen\n", ""),
        ("*\n!*/\n!*.py\n", ""),
        ("gen/*\n!gen/keep.py\n", ""),
        ("gen/**\n!gen/keep.py\n", ""),
        ("**/gen\n", "*.py\n!b.py\n"),
        ("lib/**/x.py\n", "/a.py\n"),
        ("foo*bar.py\nx\\ y.md\n\\#hash.md\n\\!bang.md\n\u00e4.md\n", ""),
        ("*.md\n!docs/\n!docs/**\n", ""),
        ("logs/\n!logs/keep/\n", ""),
        ("logs/*\n!logs/keep/\n", ""),
        ("cr.md\r\ntrail.md   \n[z.md\n!\n", ""),
        ("# comment\n\n[ab].py\n!a.py\n", "deep\n"),
        ("\ufeffgen/\n", ""),
        ("sub/deep/\ndocs/*.md\n", "!deep/\n"),
    ],
)
def test_agrees_with_git(tmp_path: Path, top: str, sub: str) -> None:
    for name in FILES:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x = 1\n")
    (tmp_path / ".gitignore").write_bytes(top.encode())
    (tmp_path / "sub" / ".gitignore").write_bytes(sub.encode())
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z"]
    shown = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout.decode()
    expected = sorted(path for path in shown.split("\0") if path.endswith((".py", ".md")))
    listing = discover(tmp_path)
    assert sorted((*listing.code, *listing.specs)) == expected


def test_rules_outside_the_opened_folder_hold(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    root = tmp_path / "services" / "app"
    root.mkdir(parents=True)
    for name in ("a.py", "made.py", "local.py", "own.py"):
        (root / name).touch()
    (tmp_path / ".gitignore").write_text("/services/*/made.py\n")
    (tmp_path / "services" / ".gitignore").write_text("own.py\n")
    (tmp_path / ".git" / "info" / "exclude").write_text("local.py\n")
    assert discover(root).code == ("a.py",)


def test_an_ignored_folder_that_was_opened_is_read(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    root = tmp_path / "scratch" / "try"
    root.mkdir(parents=True)
    (root / "a.py").touch()
    (tmp_path / ".gitignore").write_text("scratch/\n")
    assert discover(root).code == ("a.py",)


def test_a_linked_work_tree_uses_the_excludes_of_its_repository(tmp_path: Path) -> None:
    main, linked = tmp_path / "main", tmp_path / "linked"
    main.mkdir()
    run = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*run, "init", "-q"], cwd=main, check=True)
    subprocess.run([*run, "commit", "-q", "--allow-empty", "-m", "x"], cwd=main, check=True)
    subprocess.run([*run, "worktree", "add", "-q", str(linked)], cwd=main, check=True, capture_output=True)
    (main / ".git" / "info" / "exclude").write_text("local.py\n")
    for name in ("a.py", "local.py"):
        (linked / name).touch()
    assert discover(linked).code == ("a.py",)
