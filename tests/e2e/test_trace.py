"""The record of a session: it tells the same story again, and no secret (``--trace-file``)."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import stat
import subprocess
from typing import TYPE_CHECKING, Any

import fake_editor
import pytest
import sample
from fake_editor import Connection, Editor, Json, line_position, running, server_command, server_env

if TYPE_CHECKING:
    from pathlib import Path

INITIALIZE: Json = {"processId": None, "capabilities": {}}
PUBLISH = "textDocument/publishDiagnostics"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "alice").mkdir()
    return tmp_path / "alice"


@pytest.fixture
def record(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that editors of this test let their server write."""
    monkeypatch.setattr(fake_editor, "server_command", lambda: server_command("--trace-file", str(home / "trace")))
    return home / "trace"


def lines(record: Path) -> list[Json]:
    return [json.loads(line) for line in record.read_text().splitlines()]


def messages(record: Path, source: str) -> list[Any]:
    return [line["message"] for line in lines(record) if line.get("from") == source]


def edit_for_a_while(editor: Editor, root: Path) -> None:
    spec, book = root / "docs/design.md", root / "src/shop/book.py"
    editor.open(spec)
    editor.open(book)
    editor.settle()
    start = line_position(sample.SPEC, "100")
    end = {**start, "character": start["character"] + 3}
    editor.notify(  # a range, as editors send it, and a non-BMP character before the next
        "textDocument/didChange",
        {
            "textDocument": {"uri": spec.as_uri(), "version": 2},
            "contentChanges": [
                {"range": {"start": start, "end": end}, "text": "250"},
                {"range": {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 0}}, "text": "😀 "},
                {"range": {"start": {"line": 2, "character": 2}, "end": {"line": 2, "character": 3}}, "text": ""},
            ],
        },
    )
    editor.settle()
    editor.change(book, sample.BOOK.replace("def cancel", "def revoke"))
    editor.settle()


def replay(record: Path, home: Path) -> dict[str, Any]:
    """What a fresh server publishes for each document when it hears the recorded client."""
    text = re.sub(r"(?<=file://)~", str(home), record.read_text())
    said = [json.loads(line) for line in text.splitlines()]
    shown: dict[str, Any] = {}
    with running(stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=server_env(home / "other")) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        server = Connection(process.stdout, process.stdin)
        server._next = 1_000_000  # beside the recorded numbers
        for message in (line["message"] for line in said if line.get("from") == "client"):
            if message.get("method") not in {"shutdown", "exit"} and "result" not in message:
                server.send(message)
        status = {"command": "vt-lsp.showStatus", "arguments": []}
        server.wait(lambda: server.request("workspace/executeCommand", status)["quiescent"], "rest")
        for params in server.notifications(PUBLISH):
            shown[params["uri"]] = params["diagnostics"]
    return {uri: items for uri, items in shown.items() if items}


def test_the_record_of_a_session_can_be_played_again(home: Path, record: Path) -> None:
    root = sample.make(home / "project")
    with Editor(root, home=home) as editor:
        edit_for_a_while(editor, root)
        shown = {uri: items for uri, items in editor.diagnostics.items() if items}
        assert editor.codes(root / "docs/design.md") == [
            (7, "missing-member"),
            (11, "signature-mismatch"),
            (16, "missing-member"),
        ]
    assert replay(record, home) == shown


def test_the_record_holds_both_sides_in_order_and_no_home(home: Path, record: Path) -> None:
    root = sample.make(home / "project")
    with Editor(root, home=home) as editor:
        edit_for_a_while(editor, root)
        received = [message["method"] for _, message in editor.received]
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    first, *_ = lines(record)
    assert first["record"] == "vt-lsp"
    methods = [message.get("method") for message in messages(record, "client")]
    assert methods[:4] == ["initialize", "initialized", "textDocument/didOpen", "textDocument/didOpen"]
    assert methods[-2:] == ["shutdown", "exit"]
    assert [message["method"] for message in messages(record, "server") if "method" in message] == received
    asked = [message["id"] for message in messages(record, "client") if "id" in message and "method" in message]
    assert asked == [message["id"] for message in messages(record, "server") if "method" not in message]
    assert str(home) not in record.read_text()
    assert "file://~/project/docs/design.md" in record.read_text()


# Put together here, so that no scanner takes this file for a leak.
IN_CODE = "correcthorse" + "batterystaple"
IN_SPEC = "sk-ant-" + "api03-" + "Zx9" * 12
IN_OPTIONS = "hunter2" + "hunter2"
IN_FILE = "never-opened-" + "but-shown"


@pytest.fixture
def with_secrets(home: Path) -> Path:
    root = sample.make(home / "project")
    (root / "src/shop/keys.py").write_text(f'API_KEY = "{IN_CODE}"\nDB_PASSWORD = "{IN_FILE}"\n')
    (root / "docs/keys.md").write_text(
        "# Keys\n\nSee `src/shop/keys.py`.\n\n"
        f'- `API_KEY = "{IN_SPEC}"` for the service.\n- `DB_PASSWORD = "changeme-please"` for the tests.\n'
    )
    return root


def test_no_secret_is_in_the_record(home: Path, record: Path, with_secrets: Path) -> None:
    code, spec = with_secrets / "src/shop/keys.py", with_secrets / "docs/keys.md"
    options = {"apiToken": IN_OPTIONS, "headers": {"Authorization": f"Basic {IN_OPTIONS}"}}
    with Editor(with_secrets, home=home, options=options) as editor:
        editor.open(spec)
        editor.settle()
        said = json.dumps(editor.diagnostics)
        assert IN_FILE in said  # the editor is told, of course
        assert IN_SPEC in said
        text = spec.read_text()
        for name in ("API_KEY", "DB_PASSWORD"):
            where = {"textDocument": {"uri": spec.as_uri()}, "position": line_position(text, name)}
            said += json.dumps(editor.request("textDocument/hover", where))
            said += json.dumps(editor.request("textDocument/definition", where))
        for item in editor.shown(spec):
            said += json.dumps(editor.command("showDiff", item["data"]))
        editor.open(code)
        editor.change(code, code.read_text() + f'password = os.environ.get("PASSWORD", "{IN_OPTIONS}")\n')
        editor.send("not a message, but api_key = '" + IN_OPTIONS + "'")
        editor.settle()
        assert IN_CODE in said
    kept = record.read_text()
    assert not [secret for secret in (IN_CODE, IN_SPEC, IN_OPTIONS, IN_FILE) if secret in kept]
    assert kept.count("[left out]") > 8
    assert "textDocument/hover" in kept
    assert "not a message" in kept


def test_a_body_that_is_no_json_stands_as_text(home: Path, record: Path) -> None:
    with Editor(sample.make(home / "project"), home=home) as editor:
        assert editor.process.stdin is not None
        editor.process.stdin.write(b"Content-Length: 9\r\n\r\n{broken: ")
        editor.process.stdin.flush()
        editor.settle()
    assert "{broken: " in messages(record, "client")


@pytest.mark.parametrize("where", ["no/such/folder/trace", "."])
def test_a_record_that_cannot_be_written_is_a_line_in_the_log_and_no_more(
    home: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    arguments = ("--trace-file", str(home / where), "--log-file", str(home / "log"))
    monkeypatch.setattr(fake_editor, "server_command", lambda: server_command(*arguments))
    root = sample.make(home / "project")
    with Editor(root, home=home) as editor:
        editor.open(root / "docs/design.md")
        editor.settle()
        assert editor.codes(root / "docs/design.md") == sample.DRIFT
        assert not editor.notifications("window/showMessage")
    assert (home / "log").read_text().count("the record of the session ends") == 1


def port_of(process: subprocess.Popen[bytes]) -> int:
    assert process.stderr is not None
    return int(process.stderr.readline().rpartition(b":")[2])


def test_the_record_of_a_session_over_tcp(home: Path) -> None:
    arguments = ("--tcp", "--port", "0", "--trace-file", str(home / "trace"))
    with running(*arguments, stderr=subprocess.PIPE, env=server_env(home)) as process:
        link = socket.create_connection(("127.0.0.1", port_of(process)), timeout=10)
        with link, link.makefile("rb") as reader, link.makefile("wb") as writer:
            client = Connection(reader, writer)
            client.request("initialize", INITIALIZE)
            client.request("shutdown")
            client.notify("exit")
            assert process.wait(30) == 0
    assert [message["method"] for message in messages(home / "trace", "client")] == ["initialize", "shutdown", "exit"]
    assert [message["id"] for message in messages(home / "trace", "server")] == [1, 2]


def test_the_record_of_a_session_over_a_websocket(home: Path) -> None:
    websockets = pytest.importorskip("websockets")

    async def talk(port: int) -> None:
        async with websockets.connect(f"ws://127.0.0.1:{port}", origin=None) as link:
            await link.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}))
            assert "capabilities" in json.loads(await link.recv())["result"]

    arguments = ("--ws", "--port", "0", "--trace-file", str(home / "trace"))
    with running(*arguments, stderr=subprocess.PIPE, env=server_env(home)) as process:
        asyncio.run(talk(port_of(process)))
        process.wait(30)
    assert [message["method"] for message in messages(home / "trace", "client")] == ["initialize"]
    assert [message["id"] for message in messages(home / "trace", "server")] == [1]


def test_the_word_server_is_not_needed(home: Path) -> None:
    *command, word = server_command()
    assert word == "server"
    command += ["--trace-file", str(home / "trace")]
    done = subprocess.run(command, input=b"", env=server_env(home), timeout=30, check=False)
    assert done.returncode == 1  # the client hung up
    assert len(lines(home / "trace")) == 1
