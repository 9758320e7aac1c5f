"""Inline suppressions that cannot do what they are meant to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.suppression import types_in_code
from vt_lsp.settings import DRIFT_TYPES, did_you_mean
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.engine import Engine


_MARK = ("vt", "lsp", "ignore")  # words of each comment that suppresses; a text without them need not be read


def unknown_types(engine: Engine) -> Iterator[str]:
    """One sentence for each type that a comment suppresses and that does not exist, with the line it is meant for."""
    for path, line, name in sorted({*_in_documents(engine), *_in_code(engine)}):
        if name not in DRIFT_TYPES:
            near = did_you_mean(name, DRIFT_TYPES)
            yield f"{path}:{line}: the suppression here names an unknown drift type `{name}`{near}"


def _in_documents(engine: Engine) -> Iterator[tuple[str, int, str]]:
    for path, facts in engine.index.specs.items():
        for start, _, types, _ in facts.ignores:
            if types:
                line = LineIndex(engine.text(path) or b"").position(start, "utf-8")[0] + 1
                yield from ((path, line, name) for name in types)


def _in_code(engine: Engine) -> Iterator[tuple[str, int, str]]:
    for path, facts in engine.index.code.items():
        words = f" {facts.words} "
        if all(f" {word} " in words for word in _MARK):
            for line, types in types_in_code(engine.text(path) or b""):
                yield from ((path, line, name) for name in types)
