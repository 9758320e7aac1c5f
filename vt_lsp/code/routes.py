"""The routes that a Python file declares: FastAPI, Starlette, Flask, Django and its REST framework, aiohttp, Litestar.

Paths come in one notation: ``/orders/{order_id}`` for a parameter, ``{name:path}`` for one that takes slashes, and
``**`` for what is computed and may be any number of segments. Which router hangs on which is joined by
:mod:`vt_lsp.workspace.routes`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from vt_lsp.code.calls import UNKNOWN, Brackets, string_list, string_value
from vt_lsp.models import CodeFacts, Declared, Symbol

if TYPE_CHECKING:
    from vt_lsp.code.calls import Call

ANY: Final = "*"
"""The methods of a route that may take all of them, or takes some that are not told."""

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options", "trace", "websocket")
_SIGNS: Final = (
    *("route", "routes", "router", "APIRouter", "FastAPI", "Flask", "Blueprint", "Starlette", "Route", "Mount"),
    *("include_router", "register_blueprint", "add_url_rule", "add_resource", "RouteTableDef", "aiohttp", "litestar"),
    *("urlpatterns", "NinjaAPI", "add_router", "fastapi", "flask", "quart", "Quart", "app", "api", "bp"),
)  # fmt: skip
_APPS = frozenset({"FastAPI", "Flask", "Quart", "Starlette", "Application", "NinjaAPI", "Litestar", "APIFlask"})
_ROUTERS = frozenset({"APIRouter", "Blueprint", "Router", "RouteTableDef", "Namespace", "Api", "APIBlueprint"})
_ADDERS = frozenset({"add_api_route", "add_route", "add_api_websocket_route", "add_websocket_route", "add_url_rule"})
_AIOHTTP = {f"add_{method}": method.upper() for method in _METHODS}
_INCLUDERS = frozenset(
    {"include_router", "register_blueprint", "mount", "add_subapp", "add_router", "add_routes", "add_namespace"}
)
_DJANGO = frozenset({"path", "re_path", "url"})
_CALL = re.compile(
    rb"(?<![\w.])(@?)((?:[A-Za-z_]\w*(?:\(\))?\.)*)("
    + "|".join(
        sorted({*_METHODS, *_APPS, *_ROUTERS, *_ADDERS, *_AIOHTTP, *_INCLUDERS, *_DJANGO}, key=len, reverse=True)
    ).encode()
    + rb"|route|api_route|add_resource|add_view|register|WebSocketRoute|APIRoute|Route|Mount)\s*\("
)
# Inside of brackets, where keywords stand, `=` has no blanks around it.
_ASSIGNED = re.compile(
    rb"^(?:[ \t]*(?=[\w.]+[ \t]*(?::[^=\n]*)? \+?= ))?((?:self\.|cls\.)?[A-Za-z_]\w*)(?:[ \t]*:[^=\n]+)?[ \t]*"
    rb"\+?=(?!=)",
    re.MULTILINE,
)
_BEFORE = re.compile(rb"((?:self\.|cls\.)?[A-Za-z_]\w*)(?:\s*:[^=\n]+)?\s*=\s*(?:await\s+)?\(?\s*\Z")
_DECORATED = re.compile(rb"^[ \t]*(async[ \t]+def|def|class)\b", re.MULTILINE)
_LOCAL = re.compile(rb"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]+(\([^()]*\)|[^\n(]+)", re.MULTILINE)
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CONSTANT = re.compile(r"[A-Za-z_]\w*")
_ANGLES = re.compile(r"<(?:([\w.]+)(?:\([^)]*\))?:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\\]|\\.|\([^()]*\))*\)|\((?!\?)(?:[^()\\]|\\.)*\)")
_NO_LITERAL = re.compile(r"[\\^$*+?|()\[\]]")
_MANY = frozenset({"path"})  # converters that take slashes
_NOBODY = Symbol("", "function", 0, 0, 0)
_LIMIT = 2000  # routes of one file


def read_routes(data: bytes, facts: CodeFacts) -> list[Declared]:
    """The routes, routers and mounts of a file; ``facts`` are those of the same text.

    A route's ``owner`` is the variable that it hangs on and ``detail`` its methods, joined by commas (``*``: any), and
    behind a blank its handler where that is known. A
    router's ``name`` is its variable, ``owner`` is ``app`` or ``router``, ``detail`` its own prefix. A mount's
    ``name`` is what is mounted, as the file writes it (``module:name`` for what a function imports or a string
    names, ``?`` for what is computed), ``owner`` where, ``detail`` the prefix there, behind a ``=`` where it
    replaces the router's own.
    """
    words = f" {facts.words} "
    if not any(f" {word} " in words for word in _SIGNS):
        return []
    if _CALL.search(data) is None:
        return []
    reading = _Reading(data, facts, words)
    reading.run()
    return reading.found[:_LIMIT]


def joined(prefix: str, path: str) -> str:
    """Two paths one behind the other."""
    return f"{prefix.rstrip('/')}/{path.lstrip('/')}" if path.strip("/") else prefix or path


class _Reading:
    def __init__(self, data: bytes, facts: CodeFacts, words: str) -> None:
        self.found: list[Declared] = []
        self._data = data
        self._facts = facts
        self._is_django = " urlpatterns " in words or " urls " in words
        self._is_rest = any(
            f" {word} " in words for word in ("DefaultRouter", "SimpleRouter", "NestedDefaultRouter", "rest_framework")
        )
        self._is_litestar = " litestar " in words or " starlite " in words
        self._is_aiohttp = " aiohttp " in words
        self._brackets = Brackets(data)
        self._constants = {s.name: s.value for s in facts.symbols if s.value and "." not in s.name}
        self._assigned = [(m.start(), m[1].decode()) for m in _ASSIGNED.finditer(data)] if data else []
        self._mounts: list[
            tuple[int, int, str]
        ] = []  # spans of calls that hold routes of their own, and their prefixes
        self._locals: dict[str, tuple[str, str]] = {}
        for match in _LOCAL.finditer(data):
            for part in match[2].decode("utf-8", "replace").strip("() \t\n").split(","):
                name, _, other = (word.strip() for word in part.partition(" as "))
                if name:
                    self._locals[other or name] = match[1].decode(), name

    def run(self) -> None:
        for match in _CALL.finditer(self._data):
            call = self._brackets.call(match.end() - 1)
            if call is None:
                continue
            owner, name = match[2].decode("utf-8", "replace").removesuffix("."), match[3].decode()
            self._call(match, call, owner, name)

    def _call(  # noqa: C901, PLR0912 - one kind of call a branch
        self, match: re.Match[bytes], call: Call, owner: str, name: str
    ) -> None:
        at = match.start(2)
        if name in _APPS | _ROUTERS and not match[1]:
            return self._router(match, call, name)
        if match[1]:
            if name in {*_METHODS, "route", "api_route"} and (owner or self._is_litestar):
                self._decorated(call, owner, name, at)
        elif name in _DJANGO and not owner:
            if self._is_django:
                self._django(call, name, at)
        elif name in _ADDERS and owner:
            default = "GET" if name in {"add_url_rule", "add_api_route"} and "as_view" not in str(call) else ANY
            return self._add(call, self._target(owner), call.get("methods"), default, at)
        elif name in _AIOHTTP and owner:
            self._add(call, self._target(owner), None, _AIOHTTP[name], at)
        elif name in _METHODS and owner == "web" and self._is_aiohttp:
            self._add(call, self._owner(at), None, name.upper(), at)
        elif name in {"Route", "APIRoute", "WebSocketRoute"}:
            default = "WEBSOCKET" if name == "WebSocketRoute" else ANY
            self._add(call, self._owner(at), call.get("methods"), default, at)
        elif name == "Mount":
            self._nested(call, at)
        elif name == "add_resource" and owner:
            for argument in call.arguments[1:]:
                if not argument.keyword and (said := string_value(argument.text)) is not None:
                    self._route(said, argument.start, argument.end, owner, ANY)
        elif name == "register" and owner and self._is_rest:
            self._registered(call, owner)
        elif name in _INCLUDERS and owner:
            self._include(call, name, self._target(owner), at)
        return None

    # ---- routers and mounts

    def _router(self, match: re.Match[bytes], call: Call, name: str) -> None:
        before = _BEFORE.search(self._data, max(match.start() - 200, 0), match.start())
        line = self._data.rfind(b"\n", 0, match.start()) + 1
        variable = before[1].decode() if before is not None and before.start() >= line else ""
        if not variable:
            return
        given = call.get("prefix", "url_prefix", "path")
        if name == "Namespace" and given is None:
            given = call.get("name", position=0)
            given = f'"/{string_value(given)}"' if given is not None and string_value(given) else None
        prefix = self._path(given) if given is not None else ""
        kind = "app" if name in _APPS else "router"
        self.found.append(Declared("router", variable, match.start(3), match.end(3), kind, prefix))
        if name == "Api":
            target = call.get("app", position=0)
            if target and _NAME.fullmatch(target):
                self.found.append(Declared("mount", variable, match.start(3), match.end(3), target, ""))
        routes = call.get("routes", "route_handlers")
        if routes is not None and _NAME.fullmatch(routes):
            self.found.append(Declared("mount", self._named(routes), match.start(3), match.end(3), variable, ""))

    def _include(self, call: Call, name: str, owner: str, at: int) -> None:
        first, second = call.get(position=0), call.get(position=1)
        target, given = first, call.get("prefix", "url_prefix", "path")
        if name in {"mount", "add_subapp", "add_router"}:
            given, target = first, call.get("app", "subapp", "router") or second
        elif name == "add_namespace" and given is None:
            given = second
        if name == "add_routes" and (target is None or not _NAME.fullmatch(target)):
            return  # a list of routes, each of which is read by itself
        replaces = name in {"register_blueprint", "add_namespace"} and given is not None
        prefix = self._path(given) if given is not None and given != "None" else ""
        self.found.append(
            Declared("mount", self._named(target or ""), at, call.end, owner, f"={prefix}" if replaces else prefix)
        )

    def _named(self, target: str) -> str:
        """How :mod:`vt_lsp.workspace.routes` is told what is mounted."""
        said = string_value(target)
        if said is not None:
            module, _, name = said.rpartition(".")
            return f"{module}:{name}"
        target = target.strip()
        if not _NAME.fullmatch(target):
            return "?"
        first, dot, rest = target.partition(".")
        if first in self._locals and not any(i.name == first for i in self._facts.imports):
            module, name = self._locals[first]
            return f"{module}:{name}{dot}{rest}"
        return target

    def _nested(self, call: Call, at: int) -> None:
        """Starlette's ``Mount("/api", routes=[...])``, or one that mounts an application."""
        given = call.get("path", position=0)
        prefix = self._path(given) if given is not None else "**"
        routes = call.get("routes")
        if routes is not None and routes.lstrip().startswith("["):
            self._mounts.append((at, call.end, prefix))
            return
        target = routes or call.get("app", position=1) or "?"
        owner = self._owner(at)
        self.found.append(Declared("mount", self._named(target), at, call.end, owner, joined(self._around(at), prefix)))

    def _target(self, owner: str) -> str:
        return (
            owner.removesuffix(".router")
            if owner.endswith(".router") and not owner.startswith("self.router")
            else owner
        )

    def _owner(self, at: int) -> str:
        """The variable at the left of the statement in which a route stands."""
        number = bisect_right(self._assigned, (at, "\uffff")) - 1
        return self._assigned[number][1] if number >= 0 else ""

    def _around(self, at: int) -> str:
        prefix = ""
        for start, end, inner in self._mounts:
            if start < at < end:
                prefix = joined(prefix, inner)
        return prefix

    # ---- routes

    def _decorated(self, call: Call, owner: str, name: str, at: int) -> None:
        given = call.get("path", "rule", position=0)
        said = string_value(given) if given is not None else ""
        if said is not None and said and not said.startswith(("/", UNKNOWN)) and name != "route":
            return  # `@mock.patch("package.name")`
        if said is None and (owner.endswith("mock") or name == "patch"):
            return
        follows = _DECORATED.search(self._data, call.end, call.end + 4000)
        is_class = follows is not None and follows[1] == b"class"
        methods = name.upper()
        if name in {"route", "api_route"}:
            methods = _methods(call.get("methods"), ANY if is_class or self._is_litestar else "GET")
        prefix = self._controller(at) if not owner else ""
        handler = self._defined_at(follows.start(1)) if follows is not None else ""
        methods = f"{methods} {handler}".rstrip()
        self._route(joined(prefix, self._path(given or '""')), *self._span(call, at), owner, methods)

    def _defined_at(self, at: int) -> str:
        """The qualified name of the function or class whose definition begins at a byte."""
        found = (s for s in self._facts.symbols if s.start <= at <= s.name_start and s.kind != "variable")
        return max(found, key=lambda s: s.start, default=_NOBODY).name

    def _controller(self, at: int) -> str:
        """The path of the Litestar controller around a handler."""
        for symbol in self._facts.symbols:
            if symbol.kind == "class" and symbol.start < at < symbol.end:
                value = next((s.value for s in self._facts.symbols if s.name == f"{symbol.name}.path"), "")
                return joined("**", self._path(value)) if value else "**"
        return "**"

    def _add(self, call: Call, owner: str, methods: str | None, default: str, at: int) -> None:
        given = call.get("path", "rule", position=0)
        first = 0
        if given is not None and call.arguments[0].text.strip("\"'") in {"*", *map(str.upper, _METHODS)}:
            default, given, first = call.arguments[0].text.strip("\"'"), call.get("path", position=1), 1  # aiohttp
        if given is None or len(call.arguments) <= first:
            return
        argument = call.arguments[first]
        path = joined(self._around(at), self._path(given))
        self._route(path, argument.start, argument.end, owner, _methods(methods, default))

    def _registered(self, call: Call, owner: str) -> None:
        """Django REST framework: a view set has its list, its items, and actions of its own."""
        given = call.get("prefix", position=0)
        if given is None or len(call.arguments) < 2:
            return
        path = self._path(given)
        start, end = call.arguments[0].start, call.arguments[0].end
        for suffix in ("", "{pk}", "{pk}/**", "**"):
            self._route(joined("/" + path.lstrip("/"), suffix), start, end, owner, ANY)

    def _django(self, call: Call, name: str, at: int) -> None:
        given = call.get("route", "regex", position=0)
        view = call.get("view", position=1)
        if given is None or view is None:
            return
        said = self._said(given)
        path = "**" if said is None else _of_regex(said) if name != "path" else _of_angles(said)
        whole = joined(self._around(at), path)
        owner = self._owner(at)
        if not view.startswith("include"):
            if view.endswith(".urls"):
                target = "?" if view.endswith("site.urls") else self._named(view.removesuffix(".urls"))
                self.found.append(Declared("mount", target, at, call.end, owner, whole))
                return
            self._route(whole, call.arguments[0].start, call.arguments[0].end, owner, ANY)
            return
        inner = view.partition("(")[2].strip().removesuffix(")").strip()
        if inner.startswith(("[", "([")):
            self._mounts.append((at, call.end, path))
            return
        first = _first(inner)
        target = (
            f"{string_value(first)}:urlpatterns" if string_value(first) else self._named(first.removesuffix(".urls"))
        )
        self.found.append(Declared("mount", target, at, call.end, owner, whole))

    def _span(self, call: Call, at: int) -> tuple[int, int]:
        return (call.arguments[0].start, call.arguments[0].end) if call.arguments else (at, call.end)

    def _route(self, path: str, start: int, end: int, owner: str, methods: str) -> None:
        self.found.append(
            Declared("route", path if path.startswith(("/", "**")) else f"/{path}", start, end, owner, methods)
        )

    # ---- paths

    def _said(self, text: str) -> str | None:
        """What a string says, or a constant of the file that names one."""
        text = text.strip()
        if _CONSTANT.fullmatch(text):
            text = self._constants.get(text, text)
        return string_value(text)

    def _path(self, text: str) -> str:
        said = self._said(text)
        if said is None:
            left, plus, right = text.partition("+")
            return joined(self._path(left), self._path(right)) if plus and right and "(" not in text else "**"
        return _of_angles(said)


def _first(text: str) -> str:
    """The first of some arguments: a string, a name, or a tuple's first entry."""
    return re.split(r",", text.lstrip("( \n"), maxsplit=1)[0].strip().rstrip(")")


def _methods(given: str | None, default: str) -> str:
    if given is None:
        return default
    listed = string_list(given)
    return ",".join(sorted({method.upper() for method in listed})) if listed else ANY


def _of_angles(said: str) -> str:
    """The notation of Flask and Django, and converters in that of FastAPI, in the common one."""
    said = _ANGLES.sub(lambda m: f"{{{m[2]}:path}}" if m[1] in _MANY else f"{{{m[2]}}}", said)
    said = re.sub(r"\{(\w+):(?!path\})[^{}]*\}", r"{\1}", said)
    return _with_computed(said)


def _of_regex(said: str) -> str:
    if not said.endswith(("/", "$")):
        said += "/.*"  # more may follow
    said = _GROUP.sub(lambda m: f"{{{m[1] or 'value'}}}", said.removeprefix("^").removesuffix("$").removesuffix("/?"))
    said = said.replace("\\.", ".").replace("\\-", "-")
    segments = ["{rest:path}" if _NO_LITERAL.search(part) else part for part in said.split("/")]
    return _with_computed("/".join(segments))


def _with_computed(said: str) -> str:
    """A segment of which a part is computed may be any number of segments."""
    if UNKNOWN not in said:
        return said
    return "/".join("**" if UNKNOWN in part else part for part in said.split("/"))
