"""A process that reads files and answers with facts: parsing holds the interpreter's lock, so it is done elsewhere.

Started as ``python -P -c "…; main()" NICENESS``; frames come in on stdin and go out on stdout, each with its length
in four bytes (big-endian) before it, in msgpack. It ends when stdin ends, so it never outlives who started it.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec

from vt_lsp.workspace.reading import Unreadable, facts_of, key_of, read_file

if TYPE_CHECKING:
    from collections.abc import Callable

_LENGTH = 4  # bytes
_LARGEST = 256 * 1024 * 1024  # a longer frame is no frame of ours
_COLLECT_EVERY = 500  # files


class Request(msgspec.Struct, frozen=True, array_like=True):
    """Files to read, relative to ``root``; answered in this order, one answer each."""

    root: str
    paths: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """One file's facts, as msgpack, or the reason why there are none; ``key`` is empty when it was not read."""

    path: str
    key: bytes = b""
    facts: bytes = b""
    reason: str = ""


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame, or None at the end of the stream or after a broken one."""
    head = stream.read(_LENGTH)
    length = int.from_bytes(head, "big")
    if len(head) < _LENGTH or length > _LARGEST:
        return None
    body = stream.read(length)
    return body if len(body) == length else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Send one frame at once."""
    stream.write(len(body).to_bytes(_LENGTH, "big") + body)
    stream.flush()


def answer(root: Path, path: str, encode: Callable[[object], bytes] = msgspec.msgpack.encode) -> Answer:
    """Read one file; any failure becomes a reason."""
    key = b""
    try:
        data = read_file(root, path)
        key = key_of(path, data)
        return Answer(path, key, encode(facts_of(path, data)))
    except Unreadable as error:
        return Answer(path, key, reason=error.reason)
    except Exception as error:  # noqa: BLE001  one bad file must not take the others along
        return Answer(path, key, reason=f"the reader failed: {type(error).__name__}")


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    decode = msgspec.msgpack.Decoder(Request).decode
    encode = msgspec.msgpack.Encoder().encode
    write_frame(answers, b"")  # we are up
    # Facts and trees make no cycles, and looking for some took a third of the time: so only between requests, rarely.
    gc.disable()
    served = 0
    while (frame := read_frame(requests)) is not None:
        request = decode(frame)
        root = Path(request.root)
        for path in request.paths:
            write_frame(answers, encode(answer(root, path, encode)))
        served += len(request.paths)
        if served >= _COLLECT_EVERY:
            served = 0
            gc.collect()


def main() -> None:
    """Serve on the standard streams; the first argument is by how much to give way to other processes."""
    with suppress(OSError, ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's ^C is for who started us
    if hasattr(os, "nice"):
        with suppress(OSError, ValueError, IndexError):
            os.nice(int(sys.argv[1]))
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # a stray print must not break a frame
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, answers)
        return
    os._exit(0)  # the reader of our answers is gone: there is nobody to flush for
