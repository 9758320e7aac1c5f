"""The Markdown reader: a document's bytes to what it claims.

:func:`read` is pure. :class:`MarkdownDocument` gives the same for a text that is edited, in a fraction of the time: it
keeps the block tree, and what it made of each block's text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.models import SpecFacts
from vt_lsp.specs.blocks import BlockParser
from vt_lsp.specs.reading import Memo, NoMemo, Reading, moved, normalised

if TYPE_CHECKING:
    from vt_lsp.models import Task


def read(data: bytes, path: str) -> SpecFacts:
    """What a Markdown document claims.

    ``data`` is the file as it lies on disk (any encoding faults, line ends, size), ``path`` its place below the root
    with ``/``, which tells what time it speaks of. All spans are byte offsets of ``data``.
    """
    return _read(data, path, BlockParser(), NoMemo())


class MarkdownDocument:
    """A document that is edited; ``facts`` are those of its present text."""

    def __init__(self, data: bytes, path: str = "") -> None:
        """``data`` and ``path`` are as for :func:`read`."""
        self._path = path
        self._parser = BlockParser()
        self._memo = Memo()
        self.facts = self.edit(data)

    def edit(self, new_data: bytes) -> SpecFacts:
        """The facts after the text became ``new_data``; always equal to ``read(new_data, path)``."""
        self.facts = _read(new_data, self._path, self._parser, self._memo)
        self._memo.turn()
        return self.facts


class TaskReader:
    """The tasks of one document's texts, read one after the other, without all else that these say."""

    def __init__(self, path: str) -> None:
        """``path`` is as for :func:`read`."""
        self._path = path
        self._parser = BlockParser()

    def read(self, data: bytes) -> tuple[Task, ...]:
        """The ``tasks`` of ``read(data, path)``."""
        text, base = normalised(data)
        tasks, _ = Reading(text, self._path, self._parser.parse(text), NoMemo()).tasks()
        return moved(SpecFacts(tasks=tasks), base).tasks if base else tasks


def _read(data: bytes, path: str, parser: BlockParser, memo: NoMemo) -> SpecFacts:
    text, base = normalised(data)
    facts = Reading(text, path, parser.parse(text), memo).run()
    return moved(facts, base) if base else facts
