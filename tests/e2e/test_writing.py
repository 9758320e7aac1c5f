"""What a writer of specs is offered: completion, definitions, references, rename and hover on ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Editor, Json, RpcError, line_position

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENCODINGS = ["utf-8", "utf-16", "utf-32"]
SPEC = """\
# Feature Specification: Orders

## Requirements

- **FR-001**: The book MUST keep orders (`OrderBook`).
- **FR-002**: An order MUST be cancelled on demand.
"""
TASKS = """\
# Tasks

- [x] T001 Keep orders in src/shop/book.py (FR-001)
- [ ] T002 Cancel orders for FR-001 and FR-002 (depends on T001)
"""
TEST = '''\
def test_fr_001_keeps_orders() -> None:
    """FR-001: orders are kept."""
'''
FULL = {"workspace": {"workspaceEdit": {"documentChanges": True, "changeAnnotationSupport": {}}}}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = sample.make(tmp_path / "my shop #1")
    files = {
        "specs/001-orders/spec.md": SPEC,
        "specs/001-orders/tasks.md": TASKS,
        "tests/test_orders.py": TEST,
        "docs/adr/0007-use-sqlite.md": "# Use SQLite\n\nAccepted.\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def editor(request: pytest.FixtureRequest, root: Path) -> Iterator[Editor]:
    encoding = getattr(request, "param", "utf-16")
    with Editor(root, capabilities=FULL | {"general": {"positionEncodings": [encoding]}}) as one:
        one.settle()
        yield one


in_each_encoding = pytest.mark.parametrize("editor", ENCODINGS, indirect=True)


def ask(editor: Editor, method: str, path: Path, needle: str, **more: object) -> Any:
    """Ask at the bar (|) in ``needle``, a part of the document's text without the bar."""
    text = editor.texts[path]
    before, _, after = needle.partition("|")
    encoding = editor.capabilities["positionEncoding"]
    whole = text[: text.index(before + after) + len(before)] + "\0"
    place = line_position(whole, "\0", encoding)
    params = {"textDocument": {"uri": path.as_uri()}, "position": place}
    return editor.request(f"textDocument/{method}", params | more)


def offered(editor: Editor, path: Path, line: str) -> list[str]:
    """The labels offered at the bar in ``line``, a new last line of the document that is not saved."""
    write(editor, path, line)
    found = ask(editor, "completion", path, line)
    return [] if found is None else [item["label"] for item in found["items"]]


def write(editor: Editor, path: Path, line: str) -> None:
    text = "# Notes\n\nIt has `OrderBook`.\n\n" + line.replace("|", "")
    if path in editor.texts:
        editor.change(path, text)
    else:
        editor.open(path, text)


def applied(editor: Editor, path: Path, edits: list[Json]) -> str:
    """The text after edits, in the units of the session."""
    codec, size = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}[
        editor.capabilities["positionEncoding"]
    ]
    lines = editor.texts[path].split("\n")
    spans = [(e["range"]["start"]["line"], e["range"]["start"]["character"], e) for e in edits]
    for number, start, edit in sorted(spans, key=lambda span: span[:2], reverse=True):
        assert edit["range"]["end"]["line"] == number
        line, end = lines[number].encode(codec), edit["range"]["end"]["character"]
        lines[number] = (line[: start * size] + edit["newText"].encode(codec) + line[end * size :]).decode(codec)
    return "\n".join(lines)


def test_names_of_the_code_in_backticks(editor: Editor, root: Path) -> None:
    notes = root / "docs/notes.md"
    assert offered(editor, notes, "See `Ord|")[0] == "OrderBook"
    assert set(offered(editor, notes, "See `OrderBook.|")) == {"OrderBook.place", "OrderBook.cancel"}
    assert offered(editor, notes, "See `OrderBook.ca|") == ["OrderBook.cancel"]
    assert offered(editor, notes, "See `canc|") == ["OrderBook.cancel"], "a member without its class"
    assert "shop.book.MAX_OPEN" in offered(editor, notes, "See `shop.book.|")
    assert offered(editor, notes, "See `src/sh|op`") == ["src/shop/"]
    assert offered(editor, notes, "See `src/shop/b|") == ["src/shop/book.py"]
    assert offered(editor, notes, "See `Nothing_like|") == []


def test_the_signature_is_told(editor: Editor, root: Path) -> None:
    notes = root / "docs/notes.md"
    write(editor, notes, "See `OrderBook.can")
    item = ask(editor, "completion", notes, "OrderBook.can|")["items"][0]
    assert item["detail"] == "(self, order_id: str) -> None  src/shop/book.py"


@in_each_encoding
def test_what_is_written_is_replaced(editor: Editor, root: Path) -> None:
    notes = root / "docs/notes.md"
    for end in ("`", "`\r\nMore.", "", " and `more`"):
        write(editor, notes, f"Crème 😀, `OrderBook.cancelled{end}")
        item = ask(editor, "completion", notes, "OrderBook.can|celled")["items"][0]
        changed = applied(editor, notes, [item["textEdit"]])
        assert changed == editor.texts[notes].replace("OrderBook.cancelled", "OrderBook.cancel")


def test_silence_outside_of_backticks(editor: Editor, root: Path) -> None:
    prose = ["An Ord|", "`x` and Ord|", "An item - Ord|", "    > a/b. Ord|", "FR|"]
    code = ["```python\nOrderBook.|", "~~~\n`Ord|\n~~~"]
    for line in (*prose, *code):
        assert offered(editor, root / "docs/notes.md", line) == [], line


def test_targets_of_links(editor: Editor, root: Path) -> None:
    notes = root / "docs/notes.md"
    assert offered(editor, notes, "[x](des|)") == ["design.md"]
    assert offered(editor, notes, "[x](../src/shop/bo|)") == ["../src/shop/book.py"]
    assert offered(editor, notes, "[x](spe|)") == ["../specs/001-orders/spec.md"]
    assert offered(editor, notes, "[x](design.md#|)") == ["design", "the-book", "helpers"]
    assert offered(editor, notes, "[x](#|)") == ["notes"]


def test_ids(editor: Editor, root: Path) -> None:
    plan = root / "specs/001-orders/plan.md"
    assert offered(editor, plan, "As FR-|") == ["FR-001", "FR-002"]
    assert offered(editor, plan, "By ADR-|") == ["ADR-0007"]
    tasks = root / "specs/001-orders/tasks.md"
    editor.open(tasks, TASKS + "- [ ] T003 More (depends on T0\n")
    found = ask(editor, "completion", tasks, "More (depends on T0|")
    assert [item["label"] for item in found["items"]] == ["T001", "T002", "T003"]


def test_definition_of_ids_tasks_and_anchors(editor: Editor, root: Path) -> None:
    tasks, notes = root / "specs/001-orders/tasks.md", root / "docs/notes.md"
    editor.open(tasks)
    editor.open(notes, "# Notes\n\nSee [it](design.md#the-book).\n")
    editor.settle()

    def go(path: Path, needle: str) -> tuple[str, int]:
        (found,) = ask(editor, "definition", path, needle)
        return found["uri"].rpartition("/")[2], found["range"]["start"]["line"] + 1

    assert go(tasks, "for FR-0|01") == ("spec.md", 5)
    assert go(tasks, "on T0|01") == ("tasks.md", 3)
    assert go(notes, "design.md#the|") == ("design.md", 5)


def test_references_of_an_id(editor: Editor, root: Path) -> None:
    spec = root / "specs/001-orders/spec.md"
    editor.open(spec)
    found = ask(editor, "references", spec, "FR-|001", context={"includeDeclaration": True})
    places = [(one["uri"].rpartition("/")[2], one["range"]["start"]["line"] + 1) for one in found]
    assert places == [("spec.md", 5), ("tasks.md", 3), ("tasks.md", 4), ("test_orders.py", 1), ("test_orders.py", 2)]


def test_hover_on_an_id(editor: Editor, root: Path) -> None:
    tasks = root / "specs/001-orders/tasks.md"
    editor.open(tasks)
    said = ask(editor, "hover", tasks, "for FR-0|01")["contents"]["value"]
    assert said.startswith("**FR-001** The book MUST keep orders")
    assert "Tasks: 1/2 done" in said
    assert "T001" in said
    assert "Tests: [tests/test_orders.py:1]" in said
    assert "Claims of its section: 1/1 hold" in said


@in_each_encoding
def test_rename_of_an_id(editor: Editor, root: Path) -> None:
    spec, tasks = root / "specs/001-orders/spec.md", root / "specs/001-orders/tasks.md"
    editor.open(spec)
    editor.open(tasks, "# Crème 😀\n\n" + TASKS)  # not saved
    prepared = ask(editor, "prepareRename", tasks, "for FR-0|01")
    assert prepared["placeholder"] == "FR-001"
    edit = ask(editor, "rename", tasks, "for FR-0|01", newName="FR-010")
    changed = {one["textDocument"]["uri"]: one for one in edit["documentChanges"]}
    assert set(changed) == {spec.as_uri(), tasks.as_uri()}
    for path in (spec, tasks):
        assert changed[path.as_uri()]["textDocument"]["version"] == 1
        edited = applied(editor, path, changed[path.as_uri()]["edits"])
        assert edited == editor.texts[path].replace("FR-001", "FR-010")
    assert "not what comments and tests" in next(iter(edit["changeAnnotations"].values()))["description"]
    for wrong in ("FR-002", "no id", ""):
        with pytest.raises(RpcError):
            ask(editor, "rename", tasks, "for FR-0|01", newName=wrong)


def test_rename_of_a_name_where_documents_write_it(editor: Editor, root: Path) -> None:
    design = root / "docs/design.md"
    editor.open(design)
    editor.settle()
    edit = ask(editor, "rename", design, "`Order|Book` keeps", newName="Ledger")
    changed = {one["textDocument"]["uri"]: one["edits"] for one in edit["documentChanges"]}
    code, spec = root / "src/shop/book.py", root / "specs/001-orders/spec.md"
    assert set(changed) == {design.as_uri(), spec.as_uri(), code.as_uri()}
    assert applied(editor, design, changed[design.as_uri()]) == editor.texts[design].replace("OrderBook", "Ledger")
    assert "All uses are changed" in next(iter(edit["changeAnnotations"].values()))["description"]
    edit = ask(editor, "rename", design, "OrderBook.can|cel", newName="revoke")
    changed = {one["textDocument"]["uri"]: one["edits"] for one in edit["documentChanges"]}
    assert changed.keys() == {design.as_uri(), code.as_uri()}
    assert applied(editor, design, changed[design.as_uri()]) == editor.texts[design].replace(".cancel(", ".revoke(")
    assert ask(editor, "prepareRename", design, "Crè|me") is None
    with pytest.raises(RpcError):
        ask(editor, "rename", design, "`Order|Book` keeps", newName="not a name")


def test_plain_edits_for_a_client_that_takes_no_versions(root: Path) -> None:
    design = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(design)
        editor.settle()
        edit = ask(editor, "rename", design, "`Order|Book` keeps", newName="Ledger")
        assert set(edit) == {"changes"}


def test_nothing_is_known_of_other_documents(root: Path, tmp_path: Path) -> None:
    with Editor(root) as editor:
        editor.settle()
        for path in (tmp_path / "elsewhere.md", root / "docs/gone.md", root / "src/shop/book.py"):
            params = {"textDocument": {"uri": path.as_uri()}, "position": {"line": 900, "character": 900}}
            for method in ("completion", "definition", "hover", "prepareRename"):
                assert editor.request(f"textDocument/{method}", params) is None


def test_carriage_returns_and_half_written_ticks(root: Path) -> None:
    notes = root / "docs/notes.md"
    with Editor(root) as editor:
        editor.settle()
        editor.open(notes, "# Notes\r\n\r\nThe ``OrderBook.ca\r\n\r\nmore `text`\r\n")
        (item,) = ask(editor, "completion", notes, "OrderBook.ca|")["items"]
        assert item["textEdit"]["range"] == {
            "start": {"line": 2, "character": 6},
            "end": {"line": 2, "character": 18},
        }
        assert ask(editor, "completion", notes, "more `text`|") is None


def test_criteria_are_told_but_not_renamed(root: Path) -> None:
    folder = root / ".kiro/specs/orders"
    folder.mkdir(parents=True)
    (folder / "requirements.md").write_text(
        "# Requirements\n\n### Requirement 1: Orders\n\n#### Acceptance Criteria\n\n"
        "1. WHEN an order comes THEN the book SHALL keep it\n2. WHEN it is full THEN it SHALL refuse\n"
    )
    (folder / "tasks.md").write_text("# Tasks\n\n- [x] 1. Keep orders\n  - _Requirements: 1.1, 1.2_\n- [ ] 2. More\n")
    (root / "tests/test_full.py").write_text("def test_full():\n    # Validates: Requirements 1.2\n    pass\n")
    tasks = folder / "tasks.md"
    with Editor(root) as editor:
        editor.open(tasks)
        editor.settle()
        (found,) = ask(editor, "definition", tasks, "1.1, 1|.2_")
        assert (found["uri"].rpartition("/")[2], found["range"]["start"]["line"] + 1) == ("requirements.md", 8)
        said = ask(editor, "hover", tasks, "1.1, 1|.2_")["contents"]["value"]
        assert said.startswith("**1.2** WHEN it is full")
        assert "Tasks: 1/1 done" in said
        assert "Tests: [tests/test_full.py:2]" in said
        assert ask(editor, "prepareRename", tasks, "1.1, 1|.2_") is None


def test_requirements_are_searched(editor: Editor, root: Path) -> None:
    (found,) = editor.request("workspace/symbol", {"query": "cancelled"})
    assert found["name"].startswith("FR-002 An order MUST")
    assert found["location"]["uri"] == (root / "specs/001-orders/spec.md").as_uri()
    assert found["location"]["range"]["start"] == {"line": 5, "character": 4}
    assert editor.request("workspace/symbol", {"query": ""}) is None
    assert editor.request("workspace/symbol", {"query": "nothing like it"}) is None
