"""Evidence from the past: what the code once had, and the commit that took it away.

Only HEAD and its first parents count. Other branches, tags and later commits are never looked at: a name that only
exists elsewhere was never here. One pass of ``git log`` from the newest commit answers a whole set of questions, and
ends with the last answer or with the time it may take.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from vt_lsp.models import CodeFacts, Commit
from vt_lsp.workspace.git import renames_in
from vt_lsp.workspace.reading import Unreadable, facts_of, read_file
from vt_lsp.workspace.store import FOR_GOOD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from vt_lsp.models import Symbol
    from vt_lsp.workspace.git import Answer, Git
    from vt_lsp.workspace.store import FactsStore

_BUDGET = 5.0  # seconds for one question
_DEPTH = 4000  # commits that one call reads: a bound that does not hang on how fast the machine is
_BLOCK = 256  # commits whose removals are kept together, a power of two
_HOPS = 5  # renames that are followed
_CANDIDATES = 20  # commits or places that are looked at

# Each commit's line starts with a byte that starts no line of a diff.
_FORMAT = "--format=%x01%H%x02%cs%x02%s"
_LOG = ("log", "--first-parent", "-m", "--no-ext-diff", "--no-textconv", "--no-color", "--relative", _FORMAT)
_PYTHON = ("*.py", "*.pyi")
_DOCUMENTS = ("*.md", "*.markdown", "*.mdx", "*.mdc", "*.rst", "*.txt", "*.py")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASIDE = re.compile(
    r"(?:^|/)(?:[^/]*tests?|testing|backups?|test_[^/]*|vendor|_vendor|vendored|third_party|extern|site-packages|node_modules)/"
)
_GREPPED = re.compile(rb"[^:]+:(?P<path>[^\0]+)\0(?P<line>\d+)[\0:](?P<text>.*)", re.DOTALL)
_SIGNS = {b"-": 1, b"+": -1}
_HUNK = re.compile(rb"@@ -(\d+)")

# A definition, as far as a line shows it: for git, and with its name for us. Git is not given the names: an expression
# of many makes it ten times slower than looking through all definitions here.
_ANY_DEFINITION = "^[[:space:]]*(async[[:space:]]+)?(class|def)[[:space:]]|^[A-Za-z_][A-Za-z0-9_]*[[:space:]]*[:=]"
_DEFINITION = re.compile(
    rb"(?:\s*(?:async\s+)?(?:class|def)\s+([A-Za-z_]\w*)\s*(?:[\[(:]|$)|([A-Za-z_]\w*)\s*[:=](?!=))", re.ASCII
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PastDefinition:
    """Where a name was last defined: path and line (from 1) before ``removed_in``, which took it away.

    ``removed_in`` is None while the removal is not committed.
    """

    path: str
    line: int
    removed_in: Commit | None
    symbol: str = ""  # qualified in its file
    kind: str = ""  # as in Symbol
    renamed_to: str = ""  # what took its place in the same change; empty where that cannot be told
    spoken_of: tuple[str, ...] = ()  # base names of the documents that wrote the name just before


@dataclass(frozen=True, slots=True)
class PastFile:
    """The commit that took a file or folder away (None: not committed yet), and where it is now, if it was renamed."""

    removed_in: Commit | None
    renamed_to: str | None


class _Removal(NamedTuple):
    """A definition that a diff takes away, and the name that it puts in the same place."""

    path: str
    line: int
    successor: str


class _Block(NamedTuple):
    """Neighbours among the first parents, newest first, and the commit before them ("" at the end of the history)."""

    commits: tuple[str, ...]
    parent: str

    @property
    def key(self) -> bytes:
        """Under which its removals are kept: what a commit has changed does not change."""
        text = f"history\0removals\0{self.commits[0]}\0{self.commits[-1]}\0{self.parent}"
        return hashlib.blake2b(text.encode("ascii"), digest_size=FOR_GOOD).digest()


_Removals = list[tuple[Commit, dict[str, list[_Removal]]]]


class History:
    """Questions about the past of the project in ``git.root``; nothing found and nothing knowable look the same.

    Answers are kept in ``store`` under the commit that HEAD names, so they cost their time once.
    """

    def __init__(self, git: Git, store: FactsStore | None = None) -> None:
        self._git = git
        self._store = store

    def once_defined(self, names: Collection[str], budget: float = _BUDGET) -> dict[str, PastDefinition]:
        """For those of ``names`` (plain identifiers that the code does not define now) that it once defined: where.

        Definitions are classes, functions and methods, and variables at module level, outside tests and vendored
        folders. Takes ``budget`` seconds at most, and then answers with what it found.
        """
        wanted = sorted({name for name in names if _IDENTIFIER.fullmatch(name)})
        deadline = time.monotonic() + budget
        head = self._git.head()
        if head is None or not wanted:
            return {}
        known = self._recall("defined", head, wanted, PastDefinition)
        missing = [name for name in wanted if name not in known]
        if missing:
            found = self._definitions_at(head, missing, deadline)
            rest = [name for name in missing if name not in found]
            older, is_complete = self._last_definitions(head, rest, deadline)
            known.update(found)  # not remembered: these answers hang on the files, not on HEAD alone
            known.update(older)
            self._remember("defined", head, {n: older.get(n) for n in rest if is_complete or n in older})
        return {name: past for name, past in known.items() if past is not None}

    def once_existed(self, paths: Collection[str], budget: float = _BUDGET) -> dict[str, PastFile]:
        """For those of ``paths`` (relative to the root, files or folders that do not exist now) that once existed.

        Takes ``budget`` seconds at most, and then answers with what it found.
        """
        wanted = sorted({path.strip("/") for path in paths} - {""})
        deadline = time.monotonic() + budget
        head = self._git.head()
        if head is None or not wanted:
            return {}
        known = self._recall("existed", head, wanted, PastFile)
        missing = [path for path in wanted if path not in known]
        if missing:
            found = {path: PastFile(None, None) for path in self._existing(head, missing, deadline)}
            removed, is_complete = self._removals(head, [p for p in missing if p not in found], deadline)
            for path, commit in removed:
                found[path] = PastFile(commit, self._successor(head, path, commit, deadline))
            known |= found
            self._remember("existed", head, {p: found.get(p) for p in missing if is_complete or p in found})
        return {path: past for path, past in known.items() if past is not None}

    def when_gone(self, path: str, pattern: str, budget: float = _BUDGET) -> Commit | None:
        """The commit after which no line of ``path`` matched ``pattern`` (a POSIX extended expression) any more."""
        head = self._git.head()
        if head is None:
            return None
        deadline = time.monotonic() + budget
        question = f"{path}\0{pattern}"
        known = self._recall("gone", head, [question], Commit)
        if question in known:
            return known[question]
        args = (f"-n{_CANDIDATES}", f"-G{pattern}", "-s", "--end-of-options", head, "--", path)
        with self._git.lines("--literal-pathspecs", *_LOG, *args, timeout=budget) as answer:
            commits = [commit for commit, _ in _by_commit(answer)]
            is_complete = answer.is_complete
        for commit in commits:
            if self._matches(commit.commit, path, pattern, deadline) is not False:
                break  # still there in the newest of them: not gone in any commit, or not knowable
            if self._matches(f"{commit.commit}^", path, pattern, deadline):
                self._remember("gone", head, {question: commit})
                return commit
        if is_complete:
            self._remember("gone", head, {question: None})
        return None

    def _definitions_at(self, head: str, names: list[str], deadline: float) -> dict[str, PastDefinition | None]:
        """What HEAD still defines: removed from the files, but in no commit yet; None where the files have it too."""
        wanted = set(names)
        options = ("-n", "-z", "-I", "-E", "--no-color", "--no-textconv")
        args = ("grep", *options, "-e", _ANY_DEFINITION, head, "--", *_PYTHON)
        out = self._git.run(*args, timeout=deadline - time.monotonic()) or b""
        places: dict[str, list[_Removal]] = {}
        for line in out.split(b"\n"):
            match = _GREPPED.fullmatch(line)
            definition = _DEFINITION.match(match["text"]) if match else None
            if match is None or definition is None:
                continue
            path = os.fsdecode(match["path"])
            name = (definition[1] or definition[2]).decode()
            if name in wanted and not _ASIDE.search(path):
                places.setdefault(name, []).append(_Removal(path, int(match["line"]), ""))
        found: dict[str, PastDefinition | None] = {}
        for name, candidates in places.items():
            if any(self._is_still_there(candidate.path, name) for candidate in candidates[:_CANDIDATES]):
                found[name] = None  # the project has it, though its owner does not read it
                continue
            past = self._confirm(head, name, candidates, None, deadline)
            if past is not None:
                found[name] = past
        return found

    def _last_definitions(self, head: str, names: list[str], deadline: float) -> tuple[dict[str, PastDefinition], bool]:
        """The newest commits that removed a definition, and whether all of the history was seen.

        What is read is kept block by block, so that a new commit costs only itself. At most ``_DEPTH`` commits are read
        in one call, whatever the machine; the next call goes on behind them.
        """
        wanted = set(names)
        found: dict[str, PastDefinition] = {}
        if not wanted:
            return found, True
        unread = _DEPTH
        for block in self._blocks(head, deadline):
            removals = self._known_removals(block)
            if removals is None:
                unread -= len(block.commits)
                removals = self._read_removals(block, deadline) if unread >= 0 else None
            if removals is None:
                return found, False
            for commit, by_name in removals:
                for name in wanted & by_name.keys():
                    past = self._confirm(f"{commit.commit}^", name, by_name[name], commit, deadline)
                    if past is not None:
                        found[name] = past
                        wanted.discard(name)
            if not wanted:
                return found, True
        return found, time.monotonic() < deadline

    def _blocks(self, head: str, deadline: float) -> list[_Block]:
        """The first parents of ``head`` in blocks, newest first.

        They are counted from the oldest commit, and the newest ones are powers of two, so that a new commit makes one
        small block and leaves the others.
        """
        listed = self._git.run("rev-list", "--first-parent", head, timeout=deadline - time.monotonic()) or b""
        commits = listed.decode("ascii").split()
        newest = len(commits) % _BLOCK
        sizes = [1 << bit for bit in range(newest.bit_length()) if newest >> bit & 1]
        ends = list(accumulate([*sizes, *[_BLOCK] * (len(commits) // _BLOCK)], initial=0))
        return [
            _Block(tuple(commits[start:end]), commits[end] if end < len(commits) else "")
            for start, end in pairwise(ends)
        ]

    def _known_removals(self, block: _Block) -> _Removals | None:
        if self._store is None:
            return None
        kept = self._store.load([block.key]).get(block.key)
        try:
            return msgspec.msgpack.decode(kept, type=_Removals) if kept is not None else None
        except msgspec.MsgspecError:
            return None

    def _read_removals(self, block: _Block, deadline: float) -> _Removals | None:
        """All definitions that the commits of a block take away; None where git did not come to its end."""
        until = (f"^{block.parent}",) if block.parent else ()
        args = ("-p", "-U0", "--no-renames", "--no-prefix", "--end-of-options", block.commits[0], *until)
        with self._git.lines(*_LOG, *args, "--", *_PYTHON, timeout=deadline - time.monotonic()) as answer:
            read = [(commit, _net_removals(lines)) for commit, lines in _by_commit(answer)]
            if not answer.is_complete:
                return None
        removals = [(commit, names) for commit, names in read if names]
        if self._store is not None:
            self._store.save([(block.key, msgspec.msgpack.encode(removals))])
        return removals

    def _confirm(
        self, revision: str, name: str, removals: list[_Removal], removed_in: Commit | None, deadline: float
    ) -> PastDefinition | None:
        """The definition that is taken away, if the reader sees it there: names inside functions are nobody's."""
        prefix = self._git.line("rev-parse", "--show-prefix") or ""  # "rev:./path" would need a work tree
        for removal in removals[:_CANDIDATES]:
            path, line = removal.path, removal.line
            options = ("cat-file", "blob", f"{revision}:{prefix}{path}")
            data = self._git.run(*options, timeout=deadline - time.monotonic())
            for symbol in _symbols(path, data or b"", name):
                if data and data.count(b"\n", 0, symbol.name_start) + 1 == line:
                    spoken_of = self._documents_with(name, revision, deadline)
                    return PastDefinition(
                        path, line, removed_in, symbol.name, symbol.kind, removal.successor, spoken_of
                    )
        return None

    def _documents_with(self, name: str, revision: str, deadline: float) -> tuple[str, ...]:
        """The base names of documents that have a word at a revision; documents move, their names mostly stay."""
        args = ("grep", "-l", "-z", "-w", "-F", "-I", "--no-color", "--no-textconv", "-e", name, revision, "--")
        out = self._git.run(*args, *_DOCUMENTS, timeout=deadline - time.monotonic()) or b""
        return tuple(
            sorted({os.fsdecode(line).rpartition("/")[2].rpartition(":")[2] for line in out.split(b"\0")} - {""})
        )

    def _is_still_there(self, path: str, name: str) -> bool:
        try:
            return bool(_symbols(path, read_file(self._git.root, path), name))
        except Unreadable:
            return False

    def _removals(self, head: str, paths: list[str], deadline: float) -> tuple[list[tuple[str, Commit]], bool]:
        """The newest commits that removed files at or below ``paths``, and whether all of the history was seen."""
        left = set(paths)
        found: list[tuple[str, Commit]] = []
        if not left:
            return found, True
        args = ("--no-renames", "--diff-filter=D", "--name-only", "--end-of-options", head, "--")
        with self._git.lines(*_LOG, *args, timeout=deadline - time.monotonic()) as answer:
            for commit, lines in _by_commit(answer):
                for line in lines:
                    parts = os.fsdecode(line).strip().split("/")
                    gone = left.intersection("/".join(parts[:n]) for n in range(1, len(parts) + 1))
                    found += [(path, commit) for path in gone]
                    left -= gone
                if not left:
                    return found, True
            return found, answer.is_complete

    def _successor(self, head: str, path: str, commit: Commit, deadline: float) -> str | None:
        """Where a path went: the renames of the commit that removed it, and of later ones, as far as HEAD."""
        place: str | None = path
        at: Commit | None = commit
        for _ in range(_HOPS):
            if place is None or at is None:
                return None
            place = _renamed(place, self._renames(at, deadline))
            if place is None or self._existing(head, [place], deadline):
                return place
            removals, _seen = self._removals(head, [place], deadline)
            at = removals[0][1] if removals else None
        return None

    def _renames(self, commit: Commit, deadline: float) -> list[tuple[str, str]]:
        args = ("diff-tree", "-r", "-M", "--no-ext-diff", "--diff-filter=R", "--relative", "--name-status", "-z")
        sides = (f"{commit.commit}^1", commit.commit)
        return renames_in(self._git.run(*args, *sides, "--", timeout=deadline - time.monotonic()) or b"")

    def _existing(self, commit: str, paths: Collection[str], deadline: float) -> set[str]:
        """Those of ``paths`` that are a file or a folder in ``commit``."""
        out = self._git.run("ls-tree", "-r", "-t", "--name-only", "-z", commit, timeout=deadline - time.monotonic())
        return set(os.fsdecode(out or b"").split("\0")).intersection(paths)

    def _matches(self, commit: str, path: str, pattern: str, deadline: float) -> bool | None:
        args = ("--literal-pathspecs", "grep", "-q", "-E", "--no-textconv", "-e", pattern, commit, "--", path)
        out = self._git.run(*args, timeout=deadline - time.monotonic())
        if out is not None:
            return True
        alive = self._git.run(
            "rev-parse", "--verify", "-q", f"{commit}^{{commit}}", timeout=deadline - time.monotonic()
        )
        return None if alive is None else False

    def _recall(self, question: str, head: str, items: list[str], kind: type[T]) -> dict[str, T | None]:
        if self._store is None:
            return {}
        keys = {_key(question, head, item): item for item in items}
        known: dict[str, T | None] = {}
        for key, value in self._store.load(keys).items():
            try:
                known[keys[key]] = None if value == _NOTHING else msgspec.msgpack.decode(value, type=kind)
            except msgspec.MsgspecError:
                continue
        return known

    def _remember(self, question: str, head: str, answers: Mapping[str, object]) -> None:
        """Keep what was found; that a shallow clone knows nothing may change without a new commit."""
        is_shallow = self._git.line("rev-parse", "--is-shallow-repository") == "true"
        answers = {item: answer for item, answer in answers.items() if answer is not None or not is_shallow}
        if self._store is not None:
            encode = msgspec.msgpack.encode
            self._store.save([(_key(question, head, item), encode(answer)) for item, answer in answers.items()])


_NOTHING = msgspec.msgpack.encode(None)


def _key(question: str, head: str, item: str) -> bytes:
    text = f"history\0\3{question}\0{head}\0{item}"
    return hashlib.blake2b(os.fsencode(text), digest_size=16).digest()


def _by_commit(answer: Answer | Iterable[bytes]) -> Iterator[tuple[Commit, list[bytes]]]:
    """Commits with the lines that follow them."""
    commit: Commit | None = None
    lines: list[bytes] = []
    for line in answer:
        if line.startswith(b"\x01"):
            if commit is not None:
                yield commit, lines
            number, _, rest = line[1:].rstrip(b"\n").decode("utf-8", "replace").partition("\x02")
            date, _, subject = rest.partition("\x02")
            commit, lines = Commit(number, date, subject), []
        else:
            lines.append(line)
    if commit is not None:
        yield commit, lines


class _Hunk:
    """The definitions that one hunk of a diff takes out, with their lines, and those that it puts in."""

    def __init__(self, path: str, line: int) -> None:
        self.path, self.line = path, line
        self.out: list[tuple[bytes, int]] = []
        self.into: list[bytes] = []

    def removals(self) -> Iterator[tuple[str, _Removal]]:
        """What goes; where as many definitions come as go, the one in the same place has taken over."""
        for n, (name, line) in enumerate(self.out):
            is_replaced = len(self.into) == len(self.out) and self.into[n] != name
            yield name.decode(), _Removal(self.path, line, self.into[n].decode() if is_replaced else "")


def _hunks(diff: list[bytes]) -> Iterator[_Hunk]:
    """The hunks of a diff without context, except those of tests and vendored files."""
    path, is_aside = "", False
    hunk = _Hunk("", 0)
    for line in diff:
        sign = line[:1]
        if line.startswith((b"--- ", b"+++ ")):
            name = os.fsdecode(line[4:].rstrip(b"\r\n\t"))
            path = name if sign == b"-" else path
            is_aside = _ASIDE.search(name) is not None or (is_aside and sign == b"+")
        elif sign == b"@" and (found := _HUNK.match(line)) is not None:
            yield hunk
            hunk = _Hunk(path, int(found[1]))
        elif sign in _SIGNS and not is_aside:
            match = _DEFINITION.match(line, 1)
            defined = (match[1] or match[2]) if match else b""
            if defined and sign == b"-":
                hunk.out.append((defined, hunk.line))
            elif defined:
                hunk.into.append(defined)
            hunk.line += sign == b"-"
    yield hunk


def _net_removals(diff: list[bytes]) -> dict[str, list[_Removal]]:
    """Names whose definitions a diff takes away and does not put back, with their places.

    A signature that changed or a class that moved is removed in one line and added in another: it is still there.
    """
    balance: Counter[str] = Counter()
    removals: dict[str, list[_Removal]] = {}
    for hunk in _hunks(diff):
        balance.update(name.decode() for name, _ in hunk.out)
        balance.subtract(name.decode() for name in hunk.into)
        for name, removal in hunk.removals():
            removals.setdefault(name, []).append(removal)
    return {name: found[:_CANDIDATES] for name, found in removals.items() if balance[name] > 0}


def _symbols(path: str, data: bytes, name: str) -> list[Symbol]:
    """The symbols of a Python file that are called ``name``, in whatever class."""
    facts = facts_of(path, data)
    symbols = facts.symbols if isinstance(facts, CodeFacts) else ()
    return [symbol for symbol in symbols if symbol.name.rpartition(".")[2] == name]


def _renamed(path: str, renames: list[tuple[str, str]]) -> str | None:
    """The new path of a file, or of a folder whose files kept their names."""
    found: Counter[str] = Counter()
    for old, new in renames:
        if old == path:
            return new
        if old.startswith(path + "/") and new.endswith(old[len(path) :]):
            found[new.removesuffix(old[len(path) :])] += 1
    return found.most_common(1)[0][0] if found else None
