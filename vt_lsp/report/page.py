"""The report as one page of HTML: it asks for nothing over the network, and what people wrote is data, no markup."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCRIPTS: Final = ("vendor/d3.min.js", "vendor/plot.min.js", "page.js")


def html(contents: Mapping[str, Any]) -> str:
    """The page for what :func:`vt_lsp.report.contents.contents` gives."""
    data = msgspec.json.encode(contents).decode()
    # Inside a script only "<" can end it or open a comment.
    safe = data.replace("<", "\\u003c")
    head, body = _frame()
    return f"{head}{safe}{body}"


@cache
def _frame() -> tuple[str, str]:
    """What stands before and after the data."""
    scripts = [_read(name) for name in _SCRIPTS]
    # Only these scripts may run, whatever else comes into the page.
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _read("page.html").replace("{{POLICY}}", policy, 1).replace("{{STYLE}}", _read("page.css"), 1)
    page = page.replace("{{SCRIPTS}}", "".join(f"<script>{script}</script>\n" for script in scripts), 1)
    head, _, body = page.partition("{{DATA}}")
    return head, body


def _read(name: str) -> str:
    return files("vt_lsp.report").joinpath(name).read_text("utf-8")


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
