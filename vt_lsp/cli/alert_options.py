"""The options of ``vt-lsp alerts``."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from vt_lsp.cli.main import add_alert_channels, add_color, add_logging, add_root
from vt_lsp.models import AlertType, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

_STATES: Final = ("open", "acknowledged", "muted", "resolved")
_UNITS: Final = {"m": 60, "h": 3600, "d": 86_400}


def build_parser() -> argparse.ArgumentParser:
    """All commands of alerts."""
    parser = argparse.ArgumentParser(
        prog="vt-lsp alerts", description="What was alerted in this project, and the rules for it."
    )
    parser.set_defaults(command="alerts")
    commands = parser.add_subparsers(dest="action", metavar="COMMAND", required=True)
    actions: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
        "list": ("the alerts that fit, the most important first", _list),
        "show": ("one alert in full: why it matters, and who or what did what with it", _name),
        "ack": ("acknowledge alerts: they stay, but are not told again", _names),
        "resolve": ("resolve alerts, and say how", _resolve),
        "rules": ("the rules, in the order in which they are asked, and what is muted", _rules),
        "test": ("what the rules would do with the drifts that stand now; nothing is kept or told", _test),
    }
    for name, (text, add) in actions.items():
        one = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add(one)
        one.add_argument("--format", choices=("text", "json"), default="text", help="what to write")
        add_root(one)
        add_color(one)
        add_logging(one)
    return parser


def _list(parser: argparse.ArgumentParser) -> None:
    states = parser.add_mutually_exclusive_group()
    states.add_argument(
        "--state", action="append", choices=_STATES, help="may be repeated (default: open, acknowledged)"
    )
    states.add_argument("--all", action="store_true", help="whatever their state")
    types = tuple(str(kind) for kind in AlertType)
    parser.add_argument(
        "--type", action="append", choices=types, metavar="TYPE", help=f"{', '.join(types)}; repeatable"
    )
    severities = tuple(str(one) for one in Severity)
    parser.add_argument("--severity", action="append", choices=severities, help="may be repeated")
    parser.add_argument("--rule", default="", metavar="NAME", help="of this rule")
    parser.add_argument("--drift-type", default="", metavar="T", help="about drifts of this type")
    parser.add_argument("--path", default="", metavar="PATH", help="about this file, or below this folder")
    parser.add_argument("--since", type=_since, metavar="WHEN", help="raised since: 2026-03-01, or 90m, 12h, 7d ago")
    parser.add_argument("--limit", type=_count, default=100, metavar="N", help="at most so many (default: %(default)s)")
    parser.add_argument("--offset", type=_count, default=0, metavar="N", help="leave out the first so many")


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="ID", help="as printed by list; its first characters do")


def _names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="ID", help="as printed by list; its first characters do")


def _resolve(parser: argparse.ArgumentParser) -> None:
    _names(parser)
    parser.add_argument("--how", default="", help="how, for the history")


def _rules(parser: argparse.ArgumentParser) -> None:
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--unmute", metavar="RULE", help="alerts of the rule are wanted again")
    parser.add_argument("--path", default="", metavar="PATH", help="with --unmute: about this document only")


def _test(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--send", action="store_true", help="send one alert for a test to the channels named here")
    add_alert_channels(parser)


def _since(text: str) -> datetime:
    try:
        if text[-1:] in _UNITS and text[:-1].isdigit():
            return datetime.now(UTC) - timedelta(seconds=int(text[:-1]) * _UNITS[text[-1]])
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise argparse.ArgumentTypeError(f"neither a date nor a span such as 7d: {text!r}") from error
    return moment if moment.tzinfo is not None else moment.astimezone()


def _count(text: str) -> int:
    if not text.isdigit() or int(text) > 1_000_000:
        raise argparse.ArgumentTypeError("a number from 0 to 1000000")
    return int(text)
