from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from vt_lsp.models import CodeFacts, SpecFacts
from vt_lsp.workspace import scan as scan_module
from vt_lsp.workspace.discovery import discover
from vt_lsp.workspace.scan import Batch, scan
from vt_lsp.workspace.store import FactsStore
from vt_lsp.workspace.worker import Answer, answer

if TYPE_CHECKING:
    from pathlib import Path


def make(root: Path, modules: int, specs: int = 3) -> None:
    root.mkdir(exist_ok=True)
    for n in range(modules):
        (root / f"m{n}.py").write_text(f"class C{n}:\n    x: int = {n}\n")
    for n in range(specs):
        (root / f"s{n}.md").write_text(f"# S{n}\n\nSee `m{n}.C{n}`.\n")


def paths(batches: list[Batch]) -> list[str]:
    return [path for batch in batches for path, _ in batch.facts]


def facts(batches: list[Batch]) -> dict[str, CodeFacts | SpecFacts]:
    return {path: value for batch in batches for path, value in batch.facts}


def reasons(batches: list[Batch]) -> dict[str, str]:
    return {item.path: item.reason for batch in batches for item in batch.not_analysed}


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that were parsed in this process."""
    seen: list[str] = []

    def noting(root: Path, path: str) -> Answer:
        seen.append(path)
        return answer(root, path)

    monkeypatch.setattr(scan_module, "answer", noting)
    return seen


@pytest.mark.parametrize("modules", [0, 5, 150])
def test_cold_and_warm_scans_agree(tmp_path: Path, modules: int, parsed: list[str]) -> None:
    make(tmp_path / "w", modules)
    listing = discover(tmp_path / "w")
    bare = list(scan(listing, None))
    store = FactsStore(tmp_path / "c")
    cold = list(scan(listing, store))
    assert store.count() == modules + 3
    parsed.clear()
    warm = list(scan(listing, store))
    assert parsed == []
    assert facts(cold) == facts(warm) == facts(bare)
    assert sorted(paths(cold)) == sorted((*listing.code, *listing.specs))
    assert [(batches[-1].done, batches[-1].total) for batches in (cold, warm)] == [(modules + 3, modules + 3)] * 2
    assert paths(warm)[:3] == ["s0.md", "s1.md", "s2.md"]
    store.close()


def test_only_what_changed_is_parsed_again(tmp_path: Path, parsed: list[str]) -> None:
    make(tmp_path / "w", 100)
    store = FactsStore(tmp_path / "c")
    list(scan(discover(tmp_path / "w"), store))
    parsed.clear()
    (tmp_path / "w" / "m7.py").write_text("class Changed: ...\n")
    (tmp_path / "w" / "new.py").write_text("class New: ...\n")
    found = facts(list(scan(discover(tmp_path / "w"), store)))
    assert sorted(parsed) == ["m7.py", "new.py"]
    assert len(found) == 104
    changed = found["m7.py"]
    assert isinstance(changed, CodeFacts)
    assert [symbol.name for symbol in changed.symbols] == ["Changed"]
    store.close()


def test_urgent_files_come_first(tmp_path: Path) -> None:
    make(tmp_path, 10)
    batches = list(scan(discover(tmp_path), None, first=["m7.py", "s2.md"]))
    assert paths(batches)[:3] == ["s2.md", "m7.py", "s0.md"]


def test_files_that_cannot_be_read_are_named_cold_and_warm(tmp_path: Path) -> None:
    make(tmp_path / "w", 60)
    (tmp_path / "w" / "bin.md").write_bytes(b"\0\1\2")
    with (tmp_path / "w" / "big.py").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    (tmp_path / "w" / "gone.py").touch()
    (tmp_path / "w" / "crlf.py").write_bytes(b"class A:\r\n    x = 1\r\n")
    listing = discover(tmp_path / "w")
    (tmp_path / "w" / "gone.py").unlink()
    store = FactsStore(tmp_path / "c")
    for _ in range(2):
        batches = list(scan(listing, store))
        assert reasons(batches) == {
            "bin.md": "a binary file",
            "big.py": "larger than 4 MB",
            "gone.py": "cannot be read: No such file or directory",
        }
        assert "crlf.py" in paths(batches)
        assert batches[-1].done == batches[-1].total
    store.close()


def test_values_that_are_no_facts_are_read_again(tmp_path: Path) -> None:
    make(tmp_path / "w", 5)
    listing = discover(tmp_path / "w")
    store = FactsStore(tmp_path / "c")
    expected = facts(list(scan(listing, store)))
    assert store._db is not None
    keys = [row[0] for row in store._db.execute("SELECT key FROM facts")]
    store.save([(key, b"\xc1 no msgpack") for key in keys])
    assert facts(list(scan(listing, store))) == expected
    assert facts(list(scan(listing, store))) == expected
    store.close()


def test_without_workers_everything_is_read_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, 120)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    assert len(paths(list(scan(discover(tmp_path), None)))) == 123


def test_old_facts_are_dropped_once_they_are_the_most(tmp_path: Path) -> None:
    make(tmp_path / "w", 5, specs=0)
    store = FactsStore(tmp_path / "c")
    for round_ in range(4):
        for n in range(5):
            (tmp_path / "w" / f"m{n}.py").write_text(f"x{round_} = {n}\n")
        list(scan(discover(tmp_path / "w"), store))
        assert store.count() <= 10
    store.close()


@pytest.mark.parametrize("after", [0, 1])
def test_cancelling_stops_soon_and_ends_the_workers(tmp_path: Path, after: int) -> None:
    make(tmp_path, 600)
    stop = threading.Event()
    batches = scan(discover(tmp_path), None, stop.is_set)
    for _ in range(after):
        next(batches)
    stop.set()
    start = time.monotonic()
    rest = list(batches)
    assert time.monotonic() - start < 0.3
    assert len(rest) <= 1
    assert not [thread for thread in threading.enumerate() if thread.name == "vt-lsp-pool" and thread.is_alive()]


def test_leaving_the_iterator_ends_the_workers(tmp_path: Path) -> None:
    make(tmp_path / "w", 300)
    store = FactsStore(tmp_path / "c")
    batches = scan(discover(tmp_path / "w"), store)
    assert next(batches).done == 0  # the workers have been started
    assert next(batches).done > 0
    batches.close()  # type: ignore[attr-defined]
    assert not [thread for thread in threading.enumerate() if thread.name == "vt-lsp-pool" and thread.is_alive()]
    assert store.count() > 0
    store.close()
