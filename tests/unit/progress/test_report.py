"""A list with its milestones, and the files that its tasks speak of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.models import Task
from vt_lsp.progress import words
from vt_lsp.progress.changes import BurnUp, Change, Entry, only
from vt_lsp.progress.churn import churn, parse
from vt_lsp.progress.history import Histories
from vt_lsp.progress.report import Document, Progress, progress_of
from vt_lsp.progress.risk import changing
from vt_lsp.specs.readers import read
from vt_lsp.workspace.git import Git

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86400
HOUR = 3600


def look(root: Path, text: str, now: float = 1_800_000_000.0) -> Progress:
    data = text.encode()
    return progress_of(Document("TASKS.md", read(data, "TASKS.md"), data, (), now), Histories(Git(root)), now)


def boxes(count: int, done: int = 0) -> str:
    return "".join(f"- [{'x' if n < done else ' '}] Do the thing number {n}\n" for n in range(count))


def test_milestones_are_lists_of_their_own(tmp_path: Path) -> None:
    text = f"# Plan\n\n## Phase 1\n\n{boxes(4, 3)}\n## Phase 2\n\n### Step A\n\n{boxes(9, 2)}\n## Notes\n\nNone.\n"
    one = look(tmp_path, text)
    assert [(part.title, part.level, part.done, part.total) for part in one.parts] == [
        ("Phase 1", 2, 3, 4),
        ("Phase 2", 2, 2, 9),  # Step A has the same tasks
    ]
    assert one.start == 0
    assert one.parts[0].start == text.index("## Phase 1")
    assert one.parts[0].forecast.refusal == "too short: 4 tasks, and 8 are needed"


def test_a_date_belongs_to_the_milestone_that_names_it(tmp_path: Path) -> None:
    text = f"# Plan\n\n## Phase 1\n\nDue: 2027-02-01\n\n{boxes(8)}\n## Phase 2\n\n{boxes(9)}"
    one = look(tmp_path, text)
    assert one.forecast.due is None
    assert [str(part.forecast.due) for part in one.parts] == ["2027-02-01", "None"]
    one = look(tmp_path, text.replace("# Plan\n", "# Plan\n\nDue: 2027-06-30\n", 1))
    assert str(one.forecast.due) == "2027-06-30"


def test_the_heading_around_all_tasks_stands_for_the_list(tmp_path: Path) -> None:
    text = f"# Design\n\nProse.\n\n## Tasks\n\n{boxes(9)}\n## More\n\nProse.\n"
    one = look(tmp_path, text)
    assert (one.start, one.parts) == (text.index("## Tasks"), ())


def test_thousands_of_tasks_below_hundreds_of_headings(tmp_path: Path) -> None:
    text = "# Plan\n\n" + "".join(f"## Phase {n}\n\n{boxes(10, n % 11)}\n" for n in range(500))
    one = look(tmp_path, text)
    assert (len(one.tasks), len(one.parts)) == (5000, 500)


def test_only_the_changes_of_some_tasks() -> None:
    history = BurnUp((Change(1, added=(0, 1, 2)), Change(2, ticked=(0,)), Change(3, ticked=(1,), removed=(2,))))
    assert only(history, [1, 2]) == (Change(1, added=(1, 2)), Change(3, ticked=(1,), removed=(2,)))


def test_a_ticked_task_whose_file_keeps_changing() -> None:
    tasks = [Task("T1", "Make `app.py`", "done", 0, 9), Task("T2", "Make `b.py`", "open", 10, 19)]
    entries = tuple(Entry(task.id, task.text, task.status == "done") for task in tasks)
    history = BurnUp((Change(0, added=(0, 1)), Change(DAY, ticked=(0,))), (0, 1), entries, 2)
    named = {0: {"app.py", "c.py"}, 1: {"b.py"}}
    later = [DAY + n * DAY for n in range(1, 7)]
    (risk,) = changing(tasks, history, named, {"app.py": later, "b.py": later})
    assert (risk.kind, risk.task) == ("changing", 0)
    assert risk.text == "ticked, but app.py was changed in 6 commits since"
    assert list(changing(tasks, history, named, {"app.py": [DAY + HOUR // 2] * 9, "c.py": later[:4]})) == []


def test_the_commits_of_files() -> None:
    many = b"\0".join(b"f%d" % n for n in range(300))
    output = b"\x01200\n\0a.py\0b c.py\0\x01100\n\0a.py\0\x0150\n\0" + many + b"\0\x0110\0"
    assert parse(output) == {"a.py": [200, 100], "b c.py": [200]}
    assert parse(b"") == {}


def test_without_git_no_file_changes(tmp_path: Path) -> None:
    assert churn(Git(tmp_path), None, 1_800_000_000.0) == {}


def test_in_words(tmp_path: Path) -> None:
    one = look(tmp_path, f"# Plan\n\n## A & *B*\n\n{boxes(4, 3)}\n## C\n\n{boxes(9, 2)}")
    assert words.line(one) == "5/13 done"
    page = words.page(one)
    assert page.startswith("**5 of 13 tasks done** · risk none")
    assert "No forecast: too little history" in page
    assert "- A \\& B: 3/4 done" in page or "- A \\& \\*B\\*: 3/4 done" in page
