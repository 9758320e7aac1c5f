"""Words of text files that are not analysed: what a script, a template or a vendored module knows is not gone."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from vt_lsp.workspace.reading import Unreadable, read_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_ENDINGS = (
    ".js", ".ts", ".jsx", ".tsx", ".css", ".scss", ".tcss", ".html", ".jinja", ".j2", ".toml", ".yaml", ".yml", ".cfg",
    ".ini", ".json", ".py", ".pyi", ".sh", ".bash", ".pyx", ".pxd", ".c", ".h", ".rs", ".go", ".ipynb", ".sql", ".env",
    ".in", ".po",
)  # fmt: skip
_EXAMPLES = frozenset("docs doc docs_src examples example samples sandbox playground tutorials".split())
_SKIPPED = ("package-lock.json", "poetry.lock", "uv.lock")
_LIMIT = 200_000  # bytes of one file
_TOTAL = 12_000_000  # bytes of all
_WORD = re.compile(rb"[A-Za-z_][A-Za-z0-9_]{3,}")


class OtherWords:
    """The words of such files of one workspace, read again only after one of them has changed."""

    def __init__(self, root: Path) -> None:
        """``root`` is the folder that paths are relative to."""
        self._root = root
        self._stamp: list[tuple[str, int, int]] | None = None
        self._words: frozenset[str] = frozenset()

    def read(self, files: Iterable[str], cancelled: Callable[[], bool] = lambda: False) -> frozenset[str]:
        """Every word of at least four characters in the scripts, templates and configuration files among ``files``."""
        paths = sorted(path for path in files if is_other(path))
        stamp = list(self._stamps(paths))
        if stamp != self._stamp:
            self._words = _words(self._root, paths, cancelled)
            self._stamp = None if cancelled() else stamp
        return self._words

    def _stamps(self, paths: list[str]) -> Iterator[tuple[str, int, int]]:
        for path in paths:
            with suppress(OSError):
                found = (self._root / path).stat()
                yield path, found.st_mtime_ns, found.st_size


def is_other(path: str) -> bool:
    """A text file that is no document, and whose words count: not one of the documents' own examples."""
    if not path.endswith(_ENDINGS) or path.endswith(_SKIPPED):
        return False
    return _EXAMPLES.isdisjoint(path.split("/")[:-1])


def _words(root: Path, paths: list[str], cancelled: Callable[[], bool]) -> frozenset[str]:
    words: set[bytes] = set()
    total = 0
    for path in paths:
        if total > _TOTAL or cancelled():
            break
        try:
            data = read_file(root, path, _LIMIT)
        except Unreadable:
            continue
        total += len(data)
        words.update(_WORD.findall(data))
    return frozenset(word.decode("ascii") for word in words)
