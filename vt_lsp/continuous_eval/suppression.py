"""Inline suppression: ``<!-- vt-lsp: ignore[type] reason -->`` in a spec, ``# vt-lsp: ignore[type] reason`` in code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vt_lsp.models import DriftReport

_COMMENT = re.compile(rb"#\s*vt-lsp:\s*ignore(?:\[(?P<types>[\w\-, ]*)\])?")

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
            types = (found["types"] or b"").decode().replace(",", " ").split()
            return not types or drift_type in types
    return False
