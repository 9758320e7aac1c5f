"""The log of a command: on stderr, or in a file that only the user can read."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from vt_lsp.cli.errors import UsageError

if TYPE_CHECKING:
    import argparse

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_BY_VERBOSITY = (logging.WARNING, logging.INFO, logging.DEBUG)


def configure_log(options: argparse.Namespace) -> None:
    """Send the package's log where the options say; by default only warnings, to stderr."""
    level = _BY_VERBOSITY[min(options.verbose, len(_BY_VERBOSITY) - 1)]
    if options.log_level:
        level = logging.getLevelNamesMapping()[options.log_level.upper()]
    logger = logging.getLogger("vt_lsp")
    logger.setLevel(level)
    logger.addHandler(_handler(options.log_file))
    logger.propagate = False


def _handler(path: str | None) -> logging.Handler:
    handler: logging.Handler
    if path is None:
        handler = logging.StreamHandler()
    else:
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
            handler = logging.FileHandler(path, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise UsageError(f"--log-file: {error.strerror or error}: {path}") from error
    handler.setFormatter(logging.Formatter(_FORMAT if path else "vt-lsp: %(message)s"))
    return handler
