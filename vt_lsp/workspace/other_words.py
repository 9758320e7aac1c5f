"""Words of the project's text files that are not Python: a name that a script or a template knows is not gone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from vt_lsp.workspace.reading import Unreadable, read_file

_ENDINGS = (
    ".js", ".ts", ".jsx", ".tsx", ".css", ".scss", ".tcss", ".html", ".jinja", ".j2", ".toml", ".yaml", ".yml", ".cfg",
    ".ini", ".json", ".sh", ".bash", ".pyx", ".pxd", ".c", ".h", ".rs", ".go", ".ipynb", ".sql", ".env", ".in", ".po",
)  # fmt: skip
_SKIPPED = ("package-lock.json", "poetry.lock", "uv.lock")
_LIMIT = 200_000  # bytes of one file
_TOTAL = 12_000_000  # bytes of all
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{3,}")


def read_other_words(root: Path, files: Iterable[str], cancelled: Callable[[], bool] = lambda: False) -> frozenset[str]:
    """Every word of at least four characters in scripts, templates, style sheets and configuration files."""
    words: set[bytes] = set()
    total = 0
    for path in sorted(files):
        if not path.endswith(_ENDINGS) or path.endswith(_SKIPPED) or total > _TOTAL or cancelled():
            continue
        try:
            data = read_file(root, path, _LIMIT)
        except Unreadable:
            continue
        total += len(data)
        words.update(_WORD.findall(data))
    return frozenset(word.decode("ascii") for word in words)
