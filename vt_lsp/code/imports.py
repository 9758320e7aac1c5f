"""Import statements to bindings, from their text: cheaper than their nodes, and they have no nesting."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import Import

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOISE = re.compile(r"#[^\n]*|\\\r?\n|[()]")
_FROM = re.compile(r"from\s*([.\s]*)([\w.]*)\s*\bimport\b(.*)", re.DOTALL)


def imports_of(statement: str) -> list[Import]:
    """The bindings of one import statement; what is not a name (broken code) is left out."""
    if "#" in statement or "\\" in statement or "(" in statement:
        statement = _NOISE.sub(" ", statement)
    if statement.startswith("from"):
        match = _FROM.match(statement)
        if match is None:
            return []
        dots, module, names = match.groups()
        level = dots.count(".")
        if "*" in names:
            return [Import("*", module, "*", level)]
        return [Import(name, module, attribute, level) for attribute, name in _names(names) if attribute.isidentifier()]
    return [
        Import(name, module) if name != module else Import(module.partition(".")[0], module.partition(".")[0])
        for module, name in _names(statement.removeprefix("import"))
    ]


def _names(listing: str) -> Iterator[tuple[str, str]]:
    """What is imported and the name it gets, for each item of ``a.b as c, d``."""
    for item in listing.split(","):
        words = item.split()
        if len(words) == 1 and _is_dotted(words[0]):
            yield words[0], words[0]
        elif len(words) == 3 and words[1] == "as" and _is_dotted(words[0]) and words[2].isidentifier():
            yield words[0], words[2]


def _is_dotted(text: str) -> bool:
    return all(map(str.isidentifier, text.split(".")))
