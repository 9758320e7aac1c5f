"""What is shown is always what a server that starts now would show; and what the session costs."""

from __future__ import annotations

import json
import random
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Connection, Editor, Json, RpcError, fresh

from vt_lsp.code.python import read

if TYPE_CHECKING:
    from collections.abc import Callable

GONE = "# Notes\n\nUse `OrderBook.vanished()`.\n"
WATCHING = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return sample.make(tmp_path / "shop")


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
    files = list(Path(f"/proc/{pid}/fdinfo").iterdir())
    return sum(line.startswith("inotify") for file in files for line in file.read_text().splitlines())


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


def test_a_storm_of_edits_costs_few_checks_and_loses_none(root: Path) -> None:
    spec = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(spec)
        before = editor.settle()["recomputes"]
        start = time.monotonic()
        for n in range(300):
            version = editor.change(spec, "\n" * (n % 7) + sample.SPEC)
            time.sleep(max(0.0, start + (n + 1) * 0.01 - time.monotonic()))  # the pace of the storm
        sent = time.monotonic()
        lift = 299 % 7
        expected = [(line + lift, kind) for line, kind in sample.DRIFT]
        editor.wait(lambda: editor.codes(spec) == expected, "the diagnostics of the last version")
        last, params = [item for item in editor.published if item[1]["uri"] == spec.as_uri()][-1]
        assert params["version"] == version
        assert last - sent < 0.7
        assert editor.settle()["recomputes"] - before <= 15


def test_a_single_edit_is_answered_at_once(root: Path) -> None:
    spec = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(spec)
        editor.settle()
        took = []
        for n in range(1, 12):
            before = len(editor.published)
            time.sleep(0.06)  # the pace of a person
            start = time.monotonic()
            editor.change(spec, "\n" * n + sample.SPEC)
            editor.wait(lambda before=before: len(editor.published) > before, "a publish")  # type: ignore[misc]
            took.append(next(at for at, _ in editor.published[before:]) - start)
        assert sorted(took)[len(took) // 2] < 0.03  # no debounce; the true figure is in docs/performance.md


# ------------------------------------------------------------------------------------------- configuration (trap 9)

IGNORE: Json = {"ignore": ["constant-value"]}
LEFT = [item for item in sample.DRIFT if item[1] != "constant-value"]


@pytest.mark.parametrize(
    "options",
    [IGNORE, {"vt-lsp": IGNORE}, {"vt-lsp.ignore": ["constant-value"]}, {"severity": {"constant-value": "off"}}],
)
def test_settings_by_start_options(root: Path, options: Json) -> None:
    with Editor(root, options=options) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == LEFT


def test_settings_by_question(root: Path) -> None:
    asked: list[Any] = []

    def settings(params: Any) -> Any:
        asked.extend(params["items"])
        return [IGNORE for _ in params["items"]]

    with Editor(root, settings=settings) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == LEFT
        assert asked[0] == {"section": "vt-lsp", "scopeUri": root.as_uri()}


def test_settings_by_push_take_effect_without_restart(root: Path) -> None:
    with Editor(root) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        editor.notify("workspace/didChangeConfiguration", {"settings": {"vt-lsp": IGNORE}})
        editor.wait(lambda: editor.codes(root / "docs/design.md") == LEFT, "the new settings")
        editor.notify("workspace/didChangeConfiguration", {"settings": {"vt-lsp": {}}})
        editor.wait(lambda: editor.codes(root / "docs/design.md") == sample.DRIFT, "the old settings")


def test_a_push_makes_a_client_that_can_be_asked_be_asked(root: Path) -> None:
    current: list[Any] = [{}]
    with Editor(root, settings=lambda params: [current[0] for _ in params["items"]]) as editor:
        editor.settle()
        current[0] = IGNORE
        editor.notify("workspace/didChangeConfiguration", {"settings": None})
        editor.wait(lambda: editor.codes(root / "docs/design.md") == LEFT, "the new settings")


def test_the_client_wins_over_the_project(root: Path) -> None:
    (root / "vt-lsp.toml").write_text('ignore = ["signature-mismatch"]\n')
    with Editor(root) as editor:
        editor.settle()
        assert "signature-mismatch" not in {kind for _, kind in editor.codes(root / "docs/design.md")}
    with Editor(root, options=IGNORE) as editor:
        editor.settle()
        assert editor.codes(root / "docs/design.md") == LEFT


def test_the_projects_file_is_read_again(root: Path) -> None:
    file = root / "vt-lsp.toml"
    with Editor(root) as editor:
        editor.settle()
        file.write_text('ignore = ["constant-value"]\n')
        editor.tell(file, kind=1)
        editor.wait(lambda: editor.codes(root / "docs/design.md") == LEFT, "the new settings")


def test_a_wrong_value_is_one_warning_and_the_default(root: Path) -> None:
    options = {"diagnostics": "sometimes", "unheardOf": 1, "notifications": "onWarning"}
    with Editor(root, options=options) as editor:
        status = editor.settle()
        for _ in range(3):
            editor.notify("workspace/didChangeConfiguration", {"settings": {"vt-lsp": {"notifications": "onWarning"}}})
            editor.settle()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        messages = editor.notifications("window/showMessage")
        assert [message["type"] for message in messages] == [2]
        assert "diagnostics" in messages[0]["message"]
        assert any("unheardOf" in message for message in status["folders"][0]["settings"])


def test_the_log_goes_where_the_client_says(root: Path, tmp_path: Path) -> None:
    log = tmp_path / "logs/vt.log"
    with Editor(root, options={"logFile": str(log), "logLevel": "debug", "unheardOf": 1}) as editor:
        editor.settle()
    assert "unheardOf" in log.read_text()
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("mode", "is_shown_closed", "is_shown_open"), [("openFilesOnly", False, True), ("off", False, False)]
)
def test_diagnostics_only_where_they_are_wanted(
    root: Path,
    mode: str,
    is_shown_closed: bool,  # noqa: FBT001 - a case of the table
    is_shown_open: bool,  # noqa: FBT001 - the same
) -> None:
    spec = root / "docs/design.md"
    with Editor(root, options={"diagnostics": mode}) as editor:
        editor.settle()
        assert bool(editor.shown(spec)) == is_shown_closed
        editor.open(spec)
        editor.settle()
        assert bool(editor.shown(spec)) == is_shown_open
        assert not editor.shown(root / "src/shop/book.py")
        editor.close(spec)
        editor.settle()
        assert not editor.shown(spec)
        editor.notify("workspace/didChangeConfiguration", {"settings": {"vt-lsp": {"diagnostics": "workspace"}}})
        editor.wait(lambda: editor.codes(spec) == sample.DRIFT, "all diagnostics")


# ---------------------------------------------------------------------------------------------- several folders


def test_two_folders_do_not_mix(tmp_path: Path) -> None:
    one, other = sample.make(tmp_path / "one"), sample.make(tmp_path / "other")
    (one / "vt-lsp.toml").write_text('ignore = ["constant-value"]\n')
    (other / "src/shop/book.py").write_text(sample.BOOK.replace("250", "100"))
    with Editor(one, other) as editor:
        editor.settle()
        assert editor.codes(one / "docs/design.md") == LEFT
        assert editor.codes(other / "docs/design.md") == LEFT  # for another reason
        third = sample.make(tmp_path / "third")
        event = {"added": [{"uri": third.as_uri(), "name": "third"}], "removed": [{"uri": one.as_uri(), "name": "one"}]}
        editor.notify("workspace/didChangeWorkspaceFolders", {"event": event})
        editor.wait(lambda: editor.codes(third / "docs/design.md") == sample.DRIFT, "the added folder")
        editor.wait(lambda: not editor.shown(one / "docs/design.md"), "the removed folder to be silent")
        assert editor.codes(other / "docs/design.md") == LEFT


def test_the_innermost_folder_answers(tmp_path: Path) -> None:
    outer = sample.make(tmp_path / "outer")
    inner = sample.make(outer / "packages/inner")
    (inner / "src/shop").rename(inner / "src/store")
    for path in (inner / "src/store/book.py", inner / "docs/design.md"):
        text = path.read_text(encoding="utf-8").replace("OrderBook", "Ledger").replace("MAX_OPEN", "MOST_OPEN")
        path.write_text(text.replace("helper", "assist").replace("shop", "store"), encoding="utf-8")
    (inner / "vt-lsp.toml").write_text('ignore = ["constant-value"]\n')
    with Editor(outer, inner) as editor:
        editor.settle()
        assert editor.codes(inner / "docs/design.md") == LEFT
        assert editor.codes(outer / "docs/design.md") == sample.DRIFT
        assert len(editor.command("showCompliance")["folders"]) == 2


def test_files_outside_and_no_folder_are_silent(tmp_path: Path, root: Path) -> None:
    outside = tmp_path / "alone.md"
    outside.write_text(sample.SPEC)
    for folders in ((root,), ()):
        with Editor(*folders) as editor:
            editor.open(outside)
            editor.settle()
            assert editor.shown(outside) == []
            at = {"line": 6, "character": 3}
            params = {"textDocument": {"uri": outside.as_uri()}, "position": at}
            assert editor.request("textDocument/hover", params) is None
            item = {"uri": "untitled:Untitled-1", "languageId": "markdown", "version": 1, "text": sample.SPEC}
            editor.notify("textDocument/didOpen", {"textDocument": item})
            assert editor.settle()["health"] == "ok"


def test_a_file_opened_through_a_link_is_shown_by_its_own_name(tmp_path: Path, root: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    with Editor(root) as editor:
        editor.open(link / "docs/design.md")
        editor.settle()
        assert editor.codes(link / "docs/design.md") == sample.DRIFT
        assert editor.codes(root / "docs/design.md") == []


# ------------------------------------------------------------------------------------- progress, cancel, loop, memory


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("large")
    sample.make(root)
    body = "".join(f"def f{n}(a: int, b: str = 'x') -> None:\n    '''word{n}'''\n\n" for n in range(100))
    for n in range(1500):
        path = root / f"pkg{n % 30}" / f"m{n}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body.replace("word", f"w{n}_"))
    return root


def progress(editor: Connection) -> list[str]:
    return [params["value"]["kind"] for params in editor.notifications("$/progress")]


def test_the_first_scan_shows_progress_and_its_own_document_first(large: Path) -> None:
    spec = large / "docs/design.md"
    with Editor(large, capabilities={"window": {"workDoneProgress": True}}) as editor:
        example = "\n```python\nfrom shop.book import OrderBook\n```\n"  # says where to look, before all is read
        editor.open(spec, sample.SPEC + example)
        editor.wait(lambda: editor.codes(spec), "the first drift of the open document")
        assert not editor.command("showStatus")["quiescent"]  # long before the scan has ended
        editor.settle()
        assert editor.codes(spec) == sample.DRIFT
        kinds = progress(editor)
        assert kinds[0] == "begin"
        assert kinds[-1] == "end"
        assert "report" in kinds


def test_the_first_scan_can_be_cancelled_and_taken_up_again(large: Path) -> None:
    with Editor(large, capabilities={"window": {"workDoneProgress": True}}) as editor:
        editor.wait(lambda: "begin" in progress(editor), "the progress bar")
        token = editor.notifications("$/progress")[0]["token"]
        editor.notify("window/workDoneProgress/cancel", {"token": token})
        editor.wait(lambda: "end" in progress(editor), "the end of the scan")
        status = editor.settle()
        assert status["health"] == "warning"
        assert "cancelled" in status["message"]
        editor.rescan()
        assert editor.settle()["health"] == "ok"
        assert editor.codes(large / "docs/design.md") == sample.DRIFT


def test_a_cancelled_command_is_answered_soon_and_ends_its_work(large: Path) -> None:
    with Editor(large) as editor:
        editor.settle()
        number = editor.ask("workspace/executeCommand", {"command": "vt-lsp.checkWorkspace", "arguments": []})
        start = time.monotonic()
        editor.notify("$/cancelRequest", {"id": number})
        with pytest.raises(RpcError) as error:
            editor.result(number)
        assert error.value.code == -32800
        assert time.monotonic() - start < 0.1
        status = editor.settle()
        assert (status["drifts"], status["health"]) == (3, "ok")


def test_the_loop_is_never_held_up_by_the_scan(large: Path) -> None:
    with Editor(large) as editor:
        gaps = []
        status: list[Any] = []
        at = {"line": 0, "character": 0}
        while not status or not status[-1]["quiescent"]:
            start = time.monotonic()
            editor.request("textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": at})
            gaps.append(time.monotonic() - start)
            time.sleep(0.005)  # the pace of the ticker
            status = editor.notifications("vt-lsp/status")
        gaps.sort()
        assert gaps[int(len(gaps) * 0.99)] < 0.05
        assert gaps[-1] < 0.2


def longest_wait(editor: Editor, is_over: Callable[[], Any]) -> float:
    """Seconds that the slowest of many hovers took, asked until ``is_over``: how long the loop was held up."""
    longest = 0.0
    at = {"line": 0, "character": 0}
    while not is_over():
        start = time.monotonic()
        editor.request("textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": at})
        longest = max(longest, time.monotonic() - start)
        time.sleep(0.005)  # the pace of the ticker
    return longest


def test_a_large_file_does_not_hold_up_the_loop(root: Path) -> None:
    """Trap 2, with a file of 2 MB that comes and is written again; a spec waits for the constant at its end.

    A loop that read the file itself would be held up for all of the time that reading takes here, in the same run.
    """
    spec, big = root / "docs/design.md", root / "src/shop/big.py"
    method = "    def place(self, amount: int = 1, note: str = 'x') -> int:\n        return amount + len(note)\n\n"
    body = "".join(f"class Order{n}:\n    '''Order {n}.'''\n\n{method}" for n in range(16_000))
    assert len(body) > 2_000_000
    start = time.monotonic()
    read(body.encode(), "big.py")
    reading = time.monotonic() - start
    text = "# Big\n\nSee `src/shop/big.py`.\n\nThere is `MOST = 1`, and `Order7.place(amount)`.\n"
    spec.write_text(text, encoding="utf-8")
    with Editor(root, capabilities=WATCHING) as editor:
        editor.settle()
        for value, kind in ((2, 1), (1, 2), (3, 2)):
            big.write_text(f"{body}\nMOST = {value}\n")
            editor.tell(big, kind=kind)
            expected = [(5, "constant-value")] if value != 1 else []
            stall = longest_wait(editor, lambda expected=expected: editor.codes(spec) == expected)  # type: ignore[misc]
            assert stall < reading, (stall, reading)


def resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_memory_does_not_grow_with_edits(root: Path) -> None:
    spec, book = root / "docs/design.md", root / "src/shop/book.py"

    def edit(count: int) -> None:
        for n in range(count):
            path, text = ((spec, sample.SPEC), (book, sample.BOOK))[n % 2]
            editor.change(path, "\n" * (n % 5) + text)
            if n % 10 == 9:
                editor.command("showStatus")  # each tenth edit is computed for itself
        editor.settle()

    with Editor(root) as editor:
        editor.open(spec)
        editor.open(book)
        edit(1000)  # caches fill
        before = resident(editor.process.pid)
        edit(4000)
        growth = resident(editor.process.pid) - before
        assert growth * 5 < 10_240  # KiB, for the 20,000 edits of a long day


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
