"""Modules of the package that are imported when they are first needed, by their name in a table."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType


def own_module(name: str) -> ModuleType:
    """The module ``vt_lsp.<name>``; ``name`` is never made of what someone else wrote."""
    return import_module(f"vt_lsp.{name}")
