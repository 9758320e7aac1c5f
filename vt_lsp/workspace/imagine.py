"""The index as if some files said something else: what an edit would do is asked before anyone makes it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vt_lsp.models import CodeFacts
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vt_lsp.workspace.differences import Key
    from vt_lsp.workspace.index import Index
    from vt_lsp.workspace.scan import Facts


@contextmanager
def supposed(index: Index, facts: Mapping[str, Facts | None]) -> Iterator[set[Key]]:
    """Within, the files say what ``facts`` have (new files are there, None is a file that nobody reads).

    Gives the keys of the questions that are answered otherwise; afterwards the index is as it was, wishes among it.
    """
    asked, wishes = index.asked, set(index.wishes)
    index.asked = set()
    before = {path: (index.code.get(path), index.specs.get(path)) for path in facts}
    new = [path for path in facts if not index.has_path(path)]
    changed: set[Key] = set()
    try:
        if new:
            changed |= index.change_files((), new, [path for path in new if kind_of(path) == "code"])
        for path, said in facts.items():
            changed |= index.set_code(path, said if isinstance(said, CodeFacts) else None)
            changed |= index.set_spec(path, said.docs if isinstance(said, CodeFacts) else said)
        yield changed
    finally:
        for path, (code, spec) in before.items():
            index.set_code(path, code)
            index.set_spec(path, spec)
        if new:
            index.change_files(new, (), ())
        index.asked, index.wishes = asked, wishes
