"""Assignments to symbols: fields, attributes, enum members, constants, aliases, ``__all__``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code import grammar as g
from vt_lsp.code.functional import class_from_call
from vt_lsp.models import Symbol

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tree_sitter import Node

    from vt_lsp.code.pieces import Context, Owner
    from vt_lsp.models import SymbolKind

    Flags = tuple[str, ...]

_CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*")
_EXPORTED = re.compile(r"""[rRuU]?(["']{1,3})(\w+)\1""")
_WALRUS = re.compile(rb"(%b)\s*:=" % g.IDENTIFIER)
_NAMESPACE = re.compile(r"(?:locals|vars|globals)\(\)")
_SLOT = re.compile(rb"[\"'](%b)[\"']" % g.IDENTIFIER)
_METHODS_OF_ALL = {"extend": "+", "append": "+", "insert": "+", "remove": "-"}


def read_expression(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    """Add what an expression statement binds."""
    for child in node.children:
        kind = child.type
        if kind == "assignment":
            _assignment(context, child, owner, flags)
        elif kind == "augmented_assignment":
            _augmented(context, child, owner)
        elif kind == "call":
            _call(context, child, owner)
        elif kind != "string":
            read_walrus(context, child, owner, flags)


def _assignment(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    left = node.child_by_field_id(g.LEFT)
    annotation = node.child_by_field_id(g.TYPE)
    right = node.child_by_field_id(g.RIGHT)
    targets = [left]
    is_guess = context.is_guess(node) or _ends_before_value(context, annotation or left, right)
    while right is not None and right.type == "assignment":
        targets.append(right.child_by_field_id(g.LEFT))
        right = right.child_by_field_id(g.RIGHT)
    if is_guess:
        context.piece.flags.append("errors")
        annotation = right = None
    for target in targets:
        if target is not None:
            _bind_target(context, node, target, annotation, right, owner, flags)
    if right is not None and not owner.is_class and right.type not in {"string", "integer"}:
        read_walrus(context, right, owner, flags)


def _ends_before_value(context: Context, left: Node | None, right: Node | None) -> bool:
    """``x =`` with its value still to be typed: the grammar takes the next line for it."""
    if left is None or right is None:
        return False
    start, end = left.end_byte, right.start_byte
    return context.data.find(b"\n", start, end) >= 0 and context.data.find(b"\\", start, end) < 0


def _bind_target(  # noqa: PLR0913, PLR0917 - one assignment has these parts
    context: Context, node: Node, target: Node, annotation: Node | None, right: Node | None, owner: Owner, flags: Flags
) -> None:
    if target.type == "identifier":
        _bind(context, node, target, annotation, right, owner, flags)
    elif target.type == "attribute":
        _bind_outside(context, node, target, annotation, right, owner, flags)
    elif target.type != "subscript":
        record_names(context, g.target_names(target), owner, flags)
    elif _NAMESPACE.match(context.text(target)):
        owner.is_open = True
        if not owner.is_class:
            context.piece.flags.append("dynamic")


def _bind(  # noqa: PLR0913, PLR0917 - one assignment has these parts
    context: Context, node: Node, label: Node, annotation: Node | None, right: Node | None, owner: Owner, flags: Flags
) -> None:
    name = context.text(label)
    callee = ""
    if right is not None and right.type == "call":
        callee = g.last_name(context.text(right.child_by_field_id(g.FUNCTION)))
        if callee in g.FUNCTIONAL_CLASSES:
            symbols = class_from_call(context, node, label, right, owner.prefix + name, flags)
            if symbols:
                owner.names.add(name)
                context.piece.symbols += symbols
                return
    if name.startswith("__"):
        if name == "__all__" and not owner.is_class:
            context.piece.exports.append(_step(context, "=", right))
        elif name == "__slots__" and owner.is_class and right is not None:
            _slots(context, right, owner)
        elif name in g.CATCH_ALL and owner.is_class:
            owner.is_open = True
    types = context.text(annotation)
    owner.names.add(name)
    context.piece.symbols.append(
        Symbol(
            owner.prefix + name,
            _kind(name, types, callee, owner, right),
            node.start_byte,
            node.end_byte,
            label.start_byte,
            annotation=types,
            value=context.value(right),
            flags=flags,
        )
    )


def _kind(name: str, annotation: str, callee: str, owner: Owner, right: Node | None) -> SymbolKind:
    typed = g.last_name(annotation) if annotation else ""
    if typed == "TypeAlias":
        return "alias"
    if owner.is_class:
        return _member_kind(name, annotation, callee, owner, right)
    if callee in g.ALIAS_CALLS:
        return "alias"
    return "constant" if typed == "Final" or _CONSTANT.fullmatch(name) else "variable"


def _member_kind(name: str, annotation: str, callee: str, owner: Owner, right: Node | None) -> SymbolKind:
    if callee in g.PROPERTY_DECORATORS:
        return "property"
    if owner.is_enum and right is not None and not _is_special(name) and callee != "nonmember":
        return "enum-member"
    return "field" if annotation else "attribute"


def _is_special(name: str) -> bool:
    """``_ignore_``, ``__doc__`` and ``__private`` are no members of an enum."""
    return name.startswith("__") or (name.startswith("_") and name.endswith("_"))


def _bind_outside(  # noqa: PLR0913, PLR0917 - one assignment has these parts
    context: Context, node: Node, target: Node, annotation: Node | None, right: Node | None, owner: Owner, flags: Flags
) -> None:
    """``Foo.bar = …`` in a module gives the class (or function) an attribute."""
    name = context.text(target)
    if owner.is_class or not all(map(str.isidentifier, name.split("."))):
        return
    context.piece.symbols.append(
        Symbol(
            name,
            "attribute",
            node.start_byte,
            node.end_byte,
            target.end_byte - len(name.rpartition(".")[2].encode()),
            annotation=context.text(annotation),
            value=context.value(right),
            flags=flags,
        )
    )


def record_names(context: Context, labels: Iterable[Node], owner: Owner, flags: Flags) -> None:
    """Add names that are bound to values which nobody can read: tuple targets, loops, ``with``, ``except``."""
    for label in labels:
        if label.type == "identifier":
            record_name(context, context.text(label), label.start_byte, label.end_byte, owner, flags)
        else:
            _bind_outside(context, label, label, None, None, owner, flags)


def record_name(  # noqa: PLR0913, PLR0917 - a name and its place
    context: Context, name: str, start: int, end: int, owner: Owner, flags: Flags
) -> None:
    """Add one name without a value; inside an enum it may well be a member."""
    kind: SymbolKind = "constant" if _CONSTANT.fullmatch(name) else "variable"
    if owner.is_class:
        kind = "enum-member" if owner.is_enum and not _is_special(name) else "attribute"
    owner.names.add(name)
    context.piece.symbols.append(Symbol(owner.prefix + name, kind, start, end, start, flags=flags))


def read_walrus(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    """Add the names that ``:=`` binds somewhere in an expression."""
    start, end = node.start_byte, node.end_byte
    if context.data.find(b":=", start, end) < 0:
        return
    for match in _WALRUS.finditer(context.data, start, end):
        record_name(context, match[1].decode("utf-8", "replace"), *match.span(1), owner, flags)


def read_type_alias(context: Context, node: Node, owner: Owner, flags: Flags) -> None:
    """Add ``type X[T] = …``."""
    left, right = node.child_by_field_id(g.LEFT), node.child_by_field_id(g.RIGHT)
    if left is None:
        return
    name = g.dotted(context.text(left))
    owner.names.add(name)
    context.piece.symbols.append(
        Symbol(
            owner.prefix + name,
            "alias",
            node.start_byte,
            node.end_byte,
            left.start_byte,
            value=context.value(right),
            flags=flags,
        )
    )


def _slots(context: Context, right: Node, owner: Owner) -> None:
    """Note the names in ``__slots__``: they count where nothing says more of them."""
    for match in _SLOT.finditer(context.data, right.start_byte, right.end_byte):
        name = match[1].decode("utf-8", "replace")
        if not name.startswith("__"):
            owner.slots.setdefault(name, match.span(1))


def record_slots(context: Context, owner: Owner) -> None:
    """Add the slots that neither the class nor its methods define."""
    for name, (start, end) in owner.slots.items():
        if name not in owner.names:
            record_name(context, name, start, end, owner, ())


# ----------------------------------------------------------------------------------------------------------- __all__


def _augmented(context: Context, node: Node, owner: Owner) -> None:
    if not owner.is_class and context.text(node.child_by_field_id(g.LEFT)) == "__all__":
        context.piece.exports.append(_step(context, "+", node.child_by_field_id(g.RIGHT)))


def _call(context: Context, node: Node, owner: Owner) -> None:
    if owner.is_class:
        return
    callee = context.text(node.child_by_field_id(g.FUNCTION))
    if callee == "exec":
        context.piece.flags.append("dynamic")
    elif callee.startswith("__all__."):
        sign = _METHODS_OF_ALL.get(callee.removeprefix("__all__."))
        if sign is not None:
            context.piece.exports.append(_step(context, sign, node.child_by_field_id(g.ARGUMENTS)))


def _step(context: Context, sign: str, listing: Node | None) -> tuple[str, tuple[str, ...]]:
    """One step that builds ``__all__``, from a list, tuple, set or argument list of plain strings."""
    if listing is None:
        return "=", ()
    names: list[str] = []
    waiting = [listing]
    while waiting:
        node = waiting.pop()
        kind = node.type
        if kind == "string":
            match = _EXPORTED.fullmatch(context.text(node))
            if match is None:
                return "?", ()
            names.append(match[2])
        elif kind in {"list", "tuple", "set", "argument_list", "expression_list", "parenthesized_expression"}:
            waiting.extend(reversed(node.named_children))
        elif kind == "binary_operator" and len(node.children) == 3 and node.children[1].type == "+":
            waiting += [node.children[2], node.children[0]]
        elif kind not in {"comment", "integer"}:
            return "?", ()
    return sign, tuple(names)
