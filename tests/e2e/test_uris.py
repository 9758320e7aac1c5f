"""All spellings of one document are one key, and answers keep the client's spelling (trap 11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vt_lsp.server.uris import below, from_path, relative, to_path, uri_key

SAME = [
    # platform, spellings of one file
    (
        "win32",
        ["file:///c:/x/a.md", "file:///C:/x/a.md", "file:///c%3A/x/a.md", "file:///C%3a/x/a.md", "file://c:/x/a.md"],
    ),
    ("win32", ["file:///c:/x/a%20b.md", "file:///C:/x/a b.md", "file:///c%3A/x%2Fa%20b.md"]),
    ("win32", ["file://server/share/a.md", "file://SERVER/share/a.md"]),
    ("linux", ["file:///x/a.md", "file://localhost/x/a.md", "file:///x/%61.md", "file:/x/a.md", "FILE:///x/a.md"]),
    ("linux", ["file:///x/a%23b.md", "file:///x/a#b.md"]),
    ("linux", ["file:///x/a%3Fb.md", "file:///x/a?b.md"]),
    ("linux", ["file:///x/%C3%A9.md", "file:///x/é.md", "file:///x/%c3%a9.md"]),
    ("linux", ["file:///x/%F0%9F%98%80.md", "file:///x/😀.md"]),
    ("linux", ["file:///x/a+b(c)[d].md", "file:///x/a%2Bb%28c%29%5Bd%5D.md"]),
    ("darwin", ["file:///x/%C3%A9.md", "file:///x/e%CC%81.md"]),
]
DIFFERENT = [
    ("linux", "file:///x/A.md", "file:///x/a.md"),
    ("linux", "file:///x/a%2520b.md", "file:///x/a%20b.md"),
    ("linux", "file:///x/%C3%A9.md", "file:///x/e%CC%81.md"),
    ("linux", "file:///C:/x", "file:///c:/x"),
    ("linux", "untitled:Untitled-1", "untitled:Untitled-2"),
    ("win32", "file:///c:/x/a.md", "file:///d:/x/a.md"),
]


@pytest.mark.parametrize(("platform", "spellings"), SAME)
def test_spellings_of_one_file_are_one_key(platform: str, spellings: list[str]) -> None:
    assert len({uri_key(uri, platform) for uri in spellings}) == 1


@pytest.mark.parametrize(("platform", "one", "other"), DIFFERENT)
def test_different_files_stay_apart(platform: str, one: str, other: str) -> None:
    assert uri_key(one, platform) != uri_key(other, platform)


@pytest.mark.parametrize(
    ("uri", "platform", "path"),
    [
        ("file:///home/a%23b%20%25.md", "linux", "/home/a#b %.md"),
        ("file:///c%3A/Users/x", "win32", "c:/Users/x"),
        ("file:///c:", "win32", "c:/"),
        ("file:///c|/x", "win32", "c:/x"),
        ("file://server/share", "win32", "//server/share"),
        ("file:///", "linux", "/"),
        ("file:///x/%FF.md", "linux", "/x/\udcff.md"),
        ("untitled:Untitled-1", "linux", None),
        ("git:/x/a.md?ref", "linux", None),
        ("vscode-notebook-cell:/x/a.ipynb#W0", "linux", None),
        ("file:///x/a%00b", "linux", None),
        ("", "linux", None),
        ("nonsense", "linux", None),
    ],
)
def test_paths_of_uris(uri: str, platform: str, path: str | None) -> None:
    assert to_path(uri, platform) == path


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_there_and_back(name: str) -> None:
    path = "/root/" + name
    assert to_path(from_path(path), "linux") == path
    assert to_path(below("file:///root", name), "linux") == path


def test_below_keeps_the_spelling_of_the_folder() -> None:
    assert below("file:///c%3A/my%20repo/", "docs/a b#1.md") == "file:///c%3A/my%20repo/docs/a%20b%231.md"


@pytest.mark.parametrize(
    ("path", "root", "expected"),
    [
        ("/r/a", "/r", "a"),
        ("/r", "/r", ""),
        ("/rest/a", "/r", None),
        ("/a", "/", "a"),
        ("c:/r/a/b", "c:/r/", "a/b"),
    ],
)
def test_relative(path: str, root: str, expected: str | None) -> None:
    assert relative(path, root) == expected
