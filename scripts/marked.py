"""The parts of a page that are made by a script: they stand between two marks, and all else is written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def fill(page: Path, begin: str, end: str, text: str) -> None:
    """Put ``text`` between the marks ``begin`` and ``end`` of a page, with the line ends that it brings."""
    before, _, rest = page.read_text("utf-8").partition(begin)
    page.write_text(f"{before}{begin}{text}{end}{rest.partition(end)[2]}", "utf-8")
