"""``make soak``: a monitor at work for an hour, with changes and faults every few seconds; says what became of it.

What is tested is the monitor as it runs without an editor, in this process, so that faults can be put into it; what a
fresh start finds is asked of a process of its own. It ends with 1 when anything was lost, told twice, or stayed wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from scripts.marked import fill
from tests.benchmarks.figures import Row, percentile, table
from vt_lsp.continuous_eval.background import Background
from vt_lsp.continuous_eval.metrics_store import FILE, MetricsStore
from vt_lsp.continuous_eval.monitor import Monitor
from vt_lsp.engine import Engine
from vt_lsp.settings import load_project_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.continuous_eval.evaluation import Evaluation

PAGE: Final = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- soak: begin -->", "<!-- soak: end -->"
PATIENCE: Final = 120.0  # seconds after the last change, in which the reports must be those of a fresh start
MODULES: Final = 120
GROWTH: Final = 10.0  # MB


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long (default: %(default)s)")
    parser.add_argument("--every", type=float, default=3.0, help="seconds between two faults (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the changes and faults")
    parser.add_argument("--write", action="store_true", help="write the table into docs/performance.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vt-lsp-soak-") as folder:
        soak = Soak(Path(folder), random.Random(options.seed))  # noqa: S311 - the same each time
        soak.run(options.seconds, options.every)
        rows = soak.rows()
    text = f"{table(rows)}\n\n{soak.told()}"
    sys.stdout.write(text + "\n")
    if options.write:
        fill(PAGE, BEGIN, END, f"\n{text}\n")
    return 1 if soak.wrong else 0  # time and memory are figures, for a quiet machine


class Soak:
    """A project, a monitor on it, what it told, and what is done to both."""

    def __init__(self, home: Path, chance: random.Random) -> None:
        self.home, self.chance = home, chance
        self.root = _project(home / "project")
        self.state = home / "state"
        self.monitor = Monitor(self.root, load_project_settings(self.root)[0], directory=self.state)
        self.background = Background(self.monitor, lambda: load_project_settings(self.root)[0], home / "cache")
        self.standing: set[str] | None = None  # as told by what appeared and was resolved
        self.wrong: list[str] = []
        self.lateness: list[float] = []
        self.troubles: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.compared = self.differing = 0
        self.memory: list[float] = []
        self._before: set[str] = set()
        self._left: Counter[str] = Counter()  # faults that wait for their victim
        self.monitor.listen(self._hear)
        self.monitor.listen(self._fail)

    # ---------------------------------------------------------------------------------------------------------- hearing

    def _hear(self, evaluation: Evaluation) -> None:
        names = {drift.fingerprint for drift in evaluation.drifts}
        if self.standing is None:
            self.standing = set(names)
        appeared = [drift.fingerprint for drift in evaluation.appeared]
        resolved = [one.seen.fingerprint for one in evaluation.resolved]
        if len(set(appeared)) < len(appeared) or self.standing.intersection(appeared):
            self.wrong.append(f"told twice in evaluation {evaluation.number}")
        if not self.standing.issuperset(resolved):
            self.wrong.append(f"resolved what did not stand in evaluation {evaluation.number}")
        self.standing = (self.standing | set(appeared)) - set(resolved)
        if self.standing != names:
            self.wrong.append(f"lost in evaluation {evaluation.number}")
            self.standing = set(names)
        if evaluation.trigger != "health":
            self.lateness.append(evaluation.lateness)
        kinds = {trouble.kind for trouble in evaluation.health.troubles}
        self.troubles.update(kinds - self._before)
        self._before = kinds

    def _fail(self, _evaluation: Evaluation) -> None:
        if self._left["listener"]:
            self._left["listener"] -= 1
            raise RuntimeError("injected")

    # ---------------------------------------------------------------------------------------------------------- running

    def run(self, seconds: float, every: float) -> None:
        """Change and break things for so many seconds, then let it come to rest and compare for the last time."""
        self._prepare()
        thread = threading.Thread(target=self.background.run)
        thread.start()
        self._until(lambda: self.standing is not None, "the first evaluation")
        began, number = time.monotonic(), 0
        acts = [*self.changes(), *self.faults()]
        while time.monotonic() < began + seconds:
            number += 1
            act = self.chance.choice(acts)
            self.done[act.__name__.strip("_")] += 1
            with suppress(subprocess.CalledProcessError, FileNotFoundError):  # another act was in the way
                act()
            time.sleep(every)
            if number % max(1, int(60 / every)) == 0:
                self._compare()
        self._compare()
        self.background.stop()
        thread.join(PATIENCE)
        if thread.is_alive():
            self.wrong.append("it did not end")

    def _prepare(self) -> None:
        update, write = Engine.update, MetricsStore.write

        def updating(engine: Engine, path: str, data: bytes | None, *, overlay: bool) -> None:
            if self._left["exception"]:
                self._left["exception"] -= 1
                raise RuntimeError("injected")
            update(engine, path, data, overlay=overlay)

        def writing(store: MetricsStore, *arguments: object) -> None:
            if self._left["full"]:
                self._left["full"] -= 1
                raise sqlite3.OperationalError("database or disk is full")
            write(store, *arguments)  # type: ignore[arg-type]  # whatever it was given

        Engine.update = updating  # type: ignore[method-assign, assignment]
        MetricsStore.write = writing  # type: ignore[method-assign, assignment]

    def _compare(self) -> None:
        """Wait for rest; then what was reported is what a fresh start reports."""
        self.compared += 1
        deadline = time.monotonic() + PATIENCE
        while True:
            expected = self._fresh()
            last = self.monitor.last
            if last is not None and {drift.fingerprint for drift in last.drifts} == expected:
                break
            if time.monotonic() > deadline:
                self.differing += 1
                self.wrong.append(f"not what a fresh start finds, after {sum(self.done.values())} acts")
                break
            time.sleep(1.0)
        self.memory.append(_resident())

    def _fresh(self) -> set[str]:
        command = [sys.executable, "-m", "vt_lsp", "check", "--root", str(self.root), "--format", "json"]
        environment = os.environ | {"XDG_CACHE_HOME": str(self.home / "fresh")}
        done = subprocess.run(command, capture_output=True, env=environment, check=False, cwd=Path(__file__).parents[2])
        return {drift["fingerprint"] for drift in json.loads(done.stdout)["drifts"]}

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(what)
            time.sleep(0.05)

    # ---------------------------------------------------------------------------------------------------------- changes

    def changes(self) -> list[Callable[[], None]]:
        """What people and their tools do."""
        return [
            *(self._edit_code, self._edit_document, self._save_by_renaming, self._delete, self._restore),
            *(self._rename_folder, self._many_files, self._branch, self._stash, self._commit),
        ]

    def _module(self) -> Path:
        return self.root / f"shop/m{self.chance.randrange(MODULES)}.py"

    def _edit_code(self) -> None:
        path = self._module()
        path.write_text(_code(int(path.stem[1:]), self.chance.randrange(5)), "utf-8")

    def _edit_document(self) -> None:
        number = self.chance.randrange(MODULES)
        (self.root / f"docs/m{number}.md").write_text(_document(number, self.chance.randrange(5)), "utf-8")

    def _save_by_renaming(self) -> None:
        path = self._module()
        draft = path.with_suffix(".tmp")
        draft.write_text(_code(int(path.stem[1:]), self.chance.randrange(5)), "utf-8")
        draft.replace(path)

    def _delete(self) -> None:
        self._module().unlink()

    def _restore(self) -> None:
        _git(self.root, "checkout", "-q", "--", ".")

    def _rename_folder(self) -> None:
        old, new = self.root / "shop", self.root / "store"
        (old if old.exists() else new).rename(new if old.exists() else old)

    def _many_files(self) -> None:
        folder = self.root / "docs/many"
        if folder.exists():
            shutil.rmtree(folder)
            return
        folder.mkdir()
        for number in range(200):
            (folder / f"n{number}.md").write_text(_document(number % MODULES, 7), "utf-8")

    def _branch(self) -> None:
        _git(self.root, "checkout", "-q", "-f", self.chance.choice(["main", "other"]))

    def _stash(self) -> None:
        _git(self.root, "stash", "-q")
        _git(self.root, "stash", "pop", "-q")

    def _commit(self) -> None:
        _git(self.root, "add", "-A")
        _git(self.root, "commit", "-q", "-m", "x")

    # ----------------------------------------------------------------------------------------------------------- faults

    def faults(self) -> list[Callable[[], None]]:
        """What goes wrong."""
        return [
            *(self._exception, self._listener, self._dead_observer, self._full_disk, self._locked, self._damaged),
            *(self._away,),
        ]

    def _exception(self) -> None:
        self._left["exception"] += 1
        self._edit_code()

    def _listener(self) -> None:
        self._left["listener"] += 1
        self._edit_document()

    def _full_disk(self) -> None:
        self._left["full"] += 3
        self._edit_document()

    def _dead_observer(self) -> None:
        watcher = self.background._watcher
        observer = watcher._observer if watcher is not None else None
        if observer is not None:
            observer.stop()
            observer.join(5.0)
        self._edit_code()

    def _locked(self) -> None:
        lock = sqlite3.connect(self.state / FILE, isolation_level=None)
        with suppress(sqlite3.Error):
            lock.execute("BEGIN IMMEDIATE")
            self._edit_document()
            time.sleep(2.0)
            lock.execute("ROLLBACK")
        lock.close()

    def _damaged(self) -> None:
        with suppress(OSError), (self.state / FILE).open("r+b") as file:
            file.write(b"damaged " * 512)
        self._edit_document()

    def _away(self) -> None:
        away = self.home / "away"
        self.root.rename(away)
        time.sleep(4.0)
        away.rename(self.root)

    # ---------------------------------------------------------------------------------------------------------- figures

    def rows(self) -> list[Row]:
        """What came of it."""
        run = self.monitor.recorder.run
        grown = max(self.memory) - self.memory[len(self.memory) // 5]
        missed = 100 * run.missed / run.due if run.due else 0.0
        late = f"p50 {percentile(self.lateness, 0.5):.2f} s, p99 {percentile(self.lateness, 0.99):.2f} s late"
        looks = f"of {self.compared} comparisons"
        return [
            Row("reports other than a fresh start's", self.differing, 0.0, "times", looks),
            Row("drifts lost, told twice, or resolved twice", len(self.wrong) - self.differing, 0.0, "times", ""),
            Row(
                "evaluations missed", missed, 0.1, "%", f"{run.missed} of {run.due} due, {run.evaluations} made; {late}"
            ),
            Row("memory growth", grown, GROWTH, "MB", " → ".join(f"{m:.0f}" for m in self.memory[::5])),
        ]

    def told(self) -> str:
        """What was done, and what the monitor said."""
        acts = ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in sorted(self.done.items()))
        troubles = ", ".join(f"{name} {count}" for name, count in sorted(self.troubles.items()))
        wrong = "".join(f"\n- {one}" for one in self.wrong[:20])
        return f"Acts: {acts}. Troubles that were told: {troubles or 'none'}.{wrong}"


def _project(root: Path) -> Path:
    for number in range(MODULES):
        for path, text in ((f"shop/m{number}.py", _code(number, 0)), (f"docs/m{number}.md", _document(number, 0))):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, "utf-8")
    (root / "vt-lsp.toml").write_text('monitor.onBattery = "run"\n', "utf-8")
    _git(root, "init", "-q", "-b", "main")
    _git(root, "add", "-A")
    _git(root, "commit", "-q", "-m", "First")
    _git(root, "checkout", "-q", "-b", "other")
    for number in range(0, MODULES, 2):
        (root / f"shop/m{number}.py").write_text(_code(number, 3), "utf-8")
    _git(root, "commit", "-q", "-a", "-m", "Other")
    _git(root, "checkout", "-q", "main")
    return root


def _code(number: int, kind: int) -> str:
    name = "total" if kind != 1 else "sum_up"
    return (
        f'"""Module {number}."""\n\nLIMIT_{number} = {10 + kind}\n\n\nclass Item{number}:\n'
        f"    def {name}(self, rate: float = {kind}.5) -> float:\n        return rate\n"
    )


def _document(number: int, kind: int) -> str:
    return f"# Item {number}\n\n`Item{number}.total(rate={kind}.5)` of `shop/m{number}.py`; `LIMIT_{number} = 10`.\n"


def _git(root: Path, *arguments: str) -> None:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_EDITOR": "true"}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false", "-c", "gc.auto=0")
    subprocess.run(["git", *who, *arguments], cwd=root, env=environment, capture_output=True, check=True)


def _resident() -> float:
    """Resident memory of this process in MB; 0.0 where that cannot be asked."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main())
