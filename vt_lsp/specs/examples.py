"""Examples in fences: what they import, call and look up, resolved through the names that they bind.

The fence is read like a program whose branches are all taken once. A name whose value is not surely known says
nothing: rebinding, disagreeing branches, star imports and loop variables make it unknown.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vt_lsp.specs.example_values import MAX_DEPTH, ExpressionReader, text_of
from vt_lsp.specs.fence_names import Names, Value, agreed, possible_targets, targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from tree_sitter import Node

    from vt_lsp.specs.fence_text import ClaimSink

_RAISES = re.compile(rb"^(?:\w+\.)?(?:raises|assertRaises\w*|warns|deprecated_call)\(")
_ERRORS_SHOWN = re.compile(rb"\b(?:AttributeError|TypeError|NameError)\b")
_IMPORT_ERRORS = re.compile(rb"\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b|^except\s*:")
_GROUP = re.compile(rb"except\s*\*")
_PLAIN_BASES = ("typing.", "typing_extensions.", "abc.")


@dataclass(frozen=True, slots=True)
class ExampleFacts:
    """Names that an example binds itself, and what it leaves to later fences (see :func:`_left`)."""

    bound: frozenset[str]
    imports: Mapping[str, str]


def read_examples(root: Node, imports: Mapping[str, str], sink: ClaimSink) -> ExampleFacts:
    """Put what a parsed fence imports, calls and looks up into ``sink``.

    ``root`` is the module node of ``sink.text.data``; ``imports`` are the bindings of earlier fences.
    """
    reader = _Reader(root, sink)
    known = {name: _carried(target) for name, target in imports.items()}
    names = Names(dict(known), known)
    reader.run(root, names)
    return ExampleFacts(frozenset(reader.bound - {"self", "cls"}), _left(names, imports))


@lru_cache(maxsize=1024)
def _carried(target: str) -> Value | None:
    """What an earlier fence left: a dotted name, ``m.C()`` for what a call of ``m.C`` gave, or nothing known."""
    value = Value(target.removesuffix("()"), "object", ("carried",)) if target else None
    if value is None or not target.endswith("()"):
        return value
    result = value.called()
    return result and replace(result, hints=(*result.hints, "carried"))


def _unknown(_value: Value) -> None:
    """What ``except* E as group`` binds: a group of which nothing is known."""


def _entered(value: Value, enter: str) -> Value | None:
    """What ``with value as x`` binds: classes give themselves by habit, of others ``__enter__`` decides."""
    if value.kind == "instance":
        return replace(value, hints=(*value.hints, "entered"))
    if value.kind == "result":
        return Value(f"{value.dotted}.{enter}()", "result", (*value.hints, "entered"))
    return None


def _left(names: Names, earlier: Mapping[str, str]) -> dict[str, str]:
    """What the fence leaves to those that follow."""
    left: dict[str, str] = {}
    for name in names.settled:
        value = names.values.get(name)
        if value is not None and value.kind == "object":
            left[name] = value.dotted
        elif value is not None and value.kind in ("instance", "result") and "inherited" not in value.hints:
            left[name] = value.dotted if value.kind == "result" else f"{value.dotted}()"
        elif name in earlier:
            left[name] = ""
    return left


class _Reader(ExpressionReader):
    """Walks one fence; each method claims what its node uses and gives what it evaluates to."""

    @contextmanager
    def hinted(self, *hints: str) -> Iterator[None]:
        """Claims inside get these hints as well."""
        before, self.hints = self.hints, self.hints + hints
        yield
        self.hints = before

    # ---------------------------------------------------------------------------------------------------------- names

    def forget(self, text: bytes, names: Names) -> None:
        """Make unknown whatever looks like a target in a text that is not read in its order."""
        for name in possible_targets(text) & {*names.values, *names.outer}:
            names.bind(name, None)

    # ----------------------------------------------------------------------------------------------------- statements

    def run(self, block: Node | None, names: Names) -> None:
        """Read a scope's statements, then the functions that it defines."""
        self.block(block, names)
        for function, owner in names.deferred:
            self.function_body(function, owner, names)

    def block(self, block: Node | None, names: Names) -> None:
        if block is None or self.depth > MAX_DEPTH:
            return
        self.depth += 1
        for statement in block.named_children:
            if not self.is_clean and statement.has_error and statement.type not in _COMPOUND:
                self.forget(statement.text or b"", names)
            elif (read := _STATEMENTS.get(statement.type)) is not None:
                read(self, statement, names)
            else:
                self.value(statement, names)
        self.depth -= 1

    def branches(self, bodies: Iterable[Node | None], names: Names, *, may_skip: bool) -> None:
        """Read alternatives, each from the same start: blocks, or clauses that hold blocks."""
        before = names.values
        outcomes = [before] if may_skip else []
        for body in bodies:
            names.values = dict(before)
            if body is not None and body.type != "block":
                self.clause(body, names)
            else:
                self.block(body, names)
            outcomes.append(names.values)
        names.values = agreed(outcomes) if outcomes else before

    def clause(self, clause: Node, names: Names) -> None:
        """``elif``, ``else``, ``except``, ``finally`` and ``case``: what stands before the block, then the block."""
        for child in clause.named_children:
            if child.type == "block":
                self.block(child, names)
            elif child.type == "case_pattern":
                for name in re.findall(r"\w+", text_of(child)):
                    names.values[name] = None
            elif child.type == "as_pattern":
                is_group = _GROUP.match(clause.text or b"") is not None
                self.as_pattern(child, names, _unknown if is_group else Value.instance)
            else:
                self.value(child, names)

    def if_statement(self, node: Node, names: Names) -> None:
        self.value(node.child_by_field_name("condition"), names)
        clauses = node.children_by_field_name("alternative")
        may_skip = not any(clause.type == "else_clause" for clause in clauses)
        self.branches([node.child_by_field_name("consequence"), *clauses], names, may_skip=may_skip)

    def loop(self, node: Node, names: Names) -> None:
        self.value(node.child_by_field_name("condition") or node.child_by_field_name("right"), names)
        # The second turn sees what the first has bound.
        for name in targets(node) & {*names.values, *names.outer}:
            names.values[name] = None
        self.bind_target(node.child_by_field_name("left"), None, names)
        self.branches([node.child_by_field_name("body")], names, may_skip=True)
        for clause in node.children_by_field_name("alternative"):
            self.clause(clause, names)

    def with_statement(self, node: Node, names: Names) -> None:
        enter = "__aenter__" if (node.text or b"").startswith(b"async") else "__enter__"
        items = [
            item for clause in node.named_children if clause.type == "with_clause" for item in clause.named_children
        ]
        for item in items:
            value = item.child_by_field_name("value")
            if value is not None and value.type == "as_pattern":
                self.as_pattern(value, names, lambda entered: _entered(entered, enter))
            else:
                self.value(value, names)
        shows_errors = any(_RAISES.search(item.text or b"") for item in items)
        with self.hinted(*(("negated",) if shows_errors else ())):
            self.block(node.child_by_field_name("body"), names)

    def as_pattern(self, node: Node, names: Names, given: Callable[[Value], Value | None]) -> None:
        """``x as y``, where ``given`` says what ``y`` is by what ``x`` is."""
        value = self.value(node.named_children[0], names) if node.named_children else None
        alias = node.child_by_field_name("alias")
        aliased = alias.named_children if alias is not None else []
        for target in aliased:
            self.bind_target(target, given(value) if value and len(aliased) == 1 else None, names)

    def try_statement(self, node: Node, names: Names) -> None:
        clauses = [child for child in node.named_children if child.type != "block"]
        caught = b" ".join((clause.text or b"").splitlines()[0] for clause in clauses if clause.text)
        hints = [("optional", _IMPORT_ERRORS), ("negated", _ERRORS_SHOWN)]
        with self.hinted(*(hint for hint, errors in hints if errors.search(caught))):
            before = dict(names.values)
            self.block(node.child_by_field_name("body"), names)
            completed, names.values = names.values, agreed([before, names.values])
            handlers = [clause for clause in clauses if clause.type.startswith("except")]
            self.branches(handlers, names, may_skip=False)
            names.values = agreed([completed, names.values]) if handlers else completed
        for clause in clauses:
            if clause not in handlers:
                self.clause(clause, names)

    def match_statement(self, node: Node, names: Names) -> None:
        self.value(node.child_by_field_name("subject"), names)
        cases = [child for child in _children(node, "body") if child.type == "case_clause"]
        self.branches(cases, names, may_skip=True)

    def delete(self, node: Node, names: Names) -> None:
        for child in node.named_children:
            self.bind_target(child, None, names)

    # -------------------------------------------------------------------------------------------------------- imports

    def import_statement(self, node: Node, names: Names) -> None:
        for item in node.children_by_field_name("name"):
            name = item.child_by_field_name("name") or item
            alias = text_of(item.child_by_field_name("alias"))
            module = text_of(name).replace(" ", "")
            self.claim_import(module, name)
            self.modules.update(accumulate(module.split("."), "{}.{}".format))
            self.bind_import(alias or module.split(".")[0], module if alias else module.split(".")[0], names)

    def from_import(self, node: Node, names: Names) -> None:
        source = node.child_by_field_name("module_name")
        module = text_of(source).replace(" ", "")
        is_relative = source is None or source.type == "relative_import"
        if source is not None and not is_relative:
            self.claim_import(module, source)
        if any(child.type == "wildcard_import" for child in node.named_children):
            names.clear()
        for item in node.children_by_field_name("name"):
            name = item.child_by_field_name("name") or item
            binding = text_of(item.child_by_field_name("alias") or name)
            if is_relative:
                self.bind(binding, None, names)
                continue
            self.claim_import(module, name, text_of(name))
            self.bind_import(binding, f"{module}.{text_of(name)}", names)

    def claim_import(self, module: str, place: Node, expected: str = "") -> None:
        hints = tuple(hint for hint in self.hints if hint != "negated")
        self.sink.add("import", module, (place.start_byte, place.end_byte), hints, expected=expected)

    def bind_import(self, name: str, target: str, names: Names) -> None:
        names.bind(name, None if name in self.unknown else Value(target))

    # ---------------------------------------------------------------------------------------------------- definitions

    def decorated(self, node: Node, names: Names) -> None:
        for child in node.named_children:
            if child.type == "decorator":
                self.value(child, names)
        definition = node.child_by_field_name("definition")
        if definition is not None and definition.type in _STATEMENTS:
            _STATEMENTS[definition.type](self, definition, names)

    def function(self, node: Node, names: Names) -> None:
        self.value(node.child_by_field_name("return_type"), names)
        for parameter in _children(node, "parameters"):
            self.value(parameter.child_by_field_name("type"), names)
            self.value(parameter.child_by_field_name("value"), names)
        self.bind(text_of(node.child_by_field_name("name")), None, names)
        names.deferred.append((node, None))

    def class_definition(self, node: Node, names: Names) -> None:
        bases: list[Value | None] = []
        for argument in _children(node, "superclasses"):
            value = self.value(argument, names)
            if argument.type == "subscript":
                value = self.value(argument.child_by_field_name("value"), names)
            if argument.type != "keyword_argument" and not (value and value.dotted.startswith(_PLAIN_BASES)):
                bases.append(value)
        base = bases[0] if len(bases) == 1 else None
        inside = Names(dict(names.values), names.outer)
        self.block(node.child_by_field_name("body"), inside)
        owner = None
        if base and base.kind in ("object", "local"):
            owner = Value(base.dotted, "local", (), base.own | inside.settled.keys())
        self.bind(text_of(node.child_by_field_name("name")), owner, names)
        names.deferred += [(function, owner and owner.called()) for function, _ in inside.deferred]

    def function_body(self, node: Node, owner: Value | None, names: Names) -> None:
        body = node.child_by_field_name("body")
        outer = names.view()
        for name in targets(body):
            outer.pop(name, None)
        inside = Names(dict(outer), outer, owner or names.enclosing_class)
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            self.parameters(parameters, inside)
            first = parameters.named_children[0] if parameters.named_children else None
            if owner and first is not None and first.type == "identifier" and not _is_static(node):
                inside.values[text_of(first)] = inside.settled[text_of(first)] = owner
        self.run(body, inside)


def _children(node: Node, name: str) -> list[Node]:
    inner = node.child_by_field_name(name)
    return inner.named_children if inner is not None else []


def _is_static(function: Node) -> bool:
    """Whether the first parameter is no instance."""
    outer = function.parent
    decorators = outer.named_children if outer is not None and outer.type == "decorated_definition" else ()
    return any(child.text in (b"@staticmethod", b"@classmethod") for child in decorators)


_STATEMENTS: Mapping[str, Callable[[_Reader, Node, Names], None]] = {
    "if_statement": _Reader.if_statement,
    "for_statement": _Reader.loop,
    "while_statement": _Reader.loop,
    "with_statement": _Reader.with_statement,
    "try_statement": _Reader.try_statement,
    "match_statement": _Reader.match_statement,
    "delete_statement": _Reader.delete,
    "import_statement": _Reader.import_statement,
    "import_from_statement": _Reader.from_import,
    "future_import_statement": lambda _reader, _node, _names: None,
    "decorated_definition": _Reader.decorated,
    "function_definition": _Reader.function,
    "class_definition": _Reader.class_definition,
}
_COMPOUND = frozenset(_STATEMENTS) - {
    "delete_statement",
    "import_statement",
    "import_from_statement",
    "future_import_statement",
}
