"""From a dotted name to its definition, through re-exports, star imports and inheritance inside the project.

Three answers: :class:`Found`, :class:`Absent` (surely not there), :class:`Open` (cannot be known: another package's
name, a star import of one, ``__getattr__``, a syntax error, a class with a base that is not ours).
"""

from __future__ import annotations

import builtins
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vt_lsp.models import CodeFacts, Import, Symbol
    from vt_lsp.workspace.index import Index

# Decorators after which a class still has just the members that it shows (attrs and dataclasses add known ones).
TRANSPARENT_CLASS_DECORATORS = frozenset(
    "dataclass dataclasses attrs attr s define frozen mutable final runtime_checkable total_ordering unique "
    "deprecated auto dataclass_transform verify global_enum".split()
)
_MAX_HOPS = 24  # of re-exports and of inheritance: longer chains are loops

# Members that such bases bring; anything else of the standard library or of another package leaves a class open.
_CLOSED_BASES = {
    "object": object,
    "ABC": object,
    "Generic": object,
    "Protocol": object,
    "Exception": Exception,
}
_ENUM_MEMBERS = frozenset(
    ["name", "value", "_name_", "_value_", "_missing_", "_generate_next_value_", "_ignore_", "__members__"]
)
_ENUM_BASES = frozenset(["Enum", "IntEnum", "StrEnum", "Flag", "IntFlag", "ReprEnum"])
_TUPLE_MEMBERS = frozenset(["_asdict", "_replace", "_fields", "_make", "_field_defaults", "count", "index"])


@dataclass(frozen=True, slots=True)
class Found:
    """A module (``symbol`` is None) or a definition in a file."""

    path: str
    symbol: Symbol | None
    module: str = ""  # dotted name, for modules
    owner: Symbol | None = None  # the class through which a member was reached, where it was inherited


@dataclass(frozen=True, slots=True)
class Absent:
    """``missing`` is surely not in ``owner`` (a Found module or class, or None for a missing top)."""

    owner: Found
    missing: str
    prefix: str  # the part of the name that did resolve


@dataclass(frozen=True, slots=True)
class Open:
    """It cannot be known; ``why`` says so in words.

    ``inside`` is the owner whose own code makes names at run time: a name that stands nowhere in the project's code is
    not made by it either. It is None where another package decides.
    """

    why: str
    inside: Found | None = None


Resolution = Found | Absent | Open


def resolve(index: Index, dotted: str) -> Resolution:
    """Resolve an absolute dotted name whose first component is a module of the project."""
    parts = dotted.split(".")
    if not index.is_own(parts[0]):
        return Open(f"`{parts[0]}` is not a module of this project")
    # What more follows upon can only be the module where there is one, whatever else its package calls by that name.
    last = len(parts) - 1
    first = next((n for n in range(last, 1, -1) if index.module(".".join(parts[:n]))), 1)
    if any(_is_rebound(index, parts, n) for n in range(2, first + 1)):
        first = 1
    where = _walk(index, parts, first)
    return _walk(index, parts, 1) if isinstance(where, Absent) and first > 1 else where


def _is_rebound(index: Index, parts: list[str], count: int) -> bool:
    """The package itself binds the name of its submodule to something else, by an import."""
    package, name = ".".join(parts[: count - 1]), parts[count - 1]
    for path in index.module(package)[:1]:
        facts = index.facts(path)
        for imported in facts.imports if facts else ():
            if imported.name == name:
                source = absolute(imported, package, path)
                target = f"{source}.{imported.attribute}" if imported.attribute else source
                return target != f"{package}.{name}"
    return False


def resolve_module(index: Index, dotted: str) -> Resolution:
    """What an import statement finds under a module's name: the module, whatever its package calls by that name."""
    if not index.is_own(dotted.partition(".")[0]):
        return Open(f"`{dotted.partition('.')[0]}` is not a module of this project")
    found = _module(index, dotted)
    if isinstance(found, Found):
        return found
    answer = resolve(index, dotted)
    return _unmade(index, dotted.split(".")) or answer if isinstance(answer, Open) else answer


def _unmade(index: Index, parts: list[str]) -> Absent | None:
    """The submodule that is missing where its package only has a ``__getattr__``: that makes attributes, no modules."""
    for n in range(len(parts) - 1, 0, -1):
        package, name = ".".join(parts[:n]), parts[n]
        for path in index.module(package)[:1]:
            facts = index.facts(path)
            if facts is None or facts.flags != ("getattr",) or not path.endswith("/__init__.py"):
                return None
            is_bound = any(imported.name in (name, "*") for imported in facts.imports)
            if is_bound or index.symbols(path, name) or index.symbols(path, "__path__"):
                return None
            if _is_compiled(index, path) or _is_built(index, (path,), name):
                return None
            return Absent(Found(path, None, package), name, package)
    return None


def _walk(index: Index, parts: list[str], first: int) -> Resolution:
    """Go on from the module that the ``first`` parts name, attribute by attribute."""
    where: Resolution = _module(index, ".".join(parts[:first]))
    for i, part in enumerate(parts[first:], first):
        if not isinstance(where, Found):
            return where
        where = member(index, where, part, ".".join(parts[:i]))
    return where


def _module(index: Index, name: str) -> Resolution:
    paths = index.module(name)
    if paths:
        return Found(paths[0], None, name)
    if index.is_namespace(name):
        return Found("", None, name)
    return Open(f"`{name}` is not a module of this project")


def member(index: Index, owner: Found, name: str, prefix: str = "", hops: int = 0) -> Resolution:
    """An attribute of a module or class."""
    if hops > _MAX_HOPS:
        return Open("too many re-exports")
    if owner.symbol is None:
        return _module_member(index, owner, name, prefix, hops)
    if owner.symbol.kind == "class":
        return class_member(index, owner, name, prefix, hops)
    if owner.symbol.kind in ("variable", "constant", "attribute", "field", "alias"):
        target = _aliased(index, owner, hops)
        if target is not None:
            return member(index, target, name, prefix, hops + 1)
    return Open(f"the type of `{owner.symbol.name}` is not known")


def _aliased(index: Index, owner: Found, hops: int) -> Found | None:
    """``X = Y`` at module level, where ``Y`` is a plain name of a class: an alias."""
    symbol = owner.symbol
    if symbol is None or "." in symbol.name or not _is_dotted(symbol.value):
        return None
    found = in_scope(index, owner.path, symbol.value, hops + 1)
    return found if isinstance(found, Found) and found.symbol is not symbol else None


def _module_member(index: Index, owner: Found, name: str, prefix: str, hops: int) -> Resolution:
    paths = index.module(owner.module) if owner.module else (owner.path,)
    answer = _in_files(index, paths, name, owner.module, hops)
    if isinstance(answer, Found):
        return answer
    unknown = answer
    if owner.module:
        submodule = _module(index, f"{owner.module}.{name}")
        if isinstance(submodule, Found):
            return submodule
    if name.startswith("__") and name.endswith("__"):
        return Open("a name that every module has")
    if not owner.path and _groups_packages(index, owner.module):
        return Open(f"another distribution may add to `{owner.module}`")
    if unknown is None and any(_is_compiled(index, path) for path in paths):
        return Open(f"`{owner.module}` is compiled")
    if unknown is None and owner.module and _is_built(index, paths, name):
        unknown = Open(f"`{name}` is built, not written in Python")
    return unknown or Absent(owner, name, prefix)


def _in_files(index: Index, paths: tuple[str, ...], name: str, module: str, hops: int) -> Found | Open | None:
    """What a module's own statements bind ``name`` to; None where they surely bind it to nothing."""
    unknown: Open | None = None
    for path in paths:
        symbols = index.symbols(path, name)
        if symbols:
            return Found(path, preferred(symbols))
        facts = index.facts(path)
        if facts is None:
            unknown = Open(f"`{path}` was not read")
            continue
        answer = _imported(index, path, facts, name, module, hops)
        if isinstance(answer, Found):
            return answer
        unknown = unknown or answer
        if facts.flags:
            inside = Found(path, None, module) if facts.flags == ("getattr",) else None
            unknown = unknown or Open(f"`{path}` makes names at run time or has syntax errors", inside)
    return unknown


def _is_compiled(index: Index, path: str) -> bool:
    """A stub, or a module, beside a source that is compiled: more may be in there than Python shows."""
    folder, _, base = path.rpartition("/")
    names = index.listing_of(folder)
    return any(f"{base.partition('.')[0]}{ending}" in names for ending in (".pyx", ".rs", ".c", ".cpp"))


def _groups_packages(index: Index, namespace: str) -> bool:
    """A namespace that holds packages is shared between distributions (PEP 420); one of plain modules is a folder."""
    depth = namespace.count(".") + 1
    return any(
        name.startswith(namespace + ".") and name.count(".") == depth and paths[0].endswith("/__init__.py")
        for name, paths in index.layout.modules.items()
    )


def _is_built(index: Index, paths: tuple[str, ...], name: str) -> bool:
    """An extension module, a generated file, or a folder of other sources stands where the module would be."""
    folders = [p.rpartition("/")[0] for p in paths if p.endswith(("/__init__.py", "/__init__.pyi"))]
    for folder in folders:
        for base in index.listing_of(folder):
            stem = base.partition(".")[0]
            if stem in (name, "_" + name) and not base.endswith((".py", ".pyi")):
                return True
    return name.lstrip("_") in ("version", "generated", "build", "about")


def _imported(  # noqa: PLR0913, PLR0917 - a name, and where it is looked for
    index: Index, path: str, facts: CodeFacts, name: str, module: str, hops: int
) -> Found | Open | None:
    """What an import statement of the file binds ``name`` to; None where no import can."""
    unknown: Open | None = None
    for imported in facts.imports:
        if imported.name not in (name, "*"):
            continue
        source = absolute(imported, module, path)
        if imported.name == "*":
            if source is None or not index.is_own(source.partition(".")[0]):
                unknown = Open(f"`{path}` imports * from another package")
                continue
            answer = _star(index, source, name, hops)
            if isinstance(answer, Found):
                return answer
            unknown = unknown or answer
            continue
        if source is None:
            return Open("a relative import that leaves the package")
        target = f"{source}.{imported.attribute}" if imported.attribute else source
        if not index.is_own(target.partition(".")[0]):
            return Open(f"`{name}` comes from `{source}`")
        answer2 = _from_import(index, source, imported.attribute, hops)
        return answer2 if isinstance(answer2, Found) else Open(f"`{name}` is imported from `{source}`")
    return unknown


def _from_import(index: Index, source: str, attribute: str, hops: int) -> Resolution:
    """``from source import attribute``: what the module binds comes before a submodule of that name."""
    if not attribute:
        return _follow(index, source, hops)
    module = _module(index, source)
    if isinstance(module, Found) and hops < _MAX_HOPS:
        return _module_member(index, module, attribute, "", hops + 1)
    return _follow(index, f"{source}.{attribute}", hops)


def _follow(index: Index, dotted: str, hops: int) -> Resolution:
    parts = dotted.split(".")
    # The longest prefix that is a module wins over an attribute of the same name.
    for end in range(len(parts), 0, -1):
        where = _module(index, ".".join(parts[:end]))
        if isinstance(where, Found):
            answer: Resolution = where
            for part in parts[end:]:
                if not isinstance(answer, Found):
                    return answer
                answer = member(index, answer, part, "", hops + 1)
            return answer
    return Open(f"`{dotted}` is not in this project")


def _star(index: Index, source: str, name: str, hops: int) -> Found | Open | None:
    paths = index.module(source)
    if not paths:
        return Open(f"`{source}` was not found")
    facts = index.facts(paths[0])
    if facts is None:
        return Open(f"`{paths[0]}` was not read")
    if facts.exports is not None and name not in facts.exports:
        return None
    if facts.exports is None and name.startswith("_"):
        return None
    answer = _module_member(index, Found(paths[0], None, source), name, "", hops + 1) if hops < _MAX_HOPS else None
    if isinstance(answer, Absent):
        return None
    if isinstance(answer, Found) and answer.symbol is None and all(i.name != name for i in facts.imports):
        return None  # a submodule that the module itself does not import
    return answer


def absolute(imported: Import, module: str, path: str) -> str | None:
    """The absolute dotted module of an import statement in ``module``."""
    if not imported.level:
        return imported.module
    base = module.split(".")
    if not path.endswith(("__init__.py", "__init__.pyi")):
        base = base[:-1]
    base = base[: len(base) - (imported.level - 1)] if imported.level > 1 else base
    if not base or not base[0]:
        return None
    return ".".join([*base, imported.module] if imported.module else base)


def in_scope(index: Index, path: str, dotted: str, hops: int = 0) -> Resolution:
    """A name as the code of ``path`` sees it."""
    if hops > _MAX_HOPS:
        return Open("too many hops")
    first, _, rest = dotted.partition(".")
    module = index.module_name(path)
    symbols = index.symbols(path, first)
    where: Resolution
    if symbols:
        where = Found(path, preferred(symbols))
    elif module:
        where = _module_member(index, Found(path, None, module), first, "", hops + 1)
    else:
        return Open(f"`{first}` is not defined in `{path}`")
    for part in rest.split(".") if rest else ():
        if not isinstance(where, Found):
            return where
        where = member(index, where, part, "", hops + 1)
    return where


def preferred(symbols: list[Symbol]) -> Symbol:
    """Of several definitions of one name: the implementation rather than an overload, a property's getter first."""
    plain = [s for s in symbols if "overload" not in s.flags]
    return plain[-1] if plain and plain[-1].kind in ("function", "method") else (plain or symbols)[0]


def class_member(index: Index, owner: Found, name: str, prefix: str = "", hops: int = 0) -> Resolution:
    """An attribute of a class, through the bases that are ours; Open when some base is not."""
    cls = owner.symbol
    if cls is None or hops > _MAX_HOPS:
        return Open("too many bases")
    symbols = index.symbols(owner.path, f"{cls.name}.{name}")
    if symbols:
        return Found(owner.path, preferred(symbols), owner=cls)
    unknown: Open | None = None
    for base in ancestors(index, owner, hops):
        if isinstance(base, Open):
            unknown = unknown or base
            continue
        if isinstance(base, frozenset):
            if name in base:
                return Open("a member of a standard base")
            continue
        base_symbol = base.symbol
        inherited = index.symbols(base.path, f"{base_symbol.name}.{name}") if base_symbol else []
        if inherited:
            return Found(base.path, preferred(inherited), owner=cls)
    unknown = unknown or _open_class(index, owner)
    if unknown is not None:
        # Where another package has a say, it wins over what our own code makes at run time.
        others = [base for base in ancestors(index, owner, hops) if isinstance(base, Open) and base.inside is None]
        return others[0] if others else Open(unknown.why, owner if unknown.inside else None)
    if name.startswith("__") and name.endswith("__"):
        return Open("a name that every class has")
    return Absent(owner, name, prefix)


def _open_class(index: Index, owner: Found) -> Open | None:
    cls = owner.symbol
    if cls is None:
        return None
    for decorator in cls.decorators:
        name = decorator.partition("(")[0].strip()
        if name.rpartition(".")[2] not in TRANSPARENT_CLASS_DECORATORS:
            is_ours = isinstance(in_scope(index, owner.path, name), Found)
            return Open(f"`@{decorator}` may add members", owner if is_ours else None)
    if "open" in cls.flags:
        return Open(f"members of `{cls.name}` are made at run time", owner)
    facts = index.facts(owner.path)
    if facts is None or "errors" in facts.flags:
        return Open(f"`{owner.path}` has syntax errors")
    if _is_compiled(index, owner.path):
        return Open(f"`{owner.path}` is only the stub of a compiled module")
    return None


def ancestors(index: Index, owner: Found, hops: int = 0) -> list[Found | Open | frozenset[str]]:
    """The bases of a class, nearest first: ours, a set of known members for standard ones, or Open."""
    found: list[Found | Open | frozenset[str]] = []
    seen = {(owner.path, owner.symbol.name if owner.symbol else "")}
    queue = [(owner, hops)]
    while queue:
        cls, depth = queue.pop(0)
        if cls.symbol is None:
            continue
        if depth > _MAX_HOPS:
            found.append(Open("too many bases"))
            break
        for base in cls.symbol.bases:
            answer = _base(index, cls, base, depth)
            if isinstance(answer, Found) and answer.symbol is not None:
                key = (answer.path, answer.symbol.name)
                if key in seen:
                    continue
                seen.add(key)
                unknown = _open_class(index, answer)
                if unknown is not None:
                    found.append(unknown)
                queue.append((answer, depth + 1))
            found.append(answer)
    return found


def _base(index: Index, cls: Found, base: str, hops: int) -> Found | Open | frozenset[str]:
    if "=" in base:
        key, _, value = base.partition("=")
        if key.strip() == "metaclass" and value.strip().rpartition(".")[2] != "ABCMeta":
            meta = in_scope(index, cls.path, value.strip(), hops + 1)
            if isinstance(meta, Found) and meta.symbol is not None and "plain-metaclass" in meta.symbol.flags:
                known = index.members(meta.path, meta.symbol.name)
                return frozenset(s.name.rpartition(".")[2] for s in known)
            is_ours = isinstance(meta, Found)
            return Open(f"`{cls.symbol.name if cls.symbol else ''}` has a metaclass", cls if is_ours else None)
        return frozenset()
    name = base.partition("[")[0].strip()
    if not _is_dotted(name):
        return Open(f"the base `{base}` is computed")
    scope_prefix = cls.symbol.name.rpartition(".")[0] if cls.symbol else ""
    if scope_prefix:
        nested = index.symbols(cls.path, f"{scope_prefix}.{name}")
        if nested and nested[0].kind == "class":
            return Found(cls.path, nested[0])
    answer = in_scope(index, cls.path, name, hops + 1)
    if isinstance(answer, Found):
        if answer.symbol is not None and answer.symbol.kind != "class":
            aliased = _aliased(index, answer, hops)
            return aliased if aliased and aliased.symbol and aliased.symbol.kind == "class" else Open(f"`{name}`")
        return answer if answer.symbol is not None else Open(f"`{name}` is a module")
    return _standard_base(index, cls.path, name) or Open(f"the base `{name}` is not in this project")


def _standard_base(index: Index, path: str, name: str) -> frozenset[str] | None:
    last = name.rpartition(".")[2]
    if _imports_own(index, path, name.partition(".")[0]):
        return None
    if last in _ENUM_BASES:
        return _ENUM_MEMBERS | frozenset(dir(str)) | frozenset(dir(int))
    if last in ("NamedTuple", "TypedDict"):
        return _TUPLE_MEMBERS | frozenset(dir(dict))
    if last in _CLOSED_BASES:
        return frozenset(dir(_CLOSED_BASES[last]))
    known = getattr(builtins, name, None)
    if isinstance(known, type):
        return frozenset(dir(known))
    return None


def _imports_own(index: Index, path: str, name: str) -> bool:
    facts = index.facts(path)
    if facts is None:
        return True
    for imported in facts.imports:
        if imported.name == name:
            return bool(imported.level) or imported.module.partition(".")[0] not in sys.stdlib_module_names
    return False


def _is_dotted(text: str) -> bool:
    return bool(text) and all(part.isidentifier() for part in text.split("."))
