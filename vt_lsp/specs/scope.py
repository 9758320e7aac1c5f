"""What a fence reader is told about the place of a fence, and what it gives back."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.models import Claim, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vt_lsp.models import ClaimKind

_NO_IMPORTS: Mapping[str, str] = MappingProxyType({})


class Scope(msgspec.Struct, frozen=True):
    """What the place of a block says about each claim in it; the fields are those of :class:`Claim`."""

    role: Role = Role.CURRENT
    context: tuple[str, ...] = ()
    section: str = ""
    status: str = ""
    hints: tuple[str, ...] = ()

    def hinted(self, *hints: str) -> Scope:
        """The same place with more hints."""
        return Scope(self.role, self.context, self.section, self.status, self.hints + hints)

    def claim(  # noqa: PLR0913 - the fields of a claim
        self,
        kind: ClaimKind,
        subject: str,
        start: int,
        end: int,
        *,
        owner: str = "",
        signature: str = "",
        annotation: str = "",
        expected: str = "",
        bases: tuple[str, ...] = (),
        hints: tuple[str, ...] = (),
    ) -> Claim:
        """A claim at this place; ``hints`` follow those of the place."""
        return Claim(
            kind, subject, start, end, self.role, owner, signature, annotation, expected, bases,
            self.context, self.section, self.status, self.hints + hints,
        )  # fmt: skip


class FenceScope(Scope, frozen=True):
    """Where a fence stands in its document.

    ``role``, ``context``, ``section``, ``status`` and ``hints`` go into each claim of the fence (hints come first,
    the reader's own follow). ``imports`` are the names that earlier fences of the document bound by imports, with
    their dotted targets: documents continue examples.
    """

    imports: Mapping[str, str] = msgspec.field(default_factory=lambda: _NO_IMPORTS)


def instances_in(imports: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Of the names that a fence leaves, those of instances, each with its dotted class (told by PEP 8)."""
    for name, target in imports.items():
        made = target.removesuffix("()")
        if made != target and "()" not in made and made.rpartition(".")[2][:1].isupper():
            yield name, made


@dataclass(frozen=True, slots=True)
class FenceFacts:
    """What one fence claims and binds.

    The spans of ``claims`` are bytes of the fence's dedented UTF-8 text plus the ``base`` that was given. ``bound``
    are all names that the fence defines (classes, functions, variables, imports); ``imports`` maps the names bound by
    imports to their dotted targets.
    """

    claims: tuple[Claim, ...] = ()
    bound: tuple[str, ...] = ()
    imports: Mapping[str, str] = field(default_factory=lambda: _NO_IMPORTS)


class Dedented:
    """Text of a fence without the indentation and quote marks of its container.

    ``data`` is the joined text; :meth:`to_absolute` maps its byte offsets back into the document.
    """

    __slots__ = ("_ends", "_shifts", "data")

    def __init__(self, document: bytes, spans: Sequence[tuple[int, int]]) -> None:
        """``spans`` are the byte spans of the document that belong to the text, ascending and disjoint."""
        parts: list[bytes] = []
        self._ends: list[int] = []  # exclusive end of each part in the joined text
        self._shifts: list[int] = []  # what to add to an offset of that part
        if len(spans) == 1 and spans[0][0] < spans[0][1]:  # as a rule
            start, end = spans[0]
            self.data = document[start:end]
            self._ends.append(end - start)
            self._shifts.append(start)
            return
        length = 0
        for start, end in spans:
            if end <= start:
                continue
            parts.append(document[start:end])
            self._shifts.append(start - length)
            length += end - start
            self._ends.append(length)
        self.data = b"".join(parts)

    @property
    def text(self) -> str:
        """The text, with broken UTF-8 kept as lone surrogates, so that offsets stay true."""
        return self.data.decode("utf-8", "surrogateescape")

    @property
    def shift(self) -> int | None:
        """What to add to each offset, if the text stands in one piece."""
        return self._shifts[0] if len(self._shifts) == 1 else None

    def to_absolute(self, offset: int) -> int:
        """The document's byte offset of a byte of the text; an offset past the end maps past the last byte."""
        if not self._ends:
            return offset
        part = min(bisect_right(self._ends, offset), len(self._ends) - 1)
        return offset + self._shifts[part]

    def to_absolute_end(self, offset: int) -> int:
        """The same for an exclusive end: it stays behind the last byte that it covers."""
        return self.to_absolute(offset - 1) + 1 if offset else self.to_absolute(0)

    def slices(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The document's spans that make up a span of the text."""
        part = bisect_right(self._ends, start)
        while start < end and part < len(self._ends):
            stop = min(end, self._ends[part])
            yield start + self._shifts[part], stop + self._shifts[part]
            start = stop
            part += 1
