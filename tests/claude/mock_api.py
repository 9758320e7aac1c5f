"""A small mock of the public Messages API and of OpenAI's chat completions, on loopback.

The scenario is a part of the base URL, so that a client needs nothing else:

    http://127.0.0.1:PORT/s/overloaded            always 529
    http://127.0.0.1:PORT/s/overloaded:1          529 once, then an answer
    http://127.0.0.1:PORT/s/ok,ttft=0.5,gap=0.02  half a second until the first word, then 20 ms for each piece

Keys: ``ttft`` and ``gap`` in seconds, ``chunks`` (number of pieces), ``text`` (the answer) and ``data`` (a structured
one), percent-encoded, ``size`` (characters of a generated answer), ``retry_after`` in seconds, ``after`` (pieces before
a fault inside the stream), ``bucket`` (names the counter). Run as a program it prints its port.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import urllib.parse
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

ANSWER = "Mock answer from the local test server."
CREDIT = "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."
ERRORS = {
    "auth": (401, "authentication_error", "invalid x-api-key"),
    "permission": (403, "permission_error", "Your API key does not have permission to use the specified resource."),
    "billing": (400, "invalid_request_error", CREDIT),
    "model": (404, "not_found_error", "model: nonesuch"),
    "too_long": (400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum"),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "rate_limit": (429, "rate_limit_error", "This request would exceed your account's rate limit."),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "server_error": (500, "api_error", "Internal server error"),
}
FAULTS = ("stream_error", "disconnect", "stall", "malformed_sse")  # inside the stream


@dataclass(frozen=True)
class Scenario:
    name: str = "ok"
    count: int | None = None  # how often, before all is well; None: always
    options: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str) -> Scenario:
        head, *rest = [urllib.parse.unquote(part) for part in text.split(",") if part] or ["ok"]
        name, _, count = head.partition(":")
        pairs = [item.partition("=") for item in rest]
        return cls(name, int(count) if count else None, {key: value for key, _, value in pairs})

    def number(self, key: str, default: float) -> float:
        return float(self.options.get(key, default))


@dataclass
class Seen:
    """A request that came in; ``cancelled``: the client left before the end."""

    path: str
    scenario: str
    headers: dict[str, str]
    body: Json
    cancelled: bool = False


class MockApi:
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.port = 0
        self._hits: dict[tuple[str, str], int] = {}

    def url(self, scenario: str) -> str:
        return f"http://127.0.0.1:{self.port}/s/{scenario}"

    @property
    def asked(self) -> list[Seen]:
        """The requests for an answer."""
        return [one for one in self.seen if one.path in {"/v1/messages", "/v1/chat/completions"}]

    async def serve(self) -> asyncio.Server:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=1 << 26)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while request_line := (await reader.readline()).decode("latin-1").strip():
                headers: dict[str, str] = {}
                while line := (await reader.readline()).decode("latin-1").strip():
                    key, _, value = line.partition(":")
                    headers[key.lower()] = value.strip()
                body = await _body(reader, headers)
                target = urllib.parse.urlsplit(request_line.split(" ")[1]).path
                spec, path = "", target
                if target.startswith("/s/"):
                    _, _, spec, path = target.split("/", 3)
                    path = f"/{path}"
                one = Seen(path, spec, headers, body)
                self.seen.append(one)
                if not await _Exchange(self, Scenario.parse(spec), one, reader, writer).run():
                    break
                await writer.drain()
        writer.close()

    def serves(self, scenario: Scenario) -> str:
        """The scenario that counts this time."""
        if scenario.count is None:
            return scenario.name
        key = (scenario.options.get("bucket", ""), scenario.name)
        self._hits[key] = self._hits.get(key, 0) + 1
        return scenario.name if self._hits[key] <= scenario.count else "ok"


@dataclass
class _Exchange:
    api: MockApi
    scenario: Scenario
    seen: Seen
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def run(self) -> bool:
        """Answer; gives whether the connection stays."""
        if self.seen.path not in {"/v1/messages", "/v1/chat/completions"}:
            self._json(200, {})
            return True
        name = self.api.serves(self.scenario)
        has_key = {"x-api-key", "authorization"} & self.seen.headers.keys()
        if self.seen.path == "/v1/messages" and not has_key:
            name = "auth"
        await asyncio.sleep(self.scenario.number("ttft", 0))
        if name in ERRORS:
            status, kind, message = ERRORS[name]
            self._json(status, {"type": "error", "error": {"type": kind, "message": message}}, name)
            return True
        if name == "reset":
            self.writer.transport.abort()
            return False
        if name == "hang":
            await self._until_left()
            return False
        if name == "garbage":
            page = b"<html>proxy says hello</html>"
            self._head(b"text/html", b"content-length: %d" % len(page))
            self.writer.write(page)
            return True
        return await self._stream(name)

    def _json(self, status: int, body: Json, name: str = "") -> None:
        data = json.dumps(body).encode()
        after = self.scenario.options.get("retry_after", "1")
        extra = f"retry-after: {after}\r\n" if name == "rate_limit" else ""
        head = f"HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n{extra}\r\n"
        self.writer.write(head.encode() + data)

    def _head(self, kind: bytes, length: bytes) -> None:
        self.writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: " + kind + b"\r\n" + length + b"\r\n\r\n")

    async def _stream(self, name: str) -> bool:
        self._head(b"text/event-stream; charset=utf-8", b"transfer-encoding: chunked")
        dialect = _chat if self.seen.path.endswith("completions") else _messages
        gap, after = self.scenario.number("gap", 0), int(self.scenario.number("after", 2))
        pieces = 0
        try:
            for line in dialect(self.scenario, name, self.seen.body):
                await self._chunk(line)
                if b'"text_delta"' not in line and b'"content"' not in line:
                    continue
                pieces += 1
                if pieces >= after and name in FAULTS and not await self._fault(name):
                    return False
                if gap:
                    await asyncio.sleep(gap)
            await self._chunk(b"")
        except ConnectionError:
            self.seen.cancelled = True
            raise
        return True

    async def _fault(self, name: str) -> bool:
        if name == "stall":
            await self._until_left()
            return False
        if name == "disconnect":
            self.writer.transport.abort()
            return False
        if name == "malformed_sse":
            await self._chunk(b'event: content_block_delta\ndata: {"type": "content_block_delta", "del\n\n')
            return True
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        await self._chunk(f"event: error\ndata: {json.dumps(error)}\n\n".encode())
        await self._chunk(b"")
        return False

    async def _chunk(self, data: bytes) -> None:
        self.writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await self.writer.drain()

    async def _until_left(self) -> None:
        with suppress(ConnectionError):
            await self.reader.read(1)
        self.seen.cancelled = True


def _messages(scenario: Scenario, name: str, body: Json) -> Iterator[bytes]:
    """The events of the Messages API."""

    def event(kind: str, **fields: object) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()

    text, stop = answer(scenario, name, body)
    tools = {tool.get("name"): tool for tool in body.get("tools") or []}
    size = len(json.dumps(body)) // 4
    usage = {"input_tokens": size, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 1}
    message: Json = {
        "id": "msg_mock",
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "content": [],
    }
    yield event("message_start", message={**message, "stop_reason": None, "stop_sequence": None, "usage": usage})
    yield event("ping")
    if "StructuredOutput" in tools and name == "ok":
        smallest = json.dumps(instance(tools["StructuredOutput"].get("input_schema", {})))
        stop, value = "tool_use", scenario.options.get("data", smallest)
        block = {"type": "tool_use", "id": "toolu_mock", "name": "StructuredOutput", "input": {}}
        yield event("content_block_start", index=0, content_block=block)
        yield event("content_block_delta", index=0, delta={"type": "input_json_delta", "partial_json": value})
        yield event("content_block_stop", index=0)
    elif text:
        yield event("content_block_start", index=0, content_block={"type": "text", "text": ""})
        for piece in pieces_of(scenario, text):
            yield event("content_block_delta", index=0, delta={"type": "text_delta", "text": piece})
        yield event("content_block_stop", index=0)
    delta = {"stop_reason": stop, "stop_sequence": None}
    yield event("message_delta", delta=delta, usage={"output_tokens": max(1, len(text) // 4)})
    yield event("message_stop")


def _chat(scenario: Scenario, name: str, body: Json) -> Iterator[bytes]:
    """The chunks of OpenAI's chat completions."""

    def chunk(**fields: object) -> bytes:
        return f"data: {json.dumps({'object': 'chat.completion.chunk', **fields})}\n\n".encode()

    text, stop = answer(scenario, name, body)
    for piece in pieces_of(scenario, text):
        yield chunk(choices=[{"index": 0, "delta": {"content": piece}, "finish_reason": None}])
    end = {"max_tokens": "length", "refusal": "content_filter"}.get(stop, "stop")
    yield chunk(choices=[{"index": 0, "delta": {}, "finish_reason": end}])
    yield chunk(choices=[], usage={"prompt_tokens": len(json.dumps(body)) // 4, "completion_tokens": len(text) // 4})
    yield b"data: [DONE]\n\n"


def answer(scenario: Scenario, name: str, body: Json) -> tuple[str, str]:
    """The text and the reason of its end."""
    text = scenario.options.get("text", ANSWER)
    if size := int(scenario.number("size", 0)):
        text = ("All work and no play. " * (size // 22 + 1))[:size]
    schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    schema = schema or ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    if schema is not None and "text" not in scenario.options:
        text = json.dumps(instance(schema))
    if name in {"refusal", "empty"}:
        return "", "refusal" if name == "refusal" else "end_turn"
    return (text[: len(text) // 2], "max_tokens") if name == "max_tokens" else (text, "end_turn")


def pieces_of(scenario: Scenario, text: str) -> Iterator[str]:
    count = int(scenario.number("chunks", 0))
    size = max(1, -(-len(text) // count)) if count else 12
    return (text[at : at + size] for at in range(0, len(text), size))


def instance(schema: Json) -> Any:
    """A smallest value that fits a simple JSON Schema."""
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: instance(one) for name, one in schema.get("properties", {}).items()}
    return {"array": [], "integer": 1, "number": 0.5, "boolean": True, "null": None}.get(schema.get("type", ""), "mock")


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> Json:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        raw = b""
        while size := int((await reader.readline()).strip() or b"0", 16):
            raw += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readline()
    else:
        raw = await reader.readexactly(int(headers.get("content-length") or 0))
    return dict(json.loads(raw)) if raw else {}


@contextmanager
def running() -> Iterator[MockApi]:
    """The server, in a thread with a loop of its own."""
    api, ready, loop = MockApi(), threading.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        server = await api.serve()
        ready.set()
        with suppress(asyncio.CancelledError):
            await server.serve_forever()

    def run() -> None:
        task = loop.create_task(serve())
        loop.run_forever()
        for one in asyncio.all_tasks(loop):
            one.cancel()
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield api
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


async def main() -> None:
    api = MockApi()
    server = await api.serve()
    sys.stdout.write(f"{api.port}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
