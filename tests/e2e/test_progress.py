"""Task lists in the editor: lenses, hovers, ticks at save, the forecast and the report, through the real server."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import sample
from fake_editor import Editor, Json, RpcError

DAY = 86400
HEAD = "# Plan\n\n"


def plan(done: int, total: int = 12) -> str:
    boxes = [f"- [{'x' if n < done else ' '}] T{n:03d} Make part number {n}\n" for n in range(total)]
    return f"{HEAD}## Phase 1\n\n{''.join(boxes[:4])}\n## Phase 2\n\n{''.join(boxes[4:])}"


def commit(root: Path, days_ago: float) -> None:
    when = f"{int(time.time() - days_ago * DAY)} +0000"
    environment = {**os.environ, "GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
    subprocess.run(["git", "add", "-A"], check=True, cwd=root)
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-q", "-m", "x"]
    subprocess.run(command, check=True, cwd=root, env=environment)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = sample.make(tmp_path / "shop")
    subprocess.run(["git", "init", "-q"], check=True, cwd=root)
    for done in range(6):
        (root / "TASKS.md").write_text(plan(done), "utf-8")
        commit(root, 20 - 3 * done)
    return root


def lenses(editor: Editor, path: Path) -> list[tuple[int, str]]:
    """Line (from 1) and words of the lenses about tasks."""
    found = editor.request("textDocument/codeLens", {"textDocument": {"uri": path.as_uri()}}) or []
    of_tasks = [lens for lens in found if lens["command"]["command"] == "vt-lsp.showForecast"]
    assert all(lens["command"]["arguments"] == [path.as_uri()] for lens in of_tasks)
    return [(lens["range"]["start"]["line"] + 1, lens["command"]["title"]) for lens in of_tasks]


def known(editor: Editor, path: Path, beginning: str) -> list[tuple[int, str]]:
    """The lenses once the first of them begins so: they never wait for git, and come when it has answered."""
    found: list[tuple[int, str]] = []

    def are_there() -> bool:
        nonlocal found
        found = lenses(editor, path)
        return bool(found) and found[0][1].startswith(beginning)

    editor.wait(are_there, f"a lens that begins with {beginning}")
    return found


def test_the_plan_and_its_phases_have_lenses(root: Path) -> None:
    path = root / "TASKS.md"
    can = {"workspace": {"codeLens": {"refreshSupport": True}}}
    with Editor(root, capabilities=can) as editor:
        editor.open(path)
        editor.settle()
        lenses(editor, path)
        editor.wait(lambda: editor.notifications("workspace/codeLens/refresh"), "a request to ask again")
        whole, first, second = known(editor, path, "5/12 done · ")
        assert "within 30 days" in whole[1]
        assert [line for line, _ in (whole, first, second)] == [1, 3, 10]
        assert first[1] == "4/4 done"
        assert second[1].startswith("1/8 done")
        editor.change(path, plan(7))
        known(editor, path, "7/12 done · ")


def test_the_hover_of_a_heading_has_a_chart_and_the_chances(root: Path) -> None:
    path = root / "TASKS.md"
    with Editor(root) as editor:
        editor.open(path)
        editor.settle()
        known(editor, path, "5/12")

        def hover(line: int) -> str:
            params = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": 4}}
            answer = editor.request("textDocument/hover", params)
            return "" if answer is None else str(answer["contents"]["value"])

        whole = hover(0)
        assert whole.startswith("**5 of 12 tasks done**")
        assert "▁" in whole
        assert "within 30 days" in whole
        assert hover(9).startswith("**1 of 8 tasks done**")
        assert hover(1) == ""


def test_ticks_are_recorded_when_they_are_saved(root: Path) -> None:
    path = root / "TASKS.md"
    with Editor(root) as editor:
        editor.open(path)
        editor.settle()
        for done in (6, 7):
            editor.change(path, plan(done))
            path.write_text(plan(done), "utf-8")
            editor.notify("textDocument/didSave", {"textDocument": {"uri": path.as_uri()}})
            expected = 12 + done - 6  # all tasks with the first save, then what is news
            editor.wait(partial(has_marks, editor.home / "state", expected), "the marks of a save")


def has_marks(state: Path, count: int) -> bool:
    for file in state.rglob("ticks.sqlite"):
        with sqlite3.connect(file) as db:
            return bool(db.execute("SELECT count(*) FROM marks").fetchone()[0] == count)
    return False


def test_the_forecast_of_one_document_and_of_all(root: Path) -> None:
    (root / "notes.md").write_text("# Notes\n\n- [ ] one\n- [ ] two\n", "utf-8")
    with Editor(root) as editor:
        editor.settle()
        everything = editor.command("showForecast")
        assert [one["path"] for one in everything["lists"]] == ["TASKS.md"]
        assert everything["title"] == "1 task list with open tasks"
        assert "5 of 12 tasks done" in everything["markdown"]
        one = editor.command("showForecast", (root / "notes.md").as_uri())
        assert one["lists"][0]["refusal"] == "too short: 2 tasks, and 8 are needed"
        with pytest.raises(RpcError, match="no tasks in"):
            editor.command("showForecast", (root / "docs/design.md").as_uri())
        with pytest.raises(RpcError, match="takes the URI"):
            editor.command("showForecast", 3)


def test_the_tree_of_specs_shows_lists(root: Path) -> None:
    with Editor(root) as editor:
        editor.settle()

        def row() -> Json | None:
            (folder,) = editor.request("vt-lsp/specs", {})["folders"]
            rows = {one["path"]: one for one in folder["specs"]}
            return rows.get("TASKS.md")

        found = editor.wait(row, "the list in the tree")
        assert (found["progress"]["done"], found["progress"]["total"]) == (5, 12)
        assert found["progress"]["text"].startswith("5/12 done")


def test_the_report_is_written_to_the_cache_and_opened(root: Path) -> None:
    asked: list[Any] = []
    shows = {"window": {"showDocument": {"support": True}}, "experimental": {}}
    with Editor(root, capabilities=shows) as editor:

        def opened(params: Json) -> Json:
            asked.append(params)
            return {"success": True}

        editor.answer["window/showDocument"] = opened
        editor.settle()
        answer = editor.command("openReport")
        assert asked[-1] == {"uri": answer["file"], "external": True}
        page = Path(unquote(urlsplit(answer["file"]).path)).read_text("utf-8")
        assert editor.home in Path(unquote(urlsplit(answer["file"]).path)).parents
        data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
        assert data["summary"]["broken"] == 3
        assert data["name"] == "shop"


def test_a_client_that_shows_results_opens_the_report_itself(root: Path) -> None:
    with Editor(root) as editor:
        editor.settle()
        answer = editor.command("openReport", (root / "TASKS.md").as_uri())
        assert answer["uri"] == root.as_uri()
        assert answer["file"].startswith("file://")
        assert not editor.notifications("window/showMessage")
