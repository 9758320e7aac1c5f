"""Instruction files of coding agents: AGENTS.md, CLAUDE.md, GEMINI.md, rules of Claude and Cursor, Copilot's.

They are Markdown and speak of now. What is theirs alone: the files that they import (``@docs/style.md``), and in the
front matter the globs of the files that a rule is for. Cursor's front matter is not strict YAML (``globs: **/*.py``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Claim
from vt_lsp.specs.blocks import Raw, Text
from vt_lsp.specs.page import Extra
from vt_lsp.specs.requirement_ids import role_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.specs.page import Page

FORMAT = "agent-files"
PATHS = re.compile(
    r"(?:^|/)(?:agents\.md|claude\.md|gemini\.md|\.cursorrules)$|(?:^|/)\.claude/rules/.+\.md$|(?:^|/)\.cursor/rules/.+\.mdc?$|"
    r"(?:^|/)\.github/copilot-instructions\.md$|(?:^|/)\.github/instructions/.+\.instructions\.md$"
)
_IMPORTS = re.compile(r"(?:^|/)(?:claude|gemini)\.md$|(?:^|/)\.claude/rules/", re.IGNORECASE)
_IMPORT = re.compile(
    rb"(?:(?<=[\s(:])|\A)@((?:\.{1,2}/)*[A-Za-z0-9_.-][\w./-]*\.(?:md|mdc|txt|rst|json|toml|ya?ml))(?![\w/@-])"
)
_CODE = re.compile(rb"(`+)[^`\n]+\1")
_GLOBS = re.compile(rb"(?m)^(?:globs|applyTo|paths)[ \t]*:[ \t]*(.*)$")
_ITEM = re.compile(rb"[ \t]*-[ \t]+(.*)$")
_GLOB = re.compile(rb"[^\s,\"'\[\]]+")


def read(page: Page) -> Extra:
    """The imports of a file, and the globs of a rule."""
    claims = [*_globs(page)]
    if _IMPORTS.search(page.path) and b"@" in page.data:
        claims += _imports(page)
    return Extra(claims=tuple(claims))


def _imports(page: Page) -> Iterator[Claim]:
    """``@path`` outside of code: the file is read into the instructions."""
    role, section = role_of(page), ""
    for number, block in enumerate(page.blocks):
        heading = page.outline.headings.get(number)
        section = heading.slug if heading is not None else section
        if not isinstance(block, Text) or not block.pieces:
            continue
        for start, end in block.pieces:
            text = _CODE.sub(lambda match: b" " * len(match[0]), page.data[start:end])
            for match in _IMPORT.finditer(text):
                first, last = match.span(1)
                path = match[1].decode("utf-8", "replace")
                yield Claim("link", path, start + first, start + last, role, section=section)


def _globs(page: Page) -> Iterator[Claim]:
    matter = next((b for b in page.blocks[:2] if isinstance(b, Raw) and b.kind == "matter"), None)
    if matter is None:
        return
    role = role_of(page)
    for key in _GLOBS.finditer(page.data, matter.start, matter.end):
        start, end = key.span(1)
        if not key[1].strip():
            end = _end_of_list(page.data, key.end() + 1, matter.end)
        for match in _GLOB.finditer(page.data, start, end):
            pattern = match[0].decode("utf-8", "replace")
            if pattern != "-":
                yield Claim("glob", pattern, *match.span(), role)


def _end_of_list(data: bytes, start: int, stop: int) -> int:
    while start < stop:
        line = data.find(b"\n", start, stop)
        end = line if line >= 0 else stop
        if _ITEM.match(data[start:end]) is None:
            break
        start = end + 1
    return min(start, stop)
