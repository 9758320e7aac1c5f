"""``vt-lsp prompts``: the templates of questions, what is wrong with them, and how each version does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.table import Table

from vt_lsp.claude_integration.prompts import (
    TemplateError,
    find_template,
    lint,
    read_template,
    template_files,
    user_directory,
)
from vt_lsp.claude_integration.tokens import estimate
from vt_lsp.claude_integration.usage import TemplateFigures, statistics, usage_log
from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.formats import terminal

if TYPE_CHECKING:
    import argparse

    from vt_lsp.claude_integration.prompts import Template

_COLUMNS: Final = ("name", "version", "words", "budget", "asked", "prompt", "kept", "accepted", "title")
_NONE: Final = TemplateFigures(0, 0, 0.0, 0, 0)


def run(options: argparse.Namespace) -> int:
    """Do one action; 1 when lint found something."""
    match options.action:
        case "show":
            return _show(options)
        case "lint":
            return _lint(options)
        case _:
            return _list(options)


def _list(options: argparse.Namespace) -> int:
    known = statistics(usage_log().read()).templates
    table = Table(*_COLUMNS, box=None, pad_edge=False)
    for file in template_files():
        try:
            template = read_template(file)
        except TemplateError as error:
            sys.stderr.write(f"vt-lsp: {error}\n")
            continue
        table.add_row(*_row(template, known.get(f"{template.name} {template.version}", _NONE)))
    console = terminal.open_console(options.color)
    console.print(table)
    console.print(f"Your own templates lie in {user_directory()}; words and prompt are in tokens.", style="dim")
    return 0


def _row(template: Template, known: TemplateFigures) -> tuple[str, ...]:
    judged = known.accepted + known.dismissed
    return (
        template.name if template.is_own else f"{template.name} (yours)",
        str(template.version),
        str(estimate(template.instructions)),
        str(template.budget),
        str(known.questions or ""),
        f"{known.prompt_tokens_mean:.0f}" if known.prompt_tokens_mean else "",
        f"{known.hits / known.questions:.0%}" if known.questions else "",
        f"{known.accepted} of {judged}" if judged else "",
        template.title,
    )


def _show(options: argparse.Namespace) -> int:
    try:
        sys.stdout.write(find_template(options.name).source.read_text("utf-8"))
    except TemplateError as error:
        raise UsageError(str(error)) from error
    return 0


def _lint(options: argparse.Namespace) -> int:
    files = [Path(name) for name in options.files] or template_files()
    found = 0
    for file in files:
        try:
            problems = [f"{file}: {problem}" for problem in lint(read_template(file))]
        except TemplateError as error:
            problems = [str(error)]
        sys.stdout.writelines(f"{problem}\n" for problem in problems)
        found += len(problems)
    if not found:
        sys.stdout.write(f"{len(files)} templates, nothing wrong\n")
    return 1 if found else 0
