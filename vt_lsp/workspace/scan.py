"""The first reading of a whole workspace: what is known from last time, and the rest from worker processes."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.models import CodeFacts, NotAnalysed, SpecFacts
from vt_lsp.workspace.discovery import Listing, kind_of
from vt_lsp.workspace.pool import NICE, Pool, default_size
from vt_lsp.workspace.reading import Unreadable, key_of, read_file
from vt_lsp.workspace.worker import Answer, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vt_lsp.workspace.store import FactsStore

_BATCH = 64  # files handed to the caller at once: small enough to stay responsive between two of them
_REQUEST = 16  # files for a worker at once: enough to hide the pipe, few enough to end together
_FEW = 40  # files; fewer are read here, since starting a process takes as long
_SAVED = 512  # values written in one transaction
_TICK = 0.05  # seconds between two looks at cancelled()

Facts = CodeFacts | SpecFacts


@dataclass(frozen=True, slots=True)
class Batch:
    """Files that were read, those that could not be, and how far the scan is."""

    facts: tuple[tuple[str, Facts], ...]
    not_analysed: tuple[NotAnalysed, ...]
    done: int
    total: int


def scan(
    listing: Listing,
    store: FactsStore | None,
    cancelled: Callable[[], bool] = lambda: False,
    first: Iterable[str] = (),
    niceness: int = NICE,
) -> Iterator[Batch]:
    """Read all files of ``listing``: specs first, and before them those named by ``first``.

    ``niceness`` is by how much the worker processes give way to others.

    The first batch is empty and comes at once, when the workers have been started.

    Blocks: run it in a thread of its own. It touches nothing but the files, the store and its workers, which have
    ended when it ends. When ``cancelled()`` turns true it stops within 0.3 s; what was read is kept in the store.
    """
    urgent = set(first)
    paths = sorted((*listing.specs, *listing.code), key=lambda path: path not in urgent)  # stable: specs, then code
    scanner = _Scanner(listing, store, cancelled, niceness)
    yield from _run(scanner, paths)
    if store is not None and not cancelled():
        store.prune(scanner.live)


def scan_some(
    listing: Listing, paths: Iterable[str], store: FactsStore | None, niceness: int = NICE
) -> Iterator[Batch]:
    """The same for some files of ``listing``, when the others are known."""
    yield from _run(_Scanner(listing, store, lambda: False, niceness), list(paths))


def _run(scanner: _Scanner, paths: list[str]) -> Iterator[Batch]:
    with ExitStack() as closing:
        scanner.closing = closing
        try:
            yield from scanner.run(paths)
        finally:
            scanner.save()


@dataclass(slots=True)
class _Scanner:
    listing: Listing
    store: FactsStore | None
    cancelled: Callable[[], bool]
    niceness: int
    closing: ExitStack = field(default_factory=ExitStack)
    pool: Pool | None = None
    done: int = 0
    facts: list[tuple[str, Facts]] = field(default_factory=list)
    left_out: list[NotAnalysed] = field(default_factory=list)
    unsaved: list[tuple[bytes, bytes]] = field(default_factory=list)
    live: set[bytes] = field(default_factory=set)

    def run(self, paths: list[str]) -> Iterator[Batch]:
        known = self.store.count() if self.store is not None else 0
        if len(paths) - known > _FEW:
            self.open_pool()  # the processes come up while we look at the files
        yield Batch((), (), 0, len(paths))  # the caller has time for something else until they are up
        waiting: list[str] = []  # unknown files that no worker has yet
        for start in range(0, len(paths), _BATCH):
            if self.cancelled():
                return
            part = paths[start : start + _BATCH]
            waiting += self.recall(part) if known else part
            waiting = self.hand_out(waiting)
            yield from self.flush(at_least=_BATCH)
        if self.pool is None:
            yield from self.read_here(waiting)
        else:
            self.submit(waiting)
            yield from self.collect(self.pool)
        if not self.cancelled():
            yield from self.flush(at_least=1)
            self.save()

    def recall(self, paths: list[str]) -> list[str]:
        """Take what the store knows of ``paths``; the others come back."""
        assert self.store is not None
        keys: dict[str, bytes] = {}
        for path in paths:
            try:
                keys[path] = key_of(path, read_file(self.listing.root, path))
            except Unreadable as error:
                self.leave_out(path, error.reason)
        found = self.store.load(keys.values())
        missing: list[str] = []
        for path, key in keys.items():
            value = found.get(key)
            if value is None or not self.take(path, value):
                missing.append(path)
            else:
                self.live.add(key)
        return missing

    def hand_out(self, waiting: list[str]) -> list[str]:
        """Give work to the pool, which is opened once it pays; what stays here comes back."""
        if self.pool is None and len(waiting) > _FEW:
            self.open_pool()
        if self.pool is None:
            return waiting
        whole = len(waiting) - len(waiting) % _REQUEST
        self.submit(waiting[:whole])
        return waiting[whole:]

    def open_pool(self) -> None:
        self.pool = self.closing.enter_context(Pool(default_size(), niceness=self.niceness))

    def submit(self, paths: list[str]) -> None:
        assert self.pool is not None
        for start in range(0, len(paths), _REQUEST):
            self.pool.submit(self.listing.root, paths[start : start + _REQUEST])

    def collect(self, pool: Pool) -> Iterator[Batch]:
        """Take the answers of the workers; where none can be started, read here."""
        while pool.pending and not self.cancelled():
            found = pool.next_answer(_TICK)
            if found is not None:
                self.receive(found)
                yield from self.flush(at_least=_BATCH)
            elif pool.broken:
                yield from self.read_here(pool.unread())
                return

    def read_here(self, paths: list[str]) -> Iterator[Batch]:
        for path in paths:
            if self.cancelled():
                return
            self.receive(answer(self.listing.root, path))
            yield from self.flush(at_least=_BATCH)

    def receive(self, found: Answer) -> None:
        if found.reason:
            self.leave_out(found.path, found.reason)
        elif self.take(found.path, found.facts):
            self.live.add(found.key)
            self.unsaved.append((found.key, found.facts))
            if len(self.unsaved) >= _SAVED:
                self.save()
        else:
            self.leave_out(found.path, "the reader failed: unknown answer")

    def take(self, path: str, value: bytes) -> bool:
        """Decode facts; False when they are none (a checksum that fits does not make a value ours)."""
        try:
            self.facts.append((path, _DECODE[kind_of(path)](value)))
        except msgspec.MsgspecError:
            return False
        self.done += 1
        return True

    def leave_out(self, path: str, reason: str) -> None:
        self.left_out.append(NotAnalysed(path, reason))
        self.done += 1

    def flush(self, at_least: int) -> Iterator[Batch]:
        if len(self.facts) + len(self.left_out) >= at_least:
            total = len(self.listing.specs) + len(self.listing.code)
            batch = Batch(tuple(self.facts), tuple(self.left_out), self.done, total)
            self.facts, self.left_out = [], []
            yield batch

    def save(self) -> None:
        if self.store is not None and self.unsaved:
            self.store.save(self.unsaved)
        self.unsaved = []


_DECODE: dict[str | None, Callable[[bytes], Facts]] = {
    "code": msgspec.msgpack.Decoder(CodeFacts).decode,
    "spec": msgspec.msgpack.Decoder(SpecFacts).decode,
}
