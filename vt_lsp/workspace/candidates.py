"""What a half-written name, path or id of a spec may become, from what the index knows; nearest first."""

from __future__ import annotations

import heapq
from itertools import islice
from posixpath import normpath, relpath
from typing import TYPE_CHECKING, Literal, NamedTuple

from vt_lsp.workspace.resolver import Found, ancestors, in_scope, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vt_lsp.models import Symbol
    from vt_lsp.workspace.index import Index

LIMIT = 200  # more are not read by anybody; typing on narrows them
_MEMBERS_FROM = 2  # characters from which on members are offered without their class
_MOST_MATCHES = 20_000

Sort = Literal["symbol", "module", "path", "folder", "anchor", "requirement", "task", "decision"]


class Candidate(NamedTuple):
    """``text`` is what will be written, ``filter`` what the typed text is compared with; rank 0 is the nearest."""

    text: str
    sort: Sort
    rank: int
    filter: str = ""
    symbol: Symbol | None = None
    path: str = ""
    detail: str = ""


class Near(NamedTuple):
    """What the document speaks of already: names that it writes, and files of the code that it leads to."""

    names: frozenset[str]
    paths: frozenset[str]

    def rank(self, name: str, path: str) -> int:
        """0 for what the document names, 1 for its neighbours, 2 for the rest of the product."""
        return 0 if name in self.names else 1 if path in self.paths else 2


def nearest(found: Iterable[Candidate]) -> tuple[list[Candidate], bool]:
    """The best of the candidates without repetition, and whether that is all of them."""
    unique = {(c.text, c.sort): c for c in islice(found, _MOST_MATCHES)}
    best = heapq.nsmallest(LIMIT, unique.values(), key=lambda c: (c.rank, len(c.text), c.text))
    return best, len(unique) <= LIMIT


def names(index: Index, text: str, near: Near) -> Iterator[Candidate]:
    """Symbols and modules for a dotted name; the part before the last dot names a class or a module."""
    owner, dot, last = text.rpartition(".")
    if dot:
        yield from _members(index, owner, last.casefold(), near)
        return
    for name, paths in index.names_beginning(last):
        for path in paths:
            for symbol in index.members(path, ""):
                if symbol.name == name:
                    yield _symbol(symbol.name, symbol, path, near)
            if len(last) >= _MEMBERS_FROM:
                yield from _unowned(index, name, path, near)
    for module in index.layout.modules:
        if module.casefold().startswith(last.casefold()) and (last or "." not in module):
            yield Candidate(module, "module", 2 if last else 1)


def _unowned(index: Index, name: str, path: str, near: Near) -> Iterator[Candidate]:
    """Members that are called so, to be written with their class."""
    for cls in index.members(path, ""):
        if cls.kind == "class":
            for symbol in index.symbols(path, f"{cls.name}.{name}")[:1]:
                yield _symbol(symbol.name, symbol, path, near)._replace(filter=name)


def _members(index: Index, owner: str, last: str, near: Near) -> Iterator[Candidate]:
    seen = set()
    for found in _owners(index, owner):
        for path, symbol in _inside(index, found):
            name = symbol.name.rpartition(".")[2]
            if name not in seen and name.casefold().startswith(last) and not _is_private(name, last):
                seen.add(name)
                yield _symbol(f"{owner}.{name}", symbol, path, near)
    for module in index.layout.modules:
        if module.startswith(f"{owner}.") and module[len(owner) + 1 :].casefold().startswith(last):
            yield Candidate(module, "module", 1)


def _owners(index: Index, owner: str) -> Iterator[Found]:
    absolute = resolve(index, owner)
    if isinstance(absolute, Found):
        yield absolute
        return
    first = owner.partition(".")[0]
    for path in sorted(index.defined_in(first)):
        found = in_scope(index, path, owner)
        if isinstance(found, Found) and found.symbol is not None:
            yield found
    for module, paths in index.layout.modules.items():
        if module.endswith(f".{owner}") and paths:
            yield Found(paths[0], None, module)


def _inside(index: Index, owner: Found) -> Iterator[tuple[str, Symbol]]:
    if owner.symbol is None:
        yield from ((owner.path, symbol) for symbol in index.members(owner.path, ""))
        return
    classes = [owner, *(a for a in ancestors(index, owner) if isinstance(a, Found))]
    for cls in classes:
        if cls.symbol is not None:
            yield from ((cls.path, symbol) for symbol in index.members(cls.path, cls.symbol.name))


def _is_private(name: str, typed: str) -> bool:
    return name.startswith("_") and not typed.startswith("_")


def _symbol(text: str, symbol: Symbol, path: str, near: Near) -> Candidate:
    return Candidate(text, "symbol", near.rank(text, path), symbol=symbol, path=path)


def paths(index: Index, text: str, spec: str, *, from_root: bool) -> Iterator[Candidate]:
    """Files and folders, one folder at a time: relative to the document, and to the root in code spans."""
    folder, slash, base = text.rpartition("/")
    here = spec.rpartition("/")[0]
    for rank, start in enumerate(("", here) if from_root else (here,)):
        below = normpath(f"{start}/{folder}".strip("/")) if start or folder else ""
        if below.startswith(".."):
            continue
        below = "" if below == "." else below
        for name in index.listing_of(below):
            full = f"{below}/{name}".lstrip("/")
            if name.casefold().startswith(base.casefold()) and full != spec:
                is_folder = index.has_folder(full)
                ending = "/" if is_folder else ""
                yield Candidate(f"{folder}{slash}{name}{ending}", "folder" if is_folder else "path", rank)


def files_named(index: Index, text: str, spec: str) -> Iterator[Candidate]:
    """Links to documents by the beginning of their name, wherever they are."""
    here = spec.rpartition("/")[0] or "."
    for path in index.specs if len(text) >= _MEMBERS_FROM and "/" not in text else ():
        base = path.rpartition("/")[2]
        if base.casefold().startswith(text.casefold()) and path != spec:
            yield Candidate(relpath(path, here), "path", 2, filter=base)


def anchors(index: Index, spec: str, target: str) -> Iterator[Candidate]:
    """The headings of the document that a link names; of ``spec`` itself for the empty target."""
    here = spec.rpartition("/")[0]
    path = normpath(f"{here}/{target}".lstrip("/")) if target else spec
    for number, slug in enumerate(index.anchors(path) or ()):
        yield Candidate(slug, "anchor", number, path=path)


def requirement_ids(index: Index, text: str, spec: str) -> Iterator[Candidate]:
    """Ids that documents define; those of the same folder first, and alone where they are mere numbers."""
    here = spec.rpartition("/")[0]
    for path, facts in index.specs.items():
        is_near = path == spec or path.rpartition("/")[0] == here
        for requirement in facts.requirements:
            name = requirement.id
            if name.casefold().startswith(text.casefold()) and (is_near or not name[:1].isdigit()):
                yield Candidate(name, "requirement", 0 if is_near else 2, path=path, detail=requirement.title)


def task_ids(index: Index, text: str, spec: str) -> Iterator[Candidate]:
    """The tasks of the same document."""
    for task in index.tasks(spec):
        if task.id and task.id.casefold().startswith(text.casefold()):
            yield Candidate(task.id, "task", 0, path=spec, detail=task.text)


def decision_ids(index: Index, text: str) -> Iterator[Candidate]:
    """``ADR-0007`` for each numbered file of a folder of decisions."""
    for path in index.specs:
        folder, _, base = path.rpartition("/")
        number = base.partition("-")[0]
        is_decision = {"adr", "adrs", "decisions", "decision-records"} & set(folder.lower().split("/"))
        if is_decision and number.isdigit() and f"adr-{number}".startswith(text.casefold()):
            title = next((heading for _, heading, _, _ in index.specs[path].headings), base)
            yield Candidate(f"ADR-{number}", "decision", 0, path=path, detail=title)
