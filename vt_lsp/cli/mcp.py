"""``vt-lsp mcp``: answer coding agents over the Model Context Protocol."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.main import EXIT_INTERRUPT, EXIT_TERMINATED
from vt_lsp.cli.scan import find_root

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Answer until stdin ends; then 0."""
    configure_log(options)
    root = find_root(options.root, ())
    try:
        from vt_lsp.cli.mcp_server import build_server  # noqa: PLC0415 - an extra that not everybody has
    except ImportError as error:
        raise UsageError(f"mcp needs an extra: pip install 'vt-lsp[mcp]' ({error})") from error
    # The thread that waits for input cannot be told to stop; and nothing is kept here that must still be written.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(EXIT_TERMINATED))
    signal.signal(signal.SIGINT, lambda *_: os._exit(EXIT_INTERRUPT))
    build_server(root, allow_writes=options.allow_writes).run("stdio")
    return 0
