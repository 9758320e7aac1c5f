"""Change the code: the import that a new line needs, and the name that a module shall offer again."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.realignment.source import Source
from vt_lsp.models import DriftType, Realignment
from vt_lsp.workspace.resolver import Found, in_scope, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import Edit


def imported(case: Case, source: Source, name: str) -> list[Edit] | None:
    """What makes ``name`` known in the file: nothing, or one import; None where nobody can tell from where."""
    if hasattr(builtins, name) or isinstance(in_scope(case.index, source.path, name), Found):
        return []
    facts = case.index.facts(source.path)
    if facts is not None and any(i.name == name for i in facts.imports):
        return []
    homes = homes_of(case, name)
    return [import_edit(source, homes[0], name)] if len(homes) == 1 else None


def homes_of(case: Case, name: str) -> list[str]:
    """The modules of the product that define a name at their top level."""
    index = case.index
    paths = [p for p in index.defined_in(name) if index.symbols(p, name) and p in index.layout.primary]
    return sorted({index.module_name(path) for path in paths} - {""})


def import_edit(source: Source, module: str, name: str) -> Edit:
    """``from module import name`` behind the last import of the file, or behind its docstring."""
    top = [child for child in source.root.named_children if child.type in _IMPORTS]
    line = f"from {module} import {name}"
    if top:
        end = source.line_end(top[-1].end_byte)
        return source.edit(end, end, f"{source.newline}{line}")
    first = next((child for child in source.root.named_children if child.type != "comment"), None)
    is_docstring = first is not None and first.named_children and first.named_children[0].type == "string"
    if first is not None and is_docstring:
        end = source.line_end(first.end_byte)
        return source.edit(end, end, f"{source.newline * 2}{line}")
    at = first.start_byte if first is not None else len(source.data)
    return source.edit(at, at, f"{line}{source.newline * (3 if first is not None else 1)}")


_IMPORTS = frozenset({"import_statement", "import_from_statement"})


def reexports(case: Case) -> Iterator[Realignment]:
    """The module from which an example imports a name offers it again, by an import of where it is now."""
    claim = case.claim
    name = claim.expected if claim.kind == "import" else claim.subject.rpartition(".")[2]
    if case.drift.drift_type not in (DriftType.EXAMPLE_IMPORT, DriftType.RENAMED_SYMBOL, DriftType.MISSING_SYMBOL):
        return
    module = claim.subject if claim.kind == "import" else claim.subject.rpartition(".")[0]
    if not name.isidentifier() or not module or case.target is None or case.target[1]:
        return
    where = resolve(case.index, module) if case.index.is_own(module.partition(".")[0]) else None
    homes = homes_of(case, name)
    text = case.text(case.target[0])
    if len(homes) != 1 or text is None or not isinstance(where, Found) or where.path != case.target[0]:
        return
    source = Source(case.target[0], text)
    edits = [import_edit(source, homes[0], name)]
    yield Realignment(
        f"Offer `{name}` in `{module}` again", "code", tuple(edits), safe=False, confidence=0.6, kind="re-export",
        effort="line", symbol=(source.path, ""),
    )  # fmt: skip
