"""A monitor at work in a thread, on a real folder with a real git, for tests and for the soak."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Self

from vt_lsp.continuous_eval.background import Background
from vt_lsp.continuous_eval.monitor import Monitor
from vt_lsp.engine import Engine
from vt_lsp.settings import load_project_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vt_lsp.continuous_eval.evaluation import Evaluation
    from vt_lsp.models import DriftReport

PATIENCE = 60.0  # seconds; a bound for a hanging test, never a measure
CODE = '''\
"""Stock."""

LIMIT = 10


class Shelf:
    """Holds books."""

    def put(self, title: str, copies: int = 1) -> None: ...

    def take(self, title: str) -> str:
        return title
'''
SPEC = """\
# Shelves

See `shop/shelf.py`. `Shelf.put(title, copies=1)` puts, `Shelf.take(title)` takes; `LIMIT = 10` at most.

```python
class Shelf:
    def put(self, title: str, copies: int = 1) -> None: ...
```
"""


def git(root: Path, *arguments: str) -> None:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_EDITOR": "true"}
    who = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *who, *arguments], cwd=root, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def project(root: Path) -> Path:
    """A small project in its first commit, without drift."""
    for path, text in {
        "shop/__init__.py": "",
        "shop/shelf.py": CODE,
        "docs/shelf.md": SPEC,
        "vt-lsp.toml": 'monitor.onBattery = "run"\n',
    }.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    git(root, "init", "-q", "-b", "main")
    commit(root, "First")
    return root


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def fresh(root: Path) -> list[DriftReport]:
    """What an engine reports that starts now, without a cache."""
    cache = root.parent / "fresh-cache"
    engine = Engine(root, load_project_settings(root)[0], cache)
    try:
        engine.scan()
        return list(engine.drifts())
    finally:
        engine.dispose()


class Running:
    """Use as a context manager."""

    def __init__(self, root: Path, state: Path) -> None:
        self.root, self.state = root, state
        self.monitor = Monitor(root, load_project_settings(root)[0], directory=state)
        self.evaluations: list[Evaluation] = []
        self.monitor.listen(self.evaluations.append)
        self.background = Background(self.monitor, lambda: load_project_settings(root)[0], state / "cache")
        self._thread = threading.Thread(target=self.background.run)

    def __enter__(self) -> Self:
        self._thread.start()
        self.until(lambda: self.evaluations and self.background._watcher is not None, "the first evaluation")
        return self

    def __exit__(self, *_error: object) -> None:
        self.background.stop()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def until(self, condition: Callable[[], object], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}; {self.monitor.health()}"
            time.sleep(0.02)

    @property
    def drifts(self) -> list[DriftReport]:
        return list(self.evaluations[-1].drifts)

    @property
    def troubles(self) -> list[str]:
        """Every kind of trouble, once for each time that it came."""
        seen: list[str] = []
        before: set[str] = set()
        for one in self.evaluations:
            kinds = {trouble.kind for trouble in one.health.troubles}
            seen += sorted(kinds - before)
            before = kinds
        return seen

    def settle(self, what: str) -> None:
        """Until what was evaluated last is what a fresh start finds, and stays so."""
        expected = fresh(self.root)
        self.until(lambda: self.drifts == expected and not self.monitor.is_due, what)
        time.sleep(0.3)
        assert self.drifts == expected
