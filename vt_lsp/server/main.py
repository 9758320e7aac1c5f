"""``vt-lsp server``: start, log, talk, leave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import logging.handlers
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vt_lsp.server import process

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Coroutine

log = logging.getLogger(__name__)

_LOG_BYTES = 2_000_000
_LOG_FILES = 3
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_USAGE = 2


def run(args: argparse.Namespace) -> int:
    """Serve one client; gives the exit code, but mostly ends the process itself (see :func:`process.end_now`).

    ``args``: tcp, ws, host, port, clientProcessId, log_file, log_level, verbose, as the command line defines them.
    """
    stdout = None if args.tcp or args.ws else process.guard_stdout()
    serve_ws = _websockets() if args.ws else None
    if args.ws and serve_ws is None:
        sys.stderr.write("vt-lsp: --ws needs the package websockets: pip install 'vt-lsp[ws]'\n")
        return _USAGE
    start_log(args)
    if args.host not in _LOOPBACK and stdout is None:
        log.warning("listening on %s: whoever reaches this port can read the workspace", args.host)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_session(args, stdout, serve_ws))
    return 1  # not reached: the session ends the process


async def _session(args: argparse.Namespace, stdout: BinaryIO | None, serve_ws: Callable[..., Any] | None) -> None:
    from vt_lsp.server import transports  # noqa: PLC0415 - after the guard of standard output
    from vt_lsp.server.app import Server  # noqa: PLC0415
    from vt_lsp.server.features import register  # noqa: PLC0415

    server = Server()
    register(server)
    loop = asyncio.get_running_loop()
    process.on_signals(loop, server.leave)
    server.session.watch_editor = stdout is not None
    if args.clientProcessId:
        server.session.watch(args.clientProcessId)
    talk: Coroutine[Any, Any, None]
    if stdout is not None:
        talk = transports.serve_stdio(server, stdout)
    elif serve_ws is not None:
        talk = transports.serve_websocket(server, args.host, args.port, serve_ws)
    else:
        talk = transports.serve_tcp(server, args.host, args.port)
    try:
        await talk
    except OSError as error:  # the port is taken, the host unknown
        sys.stderr.write(f"vt-lsp: {error}\n")
        server.leave(_USAGE)
    code = server.exit_code
    process.end_soon(code)
    server.session.close()
    log.info("ends with %d", code)
    process.end_now(code)


def _websockets() -> Callable[..., Any] | None:
    try:
        from websockets.asyncio.server import serve  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None
    return serve


def start_log(args: argparse.Namespace) -> None:
    """Log to a file of the user alone; standard error stays quiet, since editors show each line of it as an error."""
    level = _level(args)
    path = Path(args.log_file).expanduser() if args.log_file else _default_log()
    handler: logging.Handler
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _PrivateFile(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.raiseExceptions = False  # a full disk is not worth a message to the editor
    logging.getLogger("pygls").setLevel(logging.WARNING)  # it logs whole messages at INFO
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


class _PrivateFile(logging.handlers.RotatingFileHandler):
    def _open(self) -> Any:  # noqa: ANN401 - as in the base class
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(handle, "a", encoding="utf-8", errors="backslashreplace")


def _level(args: argparse.Namespace) -> int:
    if args.log_level:
        return int(getattr(logging, args.log_level.upper()))
    return logging.DEBUG if args.verbose > 1 else logging.INFO if args.verbose else logging.WARNING


def _default_log() -> Path:
    import platformdirs  # noqa: PLC0415

    return Path(platformdirs.user_log_dir("vt-lsp", appauthor=False)) / "server.log"
