"""Stubs in fences: definitions that say what the code should have, told from definitions of example code."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vt_lsp.code import modulewide
from vt_lsp.code.definitions import read_statements
from vt_lsp.code.pieces import Context, Owner

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tree_sitter import Node

    from vt_lsp.models import Symbol
    from vt_lsp.specs.fence_text import ClaimSink

_NEUTRAL = sys.stdlib_module_names | {
    "attr", "attrs", "msgspec", "numpy", "pandas", "pydantic", "pydantic_settings", "sqlalchemy", "sqlmodel",
    "typing_extensions",
}  # fmt: skip
"""Packages whose bases and decorators shape plain definitions; who uses them may still be describing the project."""

_PLACEHOLDER = re.compile(
    r"(?:My|Your|Our|Example|Foo|Bar|Baz|Dummy|Fake|Sample|Test|Toy|Demo)(?![a-z])\w*|\w+(?:Example|Demo)|[Ss]pam|[Hh]am|[Ee]ggs|[Hh]ello\w*"
    r"|(?:my|your|example|foo|bar|baz|test|dummy|fake|sample|demo)(?:_\w*|\d*)|main"
    r"|(?:Sub|Model|Class|Parent|Child|User|func|cls|[A-Za-z])\d?\d|[A-Za-z]"
)
_TRIVIAL = frozenset({"pass_statement", "comment", "return_statement"})
_NO_SCRIPT = _TRIVIAL | {
    "import_statement", "import_from_statement", "future_import_statement", "class_definition", "function_definition",
    "decorated_definition", "type_alias_statement", "ERROR", "try_statement",
}  # fmt: skip
_DEFINES = re.compile(rb"\b(?:class|def)\b|^[A-Z]\w{0,99}\b[^\n]*=", re.MULTILINE)
_DECORATOR_ROOT = re.compile(r"@?\s*(\w+)")


@dataclass(frozen=True, slots=True)
class Outline:
    """A fence's text for the question whether a definition is an example.

    ``calls`` is the text of the module's statements that define nothing; ``is_script`` says that some of them act.
    ``imports`` are all bindings by imports, ``headers`` the fence offsets of names whose header has no body, with the
    owner that was written before the name.
    """

    calls: str
    is_script: bool
    imports: Mapping[str, str]
    headers: Mapping[int, str]


def read_stubs(root: Node, sink: ClaimSink, imports: Mapping[str, str], headers: Mapping[int, str]) -> None:
    """Put classes, fields, enum members, functions and constants that a parsed fence defines into ``sink``.

    Each claim has the hint ``stub``, or ``example`` and the reasons: placeholder, imported, called, script or body.
    ``from:pydantic`` says where a base or a decorator of a definition comes from: in that package's own documents the
    definition is an example.
    """
    outline = _outline(root, imports, headers)
    errors = list(_errors(root)) if root.has_error else []
    for statement, symbols in _defined(root, sink.text.data):
        definition = statement.child_by_field_name("definition") or statement
        if definition.type in ("class_definition", "function_definition"):
            used = _used_packages(symbols[0], outline)
            reasons = tuple(_reasons(definition, symbols[0], used, outline))
            origins = tuple(f"from:{package}" for package in used if package not in sys.stdlib_module_names)
        else:
            imported = (claim.subject for claim in sink.claims if claim.kind == "import")
            reasons = ("script",) if outline.is_script or _foreign(imported) else ()
            origins = ()
        hints = (*(("example", *reasons) if reasons else ("stub",)), *origins)
        for symbol in symbols:
            if not _is_hit(symbol, errors, sink.text.data):
                _claim(symbol, hints, outline, sink)


def _defined(root: Node, data: bytes) -> Iterator[tuple[Node, list[Symbol]]]:
    """The statements that define something, with what they define: a definition comes before its members."""
    if not _DEFINES.search(data):
        return
    symbols = sorted(_symbols(root, data), key=lambda symbol: symbol.start)
    place = 0
    for statement in root.named_children:
        first = place
        while place < len(symbols) and symbols[place].start < statement.end_byte:
            place += 1
        if place > first and statement.type != "ERROR":
            yield statement, symbols[first:place]


def _symbols(root: Node, data: bytes) -> list[Symbol]:
    """What the code reader finds in a text that is parsed already (see :func:`vt_lsp.code.python.read`)."""
    words = modulewide.words(data)
    context = Context(data, words, is_stub=False, has_errors=root.has_error)
    read_statements(context, root.children, Owner(), ())
    symbols = context.piece.symbols
    if b"setattr" in words:
        symbols = modulewide.with_outside_attributes(data, symbols)
    if b"global" in words:
        symbols = symbols + modulewide.globals_from_functions(data, root, symbols)
    return symbols


def _outline(root: Node, imports: Mapping[str, str], headers: Mapping[int, str]) -> Outline:
    loose = [child for child in root.named_children if child.type not in _NO_SCRIPT]
    acts = [child for child in loose if not _is_declaration(child)]
    text = b"\n".join(child.text or b"" for child in loose).decode("utf-8", "replace")
    return Outline(text, bool(acts), imports, headers)


def _is_declaration(statement: Node) -> bool:
    """A docstring, an ellipsis or an assignment; ``if TYPE_CHECKING`` too."""
    if statement.type == "if_statement":
        condition = statement.child_by_field_name("condition")
        return condition is not None and (condition.text or b"").endswith(b"TYPE_CHECKING")
    inner = statement.named_children[0].type if statement.named_children else ""
    return statement.type == "expression_statement" and inner in ("string", "ellipsis", "assignment")


def _foreign(targets: Iterable[str]) -> bool:
    return any(target.partition(".")[0] not in _NEUTRAL for target in targets)


def _used_packages(symbol: Symbol, outline: Outline) -> list[str]:
    """The packages from which bases and decorators are imported."""
    roots = [_DECORATOR_ROOT.match(text) for text in (*symbol.bases, *symbol.decorators)]
    used = [outline.imports[match[1]].partition(".")[0] for match in roots if match and match[1] in outline.imports]
    return list(dict.fromkeys(used))


def _reasons(definition: Node, symbol: Symbol, used: list[str], outline: Outline) -> Iterator[str]:
    """Why a definition is example code."""
    if _PLACEHOLDER.fullmatch(symbol.name):
        yield "placeholder"
    names = [text.partition("(")[0] for text in symbol.decorators]
    is_registered = any("." in name and name.partition(".")[0] not in outline.imports for name in names)
    if _foreign(used) or is_registered:
        yield "imported"
    # A class may also stand in an annotation; a function that is named is used.
    use = r"\(" if symbol.kind == "class" else r"\b"
    # Making a pattern takes longer than all the rest: most names stand in no call.
    if symbol.name in outline.calls and re.search(rf"(?<![\w.]){re.escape(symbol.name)}{use}", outline.calls):
        yield "called"
    if outline.is_script:
        yield "script"
    if _has_real_bodies(definition):
        yield "body"


def _has_real_bodies(definition: Node) -> bool:
    """Whether most of the functions do something."""
    body = definition.child_by_field_name("body")
    if body is None:
        return False
    if definition.type == "function_definition":
        return any(_is_real(child) for child in body.named_children)
    inner = [child.child_by_field_name("definition") or child for child in body.named_children]
    functions = [_has_real_bodies(child) for child in inner if child.type == "function_definition"]
    return sum(functions) * 2 > len(functions)


def _is_real(statement: Node) -> bool:
    if statement.type == "expression_statement":
        return any(child.type not in ("string", "ellipsis", "comment") for child in statement.named_children)
    if statement.type == "raise_statement":
        return b"NotImplemented" not in (statement.text or b"")
    return statement.type not in _TRIVIAL


def _errors(root: Node) -> Iterator[tuple[int, int]]:
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "ERROR" or node.is_missing:
            yield node.start_byte, max(node.end_byte, node.start_byte + 1)
        else:
            stack.extend(child for child in node.children if child.has_error or child.is_missing)


def _is_hit(symbol: Symbol, errors: list[tuple[int, int]], data: bytes) -> bool:
    """Whether a syntax error lies in what the claim would say: the header of a definition, else all of it."""
    end = symbol.end
    if errors and symbol.kind in ("class", "function", "method", "property"):
        tail = data.find(b":\n", symbol.name_start + len(symbol.signature), symbol.end)
        end = tail if tail >= 0 else end
    return any(start <= end and symbol.start <= stop for start, stop in errors)


def _claim(symbol: Symbol, hints: tuple[str, ...], outline: Outline, sink: ClaimSink) -> None:
    owner, _, name = symbol.name.rpartition(".")
    span = symbol.name_start, symbol.name_start + len(name.encode())
    place = sink.text.to_fence(symbol.name_start)
    if place in outline.headers:
        hints = (*hints, "signature-only")
        owner = owner or outline.headers[place]
    dotted = f"{owner}.{name}" if owner else name
    match symbol.kind:
        case "class":
            sink.add("class", dotted, span, hints, bases=symbol.bases)
        case "function" | "method":
            flags = tuple(flag for flag in symbol.flags if flag in ("async", "static", "classmethod", "overload"))
            if not owner and re.match(r"\(\s*(?:self|cls)\b", symbol.signature):
                flags += ("method",)
            sink.add("function", dotted, span, hints + flags, signature=symbol.signature, annotation=symbol.returns)
        case "property":
            sink.add("field", name, span, (*hints, "property"), owner=owner, annotation=symbol.returns)
        case "field":
            sink.add("field", name, span, hints, owner=owner, annotation=symbol.annotation, expected=symbol.value)
        case "enum-member":
            sink.add("enum-member", name, span, hints, owner=owner, expected=symbol.value)
        case "constant":
            sink.add("constant", name, span, hints, owner=owner, annotation=symbol.annotation, expected=symbol.value)
        case "attribute" if owner and "." not in owner and symbol.value and name.isupper():
            sink.add("constant", name, span, hints, owner=owner, annotation=symbol.annotation, expected=symbol.value)
        case _:
            pass
