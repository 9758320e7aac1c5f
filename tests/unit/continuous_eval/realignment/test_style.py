"""Edits look like the text that they go into, on both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from vt_lsp.continuous_eval.realignment.gate import applied
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
from vt_lsp.workspace.reading import facts_of

if TYPE_CHECKING:
    from pathlib import Path

STUB = "# Design\n\n## `render`\n\n```python\n{}\n```\n"


class Style(NamedTuple):
    spec: str
    code: str
    kind: str  # of the way out
    after: str  # of the file that it changes


STYLES = {
    "a parameter in a list on one line": Style(
        STUB.format("def render(page: str, dpi: int = 72, dry_run: bool = False) -> bytes: ..."),
        "def render(page: str, dpi: int = 72) -> bytes:\n    return b''\n",
        "add-parameter",
        "def render(page: str, dpi: int = 72, dry_run: bool = False) -> bytes:\n    return b''\n",
    ),
    "a parameter in a wrapped list with comments": Style(
        STUB.format("def render(page: str, dry_run: bool = False, dpi: int = 72) -> bytes: ..."),
        "def render(\n    page: str,  # the text\n    dpi: int = 72,\n) -> bytes:\n    return b''\n",
        "add-parameter",
        "def render(\n    page: str,  # the text\n    dry_run: bool = False,\n    dpi: int = 72,\n) -> bytes:\n"
        "    return b''\n",
    ),
    "a parameter without a default goes before those with one": Style(
        STUB.format("def render(page: str, dpi: int = 72, *, ink: str) -> bytes: ..."),
        "def render(page: str, dpi: int = 72) -> bytes:\n    return b''\n",
        "add-parameter",
        "def render(page: str, dpi: int = 72, *, ink: str) -> bytes:\n    return b''\n",
    ),
    "Windows line ends": Style(
        "# Design\n\n```python\nclass Cart:\n    owner: str\n    size: int = 3\n```\n".replace("\n", "\r\n"),
        "class Cart:\r\n    owner: str\r\n\r\n    def pay(self) -> None:\r\n        return\r\n",
        "add-field",
        "class Cart:\r\n    owner: str\r\n    size: int = 3\r\n\r\n    def pay(self) -> None:\r\n        return\r\n",
    ),
    "tabs": Style(
        "# Design\n\n```python\nclass Cart:\n    owner: str\n\n    def pay(self, sum: int) -> None: ...\n```\n",
        "class Cart:\n\towner: str\n",
        "add-method",
        'class Cart:\n\towner: str\n\n\tdef pay(self, sum: int) -> None:\n\t\t"""Pay."""\n'
        "\t\traise NotImplementedError\n",
    ),
    "single quotes": Style(
        '# Design\n\n```python\nclass State(Enum):\n    PAID = "paid"\n    OPEN = "open"\n```\n',
        "from enum import Enum\n\n\nclass State(Enum):\n    PAID = 'payed'\n    OPEN = 'open'\n",
        "change-value",
        "from enum import Enum\n\n\nclass State(Enum):\n    PAID = 'paid'\n    OPEN = 'open'\n",
    ),
    "a class without a body": Style(
        "# Design\n\n```python\nclass Base: ...\nclass Cart(Base): ...\n```\n",
        "class Base: ...\nclass Other: ...\nclass Cart(Other): ...\n",
        "replace-base",
        "class Base: ...\nclass Other: ...\nclass Cart(Base): ...\n",
    ),
    "a written list in several lines": Style(
        STUB.format("def render(\n    page: str,\n    ink: str,\n) -> bytes: ..."),
        "def render(page: str, dpi: int = 72, *, dry: bool = False) -> bytes:\n    return b''\n",
        "signature",
        STUB.format(
            "def render(\n    page: str,\n    dpi: int = 72,\n    *,\n    dry: bool = False,\n) -> bytes: ..."
        ),
    ),
    "the last entry of a tree": Style(
        "# Layout\n\n```\nshop/\n├── cart.py      # the cart\n├── money.py     # the money\n"
        "└── prices.py    # the prices\n```\n",
        "",
        "remove-entry",
        "# Layout\n\n```\nshop/\n├── cart.py      # the cart\n└── money.py     # the money\n```\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_an_edit_keeps_the_style(style: Style, tmp_path: Path) -> None:
    files = {"docs/design.md": style.spec, "shop/__init__.py": style.code, "shop/cart.py": "", "shop/money.py": ""}
    engine = started(tmp_path, files)
    try:
        ways = [way for drift in engine.drifts() for way in engine.realignments(drift) if way.kind == style.kind]
        assert ways, [(drift.details, engine.realignments(drift)) for drift in engine.drifts()]
        path = ways[0].edits[0].place.path
        assert applied(files[path].encode(), ways[0].edits).decode() == style.after
    finally:
        engine.dispose()


def test_a_new_file_says_what_the_tree_says(tmp_path: Path) -> None:
    tree = "# Layout\n\n```\nshop/\n├── cart.py\n├── money.py\n└── prices.py  # What a thing costs\n```\n"
    engine = started(tmp_path, {"docs/design.md": tree, "shop/cart.py": "", "shop/money.py": ""})
    try:
        (drift,) = engine.drifts()
        (way,) = [way for way in engine.realignments(drift) if way.kind == "create-file"]
        assert [(edit.place.path, edit.new_text) for edit in way.edits] == [
            ("shop/prices.py", '"""What a thing costs."""\n')
        ]
        assert way.effort == "file"
    finally:
        engine.dispose()


def test_a_renamed_parameter_is_renamed_in_its_function_alone(tmp_path: Path) -> None:
    code = "def render(page: str, dots: int = 72) -> int:\n    return min(dots, page.dots, key=lambda: dots)\n"
    code += "\n\ndots = 1\n"
    spec = STUB.format("def render(page: str, dpi: int = 72) -> int: ...")
    engine = started(tmp_path, {"docs/design.md": spec, "shop/__init__.py": code})
    try:
        (drift,) = engine.drifts()
        (way,) = [way for way in engine.realignments(drift) if way.kind == "rename-parameter"]
        after = (
            code.replace("dots: int", "dpi: int").replace("min(dots", "min(dpi").replace("lambda: dots", "lambda: dpi")
        )
        assert applied(code.encode(), way.edits).decode() == after
        assert way.renames == ("dots", "dpi")
    finally:
        engine.dispose()


def test_a_broken_file_is_not_made_worse_and_nothing_is_written(tmp_path: Path) -> None:
    files = {
        "docs/design.md": STUB.format("def render(page: str, dpi: int = 72) -> bytes: ..."),
        "shop/__init__.py": "def render(page: str, dpi: int = 300) -> bytes:\n    return b''\n",
    }
    engine = started(tmp_path, files)
    try:
        (drift,) = engine.drifts()
        assert engine.realignments(drift)
        engine.update("shop/__init__.py", b"def render(page: str, dpi: int = 72) -> bytes:\n", overlay=True)
        engine.check()
        assert engine.realignments(drift) == (), "what is no longer so has no way out"
        assert {name: (tmp_path / "project" / name).read_text(encoding="utf-8") for name in files} == files
    finally:
        engine.dispose()


def test_what_breaks_another_document_is_less_likely(tmp_path: Path) -> None:
    files = {"docs/design.md": "`LIMIT` is `4`.\n", "shop/__init__.py": "LIMIT = 3\n"}
    confidences = []
    for name, more in (("alone", {}), ("beside", {"README.md": "`LIMIT` is `3`.\n"})):
        engine = started(tmp_path / name, files | more)
        try:
            (drift,) = engine.drifts()
            confidences += [way.confidence for way in engine.realignments(drift) if way.target == "code"]
        finally:
            engine.dispose()
    alone, beside = confidences
    assert beside < alone


def test_asking_leaves_an_open_document_as_it_is(tmp_path: Path) -> None:
    spec = STUB.format("def render(page: str, dpi: int = 72) -> bytes: ...")
    code = "def render(page: str, dpi: int = 300) -> bytes:\n    return b''\n"
    engine = started(tmp_path, {"docs/design.md": spec, "shop/__init__.py": code})
    try:
        closed = [engine.realignments(drift) for drift in engine.drifts()]
        for path, text in (("docs/design.md", spec), ("shop/__init__.py", code)):
            engine.update(path, text.encode(), overlay=True)
        engine.check()
        assert [engine.realignments(drift) for drift in engine.drifts()] == closed
        (drift,) = engine.drifts()
        engine.update("docs/design.md", f"{spec}\nMore.\n".encode(), overlay=True)
        engine.check()
        assert engine.drifts() == [drift]
        assert engine.spec_facts("docs/design.md") == facts_of("docs/design.md", f"{spec}\nMore.\n".encode())
    finally:
        engine.dispose()


def started(folder: Path, files: dict[str, str]) -> Engine:
    root = folder / "project"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8", newline="")
    engine = Engine(root, Settings(), folder / "cache")
    engine.scan()
    return engine
