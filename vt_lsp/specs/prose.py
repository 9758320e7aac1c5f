"""Claims of running text: names, paths, links and what sentences state. Offsets are bytes of the block's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec
from msgspec.structs import astuple, replace

from vt_lsp.models import Role
from vt_lsp.specs.commands import read_command_line, read_option
from vt_lsp.specs.flat import TOKEN, Flat
from vt_lsp.specs.literals import has_gap
from vt_lsp.specs.names import Said, is_plain, read_name, read_reference
from vt_lsp.specs.paths import read_bare_file, read_command, read_path, text_paths
from vt_lsp.specs.routes import read_said
from vt_lsp.specs.sentences import Statement, is_about_future, made_paths, statements, token_hints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim
    from vt_lsp.specs.inline import Inline, InlineParser
    from vt_lsp.specs.scope import Scope

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|[{<$%@]")
_MAIL = re.compile(r"[^/\s]+@[^/\s]+\.\w+")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_DIRECTIVE = re.compile(rb"^:::[ \t]+([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)[ \t]*(?:\n|$)", re.MULTILINE)
# A cross-reference to a definition in MyST, right before its code span.
_MYST_ROLE = re.compile(rb"\{(?:py:)?(?:func|class|meth|attr|mod|data|exc|obj|const)\}\Z")
_INCLUDE = re.compile(
    rb"\{!>?[ \t]*([^\s!{}]+)[ \t]*!\}|\{\*[ \t]*([^\s*{}]+)[^*\n]*\*\}|--8<--[ \t]+[\"']([^\"'\n]+)[\"']|"
    rb"(?:\.\. (?:literal)?include::|\{(?:literal)?include\})[ \t]+(\S+)"
)
_INCLUDE_MARKS = (b"{!", b"{*", b"--8<--", b"include")
# Text that has neither spans nor one of these claims nothing.
_MARKS = (b"/", b"efault", b":::", *_INCLUDE_MARKS)
_SPAN_MARKS = (b"`", b"[", b"<")
_HTML_LINK = re.compile(rb"<(?:a|img|source)\b[^<>]{0,400}?\b(?:src|href)\s*=\s*[\"']([^\"'<>\s]+)[\"']", re.IGNORECASE)
_CUTS = frozenset((b".", b"\xe2", b"*"))
# "`old/name.py` → `new/name.py`"
_BECOMES = re.compile(rb"[*_]*[ \t]*(?:\xe2\x86\x92|\xe2\x87\x92|[-=]>)")
_DOTS = re.compile(rb"\.{3}|\xe2\x80\xa6(?!\xe2\x80\xa6)")
_SIGNATURE = re.compile(
    rf"^\s*(?:signature|usage|class|function|method|module|constructor|definition|prototype|synopsis)s?\s*:\s*{TOKEN}",
    re.IGNORECASE,
)


class View(msgspec.Struct, frozen=True):
    """One block's text, its spans, and how sentences see it."""

    data: bytes
    inlines: tuple[Inline, ...]
    flat: Flat
    is_signature: bool


_NAMED = re.compile(rb"\b(?<!was )(?:named|called|call\s(?:it|this))\s{1,3}$")
_ARGUMENT = re.compile(rb"\s{1,3}(?:keyword[ -])?(?:argument|parameter)\b")


def is_silent(data: bytes) -> bool:
    """Whether a block's text surely claims and names nothing; true of most paragraphs, and quickly told."""
    return not (_has_any(data, _SPAN_MARKS) or _has_any(data, _MARKS))


def view(data: bytes, parse: InlineParser) -> View:
    """A block's text, whose inline spans ``parse`` finds."""
    inlines = parse(data)
    flat = Flat(data, inlines)
    return View(data, inlines, flat, _SIGNATURE.match(flat.text) is not None)


def _has_any(data: bytes, marks: tuple[bytes, ...]) -> bool:
    for mark in marks:  # noqa: SIM110 - a generator takes three times as long, and all text comes by here
        if mark in data:
            return True
    return False


def names_in(text: View) -> tuple[str, ...]:
    """The names that code spans of a text speak of, in order; words that may be no names are left out."""
    found: dict[str, None] = {}
    for code in text.flat.codes:
        for said in read_name(code):
            if said.kind in {"name", "class"} and "plain" not in said.hints:
                found[said.subject] = None
    return tuple(found)


def signature_names(text: View) -> tuple[str, ...]:
    """The names of a lead-in line such as "**Signature:** `Response(content)`"; none for other text."""
    return names_in(text) if text.is_signature else ()


def directive_names(data: bytes) -> tuple[str, ...]:
    """The targets of mkdocstrings directives (``::: dotted.name``)."""
    if not data.startswith(b":::") and b"\n:::" not in data:
        return ()
    return tuple(match[1].decode("ascii") for match in _DIRECTIVE.finditer(data))


def read_prose(
    text: View, scope: Scope, about: str = "", labels: frozenset[str] = frozenset(), skip: int = -1
) -> list[Claim]:
    """The claims of a block's text.

    ``about`` is the name that the text speaks of ("Defaults to 5" is about it), ``labels`` the link labels that the
    document defines (lower case), ``skip`` the number of a code span that another reader has dealt with.
    """
    data, flat = text.data, text.flat
    if not text.inlines and not _has_any(data, _MARKS):
        return []
    if scope.role is Role.CURRENT and scope.status != "done" and is_about_future(flat.lower):
        scope = replace(scope, role=Role.PLANNED)
    stated = statements(flat, about)
    claims = _spans(text, scope, stated, skip) if flat.spans else []
    if len(text.inlines) > len(flat.spans):
        claims += _links(text, scope, labels)
    includes = tuple(read_includes(data, scope))
    claims += includes
    if b"/" in data:
        claims += _bare_paths(text, scope, {claim.start for claim in includes})
        claims += read_said(data, scope)
    if data.startswith(b":::") or b"\n:::" in data:
        for match in _DIRECTIVE.finditer(data):
            claims.append(scope.claim("name", match[1].decode("ascii"), *match.span(1), hints=("directive",)))
    if made := made_paths(flat):
        claims = [_made(claim, made) for claim in claims]
    for kind, subject, start, end, owner, expected, bases in map(astuple, stated):
        claims.append(
            scope.claim(kind, subject, start, end, owner=owner, expected=expected, bases=bases, hints=("sentence",))
        )
    return claims


def _made(claim: Claim, spans: list[tuple[int, int]]) -> Claim:
    """A claim of a path, optional where the sentence says that the file comes or goes."""
    if claim.kind == "path" and any(start <= claim.start < end for start, end in spans):
        return replace(claim, hints=(*claim.hints, "optional"))
    return claim


def _is_cut(data: bytes, start: int, end: int) -> bool:
    """Whether dots or a star right behind a code span say that its name goes on: "start to type `f`..."."""
    dots = _DOTS.match(data, end)
    if dots:
        # Dots end a list of names, too.
        return not data[:start].rstrip().endswith((b",", b"\xe3\x80\x81"))
    # A star that closes emphasis has an opening one before it.
    return data[end : end + 1] == b"*" != data[end + 1 : end + 2] and data.count(b"*", 0, end) % 2 == 0


def _spans(text: View, scope: Scope, stated: list[Statement], skip: int) -> list[Claim]:
    """The claims of code spans, without the one that is to be skipped and what sentences have told better."""
    claims: list[Claim] = []
    hints = token_hints(text.flat)
    members = {statement.start for statement in stated if statement.kind == "enum-member"}
    outside = [i for i in text.inlines if i.kind == "link" and text.data.startswith(b"http", i.target_start)]
    for number, span in enumerate(text.flat.spans):
        if number == skip or span.inner_start in members:
            continue
        extra = hints.get(number, ())
        if number == 0 and text.is_signature:
            extra = (*extra, "signature")
        if span.is_reference or _MYST_ROLE.search(text.data, max(span.start - 20, 0), span.start):
            extra = (*extra, "xref")
        if text.data[span.end : span.end + 1] in _CUTS and _is_cut(text.data, span.start, span.end):
            extra = (*extra, "partial")
        if _NAMED.search(text.data, max(span.start - 12, 0), span.start):
            extra = (*extra, "named")
        if _ARGUMENT.match(text.data, span.end):
            extra = (*extra, "argument")
        if any(link.inner_start <= span.start and span.end <= link.target_start for link in outside):
            extra = (*extra, "example")  # of another project, whose page it links to
        code = text.flat.codes[number]
        is_old = _BECOMES.match(text.data, span.end) is not None
        for said in _read_span(text, number):
            more = (*extra, "past") if is_old and said.kind == "path" else extra
            claims.append(_claim(scope, said, code, span.inner_start, more))
    return claims


def read_includes(data: bytes, scope: Scope) -> Iterator[Claim]:
    """Files that a text includes (MkDocs, pymdownx snippets, Sphinx)."""
    if not _has_any(data, _INCLUDE_MARKS):
        return
    for match in _INCLUDE.finditer(data):
        group = match.lastindex or 0
        path = match[group].decode("utf-8", "replace").partition(":")[0]
        if path and not has_gap(path) and not _SCHEME.match(path):
            start = match.start(group)
            yield scope.claim("path", path, start, start + len(path.encode()), hints=("include",))


def read_html(data: bytes, scope: Scope) -> Iterator[Claim]:
    """Local targets of HTML links and images."""
    for match in _HTML_LINK.finditer(data):
        yield from link_claim(scope, match[1].decode("utf-8", "replace"), *match.span(1), ("html",))


def link_claim(scope: Scope, target: str, start: int, end: int, hints: tuple[str, ...] = ()) -> Iterator[Claim]:
    """The claim of a link's destination, if it is a local one."""
    if target.startswith("<") and target.endswith(">"):
        target, start, end = target[1:-1], start + 1, end - 1
    if (
        not target
        or _SCHEME.match(target)
        or _MAIL.fullmatch(target)
        or "{" in target
        or "..." in target
        or "*" in target
    ):
        return
    path, _, anchor = target.partition("#")
    path = unquote(path.partition("?")[0])
    if not path and not anchor:
        return
    if path.startswith("/"):
        hints = (*hints, "absolute")
    yield scope.claim("link", path, start, end, expected=unquote(anchor), hints=hints)


def _read_span(text: View, number: int) -> tuple[Said, ...]:
    code = text.flat.codes[number]
    if text.flat.spans[number].is_reference:
        return read_reference(code)
    path = read_path(code)
    if path is not None:
        return (path,)
    if code[:1] == "-":
        return read_option(code)
    names = read_name(code)
    if not names and " " in code and (command := read_command_line(code)):
        return (*read_command(code), *command)
    if names or ("." not in code and "/" not in code and code[:1] not in "MDJ"):
        return names
    span = text.flat.spans[number]
    before = text.data[max(0, span.start - 60) : span.start].decode("utf-8", "replace")
    after = text.data[span.end : span.end + 24].decode("utf-8", "replace")
    bare = read_bare_file(code, before, after)
    return (bare,) if bare is not None else read_command(code)


def _claim(scope: Scope, said: Said, code: str, start: int, extra: tuple[str, ...]) -> Claim:
    begin, end = said.start, said.end
    if not code.isascii():
        begin, end = len(code[:begin].encode()), len(code[:end].encode())
    return scope.claim(
        said.kind,
        said.subject,
        start + begin,
        start + end,
        signature=said.signature,
        annotation=said.annotation,
        expected=said.expected,
        bases=said.bases,
        hints=(*said.hints, *(hint for hint in extra if hint not in said.hints)),
    )


def _links(text: View, scope: Scope, labels: frozenset[str]) -> Iterator[Claim]:
    for inline in text.inlines:
        if inline.kind == "code":
            continue
        if inline.kind == "html":
            yield from _inline_html(text, inline, scope)
        if inline.target_start < 0:
            continue
        target = text.data[inline.target_start : inline.target_end].decode("utf-8", "replace")
        if inline.kind in {"link", "image"} and target != "" and inline.target_start != inline.inner_start:
            yield from link_claim(scope, target, inline.target_start, inline.target_end)
        elif inline.kind == "reference" and target.lower() not in labels:
            dotted = target.strip("`")
            if (
                _DOTTED.fullmatch(dotted)
                and not is_plain(dotted)
                and text.data[inline.end - 2 : inline.end - 1] != b"`"
            ):
                start = inline.target_start + target.index(dotted)
                yield scope.claim("name", dotted, start, start + len(dotted), hints=("xref",))


def _inline_html(text: View, inline: Inline, scope: Scope) -> Iterator[Claim]:
    for claim in read_html(text.data[inline.start : inline.end], scope):
        start, end = claim.start + inline.start, claim.end + inline.start
        yield from link_claim(scope, text.data[start:end].decode("utf-8", "replace"), start, end, ("html",))


def _bare_paths(text: View, scope: Scope, taken: set[int]) -> Iterator[Claim]:
    """Paths outside of code, links and tags that do not start at a place that is ``taken``."""
    for start, end, path in text_paths(text.data):
        if start not in taken and not any(inline.start < end and start < inline.end for inline in text.inlines):
            yield scope.claim("path", path, start, end, hints=("text",))
