"""The history of a task list, rebuilt from git and from what was saved between two commits.

As elsewhere only HEAD and its first parents count. A commit's time is the author's, which survives a rebase, unless it
lies more than a day after the committer's; none lies in the future.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from vt_lsp.progress.changes import BurnUp, Entry, Snapshot, burn_up
from vt_lsp.progress.ticks import Mark, Ticks, woven
from vt_lsp.specs.readers import is_rst, task_reader
from vt_lsp.workspace.reading import reader_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vt_lsp.models import Task
    from vt_lsp.workspace.git import Git
    from vt_lsp.workspace.store import FactsStore

_BUDGET: Final = 20.0  # seconds for one list
_AT_ONCE: Final = 100  # texts that are asked of git at one time
_MOST_COMMITS: Final = 5000
_MOST_BYTES: Final = 2 << 20  # of one text; a larger one is no list that people keep
_DAY: Final = 86400
_COAUTHORS: Final = "%(trailers:key=Co-authored-by,valueonly,separator=%x03)"
_FORMAT: Final = f"--format=%x01%at%x02%ct%x02%an <%ae>%x03{_COAUTHORS}"
_AGENT: Final = re.compile(
    r"\b(?:claude|copilot|cursor ?agent|devin|aider|codex|gemini|jules|windsurf|openhands|sweep|amp)\b|"
    r"\[bot\]|noreply@anthropic\.com|cursoragent@",
    re.IGNORECASE,
)
_BOX: Final = re.compile(rb"(?m)^(?=[-*+] \[[ xX~-]\] )")
_HTML: Final = re.compile(rb"(?m)^ {0,3}<")
_HEADING: Final = re.compile(rb"(?m)^(?=#{1,6}[ \t])")
_FENCE: Final = re.compile(rb"(?m)^[ \t>*+-]*(?:```|~~~)")
_FILE_MODES: Final = frozenset({"100644", "100755"})


class _Version(NamedTuple):
    """One commit's text of a list."""

    at: int
    blob: str
    by_agent: bool


@dataclass(frozen=True, slots=True)
class TaskHistory:
    """What git knows of a list; ``is_shallow``: not all, since the clone is shallow."""

    burn_up: BurnUp
    is_shallow: bool = False


def listed(tasks: Sequence[Task]) -> tuple[Task, ...]:
    """The tasks that count: those that were not dropped, and no heading where it has tasks below it."""
    counted = [task for task in tasks if task.status != "dropped"]
    below = [task for task in counted if "heading" not in task.flags]
    return tuple(below or counted)


class Histories:
    """The histories of the lists below ``git.root``, kept in ``store`` under the commit that HEAD names.

    ``ticks`` are the marks of what was saved in an editor.
    """

    def __init__(self, git: Git, store: FactsStore | None = None, ticks: Ticks | None = None) -> None:
        self._git = git
        self._store = store
        self._ticks = ticks

    def of(self, path: str, tasks: Sequence[Task], changed: float, now: float, budget: float = _BUDGET) -> TaskHistory:
        """The history of the list in ``path`` (relative to the root, with ``/``) whose counted tasks now are ``tasks``.

        ``changed`` is when the file was last written (seconds since 1970): what is neither committed nor recorded when
        it was saved happened then. Takes ``budget`` seconds at most; what git does not know by then is not there.
        """
        marks = self._ticks.marks(path) if self._ticks is not None else ()
        marks = tuple(mark for mark in marks if mark.at <= now)
        committed = self._committed(path, now, budget, marks)
        last = committed.changes[-1].at if committed.changes else None
        before = None if last is None else Snapshot(last, committed.entries)
        present = Snapshot(max(int(min(changed, now)), last or 0), entries_of(tasks))
        return TaskHistory(burn_up([*woven(before, present, marks), present], committed), self._is_shallow())

    def _committed(self, path: str, now: float, budget: float, marks: Sequence[Mark]) -> BurnUp:
        line = self._git.line("log", "-1", "--no-show-signature", "--format=%H %ct", "HEAD", "--")
        if line is None:
            return BurnUp()
        head, _, committed_at = line.partition(" ")
        # What was saved after the last commit comes later; so it does not make what is kept useless.
        old = tuple(mark for mark in marks if mark.at <= int(committed_at))
        key = _key(f"burn-up {len(old)}", head, path)
        if (known := self._recall(key)) is not None:
            return known
        deadline = time.monotonic() + budget
        versions = self._versions(head, path, now, budget)
        if versions is None:
            return BurnUp()
        texts = self._entries(path, [version.blob for version in versions], deadline)
        found = burn_up(_with_saves(versions, texts, old))
        if len(texts) == len({version.blob for version in versions}) and self._store is not None:
            self._store.save([(key, msgspec.msgpack.encode(found))])
        return found

    def _recall(self, key: bytes) -> BurnUp | None:
        value = self._store.load([key]).get(key) if self._store is not None else None
        try:
            return None if value is None else msgspec.msgpack.decode(value, type=BurnUp)
        except msgspec.MsgspecError:
            return None

    def _versions(self, head: str, path: str, now: float, budget: float) -> list[_Version] | None:
        """The texts of a list, oldest first, since it was last made; None when git did not come to an end."""
        args = ("log", "--follow", "--first-parent", "-m", "--raw", "--no-abbrev", "--no-color", "--no-ext-diff")
        limits = (f"-n{_MOST_COMMITS}", _FORMAT, "--end-of-options", head, "--", path)
        found: list[_Version] = []
        with self._git.lines("--literal-pathspecs", *args, *limits, timeout=budget) as answer:
            at, by_agent = 0, False
            for raw in answer:
                line = os.fsdecode(raw.rstrip(b"\n"))
                if line.startswith("\x01"):
                    author, committer, who = line[1:].split("\x02", 2)
                    at = int(committer) if int(author) > int(committer) + _DAY else int(author)
                    by_agent = _AGENT.search(who) is not None
                elif line.startswith(":"):
                    _, mode, _, blob, status = line.partition("\t")[0].split(" ")
                    if status == "D":
                        return found[::-1]  # what was there before is another list
                    if mode in _FILE_MODES:
                        found.append(_Version(min(at, int(now)), blob, by_agent))
            return found[::-1] if answer.is_complete else None

    def _entries(self, path: str, blobs: Sequence[str], deadline: float) -> dict[str, tuple[Entry, ...]]:
        """The tasks of each text."""
        reader = _Reader(path)
        wanted = list(dict.fromkeys(blobs))
        found: dict[str, tuple[Entry, ...]] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            asked = "".join(f"{blob}\n" for blob in part).encode()
            out = self._git.run("cat-file", "--batch", timeout=deadline - time.monotonic(), given=asked)
            for blob, data in _texts(out or b""):
                found[blob] = reader.read(data) if len(data) <= _MOST_BYTES else ()
        return found

    def _is_shallow(self) -> bool:
        return self._git.line("rev-parse", "--is-shallow-repository") == "true"


class _Reader:
    """The tasks of the texts of one document, which have most of their parts in common.

    A text is cut before headings and before the boxes at the beginning of a line: what lies between two of these has
    the same tasks wherever it stands.
    """

    def __init__(self, path: str) -> None:
        self._tasks = task_reader(path)
        self._cuts = not is_rst(path)  # where a heading begins with a hash and a task with a box
        self._known: dict[bytes, tuple[Task, ...]] = {}

    def read(self, data: bytes) -> tuple[Entry, ...]:
        known, self._known = self._known, {}
        parts = list(_parts(data)) if self._cuts else [data]
        for part in parts:
            if part not in self._known:
                self._known[part] = known[part] if part in known else self._tasks(part)
        return entries_of(listed([task for part in parts for task in self._known[part]]))


def _parts(data: bytes) -> Iterator[bytes]:
    """A text cut before its headings, and before its boxes where no HTML could go on over them."""
    for section in _cut(_HEADING, data):
        yield from (section,) if _HTML.search(section) else _cut(_BOX, section)


def _cut(before: re.Pattern[bytes], data: bytes) -> Iterator[bytes]:
    """A text in pieces, but not cut inside a fence or a comment."""
    pieces = before.split(data)
    if not _FENCE.search(data) and b"<!--" not in data:
        yield from pieces
        return
    waiting: list[bytes] = []
    fences = comments = 0
    for piece in pieces:
        waiting.append(piece)
        fences += len(_FENCE.findall(piece))
        comments += piece.count(b"<!--") - piece.count(b"-->")
        if fences % 2 == 0 and comments <= 0:
            yield b"".join(waiting)
            waiting.clear()
            fences = comments = 0
    if waiting:
        yield b"".join(waiting)


def _with_saves(
    versions: Sequence[_Version], texts: Mapping[str, tuple[Entry, ...]], marks: Sequence[Mark]
) -> Iterator[Snapshot]:
    """The texts that were committed, and between them those that were saved."""
    before: Snapshot | None = None
    for version in versions:
        if version.blob in texts:
            snapshot = Snapshot(version.at, texts[version.blob], version.by_agent)
            yield from woven(before, snapshot, marks)
            yield snapshot
            before = snapshot


def entries_of(tasks: Sequence[Task]) -> tuple[Entry, ...]:
    """What the history needs of tasks."""
    return tuple(Entry(task.id, task.text, task.status == "done") for task in tasks)


def _texts(output: bytes) -> Iterator[tuple[str, bytes]]:
    """The blobs in the output of ``git cat-file --batch``; those that are missing are left out."""
    at = 0
    while (end := output.find(b"\n", at)) >= 0:
        header = output[at:end].split(b" ")
        at = end + 1
        if len(header) == 3 and header[2].isdigit():
            size = int(header[2])
            yield header[0].decode("ascii"), output[at : at + size]
            at += size + 1


def _key(question: str, head: str, path: str) -> bytes:
    text = f"progress\0\1{question}\0{head}\0{path}"
    return hashlib.blake2b(reader_version() + os.fsencode(text), digest_size=16).digest()
