"""Change the code: a member that a class lacks, as the spec describes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.realignment.code_stubs import function_stub, typed_imports
from vt_lsp.continuous_eval.realignment.source import Source
from vt_lsp.models import DriftType, Realignment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tree_sitter import Node

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import Edit, Symbol

_NUMBER = re.compile(r"-?\d+")
_FIELDED = frozenset({"dataclass", "namedtuple", "typeddict", "protocol"})


def member_additions(case: Case) -> Iterator[Realignment]:
    """A field, an enum member or a method that is missing, at the end of its kind in the class."""
    owner = case.symbol()
    if owner is None or owner.kind != "class" or case.target is None:
        return
    if case.drift.drift_type not in (DriftType.MISSING_MEMBER, DriftType.ENUM_MEMBER):
        return
    source = Source(case.target[0], case.text(case.target[0]) or b"")
    node = source.statement(owner)
    body = node.child_by_field_name("body") if node is not None and node.type == "class_definition" else None
    name = case.drift.subject.rpartition(".")[2]
    if body is None or not name.isidentifier() or case.is_slip():
        return
    members = case.index.members(case.target[0], owner.name)
    if any(member.name.rpartition(".")[2] == name for member in members):
        return
    line, kind, confidence = _line(case, source, owner, members, name)
    if not line or (kind == "add-field" and _follows_defaults(owner, members, line)):
        return
    edits = [_placed(source, body, line, is_method=kind == "add-method")]
    if kind != "add-enum-member":
        needed = typed_imports(case, source, line)
        if needed is None:
            return
        edits = [*needed, *edits]
    yield Realignment(
        f"Add `{name}` to `{owner.name}`", "code", tuple(edits), safe=False, confidence=confidence, kind=kind,
        effort="lines" if kind == "add-method" else "line", symbol=(source.path, owner.name),
    )  # fmt: skip


def _follows_defaults(owner: Symbol, members: Sequence[Symbol], line: str) -> bool:
    """A field without a default behind those that have one: Python refuses the class (dataclasses, NamedTuple)."""
    return (
        bool(_FIELDED & set(owner.flags)) and " = " not in line and any(m.kind == "field" and m.value for m in members)
    )


def _line(case: Case, source: Source, owner: Symbol, members: Sequence[Symbol], name: str) -> tuple[str, str, float]:
    """The text of the new member without indentation, what it is, and how sure that is."""
    claim = case.claim
    if case.drift.drift_type is DriftType.ENUM_MEMBER or "enum" in owner.flags:
        return f"{name} = {_enum_value(source, members, name, claim.expected)}", "add-enum-member", 0.8
    is_call = claim.kind == "call" or "call" in claim.hints or bool(claim.signature)
    if claim.kind == "function" or is_call:
        return (
            function_stub(source, claim, name, is_method=True),
            "add-method",
            0.7 if claim.kind == "function" else 0.5,
        )
    if claim.annotation:
        default = f" = {claim.expected}" if claim.expected else ""
        return f"{name}: {claim.annotation}{default}", "add-field", 0.8
    if claim.expected:
        return f"{name} = {claim.expected}", "add-field", 0.7
    if _FIELDED & set(owner.flags):
        return "", "", 0.0  # of a field the type must be known
    return f"{name} = None", "add-attribute", 0.3


def _enum_value(source: Source, members: Sequence[Symbol], name: str, expected: str) -> str:
    """The value that the spec gives, or one in the manner of the others: ``auto()``, the next number, the name."""
    values = [m.value for m in members if m.kind == "enum-member" and m.value]
    if expected:
        return expected
    if values and all(value.endswith("auto()") for value in values):
        return values[-1]
    if values and all(_NUMBER.fullmatch(value) for value in values):
        return str(max(map(int, values)) + 1)
    quote = values[0][0] if values and values[0][:1] in "'\"" else source.quote
    is_upper = any(value.strip("'\"").isupper() for value in values)
    return f"{quote}{name if is_upper else name.lower()}{quote}"


def _placed(source: Source, body: Node, line: str, *, is_method: bool) -> Edit:
    """The new lines behind the last member of the same kind, or behind the docstring."""
    statements = [child for child in body.named_children if child.type != "comment"]
    only = statements[0] if len(statements) == 1 else None
    indent = source.indent(body.start_byte) if body.start_point[0] else source.unit
    newline = source.newline
    text = f"{newline}".join(f"{indent}{part}" if part else "" for part in line.split("\n"))
    if only is not None and source.text(only) in ("pass", "..."):
        return source.put(only, text[len(indent) :]) if _is_own_line(source, only) else _opened(source, only, line)
    if is_method:
        end = source.line_end(statements[-1].end_byte)
        return source.edit(end, end, f"{newline * 2}{text}")
    plain = [child for child in statements if child.type == "expression_statement" and _is_assignment(child)]
    functions = [child for child in statements if child.type in ("function_definition", "decorated_definition")]
    plain = [child for child in plain if not functions or child.start_byte < functions[0].start_byte]
    if plain:
        end = source.line_end(plain[-1].end_byte)
        return source.edit(end, end, f"{newline}{text}")
    first = statements[0]
    if first.named_children and first.named_children[0].type == "string" and first.type == "expression_statement":
        end = source.line_end(first.end_byte)
        return source.edit(end, end, f"{newline * 2}{text}")
    start = source.line_start(first.start_byte)
    return source.edit(start, start, f"{text}{newline * 2}")


def _is_own_line(source: Source, node: Node) -> bool:
    return not source.data[source.line_start(node.start_byte) : node.start_byte].strip()


def _opened(source: Source, only: Node, line: str) -> Edit:
    """``class A: ...`` gets a body on lines of its own."""
    outer = source.indent(only.start_byte) + source.unit
    text = source.newline.join(f"{outer}{part}" if part else "" for part in line.split("\n"))
    start = len(source.data[: only.start_byte].rstrip(b" \t"))
    return source.edit(start, only.end_byte, f"{source.newline}{text}")


def _is_assignment(statement: Node) -> bool:
    return bool(statement.named_children) and statement.named_children[0].type == "assignment"
