"""Change the code: a value, a type or the bases of what is there, to what the spec says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.definitions import bare_base
from vt_lsp.continuous_eval.realignment.code_imports import imported
from vt_lsp.continuous_eval.realignment.code_parameters import in_quotes
from vt_lsp.continuous_eval.realignment.source import Source
from vt_lsp.models import DriftType, Realignment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import Edit, Symbol

_VALUES = frozenset({DriftType.CONSTANT_VALUE, DriftType.ENUM_MEMBER, DriftType.PARAMETER_DEFAULT})


def value_changes(case: Case) -> Iterator[Realignment]:
    """The value of a constant or an enum's member, the type or default of a field, the return type of a property."""
    found = _bound(case)
    if found is None:
        return
    source, node, symbol = found
    drift_type, claim = case.drift.drift_type, case.claim
    value, kind, edit = "", "", None
    if drift_type in _VALUES and claim.expected:
        value, kind, edit = claim.expected, "change-value", _value(source, node, symbol, claim.expected)
    elif drift_type is DriftType.TYPE_MISMATCH and claim.annotation:
        value, kind, edit = claim.annotation, "change-type", _type(source, node, claim.annotation)
    if edit is not None:
        yield Realignment(
            f"Change `{symbol.name}` in the code to `{value}`", "code", (edit,), safe=False, confidence=0.8, kind=kind,
            symbol=(source.path, symbol.name),
        )  # fmt: skip


def _bound(case: Case) -> tuple[Source, Node, Symbol] | None:
    """What the claim speaks of: the symbol itself, or the field of the class that it names."""
    symbol = case.symbol()
    if symbol is None or case.target is None:
        return None
    if symbol.kind == "class" and case.claim.subject.isidentifier():
        members = case.index.symbols(case.target[0], f"{symbol.name}.{case.claim.subject}")
        symbol = members[0] if len(members) == 1 else None
    if symbol is None or symbol.kind == "class":
        return None
    source = Source(case.target[0], case.text(case.target[0]) or b"")
    node = source.statement(symbol)
    return (source, node, symbol) if node is not None else None


def _value(source: Source, node: Node, symbol: Symbol, value: str) -> Edit | None:
    right = node.child_by_field_name("right") if node.type == "assignment" else None
    if right is None:
        return None
    text = value
    if symbol.value[:1] in "'\"" and symbol.value and value[:1] not in "'\"":
        text = f"{symbol.value[0]}{value}{symbol.value[0]}"
    return source.put(right, in_quotes(text, symbol.value))


def _type(source: Source, node: Node, annotation: str) -> Edit | None:
    known = node.child_by_field_name("type" if node.type == "assignment" else "return_type")
    return source.put(known, annotation) if known is not None else None


def base_changes(case: Case) -> Iterator[Realignment]:
    """The class derives from what the spec says, too; the base is imported where the file lacks it."""
    symbol = case.symbol()
    if case.drift.drift_type is not DriftType.BASE_CLASS or symbol is None or case.target is None:
        return
    source = Source(case.target[0], case.text(case.target[0]) or b"")
    node = source.statement(symbol)
    if node is None or node.type != "class_definition":
        return
    lacking = [b for b in case.claim.bases if "=" not in b and bare_base(b) not in {bare_base(k) for k in symbol.bases}]
    imports: list[Edit] = []
    for base in lacking:
        edits = imported(case, source, bare_base(base))
        if edits is None:
            return
        imports += edits
    known = node.child_by_field_name("superclasses")
    for kind, edit in _derived(source, node, known, symbol, lacking):
        yield Realignment(
            f"Derive `{symbol.name}` from {' and '.join(f'`{b}`' for b in lacking)}"
            + (f" instead of `{symbol.bases[0]}`" if kind == "replace-base" else ""),
            "code", (*imports, edit), safe=False, confidence=0.7 if kind == "replace-base" else 0.6, kind=kind,
            effort="line", symbol=(source.path, symbol.name),
        )  # fmt: skip


def _derived(
    source: Source, node: Node, known: Node | None, symbol: Symbol, lacking: list[str]
) -> Iterator[tuple[str, Edit]]:
    new = ", ".join(lacking)
    if known is None:
        name = node.child_by_field_name("name")
        if name is not None:
            yield "add-base", source.edit(name.end_byte, name.end_byte, f"({new})")
        return
    plain = [child for child in known.named_children if child.type not in ("keyword_argument", "comment")]
    if len(plain) == 1 and len(symbol.bases) == 1:
        yield "replace-base", source.put(plain[0], new)
    at = known.start_byte + 1
    yield "add-base", source.edit(at, at, f"{new}, " if known.named_children else new)
