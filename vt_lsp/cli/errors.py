"""What goes wrong on the command line, and where it is written down."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from vt_lsp import __version__

if TYPE_CHECKING:
    import argparse
    from pathlib import Path


class UsageError(Exception):
    """The command cannot be done as asked; its text is one line for the user. Exit code 2."""


def log_crash(error: BaseException, options: argparse.Namespace) -> str:
    """Append the traceback to the log; gives the line that tells the user where that is."""
    # Imported only now that something broke: they take longer than everything else that the start needs.
    import traceback  # noqa: PLC0415
    from pathlib import Path  # noqa: PLC0415

    text = f"vt-lsp {__version__} {getattr(options, 'command', '')}\n{''.join(traceback.format_exception(error))}\n"
    path = Path(options.log_file) if getattr(options, "log_file", None) else _default_log()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(text)
    except OSError as problem:
        return f"the log could not be written ({problem}):\n{text}"
    return f"the log is at {path}"


def _default_log() -> Path:
    import platformdirs  # noqa: PLC0415 - only when something broke

    return platformdirs.user_log_path("vt-lsp", appauthor=False) / "crash.log"
