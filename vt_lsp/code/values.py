"""Defaults and constants compared by meaning."""

from __future__ import annotations

import ast
import operator
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from vt_lsp.code.expressions import UnclearError, dotted_name, parse_expression

if TYPE_CHECKING:
    from collections.abc import Callable

_CUT: Final = 200
"""Raw values of symbols end after so many bytes."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A name: what it stands for is not known here."""

    name: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """A call or another expression that is only equal to itself."""

    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A list, tuple or set of values, or a dict as pairs, in order."""

    kind: str
    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A literal without parts."""

    value: str | bytes | float | complex | None


Value = Reference | Opaque | Collection | Scalar

_WORDS: Final = {
    "null": "None",
    "NULL": "None",
    "none": "None",
    "nil": "None",
    "true": "True",
    "TRUE": "True",
    "false": "False",
    "FALSE": "False",
    "empty list": "[]",
    "empty dict": "{}",
    "empty tuple": "()",
    "empty set": "set()",
    "empty string": '""',
}
_ARTICLE = re.compile(r"^(?:an?|the)\s+(?=empty\b)", re.IGNORECASE)
_SMART_QUOTES = str.maketrans("\u201c\u201d\u2018\u2019\u2212", "\"\"''-")
_FIELD_CALLS: Final = frozenset(
    {"field", "Field", "ib", "attrib", "mapped_column", "Column", "Factory", "Option", "Argument", "Query", "Header"}
)
_POSITIONAL_DEFAULT: Final = frozenset({"Field", "ib", "attrib", "Option", "Argument", "Query", "Header"})
_EMPTY: Final = {"list": "list", "dict": "dict", "set": "set", "tuple": "tuple", "frozenset": "frozenset"}
_ADD: Final[dict[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_MAX_BITS: Final = 512


def same_value(spec: str, code: str) -> bool | None:
    """Whether two raw values mean the same.

    Args:
        spec: what a document says; may be loose: ``null``, ``true``, ``an empty list``, a string without quotes.
        code: what the code has: a default, a constant, ``field(default_factory=list)``.

    Returns:
        True for the same value, False for literals that differ, None where names, calls or long texts are involved.
    """
    spec = spec.strip().strip("`").strip().translate(_SMART_QUOTES)
    code = code.strip()
    if len(code.encode("utf-8", "replace")) >= _CUT or not spec or not code:
        return None
    if spec == code:
        return True
    actual = _parse(code)
    if isinstance(actual, Scalar) and isinstance(actual.value, str) and spec == actual.value:
        return True  # documents often leave quotes out
    word = _ARTICLE.sub("", spec)
    return _compare(_parse(_WORDS.get(word, _WORDS.get(word.lower(), spec))), actual)


@lru_cache(maxsize=4096)
def _parse(text: str) -> Value:
    try:
        return _value(parse_expression(text))
    except (UnclearError, RecursionError):
        return Opaque(text)


def _value(node: ast.expr) -> Value:
    match node:
        case ast.Constant(value=value) if value is not ...:
            return Scalar(value)
        case ast.UnaryOp(op=op, operand=operand):
            return _unary(op, _value(operand), node)
        case ast.BinOp():
            return _sum(node)
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items):
            return Collection(type(node).__name__.lower(), tuple(map(_value, items)))
        case ast.Dict(keys=keys, values=values) if None not in keys:
            pairs = zip(keys, values, strict=True)
            return Collection("dict", tuple(Collection("tuple", (_value(k), _value(v))) for k, v in pairs if k))
        case ast.Call():
            return _call(node)
        case ast.Name() | ast.Attribute():
            return Reference(dotted_name(node))
        case _:
            return Opaque(ast.unparse(node))


def _unary(op: ast.unaryop, operand: Value, node: ast.expr) -> Value:
    if isinstance(operand, Scalar) and isinstance(operand.value, int | float | complex):
        if isinstance(op, ast.USub):
            return Scalar(-operand.value)
        if isinstance(op, ast.UAdd):
            return Scalar(+operand.value)
    return Opaque(ast.unparse(node))


def _sum(node: ast.BinOp) -> Value:
    """Arithmetic of small numbers, and strings that are put together by ``+``."""
    left, right = _value(node.left), _value(node.right)
    if isinstance(left, Scalar) and isinstance(right, Scalar):
        one, other = left.value, right.value
        if isinstance(one, str) and isinstance(other, str) and isinstance(node.op, ast.Add):
            return Scalar(one + other)
        if isinstance(one, int | float) and isinstance(other, int | float):
            found = _calculated(node.op, one, other)
            if found is not None:
                return Scalar(found)
    return Opaque(ast.unparse(node))


def _calculated(op: ast.operator, one: float, other: float) -> float | None:
    if any(isinstance(number, int) and number.bit_length() > _MAX_BITS for number in (one, other)):
        return None
    try:
        if type(op) in _ADD:
            return _ADD[type(op)](one, other)
        if isinstance(op, ast.Pow) and abs(one) <= 1024 and 0 <= other <= 64:
            return float(one**other) if isinstance(one, float) or isinstance(other, float) else int(one**other)
        if isinstance(op, ast.LShift) and isinstance(one, int) and isinstance(other, int) and 0 <= other <= _MAX_BITS:
            return one << other
    except (ArithmeticError, ValueError):
        return None
    return None


def _call(node: ast.Call) -> Value:
    name = dotted_name(node.func).rpartition(".")[2]
    if name in _EMPTY and not node.args and not node.keywords:
        return Collection(name, ())
    if name not in _FIELD_CALLS:
        return Opaque(ast.unparse(node))
    options = {keyword.arg: keyword.value for keyword in node.keywords}
    default = options.get("default") or (node.args[0] if node.args and name in _POSITIONAL_DEFAULT else None)
    factory = options.get("default_factory") or options.get("factory")
    if name == "Factory" and node.args:
        factory = node.args[0]
    if factory is not None:
        return _made_by(factory)
    return Opaque(ast.unparse(node)) if default is None else _value(default)


def _made_by(factory: ast.expr) -> Value:
    if isinstance(factory, ast.Lambda):
        return _value(factory.body)
    if isinstance(factory, ast.Name) and factory.id in _EMPTY:
        return Collection(factory.id, ())
    return Opaque(f"{ast.unparse(factory)}()")


def _compare(spec: Value, code: Value) -> bool | None:
    if isinstance(spec, Scalar) and isinstance(code, Scalar):
        return _compare_scalars(spec.value, code.value)
    if isinstance(spec, Collection) and isinstance(code, Collection):
        return _compare_collections(spec, code)
    if isinstance(spec, Reference) and isinstance(code, Reference):
        one, other = "." + spec.name, "." + code.name
        return True if one.endswith(other) or other.endswith(one) else None
    if isinstance(spec, Scalar | Collection) and isinstance(code, Scalar | Collection):
        return False
    return True if spec == code else None


def _compare_scalars(spec: object, code: object) -> bool | None:
    if isinstance(spec, bool) != isinstance(code, bool) and isinstance(spec, int) and isinstance(code, int):
        return None if spec == code else False
    return spec == code


def _compare_collections(spec: Collection, code: Collection) -> bool | None:
    kinds = {spec.kind, code.kind}
    if len(kinds) > 1 and kinds not in ({"list", "tuple"}, {"set", "frozenset"}):
        return False
    if "list" not in kinds and "tuple" not in kinds:
        return _compare_unordered(spec, code)
    if len(spec.items) != len(code.items):
        return False
    answers = [_compare(one, other) for one, other in zip(spec.items, code.items, strict=True)]
    same = False if False in answers else None if None in answers else True
    return None if same and len(kinds) > 1 else same


def _compare_unordered(spec: Collection, code: Collection) -> bool | None:
    for one, other in ((spec, code), (code, spec)):
        for item in one.items:
            answers = [_compare(item, candidate) for candidate in other.items]
            if True not in answers:
                return None if None in answers or not _is_plain(item) else False
    return True


def _is_plain(value: Value) -> bool:
    return isinstance(value, Scalar) or (isinstance(value, Collection) and all(map(_is_plain, value.items)))
