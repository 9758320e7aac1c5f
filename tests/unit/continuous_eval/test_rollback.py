"""The commit that broke a claim, and the piece of code that brings it back, from real histories."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from vt_lsp.continuous_eval.realignment.gate import applied
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
from vt_lsp.workspace.git import Git
from vt_lsp.workspace.revisions import revisions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vt_lsp.models import DriftReport

CODE = '''\
LIMIT = 100


class Book:
    """Orders."""

    def place(self, order: str, dry_run: bool = False) -> int:
        return len(order)

    def reopen(self) -> None:
        self.place("again")

    def cancel(self) -> None: ...
'''
SPEC = """\
# Design

`LIMIT = 100` orders, see `book.py`; `Book.reopen()` opens one.

```python
class Book:
    def place(self, order: str, dry_run: bool = False) -> int: ...
```
"""


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        self.cache = root.parent / "cache"
        self.now = 1_700_000_000
        self.git("init", "-q")

    def git(self, *args: str) -> str:
        self.now += 86_400
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
        dates = {"GIT_AUTHOR_DATE": f"{self.now} +0000", "GIT_COMMITTER_DATE": f"{self.now} +0000"}
        environment = os.environ | dates | {"GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", *identity, *args], cwd=self.root, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(exist_ok=True)
        (self.root / name).write_text(text)

    def commit(self, subject: str, **files: str) -> str:
        for name, text in files.items():
            self.write({"code": "book.py", "spec": "docs/design.md"}[name], text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def noise(self, count: int) -> None:
        text = (self.root / "book.py").read_text()
        for n in range(count):
            self.commit(f"noise {n}", code=f"{text}\n\nnoise = {n}\n")

    def with_engine(self, use: Callable[[Engine], None]) -> None:
        engine = Engine(self.root, Settings(), self.cache)
        try:
            engine.scan()
            use(engine)
        finally:
            engine.dispose()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    (tmp_path / "shop").mkdir()
    return Repository(tmp_path / "shop")


def drift_of(engine: Engine, kind: str) -> DriftReport:
    return next(drift for drift in engine.drifts() if drift.drift_type == kind)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("constant-value", "LIMIT = 100", "LIMIT = 250"),
        ("signature-mismatch", "dry_run: bool", "validate_only: bool"),
        ("missing-member", '    def reopen(self) -> None:\n        self.place("again")\n\n', ""),
    ],
)
@pytest.mark.parametrize("later", [0, 1, 6])
def test_the_piece_that_broke_it_is_brought_back(
    repository: Repository, kind: str, old: str, new: str, later: int
) -> None:
    repository.commit("Begin", code=CODE, spec=SPEC)
    repository.noise(3)
    held = repository.git("rev-parse", "HEAD")
    text = (repository.root / "book.py").read_text()
    broken = repository.commit("Break it", code=text.replace(old, new).replace('"""Orders."""', '"""Many."""'))
    repository.noise(later)

    def use(engine: Engine) -> None:
        now = engine.text("book.py") or b""
        for _ in range(2):  # the second answer is a kept one
            back = engine.way_back(drift_of(engine, kind))
            assert back is not None
            assert back.breakage.broken is not None
            assert back.breakage.broken.commit == broken
            assert later or back.breakage.held.commit == held
            assert applied(now, back.way.edits).decode() == now.decode().replace(*_around(text, old, new)), (
                "nothing else"
            )
            assert old.splitlines()[0] in back.diff
            assert back.way.title == f"Bring back what `{broken[:10]}` took away"
            assert not back.way.safe

    repository.with_engine(use)
    assert repository.git("status", "--porcelain") == ""


def _around(text: str, old: str, new: str) -> tuple[str, str]:
    """What is replaced and by what, with what stands before it where it is nothing."""
    at = text.index(old)
    before = text[max(0, at - 20) : at]
    return before + new, before + old


def test_a_change_that_is_not_committed(repository: Repository) -> None:
    repository.commit("Begin", code=CODE, spec=SPEC)
    repository.write("book.py", CODE.replace("100", "250"))

    def use(engine: Engine) -> None:
        back = engine.way_back(drift_of(engine, "constant-value"))
        assert back is not None
        assert back.breakage.broken is None
        assert applied(engine.text("book.py") or b"", back.way.edits).decode() == CODE

    repository.with_engine(use)


def test_what_never_held_cannot_be_brought_back(repository: Repository) -> None:
    repository.commit("Begin", code=CODE.replace("100", "250"))
    repository.commit("Say something wrong", spec=SPEC)
    repository.noise(2)
    repository.with_engine(lambda engine: _is_none(engine.way_back(drift_of(engine, "constant-value"))))


def test_without_git_nothing_is_known(repository: Repository) -> None:
    repository.write("book.py", CODE.replace("100", "250"))
    repository.write("docs/design.md", SPEC)
    repository.with_engine(lambda engine: _is_none(engine.way_back(drift_of(engine, "constant-value"))))


def test_a_code_that_is_another_one_today_is_left_alone(repository: Repository) -> None:
    """The name has become a function meanwhile: no piece of the past fits."""
    repository.commit("Begin", code=CODE, spec=SPEC)
    repository.commit("Break it", code=CODE.replace("LIMIT = 100", "LIMIT = 250\nLIMIT = 300"))

    def use(engine: Engine) -> None:
        for drift in engine.drifts():
            back = engine.way_back(drift)
            assert back is None or applied(engine.text("book.py") or b"", back.way.edits).decode() == CODE

    repository.with_engine(use)


def test_revisions_know_what_each_commit_had(repository: Repository) -> None:
    first = repository.commit("Begin", code=CODE, spec=SPEC)
    (repository.root / "book.py").unlink()
    gone = repository.commit("Gone\twith a tab")
    back = repository.commit("Back", code=CODE)
    found = revisions(Git(repository.root), ["docs/design.md", "book.py"])
    assert [one.commit.commit for one in found] == [back, gone, first]
    assert [len(one.blobs) for one in found] == [2, 1, 2]
    assert found[1].commit.subject == "Gone\twith a tab"
    assert revisions(Git(repository.root), ["nowhere.py"]) == []


def _is_none(value: object) -> None:
    assert value is None
