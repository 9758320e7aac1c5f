"""What a change of a definition touches: callers, overrides and tests, as places of the name that can be renamed.

A place is *sure* where imports, scopes and bases lead from the name to the definition. What is only called the same, on
an object whose type nobody wrote down, is *unsure*: it is listed and never changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final

from vt_lsp.models import Place
from vt_lsp.workspace.resolver import Found, absolute, ancestors, class_member, member, preferred, resolve
from vt_lsp.workspace.traces import is_test

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node

    from vt_lsp.models import Symbol
    from vt_lsp.workspace.index import Index

    Target = tuple[str, str]
    Text = Callable[[str], bytes | None]

_MOST_FILES: Final = 80  # that are parsed for one answer
_MOST_UNSURE: Final = 200
_ANNOTATION: Final = rb"\s*:\s*[\"']?([A-Za-z_][\w.]*)[\"']?\s*(?:\|\s*None\s*)?[,)=\n]"
_SCOPES: Final = frozenset({"function_definition", "lambda"})


@dataclass(frozen=True, slots=True)
class Impact:
    """Places of the name's last word.

    ``callers`` and ``uses`` (imports, arguments) are in the product, ``tests`` in tests, ``overrides`` are definitions
    in subclasses. ``is_whole`` is False where there were too many files to look at them all.
    """

    callers: tuple[Place, ...] = ()
    uses: tuple[Place, ...] = ()
    tests: tuple[Place, ...] = ()
    overrides: tuple[Place, ...] = ()
    unsure: tuple[Place, ...] = ()
    is_whole: bool = True

    @property
    def sure(self) -> tuple[Place, ...]:
        """All places that surely mean the definition, by file and place."""
        found = {*self.callers, *self.uses, *self.tests, *self.overrides}
        return tuple(sorted(found, key=lambda place: (place.path, place.start)))


def as_words(found: Impact) -> str:
    """``3 callers, 1 override, 2 tests``, or "" where nothing else is touched."""
    counts = (
        (len(found.callers) + len(found.uses), "caller"),
        (len(found.overrides), "override"),
        (len({place.path for place in found.tests}), "test file"),
    )
    said = [f"{number} {noun}{'s' * (number > 1)}" for number, noun in counts if number]
    return ", ".join(said) + ("" if found.is_whole or not said else " at least")


def impact(index: Index, target: Target, text: Text) -> Impact:
    """What speaks of the definition ``target`` (a file and the qualified name in it) in the project's code.

    ``text`` gives the bytes of a path. Keywords that a dataclass's field makes are callers of the field.
    """
    search = ImpactSearch(index, target, text)
    for path in search.files:
        search.look_through(path)
    return search.found()


class ImpactSearch:
    """The same file by file, so that others have their turn in between: look through all ``files``, then ask."""

    def __init__(self, index: Index, target: Target, text: Text) -> None:
        """Arguments as in :func:`impact`; no text may change before the last file is looked through."""
        self._index, self._text = index, text
        self._owner, _, self._name = target[1].rpartition(".")
        self._pattern = re.compile(rb"(?<![\w\x80-\xff])" + re.escape(self._name.encode()) + rb"(?![\w\x80-\xff])")
        self._targets = {target} | (_overrides(index, target) if self._owner else set())
        self._overrides = self._targets - {target}
        self._defined = {place for one in self._targets for place in _definitions(index, one)}
        self._calls: list[Place] = []
        self._uses: list[Place] = []
        self._unsure: list[Place] = []
        words = {self._name} | ({name.rpartition(".")[0].rpartition(".")[2] for _, name in self._targets} - {""})
        named = [
            path for path, facts in index.code.items() if self._name in facts.words and _has(facts.words, self._name)
        ]
        related = [path for path in named if _may_mean(index, path, self._targets, words - {self._name})]
        self.files = sorted(related, key=lambda path: (path != target[0], path))[:_MOST_FILES]
        self._others = sorted(set(named) - set(self.files))
        self._is_whole = len(related) <= _MOST_FILES

    def found(self) -> Impact:
        """All places, each once."""
        if self._owner:
            self._look_at_others()
        places = [*dict.fromkeys(self._calls), *dict.fromkeys(self._uses)]
        overrides = [place for target in sorted(self._overrides) for place in _definitions(self._index, target)]
        calls = set(self._calls)
        return Impact(
            callers=tuple(place for place in places if place in calls and not is_test(place.path)),
            uses=tuple(place for place in places if place not in calls and not is_test(place.path)),
            tests=tuple(place for place in places if is_test(place.path)),
            overrides=tuple(overrides),
            unsure=tuple(dict.fromkeys(self._unsure))[:_MOST_UNSURE],
            is_whole=self._is_whole and len(self._unsure) <= _MOST_UNSURE,
        )

    def _look_at_others(self) -> None:
        """Attributes of the same name in files that do not name the class: on what, nobody can say."""
        attribute = re.compile(rb"\.\s*(" + re.escape(self._name.encode()) + rb")(?=\s*\()")
        for path in self._others:
            if len(self._unsure) > _MOST_UNSURE:
                return
            for match in attribute.finditer(self._text(path) or b""):
                self._unsure.append(Place(path, *match.span(1)))

    def look_through(self, path: str) -> None:
        """Note each place of one file where the name stands in code."""
        from vt_lsp.code.grammar import parser  # noqa: PLC0415  the grammar is loaded when it is needed

        data = self._text(path)
        if data is None:
            return
        root = parser().parse(data).root_node
        for match in self._pattern.finditer(data):
            node = root.descendant_for_byte_range(*match.span())
            if node is None or node.start_byte != match.start() or node.type != "identifier":
                if node is not None and self._is_export(path, node, data):
                    self._uses.append(Place(path, *match.span()))
                continue
            place = Place(path, node.start_byte, node.end_byte)
            verdict = self._verdict(path, node) if place not in self._defined else None
            if verdict is None:
                continue
            (self._unsure if not verdict else self._calls if _is_called(node) else self._uses).append(place)

    def _is_export(self, path: str, node: Node, data: bytes) -> bool:
        """The name in the ``__all__`` of a module that binds it to the target."""
        if self._owner or node.type != "string_content" or data[node.start_byte : node.end_byte] != self._name.encode():
            return False
        above: Node | None = node
        while above is not None and above.type not in {"assignment", "augmented_assignment"}:
            above = above.parent
        left = above.child_by_field_name("left") if above is not None else None
        return left is not None and left.text == b"__all__" and self._means(_bound(self._index, path, self._name))

    def _verdict(self, path: str, node: Node) -> bool | None:
        """True: it is the target; False: it may be; None: it is something else."""
        parent = node.parent
        if parent is None:
            return None
        kind = parent.type
        if kind == "attribute" and parent.child_by_field_name("attribute") == node:
            return self._of_attribute(path, parent)
        if kind == "keyword_argument" and parent.child_by_field_name("name") == node:
            return self._of_keyword(path, parent)
        if self._owner or _is_binding(node, parent):
            return None
        statement = _inside(node, {"import_from_statement", "import_statement"})
        if statement is not None:
            return self._of_import(path, node, statement)
        local = _local_import(node, self._name)
        if local is not None:
            return True if self._imports(path, local) else None
        if _is_local(node, self._name):
            return None
        return True if self._means(_bound(self._index, path, self._name)) else None

    def _means(self, found: object) -> bool:
        return (
            isinstance(found, Found) and found.symbol is not None and (found.path, found.symbol.name) in self._targets
        )

    def _of_import(self, path: str, node: Node, statement: Node) -> bool | None:
        parent = node.parent
        if parent is not None and parent.type == "aliased_import" and parent.child_by_field_name("alias") == node:
            return None
        module = statement.child_by_field_name("module_name")
        if module is not None and module.start_byte <= node.start_byte < module.end_byte:
            return None
        return True if self._imports(path, statement) else None

    def _imports(self, path: str, statement: Node) -> bool:
        """Whether an import statement imports the target by its own name."""
        from vt_lsp.code.imports import imports_of  # noqa: PLC0415  with the grammar

        text = (statement.text or b"").decode("utf-8", "replace")
        for one in imports_of(text):
            source = absolute(one, self._index.module_name(path), path)
            if source is not None and one.attribute == self._name:
                return self._means(resolve(self._index, f"{source}.{one.attribute}"))
        return False

    def _of_keyword(self, path: str, keyword: Node) -> bool | None:
        """``C(field=...)`` where the target is a field of ``C``."""
        call = _inside(keyword, {"call"})
        function = call.child_by_field_name("function") if call is not None else None
        if not self._owner or function is None:
            return None
        cls = self._value_of(path, function)
        if not isinstance(cls, Found) or cls.symbol is None or "dataclass" not in cls.symbol.flags:
            return None
        return True if self._means(class_member(self._index, cls, self._name)) else None

    def _of_attribute(self, path: str, attribute: Node) -> bool | None:
        value = attribute.child_by_field_name("object")
        owner = self._value_of(path, value) if value is not None else None
        if owner is None:
            return False if self._owner else None
        answer = member(self._index, owner, self._name)
        if self._means(answer):
            return True
        is_open = self._owner and not isinstance(answer, Found) and type(answer).__name__ == "Open"
        return False if is_open else None

    def _value_of(self, path: str, node: Node) -> Found | None:
        """The module or class that an expression is, or is an instance of; None where that cannot be told."""
        text = (node.text or b"").decode("utf-8", "replace")
        function = _inside(node, {"function_definition"})
        cls = _inside(function, {"class_definition"}) if function is not None else None
        if cls is not None and text in {"self", "cls", "super()"} and text in {"super()", _first_parameter(function)}:
            return self._class_of(path, cls, is_parent=text == "super()")
        if node.type == "call":
            called = node.child_by_field_name("function")
            made = self._value_of(path, called) if called is not None else None
            return made if made is not None and made.symbol is not None and made.symbol.kind == "class" else None
        first, *rest = text.split(".")
        if not all(part.isidentifier() for part in (first, *rest)):
            return None
        found = self._local_value(path, node, first) if function is not None else None
        if found is None and function is not None and _is_local(node, first):
            return None
        found = found or _bound(self._index, path, first)
        for part in rest:
            step = member(self._index, found, part) if found is not None else None
            found = step if isinstance(step, Found) else None
        return found

    def _class_of(self, path: str, cls: Node, *, is_parent: bool) -> Found | None:
        names = []
        above: Node | None = cls
        while above is not None:
            if above.type in {"class_definition", "function_definition"}:
                name = above.child_by_field_name("name")
                names.append((name.text or b"").decode() if name is not None else "")
            above = above.parent
        symbols = self._index.symbols(path, ".".join(reversed(names)))
        here = Found(path, preferred(symbols)) if symbols else None
        if here is None or not is_parent:
            return here
        return next((base for base in ancestors(self._index, here) if isinstance(base, Found) and base.symbol), None)

    def _local_value(self, path: str, node: Node, name: str) -> Found | None:
        """What a parameter's annotation, or the only assignment of a variable, says of its type."""
        function = _inside(node, {"function_definition"})
        body = (function.text or b"") if function is not None else b""
        word = re.escape(name.encode())
        typed = re.search(rb"(?<![\w.])" + word + _ANNOTATION, body)
        made = re.findall(rb"(?m)^[ \t]*(?:with[ \t]+)?" + word + rb"\s*=\s*(?:await\s+)?([A-Za-z_][\w.]*)\(", body)
        bound = re.findall(rb"(?<![\w.])" + word + rb"\s*(?::=|=(?!=))|\b(?:as|for)\s+" + word + rb"\b", body)
        said = typed[1] if typed is not None else made[0] if len(made) == len(bound) == 1 else None
        if said is None:
            return None
        first, *rest = said.decode("utf-8", "replace").split(".")
        found = _bound(self._index, path, first)
        for part in rest:
            step = member(self._index, found, part) if found is not None else None
            found = step if isinstance(step, Found) else None
        return found if found is not None and found.symbol is not None and found.symbol.kind == "class" else None


# ----------------------------------------------------------------------------------------------------- names and files


def _has(words: str, name: str) -> bool:
    return f" {name} " in f" {words} "


def _may_mean(index: Index, path: str, targets: set[tuple[str, str]], owners: set[str]) -> bool:
    """Whether a file can lead to a target: it defines one, imports the name, or names a class that has it."""
    if any(path == file for file, _ in targets):
        return True
    facts = index.code[path]
    if owners:
        return any(_has(facts.words, owner) for owner in owners)
    modules = {part for file, _ in targets for part in (_stem(file), file.split("/")[-2] if "/" in file else "")}
    return any(_has(facts.words, part) for part in modules - {""})


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]


def _bound(index: Index, path: str, name: str) -> Found | None:
    """What a name is at the top level of a file, through its imports; None where that cannot be told."""
    symbols = index.symbols(path, name)
    if symbols:
        return Found(path, preferred(symbols))
    facts, module = index.facts(path), index.module_name(path)
    for one in facts.imports if facts is not None else ():
        if one.name not in {name, "*"}:
            continue
        source = absolute(one, module, path)
        if source is None:
            continue
        attribute = name if one.name == "*" else one.attribute
        found = resolve(index, f"{source}.{attribute}" if attribute else source)
        if isinstance(found, Found):
            return found
    return None


def _definitions(index: Index, target: tuple[str, str]) -> list[Place]:
    path, name = target
    size = len(name.rpartition(".")[2].encode())
    return [Place(path, one.name_start, one.name_start + size) for one in index.symbols(path, name)]


def _overrides(index: Index, target: tuple[str, str]) -> set[tuple[str, str]]:
    """The members of subclasses that take the target's place."""
    path, qualified = target
    owner, _, name = qualified.rpartition(".")
    found: set[tuple[str, str]] = set()
    if not index.is_base(owner.rpartition(".")[2]) and not index.defined_in(name) - {path}:
        return found
    ending = f".{name}"
    for file, facts in index.code.items():
        if name not in facts.words:
            continue
        for symbol in facts.symbols:
            if symbol.name.endswith(ending) and (file, symbol.name) != target:
                cls = index.symbols(file, symbol.name.removesuffix(ending))
                if cls and cls[0].kind == "class" and _derives(index, file, cls[0], (path, owner)):
                    found.add((file, symbol.name))
    return found


def _derives(index: Index, path: str, cls: Symbol, owner: tuple[str, str]) -> bool:
    return any(
        isinstance(base, Found) and base.symbol is not None and (base.path, base.symbol.name) == owner
        for base in ancestors(index, Found(path, cls))
    )


# --------------------------------------------------------------------------------------------------------- syntax


def _is_called(node: Node) -> bool:
    """The name is what a call calls, or the keyword of a call."""
    called = node.parent if node.parent is not None and node.parent.type == "attribute" else node
    parent = called.parent
    if parent is None or parent.type not in {"call", "keyword_argument"}:
        return False
    return parent.child_by_field_name("function" if parent.type == "call" else "name") == called


def _inside(node: Node | None, kinds: set[str]) -> Node | None:
    """The nearest node around this one that is of a kind."""
    above = node.parent if node is not None else None
    while above is not None and above.type not in kinds:
        above = above.parent
    return above


def _is_binding(node: Node, parent: Node) -> bool:
    """The name of a definition, or of a parameter."""
    if parent.type in {"function_definition", "class_definition"}:
        return parent.child_by_field_name("name") == node
    if parent.type in {"default_parameter", "typed_default_parameter"}:
        return parent.child_by_field_name("name") == node
    return parent.type in {"parameters", "lambda_parameters", "typed_parameter", "global_statement"}


def _scopes(node: Node) -> Iterator[Node]:
    above = node.parent
    while above is not None:
        if above.type in _SCOPES:
            yield above
        above = above.parent


def _is_local(node: Node, name: str) -> bool:
    """A function around the name binds it itself: as a parameter, or by an assignment, a loop or a ``with``."""
    word = re.escape(name.encode())
    binding = re.compile(
        rb"(?<![\w.])(?:(?:for|as)\s+" + word + rb"\b|" + word + rb"\s*(?::[^=\n]+)?(?::=|=(?!=)))", re.MULTILINE
    )
    for scope in _scopes(node):
        parameters = scope.child_by_field_name("parameters")
        said = parameters.text or b"" if parameters is not None else b""
        if re.search(rb"(?<![\w.])" + word + rb"\s*(?:[:,=)]|\Z)", said):
            return True
        body = scope.child_by_field_name("body")
        if any(not _is_keyword(body, match.start()) for match in binding.finditer(body.text or b"")) if body else False:
            return True
    return False


def _is_keyword(body: Node, offset: int) -> bool:
    found = body.descendant_for_byte_range(body.start_byte + offset, body.start_byte + offset + 1)
    return found is not None and found.parent is not None and found.parent.type == "keyword_argument"


def _local_import(node: Node, name: str) -> Node | None:
    """The import statement inside a function around the name that binds it."""
    for scope in _scopes(node):
        body = scope.child_by_field_name("body")
        for statement in chain(body.children if body is not None else ()):
            is_import = statement.type == "import_from_statement"
            if is_import and re.search(rb"\b" + re.escape(name.encode()) + rb"\b", statement.text or b""):
                return statement
    return None


def _first_parameter(function: Node | None) -> str:
    parameters = function.child_by_field_name("parameters") if function is not None else None
    first = next((one for one in parameters.named_children if one.type != "comment"), None) if parameters else None
    return (first.text or b"").decode("utf-8", "replace") if first is not None else ""
