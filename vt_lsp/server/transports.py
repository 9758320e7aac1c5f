"""Bytes in, bytes out: stdio, TCP for one client, WebSocket for one client without a foreign origin."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import re
import sys
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from vt_lsp.server.app import Server

log = logging.getLogger(__name__)

_LENGTH = re.compile(rb"content-length\s*:\s*(\d+)\s*\Z", re.IGNORECASE)
MAX_BODY = 1 << 29
MAX_WEBSOCKET_MESSAGE = 1 << 28


class FramingError(Exception):
    """The stream is out of step and cannot be read any further."""


def content_length(header: bytes) -> int | None:
    """The length that a header line tells, or None for another header."""
    found = _LENGTH.match(header.strip())
    if found is None:
        return None
    length = int(found[1])
    if length > MAX_BODY:
        raise FramingError(f"a message of {length} bytes")
    return length


# --------------------------------------------------------------------------------------------------------------- stdio


def read_message(stream: BinaryIO) -> bytes | None:
    """The body of the next message; None at the end of the stream."""
    length = None
    while line := stream.readline():
        if line.strip():
            told = content_length(line)
            length = told if told is not None else length
        elif length is not None:
            body = stream.read(length)
            return body if len(body) == length else None
    return None


class StdoutWriter:
    """Writes in a thread of its own: a client that does not read cannot stop the event loop."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._queue: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="vt-lsp-writer", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send ``data`` after all that was given before."""
        self._queue.put(data)

    def close(self) -> None:
        """Wait, for a moment, until everything is sent."""
        self._queue.put(None)
        self._thread.join(timeout=1.0)

    def _run(self) -> None:
        while (data := self._queue.get()) is not None:
            try:
                self._stream.write(data)
                self._stream.flush()
            except (OSError, ValueError):
                return  # the client is gone


async def serve_stdio(server: Server, stdout: BinaryIO) -> None:
    """Talk on standard input and output until the session ends."""
    loop = asyncio.get_running_loop()
    writer = StdoutWriter(stdout)
    server.protocol.set_writer(writer)
    room = threading.Semaphore(256)  # a flood waits in the pipe, not in our memory

    def deliver(body: bytes) -> None:
        room.release()
        server.protocol.receive(body)

    def read() -> None:
        try:
            while (body := read_message(sys.stdin.buffer)) is not None:
                room.acquire()
                loop.call_soon_threadsafe(deliver, body)
        except (OSError, ValueError, FramingError) as error:
            log.warning("the client's stream ended: %s", error)
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(server.hang_up)

    threading.Thread(target=read, name="vt-lsp-reader", daemon=True).start()
    await server.session_end()
    writer.close()


# ----------------------------------------------------------------------------------------------------------------- TCP


async def serve_tcp(server: Server, host: str, port: int) -> None:
    """Listen, take one client, refuse the others, and end with it."""
    taken = False

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        if taken:
            log.warning("a second client was refused")
            writer.close()
            return
        taken = True
        server.protocol.set_writer(_TcpWriter(writer))
        try:
            async for body in _messages(reader):
                server.protocol.receive(body)
        except (OSError, FramingError) as error:
            log.warning("the client's stream ended: %s", error)
        server.hang_up()

    listener = await asyncio.start_server(connected, host, port)
    _say_port("tcp", listener.sockets[0].getsockname())
    await server.session_end()
    listener.close()
    if isinstance(writer := server.protocol.writer, _TcpWriter):
        await writer.finish()


async def _messages(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    length = None
    with contextlib.suppress(asyncio.IncompleteReadError):
        while line := await reader.readline():
            if line.strip():
                told = content_length(line)
                length = told if told is not None else length
            elif length is not None:
                yield await reader.readexactly(length)
                length = None


class _TcpWriter:
    def __init__(self, stream: asyncio.StreamWriter) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        self._stream.write(data)

    def close(self) -> None:
        self._stream.close()

    async def finish(self) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._stream.drain()
                self._stream.close()
                await self._stream.wait_closed()


# ----------------------------------------------------------------------------------------------------------- WebSocket


async def serve_websocket(server: Server, host: str, port: int, serve: Callable[..., Any]) -> None:
    """Listen for one client that sends no Origin: a page in a browser always sends one, and is refused."""
    taken = False

    async def connected(socket: Any) -> None:  # noqa: ANN401 - the library is an optional extra
        nonlocal taken
        if taken:
            log.warning("a second client was refused")
            await socket.close(1013, "one client only")
            return
        taken = True
        server.protocol.set_writer(_WebSocketWriter(socket), include_headers=False)
        async for message in socket:
            server.protocol.receive(message.encode() if isinstance(message, str) else message)
        server.hang_up()

    async with serve(connected, host, port, origins=[None], max_size=MAX_WEBSOCKET_MESSAGE) as listener:
        _say_port("ws", next(iter(listener.sockets)).getsockname())
        await server.session_end()


class _WebSocketWriter:
    def __init__(self, socket: Any) -> None:  # noqa: ANN401
        self._socket = socket

    def write(self, data: bytes) -> Any:  # noqa: ANN401
        return self._socket.send(data.decode())

    def close(self) -> Any:  # noqa: ANN401
        return self._socket.close()


def _say_port(kind: str, address: tuple[Any, ...]) -> None:
    sys.stderr.write(f"vt-lsp: listening on {kind}://{address[0]}:{address[1]}\n")
    sys.stderr.flush()
