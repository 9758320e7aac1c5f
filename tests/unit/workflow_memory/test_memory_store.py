from __future__ import annotations

import multiprocessing
import os
import sqlite3
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.unit.workflow_memory.made import START, decision
from vt_lsp.models import DecisionLink, DecisionStatus, DecisionType, LinkType, Outcome
from vt_lsp.workflow_memory import schema
from vt_lsp.workflow_memory.filters import Filter
from vt_lsp.workflow_memory.ids import make_id
from vt_lsp.workflow_memory.memory_store import MemoryStore, MemoryStoreError, UnknownDecisionError, has_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MemoryStore]:
    with MemoryStore(tmp_path / "state") as opened:
        yield opened


def test_a_decision_comes_back_as_it_was_recorded_after_the_store_was_closed(tmp_path: Path) -> None:
    recorded = decision(
        1,
        tags=("payments", "retry"),
        files=("src/pay.py",),
        symbols=("Gateway.pay",),
        alternatives=("fail at once",),
        links=(DecisionLink(LinkType.AMENDS, "D-0"),),
        context={"situation": "Timeouts at night"},
        confidence=0.7,
        author="Ada",
    )
    with MemoryStore(tmp_path) as store:
        assert store.put(recorded) == (recorded.id,)
    with MemoryStore(tmp_path) as store:
        assert store.get(recorded.id) == recorded
        assert store.get(recorded.id[:12].lower()) == recorded


def test_the_file_and_its_folder_are_for_the_user_alone(store: MemoryStore) -> None:
    store.put(decision())
    assert stat.S_IMODE(store.file.parent.stat().st_mode) == 0o700
    modes = {stat.S_IMODE(path.stat().st_mode) for path in store.file.parent.iterdir()}
    assert modes == {0o600}


def test_recording_the_same_twice_does_it_once(store: MemoryStore) -> None:
    assert store.put(decision(), decision(1)) == (decision().id, decision(1).id)
    assert store.put(decision(), decision(1)) == ()
    assert len(store.events()) == 2


def test_a_change_is_an_event_with_before_and_after(store: MemoryStore) -> None:
    store.put(decision())
    store.put(decision(status=DecisionStatus.DEPRECATED), author="Bo", reason="no longer sold")
    first, second = store.events(decision().id)
    assert (first.kind, second.kind) == ("recorded", "changed")
    assert second.changes == (("status", '"accepted"', '"deprecated"'),)
    assert (second.author, second.reason) == ("Bo", "no longer sold")


def test_no_event_can_be_changed_or_deleted(store: MemoryStore) -> None:
    store.put(decision())
    with sqlite3.connect(store.file) as db:
        for statement in ("UPDATE events SET data = ''", "DELETE FROM events"):
            with pytest.raises(sqlite3.IntegrityError, match="never"):
                db.execute(statement)


def test_all_or_none_are_recorded(store: MemoryStore) -> None:
    class Broken(msgspec.Struct):
        id: int = 3

    with pytest.raises(AttributeError):
        store.put(decision(), Broken())  # type: ignore[arg-type]
    assert store.find(Filter()).total == 0
    assert store.put(decision()) == (decision().id,)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Filter(), [3, 2, 1, 0]),
        (Filter(limit=2, offset=1), [2, 1]),
        (Filter(text="cache"), [2]),
        (Filter(text="BACKOFFS caching"), []),
        (Filter(text="caching entries"), [2]),
        (Filter(types=("performance",)), [2]),
        (Filter(types=("performance", "naming")), [3, 2]),
        (Filter(statuses=("rejected",)), [1]),
        (Filter(tag="cache"), [2]),
        (Filter(file="src"), [3, 2]),
        (Filter(file="src/"), [3, 2]),
        (Filter(file="src/a.py"), [2]),
        (Filter(file="sr"), []),
        (Filter(symbol="Book"), [3]),
        (Filter(symbol="Book.place"), [3]),
        (Filter(symbol="Boo"), []),
        (Filter(author="Ada"), [0]),
        (Filter(since=START + timedelta(days=2)), [3, 2]),
        (Filter(until=START + timedelta(days=2)), [1, 0]),
        (Filter(tag="cache", author="Ada"), []),
    ],
)
def test_filters(store: MemoryStore, wanted: Filter, numbers: list[int]) -> None:
    store.put(
        decision(0, author="Ada"),
        decision(1, status=DecisionStatus.REJECTED),
        decision(
            2,
            decision_type=DecisionType.PERFORMANCE,
            outcome="Cache entries",
            tags=("cache",),
            files=("src/a.py",),
        ),
        decision(3, decision_type=DecisionType.NAMING, files=("src/b.py",), symbols=("Book.place",)),
    )
    found = store.find(wanted)
    assert [one.id for one in found.decisions] == [decision(n).id for n in numbers]


def test_a_page_knows_how_many_there_are_in_all(store: MemoryStore) -> None:
    store.put(*(decision(n) for n in range(7)))
    assert store.find(Filter(limit=2)).total == 7
    assert store.find(Filter(text="retry", limit=2, offset=6)).total == 7


@pytest.mark.parametrize(
    "text",
    ['"', '" OR "', "a AND", "NEAR(", "title:retry", "*", "^", "'; DROP TABLE decisions; --", "\0", "(", "-x", "🙂"],
)
def test_what_people_type_is_never_syntax(store: MemoryStore, text: str) -> None:
    store.put(decision())
    store.find(Filter(text=text, tag=text, file=text, symbol=text, author=text))
    assert store.find(Filter(text=text)).total in {0, 1}
    assert store.find(Filter(text="retry")).total == 1


def test_text_follows_a_change(store: MemoryStore) -> None:
    store.put(decision(outcome="Use Redis", tags=("redis",)))
    store.put(decision(outcome="Use Postgres", tags=("postgres",)))
    assert store.find(Filter(text="redis")).total == 0
    assert store.find(Filter(tag="redis")).total == 0
    assert store.find(Filter(text="postgres")).total == 1


def test_a_megabyte_of_rationale_and_nul_bytes_are_kept(store: MemoryStore) -> None:
    recorded = decision(
        rationale="word " * 200_000, outcome="a\0b\x1b[31m", title="\ud83d".encode("utf-8", "replace").decode()
    )
    store.put(recorded)
    assert store.get(recorded.id) == recorded
    store.put(msgspec.structs.replace(recorded, rationale="short"))
    assert store.find(Filter(text="word")).total == 0


def test_outcomes_are_kept_once_each(store: MemoryStore) -> None:
    store.put(decision())
    outcome = Outcome(id="O-1", decision=decision().id, timestamp=START, success=True, metrics={"p99_ms": 12.5})
    assert store.add_outcome(outcome)
    assert not store.add_outcome(outcome)
    assert store.outcomes(decision().id) == (outcome,)
    assert [event.kind for event in store.events()] == ["recorded", "outcome"]
    with pytest.raises(UnknownDecisionError):
        store.add_outcome(msgspec.structs.replace(outcome, id="O-2", decision="D-NONE"))


def test_successors_are_found_also_when_they_came_first(store: MemoryStore) -> None:
    old, new = decision(0), decision(1, links=(DecisionLink(LinkType.SUPERSEDES, decision(0).id),))
    store.put(new)
    store.put(old)
    assert store.successors(old.id) == (new.id,)
    assert store.successors(new.id) == ()


def test_changes_are_seen_from_an_event_on(store: MemoryStore) -> None:
    store.put(decision(0), decision(1))
    seen = store.last_sequence()
    store.put(decision(0, title="another"))
    assert [one.id for one in store.changed_since(seen)] == [decision(0).id]


def test_a_clock_that_goes_back_changes_no_order_of_events(tmp_path: Path) -> None:
    times = iter([START, START - timedelta(days=400), START - timedelta(days=800)])
    with MemoryStore(tmp_path, clock=lambda: next(times)) as store:
        for status in (DecisionStatus.PROPOSED, DecisionStatus.ACCEPTED, DecisionStatus.SUPERSEDED):
            store.put(decision(status=status))
        assert [event.sequence for event in store.events()] == [1, 2, 3]
        assert store.events()[-1].changes == (("status", '"accepted"', '"superseded"'),)


def test_ids_sort_by_time_and_differ_within_a_millisecond() -> None:
    ids = [make_id(START + timedelta(milliseconds=n)) for n in range(100)]
    assert ids == sorted(ids)
    assert len({make_id(START) for _ in range(200)}) == 200
    assert make_id(START, "docs/adr/0001.md") == make_id(START, "docs/adr/0001.md")


def test_without_a_database_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "project").mkdir()
    assert not has_memory(tmp_path / "project")
    assert not (tmp_path / "state").exists()


# ------------------------------------------------------------------------------------------------------------- layouts


def test_a_newer_layout_is_refused_and_left_alone(tmp_path: Path) -> None:
    with MemoryStore(tmp_path) as store:
        store.put(decision())
    with sqlite3.connect(store.file) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = store.file.read_bytes()
    with pytest.raises(MemoryStoreError, match="newer vt-lsp"):
        MemoryStore(tmp_path)
    assert store.file.read_bytes() == before


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "decisions.sqlite") as db:
        db.execute("CREATE TABLE photos(x)")
    db.close()
    with pytest.raises(MemoryStoreError, match="none of decisions"):
        MemoryStore(tmp_path)
    with sqlite3.connect(tmp_path / "decisions.sqlite") as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("photos",)]
    db.close()


def test_an_older_layout_is_backed_up_and_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with MemoryStore(tmp_path) as store:
        store.put(decision())
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE later(x);\n"))
    with MemoryStore(tmp_path) as store:
        assert store.get(decision().id) == decision()
    backup = tmp_path / "decisions-before-2.sqlite"
    with sqlite3.connect(backup) as db:
        assert db.execute("SELECT id FROM decisions").fetchall() == [(decision().id,)]
        assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with MemoryStore(tmp_path) as store:
        store.put(decision())
    with monkeypatch.context() as patched:
        patched.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, "CREATE TABLE later(x);\nCREATE TABLE events(y);\n"))
        with pytest.raises(MemoryStoreError):
            MemoryStore(tmp_path)
    with MemoryStore(tmp_path) as store:
        assert store.get(decision().id) == decision()


# -------------------------------------------------------------------------------------------------------------- faults


def _filled(directory: Path, count: int = 300) -> Path:
    with MemoryStore(directory) as store:
        store.put(*(decision(n) for n in range(count)))
        store.add_outcome(Outcome(id="O-1", decision=decision(0).id, timestamp=START, success=False))
    return store.file


def _damaged(directory: Path) -> list[Path]:
    return sorted(directory.glob("decisions-damaged-*.sqlite"))


def test_a_file_with_a_destroyed_header_is_salvaged_and_kept(tmp_path: Path) -> None:
    file = _filled(tmp_path)
    data = bytearray(file.read_bytes())
    data[:100] = os.urandom(100)
    file.write_bytes(data)
    with MemoryStore(tmp_path) as store:
        found = store.find(Filter(limit=1000))
        assert found.total == 300
        assert store.get(decision(7).id) == decision(7)
        assert store.find(Filter(text="gateway")).total == 300
        assert "kept as decisions-damaged-" in store.salvaged
        store.put(decision(1000))
    assert [path.read_bytes() for path in _damaged(tmp_path)] == [bytes(data)]
    assert _damaged(tmp_path)[0].with_suffix(".txt").read_text() == f"{store.salvaged}\n"


def test_a_file_with_pages_of_rubbish_is_salvaged_once_the_damage_is_met(tmp_path: Path) -> None:
    file = _filled(tmp_path)
    data = bytearray(file.read_bytes())
    with sqlite3.connect(file) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'decisions'").fetchone()[0]
    db.close()
    data[(root - 1) * size : root * size] = os.urandom(size)
    file.write_bytes(data)
    with MemoryStore(tmp_path) as store:
        with pytest.raises(MemoryStoreError, match="was damaged"):
            store.get_many([decision(number).id for number in range(300)])
        assert store.find(Filter()).total >= 295
        assert len(store.outcomes()) == 1
    assert len(_damaged(tmp_path)) == 1


def _write(directory: Path, first: int, count: int) -> None:
    with MemoryStore(directory) as store:
        for number in range(first, first + count):
            store.put(decision(number))


def test_two_processes_write_at_the_same_time_from_the_first_moment_on(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, 1000 * n, 60)) for n in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    with MemoryStore(tmp_path) as store:
        assert store.find(Filter()).total == 120
        assert [event.sequence for event in store.events()] == list(range(1, 121))


def test_another_process_s_write_is_seen(tmp_path: Path) -> None:
    with MemoryStore(tmp_path) as one, MemoryStore(tmp_path) as two:
        version = one.data_version()
        two.put(decision())
        assert one.data_version() != version
        assert one.get(decision().id) == decision()
