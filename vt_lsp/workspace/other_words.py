"""Words of text files that are not analysed: what a script, a template or a vendored module knows is not gone."""

from __future__ import annotations

import os
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
    ".in", ".po", ".cs", ".java", ".kt", ".swift", ".rb", ".php", ".svelte", ".vue", ".cpp", ".hpp", ".scala", ".proto",
)  # fmt: skip
_EXAMPLES = frozenset("docs doc docs_src examples example samples sandbox playground tutorials".split())
_SKIPPED = ("package-lock.json", "poetry.lock", "uv.lock")
# Reports of `vt-lsp check`, kept as a baseline: they hold the very names that are gone.
_REPORT = re.compile(rb'\s*\{\s*"version":\s*\d+,\s*"root":[^\n]*\s*"revision":')
_LIMIT = 200_000  # bytes of one file
_TOTAL = 12_000_000  # bytes of all
_LANGUAGE = re.compile(r"/[^/]+/LC_MESSAGES/")  # as GNU gettext lays its catalogues out
_SHORTEST = 4  # characters of a word
_DIGITS = b"0123456789"
_NOT_WORD = bytes(c if c < 0x80 and (chr(c).isalnum() or c == 0x5F) else 0x20 for c in range(256))


class OtherWords:
    """The words of such files of one workspace, read again only after one of them has changed."""

    def __init__(self, root: Path) -> None:
        """``root`` is the folder that paths are relative to."""
        self._root = root
        self._stamp: list[tuple[str, int, int]] | None = None
        self._words: frozenset[str] = frozenset()

    def read(self, files: Iterable[str], cancelled: Callable[[], bool] = lambda: False) -> frozenset[str]:
        """Every word of at least four characters in the scripts, templates and configuration files among ``files``."""
        paths = _one_language(sorted(path for path in files if is_other(path)))
        stamp = list(self._stamps(paths))
        if stamp != self._stamp:
            self._words = _words(self._root, paths, cancelled)
            self._stamp = None if cancelled() else stamp
        return self._words

    def _stamps(self, paths: list[str]) -> Iterator[tuple[str, int, int]]:
        for path in paths:
            with suppress(OSError):
                found = os.stat(f"{self._root}/{path}")  # noqa: PTH116 - asked of many files, and a Path takes longer
                yield path, found.st_mtime_ns, found.st_size


def is_other(path: str) -> bool:
    """A text file that is no document, and whose words count: not one of the documents' own examples."""
    if not path.endswith(_ENDINGS) or path.endswith(_SKIPPED):
        return False
    return _EXAMPLES.isdisjoint(path.split("/")[:-1])


def _one_language(paths: Iterable[str]) -> list[str]:
    """Without the message catalogues that repeat the source texts of another one for one more language."""
    return list({_LANGUAGE.sub("/", path): path for path in paths}.values())


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
        if _REPORT.match(data):
            continue
        total += len(data)
        words.update(data.translate(_NOT_WORD).split())
    names = (word.lstrip(_DIGITS) for word in words)
    return frozenset(b" ".join(name for name in names if len(name) >= _SHORTEST).decode("ascii").split())
