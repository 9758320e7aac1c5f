"""Directory trees in code blocks, and what only looks like one."""

import textwrap

import pytest

from vt_lsp.models import Role
from vt_lsp.specs.markdown import read
from vt_lsp.specs.scope import Scope
from vt_lsp.specs.trees import read_tree


def entries(text: str) -> list[tuple[str, str]]:
    return [(claim.owner, claim.subject) for claim in read_tree(textwrap.dedent(text).strip("\n"), Scope())]


def test_a_drawn_tree() -> None:
    text = """
        app/
        ├── core/                # the core
        │   ├── a.py, b.py       ← two files
        │   └── deep
        │       └── c.py — deep
        ├── README.md  the readme
        ├── Makefile
        └── x.py (NEW)
        """
    assert entries(text) == [
        ("app/", "core/"),
        ("app/", "core/a.py"),
        ("app/", "core/b.py"),
        ("app/", "core/deep/"),
        ("app/", "core/deep/c.py"),
        ("app/", "README.md"),
        ("app/", "Makefile"),
        ("app/", "x.py"),
    ]


@pytest.mark.parametrize("root", [".", "./", "", "$ tree"])
def test_a_root_without_a_name(root: str) -> None:
    assert entries(f"{root}\n├── a.py\n└── b/\n") == [("", "a.py"), ("", "b/")]


def test_ascii_trees() -> None:
    text = """
        app
        |-- core
        |   |-- a.py
        |   `-- b.py
        +-- c.py
        """
    assert entries(text) == [("app", "core/"), ("app", "core/a.py"), ("app", "core/b.py"), ("app", "c.py")]


def test_indented_names() -> None:
    assert entries("app/\n  core/\n    a.py  # a\n  b.py\n") == [
        ("app/", "core/"),
        ("app/", "core/a.py"),
        ("app/", "b.py"),
    ]


def test_two_trees_in_one_block() -> None:
    assert entries("a/\n├── b.py\n└── c.py\n\nd/\n└── e.py\n") == [("a/", "b.py"), ("a/", "c.py"), ("d/", "e.py")]


@pytest.mark.parametrize(
    "name", ["...", "\u2026", "<name>.py", "{name}.py", "*.py", "[id].py", "foo.py", "YYYY-MM.md", "my_app/"]
)
def test_placeholders_claim_nothing(name: str) -> None:
    assert entries(f"app/\n├── a.py\n├── {name}\n└── b.py\n") == [("app/", "a.py"), ("app/", "b.py")]


@pytest.mark.parametrize(
    "note", ["(new)", "(existing)", "# planned", "# optional", "\u2728", "(generated)", "# NEW: x"]
)
def test_optional_entries_say_so(note: str) -> None:
    claims = read_tree(f"app/\n├── a.py\n├── b/  {note}\n│   └── c.py\n└── d.py", Scope())
    assert [claim.hints for claim in claims] == [("first",), ("optional",), ("optional",), ()]


def test_marks_of_status_belong_to_their_entry() -> None:
    claims = read_tree("app/\n├── a.py ✅\n├── ✅ b.py\n├── c.py 🚧\n└── d.py\n", Scope(role=Role.PLANNED))
    assert [(claim.subject, claim.role, claim.status) for claim in claims] == [
        ("a.py", Role.CURRENT, "done"),
        ("b.py", Role.CURRENT, "done"),
        ("c.py", Role.PLANNED, "doing"),
        ("d.py", Role.PLANNED, ""),
    ]


def test_spans_are_the_names() -> None:
    text = "app/\n├── ä/\n│   └── a.py, b.py  # ü\n└── 📁 c/\n"
    data = text.encode()
    assert [data[c.start : c.end].decode() for c in read_tree(text, Scope())] == ["ä/", "a.py", "b.py", "c/"]


@pytest.mark.parametrize(
    "text",
    [
        "┌──────┐\n│ a.py │\n└──────┘\n",
        "Exception\n├── ValueError\n│   └── UnicodeError\n└── KeyError\n",
        "App(x)\n├── Header()\n└── Body(a: int)\n",
        "a | b\n--+--\n1 | 2\n",
        "- one\n- two/three\n- four\n",
        "def f():\n    return a / b\n",
        "one/\n",
        "",
        "├──\n└──\n",
        "request → handler\n├── ok → 200\n└── bad → 400\n",
    ],
)
def test_what_is_no_tree(text: str) -> None:
    assert entries(text) == []


def test_a_tree_in_an_example_of_a_document_is_no_claim() -> None:
    tree = "app/\n├── a.py\n└── b.py\n"
    example = f"````markdown\n# Layout\n\n```\n{tree}```\n````\n"
    assert read(example.encode(), "docs/a.md").claims == ()
    plain = f"```markdown\n{tree}```\n"
    assert [claim.subject for claim in read(plain.encode(), "docs/a.md").claims] == ["a.py", "b.py"]
