"""What Claude said about requirements, kept as long as both sides stay what they were.

An opinion hangs on the words of the requirement and on the texts of the definitions that were looked at; when either is
another, it is dropped. It is kept in the user's state directory, as plain JSON, and is no finding of ours.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from vt_lsp.claude_integration.clauses import clauses
from vt_lsp.workspace.store import make_private, state_directory

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.claude_integration.messages import Done, Excerpt
    from vt_lsp.engine import Engine

log = logging.getLogger(__name__)

Word = Literal["satisfied", "violated", "unclear"]
SAID: Final = {
    "satisfied": "the code satisfies this",
    "violated": "the code does not satisfy this",
    "unclear": "cannot tell whether the code satisfies this",
}
_MOST: Final = 500
_MOST_BYTES: Final = 1 << 22


class Side(msgspec.Struct, frozen=True):
    """A definition that was looked at, and the hash of its text then."""

    path: str
    symbol: str
    digest: str


class Opinion(msgspec.Struct, frozen=True):
    """One verdict. ``digest`` is of the requirement's words, ``at`` seconds since the epoch, ``model`` who said it."""

    path: str
    requirement: str
    digest: str
    verdict: Word
    reason: str
    model: str
    at: float
    code: tuple[Side, ...] = ()

    @property
    def sentence(self) -> str:
        """For a person, with whose words these are."""
        return f"Claude's opinion ({self.model}): {SAID[self.verdict]}. {self.reason}"


class Opinions:
    """The opinions on one workspace folder; a file that cannot be read counts as none."""

    def __init__(self, root: Path) -> None:
        directory = state_directory(root)
        self._file = directory / "opinions.json" if directory is not None else None
        self._known: list[Opinion] | None = None

    def put(self, opinion: Opinion) -> None:
        """Keep one; it replaces what was said of the same requirement before."""
        rest = [one for one in self._all() if (one.path, one.digest) != (opinion.path, opinion.digest)]
        self._known = [*rest, opinion][-_MOST:]
        self._save()

    def documents(self, paths: Iterable[str]) -> frozenset[str]:
        """The documents whose opinions hang on the code of one of these files; all for no file."""
        touched = set(paths)
        return frozenset(
            one.path for one in self._all() if not touched or any(side.path in touched for side in one.code)
        )

    def current(self, engine: Engine, path: str) -> list[tuple[Opinion, int, int]]:
        """What was said of a document's requirements and still counts: with the place of each; others are dropped."""
        mine = [one for one in self._all() if one.path == path]
        if not mine:
            return []
        data = engine.text(path) or b""
        places = {digest_of(data[start:end]): (start, end) for start, end in clauses(engine, path)}
        found = [(one, *places[one.digest]) for one in mine if one.digest in places and _is_same(engine, one.code)]
        if len(found) < len(mine):
            kept = [one for one, _, _ in found]
            self._known = [one for one in self._all() if one.path != path or one in kept]
            self._save()
        return found

    def _all(self) -> list[Opinion]:
        if self._known is None:
            self._known = self._load()
        return self._known

    def _load(self) -> list[Opinion]:
        if self._file is None:
            return []
        try:
            with self._file.open("rb") as file:
                return list(msgspec.json.decode(file.read(_MOST_BYTES), type=tuple[Opinion, ...]))
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            log.warning("opinions that were kept cannot be read: %s", error)
            return []

    def _save(self) -> None:
        if self._file is None:
            return
        try:
            make_private(self._file.parent)
            handle, fresh = tempfile.mkstemp(dir=self._file.parent, prefix=".opinions-")  # of mode 0600
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(self._known or []))
            Path(fresh).replace(self._file)
        except OSError as error:
            log.warning("an opinion cannot be kept: %s", error)


def opinion_of(engine: Engine, requirement: Excerpt, done: Done, now: float) -> Opinion:
    """What a structured answer says of a requirement, with the sides as they are now."""
    data = done.data
    evidence = [(row["path"], row["symbol"]) for row in data["evidence"]]
    return Opinion(
        path=requirement.path,
        requirement=f"{requirement.path}:{requirement.first_line}",
        digest=digest_of(requirement.text.encode("utf-8", "replace")),
        verdict=data["verdict"],
        reason=" ".join(str(data["reason"]).split()),
        model=done.model or done.provider,
        at=now,
        code=sides(engine, evidence),
    )


def digest_of(data: bytes) -> str:
    """The hash of words: line breaks and indentation do not count."""
    return hashlib.sha256(b" ".join(data.split())).hexdigest()


def sides(engine: Engine, evidence: Iterable[tuple[str, str]]) -> tuple[Side, ...]:
    """The definitions (path, qualified name) that there are, with their texts as they are now."""
    return tuple(
        Side(path, name, digest)
        for path, name in dict.fromkeys(evidence)
        if (digest := _digest(engine, path, name)) is not None
    )


def _is_same(engine: Engine, code: Iterable[Side]) -> bool:
    return all(_digest(engine, side.path, side.symbol) == side.digest for side in code)


def _digest(engine: Engine, path: str, name: str) -> str | None:
    facts, data = engine.code_facts(path), engine.text(path)
    texts = [data[s.start : s.end] for s in facts.symbols if s.name == name] if facts is not None and data else []
    return digest_of(b"\0".join(texts)) if texts else None
