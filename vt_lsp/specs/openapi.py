"""OpenAPI 3 documents, YAML or JSON: the operations that they promise, each at its place.

The tree of tree-sitter keeps byte positions, goes on behind what is half written, and never follows an alias.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Final

import tree_sitter_yaml
from tree_sitter import Language, Node, Parser

from vt_lsp.models import Claim, SpecFacts
from vt_lsp.specs.roles import role_of_path

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT: Final = "openapi"

_LANGUAGE = Language(tree_sitter_yaml.language())
_HEAD: Final = 4096
_MARK = re.compile(rb"""(?:^|[{,\n])[ \t\r\n]*["']?openapi["']?[ \t]*:[ \t]*["']?3\.""")
# The grammar's scanner crashes where blocks nest deeper than a few hundred levels, each of which begins further right.
_DEEP = re.compile(rb"(?:^|[\r\n]|\xef\xbb\xbf)[ \t]{120}|(?:[?:-][ \t]+){100}")
_IGNORE = re.compile(rb"#[ \t]*vt-lsp:[ \t]*ignore(?:\[([\w\-, \t]*)\])?([^\n]*)")
_METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
_MAPPINGS = frozenset({"block_mapping", "flow_mapping"})
_PAIRS = frozenset({"block_mapping_pair", "flow_pair"})
_local = threading.local()


class OpenApiDocument:
    """An OpenAPI file in an editor; its facts always equal those of :func:`read`."""

    def __init__(self, data: bytes, path: str) -> None:
        """Read a first text."""
        self._path = path
        self.facts = read(data, path)

    def edit(self, new_data: bytes) -> SpecFacts:
        """The facts after the text became ``new_data``."""
        self.facts = read(new_data, self._path)
        return self.facts


def read(data: bytes, path: str) -> SpecFacts:
    """The operations of a document; nothing where its first bytes do not say that it is OpenAPI 3."""
    if not _MARK.search(data[:_HEAD]) or _DEEP.search(data):
        return SpecFacts()
    root = _parser().parse(data).root_node
    role = role_of_path(path)
    claims = [
        Claim("operation", subject, start, end, role, bases=(method,), section=subject, hints=hints)
        for subject, method, start, end, hints in _operations(data, root)
    ]
    return SpecFacts(claims=tuple(claims), ignores=tuple(_ignores(data)), format=FORMAT)


def _ignores(data: bytes) -> Iterator[tuple[int, int, tuple[str, ...], str]]:
    """Comments that silence the line at whose end they stand."""
    for match in _IGNORE.finditer(data):
        types = tuple(part.strip() for part in (match[1] or b"").decode("ascii", "replace").split(",") if part.strip())
        start = data.rfind(b"\n", 0, match.start()) + 1
        yield start, match.end(), types, match[2].decode("utf-8", "replace").strip()


def _operations(data: bytes, root: Node) -> Iterator[tuple[str, str, int, int, tuple[str, ...]]]:
    for key, value in _top(root):
        if _scalar(data, key) != "paths":
            continue
        for path_key, item in _pairs(value):
            path = _scalar(data, path_key)
            if not path.startswith("/"):
                continue
            for method_key, operation in _pairs(item):
                method = _scalar(data, method_key).lower()
                if method in _METHODS:
                    hints = ("past",) if _is_deprecated(data, operation) else ()
                    yield path, method.upper(), *_span(data, method_key), hints


def _top(root: Node) -> Iterator[tuple[Node, Node | None]]:
    """The pairs of the outermost mapping, also where the parser gave up in the middle of it."""
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        if node.type in _MAPPINGS:
            yield from _own_pairs(node)
        elif node.type in _PAIRS:
            yield _pair(node)
        elif node.type in {"stream", "document", "block_node", "flow_node", "ERROR"}:
            waiting += node.named_children


def _pairs(value: Node | None) -> Iterator[tuple[Node, Node | None]]:
    """The pairs of a value that is a mapping."""
    for child in value.named_children if value is not None else ():
        if child.type in _MAPPINGS:
            yield from _own_pairs(child)


def _own_pairs(mapping: Node) -> Iterator[tuple[Node, Node | None]]:
    for child in mapping.named_children:
        if child.type in _PAIRS:
            yield _pair(child)
        elif child.type == "ERROR":
            yield from (_pair(inner) for inner in child.named_children if inner.type in _PAIRS)


def _pair(node: Node) -> tuple[Node, Node | None]:
    key = node.child_by_field_name("key")
    return (key if key is not None else node), node.child_by_field_name("value")


def _is_deprecated(data: bytes, operation: Node | None) -> bool:
    return any(
        _scalar(data, key) == "deprecated" and value is not None and _scalar(data, value) == "true"
        for key, value in _pairs(operation)
    )


def _span(data: bytes, node: Node) -> tuple[int, int]:
    start, end = node.start_byte, node.end_byte
    quoted = data[start : start + 1] in {b'"', b"'"}
    return (start + 1, end - 1) if quoted and end - start > 2 else (start, end)


def _scalar(data: bytes, node: Node) -> str:
    """The text of a plain or quoted scalar; nothing for what is longer than any key."""
    if node.end_byte - node.start_byte > 500:
        return ""
    return data[slice(*_span(data, node))].decode("utf-8", "replace").strip()


def _parser() -> Parser:
    """The parser of this thread; one parser used by two threads crashes the process."""
    found: Parser | None = getattr(_local, "parser", None)
    if found is None:
        found = _local.parser = Parser(_LANGUAGE)
    return found
