"""``vt-lsp report``: where the project stands, on one page."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.log import configure_log
from vt_lsp.cli.scan import find_root, load_settings, scanned
from vt_lsp.report.contents import Gathered, contents, gather
from vt_lsp.report.page import html

if TYPE_CHECKING:
    import argparse

    from vt_lsp.engine import Engine

_DEFAULT = "vt-lsp-report.html"


def run(options: argparse.Namespace) -> int:
    """Write the report; 0."""
    configure_log(options)
    root = find_root(options.root, ())
    settings, _ = load_settings(root)
    with scanned(root, settings) as engine:
        found = contents(gathered(engine, options.name or root.name))
    if options.format == "json":
        text = msgspec.json.format(msgspec.json.encode(found)).decode() + "\n"
        _write(text, options.output)
    else:
        output = options.output or _DEFAULT
        _write(html(found), output)
        if output != "-":
            sys.stderr.write(f"vt-lsp: {output} was written\n")
            if options.open:
                webbrowser.open(Path(output).resolve().as_uri())
    return 0


def gathered(engine: Engine, name: str) -> Gathered:
    """What the report needs of the engine, without a pause."""
    steps = gather(engine, name)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Gathered = end.value
            return found


def _write(text: str, output: str | None) -> None:
    if output in {None, "-"}:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        Path(str(output)).write_text(text, "utf-8", "replace")
    except OSError as error:
        raise UsageError(f"--output: cannot be written: {error.strerror or error}: {output}") from error
