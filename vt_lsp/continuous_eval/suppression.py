"""Inline suppression: ``<!-- vt-lsp: ignore[type] reason -->`` in a spec, ``# vt-lsp: ignore[type] reason`` in code."""

from __future__ import annotations

import contextlib
import io
import re
import tokenize
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vt_lsp.models import DriftReport

_COMMENT = re.compile(rb"#\s*vt-lsp:\s*ignore(?:\[(?P<types>[^\]\n]{0,300})\])?(?![\w\[])")

Ignores = Sequence[tuple[int, int, tuple[str, ...], str]]


def is_ignored(drift: DriftReport, ignores: Ignores, text: Callable[[str], bytes | None]) -> bool:
    """Somebody wrote at one of the two places that this drift is meant; ``text`` gives the code file's bytes."""
    for start, end, types, _ in ignores:
        if start <= drift.spec.start < end and (not types or drift.drift_type in types):
            return True
    if drift.code is None or not drift.code.path.endswith((".py", ".pyi")) or drift.code.end == 0:
        return False
    data = text(drift.code.path)
    return data is not None and _is_ignored_in_code(data, drift.code.start, drift.drift_type)


def _is_ignored_in_code(data: bytes, offset: int, drift_type: str) -> bool:
    """A comment on the line of the definition, or alone on the line above it."""
    begin = data.rfind(b"\n", 0, offset) + 1
    end = data.find(b"\n", offset)
    lines = [data[begin : end if end >= 0 else len(data)]]
    above = data[data.rfind(b"\n", 0, max(begin - 1, 0)) + 1 : begin].strip()
    if above.startswith(b"#"):
        lines.append(above)
    for line in lines:
        found = _COMMENT.search(line)
        if found:
            types = _types(found)
            return not types or drift_type in types
    return False


def types_in_code(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The line, from 1, and the types of each comment of a Python text that suppresses; up to a syntax error."""
    with contextlib.suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.tokenize(io.BytesIO(data).readline):
            if token.type == tokenize.COMMENT and (found := _COMMENT.match(token.string.encode("utf-8", "replace"))):
                yield token.start[0], _types(found)


def _types(found: re.Match[bytes]) -> list[str]:
    return (found["types"] or b"").decode("utf-8", "replace").replace(",", " ").split()
