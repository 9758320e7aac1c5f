"""What code declares for the outside and what specs trace by id, found by name; parts of the index."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vt_lsp.models import Declared, DeclaredKind, Requirement, SpecFacts, Task
    from vt_lsp.workspace.differences import Key

Row = tuple[str, "Declared"]


class Declarations:
    """Options, environment variables and routes of all files, by kind and name."""

    def __init__(self) -> None:
        self._rows: dict[DeclaredKind, dict[str, list[Row]]] = {}

    def change(self, path: str, old: tuple[Declared, ...], new: tuple[Declared, ...]) -> set[Key]:
        """One file declares ``new`` instead of ``old``; the keys that changed."""
        if old == new:
            return set()
        for one in old:
            self._rows[one.kind][one.name].remove((path, one))
        for one in new:
            self._rows.setdefault(one.kind, {}).setdefault(one.name, []).append((path, one))
        gone, come = {_said(one) for one in old}, {_said(one) for one in new}
        changed: set[Key] = set()
        for kind, name, *_ in gone ^ come:
            changed |= {("declared", kind, name), ("declared", kind, "*")}
        return changed

    def named(self, kind: DeclaredKind, name: str) -> list[Row]:
        """All declarations of a name, by path and place."""
        return sorted(self._rows.get(kind, {}).get(name, ()), key=_place)

    def all(self, kind: DeclaredKind) -> list[Row]:
        """All declarations of a kind, by path and place."""
        return sorted((row for rows in self._rows.get(kind, {}).values() for row in rows), key=_place)


def traced(path: str, old: SpecFacts, new: SpecFacts) -> set[Key]:
    """The keys of a document's tasks, requirements, status and format that another text of it answers otherwise."""
    changed: set[Key] = set()
    if [_task(t) for t in old.tasks] != [_task(t) for t in new.tasks]:
        changed.add(("tasks", path))
    if [_requirement(r) for r in old.requirements] != [_requirement(r) for r in new.requirements]:
        changed.add(("requirements", path))
    if (old.state and old.state[0]) != (new.state and new.state[0]):
        changed.add(("state", path))
    if old.format != new.format:
        changed |= {("format", name) for name in (old.format, new.format) if name}
    return changed


def _said(one: Declared) -> tuple[str, ...]:
    return one.kind, one.name, one.owner, one.detail


def _place(row: Row) -> tuple[str, int]:
    return row[0], row[1].start


def _task(one: Task) -> tuple[object, ...]:
    return one.id, one.text, one.status, one.flags, one.refs, one.depends, one.section


def _requirement(one: Requirement) -> tuple[object, ...]:
    return one.id, one.title, one.flags
