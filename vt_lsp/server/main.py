"""``vt-lsp server``: start, log, talk, leave."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vt_lsp.server import logs, process

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Coroutine

    from vt_lsp.server.app import Server
    from vt_lsp.server.trace import Trace

log = logging.getLogger(__name__)

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_USAGE = 2


def run(args: argparse.Namespace) -> int:
    """Serve one client; gives the exit code, but mostly ends the process itself (see :func:`process.end_now`).

    ``args``: tcp, ws, host, port, clientProcessId, log_file, log_level, verbose, trace_file, as the command line
    defines them.
    """
    stdout = None if args.tcp or args.ws else process.guard_stdout()
    serve_ws = _websockets() if args.ws else None
    if args.ws and serve_ws is None:
        sys.stderr.write("vt-lsp: --ws needs the package websockets: pip install 'vt-lsp[ws]'\n")
        return _USAGE
    logs.start(args.log_file, logs.level(args.log_level, args.verbose))
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
    trace = _trace(server, args.trace_file)
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
    await server.session.end_chains()
    server.session.close()
    log.info("ends with %d", code)
    if trace is not None:
        trace.close()
    process.end_now(code)


def _trace(server: Server, file: str | None) -> Trace | None:
    if not file:
        return None
    from vt_lsp.server.trace import Trace  # noqa: PLC0415 - seldom wanted

    trace = Trace(Path(file))
    server.protocol.record = trace.record
    return trace


def _websockets() -> Callable[..., Any] | None:
    try:
        from websockets.asyncio.server import serve  # noqa: PLC0415 - an optional extra
    except ImportError:
        return None
    return serve
