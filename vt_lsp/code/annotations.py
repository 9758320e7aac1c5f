"""Type annotations compared by meaning."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vt_lsp.code.expressions import UnclearError, dotted_name, parse_expression


@dataclass(frozen=True, slots=True)
class Named:
    """A type by its last name; ``arguments`` is None where it has no brackets."""

    name: str
    arguments: tuple[Type, ...] | None = None


@dataclass(frozen=True, slots=True)
class Union:
    """Any of several types."""

    members: frozenset[Type]


@dataclass(frozen=True, slots=True)
class Literal:
    """Any of several values, as ``repr``."""

    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listing:
    """The parameters of a ``Callable``."""

    items: tuple[Type, ...]


Type = Named | Union | Literal | Listing

_ANYTHING = Named("...")
_NONE = Named("None")
# Old names in typing (PEP 585) and words of prose.
_SAME: Final = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "FrozenSet": "frozenset",
    "Tuple": "tuple",
    "Type": "type",
    "Text": "str",
    "DefaultDict": "defaultdict",
    "Deque": "deque",
    "NoneType": "None",
    "string": "str",
    "String": "str",
    "integer": "int",
    "Integer": "int",
    "boolean": "bool",
    "Boolean": "bool",
    "Bool": "bool",
    "Float": "float",
    "double": "float",
    "dictionary": "dict",
    "null": "None",
    "none": "None",
    "callable": "Callable",
    "iterable": "Iterable",
}
_PLURAL: Final = {
    "strings": "str",
    "strs": "str",
    "ints": "int",
    "integers": "int",
    "floats": "float",
    "bools": "bool",
    "booleans": "bool",
    "dicts": "dict",
    "dictionaries": "dict",
    "lists": "list",
    "tuples": "tuple",
    "bytes": "bytes",
}
_WRAPPERS: Final = frozenset(
    {"Mapped", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar", "SkipValidation"}
)
# Types that are none of the others; no abstract ones, which may hold for many.
_CONCRETE: Final = frozenset(
    {
        "int",
        "str",
        "float",
        "bool",
        "bytes",
        "bytearray",
        "complex",
        "None",
        "list",
        "dict",
        "set",
        "frozenset",
        "tuple",
        "type",
        "defaultdict",
        "deque",
        "OrderedDict",
        "Counter",
        "datetime",
        "date",
        "time",
        "timedelta",
        "Decimal",
        "Fraction",
        "Path",
        "PurePath",
        "UUID",
        "Callable",
    }
)
# A value of the first is a value of the second: a spec may name either.
_RELATED: Final = frozenset(
    {
        frozenset({"dict", "defaultdict"}),
        frozenset({"dict", "OrderedDict"}),
        frozenset({"dict", "Counter"}),
        frozenset({"Path", "PurePath"}),
        frozenset({"type", "Callable"}),
    }
)
_ARTICLE = re.compile(r"^(?:an?|the)\s+", re.IGNORECASE)
_OPTIONAL = re.compile(r"^optional\s+(?=\w)|\s*,\s*optional$|\s+\(optional\)$", re.IGNORECASE)
_MAPPING_OF = re.compile(r"^(dict|dictionary|mapping)\s+of\s+(.+?)\s+to\s+(.+)$", re.IGNORECASE)
_LIST_OF = re.compile(r"^(list|set|tuple|sequence|iterable|iterator|frozenset)s?\s+of\s+(.+)$", re.IGNORECASE)


def same_annotation(spec: str, code: str) -> bool | None:
    """Whether two raw annotations mean the same.

    Args:
        spec: what a document says; may be loose: ``list of str``, ``optional int``, a bare ``dict``.
        code: what the code has.

    Returns:
        True if the code does what the spec says (a bare ``dict`` or ``Any`` in the spec takes more), False for types
        that are surely different, None where a name is not understood and the two differ.
    """
    if "".join(spec.split()) == "".join(code.split()):
        return True
    try:
        return _compare(_parse(spec), _parse(code))
    except (UnclearError, RecursionError):
        return None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Type:
    text = _ARTICLE.sub("", text.strip().strip("`").strip())
    optional = _OPTIONAL.search(text)
    if optional is not None:
        return _union([_parse(_OPTIONAL.sub("", text)), _NONE])
    mapping = _MAPPING_OF.match(text)
    if mapping is not None:
        return Named("dict" if mapping[1][0] in "dD" else "Mapping", (_parse(mapping[2]), _parse(mapping[3])))
    listing = _LIST_OF.match(text)
    if listing is not None and " or " not in listing[2]:
        kind, item = listing[1].lower(), _parse(_PLURAL.get(listing[2].lower(), listing[2]))
        if kind == "tuple":
            return Named("tuple", (item, _ANYTHING))
        return Named(kind if kind in _CONCRETE else kind.capitalize(), (item,))
    return _type(parse_expression(text))


def _type(node: ast.expr) -> Type:
    match node:
        case ast.Constant(value=None):
            return _NONE
        case ast.Constant(value=str(text)):
            return _parse(text)  # a forward reference
        case ast.Constant(value=value) if value is ...:
            return _ANYTHING
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _union([_type(left), _type(right)])
        case ast.BoolOp(op=ast.Or(), values=values):
            return _union([_type(value) for value in values])
        case ast.List(elts=items):
            return Listing(tuple(_type(item) for item in items))
        case ast.Subscript(value=head, slice=inner):
            return _subscript(_canonical(dotted_name(head)), inner)
        case ast.Name() | ast.Attribute():
            return Named(_canonical(dotted_name(node)))
        case _:
            raise UnclearError


def _canonical(name: str) -> str:
    module, _, last = name.rpartition(".")
    if last == "Set" and module.endswith("abc"):
        return "AbstractSet"
    return _SAME.get(last, last)


def _subscript(name: str, inner: ast.expr) -> Type:
    items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Literal":
        return _literal(items)
    if name in _WRAPPERS and items:
        return _type(items[0])
    if name == "Optional" and len(items) == 1:
        return _union([_type(items[0]), _NONE])
    if name == "Union":
        return _union([_type(item) for item in items])
    return Named(name, tuple(_type(item) for item in items))


def _literal(items: list[ast.expr]) -> Type:
    values: set[str] = set()
    members: list[Type] = []
    for item in items:
        if isinstance(item, ast.Constant) and item.value is None:
            members.append(_NONE)
            continue
        values.add(ast.unparse(item) if not isinstance(item, ast.Constant) else repr(item.value))
    return _union([Literal(frozenset(values)), *members])


def _union(types: list[Type]) -> Type:
    """One flat union; literals in it are one literal."""
    members: set[Type] = set()
    values: set[str] = set()
    for found in types:
        for member in found.members if isinstance(found, Union) else (found,):
            if isinstance(member, Literal):
                values |= member.values
            else:
                members.add(member)
    if values:
        members.add(Literal(frozenset(values)))
    return next(iter(members)) if len(members) == 1 else Union(frozenset(members))


def _compare(spec: Type, code: Type) -> bool | None:
    if spec == code or spec in {Named("Any"), _ANYTHING}:
        return True
    if code in {Named("Any"), _ANYTHING}:
        return None
    if isinstance(spec, Union) or isinstance(code, Union):
        return _compare_unions(spec, code)
    if isinstance(spec, Literal) and isinstance(code, Literal):
        return False if all("." not in value for value in spec.values | code.values) else None
    if isinstance(spec, Listing) and isinstance(code, Listing):
        return _compare_all(spec.items, code.items)
    if isinstance(spec, Named) and isinstance(code, Named):
        return _compare_named(spec, code)
    return None


def _compare_named(spec: Named, code: Named) -> bool | None:
    if spec.name != code.name:
        are_known = spec.name in _CONCRETE and code.name in _CONCRETE
        return False if are_known and frozenset({spec.name, code.name}) not in _RELATED else None
    if spec.arguments is None:
        return True
    if code.arguments is None:
        return None
    if spec.name == "tuple" and (_ANYTHING in spec.arguments) != (_ANYTHING in code.arguments):
        return None
    found = _compare_all(spec.arguments, code.arguments)
    return (
        None if found is False and spec.name not in _CONCRETE and len(spec.arguments) != len(code.arguments) else found
    )


def _compare_all(spec: tuple[Type, ...], code: tuple[Type, ...]) -> bool | None:
    if len(spec) != len(code):
        return False
    found = [_compare(one, other) for one, other in zip(spec, code, strict=True)]
    return False if False in found else None if None in found else True


def _compare_unions(spec: Type, code: Type) -> bool | None:
    """Each member must have its like on the other side; unclear pairs may be likes."""
    ours = spec.members if isinstance(spec, Union) else frozenset({spec})
    theirs = code.members if isinstance(code, Union) else frozenset({code})
    rest_ours, rest_theirs = ours - theirs, theirs - ours
    table = {(one, other): _compare(one, other) for one in rest_ours for other in rest_theirs}
    answers = [
        *(_best([table[one, other] for other in rest_theirs], one) for one in rest_ours),
        *(_best([table[one, other] for one in rest_ours], other) for other in rest_theirs),
    ]
    return False if False in answers else None if None in answers else True


def _best(answers: list[bool | None], alone: Type) -> bool | None:
    if True in answers:
        return True
    if None in answers:
        return None
    # Nothing is left to pair it with: a known type is missing on the other side, an unknown one may be an alias.
    return False if isinstance(alone, Literal) or (isinstance(alone, Named) and alone.name in _CONCRETE) else None
