"""Change the code: what has another name than the spec gives it is called so again, at its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.owners import lookup
from vt_lsp.continuous_eval.realignment.source import Source
from vt_lsp.models import DriftType, Edit, Place, Realignment
from vt_lsp.workspace.resolver import Found, class_member, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import DeclaredKind, Symbol

_NAMES = frozenset(
    {DriftType.MISSING_SYMBOL, DriftType.RENAMED_SYMBOL, DriftType.MISSING_MEMBER, DriftType.ENUM_MEMBER,
     DriftType.EXAMPLE_IMPORT, DriftType.TASK_NOT_DONE}
)  # fmt: skip
_DECLARED: dict[DriftType, tuple[DeclaredKind, ...]] = {
    DriftType.CLI_OPTION: ("option", "command"),
    DriftType.ENVIRONMENT_VARIABLE: ("environment",),
    DriftType.ROUTE: ("route",),
    DriftType.OPENAPI_OPERATION: ("route",),
}


def renames(case: Case) -> Iterator[Realignment]:
    """The definition that a replacement names gets the name that is written; its callers are another's business."""
    if case.drift.drift_type not in _NAMES:
        return
    old = case.drift.subject.rpartition(".")[2]
    for right in case.drift.replacements[:1]:
        new = right.rpartition(".")[2]
        found = _definition(case, right)
        if found is None or new == old or not old.isidentifier() or not new.isidentifier():
            continue
        path, symbol = found
        owner = symbol.name.rpartition(".")[0]
        taken = case.index.symbols(path, f"{owner}.{old}" if owner else old)
        text = case.text(path)
        if taken or text is None or symbol.kind == "alias":
            continue
        start = symbol.name_start
        if text[start : start + len(new.encode())] != new.encode():
            continue
        edits = [Edit(Place(path, start, start + len(new.encode())), old), *_exported(Source(path, text), new, old)]
        yield Realignment(
            f"Rename `{symbol.name}` to `{old}` in the code", "code", tuple(edits), safe=False, confidence=0.4,
            kind="rename-symbol", effort="lines", symbol=(path, symbol.name), renames=(new, old),
        )  # fmt: skip


def _definition(case: Case, right: str) -> tuple[str, Symbol] | None:
    """The one definition that a replacement means: a member of the target, or a name of the product."""
    index, name = case.index, right.rpartition(".")[2]
    found: object = None
    symbol = case.symbol()
    if symbol is not None and case.target is not None and symbol.kind == "class":
        found = class_member(index, Found(case.target[0], symbol), name)
    elif "." in right and index.is_own(right.partition(".")[0]):
        found = resolve(index, right)
    elif case.target is not None and not case.target[1] and index.symbols(case.target[0], name):
        found = Found(case.target[0], index.symbols(case.target[0], name)[0])
    else:
        found = lookup(case.document, right)
    if not isinstance(found, Found) or found.symbol is None:
        return None
    many = len(index.symbols(found.path, found.symbol.name)) > 1
    return None if many else (found.path, found.symbol)


def _exported(source: Source, name: str, new: str) -> Iterator[Edit]:
    """The name in the file's own ``__all__``."""
    for child in source.root.named_children:
        assignment = child.named_children[0] if child.type == "expression_statement" and child.named_children else None
        if assignment is None or source.text(assignment.child_by_field_name("left")) != "__all__":
            continue
        right = assignment.child_by_field_name("right")
        for item in right.named_children if right is not None else ():
            text = source.text(item)
            if text[1:-1] == name:
                yield source.put(item, f"{text[0]}{new}{text[-1]}")


def declarations(case: Case) -> Iterator[Realignment]:
    """The literal that declares an option, a variable or a route says what the spec says."""
    kinds = _DECLARED.get(case.drift.drift_type, ())
    wrong = case.drift.subject
    for right in case.drift.replacements[:1]:
        for kind in kinds:
            rows = case.index.declared(kind, right)
            if len(rows) != 1:
                continue
            path, row = rows[0]
            text = case.text(path) or b""
            at = text.find(right.encode(), row.start, row.end)
            if at >= 0:
                yield Realignment(
                    f"Rename `{right}` to `{wrong}` in the code", "code",
                    (Edit(Place(path, at, at + len(right.encode())), wrong),), safe=False, confidence=0.4,
                    kind="rename-declaration", symbol=(path, ""), renames=(right, wrong),
                )  # fmt: skip
