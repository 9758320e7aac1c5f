"""Files and folders get other names: the edits of the documents that write their paths, in trees and links too."""

from __future__ import annotations

from posixpath import join, normpath, relpath
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from vt_lsp.models import Edit, Place, Role
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vt_lsp.models import Claim
    from vt_lsp.workspace.index import Index

    Moves = Sequence[tuple[str, str]]

_KINDS: Final = frozenset({"path", "link", "tree-entry"})
_QUOTED: Final = frozenset(" ()<>%")


def moved(path: str, moves: Moves) -> str:
    """Where a file or folder will be: it is moved itself, or with a folder above it."""
    for old, new in moves:
        if path == old or path.startswith(f"{old}/"):
            return new + path[len(old) :]
    return path


def mention_edits(index: Index, moves: Moves, text: Callable[[str], bytes | None]) -> list[Edit]:
    """The edits after which the documents speak of the moved paths as before, each in the document's old place.

    ``moves`` are old and new paths below the root. Paths in texts of the past stay; links there do not. An entry of a
    tree gets another name, and stays where it is when it goes to another folder.
    """
    edits: list[Edit] = []
    for spec, facts in sorted(index.specs.items()):
        claims = [claim for claim in facts.claims if claim.kind in _KINDS]
        data = text(spec) if claims and kind_of(spec) == "spec" else None
        if data is None:
            continue
        for claim in claims:
            if claim.kind != "link" and claim.role in {Role.HISTORICAL, Role.TEMPLATE}:
                continue
            written = data[claim.start : claim.end].decode("utf-8", "surrogateescape")
            make = _entry if claim.kind == "tree-entry" else _path
            new = make(index, spec, claim, written, moves)
            if new is not None and new != written:
                edits.append(Edit(Place(spec, claim.start, claim.end), new))
    return list(dict.fromkeys(edits))


def _entry(index: Index, spec: str, claim: Claim, written: str, moves: Moves) -> str | None:
    """The line of a tree with the last part of its path renamed."""
    name = claim.subject.rstrip("/")
    starts = dict.fromkeys((claim.owner.rstrip("/"), "", spec.rpartition("/")[0]))
    places = (normpath(join(start, name)) for start in starts)
    old = next((place for place in places if index.has_path(place)), None) or _unique_end(index, name)
    new = moved(old, moves) if old is not None else None
    if old is None or new is None or old == new or old.rpartition("/")[0] != _before(new, moves):
        return None
    last, renamed = old.rpartition("/")[2], new.rpartition("/")[2]
    head, found, tail = written.rpartition(last)
    return f"{head}{renamed}{tail}" if found else None


def _before(new: str, moves: Moves) -> str:
    """The folder of a new path, as it was called before."""
    folder = new.rpartition("/")[0]
    for old, now in moves:
        if folder == now or folder.startswith(f"{now}/"):
            return old + folder[len(now) :]
    return folder


def _path(index: Index, spec: str, claim: Claim, written: str, moves: Moves) -> str | None:
    is_link = claim.kind == "link"
    path, sharp, anchor = written.partition("#")
    plain = unquote(path) if is_link else path
    if not plain or "://" in plain:
        return None
    new = _rewritten(index, spec, plain, moves, is_link=is_link)
    if new is None:
        return None
    if plain.endswith("/") and not new.endswith("/"):
        new += "/"
    if is_link and _QUOTED.intersection(new) and not path.startswith("<"):
        new = quote(new, safe="/~")
    return f"{new}{sharp}{anchor}"


def _rewritten(index: Index, spec: str, path: str, moves: Moves, *, is_link: bool) -> str | None:
    """The path as it is written: from the document's folder, from the root, or the end of a longer one."""
    here, there = spec.rpartition("/")[0], moved(spec, moves).rpartition("/")[0]
    clean = path.rstrip("/")
    for style in _styles(path, is_link=is_link):
        old = normpath(join(here, clean) if style == "here" else clean.lstrip("/"))
        if old.startswith("..") or not index.has_path(old):
            continue
        new = moved(old, moves)
        if style == "root":
            return None if new == old else ("/" if path.startswith("/") else "") + new
        if new == old and here == there:
            return None
        result = relpath(new, there or ".")
        return f"./{result}" if path.startswith("./") and not result.startswith("../") else result
    whole = _unique_end(index, clean) if not is_link else None
    if whole is None or (new := moved(whole, moves)) == whole:
        return None
    return new.removeprefix(whole.removesuffix(clean))


def _styles(path: str, *, is_link: bool) -> Iterator[str]:
    if path.startswith("/"):
        yield "root"
    elif path.startswith((".", "..")) or is_link:
        yield "here"
    else:
        yield "root"
        yield "here"


def _unique_end(index: Index, path: str) -> str | None:
    """The only file or folder whose path ends so; a single name is too little."""
    if "/" not in path:
        return None
    found = [whole for whole in index.paths_named(path.rpartition("/")[2]) if whole.endswith(f"/{path}")]
    return found[0] if len(found) == 1 else None
