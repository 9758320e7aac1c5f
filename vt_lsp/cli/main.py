"""``vt-lsp``: the command line.

Importing this module and asking for ``--help`` or ``--version`` must stay cheap, and the language server must answer
``initialize`` soon: each command is imported when it is run, and not before.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from typing import TYPE_CHECKING, Final, NoReturn

from vt_lsp import __version__
from vt_lsp.cli.errors import UsageError, log_crash
from vt_lsp.lazily import own_module

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

EXIT_USAGE: Final = 2
EXIT_INTERNAL: Final = 3
EXIT_INTERRUPT: Final = 130
EXIT_PIPE: Final = 141
EXIT_TERMINATED: Final = 143

_OWN_OPTIONS: Final = frozenset({"-h", "--help", "--version"})


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line; the whole usage text is at ``--help``."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(
        prog="vt-lsp",
        description="Where the Python code no longer does what the specs say. Without a command: the language server.",
    )
    parser.add_argument("--version", action="version", version=f"vt-lsp {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_server(commands.add_parser("server", help="the language server (default)"))
    _add_check(commands.add_parser("check", help="find drift once, for a terminal and for CI"))
    exits = "Show one drift in full. The exit code is 1 when the drift is there, 2 when it is not."
    _add_explain(commands.add_parser("explain", help="show one drift in full", description=exits))
    _add_fix(commands.add_parser("fix", help="take the safe ways out of drift"))
    _add_precedents(commands.add_parser("precedents", help="past decisions that fit a situation"))
    commands.add_parser("decisions", help="the workflow memory: what was decided, why, and what became of it")
    _add_forecast(commands.add_parser("forecast", help="when task lists may be done, and what stands in their way"))
    _add_ask(commands.add_parser("ask", help="ask Claude, with what the project says and has as context"))
    _add_prompts(commands.add_parser("prompts", help="the templates of questions to Claude"))
    _add_claude(commands.add_parser("claude", help="whether Claude can be asked, what it cost, what is kept"))
    commands.add_parser("alerts", help="what was alerted, and the rules for it")
    _add_monitor(commands.add_parser("monitor", help="evaluate in the background, without an editor; its health"))
    _add_report(commands.add_parser("report", help="one page that shows where the project stands"))
    _add_mcp(commands.add_parser("mcp", help="answer coding agents over the Model Context Protocol"))
    _add_completions(commands.add_parser("completions", help="what completes these commands in a shell"))
    _add_doctor(commands.add_parser("doctor", help="versions, what is indexed and where"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code (0 nothing found, 1 drift, 2 wrong usage, 3 internal error)."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in _OWN_OPTIONS):
        arguments.insert(0, "server")
    options = _parse(arguments)
    if options.command != "server":  # the server has its own, which shuts down in order
        signal.signal(signal.SIGTERM, _terminate)
    try:
        return _run(options)
    except UsageError as error:
        sys.stderr.write(f"vt-lsp: {error}\n")
        return EXIT_USAGE
    except KeyboardInterrupt:
        return EXIT_INTERRUPT
    except BrokenPipeError:
        # The reader of our output has gone; without this the interpreter complains when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_PIPE
    except Exception as error:  # noqa: BLE001 - the last line of defence: says where the traceback is
        sys.stderr.write(f"vt-lsp: internal error: {type(error).__name__}: {error}\n{log_crash(error, options)}\n")
        return EXIT_INTERNAL
    finally:
        if argv is None:
            gc.freeze()  # the process ends here: taking apart what it read would take a fifth of its time


def _parse(arguments: list[str]) -> argparse.Namespace:
    if arguments[0] == "decisions":  # has commands of its own, which the server need not build
        from vt_lsp.cli import decision_options  # noqa: PLC0415

        return decision_options.build_parser().parse_args(arguments[1:])
    if arguments[0] == "alerts":  # the same
        from vt_lsp.cli import alert_options  # noqa: PLC0415

        return alert_options.build_parser().parse_args(arguments[1:])
    return build_parser().parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    # Imported here, each alone: see the module's docstring.
    code: int = own_module("server.main" if options.command == "server" else f"cli.{options.command}").run(options)
    return code


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(EXIT_TERMINATED)


# -------------------------------------------------------------------------------------------------------------- options


def add_logging(parser: argparse.ArgumentParser) -> None:
    """The options of the log."""
    group = parser.add_argument_group("log")
    group.add_argument("--log-file", metavar="FILE", help="write the log to FILE")
    group.add_argument("--log-level", choices=("error", "warning", "info", "debug"), help="how much is logged")
    group.add_argument("-v", "--verbose", action="count", default=0, help="log everything")


def add_root(parser: argparse.ArgumentParser) -> None:
    """The option that names the project."""
    parser.add_argument("--root", metavar="DIR", help="the project (default: the nearest one around PATH)")


def _add_server(parser: argparse.ArgumentParser) -> None:
    transport = parser.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help="speak on stdin and stdout (default)")
    transport.add_argument("--tcp", action="store_true", help="listen on a TCP port")
    transport.add_argument("--ws", action="store_true", help="listen for WebSocket connections")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=2087, help="port to listen on (default: %(default)s)")
    parser.add_argument("--clientProcessId", type=int, metavar="PID", help="end when this process ends")
    parser.add_argument("--trace-file", metavar="FILE", help="record the session, without secrets, for a bug report")
    add_logging(parser)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="report only drift of these files and folders")
    add_root(parser)
    parser.add_argument("--format", choices=("text", "json", "sarif", "github"), default="text", help="what to write")
    parser.add_argument("--select", metavar="T,…", type=_types, help="report only these drift types")
    parser.add_argument("--ignore", metavar="T,…", type=_types, help="do not report these drift types")
    parser.add_argument(
        "--min-severity",
        choices=("error", "warning", "information", "hint"),
        default="hint",
        help="report nothing below this severity (default: %(default)s)",
    )
    parser.add_argument("--since", metavar="REV", help="report only drift that was not there at a git revision")
    parser.add_argument("--baseline", metavar="FILE", help="leave out the drift in a former --format json output")
    parser.add_argument("--stats", action="store_true", help="also count by type, by document and by requirement")
    add_color(parser)
    add_logging(parser)


def add_color(parser: argparse.ArgumentParser) -> None:
    """The option for colour."""
    parser.add_argument("--color", choices=("auto", "always", "never"), default="auto", help="when to use colour")


def _add_explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fingerprint", metavar="FINGERPRINT", help="as printed by check; its first 6 characters do")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json: as check writes it")
    add_root(parser)
    add_color(parser)
    add_logging(parser)


def _add_fix(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Take the safe ways out of drift. The exit code is 1 when drift remains, 2 when nothing was done."
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="only drift of these files and folders")
    add_root(parser)
    parser.add_argument("--target", choices=("spec", "code"), help="change only this side (default: either)")
    parser.add_argument("--diff", action="store_true", help="write a unified diff, and change nothing")
    parser.add_argument("--allow-dirty", action="store_true", help="also change files that no commit has as they are")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to write")
    parser.add_argument("--select", metavar="T,…", type=_types, help="only these drift types")
    parser.add_argument("--ignore", metavar="T,…", type=_types, help="not these drift types")
    add_logging(parser)


def _add_precedents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="*", metavar="TEXT", help="what is to be decided, in your words")
    parser.add_argument("--path", action="append", metavar="P", help="a file that it is about; may be repeated")
    parser.add_argument("--symbol", action="append", metavar="S", help="a qualified name; may be repeated")
    parser.add_argument("--limit", type=int, default=5, metavar="N", help="at most so many (default: %(default)s)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to write")
    add_root(parser)
    add_color(parser)
    add_logging(parser)


def _add_forecast(parser: argparse.ArgumentParser) -> None:
    parser.description = "When task lists may be done. The exit code is 1 when a list is past the date written in it."
    parser.add_argument("paths", nargs="*", metavar="FILE", help="only these lists (default: all that are not done)")
    add_root(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to write")
    add_color(parser)
    add_logging(parser)


def _add_ask(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Ask a question about the project. Running this command is the consent to send what it tells on stderr: "
        "excerpts of files and signatures, never ignored files, secrets masked. --show-prompt sends nothing."
    )
    parser.add_argument("question", nargs="*", metavar="QUESTION", help="in your words")
    parser.add_argument("--file", metavar="F[:LINE]", help="what it is about: a place, or a file as a whole")
    parser.add_argument("--drift", metavar="FINGERPRINT", help="what it is about: a drift, as printed by check")
    parser.add_argument("--template", metavar="NAME", help="as vt-lsp prompts list tells (default: question)")
    parser.add_argument("--target", choices=("spec", "code"), default="spec", help="for realign: which side to change")
    parser.add_argument("--since", metavar="REV", help="for review: the change since a git revision (default: HEAD)")
    parser.add_argument("--provider", choices=("auto", "cli", "api", "local", "offline"), help="who is asked")
    parser.add_argument("--show-prompt", action="store_true", help="write what would be sent, and send nothing")
    add_root(parser)
    add_logging(parser)


def add_alert_channels(parser: argparse.ArgumentParser) -> None:
    """The channels of alerts beside the editor."""
    parser.add_argument("--alerts-file", default="", metavar="FILE", help="add each alert to FILE, a line of JSON each")
    parser.add_argument("--alerts-webhook", default="", metavar="URL", help="send each alert to URL as JSON")


def _add_monitor(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Evaluate the project whenever its files change, until a signal ends it. With --once the exit code is 1 when"
        " there is drift, with --status when nothing monitors, or not well."
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--once", action="store_true", help="evaluate once, remember the figures, and end")
    kind.add_argument("--status", action="store_true", help="how monitoring is, and how available it was")
    parser.add_argument("--alerts", action="store_true", help="write alerts that would open a window, a line each")
    add_alert_channels(parser)
    add_root(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="what to write (JSON: a line each)")
    add_logging(parser)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.description = "Compliance, drifts, forecasts and decisions on one page of HTML that needs no network."
    parser.add_argument("--output", metavar="FILE", help="where to write (default: vt-lsp-report.html; - for stdout)")
    parser.add_argument("--format", choices=("html", "json"), default="html", help="json: the figures of the page")
    parser.add_argument("--name", metavar="TEXT", help="what the project is called (default: its folder)")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    add_root(parser)
    add_logging(parser)


def _add_prompts(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    listing = actions.add_parser("list", help="all templates, with what each version took and how often it was kept")
    add_color(listing)
    showing = actions.add_parser("show", help="one template as it is written")
    showing.add_argument("name", metavar="NAME")
    linting = actions.add_parser("lint", help="what is wrong with templates; the exit code is 1 when something is")
    linting.add_argument("files", nargs="*", metavar="FILE", help="(default: all)")
    parser.set_defaults(action="list", color="auto")


def _add_claude(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    stats = actions.add_parser("stats", help="questions, kept answers, tokens, cost and waiting, of all your projects")
    stats.add_argument("--days", type=float, default=30.0, metavar="N", help="of the last N days (default: 30)")
    stats.add_argument("--format", choices=("text", "json"), default="text", help="what to write")
    add_logging(stats)
    for name, told in (
        ("health", "who can be asked; the exit code is 1 when no model can"),
        ("clear-cache", "forget all kept answers, of all your projects"),
    ):
        action = actions.add_parser(name, help=told)
        add_root(action)
        add_logging(action)


def _add_mcp(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Answer a coding agent on stdin and stdout, about one project: check, explain, precedents, forecast. Nothing is"
        " written, but what --allow-writes allows. Needs the extra vt-lsp[mcp]."
    )
    parser.add_argument("--allow-writes", action="store_true", help="let the agent record decisions in the memory")
    add_root(parser)
    add_logging(parser)


def _add_completions(parser: argparse.ArgumentParser) -> None:
    parser.description = "Write a script on stdout that lets a shell complete the commands of vt-lsp."
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="for which shell")
    add_logging(parser)


def _add_doctor(parser: argparse.ArgumentParser) -> None:
    add_root(parser)
    add_logging(parser)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 1 << 16:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return port


def _types(text: str) -> tuple[str, ...]:
    from vt_lsp.settings import DRIFT_TYPES  # noqa: PLC0415 - not needed to start the server

    names = tuple(name for part in text.split(",") if (name := part.strip()))
    for name in names:
        if name not in DRIFT_TYPES:
            raise argparse.ArgumentTypeError(f"unknown drift type '{name}' (known: {', '.join(DRIFT_TYPES)})")
    return names
