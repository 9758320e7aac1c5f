"""A language client that costs next to nothing: one thread, raw frames, the time taken when the bytes are there."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

Json = dict[str, Any]
PUBLISH = "textDocument/publishDiagnostics"
_HEAD_END = b"\r\n\r\n"


class Client:
    """Drives one server over its standard streams. Times are seconds of ``time.perf_counter``."""

    def __init__(self, command: Sequence[str], root: Path, environment: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=root
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._input = self.process.stdin.fileno()
        self._output = self.process.stdout.fileno()
        self._buffer = bytearray()
        self._waiting: deque[tuple[float, Json]] = deque()
        self._number = 0
        self._versions: dict[str, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    # ------------------------------------------------------------------------------------------------------- messages

    def send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0"} | message).encode()
        data = memoryview(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        while data:
            data = data[os.write(self._input, data) :]

    def receive(self, timeout: float) -> tuple[float, Json] | None:
        """The next notification or answer with its time; None when none comes within ``timeout`` seconds."""
        deadline = time.perf_counter() + timeout
        while not self._waiting:
            left = deadline - time.perf_counter()
            if left <= 0 or not select.select([self._output], [], [], left)[0]:
                return None
            data = os.read(self._output, 1 << 20)
            if not data:
                raise ConnectionError(f"the server ended with {self.process.wait()}")
            self._buffer += data
            self._cut(time.perf_counter())
        return self._waiting.popleft()

    def _cut(self, now: float) -> None:
        while (end := self._buffer.find(_HEAD_END)) >= 0:
            head = bytes(self._buffer[:end]).lower()
            start = end + len(_HEAD_END)
            length = int(head.partition(b"content-length:")[2].split(b"\r\n")[0])
            if len(self._buffer) < start + length:
                return
            message = json.loads(self._buffer[start : start + length])
            del self._buffer[: start + length]
            if "method" in message and "id" in message:
                items = message["params"].get("items") if message["method"] == "workspace/configuration" else None
                self.send({"id": message["id"], "result": [None] * len(items) if items else None})
            else:
                self._waiting.append((now, message))

    def request(self, method: str, params: Json | None, timeout: float = 60.0) -> Any:
        """The answer to a request; what comes before it is dropped."""
        self._number += 1
        self.send({"id": self._number, "method": method, "params": params})
        deadline = time.perf_counter() + timeout
        while (received := self.receive(deadline - time.perf_counter())) is not None:
            if received[1].get("id") == self._number:
                return received[1].get("result")
        raise TimeoutError(method)

    def notify(self, method: str, params: Json) -> None:
        self.send({"method": method, "params": params})

    def wait_for(self, method: str, timeout: float, *, condition: Any = None) -> tuple[float, Json]:
        """The next notification ``method`` (whose parameters meet ``condition``)."""
        deadline = time.perf_counter() + timeout
        while (received := self.receive(deadline - time.perf_counter())) is not None:
            at, message = received
            if message.get("method") == method and (condition is None or condition(message["params"])):
                return at, message["params"]
        raise TimeoutError(method)

    # ------------------------------------------------------------------------------------------------------ life, texts

    def initialize(self, more: Json | None = None) -> float:
        """Start the session, with ``more`` for documents; seconds from the start of the process to the answer."""
        folders = [{"uri": self.root.as_uri(), "name": self.root.name}]
        text = {"publishDiagnostics": {"versionSupport": True}} | (more or {})
        capabilities = {"general": {"positionEncodings": ["utf-16"]}, "textDocument": text}
        self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": folders[0]["uri"],
                "workspaceFolders": folders,
                "capabilities": capabilities,
            },
        )
        answered = time.perf_counter() - self.started
        self.notify("initialized", {})
        return answered

    def uri(self, path: str) -> str:
        return (self.root / path).as_uri()

    def open(self, path: str, language: str, text: str | None = None) -> None:
        text = (self.root / path).read_text("utf-8") if text is None else text
        self._versions[path] = 1
        item = {"uri": self.uri(path), "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, path: str, where: Json, text: str) -> float:
        """Replace a range; the time at which the edit was sent."""
        self._versions[path] += 1
        document = {"uri": self.uri(path), "version": self._versions[path]}
        change = {"range": where, "text": text}
        sent = time.perf_counter()
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
        return sent

    def until_quiet(self, pause: float, timeout: float = 120.0) -> None:
        """Wait until the server has said nothing for ``pause`` seconds."""
        deadline = time.perf_counter() + timeout
        while self.receive(pause) is not None and time.perf_counter() < deadline:
            pass
