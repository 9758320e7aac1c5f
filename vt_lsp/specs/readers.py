"""Documents of every kind: which reader reads which file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from vt_lsp.specs.import_contracts import PATHS
from vt_lsp.specs.import_contracts import read as read_contracts

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.models import SpecFacts, Task

_DATA = (".yaml", ".yml", ".json")


class SpecDocument(Protocol):
    """A document that is edited; ``facts`` are those of its present text."""

    facts: SpecFacts

    def edit(self, new_data: bytes) -> SpecFacts:
        """The facts after the text became ``new_data``."""


_RST = (".rst", ".rest")


def read(data: bytes, path: str) -> SpecFacts:
    """What a document claims; ``path`` tells the format. The same path and bytes always give the same value."""
    if PATHS.search(path):
        return read_contracts(data, path)
    if path.lower().endswith(_DATA):
        from vt_lsp.specs.openapi import read as read_openapi  # noqa: PLC0415 - a reader is loaded when it is needed

        return read_openapi(data, path)
    if is_rst(path):
        from vt_lsp.specs.restructuredtext import read as read_rst  # noqa: PLC0415 - a reader is loaded when it is needed

        return read_rst(data, path)
    from vt_lsp.specs.markdown import read as read_markdown  # noqa: PLC0415 - the same

    return read_markdown(data, path)


def open_document(data: bytes, path: str) -> SpecDocument:
    """The document in an editor, read anew in part after each edit where its reader can."""
    if PATHS.search(path):
        return _Contracts(data, path)
    if path.lower().endswith(_DATA):
        from vt_lsp.specs.openapi import OpenApiDocument  # noqa: PLC0415 - the same

        return OpenApiDocument(data, path)
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


class _Contracts:
    """A file of contracts in an editor: it is short, and read anew after each edit."""

    def __init__(self, data: bytes, path: str) -> None:
        self._path = path
        self.facts = read_contracts(data, path)

    def edit(self, new_data: bytes) -> SpecFacts:
        """The facts after the text became ``new_data``."""
        self.facts = read_contracts(new_data, self._path)
        return self.facts
