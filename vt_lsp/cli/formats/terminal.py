"""Building blocks of the text output: styles, marked source lines, two columns."""

from __future__ import annotations

import os
import sys
from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, Final, Literal

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from vt_lsp.cli.formats.excerpt import Excerpt, clean
from vt_lsp.models import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.models import Commit

Color = Literal["auto", "always", "never"]

SEVERITY_STYLES: Final = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.INFORMATION: "bold blue",
    Severity.HINT: "bold cyan",
}
SPEC_STYLE: Final = "yellow"
CODE_STYLE: Final = "cyan"
TWO_COLUMNS_FROM: Final = 100
_PIPE_WIDTH: Final = 120
_MAX_WIDTH: Final = 200


def open_console(color: Color) -> Console:
    """A console on stdout; colour as asked, and by NO_COLOR, FORCE_COLOR and what stdout is where not."""
    forced = color == "always" or (color == "auto" and bool(os.environ.get("FORCE_COLOR")))
    off = color == "never" or (color == "auto" and bool(os.environ.get("NO_COLOR")))
    colored = not off and (forced or sys.stdout.isatty())
    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _PIPE_WIDTH
    return Console(
        file=sys.stdout,
        color_system=("auto" if sys.stdout.isatty() else "standard") if colored else None,
        force_terminal=colored,
        no_color=not colored,
        width=width,
        highlight=False,
        emoji=False,
        markup=False,
        soft_wrap=True,
    )


def usable_width(console: Console) -> int:
    """Cells that a line may take."""
    return min(console.width, _MAX_WIDTH)


def source_block(title: str, style: str, lines: Sequence[Excerpt]) -> list[Text]:
    """A title, then each line with its number, and a line of carets below each marked span."""
    gutter = max(3, *(len(str(line.number)) for line in lines)) if lines else 3
    block = [Text.assemble((f"{' ' * gutter} ╭ ", "dim"), (title, f"dim {style}"))]
    for line in lines:
        start, end = _indexes(line)
        emphasised = (line.text[start:end], f"bold {style}")
        block.append(
            Text.assemble((f"{line.number:>{gutter}} │ ", "dim"), line.text[:start], emphasised, line.text[end:])
        )
        if end > start:
            carets = (" " * line.start + "^" * (line.end - line.start), f"bold {style}")
            block.append(Text.assemble((f"{' ' * gutter} │ ", "dim"), carets))
    return block


def _indexes(line: Excerpt) -> tuple[int, int]:
    """The marked span in characters; a wide character takes two cells, a combining one none."""
    cells = list(accumulate((cell_len(char) for char in line.text), initial=0))
    return bisect_left(cells, line.start), bisect_left(cells, line.end)


def beside(left: Sequence[Text], right: Sequence[Text], width: int) -> list[Text]:
    """Two blocks next to each other; ``width`` is that of the left column."""
    rows = []
    for number in range(max(len(left), len(right))):
        row = left[number] if number < len(left) else Text()
        gap = " " * max(1, width - row.cell_len)
        rows.append(Text.assemble(row, gap, right[number]) if number < len(right) else row)
    return rows


def indented(lines: Sequence[Text], margin: str) -> list[Text]:
    """The lines, moved to the right."""
    return [Text.assemble(margin, line) for line in lines]


def commit_text(commit: Commit) -> str:
    """A commit for people: ``abc1234 2026-01-02 subject``."""
    return clean(f"{commit.commit[:7]} {commit.date[:10]} {commit.subject}")
