"""Rules on who may import whom, against the imports at the top of each module of the project.

Imports that stand below ``if TYPE_CHECKING`` count, and the report says so. A name that another module only hands on
does not: who imports from a package imports that package.
"""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.continuous_eval.drift_detector.document import HOLDS, broken, unknown
from vt_lsp.models import DriftType, Place, Role
from vt_lsp.workspace.resolver import absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Verdict
    from vt_lsp.workspace.index import Index

_UNSURE = frozenset({"past", "negated", "example"})


class Found(NamedTuple):
    """One import: the module and file that it stands in, what it imports, and whether for types alone."""

    source: str
    path: str
    target: str
    typing: bool


def judge_layer(claim: Claim, document: Document) -> Verdict:
    """A module imports nothing that a rule forbids to it."""
    index = document.index
    if claim.role is not Role.CURRENT or _UNSURE.intersection(claim.hints):
        return unknown("the text does not speak of now")
    if not index.scan_done():
        return unknown("the first scan is running")
    is_contract = "contract" in claim.hints  # of a tool that takes names for what they are
    source = _exact(index, claim.subject) if is_contract else own_module(index, claim.subject)
    if source is None:
        return unknown(f"`{claim.subject}` is no module of this project")
    find = _exact if is_contract else own_module
    targets = [find(index, name) or _external(index, name) for name in claim.bases]
    if any((target is None and not is_contract) or target == source or _holds(target, source) for target in targets):
        return unknown("the other side is no module that is known, or holds the first")
    known = [target for target in targets if target]
    found = [one for one in _imports(index, source) if _breaks(claim, one, source, known, index)]
    if not found:
        return HOLDS
    return _violation(claim, document, found)


def _holds(target: str | None, source: str) -> bool:
    return target is not None and source.startswith(target + ".")


def _violation(claim: Claim, document: Document, found: list[Found]) -> Verdict:
    first = min(found, key=lambda one: (one.typing, one.path))
    others = len({one.path for one in found}) - 1
    more = f", and {others} more file{'s' if others > 1 else ''} do" if others else ""
    for_types = " (for types alone, below `TYPE_CHECKING`)" if first.typing else ""
    rule = (
        f"may only import {_listed(claim.bases)}" if claim.expected == "only" else f"must not import `{claim.bases[0]}`"
    )
    return broken(
        claim, document, DriftType.LAYER_VIOLATION,
        f"`{claim.subject}` {rule}, but `{first.source}` imports `{first.target}`{for_types}{more}",
        code=Place(first.path, 0, 0), actual=first.target, confidence=0.92,
        suggestions=[f"Remove the import from `{first.path}`", "Change the rule"],
    )  # fmt: skip


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def own_module(index: Index, name: str) -> str | None:
    """The module or package of the product that a rule speaks of: its dotted name, its path, or their unique end."""
    clean = name.removeprefix("./").rstrip("*").rstrip("/.").removesuffix(".py").replace("/", ".").strip(".")
    parts = clean.split(".")
    if not clean or not all(part.isidentifier() for part in parts):
        return None
    for skipped in range(len(parts)):
        dotted = ".".join(parts[skipped:])
        if index.is_own(parts[skipped]) and (index.module(dotted) or index.is_namespace(dotted)):
            return dotted
        if "/" not in name:
            break
    last = parts[-1]
    places = [*index.paths_named(f"{last}.py"), *(f"{folder}/__init__.py" for folder in index.paths_named(last))]
    found = {own for path in places if (own := index.module_name(path)).endswith("." + clean)}
    found = {own for own in found if index.is_own(own.partition(".")[0])}
    return found.pop() if len(found) == 1 and clean not in sys.stdlib_module_names else None


def _exact(index: Index, name: str) -> str | None:
    is_ours = index.is_own(name.partition(".")[0]) and (index.module(name) or index.is_namespace(name))
    return name if is_ours else None


def _external(index: Index, name: str) -> str | None:
    """A package of another project; a word that also names some file of this one may mean either."""
    top = name.partition(".")[0]
    if not all(part.isidentifier() for part in name.split(".")) or index.is_own(top):
        return None
    if index.paths_named(name) or index.paths_named(f"{name}.py"):
        return None
    return name if top in sys.stdlib_module_names or index.importers(top) else None


def _imports(index: Index, package: str) -> Iterator[Found]:
    """What the modules of a package import."""
    for module, path in index.modules_below(package):
        facts = index.facts(path)
        for one in facts.imports if facts is not None else ():
            base = absolute(one, module, path)
            if base is None:
                continue
            full = f"{base}.{one.attribute}" if one.attribute and one.attribute != "*" else base
            yield Found(module, path, full if full != base and index.module(full) else base, one.typing)


def _breaks(claim: Claim, one: Found, source: str, targets: list[str], index: Index) -> bool:
    if (one.typing and "no-typing" in claim.hints) or any(_matches(rule, one) for rule in claim.context):
        return False
    if claim.expected == "not":
        return _is_within(one.target, targets) and not _is_within(one.source, targets)
    if "tach" in claim.hints:
        facts = index.facts(one.path)
        if facts is None or " tach " in f" {facts.words} " or _owner(one.source, claim.context) != claim.subject:
            return False  # an import may be marked to be ignored
        if any(fnmatchcase(one.path, f"{rule[1:].rstrip('/*')}*") for rule in claim.context if rule[:1] == "!"):
            return False
        owner = _owner(one.target, claim.context)
        return owner not in {"", claim.subject, *claim.bases}
    is_ours = index.is_own(one.target.partition(".")[0]) and bool(index.module(one.target))
    return is_ours and not _is_within(one.target, [source, *targets]) and not source.startswith(one.target + ".")


def _owner(name: str, modules: tuple[str, ...]) -> str:
    """The deepest of the modules that holds a name."""
    return max((module for module in modules if _is_within(name, [module])), key=len, default="")


def _is_within(name: str, packages: list[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def _matches(rule: str, one: Found) -> bool:
    """An exception of a contract: ``shop.web.* -> shop.db``."""
    left, arrow, right = rule.partition("->")
    return bool(arrow) and fnmatchcase(one.source, left.strip()) and _covers(right.strip(), one.target)


def _covers(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}.*")
