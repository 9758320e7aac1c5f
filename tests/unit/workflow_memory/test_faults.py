from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from vt_lsp.workflow_memory.filters import Filter
from vt_lsp.workflow_memory.memory_store import MemoryStore

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and limits of POSIX")

WRITER = Path(__file__).with_name("writer.py")


def _start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(WRITER), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _killed(directory: Path, first: int, writes: int) -> list[str]:
    """What the writer had acknowledged when it was killed in the middle of its work."""
    with _start(directory, first) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline().strip() for _ in range(writes)]
        process.kill()
        seen += [line.strip() for line in process.stdout if line.endswith("\n")]
    return seen


def _killed_often(directory: Path, times: int) -> None:
    chance = random.Random(7)  # noqa: S311  no secret
    acknowledged: list[str] = []
    for _ in range(times):
        acknowledged += _killed(directory, len(acknowledged) + 10_000 * len(acknowledged), chance.randint(1, 12))
        with MemoryStore(directory) as store:
            known = store.get_many(acknowledged)
            assert known.keys() == set(acknowledged)
            assert store.find(Filter(text="because")).total >= len(acknowledged)
            assert not store.salvaged


def test_nothing_that_was_acknowledged_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    _killed_often(tmp_path, 8)


@pytest.mark.slow
def test_nothing_that_was_acknowledged_is_lost_when_the_writer_is_killed_500_times(tmp_path: Path) -> None:
    _killed_often(tmp_path, 500)


def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    with MemoryStore(tmp_path):
        pass
    with _start(tmp_path, 0, 1_500_000) as process:
        assert process.stdout is not None
        *acknowledged, last = process.stdout.read().splitlines()
    assert last.startswith("! the memory ")
    assert "nothing was recorded" in last
    assert len(acknowledged) > 10
    with MemoryStore(tmp_path) as store:
        assert [one.id for one in store.all()] == acknowledged
        assert not store.salvaged
    with _start(tmp_path, 1_000_000) as process:  # there is room again
        assert process.stdout is not None
        assert process.stdout.readline().startswith("D-")
        process.kill()
