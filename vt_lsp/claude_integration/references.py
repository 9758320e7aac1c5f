"""Who uses a definition, and what it uses itself; found in the texts at the time of the question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vt_lsp.code import grammar
from vt_lsp.workspace.resolver import Found, in_scope

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from tree_sitter import Node

    from vt_lsp.engine import Engine
    from vt_lsp.models import Symbol

_MOST_FILES: Final = 30
_MOST: Final = 20
_LARGE: Final = 1 << 19  # bytes of a file that is not parsed for this
_IMPORTS: Final = frozenset({"import_statement", "import_from_statement"})


@dataclass(frozen=True, slots=True)
class Reference:
    """A definition on the other side of a use; ``symbol`` is None for the module itself."""

    path: str
    symbol: Symbol | None
    at: int  # the byte of the use, in the file of the user


def callers(engine: Engine, path: str, name: str) -> Generator[None, None, list[Reference]]:
    """Where the last part of a qualified name is written outside of its own definition, by user, each once; in steps.

    By spelling: whether it is the same definition is not proved, so a very common name finds too much. Files that
    import from the definition's module come first, then those beside it.
    """
    last = name.rpartition(".")[2]
    if last.startswith("__") or len(last) < 3:
        return []
    found: dict[tuple[str, str], Reference] = {}
    pattern = re.compile(rb"(?<![\w\x80-\xff])" + re.escape(last.encode()) + rb"(?![\w\x80-\xff])")
    for user in _users(engine, path, last):
        data = engine.text(user)
        if data is None or len(data) > _LARGE:
            continue
        for at in _uses(data, pattern):
            symbol = engine.symbol_at(user, at)
            is_own = user == path and symbol is not None and (symbol.name == name or symbol.name.startswith(f"{name}."))
            if not is_own:
                found.setdefault((user, symbol.name if symbol else ""), Reference(user, symbol, at))
        if len(found) >= _MOST:
            break
        yield
    return list(found.values())[:_MOST]


def _users(engine: Engine, path: str, word: str) -> list[str]:
    index = engine.index
    module = index.layout.names.get(path, "").rpartition(".")[2]

    def order(user: str) -> tuple[bool, bool, bool, str]:
        imports = any(module and module in (i.module.rpartition(".")[2], i.attribute) for i in index.code[user].imports)
        return user != path, user not in index.layout.primary, not imports, user

    padded = f" {word} "
    users = [user for user, facts in index.code.items() if padded in f" {facts.words} "]
    return sorted(users, key=order)[:_MOST_FILES]


def _uses(data: bytes, pattern: re.Pattern[bytes]) -> Iterator[int]:
    root = grammar.parser().parse(data).root_node
    for match in pattern.finditer(data):
        node = root.descendant_for_byte_range(match.start(), match.end())
        if node is not None and node.type == "identifier" and not _is_binding(node):
            yield match.start()


def _is_binding(node: Node) -> bool:
    """The word names a definition, an import or a keyword argument: nothing is used there."""
    above: Node | None = node.parent
    if above is not None and above.type in {"function_definition", "class_definition", "keyword_argument"}:
        return above.child_by_field_name("name") == node
    while above is not None and above.type in {"dotted_name", "aliased_import"}:
        above = above.parent
    return above is not None and above.type in _IMPORTS


def callees(engine: Engine, path: str, symbol: Symbol) -> list[Reference]:
    """Definitions of the project that the body of a symbol calls, in the order of the text, each once."""
    data = engine.text(path)
    if data is None or len(data) > _LARGE:
        return []
    found: dict[tuple[str, str], Reference] = {}
    owner = symbol.name.rpartition(".")[0]
    index = engine.index
    asked, wishes = index.asked, index.wishes
    index.asked, index.wishes = set(), set()
    try:
        for dotted, at in _called(data, symbol):
            first, _, rest = dotted.partition(".")
            name = f"{owner}.{rest}" if first in {"self", "cls"} and owner and rest else dotted
            answer = in_scope(index, path, name)
            target = answer if isinstance(answer, Found) and answer.symbol is not None else _only_one(engine, dotted)
            if target is not None and target.symbol is not None and target.symbol.name != symbol.name:
                found.setdefault((target.path, target.symbol.name), Reference(target.path, target.symbol, at))
    finally:
        index.asked, index.wishes = asked, wishes
    return list(found.values())[:_MOST]


def _only_one(engine: Engine, dotted: str) -> Found | None:
    """The one definition of the product with the last name of ``a.b.name``: likely, as the types are not known."""
    last = dotted.rpartition(".")[2]
    paths = engine.index.defined_in(last) if "." in dotted and len(last) > 3 else frozenset()
    rows = [
        Found(path, one)
        for path in list(paths)[:2]
        for one in engine.index.code[path].symbols
        if one.name.rpartition(".")[2] == last
    ]
    return rows[0] if len(rows) == 1 else None


def _called(data: bytes, symbol: Symbol) -> Iterable[tuple[str, int]]:
    waiting = [grammar.parser().parse(data).root_node]
    while waiting:
        node = waiting.pop()
        if node.end_byte <= symbol.start or node.start_byte >= symbol.end:
            continue
        waiting += reversed(node.children)
        if node.type == "call" and node.start_byte >= symbol.start:
            function = node.child_by_field_id(grammar.FUNCTION)
            text = data[function.start_byte : function.end_byte].decode("utf-8", "replace") if function else ""
            if text and all(part.isidentifier() for part in text.split(".")):
                yield text, node.start_byte
