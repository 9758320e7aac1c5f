"""Raw parameter lists to signatures, and calls bound to them by Python's rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from vt_lsp.code.split import top_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.models import Symbol

ParameterKind = Literal["positional-only", "positional-or-keyword", "var-positional", "keyword-only", "var-keyword"]
ProblemKind = Literal["unknown-keyword", "too-many-positional", "missing-required"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``annotation`` and ``default`` are raw and empty where there is none."""

    name: str
    kind: ParameterKind
    annotation: str = ""
    default: str = ""

    @property
    def is_required(self) -> bool:
        """A call must give it a value."""
        return not self.default and self.kind not in {"var-positional", "var-keyword"}


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameters in order. ``is_partial``: the text says, by ``...``, that there are more."""

    parameters: tuple[Parameter, ...]
    returns: str = ""
    is_partial: bool = False

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of this name, without stars."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)

    def bound(self) -> Signature:
        """The signature as a caller of a method sees it: without ``self`` or ``cls``."""
        if self.parameters and self.parameters[0].kind in {"positional-only", "positional-or-keyword"}:
            return Signature(self.parameters[1:], self.returns, self.is_partial)
        return self


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a call does not fit; ``name`` is the keyword or the parameter, or the number of arguments accepted."""

    kind: ProblemKind
    name: str


_OPTIONAL = re.compile(r"\[\s*,|,\s*\[|^\[")
_BRACKETS = re.compile(r"[\[\]]")
_PLACEHOLDERS = frozenset({"...", "…", "etc", "etc."})
_NAME = re.compile(r"(\*{0,2})\s*([^\W\d]\w*)\s*")


@lru_cache(maxsize=4096)
def parse_signature(text: str, returns: str = "") -> Signature | None:
    """Read a raw parameter list.

    Args:
        text: the list with or without its round brackets, as code or as documents spell it: ``...`` or ``…`` for more
            parameters, ``f(a[, b])`` for optional ones, a trailing comma.
        returns: the raw return annotation, handed through.

    Returns:
        The signature, or None where the text is no parameter list.
    """
    text = text.strip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    plain, optional_from = _without_optional_brackets(text)
    items = top_level(plain, ",")
    if items is None:
        return None
    while items and not items[-1]:
        items.pop()  # a trailing comma, or no parameters
    parameters: list[Parameter] = []
    kind: ParameterKind = "positional-or-keyword"
    is_partial = False
    for index, item in enumerate(items):
        if item in _PLACEHOLDERS:
            is_partial = True
        elif item == "/":
            parameters = [
                Parameter(
                    p.name, "positional-only" if p.kind == "positional-or-keyword" else p.kind, p.annotation, p.default
                )
                for p in parameters
            ]
        elif item == "*":
            kind = "keyword-only"
        else:
            parameter = _parameter(item, kind, "..." if index >= optional_from else "")
            if parameter is None or any(known.name == parameter.name for known in parameters):
                return None
            if parameter.kind == "var-positional":
                kind = "keyword-only"
            parameters.append(parameter)
    return Signature(tuple(parameters), returns, is_partial)


def _without_optional_brackets(text: str) -> tuple[str, int]:
    """``a[, b[, c]]`` -> ``a, b, c`` and the index of the first optional parameter."""
    match = _OPTIONAL.search(text)
    # `a: Literal[, ` is no Python, so a bracket beside a comma is the notation of documents; `, [` may open a default.
    if match is None or (match[0].startswith(",") and "=" in text):
        return text, len(text) + 1
    head, tail = text[: match.start()], text[match.start() :]
    before = top_level(head, ",")
    if before is None:
        return text, len(text) + 1
    return head + _BRACKETS.sub(" ", tail), len([part for part in before if part])


def _parameter(item: str, kind: ParameterKind, default: str) -> Parameter | None:
    match = _NAME.match(item)
    if match is None:
        return None
    stars, name = match.groups()
    rest = item[match.end() :]
    parts = top_level(rest, "=")
    if parts is None or not (rest == "" or rest[0] in ":=") or rest.startswith("=="):
        return None
    annotation = parts[0].removeprefix(":").strip()
    if len(parts) > 1:
        default = "=".join(parts[1:])
    if stars == "*":
        return Parameter(name, "var-positional", annotation)
    if stars == "**":
        return Parameter(name, "var-keyword", annotation)
    return Parameter(name, kind, annotation, default)


def bind(
    signature: Signature,
    positional: int,
    keywords: Sequence[str],
    *,
    has_star: bool = False,
    has_double_star: bool = False,
) -> list[Problem]:
    """What is wrong with a call, by Python's rules (Language Reference, "Calls").

    Args:
        signature: what is called, without ``self`` (:meth:`Signature.bound`).
        positional: the number of positional arguments, without starred ones.
        keywords: the names of the keyword arguments.
        has_star: the call unpacks ``*args``: it may fill any parameter that takes a position.
        has_double_star: the call unpacks ``**kwargs``: it may fill any parameter that takes a name.

    Returns:
        The problems in the order unknown keywords, too many positional arguments, missing ones; empty if the call
        fits. A partial signature never lacks or rejects anything.
    """
    if signature.is_partial:
        return []
    parameters = signature.parameters
    by_position = [p for p in parameters if p.kind in {"positional-only", "positional-or-keyword"}]
    by_name = {p.name for p in parameters if p.kind in {"positional-or-keyword", "keyword-only"}}
    kinds = {p.kind for p in parameters}
    problems: list[Problem] = []
    if "var-keyword" not in kinds:
        problems += [Problem("unknown-keyword", name) for name in keywords if name not in by_name]
    if positional > len(by_position) and "var-positional" not in kinds:
        problems.append(Problem("too-many-positional", str(len(by_position))))
    given = {p.name for p in by_position[:positional]} | {name for name in keywords if name in by_name}
    for parameter in parameters:
        if not parameter.is_required or parameter.name in given:
            continue
        if has_star and parameter.kind != "keyword-only":
            continue
        if has_double_star and parameter.kind != "positional-only":
            continue
        problems.append(Problem("missing-required", parameter.name))
    return problems


def constructor_signature(fields: Sequence[Symbol], *, kw_only: bool = False) -> Signature | None:
    """The ``__init__`` that a dataclass (or NamedTuple, attrs class) gets from its own fields.

    Args:
        fields: the class's annotated attributes in order, inherited ones first.
        kw_only: the class's decorator says ``kw_only=True``.

    Returns:
        The signature without ``self``; None when a field's options cannot be read.
    """
    found: dict[str, Parameter] = {}
    for field in fields:
        wrapper = field.annotation.strip().strip("\"'").partition("[")[0].rpartition(".")[2].strip()
        if wrapper == "ClassVar":
            continue
        if wrapper == "KW_ONLY":
            kw_only = True
            continue
        name = field.name.rpartition(".")[2]
        options = _field_options(field.value)
        # attrs drops leading underscores, dataclasses keep them; pydantic's aliases may be names or not.
        if options is None or name.startswith("_") or "alias" in options or "validation_alias" in options:
            return None
        if options.get("init") == "False":
            found.pop(name, None)
            continue
        is_named = options.get("kw_only", str(kw_only)) == "True"
        found[name] = Parameter(
            name,
            "keyword-only" if is_named else "positional-or-keyword",
            _init_only(field.annotation),
            options.get("default", ""),
        )
    # A field that is defined again keeps its first place; named ones go to the end (dataclasses, "kw_only").
    return Signature(tuple(sorted(found.values(), key=lambda parameter: parameter.kind == "keyword-only")))


_FIELD_CALL = re.compile(r"(?:\w+\.)*(?:field|Field|ib|attrib|Factory|mapped_column|PrivateAttr)\s*\((.*)\)", re.DOTALL)
_INIT_VAR = re.compile(r"(?:\w+\.)*InitVar\[(.*)\]", re.DOTALL)


def _init_only(annotation: str) -> str:
    match = _INIT_VAR.fullmatch(annotation.strip())
    return match[1] if match else annotation


def _field_options(value: str) -> dict[str, str] | None:
    """``field(default_factory=list, init=False)`` -> its options; ``default`` is the raw default, or empty."""
    match = _FIELD_CALL.fullmatch(value.strip())
    if match is None:
        return {"default": value} if len(value) < 200 or "field(" not in value else None
    options: dict[str, str] = {}
    items = top_level(match[1], ",")
    for item in items or ["**"]:
        if not item:
            continue
        parts = top_level(item, "=")
        if parts is None or item.startswith("*"):
            return None
        if len(parts) == 1:
            options["default"] = parts[0]  # attr.ib(3), Field(3), Field(...)
        else:
            options[parts[0]] = "=".join(parts[1:])
    factory = options.pop("default_factory", "") or options.pop("factory", "")
    if factory:
        options["default"] = f"{factory}()"
    if options.get("init", "True") not in {"True", "False"} or options.get("kw_only", "True") not in {"True", "False"}:
        return None
    if options.get("default") in {"...", "MISSING", "NOTHING", "dataclasses.MISSING", "attr.NOTHING", "attrs.NOTHING"}:
        del options["default"]
    return options
