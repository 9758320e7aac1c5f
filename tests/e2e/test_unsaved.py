"""What is open in the editor and not on disk: new files count from the first letter, drafts without a place do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fake_editor import Editor, fresh

if TYPE_CHECKING:
    from pathlib import Path

NEW_SPEC = "# More\n\nCall `OrderBook.reopen()`; see `src/shop/book.py`.\n"
DRIFT = [(3, "missing-member")]


def specs(editor: Editor) -> list[str]:
    return [one["path"] for one in editor.request("vt-lsp/specs", {})["folders"][0]["specs"]]


@pytest.mark.parametrize("name", ["docs/new.md", "new folder/deep/new.md"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_new_spec_is_judged_as_soon_as_it_is_open(root: Path, name: str, moment: str) -> None:
    new = root / name
    with Editor(root) as editor:
        if moment == "after":  # the scan
            editor.settle()
        editor.open(new, NEW_SPEC)
        editor.settle()
        assert editor.codes(new) == DRIFT
        assert specs(editor) == sorted(["docs/design.md", name])
        editor.change(new, NEW_SPEC.replace("reopen", "cancel"))
        editor.settle()
        assert editor.codes(new) == []
        editor.change(new, NEW_SPEC)
        editor.rescan()
        assert editor.codes(new) == DRIFT
        assert fresh(editor) == editor.everything()
        editor.close(new)
        editor.settle()
        assert editor.codes(new) == []
        assert specs(editor) == ["docs/design.md"]
        assert fresh(editor) == editor.everything()


def test_a_new_module_is_judged_as_soon_as_it_is_open(root: Path) -> None:
    spec, new = root / "docs/design.md", root / "src/shop/stock.py"
    spec.write_text("# Stock\n\nSee `src/shop/stock.py`.\n\n`shop.stock.count(item)` and `MOST = 7`.\n")
    with Editor(root) as editor:
        editor.settle()
        assert editor.codes(spec) == [(3, "missing-file")]
        editor.open(new, "MOST = 8\n\n\ndef count(item: str) -> int: ...\n")
        editor.settle()
        assert editor.codes(spec) == [(5, "constant-value")]
        assert editor.codes(new) == [(1, "constant-value")]
        editor.close(new)
        editor.settle()
        assert editor.codes(spec) == [(3, "missing-file")]
        assert editor.codes(new) == []


@pytest.mark.parametrize("is_fast", [True, False])
@pytest.mark.parametrize("is_told", [True, False])
def test_a_new_spec_that_is_saved_stays(
    root: Path,
    is_told: bool,  # noqa: FBT001 - a case of the table
    is_fast: bool,  # noqa: FBT001 - the same
) -> None:
    new = root / "docs/new.md"
    with Editor(
        root, capabilities={"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": is_told}}}
    ) as editor:
        editor.settle()
        editor.open(new, NEW_SPEC)
        if not is_fast:  # else it is saved before the server has heard of it
            editor.settle()
        new.write_text(NEW_SPEC)
        editor.notify("textDocument/didSave", {"textDocument": {"uri": new.as_uri()}})
        if is_told:
            editor.tell(new, kind=1)
        editor.settle()
        editor.close(new)
        editor.settle()
        assert editor.codes(new) == DRIFT
        editor.rescan()
        assert editor.codes(new) == DRIFT
        new.unlink()
        if is_told:
            editor.tell(new, kind=3)
        editor.wait(lambda: not editor.codes(new), "the drift to go with the file")
        assert specs(editor) == ["docs/design.md"]


@pytest.mark.parametrize(
    "name",
    [
        "node_modules/x/new.md",
        ".venv/new.md",
        "built/new.md",
        "docs/skipped.md",
        "left/out.md",
        "notes.txt",
        "other/new.md",
    ],
)
def test_a_new_file_where_none_is_read_is_silent(root: Path, name: str) -> None:
    (root / ".gitignore").write_text("built/\n")
    (root / "docs/.gitignore").write_text("skipped.*\n")
    (root / "vt-lsp.toml").write_text('exclude = ["left/"]\n')
    (root / "other/.git").mkdir(parents=True)
    new = root / name
    with Editor(root) as editor:
        editor.settle()
        editor.open(new, NEW_SPEC)
        editor.change(new, f"{NEW_SPEC}\n")
        editor.settle()
        assert editor.codes(new) == []
        assert specs(editor) == ["docs/design.md"]


def test_a_new_file_behind_a_link_is_silent(root: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (root / "linked").symlink_to(tmp_path / "outside")
    with Editor(root) as editor:
        editor.settle()
        editor.open(root / "linked/new.md", NEW_SPEC)
        editor.settle()
        assert specs(editor) == ["docs/design.md"]


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "untitled:/draft.md", "git:/shop/docs/design.md?%7B%7D"])
def test_a_draft_without_a_place_is_silent(root: Path, uri: str) -> None:
    """Where it will lie decides what its names and paths mean; until then, any drift would be a guess."""
    with Editor(root) as editor:
        item = {"uri": uri, "languageId": "markdown", "version": 1, "text": NEW_SPEC}
        editor.notify("textDocument/didOpen", {"textDocument": item})
        change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": NEW_SPEC * 2}]}
        editor.notify("textDocument/didChange", change)
        assert editor.settle()["health"] == "ok"
        for method in ("hover", "definition", "references"):
            params = {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 8}, "context": {}}
            if method == "references":
                params["context"] = {"includeDeclaration": True}
            assert editor.request(f"textDocument/{method}", params) is None
        editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        editor.settle()
        assert uri not in editor.diagnostics
        assert editor.notifications("window/showMessage") == []
