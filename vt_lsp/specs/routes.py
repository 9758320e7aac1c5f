"""Routes of a web service in text: ``GET /orders/{id}`` in prose, backticks, tables, fences, and curl's addresses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vt_lsp.models import Claim
    from vt_lsp.specs.scope import Scope

_METHOD: Final = rb"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
_METHODS: Final = rb"(%b(?:\s?[/,|&]\s?%b){0,6})" % (_METHOD, _METHOD)
# The address of a service that runs here, or a variable for it.
_BASE: Final = (
    rb"(?:https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::(?:\d{1,5}|\{+\w+\}+|\$\w+))?"
    rb"|\$\{?\w*(?:URL|HOST|BASE|API|url|host|base|api)\w*\}?|\{\{?[ ]?\w*(?:url|host|base|api)\w*[ ]?\}\}?)"
)
# A star or dots behind it stand for many paths.
_PATH: Final = rb"(/(?!/)[\w./{}<>:$~%@\[\]-]*+)(?!\*(?!\*)|\xe2\x80\xa6)"
_SAID = re.compile(rb"(?<![\w/.-])%b(?![\w/-])[`*_: \t|]{1,8}(?:%b)?%b" % (_METHODS, _BASE, _PATH))
_LINE = re.compile(rb"^[ \t]*%b[ \t]+(?:%b)?%b" % (_METHODS, _BASE, _PATH), re.MULTILINE)
_ADDRESS = re.compile(rb"[\"']?%b%b" % (_BASE, _PATH))
_CURL = re.compile(rb"\bcurl\b[^\n]*")
_REQUEST = re.compile(rb"(?:-X|--request)[ =]?[\"']?([A-Z]+)")
_BODY = re.compile(rb"\s(?:-d|--data(?:-\w+)?|--json|-F|--form)\b")
_HOST = re.compile(rb"^host:[ \t]*(?!localhost|127\.)", re.IGNORECASE | re.MULTILINE)
_PLACEHOLDER = re.compile(rb"/(?:path|foo|bar|endpoint|your[-_]\w+|some[-_]\w+|\.\.\.)(?:/|$)|\.\.\.")
# What such words stand beside is not said to be there now, or not here.
_NOT_NOW = re.compile(
    rb"\b(?:deprecated|removed?|no longer|legacy|instead of|renamed|used to|formerly|will|planned|future|todo|not yet|"
    rb"not implemented|coming soon|for example|e\.g\.|such as|upstream|third[- ]party|proxied|would|should|could|might|"
    rb"not allowed|40[45]|new (?:endpoint|route)s?|propos\w+|to be (?:added|implemented)|replaced|replaces|"
    rb"migrat\w+|v\d+ only|if you|example)\b|\xe2\x9d\x8c|~~",
    re.IGNORECASE,
)
_VERBS = frozenset({b"method", b"methods", b"verb", b"http method", b"http verb", b"http"})
_PLACES = frozenset(
    {b"path", b"endpoint", b"route", b"url", b"uri", b"endpoints", b"api endpoint", b"api", b"resource"}
)
_CELL_METHODS = re.compile(rb"[`*\s]*%b[`*\s]*" % _METHODS)
_CELL_PATH = re.compile(rb"[`*\s]*(?:%b)?%b(?:\?[?&=\w{}.,-]*)?[`*\s]*" % (_BASE, _PATH))
_ONE = re.compile(rb"[A-Z]+")
_TEXT_LANGUAGES = frozenset({"", "text", "txt", "http", "plaintext", "rest", "plain"})
_SHELL = frozenset({"", "bash", "sh", "shell", "console", "zsh", "terminal", "shell-session", "powershell"})


def read_said(data: bytes, scope: Scope, hints: Sequence[str] = ()) -> Iterator[Claim]:
    """The routes that a block of text names; ``bases`` of a claim are the methods, its subject is the path."""
    for match in _SAID.finditer(data):
        line = data[data.rfind(b"\n", 0, match.start()) + 1 : (data.find(b"\n", match.end()) + 1 or len(data) + 1) - 1]
        unsure = ("past",) if _NOT_NOW.search(line) else ()
        yield from _claims(scope, match[1], *match.span(2), data, match.start(1), (*hints, *unsure))


def endpoint_columns(header: Sequence[bytes]) -> tuple[int, int] | None:
    """The numbers of the columns of methods and of paths; None if the table has not both."""
    words = [cell.strip(b"*_`: ").lower() for cell in header]
    method = next((n for n, word in enumerate(words) if word in _VERBS), -1)
    path = next((n for n, word in enumerate(words) if word in _PLACES), -1)
    return (method, path) if method >= 0 and path >= 0 else None


def read_row(columns: tuple[int, int], cells: Sequence[tuple[int, bytes]], scope: Scope) -> Iterator[Claim]:
    """The route of one row of such a table; a cell is its first byte and its text."""
    if max(columns) >= len(cells):
        return
    (at, verb), (start, cell) = cells[columns[0]], cells[columns[1]]
    methods, path = _CELL_METHODS.fullmatch(verb), _CELL_PATH.fullmatch(cell)
    if methods is None or path is None:
        return
    hints = ("table", "past") if any(_NOT_NOW.search(other) for _, other in cells) else ("table",)
    first = min(start + path.start(1), at + methods.start(1))
    yield from _claims(scope, methods[1], start + path.start(1), start + path.end(1), None, first, hints, path[1])


def read_lines(data: bytes, language: str, scope: Scope) -> Iterator[Claim]:
    """The routes of a fenced block: lines of requests, and curl with an address of this machine."""
    if language in _TEXT_LANGUAGES and not _HOST.search(data):
        for match in _LINE.finditer(data):
            yield from _claims(scope, match[1], *match.span(2), data, match.start(1), ("fence",))
    if language in _SHELL and b"curl" in data:
        whole = data.replace(b"\\\n", b"  ").replace(b"\\\r\n", b"   ")
        for match in _CURL.finditer(whole):
            address = _ADDRESS.search(match[0])
            if address is None:
                continue
            request = _REQUEST.search(match[0])
            method = request[1] if request else b"POST" if _BODY.search(match[0]) else b"GET"
            start, end = (match.start() + at for at in address.span(1))
            yield from _claims(scope, method, start, end, whole, start, ("fence", "curl"))


def _claims(  # noqa: PLR0913, PLR0917 - what a match says
    scope: Scope,
    methods: bytes,
    start: int,
    end: int,
    data: bytes | None,
    first: int,
    hints: Sequence[str],
    said: bytes = b"",
) -> Iterator[Claim]:
    path = data[start:end] if data is not None else said
    kept = path.rstrip(b".,;:")
    if kept.count(b"]") > kept.count(b"["):
        kept = kept[: kept.index(b"]")]
    if _PLACEHOLDER.search(kept) or not kept.strip(b"/"):
        return
    names = tuple(dict.fromkeys(name.decode() for name in _ONE.findall(methods)))
    stop = start + len(kept)
    yield scope.claim(
        "route", kept.decode("utf-8", "replace"), first, max(stop, first + 1), bases=names, hints=tuple(hints)
    )
