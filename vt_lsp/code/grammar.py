"""The Python grammar and what is known of names by their spelling alone."""

from __future__ import annotations

import re
import threading
from typing import Final

import tree_sitter_python
from tree_sitter import Language, Node, Parser

LANGUAGE: Final = Language(tree_sitter_python.language())


def _field(name: str) -> int:
    number = LANGUAGE.field_id_for_name(name)
    if number is None:
        raise LookupError(name)
    return number


# Looking a field up by number takes half the time of looking it up by name.
NAME: Final = _field("name")
PARAMETERS: Final = _field("parameters")
RETURN_TYPE: Final = _field("return_type")
SUPERCLASSES: Final = _field("superclasses")
BODY: Final = _field("body")
LEFT: Final = _field("left")
RIGHT: Final = _field("right")
TYPE: Final = _field("type")
CONDITION: Final = _field("condition")
FUNCTION: Final = _field("function")
ARGUMENTS: Final = _field("arguments")
VALUE: Final = _field("value")
ALIAS: Final = _field("alias")

# In patterns over bytes \w knows ASCII alone; any other letter is made of bytes above it.
IDENTIFIER: Final = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*+"
IN_WORD: Final = re.compile(rb"[\w.\x80-\xff]")

ENUM_BASES: Final = frozenset(
    {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum", "Choices", "TextChoices", "IntegerChoices"}
)
PROPERTY_DECORATORS: Final = frozenset(
    {"property", "cached_property", "abstractproperty", "classproperty", "lazy_property", "hybrid_property", "reify"}
)
ALIAS_CALLS: Final = frozenset({"NewType", "TypeVar", "ParamSpec", "TypeVarTuple", "TypeAliasType"})
FUNCTIONAL_CLASSES: Final = ENUM_BASES | {"namedtuple", "NamedTuple", "TypedDict"}

_DATACLASS = re.compile(
    r"(?:\w+\.)*(?:dataclass|dataclasses|attrs|define|mutable|frozen|attr\.s|attr\.attrs|attr\.dataclass)"
)
# Decorators that leave the members of a class as they are written.
_TRANSPARENT = re.compile(
    r"(?:final|runtime_checkable|total_ordering|unique|verify|deprecated|dataclass_transform|deconstructible|public"
    r"|register\w*|export\w*|skip\w*|tag|override_settings|modify_settings|usefixtures|python_2_unicode_compatible"
    r"|type_check_only|disjoint_base|implementer|method_decorator)"
)
_BASE_FLAGS = {"Protocol": "protocol", "TypedDict": "typeddict", "NamedTuple": "namedtuple"}
_PLAIN_METACLASSES = frozenset({"ABCMeta", "EnumMeta", "EnumType", "type"})

PATTERNS = frozenset(
    {
        "pattern_list",
        "tuple_pattern",
        "list_pattern",
        "list_splat_pattern",
        "tuple",
        "list",
        "expression_list",
        "as_pattern_target",
        "parenthesized_expression",
    }
)

_local = threading.local()


def parser() -> Parser:
    """The parser of this thread; one parser used by two threads crashes the process."""
    found: Parser | None = getattr(_local, "parser", None)
    if found is None:
        found = _local.parser = Parser(LANGUAGE)
    return found


CATCH_ALL = frozenset({"__getattr__", "__getattribute__"})
"""Members by which a class has any others."""


def last_name(expression: str) -> str:
    """``typing.Generic[T]`` -> ``Generic``; ``attr.s(auto_attribs=True)`` -> ``s``."""
    return dotted(expression).rpartition(".")[2]


def dotted(expression: str) -> str:
    """The dotted name that an expression begins with, without subscripts and arguments."""
    return expression.partition("(")[0].partition("[")[0].strip()


def class_flags(bases: tuple[str, ...], decorators: tuple[str, ...]) -> tuple[str, ...]:
    """What bases and decorators say about a class: the flags of :class:`vt_lsp.models.Symbol`."""
    flags = [*map(_base_flag, bases), *map(_decorator_flag, decorators)]
    return tuple(dict.fromkeys(filter(None, flags)))


def _base_flag(base: str) -> str:
    key, equals, value = base.partition("=")
    if equals:
        is_open = key.strip() == "metaclass" and last_name(value) not in _PLAIN_METACLASSES
        return "metaclass" if is_open else ""
    if base.startswith("*"):
        return "open"
    name = last_name(base)
    return "enum" if name in ENUM_BASES else _BASE_FLAGS.get(name, "")


def _decorator_flag(decorator: str) -> str:
    name = dotted(decorator)
    if _DATACLASS.fullmatch(name):
        return "dataclass"
    return "" if _TRANSPARENT.fullmatch(last_name(name)) or ".mark." in name else "open"


def function_flags(decorators: tuple[str, ...]) -> list[str]:
    """The flags of a function that its decorators tell."""
    flags: list[str] = []
    for decorator in decorators:
        name = last_name(decorator)
        if name in {"staticmethod", "abstractstaticmethod"}:
            flags.append("static")
        elif name in {"classmethod", "abstractclassmethod"}:
            flags.append("classmethod")
        elif name == "overload":
            flags.append("overload")
        if name.startswith("abstract"):
            flags.append("abstract")
    return flags


def target_names(target: Node) -> list[Node]:
    """The names and attributes that an assignment target binds, in order; deep nesting is no recursion."""
    if target.type in {"identifier", "attribute"}:
        return [target]
    found: list[Node] = []
    waiting = [target]
    while waiting:
        node = waiting.pop()
        kind = node.type
        if kind in {"identifier", "attribute"}:
            found.append(node)
        elif kind in PATTERNS:
            waiting.extend(reversed(node.children))
    return found
