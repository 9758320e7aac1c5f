from __future__ import annotations

import logging
import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import platformdirs
import pytest

from vt_lsp.workspace.store import FactsStore, cache_directory

if TYPE_CHECKING:
    from pathlib import Path


def key(n: int) -> bytes:
    return n.to_bytes(16, "big")


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_what_was_saved_is_there_after_a_restart(tmp_path: Path) -> None:
    store = FactsStore(tmp_path / "c")
    store.save([(key(n), bytes([n % 256]) * n) for n in range(2000)])
    store.close()
    store = FactsStore(tmp_path / "c")
    assert store.count() == 2000
    found = store.load([key(n) for n in (*range(1500), 99_999)])
    assert found == {key(n): bytes([n % 256]) * n for n in range(1500)}
    store.close()
    assert store.load([key(1)]) == {}
    store.save([(key(1), b"x")])
    store.close()


def test_folder_and_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    folder.mkdir(mode=0o755)
    store = FactsStore(folder)
    store.save([(key(1), b"x")])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert modes == {"facts.sqlite": 0o600, "facts.sqlite-wal": 0o600, "facts.sqlite-shm": 0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    store.close()


def test_pruning_waits_until_twice_as_much_is_kept(tmp_path: Path) -> None:
    store = FactsStore(tmp_path)
    store.save([(key(n), b"x") for n in range(10)])
    store.prune([key(n) for n in range(5)])
    assert store.count() == 10
    store.prune([key(n) for n in range(4)])
    assert sorted(store.load([key(n) for n in range(10)])) == [key(n) for n in range(4)]
    store.close()


def foreign(file: Path) -> None:
    with sqlite3.connect(file) as db:
        db.execute("CREATE TABLE facts(key BLOB, value BLOB, code BLOB)")
        db.execute("INSERT INTO facts VALUES (?, ?, ?)", (key(1), b"cos\nsystem\n(S'touch pwned'\ntR.", b""))
    db.close()


def garbage(file: Path) -> None:
    file.write_bytes(b"not a database at all" * 500)


def truncated(file: Path) -> None:
    store = FactsStore(file.parent)
    store.save([(key(n), b"x" * 3000) for n in range(300)])
    store.close()
    file.write_bytes(file.read_bytes()[:4096])


def scrambled(file: Path) -> None:
    store = FactsStore(file.parent)
    store.save([(key(n), b"x" * 3000) for n in range(300)])
    store.close()
    data = file.read_bytes()
    file.write_bytes(data[:4096] + b"\xa5" * (len(data) - 4096))


@pytest.mark.parametrize("spoil", [foreign, garbage, truncated, scrambled])
def test_a_spoiled_cache_is_thrown_away_with_one_line(
    tmp_path: Path, spoil: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert callable(spoil)
    spoil(tmp_path / "facts.sqlite")
    store = FactsStore(tmp_path)
    assert store.load([key(1), key(250)]) == {}
    store.save([(key(7), b"new")])
    store.load([key(n) for n in range(300)])
    store.prune([])
    store.close()
    assert len(warnings(caplog)) == 1
    again = FactsStore(tmp_path)
    again.save([(key(8), b"newer")])
    assert again.load([key(8)]) == {key(8): b"newer"}
    again.close()
    assert len(warnings(caplog)) == 1


def test_a_value_that_was_changed_is_not_believed(tmp_path: Path) -> None:
    store = FactsStore(tmp_path)
    store.save([(key(1), b"honest"), (key(2), b"good")])
    store.close()
    with sqlite3.connect(tmp_path / "facts.sqlite") as db:
        db.execute("UPDATE facts SET value = ? WHERE key = ?", (b"\0\0\0\0forged", key(1)))
    db.close()
    store = FactsStore(tmp_path)
    assert store.load([key(1), key(2)]) == {key(2): b"good"}
    store.close()


def test_a_place_that_cannot_be_used_means_no_cache(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    store = FactsStore(tmp_path / "file" / "c")
    store.save([(key(1), b"x")])
    assert store.load([key(1)]) == {}
    assert not store.is_usable
    store.close()
    assert len(warnings(caplog)) == 1


def test_a_read_only_database_still_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FactsStore(tmp_path)
    store.save([(key(1), b"x")])
    store.close()
    connect = sqlite3.connect

    def read_only(*args: object, **options: object) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*args, **options)  # type: ignore[call-overload]
        db.execute("PRAGMA query_only = ON")  # file modes do not bind root, who may run the tests
        return db

    monkeypatch.setattr(sqlite3, "connect", read_only)
    store = FactsStore(tmp_path)
    store.save([(key(2), b"y")])
    store.save([(key(3), b"z")])
    assert store.load([key(1), key(2)]) == {key(1): b"x"}
    store.close()
    assert len(warnings(caplog)) == 1


def test_a_full_disk_is_survived(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = FactsStore(tmp_path)
    store.save([(key(1), b"x")])
    assert store._db is not None
    store._db.execute("PRAGMA max_page_count = 20")  # SQLite then answers as on a full disk
    store.save([(key(n), b"y" * 5000) for n in range(2, 100)])
    store.save([(key(200), b"small")])
    assert store.load([key(1), key(50)]) == {key(1): b"x"}
    store.close()
    assert len(warnings(caplog)) == 1
    assert "full" in warnings(caplog)[0]


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 12345)
    assert not FactsStore(tmp_path).is_usable


def test_a_link_in_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "facts.sqlite").symlink_to(target)
    FactsStore(tmp_path / "c").close()
    assert target.read_text() == "mine"


WRITER = """
import sys
from pathlib import Path
from vt_lsp.workspace.store import FactsStore
store = FactsStore(Path(sys.argv[1]))
first = int(sys.argv[2])
for n in range(first, first + 300):
    store.save([(n.to_bytes(16, "big"), str(n).encode() * 100)])
    assert store.load([n.to_bytes(16, "big")]), n
store.close()
"""


def test_two_processes_share_one_store(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "c")]
    writers = [subprocess.Popen([*command, str(first)], stderr=subprocess.PIPE) for first in (0, 1000, 200)]
    assert [(writer.communicate(timeout=60)[1], writer.returncode) for writer in writers] == [(b"", 0)] * 3
    store = FactsStore(tmp_path / "c")
    assert store.count() == 800
    assert len(store.load([key(n) for n in range(1300)])) == 800
    store.close()


def test_a_killed_writer_leaves_a_good_store(tmp_path: Path) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), "0"])
    store = FactsStore(tmp_path)
    while store.count() < 20:
        assert writer.poll() is None
    writer.kill()
    writer.wait()
    store.save([(key(5000), b"on")])
    assert store.load([key(0), key(5000)]) == {key(0): b"0" * 100, key(5000): b"on"}
    store.close()


def test_the_cache_is_never_in_the_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_args, **_options: tmp_path / "home" / ".cache")
    (tmp_path / "home" / "project").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "home" / "project")
    project = cache_directory(tmp_path / "home" / "project")
    assert project is not None
    assert project.is_relative_to(tmp_path / "home" / ".cache")
    assert cache_directory(tmp_path / "link") == project
    assert cache_directory(tmp_path / "other") != project
    assert cache_directory(tmp_path / "home") is None
