"""One file: from the disk to bytes, from bytes to facts, and the key under which the facts are kept."""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import logging
import os
import platform
import stat
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import structs

from vt_lsp.models import CodeFacts, SpecFacts
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.models import Claim

T = TypeVar("T")
log = logging.getLogger(__name__)

LIMIT = 4 * 1024 * 1024
"""Bytes of the largest file that is read: far above what people write, far below what makes a parser slow."""

_HEAD = 8192  # a NUL within it makes a file binary, as git has it
_GENERATED_HEAD = 1024
_PARSERS = ("tree_sitter", "docstring_parser")
_READERS = ("models.py", "links.py", "text.py", "code", "specs")


class Unreadable(Exception):  # noqa: N818  the name says what the file is
    """A file that is left out; ``reason`` says why in words for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def read_file(root: Path, path: str, limit: int = LIMIT) -> bytes:
    """The bytes of ``path`` below ``root``.

    Raises:
        Unreadable: it is gone, no regular file, larger than ``limit`` bytes, or binary.
    """
    # O_NONBLOCK: a pipe that somebody called notes.md must not make us wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(f"{root}/{path}", flags)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise Unreadable("not a regular file")
            if status.st_size > limit:
                raise Unreadable(f"larger than {limit / (1024 * 1024):g} MB")
            data = _read_all(handle, status.st_size, limit)
        finally:
            os.close(handle)
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:  # a NUL in the path
        raise Unreadable("not a valid file name") from error
    if b"\0" in data[:_HEAD]:
        raise Unreadable("a binary file")
    return data


def _read_all(handle: int, size: int, limit: int) -> bytes:
    """Read to the end, also when the file grows meanwhile, but not for ever."""
    data = os.read(handle, size + 1)
    while True:
        if len(data) > limit:
            raise Unreadable(f"larger than {limit / (1024 * 1024):g} MB")
        more = os.read(handle, 65536) if data else b""
        if not more:
            return data
        data += more


def facts_of(path: str, data: bytes) -> CodeFacts | SpecFacts:
    """What the file says; ``path`` decides how it is read. The same path and bytes always give the same value."""
    if kind_of(path) == "code":
        from vt_lsp.code.python import read as read_code  # noqa: PLC0415  the grammar is loaded when it is needed

        return _whole(data, read_code(data, path))
    from vt_lsp.specs.readers import read as read_spec  # noqa: PLC0415  the same

    facts = read_spec(data, path)
    if _is_generated(data):
        # Whoever generated it speaks for it; links into it stay good.
        return SpecFacts(anchors=facts.anchors, headings=facts.headings)
    return facts


def _whole(data: bytes, facts: CodeFacts) -> CodeFacts:
    """The facts with what the file declares for the outside, and with what its docstrings claim."""
    from vt_lsp.code.declared import read_declared  # noqa: PLC0415  the same
    from vt_lsp.code.routes import read_routes  # noqa: PLC0415  the same

    declared = (*(_tried(read_declared, data, facts) or ()), *(_tried(read_routes, data, facts) or ()))
    docs = _tried(_docs, data, facts)
    return structs.replace(facts, declared=declared, docs=docs) if declared or docs is not None else facts


def _docs(data: bytes, facts: CodeFacts) -> SpecFacts | None:
    """What the docstrings claim, and the decision records that comments cite."""
    from vt_lsp.specs.docstrings import FORMAT, read_docstrings  # noqa: PLC0415  the same

    docs = read_docstrings(data, facts)
    if b"ADR" not in data:
        return docs
    from vt_lsp.specs.decision_records import code_citations  # noqa: PLC0415  the same

    cited = tuple(code_citations(data))
    if not cited:
        return docs
    docs = docs or SpecFacts(format=FORMAT)
    return structs.replace(docs, claims=tuple(sorted((*docs.claims, *cited), key=_start)))


def _start(claim: Claim) -> tuple[int, int]:
    return claim.start, claim.end


def _tried(read: Callable[[bytes, CodeFacts], T], data: bytes, facts: CodeFacts) -> T | None:
    """What a reader says; one that fails says nothing, and what the file defines is known all the same."""
    try:
        return read(data, facts)
    except Exception:
        log.exception("%s failed", read.__name__)
        return None


class CodeDocument:
    """A Python file in an editor; its facts always equal those of :func:`facts_of`."""

    def __init__(self, data: bytes, path: str) -> None:
        """Read a first text; ``path`` as in :func:`facts_of`."""
        from vt_lsp.code.python import PythonDocument  # noqa: PLC0415  the same

        self._code = PythonDocument(data, path)
        self.facts = _whole(data, self._code.facts)

    def edit(self, new_data: bytes) -> CodeFacts:
        """The facts after the text became ``new_data``."""
        self.facts = _whole(new_data, self._code.edit(new_data))
        return self.facts


def key_of(path: str, data: bytes) -> bytes:
    """Name of the facts of these bytes, 16 bytes: changes with the readers, the kind and the text.

    The path is part of a spec's key, since it decides whether the text speaks of now, of plans or of the past.
    """
    kind = kind_of(path)
    digest = hashlib.blake2b(reader_version(), digest_size=16)
    digest.update(b"code\0" if kind == "code" else b"spec\0" + os.fsencode(path) + b"\0")
    digest.update(b"i" if path.endswith("i") else b"")  # a stub is read otherwise than a module
    digest.update(data)
    return digest.digest()


@functools.cache
def reader_version() -> bytes:
    """A hash over the sources of the readers and the versions of the grammars.

    Nobody has to remember to raise a number when a reader changes.
    """
    digest = hashlib.blake2b(platform.python_version().encode(), digest_size=16)
    for name in _grammars():
        digest.update(name.encode() + b"\n")
    for file in _sources(Path(__file__).parents[1]):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.digest()


def _grammars() -> list[str]:
    """Names with versions of the installed parsers, as pip wrote them (importlib.metadata takes 20 ms)."""
    spec = importlib.util.find_spec("tree_sitter")
    if spec is None or spec.origin is None:
        return []
    beside = os.listdir(Path(spec.origin).parents[1])  # noqa: PTH208  names are all we need
    return sorted(name for name in beside if name.startswith(_PARSERS) and name.endswith("-info"))


def _sources(package: Path) -> list[Path]:
    found: list[Path] = []
    for name in _READERS:
        found += [package / name] if name.endswith(".py") else sorted((package / name).rglob("*.py"))
    return [file for file in found if file.is_file()]


def _is_generated(data: bytes) -> bool:
    head = data[:_GENERATED_HEAD]
    return b"@generated" in head or b"DO NOT EDIT" in head
