"""Ways out of drift over the protocol: listed at once, made when they are chosen, from the texts as they are then."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Editor, Json, RpcError, line_position

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RESOLVES = {"codeAction": {"dataSupport": True, "resolveSupport": {"properties": ["edit"]}}}
FULL = {
    "textDocument": RESOLVES,
    "workspace": {
        "workspaceEdit": {
            "documentChanges": True,
            "resourceOperations": ["create", "rename", "delete"],
            "changeAnnotationSupport": {},
        }
    },
}
USER = '''\
"""Who uses the book."""

from shop.book import OrderBook, helper


def close(book: OrderBook, other) -> int:
    book.cancel("1")
    other.cancel("2")
    return helper()
'''
TEST = """\
from shop.book import OrderBook


def test_cancel():
    OrderBook().cancel("1")
"""
PATHS = """\
# Layout

- [the book](../src/shop/book.py#L3), also `src/shop/book.py`, and `shop/book.py`

```text
src/
├── shop/
│   ├── __init__.py
│   └── book.py   # the orders
```
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = sample.make(tmp_path / "my shop #1")
    for name, text in {"src/shop/user.py": USER, "tests/test_book.py": TEST, "docs/layout.md": PATHS}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def editor(root: Path) -> Iterator[Editor]:
    with Editor(root, capabilities=FULL) as one:
        one.open(root / "docs/design.md")
        one.settle()
        yield one


def actions(editor: Editor, path: Path, kind: str) -> dict[str, Json]:
    shown = next(item for item in editor.shown(path) if item["code"] == kind)
    params = {"textDocument": {"uri": path.as_uri()}, "range": shown["range"], "context": {"diagnostics": [shown]}}
    return {one["title"]: one for one in editor.request("textDocument/codeAction", params)}


def fix_all(editor: Editor, path: Path, only: str = "source.fixAll") -> list[Json]:
    start = {"line": 0, "character": 0}
    params = {
        "textDocument": {"uri": path.as_uri()},
        "range": {"start": start, "end": start},
        "context": {"diagnostics": [], "only": [only]},
    }
    return list(editor.request("textDocument/codeAction", params) or [])


def resolved(editor: Editor, action: Json) -> Json:
    return dict(editor.request("codeAction/resolve", action)["edit"])


def by_file(edit: Json, root: Path) -> dict[str, list[Json]]:
    files = [one for one in edit["documentChanges"] if "textDocument" in one]
    return {one["textDocument"]["uri"].removeprefix(f"{root.as_uri()}/"): one["edits"] for one in files}


def applied(text: str, edits: list[Json]) -> str:
    """The text after edits whose columns count in UTF-16."""
    lines = text.split("\n")

    def offset(at: Json) -> int:
        before = "".join(f"{line}\n" for line in lines[: at["line"]])
        row = lines[at["line"]].encode("utf-16-le")[: 2 * at["character"]]
        return len(before) + len(row.decode("utf-16-le"))

    for edit in sorted(edits, key=lambda one: offset(one["range"]["start"]), reverse=True):
        start, end = (offset(edit["range"][side]) for side in ("start", "end"))
        text = text[:start] + edit["newText"] + text[end:]
    return text


def after(edit: Json, root: Path, name: str) -> str:
    return applied((root / name).read_text(encoding="utf-8"), by_file(edit, root)[name])


def test_actions_are_listed_without_their_edits(editor: Editor, root: Path) -> None:
    found = actions(editor, root / "docs/design.md", "constant-value")
    chosen = found["Change the spec to `250`"]
    assert "edit" not in chosen
    assert chosen["isPreferred"]
    assert sum(one.get("isPreferred", False) for one in found.values()) == 1
    edit = resolved(editor, chosen)
    assert "MAX_OPEN = 250" in after(edit, root, "docs/design.md")
    assert [one["textDocument"]["version"] for one in edit["documentChanges"]] == [1]
    assert resolved(editor, chosen) == edit, "choosing twice is harmless"


def test_an_edit_between_list_and_choice(editor: Editor, root: Path) -> None:
    """What moved is found again; a drift that has gone is refused with words for the user."""
    spec = root / "docs/design.md"
    chosen = actions(editor, spec, "constant-value")["Change the spec to `250`"]
    moved = f"One more line.\n\n{editor.texts[spec]}"
    editor.change(spec, moved)
    edit = resolved(editor, chosen)
    assert applied(moved, by_file(edit, root)["docs/design.md"]) == moved.replace("MAX_OPEN = 100", "MAX_OPEN = 250")
    assert [one["textDocument"]["version"] for one in edit["documentChanges"]] == [2]
    editor.change(spec, moved.replace("MAX_OPEN = 100", "MAX_OPEN = 250"))
    with pytest.raises(RpcError, match="changed meanwhile") as told:
        resolved(editor, chosen)
    assert told.value.code == -32801


def test_a_closed_file_that_was_written_meanwhile(editor: Editor, root: Path) -> None:
    """Nobody told the server, and still its edit is for the text that lies on disk."""
    spec, code = root / "docs/design.md", root / "src/shop/book.py"
    editor.open(code)
    editor.settle()
    chosen = actions(editor, code, "constant-value")["Change the spec to `250`"]
    editor.close(spec)
    editor.settle()
    spec.write_text("Written by somebody else.\n\n" + sample.SPEC, encoding="utf-8")
    edit = resolved(editor, chosen)
    assert "MAX_OPEN = 250" in after(edit, root, "docs/design.md")


@pytest.mark.parametrize("kind", ["source.fixAll", "source.fixAll.vt-lsp", "source"])
def test_all_safe_ones_at_once(editor: Editor, root: Path, kind: str) -> None:
    spec = root / "docs/design.md"
    (action,) = fix_all(editor, spec, kind)
    assert action["kind"] == "source.fixAll.vt-lsp"
    text = after(resolved(editor, action), root, "docs/design.md")
    assert text == sample.SPEC.replace("= 100", "= 250").replace("dry_run", "validate_only")
    editor.change(spec, text)
    editor.settle()
    assert {item["code"] for item in editor.shown(spec)} == {"missing-member"}
    (again,) = fix_all(editor, spec, kind)
    assert not resolved(editor, again)["documentChanges"]
    assert not fix_all(editor, spec, "source.organizeImports")
    assert not fix_all(editor, spec, "source.fixAll.other")


def test_clients_that_ask_only_once_get_the_edits_at_once(root: Path) -> None:
    spec = root / "docs/design.md"
    with Editor(root) as editor:
        editor.open(spec)
        editor.settle()
        found = actions(editor, spec, "constant-value")
        change = found["Change the spec to `250`"]["edit"]["changes"][spec.as_uri()]
        assert applied(sample.SPEC, change) == sample.SPEC.replace("= 100", "= 250")
        (action,) = fix_all(editor, spec)
        assert "validate_only" in applied(sample.SPEC, action["edit"]["changes"][spec.as_uri()])


def test_accepting_is_an_action(editor: Editor, root: Path) -> None:
    spec = root / "docs/design.md"
    command = actions(editor, spec, "constant-value")["Accept: the code is right, because …"]["command"]
    params = {"command": command["command"], "arguments": command["arguments"]}
    editor.request("workspace/executeCommand", params)
    editor.settle()
    assert "constant-value" not in {item["code"] for item in editor.shown(spec)}


def test_a_read_only_file_is_not_edited(editor: Editor, root: Path) -> None:
    spec = root / "docs/design.md"
    chosen = actions(editor, spec, "constant-value")["Change the spec to `250`"]
    spec.chmod(0o444)
    with pytest.raises(RpcError, match=r"docs/design.md is not changed: is read-only"):
        resolved(editor, chosen)


def test_a_file_behind_a_link_out_of_the_folder_is_never_edited(editor: Editor, root: Path, tmp_path: Path) -> None:
    spec = root / "docs/design.md"
    chosen = actions(editor, spec, "constant-value")["Change the spec to `250`"]
    outside = spec.rename(tmp_path / "outside.md")
    spec.symlink_to(outside)
    with pytest.raises(RpcError, match="lies outside of the project"):
        resolved(editor, chosen)


def test_line_ends_stay(root: Path) -> None:
    spec = root / "docs/design.md"
    spec.write_bytes(sample.SPEC.replace("\n", "\r\n").encode())
    with Editor(root, capabilities=FULL) as editor:
        editor.open(spec)
        editor.settle()
        for kind in ("constant-value", "signature-mismatch"):
            for action in actions(editor, spec, kind).values():
                if "command" in action:
                    continue
                edit = action.get("edit") or resolved(editor, action)
                for one in by_file(edit, root).get("docs/design.md", ()):
                    assert "\n" not in one["newText"].replace("\r\n", "")


def ask_rename(editor: Editor, path: Path, needle: str, new: str) -> Any:
    before, _, rest = needle.partition("|")
    text = editor.texts[path]
    at = line_position(text.replace(before + rest, f"{before}\0{rest}", 1), "\0")
    params = {"textDocument": {"uri": path.as_uri()}, "position": at, "newName": new}
    return editor.request("textDocument/rename", params)


def test_renaming_in_the_code_takes_callers_and_documents_along(editor: Editor, root: Path) -> None:
    code = root / "src/shop/book.py"
    editor.open(code)
    editor.settle()
    edit = ask_rename(editor, code, "def can|cel", "revoke")
    assert by_file(edit, root).keys() == {
        "src/shop/book.py",
        "src/shop/user.py",
        "tests/test_book.py",
        "docs/design.md",
    }
    assert after(edit, root, "src/shop/book.py") == sample.BOOK.replace("def cancel", "def revoke")
    assert after(edit, root, "src/shop/user.py") == USER.replace("book.cancel", "book.revoke"), "what is sure"
    assert after(edit, root, "tests/test_book.py") == TEST.replace(".cancel", ".revoke")
    assert after(edit, root, "docs/design.md") == sample.SPEC.replace(".cancel(", ".revoke(")
    (note,) = edit["changeAnnotations"].values()
    assert note["needsConfirmation"]
    assert "src/shop/user.py:8" in note["description"], "what is not sure is told"
    for wrong in ("place", "class", "no name"):
        with pytest.raises(RpcError):
            ask_rename(editor, code, "def can|cel", wrong)


def test_what_no_document_names_is_left_to_others(editor: Editor, root: Path) -> None:
    user = root / "src/shop/user.py"
    editor.open(user)
    editor.settle()
    assert ask_rename(editor, user, "def cl|ose", "shut") is None


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "src/shop/book.py",
            "src/shop/ledger.py",
            PATHS.replace("shop/book.py", "shop/ledger.py").replace("── book.py", "── ledger.py"),
        ),
        ("src/shop", "src/store", PATHS.replace("shop/", "store/")),
        (
            "docs/layout.md",
            "docs/more/layout.md",
            PATHS.replace("(../src", "(../../src"),
        ),
    ],
)
def test_renamed_files_and_folders_are_followed(editor: Editor, root: Path, old: str, new: str, expected: str) -> None:
    files = [{"oldUri": (root / old).as_uri(), "newUri": (root / new).as_uri()}]
    edit = editor.request("workspace/willRenameFiles", {"files": files})
    assert after(edit, root, "docs/layout.md") == expected
    if old != "docs/layout.md":
        moved = (old, new) if old.endswith(".py") else (f"{old}/", f"{new}/")
        assert after(edit, root, "docs/design.md") == sample.SPEC.replace(*moved)
    outside = [{"oldUri": (root / old).as_uri(), "newUri": (root.parent / "away.py").as_uri()}]
    assert editor.request("workspace/willRenameFiles", {"files": outside}) is None


def git(root: Path, *args: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *identity, *args], cwd=root, capture_output=True, text=True, check=True).stdout


def test_the_piece_that_broke_a_claim_is_offered_back(root: Path) -> None:
    code = root / "src/shop/book.py"
    code.write_text(sample.BOOK.replace("MAX_OPEN = 250", "MAX_OPEN = 100"))
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Begin")
    code.write_text(sample.BOOK)
    git(root, "commit", "-qam", "Raise the limit")
    commit = git(root, "rev-parse", "HEAD").strip()[:10]
    title = f"Bring back what `{commit}` took away"
    with Editor(root, capabilities=FULL) as editor:
        spec = root / "docs/design.md"
        editor.open(spec)
        editor.settle()
        editor.wait(lambda: title in actions(editor, spec, "constant-value"), "git's answer")
        found = actions(editor, spec, "constant-value")
        edit = resolved(editor, found[title])
        assert after(edit, root, "src/shop/book.py") == sample.BOOK.replace("250", "100")
        assert "Raise the limit" in next(iter(edit["changeAnnotations"].values()))["description"]
        shown = editor.command("showDiff", next(d["data"] for d in editor.shown(spec) if d["code"] == "constant-value"))
        assert "-MAX_OPEN = 100\n+MAX_OPEN = 250" in shown["markdown"]
        assert commit in shown["markdown"]
    assert git(root, "status", "--porcelain") == ""


def test_what_a_change_of_the_code_touches_is_told(editor: Editor, root: Path) -> None:
    """In the title of the action, in the preview of the edit, and in hover."""
    spec = root / "docs/design.md"
    text = sample.SPEC.replace("`helper`", "`shop.book.helpr(value)`")
    editor.change(spec, text)
    editor.settle()
    (shown,) = [item for item in editor.shown(spec) if "helpr" in item["message"]]
    params = {"textDocument": {"uri": spec.as_uri()}, "range": shown["range"], "context": {"diagnostics": [shown]}}

    def titles() -> list[Json]:
        return list(editor.request("textDocument/codeAction", params))

    renamed = editor.wait(lambda: [one for one in titles() if "also changes" in one["title"]], "what is touched")
    assert "2 callers" in renamed[0]["title"]
    edit = resolved(editor, renamed[0])
    assert after(edit, root, "src/shop/user.py") == USER.replace("helper", "helpr")
    hover = editor.request(
        "textDocument/hover", {"textDocument": {"uri": spec.as_uri()}, "position": shown["range"]["start"]}
    )
    assert "2 callers" in hover["contents"]["value"]


def test_a_renamed_parameter_takes_the_keywords_of_its_calls_along(editor: Editor, root: Path) -> None:
    user = root / "src/shop/user.py"
    more = "def more(book: OrderBook, other):\n    book.place('1', validate_only=True)\n    other(validate_only=1)\n"
    text = f"{USER}\n\n{more}"
    user.write_text(text, encoding="utf-8")
    editor.tell(user)
    editor.settle()
    found = actions(editor, root / "docs/design.md", "signature-mismatch")
    (title,) = [one for one in found if one.startswith("Rename the parameter `validate_only`")]
    edit = resolved(editor, found[title])
    assert after(edit, root, "src/shop/book.py") == sample.BOOK.replace("validate_only", "dry_run")
    assert after(edit, root, "src/shop/user.py") == text.replace("'1', validate_only", "'1', dry_run")
    assert by_file(edit, root).keys() == {"src/shop/book.py", "src/shop/user.py"}


def test_a_file_that_is_missing_is_made(editor: Editor, root: Path) -> None:
    spec = root / "docs/design.md"
    editor.change(spec, sample.SPEC.replace("src/shop/book.py", "src/shop/storage.py"))
    editor.settle()
    found = actions(editor, spec, "missing-file")
    edit = resolved(editor, found["Create `src/shop/storage.py`"])
    made, written = edit["documentChanges"]
    assert made["kind"] == "create"
    assert made["uri"] == (root / "src/shop/storage.py").as_uri() == written["textDocument"]["uri"]
    assert written["edits"][0]["newText"].startswith('"""')
