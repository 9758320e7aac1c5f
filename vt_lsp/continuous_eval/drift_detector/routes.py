"""Routes that a document names, and operations of OpenAPI documents: does the project serve them?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code.routes import ANY
from vt_lsp.continuous_eval.drift_detector.document import broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.near import alike
from vt_lsp.models import DriftType, Role
from vt_lsp.workspace.resolver import Found
from vt_lsp.workspace.routes import OUTER, fit_of, segments_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Verdict
    from vt_lsp.workspace.index import Index
    from vt_lsp.workspace.routes import Route, RouteTable

_UNSURE = frozenset({"past", "negated", "example", "optional"})
# What frameworks, their plugins and proxies serve by themselves.
_BUILT_IN = frozenset(
    "docs redoc openapi.json openapi.yaml swagger swagger.json swagger-ui metrics static media assets favicon.ico "
    "admin graphql schema api-docs apidocs robots.txt".split()
)
# Words of frameworks whose routes are not read.
_UNREAD = ("tornado", "falcon", "bottle", "sanic", "connexion", "cherrypy", "pyramid", "robyn", "blacksheep", "web2py")
_FEW = 2  # routes of a document that the project has, so that the document is about the project
_MOST = 0.5
_CLEAR = 0.6
_NEXT_REST = re.compile(r"\[\[?\.\.\.\w+\]\]?")
_PROXY = re.compile(r"\[\[?\.\.\.(?:path|proxy|slug|endpoint)\]\]?")  # hands on to the service behind it
_FREE = frozenset({"HEAD", "OPTIONS"})  # what frameworks answer by themselves


def judge_route(claim: Claim, document: Document) -> Verdict:
    """``GET /orders/{id}`` in a text."""
    return _judge(claim, document, DriftType.ROUTE, _MOST)


def judge_operation(claim: Claim, document: Document) -> Verdict:
    """An operation of an OpenAPI document."""
    return _judge(claim, document, DriftType.OPENAPI_OPERATION, _CLEAR)


def _judge(claim: Claim, document: Document, drift_type: DriftType, most: float) -> Verdict:
    index, table = document.index, document.index.routes()
    sure, possible = table.find(claim.subject)
    asked = {method for method in claim.bases if method not in _FREE}
    served = {method for route in sure for method in route.methods}
    served |= {"GET"} if "WEBSOCKET" in served else set()  # by which a client asks for the upgrade
    if sure and (ANY in served or asked <= served):
        return holds(_handler(index, next((r for r in sure if r.methods & asked), sure[0])))
    if claim.role is not Role.CURRENT or _is_unsure(claim, document):
        return unknown("the text does not speak of now")
    if not index.scan_done():
        return unknown("the first scan is running")
    if why := _may_be_another(claim, document, table, possible):
        return unknown(why)
    if not _is_about_project(claim, document, table, most):
        return unknown("the document may be about another service")
    if sure:
        return _wrong_method(claim, document, drift_type, sure, sorted(asked - served))
    return _no_such_route(claim, document, drift_type, table)


def _is_unsure(claim: Claim, document: Document) -> bool:
    """The text says, here or where it names the same route again, that the route is planned, gone or made up."""
    if _UNSURE.intersection(claim.hints):
        return True
    same = segments_of(claim.subject)
    return any(
        _UNSURE.intersection(other.hints) and segments_of(other.subject) == same and other.bases == claim.bases
        for other in document.claims_of(claim.kind)
    )


def _may_be_another(claim: Claim, document: Document, table: RouteTable, possible: Sequence[Route]) -> str:
    """Why the project may serve the route though it was not found, or need not; "" for no reason."""
    index = document.index
    if not _literals(segments_of(claim.subject)):
        return "the path has no word of its own"
    if not table.has_product:
        return "the project declares no routes"
    meant = table.meant(_paths(document.claims_of(claim.kind)))
    is_pattern = "{?}" in table.written(claim.subject)
    if any(is_pattern or route not in meant or "**" in route.segments for route in possible):
        return "a route that is computed, or takes any value there, may be meant"
    if not (_BUILT_IN - table.words).isdisjoint(claim.subject.strip("/").split("/")):
        return "the framework or a plugin may serve it"
    if _is_of_front_end(claim, index):
        return "the front end may serve it"
    if any(index.has_product_word(word) for word in _UNREAD):
        return "the routes of another framework are not read"
    return ""


def _is_of_front_end(claim: Claim, index: Index) -> bool:
    """Next.js serves what lies below ``app`` in files called route, and all of ``pages/api``."""
    written = segments_of(claim.subject)
    for name in ("route.ts", "route.js"):
        for path in index.paths_named(name):
            _, app, below = f"/{path}".rpartition("/app/")
            parts = [part for part in below.split("/")[:-1] if not part.startswith("(")]
            if parts and _PROXY.fullmatch(parts[-1]):
                continue
            route = segments_of("/".join(_NEXT_REST.sub("{rest:path}", part) for part in parts))
            if app and fit_of(written, route) != "no":
                return True
    return written[:1] == ("api",) and any(f"/{path}".endswith("/pages/api") for path in index.paths_named("api"))


def _is_about_project(claim: Claim, document: Document, table: RouteTable, most: float) -> bool:
    """Enough of what stands beside the claim is served, and its path begins as some that are."""
    found, all_of_them = table.share(_paths(document.claims_of(claim.kind)))
    words = _literals(segments_of(claim.subject))
    if not found or found < most * all_of_them:
        return False
    if found < _FEW:
        return len(words) > 1 and all(word in table.words for word in words[:-1])
    if claim.kind == "operation" or any(word in table.words for word in words):
        return True
    beside, all_beside = table.share(_paths(document.claims_beside(claim)))
    return beside >= _FEW and beside >= most * all_beside


def _paths(claims: Iterable[Claim]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(claim.subject for claim in claims))


def _literals(segments: Iterable[str]) -> list[str]:
    return [part for part in segments if "{" not in part and not OUTER.fullmatch(part)]


def _wrong_method(
    claim: Claim, document: Document, drift_type: DriftType, sure: Sequence[Route], missing: list[str]
) -> Verdict:
    served = sorted({method for route in sure for method in route.methods})
    method = missing[0]
    others = {m for c in document.claims_of(claim.kind) if c.subject == claim.subject for m in c.bases}
    right = [m for m in served if m not in others]
    details = f"`{claim.subject}` takes {', '.join(served)}, not {' and '.join(missing)}"
    replacements = right[:1] if len(right) == 1 and len(claim.bases) == 1 else []
    if drift_type is DriftType.OPENAPI_OPERATION:
        method, replacements = method.lower(), [m.lower() for m in replacements]
    return broken(
        claim, document, drift_type, details, target=_handler(document.index, sure[0]), replacements=replacements,
        subject=method, actual=", ".join(served), confidence=0.92,
    )  # fmt: skip


def _no_such_route(claim: Claim, document: Document, drift_type: DriftType, table: RouteTable) -> Verdict:
    said = set(_paths(document.claims_of(claim.kind)))
    near = [(path, route) for path, route in _near(claim, table) if path not in said]
    methods = "/".join(claim.bases)
    details = f"nothing serves `{methods} {claim.subject}`" + (f"; did it become `{near[0][0]}`?" if near else "")
    is_key = drift_type is DriftType.OPENAPI_OPERATION
    return broken(
        claim, document, drift_type, details, target=_handler(document.index, near[0][1]) if near else None,
        replacements=[near[0][0]] if near and not is_key else [],
        suggestions=[f"Change the path to `{near[0][0]}`"] if near and is_key else [],
        subject=claim.bases[0].lower() if is_key else "", written=f"{methods} {claim.subject}", confidence=0.92,
    )  # fmt: skip


def _near(claim: Claim, table: RouteTable) -> list[tuple[str, Route]]:
    """Routes that differ in one word that is spelled alike, each with the path as the document would write it."""
    written = segments_of(claim.subject)
    found: dict[str, tuple[int, str, Route]] = {}
    for route in table.routes:
        if not route.is_product or not route.methods.intersection((ANY, "WEBSOCKET", *claim.bases)):
            continue
        inner = route.segments[-len(written) :] if len(route.segments) >= len(written) else ()
        for start in range(len(written) - len(route.segments), len(written)) if not inner else (0,):
            other = inner or route.segments
            if start < 0 or len(other) != len(written) - start:
                continue
            wrong = [n for n, part in enumerate(other) if fit_of((written[start + n],), (part,)) != "yes"]
            if len(wrong) != 1 or "{" in written[start + wrong[0]] + other[wrong[0]] or "**" in other:
                continue
            old, new = written[start + wrong[0]], other[wrong[0]]
            if alike(old, [new]):
                path = _with_word(claim.subject, start + wrong[0], new)
                found.setdefault(path, (abs(len(old) - len(new)), path, route))
    return [(path, route) for _, path, route in sorted(found.values(), key=lambda one: one[:2])]


def _with_word(path: str, number: int, word: str) -> str:
    parts = path.split("/")
    places = [n for n, part in enumerate(parts) if part]
    parts[places[number]] = word
    return "/".join(parts)


def _handler(index: Index, route: Route) -> Found:
    """The function that serves a route, or the file that declares it."""
    found = index.symbols(route.path, route.handler) if route.handler else []
    return Found(route.path, found[0] if found else None)
