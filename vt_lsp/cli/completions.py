"""``vt-lsp completions``: what lets a shell complete the commands, made from the parser of all of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from vt_lsp.cli import alert_options, decision_options
from vt_lsp.cli.main import build_parser

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> int:
    """Write the script for a shell on stdout."""
    import shtab  # noqa: PLC0415 - the parser of all commands does not need it

    sys.stdout.write(shtab.complete(whole_parser(), options.shell))
    return 0


def whole_parser() -> argparse.ArgumentParser:
    """The parser of all commands; ``main`` builds those that have commands of their own when they are run."""
    parser = build_parser()
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to its commands; shtab goes it too
        if isinstance(action.choices, dict):
            action.choices["decisions"] = decision_options.build_parser()
            action.choices["alerts"] = alert_options.build_parser()
    return parser
