"""Statements to symbols: one pass over the statements of a module and of its classes, never into function bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from vt_lsp.code import grammar as g
from vt_lsp.code.assignments import (
    read_expression,
    read_type_alias,
    read_walrus,
    record_name,
    record_names,
    record_slots,
)
from vt_lsp.code.imports import imports_of
from vt_lsp.code.instance import read_dynamic_attributes, read_instance_attributes, read_namespace_keys
from vt_lsp.code.pieces import Context, Owner
from vt_lsp.models import Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tree_sitter import Node

    from vt_lsp.models import SymbolKind

    # The flags that what stands here carries: ("conditional",) or nothing.
    Flags = tuple[str, ...]

_MAX_DEPTH = 100  # Python itself allows 100 levels of indentation
_CONDITIONAL = ("conditional",)
_USUAL_FIRST = ("(self,", "(self)", "(cls,", "(cls)", "()", "(*")
_ACCESSORS = frozenset({"setter", "getter", "deleter"})


def read_statements(context: Context, nodes: Sequence[Node], owner: Owner, flags: Flags) -> None:
    """Add what statements bind in a module or class; kinds that bind nothing are passed over."""
    if context.depth > _MAX_DEPTH:
        context.piece.flags.append("errors")
        return
    context.depth += 1
    for node in nodes:
        read = _READERS.get(node.type)
        if read is not None:
            read(context, node, owner, flags)
    context.depth -= 1


# ------------------------------------------------------------------------------------------------------- definitions


def _decorated(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    decorators: list[str] = []
    for child in node.children:
        kind = child.type
        if kind == "decorator":
            expressions = child.named_children  # a comment may follow on the line
            decorators.append(context.text(expressions[0]) if expressions else "")
        elif kind == "function_definition":
            _define_function(context, child, owner, flags, tuple(decorators))
        elif kind == "class_definition":
            _define_class(context, child, owner, flags, tuple(decorators))


def _function(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    _define_function(context, node, owner, flags, ())


def _class(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    _define_class(context, node, owner, flags, ())


def _define_function(context: Context, node: Node, owner: Owner, flags: Flags, decorators: tuple[str, ...]) -> None:
    label = node.child_by_field_id(g.NAME)
    if label is None or (context.has_errors and _has_broken_header(node)):
        return
    data, text = context.data, context.text
    name = text(label)
    signature = text(node.child_by_field_id(g.PARAMETERS))
    returns = node.child_by_field_id(g.RETURN_TYPE)
    kind: SymbolKind = "function"
    if owner.is_class:
        if not signature.startswith(_USUAL_FIRST):
            owner.unusual_methods.append(node)
        found = _method_kind(name, owner, decorators)
        if found is None:
            return
        kind = found
        if name in g.CATCH_ALL:
            owner.is_open = True
    elif name == "__getattr__":
        context.piece.flags.append("getattr")
    owner.names.add(name)
    start = node.start_byte
    if data.startswith(b"async", start):
        flags = (*flags, "async")
    if decorators:
        flags = (*flags, *g.function_flags(decorators))
        start = _outer(node).start_byte
    context.piece.symbols.append(
        # Positional: this is the busiest line of the reader.
        Symbol(
            owner.prefix + name,
            kind,
            start,
            node.end_byte,
            label.start_byte,
            signature,
            text(returns) if returns is not None else "",
            "",
            "",
            (),
            decorators,
            flags,
        )
    )


def _method_kind(name: str, owner: Owner, decorators: tuple[str, ...]) -> SymbolKind | None:
    """What a function in a class is; None for an accessor of a property that stands already."""
    if not decorators:
        return "method"
    last = {g.last_name(decorator) for decorator in decorators}
    if last & _ACCESSORS and name in owner.names:
        return None
    return "property" if last & g.PROPERTY_DECORATORS or last & _ACCESSORS else "method"


def _define_class(context: Context, node: Node, owner: Owner, flags: Flags, decorators: tuple[str, ...]) -> None:
    label = node.child_by_field_id(g.NAME)
    if label is None or (context.has_errors and _has_broken_header(node)):
        return
    name = context.text(label)
    owner.names.add(name)
    owner.nested.append((node.start_byte, node.end_byte))
    arguments = node.child_by_field_id(g.SUPERCLASSES)
    bases = () if arguments is None else tuple(context.text(n) for n in arguments.named_children if n.type != "comment")
    if bases or decorators:
        flags = (*flags, *g.class_flags(bases, decorators))
    inner = Owner(f"{owner.prefix}{name}.", is_class=True, is_enum="enum" in flags)
    symbols = context.piece.symbols
    place = len(symbols)
    body = node.child_by_field_id(g.BODY)
    if body is not None:
        read_statements(context, body.children, inner, ())
        read_instance_attributes(context, inner, body)
        read_dynamic_attributes(context, inner, body)
        record_slots(context, inner)
    if inner.is_open and "open" not in flags:
        flags = (*flags, "open")
    if "type" in bases and body is not None and read_namespace_keys(context, inner, body):
        flags = (*flags, "plain-metaclass")
    start = _outer(node).start_byte if decorators else node.start_byte
    symbols.insert(
        place,
        Symbol(
            owner.prefix + name,
            "class",
            start,
            node.end_byte,
            label.start_byte,
            bases=bases,
            decorators=decorators,
            flags=flags,
        ),
    )


def _has_broken_header(node: Node) -> bool:
    """A definition whose signature or bases are being typed: better absent than wrong."""
    return any(child.has_error or child.is_missing for child in node.children if child.type != "block")


def _outer(node: Node) -> Node:
    """A decorated definition with its decorators."""
    return node.parent or node


# ------------------------------------------------------------------------------------------------ compound statements


def _import(context: Context, node: Node, owner: Owner, _flags: Flags) -> None:
    imports = imports_of(context.text(node))
    if _is_for_types(context, node):
        imports = [replace(found, typing=True) for found in imports]
    if not owner.is_class:
        context.piece.imports += imports
        return
    for found in imports:
        record_name(context, found.name, node.start_byte, node.end_byte, owner, ())


def _is_for_types(context: Context, node: Node) -> bool:
    """The statement stands in the block of ``if TYPE_CHECKING:``."""
    block = node.parent
    branch = block.parent if block is not None and block.type == "block" else None
    if branch is None or branch.type != "if_statement" or branch.child_by_field_name("consequence") != block:
        return False
    condition = branch.child_by_field_name("condition")
    return condition is not None and context.text(condition) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _branches(context: Context, node: Node, owner: Owner, _flags: Flags) -> None:
    """``if``, ``elif``, ``else``, ``try``, ``while``, ``match`` and their clauses: what stands there is conditional."""
    for child in node.children:
        kind = child.type
        if kind == "block":
            read_statements(context, child.children, owner, _CONDITIONAL)
        elif kind in _CLAUSES:
            _branches(context, child, owner, _CONDITIONAL)
        elif kind == "as_pattern":
            record_names(context, g.target_names(child.children[-1]), owner, _CONDITIONAL)
        else:
            read_walrus(context, child, owner, _CONDITIONAL)


def _for(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    target = node.child_by_field_id(g.LEFT)
    if target is not None:
        record_names(context, g.target_names(target), owner, flags)
    _branches(context, node, owner, flags)


def _with(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    for child in node.children:
        if child.type == "with_clause":
            for item in child.named_children:
                value = item.child_by_field_id(g.VALUE)
                if value is not None and value.type == "as_pattern":
                    record_names(context, g.target_names(value.children[-1]), owner, flags)
        elif child.type == "block":
            read_statements(context, child.children, owner, flags)


def _recovered(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    """What tree-sitter could still read inside of broken code."""
    read_statements(context, node.children, owner, flags)


_CLAUSES = frozenset(
    {"elif_clause", "else_clause", "except_clause", "except_group_clause", "finally_clause", "case_clause", "block"}
)
_READERS: Final[dict[str, Callable[[Context, Node, Owner, tuple[str, ...]], None]]] = {
    "function_definition": _function,
    "class_definition": _class,
    "decorated_definition": _decorated,
    "expression_statement": read_expression,
    "type_alias_statement": read_type_alias,
    "import_statement": _import,
    "import_from_statement": _import,
    "future_import_statement": _import,
    "if_statement": _branches,
    "try_statement": _branches,
    "while_statement": _branches,
    "match_statement": _branches,
    "case_clause": _branches,
    "for_statement": _for,
    "with_statement": _with,
    "ERROR": _recovered,
}
