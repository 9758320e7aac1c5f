"""Two editors on one folder at once: one cache, the same diagnostics, and the end of one is nothing to the other."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import sample
from fake_editor import Editor, fresh

if TYPE_CHECKING:
    from pathlib import Path

NEW = "# New\n\nUse `OrderBook.vanished()`.\n"


def make(root: Path) -> Path:
    """The sample in a project that takes a while to read and to write into the cache."""
    return sample.add_modules(sample.make(root), 400, functions=60)


def kill(editor: Editor) -> None:
    """As the system does when memory is short; its end is no failure of the session's own end."""
    editor.process.send_signal(signal.SIGKILL)
    editor.process.wait()


def told(*editors: Editor) -> list[object]:
    return [message for editor in editors for message in editor.notifications("window/showMessage")]


def test_both_show_the_same_and_share_the_cache(tmp_path: Path) -> None:
    root, home = make(tmp_path / "shop"), tmp_path / "home"
    loud = {"notifications": "always"}
    with Editor(root, home=home, options=loud) as one, Editor(root, home=home, options=loud) as other:
        for editor in (one, other):
            editor.open(root / "docs/design.md")
        for editor in (one, other):
            assert editor.settle()["health"] == "ok"
        assert one.codes(root / "docs/design.md") == sample.DRIFT
        assert one.everything() == other.everything()
        (root / "docs/new.md").write_text(NEW)
        for editor in (one, other):
            editor.wait(lambda editor=editor: editor.codes(root / "docs/new.md"), "the new document")  # type: ignore[misc]
        one.change(root / "docs/design.md", sample.SPEC.replace("reopen", "cancel"))  # not saved: its own affair
        one.settle()
        assert len(one.shown(root / "docs/design.md")) == 2
        assert len(other.shown(root / "docs/design.md")) == 3
        assert told(one, other) == []
    assert len(list((home / "cache").rglob("facts.sqlite"))) == 1


def test_one_is_killed_while_both_read(tmp_path: Path) -> None:
    root, home = make(tmp_path / "shop"), tmp_path / "home"
    loud = {"notifications": "always"}
    with Editor(root, home=home, options=loud) as other, Editor(root, home=home, options=loud) as one:
        database = next(iter((home / "cache").rglob("facts.sqlite")), None) or one.wait(
            lambda: next(iter((home / "cache").rglob("facts.sqlite")), None), "the cache"
        )
        one.wait(lambda: database.with_name("facts.sqlite-wal").exists(), "a write into the cache")
        kill(one)
        assert other.settle()["health"] == "ok"
        assert other.codes(root / "docs/design.md") == sample.DRIFT
        (root / "docs/new.md").write_text(NEW)
        other.wait(lambda: other.codes(root / "docs/new.md"), "the new document")
        with Editor(root, home=home, options=loud) as again:
            again.settle()
            assert again.everything() == other.everything() == fresh(other)
            assert told(again, other, one) == []


def test_one_is_killed_again_and_again_while_the_other_types(tmp_path: Path) -> None:
    root, home = make(tmp_path / "shop"), tmp_path / "home"
    spec = root / "docs/design.md"
    with Editor(root, home=home, options={"notifications": "always"}) as other:
        other.open(spec)
        other.settle()
        for n in range(4):
            for path in root.glob(f"pkg{n}/*.py"):
                path.write_text(f"{path.read_text()}\nNEW = {n}\n")
            with Editor(root, home=home) as one:
                one.wait(lambda one=one: one.notifications("vt-lsp/status"), "the start")  # type: ignore[misc]
                kill(one)
            other.change(spec, sample.SPEC + f"\nEdit {n}.\n")
            other.rescan()
        assert other.settle()["health"] == "ok"
        assert other.codes(spec) == sample.DRIFT
        assert told(other) == []
