"""Names of decisions: short, sortable by time, and unique across machines, so that two histories merge by them."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

_DIGITS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no letter looks like a digit
_TIME: Final = 9  # digits for milliseconds since 1970: enough until the year 3084
_REST: Final = 6


def make_id(timestamp: datetime, source: str | None = None) -> str:
    """The id of a decision of that time: by chance, or the same one each time for what was read from ``source``."""
    milliseconds = max(0, round(timestamp.timestamp() * 1000))
    if source is None:
        rest = secrets.randbits(5 * _REST)
    else:
        digest = hashlib.blake2b(source.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        rest = int.from_bytes(digest, "big")
    return f"D-{_digits(milliseconds, _TIME)}{_digits(rest, _REST)}"


def _digits(number: int, count: int) -> str:
    return "".join(_DIGITS[(number >> 5 * place) & 31] for place in reversed(range(count)))
