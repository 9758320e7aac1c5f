"""Which dotted module names a Python file answers to, and which files are the product's own code.

Layouts understood: packages at the root, ``src/`` layouts, several distributions in one repository (each folder with a
``pyproject.toml``, ``setup.py`` or ``setup.cfg`` is a root, and so is its ``src``), namespace packages (PEP 420).
"""

from __future__ import annotations

from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

# Code below such folders, or packages of these names at a root, serves the product but is not the product:
# what documents say of it is about examples and tests.
SECONDARY = frozenset(
    "docs doc docs_src documentation examples example samples sample tutorial tutorials tests test testing "
    "benchmarks benchmark bench demo demos scripts tools ci .github contrib e2e integration sandbox playground "
    "playgrounds experiments experimental-scripts prototypes snippets".split()
)
# Inside a package such names also stand for a part of the product: its tools, its integrations.
_ALSO_PARTS = frozenset({"tools", "contrib", "integration"})
_PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
_PLAIN_ROOTS = ("", "src", "lib", "python")


@dataclass(frozen=True, slots=True)
class Layout:
    """How module names map to files: ``modules`` for every dotted name, ``namespaces`` the folders without a file."""

    modules: dict[str, tuple[str, ...]]
    namespaces: frozenset[str]
    tops: frozenset[str]  # first components of the product's own modules
    primary: frozenset[str]  # files of the product itself
    names: dict[str, str]  # the dotted name of each file, as its own package sees it


def is_project_file(path: str) -> bool:
    """The file makes its folder a root of packages."""
    return path.endswith(_PROJECT_FILES) and path.rpartition("/")[2] in _PROJECT_FILES


def source_roots(files: Iterable[str], extra: Collection[str] = ()) -> tuple[str, ...]:
    """Folders from which modules are named, shortest first; ``""`` is the workspace root."""
    found = {*_PLAIN_ROOTS, *(root.strip("/") for root in extra)}
    for path in filter(is_project_file, files):
        folder = dirname(path)
        if folder:
            found.update((folder, f"{folder}/src"))
    return tuple(sorted(found, key=len))


def layout(code: Collection[str], roots: Collection[str]) -> Layout:
    """Name every Python file of ``code`` (relative paths with ``/``)."""
    packages = {dirname(path) for path in code if path.endswith(("/__init__.py", "/__init__.pyi"))}
    modules: dict[str, list[str]] = {}
    namespaces: set[str] = set()
    tops: set[str] = set()
    primary: set[str] = set()
    own_names: dict[str, str] = {}
    # Where there are packages, loose scripts beside them are tools.
    main = [package for package in packages if not any(map(_is_secondary, package.split("/")))]
    has_packages = bool(main)
    is_rooted = any(_climb(package, packages) in roots for package in main)
    folders: dict[str, _Folder] = {}
    for path in sorted(code, key=_by_preference):
        name = path.rpartition("/")[0]
        folder = folders.get(name)
        if folder is None:
            folder = folders[name] = _folder(name, packages, roots, is_rooted=is_rooted)
        names = {name for base in folder.bases if (name := _dotted(path, base))}
        for name in names:
            modules.setdefault(name, []).append(path)
            while "." in name:
                name = name.rpartition(".")[0]  # noqa: PLW2901 - climbs to the parents
                namespaces.add(name)
        own = _dotted(path, folder.own)
        if own:
            own_names[path] = own
        top = own.partition(".")[0]
        if not folder.is_secondary and not _is_secondary(top) and (folder.is_packaged or not has_packages):
            primary.add(path)
            tops.add(top)
    return Layout(
        {name: tuple(paths) for name, paths in modules.items()},
        frozenset(namespaces - modules.keys()),
        frozenset(tops - {"", "setup", "conftest", "noxfile", "tasks", "fabfile", "manage", "__init__", "__main__"}),
        frozenset(primary),
        own_names,
    )


def _is_secondary(name: str) -> bool:
    # Braces: the template of somebody else's project.
    return (
        name in SECONDARY or "{{" in name or name.endswith(("_tests", "-tests", "_examples", "-examples", "_samples"))
    )


def _by_preference(path: str) -> tuple[bool, bool, int, str]:
    # The product before tests and examples, sources before stubs, shallow before deep.
    return bool(SECONDARY.intersection(path.split("/")[:-1])), path.endswith(".pyi"), path.count("/"), path


@dataclass(frozen=True, slots=True)
class _Folder:
    """What the files of one folder have in common: the folders from which they are named, first of all ``own``."""

    bases: frozenset[str]
    own: str
    is_secondary: bool
    is_packaged: bool  # in or below a package, or in a root of its own: no loose script


def _climb(path: str, packages: set[str]) -> str:
    """The folder that holds the topmost package of a folder."""
    while path in packages and path:
        path = dirname(path)
    return path


def _part_of(path: str, packages: set[str]) -> str:
    """The package of which a folder without an ``__init__.py`` is a part, as its code is imported; else the folder."""
    within = next((above for above in reversed(_ancestors(path)) if above in packages), "")
    inner = path[len(within) + 1 :].split("/") if within else []
    return path if any(_is_secondary(name) and name not in _ALSO_PARTS for name in inner) else within or path


def _folder(path: str, packages: set[str], roots: Collection[str], *, is_rooted: bool) -> _Folder:
    base = _climb(_part_of(path, packages), packages)
    above = [root for root in roots if base == root or _is_below(base, root)]
    is_source = any(root.rpartition("/")[2] == "src" and base != root for root in above)
    if base not in roots and (is_source or (is_rooted and base != path)):
        # A namespace package (PEP 420), or a package that lies aside: named from the root above it alone.
        base = max(above, key=len)
    is_named = base != path or base in roots
    bases = {root for root in roots if _is_below(base, root)} | ({base} if is_named else set())
    is_packaged = base != path or (bool(path) and path in roots) or any(f in packages for f in _ancestors(path))
    return _Folder(frozenset(bases), base if is_named else "", any(map(_is_secondary, base.split("/"))), is_packaged)


def _ancestors(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]


def _is_below(folder: str, root: str) -> bool:
    return not root or folder == root or folder.startswith(root + "/")


def _dotted(path: str, base: str) -> str:
    stem = path[len(base) + 1 if base else 0 :].rpartition(".")[0]
    name = stem.removesuffix("__init__").rstrip("/").replace("/", ".")
    return name if all(part.isidentifier() for part in name.split(".")) else ""
