"""How many tokens a text will be: an estimate that is never far below, set right by what was reported.

There is no tokenizer of the current models to ask. Measured with an older one, Python has 4.2 characters to a token
(5 % of the files fewer than 3.5), Markdown 3.8, JSON 2.2; newer ones give up to 1.35 times as many. So the estimate
begins low in characters, and each answer's reported usage moves a factor by model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.claude_integration.usage import Asked

CHARS: Final = 2.5  # ASCII characters to a token, of prose and code
DENSE_CHARS: Final = 1.3  # of JSON, base64 and the like
_DENSE: Final = re.compile(r"[A-Za-z0-9+/=_-]{60,}")
_WEIGHT: Final = 0.2  # of the latest report
_LEAST, _MOST = 0.5, 2.0


def estimate(text: str) -> int:
    """Tokens of a text before any report was seen; rounded up."""
    if text.isascii():
        plain, others = len(text), 0
    else:
        others = sum(not char.isascii() for char in text)
        plain = len(text) - others
    dense = sum(len(found) for found in _DENSE.findall(text))
    if text[:1] in {"{", "["} and text.count('"') * 12 > len(text):
        dense = plain
    return int((plain - dense) / CHARS + dense / DENSE_CHARS + others + 0.999)


def calibrated(entries: Iterable[Asked], model: str) -> float:
    """Reported tokens divided by estimated ones, as a moving average between 0.5 and 2; 1 before any report.

    Only answers of models whose name holds ``model`` count (an alias such as ``sonnet`` stands in the full name); all
    tokens that went in are meant, also those that a provider's cache held.
    """
    factor: float | None = None
    for one in entries:
        reported = one.input + one.cache_read + one.cache_written
        if one.kind == "question" and not one.cached and one.estimate > 0 and reported > 0 and model in one.model:
            seen = min(max(reported / one.estimate, _LEAST), _MOST)
            factor = seen if factor is None else (1 - _WEIGHT) * factor + _WEIGHT * seen
    return 1.0 if factor is None else factor
