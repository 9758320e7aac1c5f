"""A Python fence of a spec: its stubs say what the code should have, its examples how the code is used."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.code import grammar
from vt_lsp.specs.example_values import text_of
from vt_lsp.specs.examples import read_examples
from vt_lsp.specs.fence_repair import repaired
from vt_lsp.specs.fence_text import ClaimSink, python_text
from vt_lsp.specs.scope import FenceFacts, FenceScope
from vt_lsp.specs.stubs import read_stubs
from vt_lsp.specs.undefined_names import undefined_names, used_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from vt_lsp.specs.examples import ExampleFacts

# Settings name the class that they load: `"package.module.Class"`.
_LOADED = re.compile(rb"([\"'])((?:[a-z_][a-z0-9_]*\.){2,}[A-Z][A-Za-z0-9]*[a-z]\w*)\1")

# A decorator adds a name to something: `@registry.register("name")`.
_REGISTERED = re.compile(rb"(?m)^[ \t]*@[\w.]+\(\s*[\"']([A-Za-z_]\w*)[\"']")

MAX_BYTES = 64 * 1024
"""Longer fences are data or whole files, and are skipped."""


def read_fence(text: str, scope: FenceScope, to_absolute: Callable[[int], int]) -> FenceFacts:
    """What a Python fence claims about the project.

    Args:
        text: the fence's content without the indentation of its container; broken UTF-8 as lone surrogates.
        scope: its place in the document.
        to_absolute: gives the document's byte offset for a byte offset of ``text`` in UTF-8.

    Returns:
        Claims with spans of the document, in the order of the text; the names that the fence binds otherwise than by
        imports of absolute modules; and its imports. Names that the fence leaves with a known value are imports too:
        ``m.C()`` stands for what a call of ``m.C`` gives, an empty target says that an earlier one holds no more.
        Statements with syntax errors are left out.
    """
    try:
        data = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return FenceFacts()
    if len(data) > MAX_BYTES or b"\0" in data:
        return FenceFacts()
    source = python_text(data)
    tree = grammar.parser().parse(source.data)
    headers: Mapping[int, str] = {}
    if tree.root_node.has_error and b"\\*" in source.data:
        # Stars escaped as in the text around: only blocks of code do not want it.
        source = replace(source, data=source.data.replace(b"\\*\\*", b"  **").replace(b"\\*", b" *"))
        tree = grammar.parser().parse(source.data)
    if tree.root_node.has_error:
        better, headers = repaired(source, scope.imports)
        tree = grammar.parser().parse(better.data) if better is not source else tree
        source = better
    sink = ClaimSink(source, scope, to_absolute)
    facts = read_examples(tree.root_node, scope.imports, sink)
    objects = {
        name: target for name, target in {**scope.imports, **facts.imports}.items() if target[-1:].isidentifier()
    }
    read_stubs(tree.root_node, sink, objects, headers)
    if facts.imports and b"import *" not in source.data:
        _add_undefined(tree.root_node, facts, scope, sink)
    for match in _LOADED.finditer(source.data):
        sink.add("name", match[2].decode("ascii"), match.span(2), ("string",))
    registered = {f"@{match[1].decode('ascii')}" for match in _REGISTERED.finditer(source.data)}
    claims = sorted(sink.claims, key=lambda claim: (claim.start, claim.end))
    return FenceFacts(tuple(dict.fromkeys(claims)), tuple(sorted(facts.bound | registered)), facts.imports)


def _add_undefined(root: Node, facts: ExampleFacts, scope: FenceScope, sink: ClaimSink) -> None:
    """Claim names that nothing binds, with what the fence imports and does not use: one of these may be meant."""
    known = {*facts.bound, *facts.imports, *scope.imports, *sink.text.unread}
    used = used_names(root)
    imports = facts.imports.items()
    unused = tuple(sorted(target for name, target in imports if name not in used and target[-1:].isidentifier()))
    for node, place in undefined_names(root, known):
        sink.add("undefined", text_of(node), (node.start_byte, node.end_byte), (place,), bases=unused)
