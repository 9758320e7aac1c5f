"""Annotations and values compared by meaning: True (the same), False (surely different), None (cannot tell).

Only texts are compared; nothing is evaluated but literals and small sums of them.
"""

from __future__ import annotations

from vt_lsp.code.annotations import same_annotation
from vt_lsp.code.values import same_value

__all__ = ["same_annotation", "same_value"]
