"""One drift with everything that its ways out are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.near import is_slip

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, DriftReport, Symbol
    from vt_lsp.workspace.differences import Key
    from vt_lsp.workspace.index import Index
    from vt_lsp.workspace.scan import Facts


@dataclass(frozen=True)
class Case:
    """A drift, the claim that is broken, the document that makes it, and what it resolved to.

    ``text`` gives the text that counts of a file below the root, None where there is none; ``read`` gives what a text
    at a path says. ``holding`` gives claims that hold and hang on one of some questions, each with
    its document. ``target`` is the file and the qualified symbol (``""`` for the file) that the claim speaks of, None
    where it was not found.
    """

    drift: DriftReport
    claim: Claim
    document: Document
    text: Callable[[str], bytes | None]
    read: Callable[[str, bytes], Facts]
    holding: Callable[[Iterable[Key]], Iterable[tuple[str, Claim]]]
    target: tuple[str, str] | None = None

    @property
    def index(self) -> Index:
        """What the project has."""
        return self.document.index

    @property
    def spec(self) -> bytes:
        """The text of the document."""
        return self.text(self.drift.spec.path) or b""

    def is_slip(self) -> bool:
        """The text has a name of the code with a slip of the pen: nothing of that spelling is to be made."""
        right = self.drift.replacements[0].rpartition(".")[2] if self.drift.replacements else ""
        return bool(right) and is_slip(self.drift.subject.rpartition(".")[2], right)

    def symbol(self) -> Symbol | None:
        """The one definition that the claim resolved to; None for a file, or where there are several."""
        if self.target is None or not self.target[1]:
            return None
        found = self.index.symbols(*self.target)
        return found[0] if len(found) == 1 else None
