"""Addresses of the project's own pages; nothing here is ever fetched."""

from __future__ import annotations

from typing import Final

PROJECT_URL: Final = "https://github.com/velocitytree/vt-lsp"


def help_uri(drift_type: str) -> str:
    """The page that explains a drift type."""
    return f"{PROJECT_URL}/blob/main/docs/drift/{drift_type}.md"
