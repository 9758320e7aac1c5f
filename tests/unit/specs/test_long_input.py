"""Readers of rules and records end soon on any input: their work grows as the input does.

A reader whose work grows with the square of the input would take hours here.
"""

from __future__ import annotations

import pytest

from vt_lsp.specs.decision_records import code_citations, read_record
from vt_lsp.specs.readers import read

N = 10_000
LINES = {
    "records": "ADR-0012 ADR-",
    "relations": "supersedes superseded by superseded by 12 [",
    "status": "* Status: ",
    "options": "* [x](y) option",
    "sections": "## Decision\n\nuse x instead of y",
    "keys": "- key: value",
    "rules": "`a`, `b` and `c` must not import",
    "arrows": "`a` -> `b` -> layers",
    "imports": "@a/b.md @@ @../../",
    "globs": "  - **/*.py, [\"'",
    "quotes": "# ADR-1 ' \" ADR-",
}
# Each with the first lines after which its reader looks closely.
PLACES = {
    "docs/adr/0012-x.md": "# 1. X\n\n## Status\n\n",
    "CLAUDE.md": "",
    ".cursor/rules/x.mdc": "---\nglobs:\n",
    ".importlinter": "[importlinter:contract:1]\ntype = layers\nlayers =\n",
    "tach.toml": "[[modules]]\n",
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("path", PLACES)
def test_ten_thousand_lines(path: str, line: str) -> None:
    facts = read((PLACES[path] + f"{line}\n" * N).encode(), path)
    assert all(0 <= claim.start <= claim.end for claim in facts.claims)


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_ten_thousand_lines_of_a_record_and_of_code(line: str) -> None:
    text = PLACES["docs/adr/0012-x.md"] + f"{line}\n" * N
    assert read_record(text, "docs/adr/0012-x.md") is not None
    assert len(list(code_citations(text.encode()))) <= text.count("ADR")


@pytest.mark.parametrize("kind", ["layers", "independence", "forbidden"])
def test_a_contract_on_ten_thousand_modules(kind: str) -> None:
    names = "".join(f"    shop.m{n}\n" for n in range(N))
    keys = {
        "layers": ("layers", "containers"),
        "independence": ("modules",),
        "forbidden": ("source_modules", "forbidden_modules"),
    }
    text = f"[importlinter:contract:1]\ntype = {kind}\n" + "".join(f"{key} =\n{names}" for key in keys[kind])
    assert read(text.encode(), ".importlinter").claims
