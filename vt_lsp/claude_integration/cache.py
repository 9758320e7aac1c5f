"""Answers that were given already, on disk, for all processes of the user.

An answer is kept for exactly the question it was given to: every field of it, what was quoted, and who was asked. Two
questions that merely look alike may want opposite answers ("must" and "must not"), so nothing is compared by meaning.

The library is diskcache, which unpickles what a row asks it to, and reads and deletes files that a row names. A row may
have been planted. So the values here are plain bytes inside the database, and all else is refused; the folder is the
user's alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import random
import shutil
import sqlite3
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import cache as once
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from vt_lsp.workspace.store import make_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from diskcache import Cache

    from vt_lsp.claude_integration.messages import Done, Request

T = TypeVar("T")
log = logging.getLogger(__name__)

SCHEMA: Final = 1  # of what is kept
LEASE_SECONDS: Final = 60.0

_BYTES: Final = 64 << 20
_WAIT: Final = 2.0  # seconds for another process to finish its write
_JITTER: Final = 0.1  # of a time to live, so that what was kept together does not end together
# What does not change the answer: who waits for it, how long it is kept, what the offline rules would say.
_NOT_IN_KEY: Final = frozenset({"place", "priority", "keep", "estimate", "facts"})
_CHECKSUM: Final = 4


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """An answer as it is kept; ``tokens`` is what it cost, ``sources`` are the files that it rests on."""

    text: str
    provider: str
    model: str
    data: Any = None
    note: str = ""
    tokens: int = 0
    sources: tuple[str, ...] = ()


def digest(data: bytes) -> str:
    """What stands for the content of a file in keys."""
    return hashlib.sha256(data).hexdigest()


def key_of(request: Request, asked: Iterable[object]) -> str:
    """The name under which the answer to ``request`` is kept; ``asked``: who is asked, and in which form."""
    values = {
        f.name: _plain(getattr(request, f.name)) for f in fields(request) if f.name not in _NOT_IN_KEY
    }  # a field that is added later is part of it by itself
    text = json.dumps([SCHEMA, _plain(tuple(asked)), values], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, str):  # line ends and blanks at the ends of lines change nothing
        return "\n".join(line.rstrip() for line in value.splitlines())
    return msgspec.to_builtins(value, str_keys=True)


class AnswerCache:
    """Answers in ``directory``; None keeps nothing. ``project`` tells the files of one workspace from another's.

    Does not raise, and never blocks the event loop: all is done in one thread of its own. What cannot be read is no
    answer; a damaged cache is replaced by an empty one, and the log says so once.
    """

    def __init__(self, directory: Path | None, project: str = "") -> None:
        """Open nothing yet."""
        self._directory, self._project = directory, project
        self._thread = ThreadPoolExecutor(1, "vt-lsp-answers")
        self._cache: Cache | None = None
        self._is_off = directory is None
        self._said = False

    async def get(self, key: str) -> Kept | None:
        """The answer that is kept for ``key``."""
        return await self._do(lambda cache: _decoded(_value(cache, f"answer {key}")), None)

    async def put(self, key: str, request: Request, done: Done) -> None:
        """Keep a whole answer for as long as the question says."""
        if not done.complete or not done.by_model or request.keep <= 0 or not (done.text.strip() or done.data):
            return
        sources = tuple(sorted({excerpt.path for excerpt in request.context if excerpt.path}))
        tokens = done.usage.prompt + done.usage.output
        kept = Kept(done.text, done.provider, done.model, done.data, done.note, tokens, sources)
        seconds = request.keep * random.uniform(1 - _JITTER, 1)  # noqa: S311 - no secret
        await self._do(lambda cache: self._put(cache, key, kept, seconds), None)

    async def files_changed(self, paths: Iterable[str]) -> int:
        """Drop the answers that rest on one of these files; gives how many. Their keys would not be asked for again."""
        names = list(paths)
        return await self._do(lambda cache: sum(self._drop(cache, path) for path in names), 0)

    async def clear(self) -> int:
        """Drop everything; gives how many rows."""
        return await self._do(lambda cache: int(cache.clear()), 0)

    async def lease(self, key: str, owner: str) -> bool:
        """Whether ``owner`` may ask for the answer to ``key``: no other process does, or it has taken too long."""
        return await self._do(lambda cache: bool(cache.add(f"lease {key}", owner.encode(), LEASE_SECONDS)), True)

    async def release(self, key: str, owner: str) -> None:
        """Give the lease back."""

        def give_back(cache: Cache) -> None:
            if _value(cache, f"lease {key}") == owner.encode():
                cache.delete(f"lease {key}")

        await self._do(give_back, None)

    async def size(self) -> tuple[int, int]:
        """How many rows there are, and how many bytes they take."""
        return await self._do(lambda cache: (len(cache), int(cache.volume())), (0, 0))

    def close(self) -> None:
        """Let go of the file."""
        cache, self._cache, self._is_off = self._cache, None, True
        if cache is not None:
            self._thread.submit(cache.close)
        self._thread.shutdown(wait=False)

    # ------------------------------------------------------------------------------------------------- in the thread

    async def _do(self, action: Callable[[Cache], T], otherwise: T) -> T:
        if self._is_off:
            return otherwise
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._try, action, otherwise)

    def _try(self, action: Callable[[Cache], T], otherwise: T) -> T:
        import diskcache  # noqa: PLC0415 - not before the first question

        try:
            return action(self._opened())
        except (diskcache.Timeout, KeyError, sqlite3.OperationalError) as error:
            # Locked for long, full, read-only, or a row that is refused: what is there may still be good.
            self._say("could not be used", error)
        except (sqlite3.Error, ValueError, TypeError) as error:
            self._replace(error)
        except OSError as error:
            self._is_off = True
            self._say("cannot be used", error)
        return otherwise

    def _opened(self) -> Cache:
        if self._cache is None:
            if self._directory is None:
                raise OSError("there is no folder for it")
            make_private(self._directory)
            self._cache = _open(self._directory)
            (self._directory / "cache.db").chmod(0o600)
        return self._cache

    def _replace(self, error: Exception) -> None:
        self._say("is damaged and starts anew", error)
        if self._cache is not None:
            self._cache.close()
            self._cache = None
        if self._directory is not None:
            shutil.rmtree(self._directory, ignore_errors=True)

    def _say(self, what: str, error: Exception) -> None:
        if not self._said:
            self._said = True
            log.warning("The kept answers of Claude: %s %s: %s", self._directory, what, error)

    def _put(self, cache: Cache, key: str, kept: Kept, seconds: float) -> None:
        with cache.transact():
            cache.set(f"answer {key}", _encoded(kept), seconds)
            for path in kept.sources:
                keys = [*_names(_value(cache, self._row(path))), key]
                cache.set(self._row(path), json.dumps(keys).encode(), seconds)

    def _drop(self, cache: Cache, path: str) -> int:
        keys = _names(_value(cache, self._row(path)))
        cache.delete(self._row(path))
        return sum(bool(cache.delete(f"answer {key}")) for key in keys)

    def _row(self, path: str) -> str:
        return f"source {self._project} {path}"


def _open(directory: Path) -> Cache:
    import diskcache  # noqa: PLC0415 - not before the first question

    return diskcache.Cache(
        str(directory),
        timeout=_WAIT,
        disk=_plain_disk(),
        size_limit=_BYTES,
        eviction_policy="least-recently-used",
        cull_limit=32,
    )


@once
def _plain_disk() -> type:
    """The class that keeps diskcache to plain bytes; made late, since importing diskcache takes its time."""
    import diskcache  # noqa: PLC0415

    class PlainDisk(diskcache.Disk):  # type: ignore[misc]  # untyped
        """Keys are strings and values are bytes, in the database; every other row is refused with KeyError."""

        def put(self, key: object) -> tuple[str, bool]:
            if not isinstance(key, str):
                raise TypeError("a key is a string")
            return key, True

        def get(self, key: object, raw: object) -> str:
            if not raw or not isinstance(key, str):
                raise KeyError("a key that is none of ours")
            return key

        def store(self, value: object, read: object, key: object = None) -> tuple[int, int, None, object]:  # noqa: ARG002
            if read or not isinstance(value, bytes):
                raise TypeError("a value is bytes")
            return 0, diskcache.core.MODE_RAW, None, sqlite3.Binary(value)

        def fetch(self, mode: object, filename: object, value: object, read: object) -> bytes:
            if mode != diskcache.core.MODE_RAW or filename is not None or read or not isinstance(value, bytes):
                raise KeyError("a row that is none of ours")
            return value

        def remove(self, file_path: object) -> None:
            """No row of ours has a file, so what a row names stays."""

    return PlainDisk


def _value(cache: Cache, name: str) -> object:
    """What is kept under a name; a row that is refused is dropped."""
    try:
        return cache.get(name)
    except KeyError:
        cache.delete(name)
        return None


def _encoded(kept: Kept) -> bytes:
    data = zlib.compress(msgspec.json.encode(kept), 1)
    return zlib.crc32(data).to_bytes(_CHECKSUM, "big") + data


def _decoded(value: object) -> Kept | None:
    if not isinstance(value, bytes) or len(value) <= _CHECKSUM:
        return None
    data = value[_CHECKSUM:]
    if zlib.crc32(data) != int.from_bytes(value[:_CHECKSUM], "big"):
        return None
    try:
        return msgspec.json.decode(zlib.decompress(data), type=Kept)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _names(value: object) -> list[str]:
    try:
        names = json.loads(value) if isinstance(value, bytes) else []
    except ValueError:
        return []
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
