"""A decision follows what it is about when the code gives it another name."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.unit.workflow_memory.made import decision
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings
from vt_lsp.workflow_memory.decision_tracker import DecisionTracker
from vt_lsp.workflow_memory.memory_store import MemoryStore
from vt_lsp.workflow_memory.renames import follow, gone

if TYPE_CHECKING:
    from pathlib import Path

GIT = ("git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org")
BOOK = "class OrderBook:\n    def place(self, order: str) -> None:\n        self.order = order\n"


def commit(root: Path, message: str) -> None:
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for words in (("add", "-A"), ("commit", "-q", "-m", message)):
        subprocess.run([*GIT, *words], cwd=root, check=True, capture_output=True, env=environment)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "shop").mkdir(parents=True)
    subprocess.run([*GIT, "init", "-q"], cwd=root, check=True)
    (root / "shop/__init__.py").write_text("")
    (root / "shop/book.py").write_text(BOOK)
    commit(root, "first")
    return root


def followed(root: Path, tmp_path: Path, symbol: str, *files: str) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """Symbols, files and number of events of a decision once it was looked at again."""
    engine = Engine(root, Settings(), tmp_path / "cache")
    engine.scan()
    with MemoryStore(tmp_path / "memory") as store:
        store.put(decision(1, symbols=(symbol,), files=files))
        wishes = gone([symbol], files, lambda name: bool(engine.index.defined_in(name)), engine.index.has_path)
        past = engine.recall(wishes, 60)
        follow(DecisionTracker(store), past, lambda name: bool(engine.index.defined_in(name)))
        one = store.need(decision(1).id)
        events = len(store.events(one.id))
    engine.dispose()
    return one.symbols, one.files, events


def test_a_renamed_method_and_class_are_followed(root: Path, tmp_path: Path) -> None:
    (root / "shop/book.py").write_text(BOOK.replace("def place(", "def submit("))
    commit(root, "submit")
    assert followed(root, tmp_path, "shop.book.OrderBook.place") == (("shop.book.OrderBook.submit",), (), 2)


def test_a_renamed_file_is_followed(root: Path, tmp_path: Path) -> None:
    (root / "shop/book.py").rename(root / "shop/orders.py")
    commit(root, "orders")
    assert followed(root, tmp_path, "OrderBook.place", "shop/book.py")[1] == ("shop/orders.py",)


@pytest.mark.parametrize("symbol", ["stock.book.OrderBook.place", "OrderBook.place", "place"])
def test_a_symbol_of_elsewhere_stays(root: Path, tmp_path: Path, symbol: str) -> None:
    (root / "shop/book.py").write_text(BOOK.replace("def place(", "def submit("))
    commit(root, "submit")
    assert followed(root, tmp_path, symbol) == ((symbol,), (), 1)


def test_what_is_there_changes_nothing(root: Path, tmp_path: Path) -> None:
    assert followed(root, tmp_path, "shop.book.OrderBook.place", "shop/book.py")[2] == 1
