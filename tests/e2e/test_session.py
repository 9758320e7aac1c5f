"""What is shown is always what a server that starts now would show; and what the session costs."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sample
from fake_editor import Editor, RpcError, fresh

if TYPE_CHECKING:
    from collections.abc import Callable

GONE = "# Notes\n\nUse `OrderBook.vanished()`.\n"
WATCHING = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}


# ------------------------------------------------------------------------------------------------- stale (trap 5)


def delete_code(editor: Editor, root: Path) -> None:
    (root / "src/shop/book.py").unlink()
    editor.tell(root / "src/shop/book.py", kind=3)


def delete_spec(editor: Editor, root: Path) -> None:
    (root / "docs/design.md").unlink()
    editor.tell(root / "docs/design.md", kind=3)


def rename_code(editor: Editor, root: Path) -> None:
    old, new = root / "src/shop/book.py", root / "src/shop/ledger.py"
    old.rename(new)
    files = [{"oldUri": old.as_uri(), "newUri": new.as_uri()}]
    editor.notify("workspace/didRenameFiles", {"files": files})


def move_folder(editor: Editor, root: Path) -> None:
    (root / "src/shop").rename(root / "src/store")
    editor.tell(root / "src/shop", kind=3)
    editor.tell(root / "src/store", kind=1)


def delete_folder(editor: Editor, root: Path) -> None:
    shutil.rmtree(root / "docs")
    editor.tell(root / "docs", kind=3)


def close_without_save(editor: Editor, root: Path) -> None:
    spec = root / "docs/design.md"
    editor.open(spec)
    editor.change(spec, GONE)
    editor.settle()
    assert editor.codes(spec) == [(3, "missing-member")]
    editor.close(spec)


def switch_branch(editor: Editor, root: Path) -> None:
    paths = []
    for n in range(200):
        path = root / f"docs/n{n}.md"
        path.write_text(GONE)
        paths.append(path)
    book = root / "src/shop/book.py"
    book.write_text(sample.BOOK.replace("cancel", "revoke"))
    editor.tell(*paths, book)


def new_spec(editor: Editor, root: Path) -> None:
    (root / "docs/new.md").write_text(GONE)
    editor.tell(root / "docs/new.md", kind=1)


def new_file_that_was_missing(editor: Editor, root: Path) -> None:
    spec = root / "docs/design.md"
    spec.write_text(sample.SPEC + "\nAlso `src/shop/store.py`.\n")
    editor.tell(spec)
    editor.settle()
    (root / "src/shop/store.py").write_text("")
    editor.tell(root / "src/shop/store.py", kind=1)


def change_language(editor: Editor, root: Path) -> None:
    spec = root / "docs/design.md"
    editor.open(spec)
    editor.close(spec)
    editor.open(spec)


def edit_code(editor: Editor, root: Path) -> None:
    book = root / "src/shop/book.py"
    editor.open(book)
    editor.change(book, "\n\n" + sample.BOOK.replace("validate_only", "dry_run").replace("cancel", "revoke"))


def ignored_file(editor: Editor, root: Path) -> None:
    (root / ".gitignore").write_text("build/\n")
    (root / "build").mkdir()
    (root / "build/x.md").write_text(GONE)
    editor.tell(root / ".gitignore", root / "build", root / "build/x.md", kind=1)


CHANGES = [
    delete_code,
    delete_spec,
    rename_code,
    move_folder,
    delete_folder,
    close_without_save,
    switch_branch,
    new_spec,
    new_file_that_was_missing,
    change_language,
    edit_code,
    ignored_file,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_nothing_stale_is_left(root: Path, change: Callable[[Editor, Path], None]) -> None:
    with Editor(root, capabilities=WATCHING) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        change(editor, root)
        expected = fresh(editor)
        editor.wait(lambda: editor.everything() == expected, f"what a fresh server shows after {change.__name__}")
        editor.settle()
        assert editor.everything() == expected


def test_our_own_watcher_sees_what_a_client_does_not_tell(root: Path) -> None:
    with Editor(root) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        editor.wait(lambda: watches(editor.process.pid) > 0, "the watcher")
        (root / "docs/design.md").unlink()
        (root / "docs/late.md").write_text(GONE)
        editor.wait(lambda: editor.codes(root / "docs/late.md") == [(3, "missing-member")], "the new document")
        expected = fresh(editor)
        editor.wait(lambda: editor.everything() == expected, "what a fresh server shows")


def watches(pid: int) -> int:
    """Number of folders that a process watches; 1 where that cannot be asked."""
    if not Path("/proc/self/fdinfo").exists():
        return 1
    found = 0
    for file in list(Path(f"/proc/{pid}/fdinfo").iterdir()):
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            found += sum(line.startswith("inotify") for line in file.read_text().splitlines())
    return found


def test_random_edits_end_where_a_fresh_server_starts(root: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - the same edits each time
    spec, book = root / "docs/design.md", root / "src/shop/book.py"
    words = ["cancel", "revoke", "place", "dry_run", "validate_only", "MAX_OPEN", "250", "100", "\n", "`", "#", "```"]
    with Editor(root) as editor:
        editor.open(spec)
        editor.open(book)
        for step in range(60):
            path = chance.choice((spec, book))
            text = editor.texts[path]
            at = chance.randrange(len(text) + 1)
            end = min(at + chance.choice((0, 0, 3, 12)), len(text))
            editor.change(path, text[:at] + chance.choice(words) + text[end:])
            if step % 20 == 19:
                editor.settle()
                assert editor.everything() == fresh(editor)


def test_equal_diagnostics_are_not_sent_again(root: Path) -> None:
    spec = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(spec)
        editor.settle()
        before = len(editor.published)
        editor.change(spec, sample.SPEC + "\nOne more line of prose.\n")
        editor.settle()
        editor.rescan()
        assert len(editor.published) == before


def test_open_documents_carry_their_version(root: Path) -> None:
    spec = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(spec)
        version = editor.change(spec, "\n" + sample.SPEC)
        editor.settle()
        last = [params for _, params in editor.published if params["uri"] == spec.as_uri()][-1]
        assert last["version"] == version
        assert editor.codes(spec) == [(line + 1, kind) for line, kind in sample.DRIFT]


@pytest.mark.parametrize("text", [sample.SPEC, "# Nothing to say\n"], ids=["drifts", "none"])
def test_each_opening_is_answered_with_diagnostics(root: Path, text: str) -> None:
    """A client forgets what it showed when it closes a document: Neovim does at ``:e``."""
    spec = root / "docs/design.md"
    spec.write_text(text, encoding="utf-8")
    with Editor(root) as editor:
        editor.open(spec)
        editor.settle()
        first = editor.shown(spec)
        for _ in range(3):
            editor.close(spec)
            editor.settle()
            before = len(editor.published)
            editor.open(spec)
            editor.settle()
            told = [params for _, params in editor.published[before:] if params["uri"] == spec.as_uri()]
            assert told == [{"uri": spec.as_uri(), "diagnostics": first, "version": 1}]


# ------------------------------------------------------------------------------------------------- typing (trap 8)


def hear(editor: Editor) -> None:
    """Wait until all that was sent is heard, with a question that itself brings nothing up to date."""
    with pytest.raises(RpcError):
        editor.request("vt-lsp/noSuchRequest")


def test_a_storm_of_edits_costs_few_checks_and_loses_none(root: Path) -> None:
    spec = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(spec)
        before = editor.settle()["recomputes"]
        sent = [time.monotonic()]
        for n in range(300):
            version = editor.change(spec, "\n" * (n % 7) + sample.SPEC)
            time.sleep(max(0.0, sent[0] + (n + 1) * 0.01 - time.monotonic()))  # the pace of the storm
            sent.append(time.monotonic())
        hear(editor)
        heard = time.monotonic()  # of all edits
        lift = 299 % 7
        expected = [(line + lift, kind) for line, kind in sample.DRIFT]
        editor.wait(lambda: editor.codes(spec) == expected, "the diagnostics of the last version")
        recomputes = editor.settle()["recomputes"] - before
        told = [(at, params["version"]) for at, params in editor.published if params["uri"] == spec.as_uri()]
        assert told[-1][1] == version
        assert len([at for at, _ in told if at > heard]) <= 2  # no backlog
        pauses = sum(after - at > 0.03 for at, after in pairwise(sent))  # a busy machine sends several small storms
        assert recomputes <= 15 * (sent[-1] - sent[0]) / 3 + pauses


def test_a_single_edit_is_answered_at_once(root: Path) -> None:
    spec = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(spec)
        editor.settle()
        at_once = 0
        for n in range(1, 12):
            before = len(editor.published)
            time.sleep(0.06)  # the pace of a person
            editor.change(spec, "\n" * n + sample.SPEC)
            hear(editor)
            at_once += len(editor.published) > before
            editor.wait(lambda before=before: len(editor.published) > before, "a publish")  # type: ignore[misc]
        assert at_once > 5  # no debounce, though a busy machine may once cut a check in two


# ------------------------------------------------------------------------------------------------- untrusted (trap 19)


def test_a_hostile_workspace_starts_nothing(root: Path, tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    evil = f"#!/bin/sh\ntouch {trace}\n"
    (root / ".vscode").mkdir()
    (root / ".vscode/settings.json").write_text(json.dumps({"vt-lsp.path": ["/bin/touch", str(trace)]}))
    (root / "vt-lsp.toml").write_text(f'path = ["/bin/touch", "{trace}"]\nlogFile = "{trace}"\n')
    for name in ("setup.py", "conftest.py", "sitecustomize.py", "typing.py", "json.py"):
        (root / name).write_text(f"open({str(trace)!r}, 'w')\n")
    hooks = root / ".git/hooks"
    hooks.mkdir(parents=True)
    (root / ".git/config").write_text(f"[core]\n\tfsmonitor = {tmp_path}/evil\n\tpager = {tmp_path}/evil\n")
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    (root / ".git/objects").mkdir()
    (root / ".git/refs").mkdir()
    for path in (tmp_path / "evil", hooks / "post-index-change"):
        path.write_text(evil)
        path.chmod(0o755)
    with Editor(root) as editor:
        editor.open(root / "setup.py")
        editor.open(root / "docs/design.md")
        editor.settle()
        editor.rescan()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
    assert not trace.exists()


def test_bad_files_are_named_and_the_rest_goes_on(root: Path) -> None:
    (root / "docs/binary.md").write_bytes(b"\x00\x01\x02")
    (root / "docs/latin.md").write_bytes("Crème `OrderBook.vanished()`\n".encode("latin-1"))
    (root / "src/shop/broken.py").write_text("def (:\n")
    (root / "docs/loop").symlink_to(root / "docs")
    (root / "docs/big.md").write_bytes(b"x\n" * 3_000_000)
    with Editor(root) as editor:
        status = editor.settle()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        left_out = {item["path"] for item in status["folders"][0]["not_analysed"]}
        assert {"docs/binary.md", "docs/big.md"} <= left_out
        assert "not analysed" in status["message"]
        for name in ("docs/binary.md", "docs/latin.md", "src/shop/broken.py"):
            editor.open(root / name, "still `here`\n")
        assert editor.settle()["health"] == "ok"
