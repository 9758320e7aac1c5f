"""One test for each gap of pygls that server/protocol.py closes, and for what clients send that nobody expects."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import PATIENCE, Connection, Editor, Json, RpcError, frame, never, running, server_env
from lsprotocol import types as lsp

from vt_lsp.server.app import Server
from vt_lsp.server.features import register
from vt_lsp.server.scan import _Progress
from vt_lsp.server.session import Folder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path


class Wire:
    """The server's end of a connection, in this process."""

    def __init__(self) -> None:
        self.sent: list[Json] = []
        self.server = Server()
        self.server.protocol.set_writer(self, include_headers=False)
        register(self.server)

    def write(self, data: bytes) -> None:
        self.sent.append(json.loads(data))

    def close(self) -> None: ...

    def send(self, method: str, params: object = None, number: int | str | None = None) -> None:
        message: Json = {"jsonrpc": "2.0", "method": method, "params": params}
        self.server.protocol.receive(json.dumps(message if number is None else message | {"id": number}).encode())

    def answer(self, number: int | str) -> Json:
        return next(message for message in self.sent if message.get("id") == number and "method" not in message)

    def popups(self) -> list[Json]:
        return [message["params"] for message in self.sent if message.get("method") == "window/showMessage"]

    def initialize(self, **capabilities: object) -> None:
        self.send("initialize", {"processId": None, "capabilities": capabilities}, 0)
        self.send("initialized", {})


def in_loop(test: Callable[[Wire], Awaitable[None]]) -> Callable[[], None]:
    def run() -> None:
        async def inside() -> None:
            await test(Wire())

        asyncio.run(inside())

    run.__name__ = test.__name__
    return run


@in_loop
async def test_futures_of_notifications_are_not_kept(wire: Wire) -> None:
    wire.initialize()
    item = {"uri": "file:///x.md", "languageId": "markdown", "version": 1, "text": ""}
    wire.send("textDocument/didOpen", {"textDocument": item})
    for version in range(2, 3000):
        identifier = {"uri": "file:///x.md", "version": version}
        wire.send("textDocument/didChange", {"textDocument": identifier, "contentChanges": [{"text": str(version)}]})
    await asyncio.sleep(0.05)
    assert len(wire.server.protocol._request_futures) <= 2
    assert wire.server.protocol._children == {}


@in_loop
async def test_cancelling_a_command_ends_its_coroutine(wire: Wire) -> None:
    ended = asyncio.Event()

    @wire.server.command("test.slow")
    async def _slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    wire.initialize()
    wire.send("workspace/executeCommand", {"command": "test.slow"}, 1)
    await asyncio.sleep(0.01)
    wire.send("$/cancelRequest", {"id": 1})
    await asyncio.wait_for(ended.wait(), 0.1)
    await asyncio.sleep(0)
    assert wire.answer(1)["error"]["code"] == lsp.LSPErrorCodes.RequestCancelled.value
    assert wire.server.protocol._request_futures == {}


@in_loop
async def test_an_answer_that_comes_too_late_is_no_error(wire: Wire) -> None:
    wire.initialize()
    asking = wire.server.window_show_message_request_async(
        lsp.ShowMessageRequestParams(lsp.MessageType.Info, "?", [lsp.MessageActionItem("Yes")])
    )
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asking, 0.01)
    number = next(m["id"] for m in wire.sent if m.get("method") == "window/showMessageRequest")
    answer = {"jsonrpc": "2.0", "id": number, "result": {"title": "Yes"}}
    wire.server.protocol.receive(json.dumps(answer).encode())
    assert wire.popups() == []
    assert wire.server.protocol._request_futures == {}


@in_loop
async def test_questions_that_nobody_answers_are_not_kept(wire: Wire) -> None:
    """Trap 3: 500 of them, each given up by whoever asked; the client then answers every tenth one, too late."""
    wire.initialize()
    for n in range(500):
        asking = wire.server.window_show_message_request_async(
            lsp.ShowMessageRequestParams(lsp.MessageType.Info, str(n), [lsp.MessageActionItem("Yes")])
        )
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asking, 0.001)
    asked = [m["id"] for m in wire.sent if m.get("method") == "window/showMessageRequest"]
    assert len(asked) == 500
    assert len(wire.server.protocol._request_futures) <= 2
    for number in asked[::10]:
        answer = {"jsonrpc": "2.0", "id": number, "result": {"title": "Yes"}}
        wire.server.protocol.receive(json.dumps(answer).encode())
    assert wire.popups() == []
    assert len(wire.server.protocol._request_futures) <= 2
    assert len(wire.server.protocol._result_types) <= 2


@in_loop
async def test_progress_bars_are_not_kept(wire: Wire) -> None:
    """Trap 3: 500 of them, of which the client shows every other one and never answers for the rest."""
    wire.initialize(window={"workDoneProgress": True})
    protocol, bars = wire.server.protocol, wire.server.work_done_progress
    folder = Folder("file:///shop", "/shop")
    shown = 0
    for n in range(500):
        bar = _Progress(wire.server.session, folder)
        await asyncio.sleep(0)
        if n % 2:
            protocol.receive(json.dumps({"jsonrpc": "2.0", "id": wire.sent[-1]["id"], "result": None}).encode())
            await asyncio.sleep(0.001)
            assert len(bars.tokens) == 1
            shown += 1
        bar.end()
        await asyncio.sleep(0)
    kinds = [m["params"]["value"]["kind"] for m in wire.sent if m.get("method") == "$/progress"]
    assert kinds == ["begin", "end"] * shown
    assert shown == 250
    await asyncio.sleep(0.01)
    assert bars.tokens == {}
    assert len(protocol._request_futures) <= 2
    assert len(protocol._result_types) <= 2
    assert len(wire.server._tasks) <= 2
    assert not folder.cancelled.is_set()


@in_loop
async def test_a_misshapen_answer_fails_the_question(wire: Wire) -> None:
    wire.initialize()
    asking = asyncio.ensure_future(wire.server.window_show_document_async(lsp.ShowDocumentParams("file:///x")))
    await asyncio.sleep(0)
    number = next(m["id"] for m in wire.sent if m.get("method") == "window/showDocument")
    wire.server.protocol.receive(json.dumps({"jsonrpc": "2.0", "id": number, "result": 7}).encode())
    with pytest.raises(Exception, match=r"Invalid|Internal"):
        await asyncio.wait_for(asking, 1)


@in_loop
async def test_a_result_that_cannot_be_encoded_is_answered(wire: Wire) -> None:
    @wire.server.command("test.broken")
    def _broken() -> object:
        return {"x": {1, 2, 3}.__iter__()}

    wire.initialize()
    wire.send("workspace/executeCommand", {"command": "test.broken"}, 1)
    assert "cannot be encoded" in wire.answer(1)["error"]["message"]


@in_loop
async def test_a_crash_is_answered_without_source_lines(wire: Wire) -> None:
    @wire.server.command("test.crash")
    def _crash() -> None:
        raise ValueError("oops")

    wire.initialize()
    wire.send("workspace/executeCommand", {"command": "test.crash"}, 1)
    assert wire.answer(1)["error"]["message"] == "ValueError: oops"
    assert "data" not in wire.answer(1)["error"]
    assert wire.popups() == []  # it was answered


@in_loop
async def test_a_hundred_equal_failures_are_one_popup(wire: Wire) -> None:
    wire.initialize()
    for _ in range(100):
        wire.send("textDocument/didOpen", {"textDocument": None})
    assert len(wire.popups()) == 1


@in_loop
async def test_shutdown_while_questions_are_open(wire: Wire) -> None:
    @wire.server.command("test.slow")
    async def _slow() -> None:
        await asyncio.sleep(60)

    wire.initialize()
    wire.send("workspace/executeCommand", {"command": "test.slow"}, 1)
    wire.server.window_show_document(lsp.ShowDocumentParams("file:///x"))
    await asyncio.sleep(0)
    wire.send("shutdown", None, 2)
    await asyncio.sleep(0.01)
    assert wire.answer(2)["result"] is None
    wire.send("textDocument/hover", {"textDocument": DOCUMENT, "position": AT}, 3)
    assert wire.answer(3)["error"]["code"] == lsp.ErrorCodes.InvalidRequest.value


@in_loop
async def test_requests_before_initialize_are_refused(wire: Wire) -> None:
    at = {"line": 0, "character": 0}
    wire.send("textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": at}, 1)
    assert wire.answer(1)["error"]["code"] == lsp.ErrorCodes.ServerNotInitialized.value
    wire.send("textDocument/didSave", {"textDocument": {"uri": "file:///x"}})
    assert wire.popups() == []


@in_loop
async def test_a_second_initialize_is_refused(wire: Wire) -> None:
    wire.initialize()
    wire.send("initialize", {"processId": None, "capabilities": {}}, 1)
    assert wire.answer(1)["error"]["code"] == lsp.ErrorCodes.InvalidRequest.value


UNKNOWN_VALUES: list[Json] = [
    {"trace": "compact"},
    {"capabilities": {"workspace": {"workspaceEdit": {"resourceOperations": ["teleport"], "failureHandling": "pray"}}}},
    {"capabilities": {"general": {"positionEncodings": ["utf-64", "utf-8"]}}},
    {"capabilities": {"textDocument": {"hover": {"contentFormat": ["asciidoc"]}}}},
    {"capabilities": {"textDocument": {"publishDiagnostics": {"tagSupport": {"valueSet": [1, 2, 99]}}}}},
    {"capabilities": {"textDocument": {"completion": {"completionItemKind": {"valueSet": [1, 500]}}}}},
    {
        "capabilities": {
            "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["x"]}}}}
        }
    },
    {"capabilities": {"unheard": {"of": [1]}}, "alsoUnheard": True},
    {"rootUri": None, "workspaceFolders": None, "initializationOptions": None, "processId": None},
    {"initializationOptions": [1, 2]},
    {"clientInfo": {"name": "x", "version": None}},
]


@pytest.mark.parametrize("extra", UNKNOWN_VALUES)
def test_initialize_is_answered_whatever_the_client_is(extra: Json) -> None:
    async def inside() -> None:
        wire = Wire()
        wire.send("initialize", {"processId": None, "capabilities": {}} | extra, 1)
        assert "hoverProvider" in wire.answer(1)["result"]["capabilities"]

    asyncio.run(inside())


AT = {"line": 0, "character": 0}
DOCUMENT = {"uri": "file:///x.md"}
RANGE = {"start": AT, "end": AT}


@pytest.mark.parametrize(
    ("method", "params", "is_answered_well"),
    [
        ("textDocument/hover", {"textDocument": DOCUMENT, "position": AT, "extra": 1}, True),
        ("textDocument/hover", {"textDocument": DOCUMENT, "position": {"line": "no", "character": None}}, False),
        ("textDocument/hover", {"textDocument": DOCUMENT, "position": {"line": 2**80, "character": 0}}, False),
        ("textDocument/hover", None, False),
        ("textDocument/hover", [], False),
        ("textDocument/hover", {"textDocument": {"uri": None}, "position": AT}, True),
        ("textDocument/definition", {"textDocument": {"uri": "no uri at all"}, "position": AT}, True),
        (
            "textDocument/codeAction",
            {
                "textDocument": DOCUMENT,
                "range": RANGE,
                "context": {
                    "only": ["future.kind"],
                    "triggerKind": 9,
                    "diagnostics": [{"range": RANGE, "message": "m", "severity": 77, "tags": [-1], "code": {"x": 1}}],
                },
            },
            None,
        ),
        ("workspace/executeCommand", {"command": "no.such.command"}, False),
        ("workspace/executeCommand", {"command": "vt-lsp.showDiff", "arguments": [{"a": 1}]}, False),
        ("workspace/executeCommand", {"command": "vt-lsp.showDiff", "arguments": []}, False),
        ("no/such/method", {}, False),
    ],
)
def test_every_request_is_answered(method: str, params: object, is_answered_well: bool | None) -> None:  # noqa: FBT001
    async def inside() -> None:
        wire = Wire()
        wire.initialize()
        wire.send(method, params, 1)
        await asyncio.sleep(0.05)  # some commands are tasks
        answer = wire.answer(1)
        if is_answered_well is not None:
            assert ("error" not in answer) == is_answered_well
        assert wire.popups() == []

    asyncio.run(inside())


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[Any]:
    """The streams of a server, without any manners."""
    with running(stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=server_env(tmp_path)) as process:
        yield process


def test_malformed_messages_do_not_end_the_session(raw: Any) -> None:
    def framed(body: bytes) -> bytes:
        return b"Content-Length: %d\r\n\r\n" % len(body) + body

    for body in (
        b"{",
        b"[]",
        b"7",
        b'"x"',
        b"null",
        b"{}",
        b'{"jsonrpc":"1.0"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"jsonrpc":"2.0"}',
    ):
        raw.stdin.write(framed(body))
    initialize = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}}
    message = json.dumps(initialize).encode()
    raw.stdin.write(b"Content-Type: x\r\ncontent-length:%d\r\n\r\n" % len(message) + message)
    raw.stdin.flush()
    connection = Connection(raw.stdout, raw.stdin)
    assert "capabilities" in connection.result(1)
    assert connection.notifications("window/showMessage") == []


def test_a_message_of_absurd_length_ends_the_session(raw: Any) -> None:
    raw.stdin.write(b"Content-Length: 99999999999999\r\n\r\n")
    raw.stdin.flush()
    assert raw.wait(PATIENCE) == 1


def test_a_client_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "spec.md").write_text("See `gone.py`.\n")
    capabilities = {"window": {"workDoneProgress": True}, "workspace": {"codeLens": {"refreshSupport": True}}}
    with Editor(tmp_path, capabilities=capabilities, settings=never) as editor:
        editor.answer["window/workDoneProgress/create"] = never
        assert editor.settle()["quiescent"]


def test_framing_helper() -> None:
    assert frame({"a": 1}) == b'Content-Length: 8\r\n\r\n{"a": 1}'


def test_unknown_command_is_an_error_of_the_caller(tmp_path: Path) -> None:
    with Editor(tmp_path) as editor, pytest.raises(RpcError) as error:
        editor.command("noSuchThing")
    assert error.value.code == lsp.ErrorCodes.InvalidParams.value


def test_the_log_is_told_to_the_editor(tmp_path: Path) -> None:
    root = sample.make(tmp_path / "shop")
    (root / "vt-lsp.toml").write_text('surprise = "x"\n')
    with Editor(root) as editor:
        editor.settle()
        told = [(one["type"], one["message"]) for one in editor.notifications("window/logMessage")]
        assert any(kind == 3 and "1 spec," in text for kind, text in told), told
        assert any(kind == 2 and "unknown setting `surprise`" in text for kind, text in told), told
        editor.notify("workspace/didChangeConfiguration", {"settings": {"logLevel": "error"}})
        editor.rescan()
        assert len(editor.notifications("window/logMessage")) == len(told)
