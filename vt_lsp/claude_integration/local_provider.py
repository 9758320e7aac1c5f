"""A server on this machine, or another one of the user's, that speaks OpenAI's chat completions, such as Ollama.

Only asked when the user names its address. The connection is blocking, in a thread of its own: ``http.client`` is all
that one request needs.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from vt_lsp.claude_integration.failures import failed, of_status
from vt_lsp.claude_integration.messages import Capabilities, Delta, Done, Failed, Health, Reason, Started, Usage

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from vt_lsp.claude_integration.messages import Event, Prompt

_CONNECT_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 120.0  # it may have to load the model first
_LINE_BYTES: Final = 1 << 20
_ERROR_BYTES: Final = 4096
_WAITING: Final = 256  # events that are read ahead


class LocalServer:
    """See the module. ``url``: up to and with ``/v1``."""

    name = "local"
    capabilities = Capabilities(remote=False)

    def __init__(self, url: str, model: str) -> None:
        """Connect to nothing yet."""
        self._url, self._model = urlsplit(url), model

    @property
    def identity(self) -> str:
        """The model and the host."""
        return f"{self._model} {self._url.netloc}"

    async def health(self) -> Health:
        """Whether something listens there."""
        if (missing := self._missing()) is not None:
            return Health(self.name, ready=False, sentence=missing.sentence)
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, writer = await asyncio.open_connection(self._url.hostname, self._port)
            writer.close()
        except (OSError, TimeoutError):
            sentence = failed(Reason.CONNECTION, self.name).sentence
            return Health(self.name, ready=False, sentence=sentence)
        return Health(self.name, ready=True, sentence=f"{self._url.netloc} listens; it is asked for {self._model}.")

    async def warm(self, prompt: Prompt) -> None:
        """Nothing can be made ready."""

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """The answer as the server tells it."""
        if (missing := self._missing()) is not None:
            yield missing
            return
        yield Started(self.name, self._model)
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[Event] = asyncio.Queue()
        room = threading.Semaphore(_WAITING)

        def tell(event: Event) -> None:
            room.acquire()
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(events.put_nowait, event)

        exchange = _Exchange(self._connection(), self._url.path.rstrip("/"), self._body(prompt), tell)
        threading.Thread(target=exchange.run, args=(bool(prompt.schema),), daemon=True).start()
        try:
            while True:
                event = await events.get()
                room.release()
                yield event
                if isinstance(event, Done | Failed):
                    return
        finally:
            exchange.stop()
            for _ in range(_WAITING):
                room.release()

    async def aclose(self) -> None:
        """Nothing is kept open."""

    @property
    def _port(self) -> int:
        return self._url.port or (443 if self._url.scheme == "https" else 80)

    def _missing(self) -> Failed | None:
        try:
            is_address = self._url.scheme in {"http", "https"} and bool(self._url.hostname) and self._port > 0
        except ValueError:  # a port that is none
            is_address = False
        if is_address and self._model:
            return None
        return failed(Reason.NOT_INSTALLED, self.name, what="The server of `claude.localUrl` and `claude.localModel`")

    def _connection(self) -> http.client.HTTPConnection:
        host = self._url.hostname or ""
        if self._url.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, self._port, timeout=_CONNECT_SECONDS, context=context)
        return http.client.HTTPConnection(host, self._port, timeout=_CONNECT_SECONDS)

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self._model,
            "max_tokens": prompt.max_tokens,
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.text}],
        }
        if prompt.schema:
            schema = {"name": "answer", "schema": json.loads(prompt.schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body


class _Exchange:
    """One request and its answer, in a thread; ``tell`` gets the events, the last of which is Done or Failed."""

    def __init__(
        self, connection: http.client.HTTPConnection, path: str, body: dict[str, Any], tell: Callable[[Event], None]
    ) -> None:
        self._connection, self._path, self._body, self._tell = connection, path, body, tell
        self._text: list[str] = []
        self._usage = Usage()
        self._end = ""
        self._model = str(body["model"])

    def run(self, wants_data: bool) -> None:  # noqa: FBT001 - the argument of a thread
        try:
            outcome = self._ask() or self._outcome(wants_data=wants_data)
        except TimeoutError:
            outcome = failed(Reason.NO_ANSWER if not self._text else Reason.STALLED, LocalServer.name)
        except (OSError, http.client.HTTPException):
            outcome = failed(Reason.CONNECTION, LocalServer.name)
        except (ValueError, RecursionError):
            outcome = failed(Reason.UNREADABLE, LocalServer.name)
        finally:
            self._connection.close()
        self._tell(outcome)

    def stop(self) -> None:
        """End it from another thread."""
        if (channel := self._connection.sock) is not None:
            with suppress(OSError):
                channel.shutdown(socket.SHUT_RDWR)

    def _ask(self) -> Failed | None:
        self._connection.connect()
        self._connection.sock.settimeout(_SILENT_SECONDS)
        data = json.dumps(self._body).encode()
        self._connection.request("POST", f"{self._path}/chat/completions", data, {"content-type": "application/json"})
        response = self._connection.getresponse()
        if response.status != 200:
            message = response.read(_ERROR_BYTES).decode("utf-8", "replace")
            wait = response.headers.get("retry-after", "")
            reason = of_status(response.status, message)
            return failed(reason, LocalServer.name, float(wait) if wait.isdecimal() else None)
        while line := response.readline(_LINE_BYTES):
            if line.startswith(b"data:") and (payload := line[5:].strip()) != b"[DONE]":
                self._chunk(json.loads(payload))
        return None

    def _chunk(self, chunk: Any) -> None:  # noqa: ANN401 - JSON
        if not isinstance(chunk, dict):
            raise ValueError("not a chunk of an answer")  # noqa: TRY004 - as json.loads says it
        if isinstance(counted := chunk.get("usage"), dict):
            self._usage = Usage(int(counted.get("prompt_tokens") or 0), int(counted.get("completion_tokens") or 0))
        for choice in chunk.get("choices") or ():
            if text := (choice.get("delta") or {}).get("content"):
                self._text.append(str(text))
                self._tell(Delta(str(text)))
            self._end = choice.get("finish_reason") or self._end

    def _outcome(self, *, wants_data: bool) -> Done | Failed:
        text, name = "".join(self._text), LocalServer.name
        if not self._end:
            return failed(Reason.CONNECTION if text else Reason.UNREADABLE, name)
        if self._end == "length" and text and not wants_data:
            note = failed(Reason.CUT_OFF, name).sentence
            return Done(text, name, self._model, usage=self._usage, note=note, complete=False)
        if self._end in {"length", "content_filter"}:
            return failed(Reason.CUT_OFF if self._end == "length" else Reason.REFUSED, name)
        if not text.strip():
            return failed(Reason.EMPTY, name)
        try:
            data = json.loads(text) if wants_data else None
        except (ValueError, RecursionError):
            return failed(Reason.BAD_SCHEMA, name)
        return Done(text, name, self._model, data=data, usage=self._usage)
