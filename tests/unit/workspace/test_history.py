from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from vt_lsp.workspace import git as git_module
from vt_lsp.workspace import history as history_module
from vt_lsp.workspace.git import Answer, Git
from vt_lsp.workspace.history import History, PastFile
from vt_lsp.workspace.store import FactsStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vt_lsp.models import Commit


class Repository:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main")

    def git(self, *args: str) -> str:
        command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *args]
        return subprocess.run(command, cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, subject: str, **files: str | None) -> str:
        for name, text in files.items():
            self.write(name, text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def write(self, name: str, text: str | None) -> None:
        file = self.root / name.replace("__", "/").replace("_dot_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            file.unlink()
        else:
            file.write_text(text)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "project")


def subject(commit: Commit | None) -> str | None:
    return commit.subject if commit else None


def test_a_removed_definition_is_found_with_its_commit(repository: Repository) -> None:
    repository.commit("start", app__a_dot_py="import os\n\nclass Book:\n    def place(self): ...\n\nLIMIT: int = 3\n")
    repository.commit("more", app__b_dot_py="x = 1\n")
    gone = repository.commit("drop Book | for good", app__a_dot_py="import os\n\nLIMIT: int = 3\n")
    repository.commit("drop LIMIT", app__a_dot_py="import os\n")
    repository.commit("later", app__b_dot_py="x = 2\n")
    repository.write("app__b_dot_py", "y = 2\n")
    found = History(Git(repository.root)).once_defined(["Book", "place", "LIMIT", "x", "never", "os", "not a name"])
    assert set(found) == {"Book", "place", "LIMIT", "x"}
    book = found["Book"]
    assert (book.path, book.line, subject(book.removed_in)) == ("app/a.py", 3, "drop Book | for good")
    assert (book.symbol, book.kind) == ("Book", "class")
    assert found["place"].symbol == "Book.place"
    assert book.removed_in is not None
    assert book.removed_in.commit == gone
    assert len(book.removed_in.date) == len("2026-01-01")
    assert subject(found["LIMIT"].removed_in) == "drop LIMIT"
    assert found["x"].removed_in is None  # HEAD still has it: the removal is not committed


def test_a_definition_that_moved_or_changed_was_not_removed_then(repository: Repository) -> None:
    repository.commit("start", a_dot_py="def run(x):\n    return x\n")
    repository.commit("signature", a_dot_py="def run(x, y):\n    return x\n")
    repository.commit("move", a_dot_py="\n", b_dot_py="async def run(x, y):\n    return x\n")
    repository.commit("rename", b_dot_py="async def start(x, y):\n    return x\n")
    found = History(Git(repository.root)).once_defined(["run"])
    assert (found["run"].path, subject(found["run"].removed_in)) == ("b.py", "rename")


def test_names_inside_functions_and_strings_prove_nothing(repository: Repository) -> None:
    text = (
        "def outer():\n    def inner(): ...\n    class Local: ...\n    return inner\nDOC = '''\nclass Told: ...\n'''\n"
    )
    repository.commit("start", a_dot_py=text, b_dot_py=text)
    history = History(Git(repository.root))
    assert history.once_defined(["inner", "Local", "Told"]) == {}
    repository.commit("drop", a_dot_py="\n", b_dot_py=None)
    assert set(history.once_defined(["inner", "Local", "Told", "outer", "DOC"])) == {"outer", "DOC"}


def test_what_the_files_still_have_was_not_removed(repository: Repository, tmp_path: Path) -> None:
    repository.commit("start", examples__a_dot_py="class Shown: ...\n", b_dot_py="class Shown: ...\n")
    repository.commit("drop one", b_dot_py="\n")
    store = FactsStore(tmp_path / "cache")
    history = History(Git(repository.root), store)
    assert history.once_defined(["Shown"]) == {}
    repository.write("examples__a_dot_py", "\n")
    assert history.once_defined(["Shown"])["Shown"].removed_in is None
    store.close()


def test_tests_and_vendored_code_prove_nothing(repository: Repository) -> None:
    repository.commit("start", tests__t_dot_py="def helper(): ...\n", vendor__v_dot_py="class Thing: ...\n")
    repository.commit("drop", tests__t_dot_py="\n", vendor__v_dot_py="\n")
    assert History(Git(repository.root)).once_defined(["helper", "Thing"]) == {}


def test_only_the_past_of_head_counts(repository: Repository) -> None:
    first = repository.commit("start", a_dot_py="x = 1\n")
    repository.git("checkout", "-q", "-b", "other")
    repository.commit("there", a_dot_py="class Elsewhere: ...\n", b_dot_py="y = 1\n")
    repository.commit("gone there", a_dot_py="x = 1\n", b_dot_py=None)
    repository.git("checkout", "-q", first)
    history = History(Git(repository.root))
    assert history.once_defined(["Elsewhere"]) == {}
    assert history.once_existed(["b.py"]) == {}


def test_a_merge_is_the_commit_that_removed(repository: Repository) -> None:
    repository.commit("start", a_dot_py="class Old: ...\n")
    repository.git("checkout", "-q", "-b", "side")
    repository.commit("drop on the side", a_dot_py="\n")
    repository.git("checkout", "-q", "main")
    repository.commit("main goes on", b_dot_py="z = 1\n")
    repository.git("merge", "-q", "--no-ff", "-m", "merge side", "side")
    found = History(Git(repository.root)).once_defined(["Old"])
    assert subject(found["Old"].removed_in) == "merge side"


def test_files_and_folders_that_were_removed_or_renamed(repository: Repository) -> None:
    body = "".join(f"def f{n}(): return {n}\n" for n in range(30))
    repository.commit(
        "start", pkg__a_dot_py=body, pkg__b_dot_py=body.replace("f", "g"), old_dot_md="# Old\n", now_dot_py=""
    )
    repository.git("mv", "pkg", "src")
    repository.commit("src layout")
    repository.commit("drop", old_dot_md=None)
    repository.git("mv", "src/a.py", "src/core.py")
    repository.commit("core")
    repository.write("now_dot_py", None)
    history = History(Git(repository.root))
    found = history.once_existed(["pkg/a.py", "pkg/", "old.md", "never.py", "now.py", "ol", "*"])
    assert {path: (subject(past.removed_in), past.renamed_to) for path, past in found.items()} == {
        "pkg/a.py": ("src layout", "src/core.py"),
        "pkg": ("src layout", "src"),
        "old.md": ("drop", None),
        "now.py": (None, None),
    }


def test_a_root_below_the_top_of_the_repository(repository: Repository) -> None:
    repository.commit("start", sub__a_dot_py="class Gone: ...\n", a_dot_py="class Outside: ...\n", sub__x_dot_md="x\n")
    repository.commit("drop", sub__a_dot_py="\n", a_dot_py="\n", sub__x_dot_md=None)
    history = History(Git(repository.root / "sub"))
    found = history.once_defined(["Gone", "Outside"])
    assert {name: past.path for name, past in found.items()} == {"Gone": "a.py"}
    assert set(history.once_existed(["x.md"])) == {"x.md"}


def test_when_a_line_went_away(repository: Repository) -> None:
    repository.commit("start", a_dot_py="def run(x, dry_run=False): ...\n")
    repository.commit("unrelated", a_dot_py="def run(x, dry_run=False): ...\ny = 1\n")
    repository.commit("drop dry_run", a_dot_py="def run(x): ...\ny = 1\n")
    repository.commit("later", a_dot_py="def run(x): ...\ny = 2\n")
    history = History(Git(repository.root))
    assert subject(history.when_gone("a.py", "dry_run")) == "drop dry_run"
    assert history.when_gone("a.py", "def run") is None
    assert history.when_gone("a.py", "never_there") is None
    assert history.when_gone("a.py", "broken [ expression (") is None
    assert history.when_gone("none.py", "x") is None


def test_answers_are_kept_until_head_moves(repository: Repository, tmp_path: Path) -> None:
    repository.commit("start", a_dot_py="class Old: ...\n", b_dot_py="")
    repository.commit("drop", a_dot_py="\n", b_dot_py=None)
    store = FactsStore(tmp_path / "cache")
    first = History(Git(repository.root), store)
    expected = first.once_defined(["Old", "Never"]), first.once_existed(["b.py"]), first.when_gone("a.py", "Old")
    deaf = History(Git(repository.root), store)
    deaf_git = Git(repository.root)
    deaf._git = deaf_git

    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("asked git again")

    deaf_git.lines = refuse  # type: ignore[method-assign,assignment]
    asked = deaf.once_defined(["Old", "Never"]), deaf.once_existed(["b.py"]), deaf.when_gone("a.py", "Old")
    assert asked == expected
    repository.commit("back and gone", a_dot_py="class Never: ...\n")
    repository.commit("gone", a_dot_py="\n")
    assert set(History(Git(repository.root), store).once_defined(["Never"])) == {"Never"}
    store.close()


def test_no_time_means_no_answer_and_nothing_remembered(repository: Repository, tmp_path: Path) -> None:
    repository.commit("start", a_dot_py="class Old: ...\n")
    repository.commit("drop", a_dot_py="\n")
    store = FactsStore(tmp_path / "cache")
    history = History(Git(repository.root), store)
    assert history.once_defined(["Old"], budget=0) == {}
    assert set(history.once_defined(["Old"])) == {"Old"}
    store.close()


def test_a_shallow_clone_knows_no_more(repository: Repository, tmp_path: Path) -> None:
    repository.commit("start", a_dot_py="class Old: ...\n")
    repository.commit("drop", a_dot_py="\n")
    shallow = tmp_path / "shallow"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{repository.root}", str(shallow)], check=True)
    git = Git(shallow)
    assert History(git).once_defined(["Old"]) == {}
    assert History(git).once_existed(["b.py"]) == {}


def test_outside_of_a_repository_everything_is_none(tmp_path: Path) -> None:
    git = Git(tmp_path)
    history = History(git)
    assert git.head() is None
    assert (history.once_defined(["x"]), history.once_existed(["x"]), history.when_gone("x", "y")) == ({}, {}, None)
    assert Git(tmp_path / "missing").head() is None


def test_without_git_everything_is_none(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit("start", a_dot_py="x = 1\n")
    monkeypatch.setattr(git_module, "_program", lambda: None)
    git = Git(repository.root)
    assert git.head() is None
    assert History(git).once_existed(["x"]) == {}


def test_a_damaged_repository_is_survived(repository: Repository) -> None:
    repository.commit("start", a_dot_py="class Old: ...\n")
    repository.commit("drop", a_dot_py="\n")
    for file in (repository.root / ".git" / "objects").glob("??/*"):
        file.chmod(0o600)
        file.write_bytes(b"garbage")
    git = Git(repository.root)
    assert git.head() is None
    assert History(git).once_defined(["Old"]) == {}


def test_an_empty_repository_has_no_head(repository: Repository) -> None:
    assert Git(repository.root).head() is None


def test_a_hostile_repository_starts_nothing(repository: Repository, tmp_path: Path) -> None:
    trap = tmp_path / "trap.sh"
    sprung = tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n")
    trap.chmod(0o755)
    repository.commit("start", a_dot_py="class Old: ...\n", _dot_gitattributes="*.py diff=evil filter=evil\n")
    repository.commit("drop", a_dot_py="class New: ...\n")
    for key in (
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "gpg.program",
    ):
        repository.git("config", key, str(trap))
    for key in ("filter.evil.clean", "filter.evil.smudge", "core.sshCommand", "core.editor", "pager.log", "alias.log"):
        repository.git("config", key, f"!{trap}" if key.startswith("alias") else str(trap))
    repository.git("config", "log.showSignature", "true")
    hook = repository.root / ".git" / "hooks" / "post-index-change"
    hook.write_text(trap.read_text())
    hook.chmod(0o755)
    sprung.unlink(missing_ok=True)
    git = Git(repository.root)
    history = History(git)
    assert set(history.once_defined(["Old", "Nope"])) == {"Old"}
    history.once_existed(["gone.py"])
    assert subject(history.when_gone("a.py", "Old")) == "drop"
    assert not sprung.exists()


def test_missing_objects_of_a_partial_clone_are_not_fetched(repository: Repository, tmp_path: Path) -> None:
    repository.commit("start", a_dot_py="class Old: ...\n")
    repository.commit("drop", a_dot_py="\n")
    repository.git("config", "uploadpack.allowFilter", "true")
    partial = tmp_path / "partial"
    clone = ["git", "clone", "-q", "--filter=blob:none", "--no-checkout", f"file://{repository.root}", str(partial)]
    subprocess.run(clone, check=True, capture_output=True)
    sprung = tmp_path / "sprung"
    for key, value in (("remote.origin.uploadpack", f"touch {sprung};"), ("protocol.file.allow", "always")):
        subprocess.run(["git", "config", key, value], cwd=partial, check=True)
    assert History(Git(partial)).once_defined(["Old"]) == {}
    assert not sprung.exists()


def test_variables_of_a_hook_do_not_lead_elsewhere(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = repository.commit("start", a_dot_py="x = 1\n")
    monkeypatch.setenv("GIT_DIR", "/nowhere/.git")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert Git(repository.root).head() == commit


def test_names_and_paths_are_never_options(repository: Repository) -> None:
    repository.commit("start", a_dot_py="x = 1\n")
    history = History(Git(repository.root))
    assert history.once_existed(["--output=pwned", "-p", ":(top)x", "a\0b"]) == {}
    assert history.when_gone("--output=pwned", "-Gx") is None
    assert sorted(file.name for file in repository.root.iterdir()) == [".git", "a.py"]


def test_a_past_file_is_a_value() -> None:
    assert PastFile(None, "x") == PastFile(None, "x")


def fast_import(root: Path, commits: int) -> None:
    """A linear history in which each commit renames the function of the one before."""
    root.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    parts = []
    for number in range(commits):
        text = f"def step_{number}():\n    return {number}\n"
        parts.append(
            f"commit refs/heads/main\nmark :{number + 1}\ncommitter A <a@example.org> {1_600_000_000 + number} +0000\n"
            f"data {len(f'step {number}')}\nstep {number}\n"
            + (f"from :{number}\n" if number else "")
            + f"M 100644 inline app.py\ndata {len(text)}\n{text}\n"
        )
    subprocess.run(["git", "fast-import", "--quiet"], cwd=root, check=True, input="".join(parts).encode())
    subprocess.run(["git", "reset", "-q", "--hard"], cwd=root, check=True)


class Counting(Git):
    """Counts the commits that git is asked to show with their changes."""

    shown = 0

    @contextmanager
    def lines(self, *args: str, timeout: float) -> Iterator[Answer]:
        with super().lines(*args, timeout=timeout) as answer:
            yield _Counted(answer, self) if "-p" in args else answer


class _Counted(Answer):
    def __init__(self, answer: Answer, owner: Counting) -> None:
        self._answer, self._owner = answer, owner

    def __iter__(self) -> Iterator[bytes]:
        for line in self._answer:
            self._owner.shown += line.startswith(b"\x01")
            yield line

    @property
    def is_complete(self) -> bool:
        return self._answer.is_complete


def test_a_long_history_is_read_by_the_commit_and_each_commit_once(tmp_path: Path) -> None:
    depth = history_module._DEPTH
    total = depth + 1000
    root = tmp_path / "project"
    fast_import(root, total)
    store = FactsStore(tmp_path / "cache")
    git = Counting(root)
    history = History(git, store)
    recent, old = f"step_{total - 2}", "step_5"
    first = history.once_defined([recent, old], budget=600)
    assert set(first) == {recent}  # what was not reached is unknown, on every machine
    assert depth - 256 < git.shown <= depth
    read = git.shown
    assert set(history.once_defined([old], budget=600)) == {old}  # the next call goes on
    assert git.shown <= total
    assert git.shown > read

    store.prune([])  # files come and go
    git.shown = 0
    assert set(history.once_defined([recent, old, "never"], budget=600)) == {recent, old}
    assert git.shown == 0

    (root / "app.py").write_text("def another():\n    return 0\n")
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qam", "more"], cwd=root, check=True
    )
    assert subject(history.once_defined([f"step_{total - 1}"], budget=600)[f"step_{total - 1}"].removed_in) == "more"
    assert git.shown <= 256
    git.shown = 0
    assert set(history.once_defined([old, "never again"], budget=600)) == {old}
    assert git.shown <= 256
    store.close()


def test_a_shallow_clone_knows_what_it_has_and_no_more(tmp_path: Path) -> None:
    fast_import(tmp_path / "project", 40)
    shallow = tmp_path / "shallow"
    source = (tmp_path / "project").as_uri()
    subprocess.run(["git", "clone", "-q", "--depth", "10", source, str(shallow)], check=True, capture_output=True)
    store = FactsStore(tmp_path / "cache")
    assert set(History(Git(shallow), store).once_defined(["step_35", "step_5"])) == {"step_35"}
    subprocess.run(["git", "fetch", "-q", "--unshallow"], cwd=shallow, check=True, capture_output=True)
    assert set(History(Git(shallow), store).once_defined(["step_35", "step_5"])) == {"step_35", "step_5"}
    store.close()


def test_a_rewritten_history_and_a_detached_head_have_their_own_past(tmp_path: Path) -> None:
    root = tmp_path / "project"
    fast_import(root, 30)
    store = FactsStore(tmp_path / "cache")
    history = History(Git(root), store)
    assert set(history.once_defined(["step_20", "step_28"])) == {"step_20", "step_28"}
    subprocess.run(["git", "checkout", "-q", "HEAD~5"], cwd=root, check=True)
    assert set(history.once_defined(["step_20", "step_28"])) == {"step_20"}
    (root / "app.py").write_text("def mine(): ...\n")
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qa", "--amend", "-m", "rewritten"],
        cwd=root,
        check=True,
    )
    found = history.once_defined(["step_23", "step_24"])
    assert subject(found["step_23"].removed_in) == "rewritten"
    assert "step_24" not in found
    store.close()
