"""The chain of one workspace folder, from its settings."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import platformdirs

from vt_lsp.claude_integration.api_provider import ClaudeApi
from vt_lsp.claude_integration.cache import AnswerCache
from vt_lsp.claude_integration.chain import Chain
from vt_lsp.claude_integration.cli_provider import ClaudeCli
from vt_lsp.claude_integration.failures import failed
from vt_lsp.claude_integration.gate import Gate
from vt_lsp.claude_integration.local_provider import LocalServer
from vt_lsp.claude_integration.messages import Reason
from vt_lsp.claude_integration.offline import OfflineRules
from vt_lsp.claude_integration.timing import Limits
from vt_lsp.claude_integration.usage import usage_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from vt_lsp.claude_integration.messages import Failed, Provider
    from vt_lsp.settings import Settings


def build_chain(root: Path, settings: Settings, environment: Mapping[str, str] | None = None) -> Chain:
    """The chain for the workspace ``root``; starts nothing. ``environment`` is that of this process by default.

    Where Claude may not be asked, the chain has the offline rules alone, and says why.
    """
    root = root.resolve()
    variables = os.environ if environment is None else environment
    off = _off(settings)
    models = [] if off is not None or settings.claude_provider == "offline" else _models(root, settings, variables)
    cache = AnswerCache(_outside(root, cache_directory()), hashlib.sha256(os.fsencode(root)).hexdigest()[:16])
    limits = Limits(daily_budget=settings.claude_daily_budget)
    gate = Gate(root, settings.claude_exclude)
    return Chain((*models, OfflineRules()), gate=gate, cache=cache, usage=usage_log(), limits=limits, off=off)


def cache_directory() -> Path:
    """Where answers are kept, for all projects of the user."""
    return platformdirs.user_cache_path("vt-lsp", appauthor=False) / "claude"


def _off(settings: Settings) -> Failed | None:
    if settings.untrusted_workspace:
        return failed(Reason.UNTRUSTED, "")
    return None if settings.claude_enabled else failed(Reason.OFF, "")


def _models(root: Path, settings: Settings, environment: Mapping[str, str]) -> list[Provider]:
    memory = _outside(root, cache_directory().with_name("claude-program.json"))
    cli = ClaudeCli(root, environment, settings.claude_path, settings.claude_model, memory)
    api = ClaudeApi(environment, settings.claude_model)
    match settings.claude_provider:
        case "cli":
            return [cli]
        case "api":
            return [api]
        case "local":
            return [LocalServer(settings.claude_local_url, settings.claude_local_model)]
        case _:
            return [cli, api]


def _outside(root: Path, path: Path) -> Path | None:
    """The path, unless it lies inside the workspace, where nothing is written."""
    return None if path.resolve().is_relative_to(root) else path
