"""Change the spec: an example imports a name from where it is now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.realignment.code_imports import homes_of
from vt_lsp.models import DriftType, Edit, Place, Realignment
from vt_lsp.workspace.resolver import Found, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.continuous_eval.realignment.case import Case

_STATEMENT = re.compile(
    rb"(?P<head>from[ \t]+)(?P<module>[\w.]+)(?P<import>[ \t]+import[ \t]*)(?P<names>\([^)]{0,4000}\)|[^\n#;]*)"
)
_ITEM = re.compile(rb"[^\W\d]\w*(?:[ \t]+as[ \t]+\w+)?")


def moved_imports(case: Case) -> Iterator[Realignment]:
    """The name alone is imported from its module of now; the others of the statement stay where they are."""
    claim = case.claim
    if case.drift.drift_type is not DriftType.EXAMPLE_IMPORT or claim.kind != "import" or not claim.expected:
        return
    homes = public_homes(case, claim.expected)
    found = _statement(case.spec, claim.start)
    if not homes or found is None:
        return
    items = list(_ITEM.finditer(case.spec, *found.span("names")))
    own = [i for i in items if i[0].split()[0] == claim.expected.encode()]
    if not own or found["module"] != claim.subject.encode():
        return
    for rank, home in enumerate(homes[:3]):
        module = Edit(Place(case.document.path, *found.span("module")), home)
        edits = (module,) if len(items) == 1 else _divided(case, found, items, own[0], home)
        yield Realignment(
            f"Change the spec to `from {home} import {claim.expected}`", "spec", edits, safe=False,
            confidence=0.9 - rank / 10, kind="import", effort="word" if len(items) == 1 else "line",
        )  # fmt: skip


def public_homes(case: Case, name: str) -> list[str]:
    """From where a name may be imported, the shortest public path first: a package that offers it, then its module."""
    found: list[str] = []
    for home in homes_of(case, name):
        parts = home.split(".")
        above = [".".join(parts[:n]) for n in range(1, len(parts))]
        found += [p for p in above if isinstance(resolve(case.index, f"{p}.{name}"), Found)]
        found.append(home)
    return sorted(dict.fromkeys(found), key=lambda m: (any(p.startswith("_") for p in m.split(".")), m.count(".")))


def _statement(text: bytes, start: int) -> re.Match[bytes] | None:
    """The import statement in which the claim's name stands."""
    begin = max(text.rfind(b"from ", 0, start + 1), text.rfind(b"from\t", 0, start + 1))
    if begin < 0:
        begin = text.rfind(b"\n", 0, start) + 1
    found = _STATEMENT.search(text, begin)
    return found if found is not None and found.start() <= start <= found.end() else None


def _divided(
    case: Case, found: re.Match[bytes], items: list[re.Match[bytes]], own: re.Match[bytes], home: str
) -> tuple[Edit, ...]:
    """One name goes out of the statement, and into one of its own on the line below."""
    text, path = case.spec, case.document.path
    place = items.index(own)
    if place:
        start, end = items[place - 1].end(), own.end()
    else:
        start, end = own.start(), items[1].start()
    begin = text.rfind(b"\n", 0, found.start()) + 1
    lead = text[begin : found.start()].decode("utf-8", "surrogateescape")
    newline = "\r\n" if b"\r\n" in text[:4096] else "\n"
    added = f"{newline}{lead}from {home} import {own[0].decode()}"
    stop = len(text[: found.end()].rstrip())
    return Edit(Place(path, start, min(end, stop)), ""), Edit(Place(path, stop, stop), added)
