"""What real editors say at their start, and what each of them gets for it.

``clients/*.json`` are the parameters of ``initialize`` as they were recorded (``--trace-file``) of VS Code 1.139
(code-server) and Neovim 0.11 with our clients, and of Emacs 28 with eglot; paths and process numbers were taken out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Editor, Json, line_position

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENTS = Path(__file__).parent / "clients"


@dataclass(frozen=True)
class Client:
    name: str
    encoding: str
    has_document_changes: bool
    watches: bool
    shows_results: bool


VS_CODE = Client("vscode", "utf-16", has_document_changes=True, watches=True, shows_results=True)
NEOVIM = Client("neovim", "utf-8", has_document_changes=False, watches=False, shows_results=True)
EMACS = Client("emacs", "utf-16", has_document_changes=True, watches=True, shows_results=False)


def recorded(name: str, root: Path) -> Json:
    text = (CLIENTS / f"{name}.json").read_text(encoding="utf-8")
    params: Json = json.loads(text.replace("file:///project", root.as_uri()).replace("/project", str(root)))
    return params


@pytest.fixture(params=[VS_CODE, NEOVIM, EMACS], ids=lambda client: client.name)
def client(request: pytest.FixtureRequest) -> Client:
    chosen: Client = request.param
    return chosen


@pytest.fixture
def editor(client: Client, root: Path) -> Iterator[Editor]:
    with Editor(root, recorded=recorded(client.name, root), settings=lambda _asked: [None]) as started:
        yield started


def spec_of(editor: Editor) -> Path:
    return editor.folders[0] / "docs/design.md"


def settled(editor: Editor) -> None:
    """Wait for the end of the work without a command, whose result may be shown."""
    editor.wait(
        lambda: (told := editor.notifications("vt-lsp/status")) and told[-1]["quiescent"] and told[-1]["drifts"],
        "the end of the scan",
    )


def lists_of(editor: Editor, path: Path) -> list[list[str]]:
    """Each list that was published of a file, as codes."""
    return [
        [item["code"] for item in params["diagnostics"]]
        for _, params in editor.published
        if params["uri"] == path.as_uri()
    ]


def files_watched(pid: int) -> int:
    """Number of folders that a process watches itself."""
    files = Path(f"/proc/{pid}/fdinfo").iterdir()
    return sum(line.startswith("inotify") for file in files for line in file.read_text().splitlines())


def registered(editor: Editor) -> list[str]:
    asked = editor.notifications("client/registerCapability")
    return [one["method"] for params in asked for one in params["registrations"]]


def test_no_machine_is_named_in_the_records() -> None:
    for file in CLIENTS.iterdir():
        params = json.loads(file.read_text(encoding="utf-8"))
        assert params["processId"] is None
        paths = {text for text in strings(params) if text.startswith(("/", "file:"))}
        assert {path.rstrip("/") for path in paths} <= {"/project", "file:///project"}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(one)


def test_the_agreed_encoding_is_the_clients(client: Client, editor: Editor) -> None:
    assert editor.capabilities["positionEncoding"] == client.encoding
    editor.open(spec_of(editor))
    settled(editor)
    (reopen,) = [item for item in editor.shown(spec_of(editor)) if item["code"] == "missing-member"]
    assert reopen["range"]["start"] == line_position(sample.SPEC, "OrderBook.reopen", client.encoding)


def test_diagnostics_come_one_way_and_once(editor: Editor) -> None:
    """Trap 6: VS Code and Neovim would show a second copy of what they also pull."""
    assert "diagnosticProvider" not in editor.capabilities
    assert "textDocument/diagnostic" not in registered(editor)
    spec = spec_of(editor)
    editor.open(spec)
    settled(editor)
    editor.request("vt-lsp/specs", {})
    full = sorted(kind for _, kind in sample.DRIFT)
    assert [sorted(codes) for codes in lists_of(editor, spec) if codes].count(full) == 1
    editor.change(spec, sample.SPEC.replace("reopen", "cancel"))
    editor.wait(lambda: len(editor.shown(spec)) == 2, "the drift to go")
    published = lists_of(editor, spec)
    assert all(one != other for one, other in pairwise(published))


def test_edits_come_as_the_client_can_take_them(client: Client, editor: Editor) -> None:
    spec = spec_of(editor)
    editor.open(spec)
    settled(editor)
    shown = next(item for item in editor.shown(spec) if item["code"] == "constant-value")
    params = {"textDocument": {"uri": spec.as_uri()}, "range": shown["range"], "context": {"diagnostics": [shown]}}
    offered = [one for one in editor.request("textDocument/codeAction", params) if "command" not in one]
    edits = [one["edit"] if "edit" in one else editor.request("codeAction/resolve", one)["edit"] for one in offered]
    assert edits
    for edit in edits:
        assert ("documentChanges" in edit, "changes" in edit) == (
            client.has_document_changes,
            not client.has_document_changes,
        )
        if client.has_document_changes:
            for change in edit["documentChanges"]:
                of = change["textDocument"]
                assert of["version"] == (1 if of["uri"] == spec.as_uri() else None), "only one is open"


@pytest.mark.parametrize("kept", [["data", "source", "code"], ["source", "code"], ["code"], None])
def test_quick_fixes_for_clients_that_send_little_back(editor: Editor, kept: list[str] | None) -> None:
    """Vim with ALE keeps code, message and range of a diagnostic; a cursor without a diagnostic sends none."""
    settled(editor)
    for path in (spec_of(editor), editor.folders[0] / "src/shop/book.py"):
        editor.open(path)
        editor.request("vt-lsp/specs", {})
        for shown in editor.shown(path):
            start = shown["range"]["start"]
            told = [] if kept is None else [{key: shown[key] for key in ("range", "message", *kept)}]
            where = {"start": start, "end": start} if kept is None else shown["range"]
            params = {"textDocument": {"uri": path.as_uri()}, "range": where, "context": {"diagnostics": told}}
            actions = editor.request("textDocument/codeAction", params)
            assert {action["diagnostics"][0]["data"] for action in actions} == {shown["data"]}
            assert "Ignore this drift here" in {action["title"] for action in actions}


def test_no_quick_fix_where_nothing_is_shown(editor: Editor) -> None:
    settled(editor)
    spec = spec_of(editor)
    editor.open(spec)
    foreign = {"range": editor.shown(spec)[0]["range"], "message": "typo", "source": "spell"}
    nowhere = {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 0}}
    for where, told in ((nowhere, []), (foreign["range"], [foreign]), (nowhere, [{"range": nowhere, "message": "x"}])):
        params = {"textDocument": {"uri": spec.as_uri()}, "range": where, "context": {"diagnostics": told}}
        assert editor.request("textDocument/codeAction", params) == []


@pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="reads /proc")
def test_we_watch_and_the_client_too_where_it_can(client: Client, editor: Editor) -> None:
    settled(editor)
    assert registered(editor).count("workspace/didChangeWatchedFiles") == client.watches
    editor.wait(lambda: files_watched(editor.process.pid) > 0, "our own watcher")


def told_by_the_watcher(editor: Editor, new: Path) -> None:
    editor.tell(new, kind=1)


def told_twice(editor: Editor, new: Path) -> None:
    """VS Code tells of a file that it makes itself by its watcher and as an operation; of each it may do so again."""
    editor.notify("workspace/didCreateFiles", {"files": [{"uri": new.as_uri()}]})
    editor.tell(new, kind=1)
    editor.tell(new, kind=2)


@pytest.mark.parametrize("tell", [told_by_the_watcher, told_twice])
def test_a_change_on_disk_is_published_once(
    client: Client, editor: Editor, tell: Callable[[Editor, Path], None]
) -> None:
    settled(editor)
    new = editor.folders[0] / "docs/new.md"
    new.write_text("# New\n\nUse `OrderBook.vanished()`.\n")
    if client.watches:
        tell(editor, new)
    editor.wait(lambda: editor.codes(new) == [(3, "missing-member")], "the new document")
    editor.request("vt-lsp/specs", {})
    again = editor.folders[0] / "docs/again.md"  # what comes after the second word of the first file
    again.write_text("# Again\n\nUse `OrderBook.vanished()`.\n")
    if client.watches:
        tell(editor, again)
    editor.wait(lambda: editor.codes(again), "the other one")
    assert lists_of(editor, new) == [["missing-member"]]


def test_results_are_shown_by_one_side(client: Client, editor: Editor) -> None:
    settled(editor)
    editor.command("showCompliance")
    editor.request("vt-lsp/specs", {})
    if client.shows_results:
        assert editor.notifications("window/showMessage") == editor.notifications("window/showDocument") == []
    else:  # eglot opens no documents for a server
        editor.wait(lambda: editor.notifications("window/showMessage"), "a message")
