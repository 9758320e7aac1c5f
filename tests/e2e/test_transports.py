"""TCP takes one client, WebSocket takes no page of a browser (trap 19)."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from fake_editor import PATIENCE, Connection, Json, running, server_env

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

websockets = pytest.importorskip("websockets")

INITIALIZE: Json = {"processId": None, "capabilities": {}}
LARGE = "x" * 1_500_000


@contextmanager
def listening(kind: str, home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with running(f"--{kind}", "--port", "0", stderr=subprocess.PIPE, env=server_env(home)) as process:
        assert process.stderr is not None
        line = process.stderr.readline().decode()
        found = re.fullmatch(rf"vt-lsp: listening on {kind}://127\.0\.0\.1:(\d+)\n", line)
        assert found, line
        yield process, int(found[1])


def dial(port: int) -> tuple[socket.socket, Connection]:
    link = socket.create_connection(("127.0.0.1", port), timeout=10)
    return link, Connection(link.makefile("rb"), link.makefile("wb"))


def test_tcp_serves_one_client_and_ends_with_it(tmp_path: Path) -> None:
    with listening("tcp", tmp_path) as (process, port):
        link, first = dial(port)
        assert "capabilities" in first.request("initialize", INITIALIZE)
        first.notify("initialized", {})
        other, second = dial(port)
        second.wait(lambda: second.ended, "the refusal")
        other.close()
        assert first.request("workspace/executeCommand", {"command": "vt-lsp.showStatus"})["health"] == "ok"
        first.request("shutdown")
        first.notify("exit")
        assert process.wait(PATIENCE) == 0
        link.close()


def test_tcp_ends_when_the_client_hangs_up(tmp_path: Path) -> None:
    with listening("tcp", tmp_path) as (process, port):
        link, first = dial(port)
        first.request("initialize", INITIALIZE)
        link.shutdown(socket.SHUT_RDWR)
        link.close()
        assert process.wait(PATIENCE) == 1


def test_a_taken_port_is_a_clear_message(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with running("--tcp", "--port", port, stderr=subprocess.PIPE, env=server_env(tmp_path)) as process:
            assert process.wait(PATIENCE) == 2
            assert process.stderr is not None
            assert b"vt-lsp: " in process.stderr.read()


async def talk(port: int) -> None:
    async with websockets.connect(f"ws://127.0.0.1:{port}", origin=None, max_size=None) as link:
        await link.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INITIALIZE}))
        assert "capabilities" in json.loads(await link.recv())["result"]
        await link.send(json.dumps({"jsonrpc": "2.0", "method": "initialized", "params": {}}))
        with pytest.raises(websockets.exceptions.WebSocketException):
            async with websockets.connect(f"ws://127.0.0.1:{port}", origin=None) as second:
                await second.recv()
        item = {"uri": "file:///x.md", "languageId": "markdown", "version": 1, "text": LARGE}
        await link.send(
            json.dumps({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}})
        )
        await link.send(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}))
        while (message := json.loads(await link.recv())).get("id") != 2:
            pass
        assert message["result"] is None
        await link.send(json.dumps({"jsonrpc": "2.0", "method": "exit"}))


def test_websocket_serves_a_large_document_to_one_client(tmp_path: Path) -> None:
    with listening("ws", tmp_path) as (process, port):
        asyncio.run(talk(port))
        assert process.wait(PATIENCE) == 0


def test_websocket_refuses_pages_of_a_browser(tmp_path: Path) -> None:
    async def intrude(port: int) -> None:
        for origin in ("http://evil.example", "http://127.0.0.1", "null"):
            with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
                await websockets.connect(f"ws://127.0.0.1:{port}", origin=origin)
            assert refused.value.response.status_code == 403

    with listening("ws", tmp_path) as (process, port):
        asyncio.run(intrude(port))
        assert process.poll() is None
        asyncio.run(talk(port))  # the place of the one client is still free


def test_websocket_without_its_package_is_a_clear_message(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['websockets'] = None\n"
        "from vt_lsp.cli.main import main\n"
        "sys.exit(main(['server', '--ws']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=server_env(tmp_path), check=False)
    assert done.returncode == 2
    assert b"pip install 'vt-lsp[ws]'" in done.stderr
