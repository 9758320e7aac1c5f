"""Claude through its own program: a process for each question, the next of which waits ready while you read.

Starting the program takes half a second, and a process that has answered remembers what it was asked. So one process
answers one question, and a spare one that has already started waits for the next, until it has waited for long.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration import processes
from vt_lsp.claude_integration.cli_events import Transcript
from vt_lsp.claude_integration.cli_program import (
    Program,
    command_line,
    environment_for,
    find_program,
    probe,
    stamp_of,
    turn,
)
from vt_lsp.claude_integration.failures import failed
from vt_lsp.claude_integration.messages import Capabilities, Done, Failed, Health, Reason

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import AsyncGenerator, Coroutine, Mapping

    from vt_lsp.claude_integration.messages import Event, Prompt

log = logging.getLogger(__name__)

_SPARE_SECONDS: Final = 300.0  # it takes 160 MB
_EXIT_SECONDS: Final = 2.0  # after its result; it was seen to hang there
_STDERR: Final = 4096
_STDERR_SECONDS: Final = 0.5
_STEPS: Final = (2048, 8192, 32768)  # of the longest answer, so that one spare process does for most questions

_Key = tuple[tuple[str, ...], int]


class ClaudeCli:
    """See the module. ``root``: the workspace, inside which nothing is started."""

    name = "claude-cli"
    capabilities = Capabilities()

    def __init__(
        self, root: Path, environment: Mapping[str, str], chosen: str, model: str, memory: Path | None = None
    ) -> None:
        """``chosen``: the user's own path of the program, or ""; ``memory``: a file for what it said of itself."""
        self._root, self._environment, self._chosen = root, environment, chosen
        self._model, self._memory = model, memory
        self._folder: Path | None = None
        self._program: Program | None = None
        self._spare: tuple[_Key, Process] | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[object]] = set()
        self._is_closed = False

    @property
    def identity(self) -> str:
        """The model, and the host that is asked."""
        return f"{self._model} {self._environment.get('ANTHROPIC_BASE_URL', '')}"

    async def health(self) -> Health:
        """Whether the program is there and can be asked safely; the login shows at the first question."""
        found = await self._find()
        if isinstance(found, Failed):
            return Health(self.name, ready=False, sentence=found.sentence)
        return Health(self.name, ready=True, sentence=f"{found.path} can be asked.", version=found.version)

    async def warm(self, prompt: Prompt) -> None:
        """Have a process wait for the next question of the same kind as ``prompt``."""
        program = await self._find()
        if isinstance(program, Program) and self._spare is None and not self._is_closed:
            await self._prepare(self._key(program, prompt))

    async def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """The answer as the program tells it."""
        program = await self._find()
        if isinstance(program, Failed):
            yield program
            return
        key = self._key(program, prompt)
        transcript = Transcript(self.name, self._model, schema=bool(prompt.schema))
        try:
            process = await self._take(key)
        except OSError as error:
            log.warning("cannot start %s: %s", program.path, error)
            yield failed(Reason.CRASHED, self.name)
            return
        said = asyncio.create_task(_last_words(process))
        is_ending = False
        try:
            self._later(_send(process, turn(prompt.text)))
            async for data in _pieces(process):
                for event in transcript.feed(data):
                    yield event
                if transcript.is_over:
                    break
            if transcript.is_over:  # how it ends is of no account any more, and it may take its time
                self._later(processes.end(process, 0.0 if transcript.gave_up else _EXIT_SECONDS))
                is_ending = True
                outcome = transcript.finish(None, "")
            else:
                outcome = transcript.finish(await processes.end(process), await _soon(said))
            if isinstance(outcome, Done):
                self._later(self._prepare(key))
            yield outcome
        finally:
            said.cancel()
            if process.returncode is None and not is_ending:
                await asyncio.shield(self._later(processes.end(process)))

    async def aclose(self) -> None:
        """End all processes."""
        self._is_closed = True
        await self._drop_spare()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    # ---------------------------------------------------------------------------------------------------- the program

    async def _find(self) -> Program | Failed:
        path = await asyncio.to_thread(find_program, self._root, self._chosen, self._environment)
        if path is None:
            return failed(Reason.NOT_INSTALLED, self.name)
        if self._program is None or (self._program.path, self._program.stamp) != (str(path), stamp_of(path)):
            environment = environment_for(self._root, self._environment, 1)
            self._program = await probe(path, environment, self._empty(), self._memory)
        if self._program is None:
            return failed(Reason.CRASHED, self.name)
        return self._program if self._program.is_safe else failed(Reason.OUTDATED, self.name)

    def _key(self, program: Program, prompt: Prompt) -> _Key:
        has_key = bool(self._environment.get("ANTHROPIC_API_KEY"))
        return command_line(program, prompt, self._model, has_key=has_key), next(
            (step for step in _STEPS if step >= prompt.max_tokens), prompt.max_tokens
        )

    def _empty(self) -> Path:
        """An empty folder of our own, which the program takes for its project."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="vt-lsp-claude-"))  # 0700
        return self._folder

    # -------------------------------------------------------------------------------------------------- the processes

    async def _start(self, key: _Key) -> Process:
        command, max_tokens = key
        environment = environment_for(self._root, self._environment, max_tokens)
        return await processes.start(command, environment, self._empty())

    async def _take(self, key: _Key) -> Process:
        """The spare process, if it was started for this kind of question and still waits; else a new one."""
        spare = self._give_up_spare()
        if spare is not None:
            known, process = spare
            if known == key and process.returncode is None:
                return process
            self._later(processes.end(process))
        return await self._start(key)

    async def _prepare(self, key: _Key) -> None:
        if self._spare is not None or self._is_closed:
            return
        try:
            process = await self._start(key)
        except OSError:
            return  # the next question will say so
        if self._spare is not None or self._is_closed:
            await processes.end(process)
            return
        self._spare = key, process
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(_SPARE_SECONDS, lambda: self._later(self._drop_spare()))

    def _give_up_spare(self) -> tuple[_Key, Process] | None:
        if self._expiry is not None:
            self._expiry.cancel()
        spare, self._spare, self._expiry = self._spare, None, None
        return spare

    async def _drop_spare(self) -> None:
        if (spare := self._give_up_spare()) is not None:
            await processes.end(spare[1])

    def _later(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


async def _send(process: Process, line: bytes) -> None:
    """Write the question and close stdin; a process that does not read it has ended, which its stdout tells."""
    if process.stdin is None:
        return
    with suppress(OSError):
        process.stdin.write(line)
        await process.stdin.drain()
        process.stdin.close()


async def _pieces(process: Process) -> AsyncGenerator[bytes, None]:
    while process.stdout is not None and (data := await process.stdout.read(processes.READ_BYTES)):
        yield data
        await asyncio.sleep(0)  # what lies ready is read without waiting: let others have a turn


async def _last_words(process: Process) -> str:
    """The beginning of stderr; the rest is read too, so that the program can go on."""
    kept = b""
    while process.stderr is not None and (data := await process.stderr.read(processes.READ_BYTES)):
        kept += data[: _STDERR - len(kept)]
    return kept.decode("utf-8", "replace")


async def _soon(task: asyncio.Task[str]) -> str:
    with suppress(TimeoutError):
        async with asyncio.timeout(_STDERR_SECONDS):
            return await task
    return ""
