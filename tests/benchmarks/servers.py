"""How the measured servers are started: each with a home of its own, so that a cold cache is cold."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

OURS, RUFF, BARE = "vt-lsp", "ruff server", "bare pygls"
RECORDED = "vt-lsp --trace-file"
_HERE = Path(__file__).parent
_REPOSITORY = _HERE.parents[1]


def command(name: str, home: Path = Path()) -> Sequence[str]:
    """The command line of a server; what it records goes into ``home``."""
    if name == RUFF:
        beside = Path(sys.executable).with_name("ruff")
        return [str(beside) if beside.exists() else "ruff", "server"]
    if name == RECORDED:
        return [*command(OURS, home), "--trace-file", str(home / "trace.jsonl")]
    if name == BARE:
        return [sys.executable, str(_HERE / "bare_server.py")]
    return [sys.executable, "-m", "vt_lsp", "server"]


def environment(home: Path) -> dict[str, str]:
    """Our environment with ``home`` for caches and logs, and with the package found wherever the server starts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    places = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "STATE", "DATA", "CONFIG")}
    return kept | places | {"PYTHONPATH": str(_REPOSITORY)}


def fresh_home(cache: Path, name: str = "home") -> Path:
    """An empty home: nothing is cached."""
    home = cache / "work" / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    return home
