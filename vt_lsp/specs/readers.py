"""Documents of every kind: which reader reads which file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from vt_lsp.models import SpecFacts, Task


class TaskReader(Protocol):
    """Reads the tasks of a document's texts, one after the other."""

    def read(self, data: bytes) -> tuple[Task, ...]:
        """The tasks of one text."""


class SpecDocument(Protocol):
    """A document that is edited; ``facts`` are those of its present text."""

    facts: SpecFacts

    def edit(self, new_data: bytes) -> SpecFacts:
        """The facts after the text became ``new_data``."""


def read(data: bytes, path: str) -> SpecFacts:
    """What a document claims; ``path`` tells the format. The same path and bytes always give the same value."""
    from vt_lsp.specs.markdown import read as read_markdown  # noqa: PLC0415 - a reader is loaded when it is needed

    return read_markdown(data, path)


def open_document(data: bytes, path: str) -> SpecDocument:
    """The document in an editor, read anew in part after each edit where its reader can."""
    from vt_lsp.specs.markdown import MarkdownDocument  # noqa: PLC0415 - the same

    return MarkdownDocument(data, path)


def task_reader(path: str) -> TaskReader:
    """Reads the tasks alone: what ``read(data, path).tasks`` would be."""
    from vt_lsp.specs import markdown  # noqa: PLC0415 - the same

    return markdown.TaskReader(path)
