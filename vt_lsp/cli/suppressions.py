"""Inline suppressions that cannot do what they are meant to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.settings import DRIFT_TYPES, did_you_mean
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.engine import Engine


def unknown_types(engine: Engine) -> Iterator[str]:
    """One sentence for each type that a document suppresses and that does not exist, with the line it is meant for."""
    for path, facts in sorted(engine.index.specs.items()):
        for start, _, types, _ in facts.ignores:
            for name in (name for name in types if name not in DRIFT_TYPES):
                line = LineIndex(engine.text(path) or b"").position(start, "utf-8")[0] + 1
                near = did_you_mean(name, DRIFT_TYPES)
                yield f"{path}:{line}: the suppression here names an unknown drift type `{name}`{near}"
