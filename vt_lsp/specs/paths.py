"""Which words are paths of files and folders."""

from __future__ import annotations

import re
from functools import lru_cache

from vt_lsp.specs.literals import FILE_SUFFIXES, HOST_SUFFIXES, is_placeholder
from vt_lsp.specs.names import Said

_SEGMENT = r"[\w.@+-]+"
_PATH = re.compile(rf"((?:{_SEGMENT}/)+(?:{_SEGMENT})?)")
_PLACE = re.compile(r"(?::\d+(?:[-:]\d+)*|::[\w\[\]:.-]+|#L\d+(?:-L?\d+)?|#[\w.-]+)$")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9_]{0,9}$")
_BARE_FILE = re.compile(r"[\w.-]*\w\.([A-Za-z][A-Za-z0-9]{0,9})|Makefile|Dockerfile|Justfile")
_OUTSIDE = re.compile(r"(?:^|/)(?:node_modules|site-packages|\.venv|venv|__pycache__)(?:/|$)")
_RUNNERS = re.compile(
    r"(?:\$ |sudo |(?:uv|poetry|pipenv|pdm|hatch|rye|coverage) run )*"
    r"(?:python[\d.]*|py|pytest|bash|sh|zsh|source|\.(?=/))\b"
)
_SCRIPT = re.compile(rf"(?<![\w/.:=~$-])((?:{_SEGMENT}/)+{_SEGMENT}\.(?:py|sh|bash))\b(?![\w/])")
# Text around a bare file name that says that it is a file of the project.
_GOVERNS = re.compile(
    r"(?:\b(?:creat(?:e|es|ed|ing)|add(?:s|ed|ing)?|edit(?:s|ed|ing)?|updat(?:e|es|ed|ing)|modif(?:y|ies|ied)|open|see|"
    r"in|inside|from|into|file|files|module|script)(?:\s+(?:the|a|an|our|your|this))?(?:\s+(?:new|file|module|script))*)"
    r"\s+[*_]*$",
    re.IGNORECASE,
)
_GOVERNED = re.compile(r"^[*_]*\s+(?:file|module|script)\b", re.IGNORECASE)
_FILE_BELOW = re.compile(rb"/[\w.-]*\.[a-zA-Z]")
_TEXT_PATH = re.compile(
    rb"(?<![\w/.:@~$%{}<>(\[\"'=\\`+*-])((?:\.{0,2}/)?(?:[\w.-]+/)+[\w.-]*\w\.([a-zA-Z][a-zA-Z0-9]{0,9}))(?![\w/*{}<>(@])"
)


@lru_cache(maxsize=8192)
def read_path(text: str) -> Said | None:
    """The path that a code span's content is, without line numbers, test ids and fragments; None for anything else."""
    stripped = text.strip()
    shift = len(text) - len(text.lstrip())
    place = _PLACE.search(stripped)
    path = stripped[: place.start()] if place else stripped
    if not _PATH.fullmatch(path) or not _is_claim(path):
        return None
    last = path.rsplit("/", 1)[1]
    if last and not (_EXTENSION.search(last) and not last.startswith(".")) and last not in {"Makefile", "Dockerfile"}:
        return None
    return Said("path", path, shift, shift + len(path))


def read_bare_file(text: str, before: str, after: str) -> Said | None:
    """A file name without folder, if the words around it speak of a file."""
    stripped = text.strip()
    match = _BARE_FILE.fullmatch(stripped)
    if match is None or (match[1] and match[1] not in FILE_SUFFIXES) or is_placeholder(stripped):
        return None
    if stripped.startswith("."):
        return None
    if not _GOVERNS.search(before[-60:]) and not _GOVERNED.match(after[:20]):
        return None
    shift = len(text) - len(text.lstrip())
    return Said("path", stripped, shift, shift + len(stripped), hints=("bare",))


@lru_cache(maxsize=8192)
def read_command(text: str) -> tuple[Said, ...]:
    """The scripts of a command line: ``python scripts/x.py``, ``./tools/x.sh``."""
    stripped = text.lstrip()
    if not _RUNNERS.match(stripped):
        return ()
    return tuple(
        Said("path", match[1], match.start(1), match.end(1), hints=("command",))
        for match in _SCRIPT.finditer(text)
        if _is_claim(match[1])
    )


def text_paths(text: bytes) -> list[tuple[int, int, str]]:
    """Paths in running text, (start, end, path) in bytes: at least one ``/`` and a well-known extension."""
    if not _FILE_BELOW.search(text):
        return []
    found = []
    for match in _TEXT_PATH.finditer(text):
        path = match[1].decode("utf-8", "replace")
        if match[2].decode("ascii").lower() in FILE_SUFFIXES and _is_claim(path):
            found.append((match.start(1), match.end(1), path))
    return found


def _is_claim(path: str) -> bool:
    """Whether the path is relative, inside the project as far as one can see, and no placeholder."""
    if path.startswith("/") or is_placeholder(path) or _OUTSIDE.search(path):
        return False
    first = path.partition("/")[0]
    host = first.rpartition(".")
    return not (host[0] and host[2] in HOST_SUFFIXES) and bool(first.strip(".") or first in {".", ".."})
