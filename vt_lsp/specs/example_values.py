"""Expressions of examples: what they look up and call, and what they evaluate to as far as that is surely known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vt_lsp.specs.fence_names import Names, Value, assigned_attributes, shared_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tree_sitter import Node

    from vt_lsp.specs.fence_text import ClaimSink

MAX_DEPTH = 80
"""Nesting beyond which code is left out; Python's own stack ends at about four times that."""

_TELLING = 3  # letters of a name that stands for the same in many examples
_BOUND_NOWHERE = frozenset(
    {"comment", "ERROR", "global_statement", "nonlocal_statement", "case_pattern"}
    | {"integer", "float", "true", "false", "none", "ellipsis", "string_start", "string_content", "string_end"}
)


# "# ... other parameters ..." and "# other arguments" on a line of their own.
_LEFT_OUT = re.compile(
    r"#+\s*(?:(?:\.{3}|\u2026).*|(?:(?:the|your|any|all|and)\s+)*(?:other|more|remaining|additional|same|existing|rest\s+of\s+(?:the|your))"
    r"\s+(?:\w+\s+)?(?:param(?:eter)?s|arg(?:ument)?s|kwargs|options|settings|config(?:uration)?|fields)"
    r"(?:\s+(?:here|as\s+(?:before|above|usual)|go\s+here|omitted))?\W*)"
)


def _leaves_out(node: Node) -> bool:
    """Whether a node of an argument list is a comment that stands for arguments."""
    if node.type != "comment" or not _LEFT_OUT.fullmatch(text_of(node)):
        return False
    before = node.prev_named_sibling
    return before is None or before.end_point.row < node.start_point.row


def text_of(node: Node | None) -> str:
    """The source of a node; empty for None."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


class ExpressionReader:
    """Reads expressions; each method claims what its node uses and gives what it evaluates to."""

    def __init__(self, root: Node, sink: ClaimSink) -> None:
        data = sink.text.data
        self.sink = sink
        self.is_clean = not root.has_error
        self.bound: set[str] = set()
        self.modules: set[str] = set()
        self.assigned = assigned_attributes(data)
        self.unknown = shared_names(data) | sink.text.unread
        self.hints: tuple[str, ...] = ()
        self.depth = 0

    def add_attribute(self, owner: Value, name: Node) -> None:
        """Claim that ``owner`` has the attribute ``name``."""
        span = name.start_byte, name.end_byte
        self.sink.add("attribute", text_of(name), span, owner.hints + self.hints, owner=owner.dotted)

    # ---------------------------------------------------------------------------------------------------------- names

    def bind(self, name: str, value: Value | None, names: Names) -> None:
        """Give a name of the fence a value."""
        self.bound.add(name)
        names.bind(name, None if name in self.unknown else value)

    def bind_target(self, node: Node | None, value: Value | None, names: Names) -> None:
        """Bind what stands left of ``=``, behind ``for`` or ``as``; parts of a pattern become unknown."""
        if node is None:
            return
        if node.type == "identifier":
            self.bind(text_of(node), value, names)
        elif node.type in ("attribute", "subscript"):
            first, *rest = node.named_children
            self.value(first, names)
            for child in rest if node.type == "subscript" else ():
                self.value(child, names)
        else:
            for child in node.named_children:
                self.bind_target(child, None, names)

    def parameters(self, parameters: Node, inside: Names) -> None:
        """Bind parameters to what their annotations promise."""
        for parameter in parameters.named_children:
            annotation = parameter.child_by_field_name("type")
            name = parameter.child_by_field_name("name") or parameter
            if parameter.type == "typed_parameter" and parameter.named_children:
                name = parameter.named_children[0]
            is_plain = name.type == "identifier"
            value = inside.declared(text_of(annotation)) if annotation is not None and is_plain else None
            self.bind_target(name, value, inside)

    # ---------------------------------------------------------------------------------------------------- expressions

    def value(self, node: Node | None, names: Names) -> Value | None:
        """Claim what an expression uses, and infer what it is."""
        if node is None or self.depth > MAX_DEPTH or (not self.is_clean and node.has_error):
            return None
        kind = node.type
        if kind == "identifier":
            return names.values.get(text_of(node))
        if kind in _BOUND_NOWHERE:
            return None
        self.depth += 1
        read = _EXPRESSIONS.get(kind)
        found = read(self, node, names) if read else self.parts(node, names)
        self.depth -= 1
        return found

    def parts(self, node: Node, names: Names) -> Value | None:
        """An expression that is not understood: claim what its parts use."""
        if node.type not in _BOUND_NOWHERE:
            for child in node.named_children:
                self.value(child, names)
        return None

    def string(self, node: Node, names: Names) -> None:
        """A string; only those with a prefix hold expressions."""
        if self.sink.text.data[node.start_byte] not in b"\"'":
            self.parts(node, names)

    def transparent(self, node: Node, names: Names) -> Value | None:
        """``(x)`` and ``await x`` are what ``x`` is."""
        found = [self.value(child, names) for child in node.named_children if child.type != "comment"]
        return found[0] if len(found) == 1 else None

    def choice(self, node: Node, names: Names) -> Value | None:
        """``x if c else y``, known if both are the same."""
        found = [self.value(child, names) for child in node.named_children]
        return found[0] if len(found) == 3 and found[0] == found[2] else None

    def assignment(self, node: Node, names: Names) -> Value | None:
        """``x = …``, ``x: T = …``, ``x += …`` and ``x := …``."""
        value = self.value(node.child_by_field_name("right") or node.child_by_field_name("value"), names)
        annotation = node.child_by_field_name("type")
        if annotation is not None:
            self.value(annotation, names)
            value = names.declared(text_of(annotation))
        target = node.child_by_field_name("left") or node.child_by_field_name("name")
        self.bind_target(target, None if node.type == "augmented_assignment" else value, names)
        return value

    def nested(self, node: Node, names: Names) -> None:
        """A lambda or a comprehension: its names are its own."""
        inside = Names(dict(names.values), enclosing_class=names.enclosing_class)
        parameters = node.child_by_field_name("parameters")
        if parameters is not None:
            self.parameters(parameters, inside)
        for clause in node.named_children:
            if clause.type == "for_in_clause":
                self.value(clause.child_by_field_name("right"), inside)
                self.bind_target(clause.child_by_field_name("left"), None, inside)
        for child in node.named_children:
            if child.type not in ("for_in_clause", "lambda_parameters"):
                self.value(child, inside)

    def keyword(self, node: Node, names: Names) -> None:
        """``name=value`` in arguments and bases."""
        self.value(node.child_by_field_name("value"), names)

    def attribute(self, node: Node, names: Names) -> Value | None:
        """``x.name`` that is read."""
        base, name, member = self.member(node, names)
        if base and name is not None and member and member.dotted not in self.modules:
            self.add_attribute(base, name)
        return member

    def member(self, node: Node, names: Names) -> tuple[Value | None, Node | None, Value | None]:
        """The object of an attribute, the attribute's name, and what the attribute is."""
        owner = node.child_by_field_name("object")
        base = self.value(owner, names)
        name = node.child_by_field_name("attribute")
        if owner is not None and owner.type == "identifier" and name is not None:
            self.claim_habit(text_of(owner), name, names)
        if base is None or name is None or text_of(name) in self.assigned:
            return base, name, None
        if f"{base.dotted}.{text_of(name)}" in self.modules:
            return base, name, Value(f"{base.dotted}.{text_of(name)}")
        return base, name, base.member(text_of(name))

    def claim_habit(self, owner: str, name: Node, names: Names) -> None:
        """``app.run`` where nothing says what ``app`` is: other examples may."""
        is_bound = owner in names.values or owner in names.outer or owner in self.bound or owner in self.unknown
        if is_bound or len(owner) < _TELLING or not owner.islower() or text_of(name) in self.assigned:
            return
        self.sink.add("habit", text_of(name), (name.start_byte, name.end_byte), self.hints, owner=owner)

    def call(self, node: Node, names: Names) -> Value | None:
        """``f(...)``; what it gives is known for classes, and by the name of the callable otherwise."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        base: Value | None = None
        if function is not None and function.type == "attribute":
            base, name, callee = self.member(function, names)
        else:
            name, callee = function, self.value(function, names)
        if callee and name is not None and callee.kind in ("object", "member"):
            if function is not None and arguments is not None and function.end_byte != arguments.start_byte:
                return None  # "name (remark)": output, no call
            if "result" in callee.hints:
                if base:
                    self.add_attribute(base, name)
            else:
                self.claim_call(callee, name, arguments)
        self.value(arguments, names)
        if callee is None and names.enclosing_class and text_of(function) == "super":
            return replace(names.enclosing_class, own=frozenset())
        return callee and callee.called()

    def claim_call(self, callee: Value, name: Node, arguments: Node | None) -> None:
        """One claim for the callee, and one for each keyword."""
        hints = callee.hints + self.hints
        children = [child for child in (arguments.named_children if arguments else ()) if child.type != "comment"]
        if arguments is not None and arguments.type != "argument_list":
            children = [arguments]  # a generator expression
        keywords = [
            key for child in children if child.type == "keyword_argument" and (key := child.child_by_field_name("name"))
        ]
        kinds = [child.type for child in children]
        # An ellipsis stands for arguments that the author left out: any may be there.
        is_elided = "ellipsis" in kinds or (arguments is not None and any(map(_leaves_out, arguments.named_children)))
        stars = (
            "*" if is_elided or "list_splat" in kinds else "",
            "**" if is_elided or "dictionary_splat" in kinds else "",
        )
        positional = sum(
            kind not in ("keyword_argument", "list_splat", "dictionary_splat", "ellipsis") for kind in kinds
        )
        signature = ";".join((str(positional), ",".join(map(text_of, keywords)), *stars))
        self.sink.add("call", callee.dotted, (name.start_byte, name.end_byte), hints, signature=signature)
        for key in keywords:
            self.sink.add("call", callee.dotted, (key.start_byte, key.end_byte), hints, expected=text_of(key))


_EXPRESSIONS: Mapping[str, Callable[[ExpressionReader, Node, Names], Value | None]] = {
    "attribute": ExpressionReader.attribute,
    "string": ExpressionReader.string,
    "call": ExpressionReader.call,
    "await": ExpressionReader.transparent,
    "parenthesized_expression": ExpressionReader.transparent,
    "conditional_expression": ExpressionReader.choice,
    "assignment": ExpressionReader.assignment,
    "augmented_assignment": ExpressionReader.assignment,
    "named_expression": ExpressionReader.assignment,
    "keyword_argument": ExpressionReader.keyword,
    "lambda": ExpressionReader.nested,
    "list_comprehension": ExpressionReader.nested,
    "set_comprehension": ExpressionReader.nested,
    "dictionary_comprehension": ExpressionReader.nested,
    "generator_expression": ExpressionReader.nested,
}
