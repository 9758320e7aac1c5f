"""What the names of an example stand for, as far as that is surely known."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tree_sitter import Node

_AUGMENTED = rb"(?:[-+*/|&@%^]|//|\*\*|<<|>>)?"
# All repetitions are bounded: a line of 60 KB must not cost its square.
_TYPE = rb"(?:[ \t]{0,9}:[^=\n]{1,200})?[ \t]{0,9}"
_TARGET = re.compile(
    rb"\b(?:def|class|for|as|import|global|nonlocal|del)[ \t]{1,9}(\w{1,99})|\b(\w{1,99})"
    + _TYPE
    + _AUGMENTED
    + rb":?=(?!=)"
)
_TARGET_LIST = re.compile(
    rb"(?:^|;|\bfor\b)[ \t]{0,99}([\w,*(\[][\w \t,*()\[\]]{0,200}?)[ \t]{0,9}(?:=(?!=)|\bin\b)", re.MULTILINE
)
_ATTRIBUTE_TARGET = re.compile(rb"\.[ \t]{0,9}(\w{1,99})" + _TYPE + _AUGMENTED + rb"=(?!=)")
_SHARED = re.compile(rb"^[ \t]*(?:global|nonlocal)[ \t]+([^\r\n#]+)", re.MULTILINE)
_WORD = re.compile(rb"\w+")
_WRAPPED = re.compile(r"(?:\w+\.)*(?:Optional|Annotated)\[(.*)\]", re.DOTALL)
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_BINDING_FIELDS = {
    "assignment": ("left",),
    "augmented_assignment": ("left",),
    "named_expression": ("name",),
    "for_statement": ("left",),
    "as_pattern": ("alias",),
    "import_statement": ("name",),
    "import_from_statement": ("name",),
    "function_definition": ("name",),
    "class_definition": ("name",),
}


class Value(msgspec.Struct, frozen=True, gc=False):
    """What a name or an expression stands for.

    ``object``: what ``dotted`` names (module, class, function). ``instance``: an instance of the class ``dotted``.
    ``result``: what a call returned; ``dotted`` ends with ``()``. ``member``: an attribute of a class or an instance;
    it can be called, but nothing is known of its own attributes. ``local``: an example's class whose only base is
    ``dotted``. ``own`` are the names that an example's class defines itself.
    """

    dotted: str
    kind: Literal["object", "instance", "result", "member", "local"] = "object"
    hints: tuple[str, ...] = ()
    own: frozenset[str] = frozenset()

    def member(self, name: str) -> Value | None:
        """What ``self.name`` is; None where nothing may be said of it."""
        is_initialiser = name == "__init__" and "inherited" in self.hints
        if self.kind in ("member", "local") or name in self.own or (name.startswith("__") and not is_initialiser):
            return None
        dotted = f"{self.dotted}.{name}"
        if self.kind != "object":
            return Value(dotted, "member", self.hints)
        is_nested = is_class_name(name) and not name.isupper()
        kind: Literal["member", "object"] = "member" if is_class_name(self.dotted) and not is_nested else "object"
        return Value(dotted, kind, tuple(hint for hint in self.hints if hint == "carried"))

    def called(self) -> Value | None:
        """What a call of it gives: classes are told from functions by the way they are written (PEP 8)."""
        if self.kind == "local":
            return Value(self.dotted, "instance", ("instance", "inherited"), self.own)
        if self.kind == "object" and is_class_name(self.dotted):
            return Value(self.dotted, "instance", ("instance",))
        if self.kind in ("object", "member"):
            return Value(f"{self.dotted}()", "result", ("result",))
        return None

    def instance(self) -> Value | None:
        """An instance of it, if it is a class."""
        is_class = self.kind == "local" or (self.kind == "object" and is_class_name(self.dotted))
        return self.called() if is_class and not self.dotted.startswith("typing.") else None


@dataclass(slots=True)
class Names:
    """The names of one scope: ``values`` here and now, ``settled`` what all bindings so far agree on.

    ``deferred`` are the functions to read when the scope is complete, each with the value of its first parameter.
    """

    values: dict[str, Value | None]
    outer: Mapping[str, Value | None] = field(default_factory=dict)
    enclosing_class: Value | None = None
    settled: dict[str, Value | None] = field(default_factory=dict)
    deferred: list[tuple[Node, Value | None]] = field(default_factory=list)

    def bind(self, name: str, value: Value | None) -> None:
        """Give ``name`` a value from here on."""
        self.values[name] = value
        self.settled[name] = value if self.settled.get(name, value) == value else None

    def clear(self) -> None:
        """Forget everything: a star import may have rebound any name."""
        for name in {*self.values, *self.settled}:
            self.values[name] = self.settled[name] = None

    def view(self) -> dict[str, Value | None]:
        """What a function sees that runs when the scope is complete."""
        return {**self.outer, **self.settled}

    def resolve(self, dotted: str) -> Value | None:
        """What a dotted name stands for."""
        first, *rest = dotted.split(".")
        value = self.values.get(first)
        for name in rest:
            value = value and value.member(name)
        return value

    def declared(self, annotation: str) -> Value | None:
        """The instance that an annotation promises."""
        while match := _WRAPPED.fullmatch(annotation := annotation.strip().strip("\"'")):
            annotation = match[1].split(",")[0]
        parts = [part for part in map(str.strip, annotation.split("|")) if part != "None"]
        if len(parts) != 1 or not _DOTTED.fullmatch(parts[0]):
            return None
        value = self.resolve(parts[0])
        return value and value.instance()


def is_class_name(dotted: str) -> bool:
    """Whether the last part is written like a class (PEP 8)."""
    return dotted.rpartition(".")[2].lstrip("_")[:1].isupper()


def possible_targets(data: bytes) -> set[str]:
    """Names that a piece of text may bind; rather too many than too few."""
    found = {name for pair in _TARGET.findall(data) for name in pair if name}
    for names in _TARGET_LIST.findall(data):
        found.update(_WORD.findall(names))
    return _decoded(found)


def targets(node: Node | None) -> set[str]:
    """Names that a readable piece of code binds in its own scope."""
    found: set[bytes] = set()
    stack = [node] if node is not None else []
    while stack:
        inner = stack.pop()
        for name in _BINDING_FIELDS.get(inner.type, ()):
            for target in inner.children_by_field_name(name):
                found.update(_WORD.findall(target.text or b""))
        if inner.type not in ("function_definition", "class_definition", "lambda"):
            stack.extend(inner.named_children)
    return _decoded(found)


def assigned_attributes(data: bytes) -> set[str]:
    """Names of attributes that a text sets on any object: reading them back says nothing of a class."""
    return _decoded(_ATTRIBUTE_TARGET.findall(data))


def shared_names(data: bytes) -> set[str]:
    """Names that functions rebind in an outer scope."""
    return _decoded(name for names in _SHARED.findall(data) for name in _WORD.findall(names))


def agreed(outcomes: Sequence[dict[str, Value | None]]) -> dict[str, Value | None]:
    """Names after branches: known if all branches that bind a name agree."""
    merged = dict(outcomes[0])
    for outcome in outcomes[1:]:
        for name, value in outcome.items():
            merged[name] = value if merged.get(name, value) == value else None
    return merged


def _decoded(names: Iterable[bytes]) -> set[str]:
    return {name.decode("utf-8", "replace") for name in names}
