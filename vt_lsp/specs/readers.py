"""Documents of every kind: which reader reads which file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.models import SpecFacts, Task


class SpecDocument(Protocol):
    """A document that is edited; ``facts`` are those of its present text."""

    facts: SpecFacts

    def edit(self, new_data: bytes) -> SpecFacts:
        """The facts after the text became ``new_data``."""


_RST = (".rst", ".rest")


def read(data: bytes, path: str) -> SpecFacts:
    """What a document claims; ``path`` tells the format. The same path and bytes always give the same value."""
    if is_rst(path):
        from vt_lsp.specs.restructuredtext import read as read_rst  # noqa: PLC0415 - a reader is loaded when it is needed

        return read_rst(data, path)
    from vt_lsp.specs.markdown import read as read_markdown  # noqa: PLC0415 - the same

    return read_markdown(data, path)


def open_document(data: bytes, path: str) -> SpecDocument:
    """The document in an editor, read anew in part after each edit where its reader can."""
    if is_rst(path):
        from vt_lsp.specs.restructuredtext import RstDocument  # noqa: PLC0415 - the same

        return RstDocument(data, path)
    from vt_lsp.specs.markdown import MarkdownDocument  # noqa: PLC0415 - the same

    return MarkdownDocument(data, path)


def is_rst(path: str) -> bool:
    """Whether a document is reStructuredText, by its name: ``.txt`` is taken for a document only where that is."""
    return path.lower().endswith((*_RST, ".txt"))


def task_reader(path: str) -> Callable[[bytes], tuple[Task, ...]]:
    """Reads the tasks of one document's texts: ``read(data, path).tasks``, without the rest where its reader can."""
    if is_rst(path):
        return lambda data: read(data, path).tasks
    from vt_lsp.specs.markdown import TaskReader  # noqa: PLC0415 - the same

    return TaskReader(path).read
