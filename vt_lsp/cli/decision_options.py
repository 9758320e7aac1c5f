"""The options of ``vt-lsp decisions``."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from vt_lsp.cli.main import add_color, add_logging, add_root
from vt_lsp.models import DecisionStatus, DecisionType

if TYPE_CHECKING:
    from collections.abc import Callable

_TYPES: Final = tuple(kind.value for kind in DecisionType)
_STATUSES: Final = tuple(status.value for status in DecisionStatus)


def build_parser() -> argparse.ArgumentParser:
    """All commands of the memory of decisions."""
    parser = argparse.ArgumentParser(
        prog="vt-lsp decisions", description="What was decided in this project, why, and what became of it."
    )
    parser.set_defaults(command="decisions")
    commands = parser.add_subparsers(dest="action", metavar="COMMAND", required=True)
    actions: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
        "add": ("record a decision", _add),
        "change": ("correct a decision; its history keeps what it was", _change),
        "list": ("the decisions that fit, newest first", _list),
        "search": ("the decisions with these words, best first", _search),
        "show": ("one decision with its history and outcomes", _name),
        "outcome": ("say what became of a decision", _outcome),
        "supersede": ("replace a decision by a new one, or by one that is there", _supersede),
        "accept": ("record that a drift is meant, until claim or code change", _accept),
        "undo": ("take an acceptance back", _undo),
        "conflicts": ("decisions that contradict each other; the exit code is 1 when two cannot both hold", _conflicts),
        "reconcile": ("settle a conflict, and record that", _reconcile),
        "timeline": ("the history, as text, data, a diagram or a page", _timeline),
        "stats": ("counts, and what became of decisions of each type", lambda _parser: None),
        "import": ("take in ADR folders, JSON lines or a database of Velocitytree", _import),
        "export": ("write ADRs (MADR 4), JSON lines or CSV", _export),
    }
    for name, (text, add) in actions.items():
        one = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add(one)
        if name not in {"timeline", "export"}:
            one.add_argument("--format", choices=("text", "json"), default="text", help="what to write")
        add_root(one)
        add_logging(one)
    return parser


def _conflicts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--code", action="store_true", help="read the project too, and name the code that contradicts a decision record"
    )
    add_color(parser)


def _reconcile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("one", metavar="ID", help="one side")
    parser.add_argument("other", metavar="ID", help="the other side")
    ways = ("supersede", "amend", "narrow", "exception")
    parser.add_argument("--way", choices=ways, default="supersede", help="how (default: %(default)s)")
    parser.add_argument("--keep", metavar="ID", help="the side that stays (default: by the rules of precedence)")
    parser.add_argument("--reason", default="", help="why; needed to override the rules of precedence")
    parser.add_argument("--scope", default="", help="with --way narrow: where the side that stays holds")
    add_color(parser)


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("outcome", nargs="*", metavar="TEXT", help="what was decided")
    _fields(parser)


def _fields(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--title", help="the question, or the choice in a few words")
    parser.add_argument("--rationale", "--because", help="why")
    parser.add_argument("--context", help="the situation in which it was decided")
    parser.add_argument("--type", choices=_TYPES, metavar="TYPE", help=f"{', '.join(_TYPES)} (default: by its words)")
    parser.add_argument("--status", choices=_STATUSES, help="where it stands (default: accepted)")
    parser.add_argument("--tag", action="append", metavar="TAG", help="a keyword; may be repeated")
    parser.add_argument("--file", action="append", metavar="FILE", help="a file that it is about; may be repeated")
    parser.add_argument("--symbol", action="append", metavar="NAME", help="a class or function; may be repeated")
    parser.add_argument("--alternative", action="append", metavar="TEXT", help="what was not chosen; may be repeated")
    for kind in ("supersedes", "amends", "relates", "contradicts", "applies"):
        parser.add_argument(f"--{kind}", action="append", metavar="ID", help=f"a decision that it {kind}")
    parser.add_argument("--confidence", type=_share, help="from 0 to 1 (default: 1)")
    parser.add_argument("--author", help="who decided (default: as git would write it)")


def _change(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    parser.add_argument("--outcome", metavar="TEXT", help="what was decided")
    _fields(parser)
    parser.add_argument("--reason", default="", help="why it is changed")


def _name(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of a decision; a unique beginning does")


def _list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--type", action="append", choices=_TYPES, metavar="TYPE", help="of this type; may be repeated")
    parser.add_argument("--status", action="append", choices=_STATUSES, metavar="STATUS", help="may be repeated")
    parser.add_argument("--tag", default="", help="with this tag")
    parser.add_argument("--file", default="", metavar="PATH", help="about this file, or a file in this folder")
    parser.add_argument("--symbol", default="", metavar="NAME", help="about this symbol or its members")
    parser.add_argument("--author", default="", help="by this person")
    parser.add_argument("--since", type=_day, metavar="DATE", help="from this day on")
    parser.add_argument("--until", type=_day, metavar="DATE", help="before this day")
    parser.add_argument("--limit", type=_count, default=50, metavar="N", help="at most so many (default: %(default)s)")
    parser.add_argument("--offset", type=_count, default=0, metavar="N", help="leave out the first N")


def _search(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="+", metavar="TEXT", help="words that occur")
    _list(parser)


def _outcome(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    verdict = parser.add_mutually_exclusive_group()
    verdict.add_argument("--success", action="store_const", const=True, dest="success", help="it went well")
    verdict.add_argument("--failure", action="store_const", const=False, dest="success", help="it did not")
    parser.add_argument("--metric", action="append", type=_metric, default=[], metavar="NAME=VALUE", help="a figure")
    parser.add_argument("--note", default="", help="in words")
    parser.add_argument("--author", help="who says so (default: as git would write it)")


def _supersede(parser: argparse.ArgumentParser) -> None:
    _name(parser)
    parser.add_argument("outcome", nargs="*", metavar="TEXT", help="what is decided instead")
    parser.add_argument("--by", metavar="ID", help="the decision that takes its place")
    _fields(parser)


def _accept(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("fingerprint", metavar="FINGERPRINT", help="of a drift, as printed by check")
    parser.add_argument("--rationale", "--because", "--reason", help="why it is meant")
    parser.add_argument("--author", help="who accepts it (default: as git would write it)")


def _undo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the id of the acceptance, or the fingerprint of its drift")
    parser.add_argument("--reason", default="", help="why")


def _timeline(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", metavar="FILE", help="write into this file")
    parser.add_argument(
        "--format",
        choices=("text", "json", "mermaid", "html"),
        help="what to write (default: by the ending of FILE, or text)",
    )
    _list(parser)
    parser.set_defaults(limit=5000)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a folder of ADRs, a .jsonl file or a database")


def _export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("madr", "jsonl", "csv", "json"), default="madr", help="what to write")
    parser.add_argument(
        "--output", metavar="PATH", help="a folder in the project for ADRs, a file for others (default: stdout)"
    )
    _list(parser)
    parser.set_defaults(limit=1_000_000)


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("a number from 0 to 1")
    return value


def _count(text: str) -> int:
    value = int(text)
    if not 0 <= value < 1 << 31:
        raise argparse.ArgumentTypeError("a number from 0 on")
    return value


def _day(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"not a date as in 2026-03-01: {text}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _metric(text: str) -> tuple[str, float]:
    name, mark, value = text.partition("=")
    try:
        figure = float(value)
    except ValueError:
        figure = float("nan")
    if not name or not mark or figure in {float("inf"), float("-inf")} or figure != figure:  # noqa: PLR0124  NaN
        raise argparse.ArgumentTypeError(f"not a figure as in p99_ms=12.5: {text}")
    return name, figure
