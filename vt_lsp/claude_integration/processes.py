"""Programs that are started and surely ended: never through a shell, each with a group of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

READ_BYTES: Final = 1 << 15  # at once: parsing so much blocks for about a millisecond
_MOST_OUTPUT: Final = 1 << 20
_END_SECONDS: Final = 1.0  # between asking it to end and ending it


async def start(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Process:
    """Start the program in ``folder`` with pipes. Raises OSError."""
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=dict(environment),
        cwd=folder,
        limit=READ_BYTES,
        start_new_session=os.name == "posix",
    )


async def end(process: Process, patience: float = 0.0) -> int:
    """The exit code, once the program is gone: after ``patience`` seconds it is told to end, then it is ended.

    It is ended also when the task that waits is cancelled.
    """
    try:
        if process.returncode is None and patience > 0:
            await _gone(process, patience)
        if process.returncode is None:
            _send(process, signal.SIGTERM)
            await _gone(process, _END_SECONDS)
    finally:
        if process.returncode is None:
            _send(process, signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        elif os.name == "posix":  # children that it left behind
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
    return await process.wait()


async def output_of(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, seconds: float
) -> bytes | None:
    """What a program writes on stdout within ``seconds``; None if it fails, or is too slow."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=DEVNULL,
            env=dict(environment),
            cwd=folder,
            start_new_session=os.name == "posix",
        )
    except OSError:
        return None
    output = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while process.stdout is not None and (piece := await process.stdout.read(READ_BYTES)):
                output += piece[: _MOST_OUTPUT - len(output)]
            await process.wait()
    except TimeoutError:
        return None
    finally:
        await end(process)
    return bytes(output) if process.returncode == 0 else None


async def _gone(process: Process, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await process.wait()


def _send(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(OSError):  # it ended just now
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
