"""All routes of a project with their whole paths: what the files declare, joined along mounts and prefixes."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from vt_lsp.code.routes import ANY, joined
from vt_lsp.models import Import
from vt_lsp.workspace.resolver import Found, absolute, in_scope, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vt_lsp.models import Declared
    from vt_lsp.workspace.index import Index

Node = tuple[str, str]  # a file, and the variable in it that routes hang on
Fit = Literal["yes", "maybe", "no"]

_DEEP = 8  # mounts one in another
_PREFIXES = 6  # places where one router is mounted
_WHOLE = frozenset({"{}", "{?}"})
_APP = frozenset({"app", "application", "server", "api", "web_app", "fastapi_app", "flask_app"})
_UNKNOWN = "**"
_BRACKETED = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\{\{[^{}]*\}\}|\$?\{[^{}]*\}")
_ID = re.compile(r"(?:id|uuid|pk|slug|key|hash|token|number|name|code|email|date)s?$", re.IGNORECASE)
_VALUE = re.compile(r"\d|^[A-Z_]{2,}$|^\$|(?i:^(?:your|my|some|example|abc|foo|bar))")
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|testing|examples?|samples?|docs?|docs_src|scripts|tools|benchmarks?|demos?)/|(?:^|/)test_[^/]*$|conftest"
)
OUTER = re.compile(r"apis?|rest|v\d[\w.]*|backend|server|public|internal")


@dataclass(frozen=True, slots=True)
class Route:
    """One route: its whole path cut into segments, its methods (``*``: any), its file, and its handler there."""

    segments: tuple[str, ...]
    methods: frozenset[str]
    path: str
    handler: str
    is_product: bool

    @property
    def text(self) -> str:
        """The path as people write it, without what could not be read."""
        return "/" + "/".join(segment for segment in self.segments if segment != _UNKNOWN)


@dataclass(slots=True)
class RouteTable:
    """All routes of a project, and what was asked of them."""

    routes: tuple[Route, ...] = ()
    has_product: bool = False  # the product itself declares routes, and not just its tests and examples
    words: frozenset[str] = frozenset()  # the literal segments of the product's routes
    owners: frozenset[str] = frozenset()  # those before a parameter
    _found: dict[tuple[str, ...], tuple[tuple[Route, ...], tuple[Route, ...]]] = field(default_factory=dict)
    _shares: dict[tuple[str, ...], tuple[int, int]] = field(default_factory=dict)
    _meant: dict[tuple[str, ...], frozenset[Route]] = field(default_factory=dict)

    def find(self, path: str) -> tuple[tuple[Route, ...], tuple[Route, ...]]:
        """The routes that a written path surely means, and those that it may mean."""
        segments = self.written(path)
        known = self._found.get(segments)
        if known is None:
            fits = [(route, fit_of(segments, route.segments)) for route in self.routes]
            sure = tuple(route for route, fit in fits if fit == "yes")
            known = self._found[segments] = sure, tuple(r for r, fit in fits if fit == "maybe" and r.is_product)
        return known

    def written(self, path: str) -> tuple[str, ...]:
        """The segments of a written path; a parameter that the project has there, too, stands for a value."""
        parts = segments_of(path)
        return tuple(
            "{}" if part == "{?}" and n and parts[n - 1] in self.owners else part for n, part in enumerate(parts)
        )

    def share(self, paths: tuple[str, ...]) -> tuple[int, int]:
        """How many of these paths are surely served, and of how many that is known."""
        known = self._shares.get(paths)
        if known is None:
            fits = [self.find(path) for path in paths]
            known = self._shares[paths] = sum(bool(sure) for sure, _ in fits), sum(bool(s or not m) for s, m in fits)
        return known

    def meant(self, paths: tuple[str, ...]) -> frozenset[Route]:
        """The routes that some of these paths surely mean."""
        known = self._meant.get(paths)
        if known is None:
            known = self._meant[paths] = frozenset(route for path in paths for route in self.find(path)[0])
        return known


def segments_of(path: str) -> tuple[str, ...]:
    """The segments of a path in any notation, without query and fragment; ``{}`` or ``{?}`` is a parameter."""
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    return tuple(_segment(part) for part in path.split("/") if part)


def _segment(part: str) -> str:
    if part == _UNKNOWN or (part.startswith("{") and part.endswith(":path}")):
        return part if part == _UNKNOWN else "{*}"
    if part.startswith((":", "$")) and len(part) > 1:
        return _parameter(part)
    part = _BRACKETED.sub(lambda match: _parameter(match[0]), part)
    return "{?}" if part.count("{?}") and not part.strip("{?}") else part.replace("{?}", "{}")


def _parameter(written: str) -> str:
    """``{}`` for what surely stands for a value, ``{?}`` for what may stand for one of several words."""
    return "{}" if _ID.search(written.strip("<>{}[]:$ ")) else "{?}"


def fit_of(written: tuple[str, ...], route: tuple[str, ...]) -> Fit:
    """Whether a written path means a route.

    Either may lack the prefix that a proxy or a base address adds; a catch-all of the whole site is no route.
    """
    if route and not any(part not in {_UNKNOWN, "{*}"} for part in route):
        return "maybe" if _UNKNOWN in route else "no"
    fit = _fit(written, route)
    if fit == "yes":
        return fit
    if any(_is_literal(part) for part in written):
        over = len(route) - len(written)
        if over > 0 and any(map(_is_literal, route[over:])) and (further := _fit(written, route[over:])) != "no":
            return further if all(map(_is_literal, route[:over])) else "maybe"
    for start in range(1, len(written)):
        if not OUTER.fullmatch(written[start - 1]):
            break
        if any(map(_is_literal, route)) and (further := _fit(written[start:], route)) != "no":
            return further
    return fit


def _is_literal(part: str) -> bool:
    return "{" not in part and part != _UNKNOWN


def _fit(written: tuple[str, ...], route: tuple[str, ...]) -> Fit:
    if not route:
        return "yes" if not written else "no"
    last = route[-1]
    if last in {_UNKNOWN, "{*}"}:
        if len(route) == 1 or (last == "{*}" and written):
            return _prefix_fit(written, route, last)
        return _prefix_fit(written, route, last)
    if not written:
        return "yes" if route == (_UNKNOWN,) else "no"
    here = _segment_fit(written[-1], last)
    if here == "no":
        return "no"
    if route[:-1] == (_UNKNOWN,):  # an unknown prefix: a suffix is enough
        return here if any(map(_is_literal, (last,))) or len(written) > 1 else "maybe"
    before = _fit(written[:-1], route[:-1])
    return before if here == "yes" else "maybe" if before != "no" else "no"


def _prefix_fit(written: tuple[str, ...], route: tuple[str, ...], last: str) -> Fit:
    """The route ends in any number of segments."""
    for count in range(len(written) + 1):
        fit = _fit(written[:count], route[:-1]) if len(route) > 1 else "yes" if not count else "no"
        if fit != "no":
            return "yes" if last == "{*}" and fit == "yes" and count < len(written) else "maybe"
    return "no"


def _segment_fit(written: str, declared: str) -> Fit:
    if written == declared:
        return "yes"
    if "{" in declared:
        if "{" in written:
            return "yes" if written in _WHOLE or declared in _WHOLE else "maybe"
        pattern = ".+".join(map(re.escape, declared.replace("{?}", "{}").split("{}")))
        if not re.fullmatch(pattern, written):
            return "no"
        return "yes" if declared not in _WHOLE or _VALUE.search(written) else "maybe"
    return "maybe" if "{" in written and written != "{}" else "no"


# --------------------------------------------------------------------------------------------------------- the joining


def join_routes(index: Index) -> RouteTable:
    """The routes of all files; the index notes no question, :meth:`Index.routes` stands for all of them."""
    mounts, routes = index.all_declared("mount"), index.all_declared("route")
    routers = {(path, one.name): one for path, one in index.all_declared("router")}
    nodes = {(path, one.owner) for path, one in (*routes, *mounts)} | routers.keys()
    edges: dict[Node, list[tuple[Node, str]]] = {}
    lost = []  # where something of ours, nobody knows what, is mounted
    extra = []
    for path, one in mounts:
        target = _target(index, path, one.name, nodes)
        if target is not None and target != (path, one.owner):
            edges.setdefault(target, []).append(((path, one.owner), one.detail))
        elif target is None and one.name == "?":
            extra.append((path, one))
        elif target is None and _is_ours(index, path, one.name):
            lost.append((path, one))
        else:
            extra.append((path, one))
    joiner = _Joiner(routers, edges)
    orphans = any(joiner.is_orphan(node) for node in nodes)
    found: list[Route] = []
    for path, one in routes:
        found += _routes(index, path, one, one.name, joiner.prefixes((path, one.owner)))
    for path, one in extra if orphans and not lost else (*extra, *lost):
        if one.name == "?" and orphans and not one.detail.strip("/"):
            continue  # the loop that mounts what is mounted nowhere else
        found += _routes(
            index, path, one, joined(one.detail.removeprefix("="), _UNKNOWN), joiner.prefixes((path, one.owner))
        )
    return _table(tuple(dict.fromkeys(found)))


def _table(routes: tuple[Route, ...]) -> RouteTable:
    words = {part for route in routes if route.is_product for part in route.segments if _is_literal(part)}
    words = {word for word in words if not OUTER.fullmatch(word)}
    pairs = [pair for route in routes if route.is_product for pair in itertools.pairwise(route.segments)]
    owners = frozenset(before for before, part in pairs if part in _WHOLE and _is_literal(before))
    return RouteTable(routes, any(route.is_product for route in routes), frozenset(words), owners)


def _routes(index: Index, path: str, one: Declared, name: str, prefixes: Iterable[str]) -> Iterator[Route]:
    said, _, handler = one.detail.partition(" ") if one.kind == "route" else (ANY, "", "")
    methods = frozenset(said.split(","))
    for prefix in prefixes:
        is_product = path in index.layout.primary or not _ASIDE.search(path)
        yield Route(segments_of(joined(prefix, name)), methods, path, handler, is_product)


def _target(index: Index, path: str, name: str, nodes: set[Node]) -> Node | None:
    """The node that a mount names, of which something is known."""
    if name == "?":
        return None
    module, colon, rest = name.partition(":")
    if not colon:
        if (path, name) in nodes:
            return path, name
        found = in_scope(index, path, name)
        if not isinstance(found, Found) and (imported := _imported(index, path, name)):
            return _by_file(index, imported, nodes)
    else:
        level = len(module) - len(module.lstrip("."))
        dotted = absolute(Import("", module.lstrip("."), rest, level), index.module_name(path), path)
        if dotted is None:
            return None
        found = resolve(index, f"{dotted}.{rest}")
        if not isinstance(found, Found) and (node := _by_file(index, f"{dotted}.{rest}", nodes)):
            return node
        if not isinstance(found, Found) and (files := index.module(dotted)):
            return (files[0], rest) if (files[0], rest) in nodes else None
    if not isinstance(found, Found):
        return None
    node = found.path, found.symbol.name if found.symbol is not None else "urlpatterns"
    return node if node in nodes else None


def _imported(index: Index, path: str, name: str) -> str:
    """The dotted name that an absolute import of a file gives a name."""
    first, dot, rest = name.partition(".")
    facts = index.code.get(path)
    for one in facts.imports if facts is not None else ():
        if one.name == first and not one.level:
            return f"{one.module}{'.' if one.attribute else ''}{one.attribute}{dot}{rest}"
    return ""


def _by_file(index: Index, dotted: str, nodes: set[Node]) -> Node | None:
    """The node of a dotted name whose first folder is on no path that is known: the one file that ends so."""
    parts = dotted.split(".")
    for count in range(len(parts) - 1, 0, -1):
        ends = "/" + "/".join(parts[:count]) + ".py"
        files = [path for path in index.paths_named(f"{parts[count - 1]}.py") if f"/{path}".endswith(ends)]
        if len(files) == 1 and (node := (files[0], ".".join(parts[count:]))) in nodes:
            return node
    return None


def _is_ours(index: Index, path: str, name: str) -> bool:
    module, colon, _ = name.partition(":")
    if colon:
        return module.startswith(".") or index.is_own(module.partition(".")[0])
    first = name.partition(".")[0]
    facts = index.code.get(path)
    imported = next((i for i in facts.imports if i.name == first), None) if facts else None
    return imported is None or bool(imported.level) or index.is_own(imported.module.partition(".")[0])


class _Joiner:
    def __init__(self, routers: dict[Node, Declared], edges: dict[Node, list[tuple[Node, str]]]) -> None:
        self._routers = routers
        self._edges = edges
        self._known: dict[Node, tuple[str, ...]] = {}

    def is_orphan(self, node: Node) -> bool:
        """A router that nobody was seen to mount."""
        return node not in self._edges and not self._is_root(node)

    def _is_root(self, node: Node) -> bool:
        router = self._routers.get(node)
        if router is not None:
            return router.owner == "app"
        return node[1].rpartition(".")[2] in _APP or node[1] in {"", "urlpatterns", "routes"}

    def prefixes(self, node: Node, depth: int = 0) -> tuple[str, ...]:
        """All the prefixes under which what hangs on the node is reached."""
        known = self._known.get(node)
        if known is not None:
            return known
        self._known[node] = (_UNKNOWN,)  # while mounts lead around in a circle
        router = self._routers.get(node)
        own = router.detail if router is not None else ""
        found: dict[str, None] = {}
        for above, detail in self._edges.get(node, ()) if depth < _DEEP else ():
            inner = detail[1:] if detail.startswith("=") else joined(detail, own)
            found |= dict.fromkeys(joined(outer, inner) for outer in self.prefixes(above, depth + 1))
        if not found:
            found = {own if self._is_root(node) else joined(_UNKNOWN, own): None}
        self._known[node] = tuple(found)[:_PREFIXES]
        return self._known[node]
