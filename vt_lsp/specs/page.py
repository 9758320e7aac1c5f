"""What a reader of a format is given, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.specs.scope import Dedented

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.models import Claim, Requirement, Task
    from vt_lsp.specs.blocks import Block, Text
    from vt_lsp.specs.outline import Outline


@dataclass(frozen=True, slots=True)
class Page:
    """A Markdown document, cut into blocks, whose headings and tasks are known. Offsets are bytes of ``data``."""

    path: str
    data: bytes
    blocks: Sequence[Block]
    outline: Outline
    tasks: tuple[Task, ...]

    def text(self, block: Text) -> str:
        """The text of a block without the marks of lists and quotes."""
        return Dedented(self.data, block.pieces).data.decode("utf-8", "replace")


class Extra(NamedTuple):
    """What a format's grammar tells beyond plain Markdown.

    ``claims`` are added to those of the prose (of two that say the same of the same words, the prose's is kept);
    ``tasks`` replaces the page's tasks.
    """

    claims: tuple[Claim, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    tasks: tuple[Task, ...] | None = None
    state: tuple[str, int, int] | None = None
