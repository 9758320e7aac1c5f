"""An editor without a screen: starts the real server, keeps what it publishes, and its own copy of each text."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Json = dict[str, Any]
PATIENCE = 90.0  # seconds; a bound for a hanging test, never a measure


class RpcError(Exception):
    """The server answered a request with an error."""

    def __init__(self, error: Json) -> None:
        super().__init__(error["message"])
        self.code = error["code"]
        self.data = error.get("data")


def server_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "vt_lsp", "server", *arguments]


def server_env(home: Path) -> dict[str, str]:
    """A fresh home, so that no cache or log of another run is seen."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    return kept | {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }


def frame(message: object) -> bytes:
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body


def read_frame(stream: IO[bytes]) -> Json | None:
    length = None
    while line := stream.readline():
        if line.lower().startswith(b"content-length"):
            length = int(line.split(b":")[1])
        elif not line.strip() and length is not None:
            answer: Json = json.loads(stream.read(length))
            return answer
    return None


class Connection:
    """JSON-RPC over two streams, with a thread that reads."""

    def __init__(self, reader: IO[bytes], writer: IO[bytes]) -> None:
        self._reader, self._writer = reader, writer
        self._changed = threading.Condition()
        self._answers: dict[int | None, Json] = {}
        self._next = 0
        self.received: list[tuple[float, Json]] = []  # notifications and requests of the server, in order
        self.answer: dict[str, Callable[[Any], Any]] = {}  # how requests of the server are answered
        self.ended = False
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, message: object) -> None:
        self._writer.write(frame(message))
        self._writer.flush()

    def notify(self, method: str, params: object = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: object = None) -> int:
        self._next += 1
        self.send({"jsonrpc": "2.0", "id": self._next, "method": method, "params": params})
        return self._next

    def result(self, number: int) -> Any:
        self.wait(lambda: number in self._answers or self.ended, f"an answer to request {number}")
        message = self._answers[number]
        if "error" in message:
            raise RpcError(message["error"])
        return message["result"]

    def request(self, method: str, params: object = None) -> Any:
        return self.result(self.ask(method, params))

    def wait(self, condition: Callable[[], Any], what: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not (value := condition()):
                left = deadline - time.monotonic()
                assert left > 0, f"waited in vain for {what}"
                self._changed.wait(min(left, 0.05))  # some conditions are not about messages
            return value

    def notifications(self, method: str) -> list[Any]:
        return [message.get("params") for _, message in list(self.received) if message["method"] == method]

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (message := read_frame(self._reader)) is not None:
                self._take(message)
        with self._changed:
            self.ended = True
            self._changed.notify_all()

    def _take(self, message: Json) -> None:
        if "method" in message and "id" in message:
            handler = self.answer.get(message["method"])
            reply: Json = {"jsonrpc": "2.0", "id": message["id"]}
            if handler is None:
                reply["error"] = {"code": -32601, "message": "not known"}
            else:
                reply["result"] = handler(message.get("params"))
            if handler is not never:
                self.send(reply)
        with self._changed:
            if "method" in message:
                self.received.append((time.monotonic(), message))
            else:
                self._answers[message.get("id")] = message
            self._changed.notify_all()


def never(_params: object) -> None:
    """Put in the place of an answer: the client keeps silent."""


class Editor(Connection):
    """A session with the server over stdio. Use as a context manager: it ends in order."""

    def __init__(
        self,
        *folders: Path,
        capabilities: Mapping[str, Any] | None = None,
        options: object = None,
        encoding: str = "utf-16",
        home: Path | None = None,
        settings: Callable[[Any], Any] | None = None,
        recorded: Json | None = None,
    ) -> None:
        """``recorded`` are the parameters of ``initialize`` of a real client, which are sent as they are."""
        self._temporary = tempfile.TemporaryDirectory() if home is None else None
        self.home = home or Path(self._temporary.name if self._temporary else "")
        self.process = subprocess.Popen(
            server_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=server_env(self.home)
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        super().__init__(self.process.stdout, self.process.stdin)
        self.folders = folders
        self.texts: dict[Path, str] = {}
        self._versions: dict[Path, int] = {}
        self.diagnostics: dict[str, list[Json]] = {}
        self.published: list[tuple[float, Json]] = []
        self.answer |= {
            "client/registerCapability": lambda _params: None,
            "window/workDoneProgress/create": lambda _params: None,
            "workspace/codeLens/refresh": lambda _params: None,
        }
        if settings is not None:
            self.answer["workspace/configuration"] = settings
        asked = dict(capabilities or {})
        asked.setdefault("general", {"positionEncodings": [encoding]})
        asked.setdefault("experimental", {"vtLsp": {"showsResults": True}})
        if settings is not None:
            asked["workspace"] = {**asked.get("workspace", {}), "configuration": True}
        params: Json = {
            "capabilities": asked,
            "initializationOptions": options,
            "workspaceFolders": [{"uri": folder.as_uri(), "name": folder.name} for folder in folders],
        }
        params = (params if recorded is None else recorded) | {"processId": os.getpid()}
        self.capabilities = self.request("initialize", params)["capabilities"]
        self.notify("initialized", {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            if self.process.poll() is None:
                self.request("shutdown")
                self.notify("exit")
            self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()
            if self._temporary is not None:
                self._temporary.cleanup()

    # -------------------------------------------------------------------------------------------------------- documents

    def open(self, path: Path, text: str | None = None) -> None:
        if text is None:
            with path.open(encoding="utf-8", newline="") as file:
                text = file.read()
        self.texts[path], self._versions[path] = text, 1
        language = "python" if path.suffix == ".py" else "markdown"
        item = {"uri": path.as_uri(), "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, path: Path, text: str) -> int:
        """Replace the whole text; gives the version."""
        self.texts[path] = text
        self._versions[path] += 1
        self.notify(
            "textDocument/didChange",
            {
                "textDocument": {"uri": path.as_uri(), "version": self._versions[path]},
                "contentChanges": [{"text": text}],
            },
        )
        return self._versions[path]

    def close(self, path: Path) -> None:
        del self.texts[path]
        self.notify("textDocument/didClose", {"textDocument": {"uri": path.as_uri()}})

    def tell(self, *paths: Path, kind: int = 2) -> None:
        """The client's watcher saw these paths (1 made, 2 written, 3 gone)."""
        changes = [{"uri": path.as_uri(), "type": kind} for path in paths]
        self.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    # --------------------------------------------------------------------------------------------------------- answers

    def command(self, name: str, *arguments: object) -> Any:
        return self.request("workspace/executeCommand", {"command": f"vt-lsp.{name}", "arguments": list(arguments)})

    def settle(self) -> Json:
        """Wait until nothing is left to judge; what was published has arrived then. Gives the status."""
        deadline = time.monotonic() + PATIENCE
        while not (status := self.command("showStatus"))["quiescent"]:
            assert time.monotonic() < deadline, f"never quiescent: {status}"
            time.sleep(0.02)  # each question costs the server a count
        return dict(status)

    def shown(self, path: Path) -> list[Json]:
        """What the editor shows of a file now."""
        return self.diagnostics.get(path.as_uri(), [])

    def codes(self, path: Path) -> list[tuple[int, str]]:
        """Line (from 1) and type of what is shown of a file."""
        return sorted((item["range"]["start"]["line"] + 1, item["code"]) for item in self.shown(path))

    def everything(self) -> dict[str, list[str]]:
        """All that is shown, in a form that two sessions can be compared by."""
        return {
            uri: sorted(json.dumps(item, sort_keys=True) for item in items)
            for uri, items in self.diagnostics.items()
            if items
        }

    def rescan(self) -> None:
        self.command("checkWorkspace")
        self.settle()

    def _take(self, message: Json) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            self.diagnostics[params["uri"]] = params["diagnostics"]
            self.published.append((time.monotonic(), params))
        super()._take(message)


def fresh(editor: Editor) -> dict[str, list[str]]:
    """What a server shows that starts now, with the same files and the same open texts."""
    with Editor(*editor.folders) as other:
        for path, text in editor.texts.items():
            other.open(path, text)
        other.settle()
        return other.everything()


def line_position(text: str, needle: str, encoding: str = "utf-16") -> Json:
    """The position of the first ``needle``, in the units of an encoding; lines end at LF here."""
    before = text[: text.index(needle)]
    line = before.rpartition("\n")[2]
    size = {
        "utf-8": len(line.encode()),
        "utf-16": len(line.encode("utf-16-le")) // 2,
        "utf-32": len(line),
    }[encoding]
    return {"line": before.count("\n"), "character": size}


@contextlib.contextmanager
def running(*arguments: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A server process that is gone at the end, whatever happens."""
    process = subprocess.Popen(server_command(*arguments), **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
