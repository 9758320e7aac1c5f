"""Who names a requirement: other documents, tasks, and the comments, docstrings and tests of the code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.models import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.models import Requirement, Task
    from vt_lsp.workspace.index import Index

_PREFIXED = re.compile(r"([A-Za-z]{2,})[-_ ]?(\d+[a-z]?)")
_NUMBERED = re.compile(r"\d+(?:\.\d+)*")
_LEADS = ("Requirement", "Requirements", "Validates")  # words that make a bare number the id of a requirement
_ID_TAIL = re.compile(rb"[A-Za-z0-9.-]*\Z")
_ID_HEAD = re.compile(rb"[A-Za-z0-9.-]+")
_MOST_FILES = 60  # that are read for one answer
_TEST = re.compile(r"(?:^|/)tests?/|(?:^|/)(?:test_[^/]*|[^/]*_test)\.py$")


class Traced(NamedTuple):
    """A requirement and the document that defines it."""

    path: str
    requirement: Requirement

    @property
    def place(self) -> Place:
        """Where it is defined."""
        return Place(self.path, self.requirement.start, self.requirement.end)


def requirement_at(index: Index, path: str, offset: int) -> tuple[Traced, Place] | None:
    """The requirement that is defined or named at a byte of a document, and the place of its id there."""
    facts = index.specs.get(path)
    if facts is None:
        return None
    for claim in facts.claims:
        if claim.kind == "reference" and claim.start <= offset <= claim.end:
            found = _defined(index, claim.bases, claim.subject)
            return (found, Place(path, claim.start, claim.end)) if found is not None else None
    around = [r for r in facts.requirements if r.start <= offset <= r.end]
    inner = min(around, key=lambda r: r.end - r.start, default=None)
    return (Traced(path, inner), Place(path, inner.start, inner.end)) if inner is not None else None


def _defined(index: Index, bases: tuple[str, ...], name: str) -> Traced | None:
    return next((Traced(base, r) for base in bases for r in index.requirements(base) if r.id == name), None)


def task_at(index: Index, path: str, offset: int, data: bytes) -> tuple[Place, Place] | None:
    """The task of the same document that the word at a byte names as one to wait for, and the place of the word."""
    for task in index.tasks(path):
        if not task.depends or not task.start <= offset:
            continue
        # The trailer may stand on a line below its task: the word is looked at, wherever it is.
        begin = offset - len(_ID_TAIL.search(data[max(0, offset - 40) : offset])[0])  # type: ignore[index]
        word = _ID_HEAD.match(data, begin)
        name = word[0].decode().rstrip(".") if word else ""
        if name not in task.depends:
            continue
        named = next((t for t in index.tasks(path) if t.id == name and not t.start <= offset <= t.start + 8), None)
        if named is not None:
            return Place(path, named.start, named.end), Place(path, begin, begin + len(name))
    return None


def named_in_specs(index: Index, traced: Traced) -> list[Place]:
    """Where documents name the requirement, without its definition."""
    return [
        Place(path, claim.start, claim.end)
        for path, facts in sorted(index.specs.items())
        if facts.format
        for claim in facts.claims
        if claim.kind == "reference" and claim.subject == traced.requirement.id and traced.path in claim.bases
    ]


def tasks_of(index: Index, traced: Traced) -> list[tuple[str, Task]]:
    """The tasks that name the requirement or one of its criteria, in the lists that serve its document."""
    name, facts = traced.requirement.id, index.specs[traced.path]
    places = named_in_specs(index, traced)
    lists = {base for claim in facts.claims if claim.kind == "requirement" for base in claim.bases}
    return [
        (path, task)
        for path in sorted(lists | {traced.path})
        for task in index.tasks(path)
        if any(ref == name or ref.startswith(f"{name}.") for ref in task.refs)
        or any(place.path == path and task.start <= place.start < task.end for place in places)
    ]


def named_in_code(index: Index, traced: Traced, text: Callable[[str], bytes | None]) -> list[Place]:
    """Where code names the id; nothing for an id that several documents define: it could be any of them.

    Only files whose words can hold it are read.
    """
    name = traced.requirement.id
    if sum(r.id == name for facts in index.specs.values() for r in facts.requirements) != 1:
        return []
    pattern, words = _in_code(name)
    if pattern is None:
        return []
    found: list[Place] = []
    files = [path for path, facts in sorted(index.code.items()) if any(w in facts.words for w in words)]
    for path in files[:_MOST_FILES]:
        data = text(path) or b""
        found.extend(Place(path, *match.span(1)) for match in pattern.finditer(data))
    return found


def is_test(path: str) -> bool:
    """Whether a file holds tests, by its path."""
    return _TEST.search(path) is not None


def _in_code(name: str) -> tuple[re.Pattern[bytes] | None, tuple[str, ...]]:
    """How code writes an id, and words of which a file that does so has one."""
    if (prefixed := _PREFIXED.fullmatch(name)) is not None:
        letters, number = prefixed.groups()
        pattern = rf"(?<![^\W_])({letters}[-_]?{number})(?![^\W_])".encode()
        low = letters.lower()
        return re.compile(pattern, re.IGNORECASE), (letters, f"{low}_{number}", f"{low}{number}")
    if _NUMBERED.fullmatch(name):
        leads = "|".join(_LEADS)
        pattern = rf"\b(?:{leads})\b[^\n]{{0,200}}?(?<![\d.])({re.escape(name)})(?!\.?\d)".encode()
        return re.compile(pattern), _LEADS
    return None, ()


def section_of(index: Index, traced: Traced) -> tuple[int, int]:
    """First and last byte of the innermost section that the requirement stands in; an empty span outside of all."""
    at = traced.requirement.start
    around = [(start, end) for _, _, start, end in index.specs[traced.path].headings if start <= at < end]
    return min(around, key=lambda span: span[1] - span[0], default=(at, at))
