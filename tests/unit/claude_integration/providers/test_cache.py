"""Answers that are kept: for exactly their question, and in a way that nothing planted can use."""

from __future__ import annotations

import asyncio
import dataclasses
import pickle
import sqlite3
import stat
import sys
from pathlib import Path
from typing import Any

import diskcache
import pytest

from tests.unit.claude_integration.providers.conftest import QUESTION, Kit, outcome_of
from vt_lsp.claude_integration.cache import AnswerCache, digest, key_of
from vt_lsp.claude_integration.messages import Done, Excerpt, Facts, Request, Usage
from vt_lsp.claude_integration.timing import Limits

DONE = Done("Because.", "claude-cli", "m", usage=Usage(100, 5))


class Bomb:
    """Its pickle writes a file when it is read."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.proof,))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "answers"


async def kept(folder: Path, request: Request = QUESTION, done: Done = DONE) -> str:
    cache, key = AnswerCache(folder, "p"), key_of(request, ("a",))
    await cache.put(key, request, done)
    cache.close()
    return key


def changed(folder: Path, statement: str, *values: object) -> None:
    database = sqlite3.connect(folder / "cache.db")
    with database:
        assert database.execute(statement, values).rowcount > 0
    database.close()


async def test_a_planted_pickle_is_not_run(folder: Path, tmp_path: Path) -> None:
    proof = tmp_path / "pwned"
    bomb = pickle.dumps(Bomb(proof))
    key = await kept(folder)
    changed(folder, "UPDATE Cache SET mode = 4, value = ?", bomb)
    plain = diskcache.Cache(str(folder))
    plain.get(f"answer {key}")
    plain.close()
    assert proof.exists(), "diskcache itself runs it"
    proof.unlink()
    cache = AnswerCache(folder, "p")
    assert await cache.get(key) is None
    assert await cache.files_changed(["a.py"]) == 0
    assert await cache.get(key) is None
    cache.close()
    assert not proof.exists()


async def test_a_row_that_names_a_file_neither_reads_nor_deletes_it(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("mine")
    for mode in (1, 2, 3, 4):
        key = await kept(folder)
        changed(folder, "UPDATE Cache SET mode = ?, filename = ?, value = NULL", mode, f"../{other.name}")
        cache = AnswerCache(folder, "p")
        assert await cache.get(key) is None
        await cache.clear()
        cache.close()
    assert other.read_text() == "mine"


@pytest.mark.parametrize("damage", ["garbage", "truncated", "empty", "a folder"])
async def test_a_damaged_cache_starts_anew_and_says_so_once(
    folder: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = await kept(folder)
    file = folder / "cache.db"
    for suffix in ("-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
    data = file.read_bytes()
    match damage:
        case "garbage":
            file.write_bytes(b"x" * len(data))
        case "truncated":
            file.write_bytes(data[: len(data) // 2])
        case "empty":
            file.write_bytes(b"")
        case _:
            file.unlink()
            file.mkdir()
    cache = AnswerCache(folder, "p")
    for _ in range(3):
        await cache.get(key)
        await cache.put(key, QUESTION, DONE)
    if damage != "a folder":
        found = await cache.get(key)
        assert found is not None
        assert found.text == "Because."
    cache.close()
    said = len([record for record in caplog.records if record.name.endswith("cache")])
    assert (
        said == 1 if damage in {"garbage", "a folder"} else said <= 1
    )  # SQLite may find nothing wrong with the others


async def test_a_changed_byte_of_an_answer_is_no_answer(folder: Path) -> None:
    key = await kept(folder)
    changed(folder, "UPDATE Cache SET value = value || x'00'")
    cache = AnswerCache(folder, "p")
    assert await cache.get(key) is None
    cache.close()


async def test_it_is_the_users_alone(folder: Path) -> None:
    await kept(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700  # noqa: ASYNC240
    assert stat.S_IMODE((folder / "cache.db").stat().st_mode) == 0o600


def test_every_field_of_a_question_counts_but_who_waits_for_it() -> None:
    other: dict[str, object] = {
        "question": "x", "instructions": "x", "context": (Excerpt("t", "x"),), "template": "x", "version": "x",
        "schema": {"type": "object"}, "effort": "high", "max_tokens": 2,
        "facts": Facts("x"), "keep": 1.0, "place": "x", "priority": 1, "estimate": 1,
    }  # fmt: skip
    assert set(other) == {field.name for field in dataclasses.fields(Request)}, "a new field: does it count?"
    same = {"facts", "keep", "place", "priority", "estimate"}
    key = key_of(QUESTION, ("a",))
    for name, value in other.items():
        changed_request = dataclasses.replace(QUESTION, **{name: value})  # type: ignore[arg-type]
        assert (key_of(changed_request, ("a",)) == key) is (name in same), name
    excerpt = Excerpt("t", "must", "a.py", digest(b"must"), 1, 2)
    for change in ({"text": "must not"}, {"digest": digest(b"x")}, {"first_line": 2}, {"path": "b.py"}):
        one, two = (Request("q", context=(e,)) for e in (excerpt, dataclasses.replace(excerpt, **change)))
        assert key_of(one, ("a",)) != key_of(two, ("a",))
    assert key_of(QUESTION, ("b",)) != key
    assert key_of(Request("a \r\nb"), ()) == key_of(Request("a\nb\n"), ()), "ends of lines change nothing"


@pytest.mark.parametrize(
    "done",
    [
        dataclasses.replace(DONE, complete=False),
        dataclasses.replace(DONE, by_model=False),
        dataclasses.replace(DONE, text=" "),
    ],
)
async def test_only_whole_answers_are_kept(folder: Path, done: Done) -> None:
    key = await kept(folder, done=done)
    cache = AnswerCache(folder, "p")
    assert await cache.get(key) is None
    cache.close()


async def test_answers_go_when_their_time_or_their_file_does(folder: Path) -> None:
    cache = AnswerCache(folder, "p")
    await cache.put("short", dataclasses.replace(QUESTION, keep=0.05), DONE)
    await cache.put("never", dataclasses.replace(QUESTION, keep=0), DONE)
    for name, paths in (("one", ["a.py"]), ("two", ["a.py", "b.py"]), ("three", ["c.py"])):
        context = tuple(Excerpt("t", "x", path) for path in paths)
        await cache.put(name, dataclasses.replace(QUESTION, context=context), DONE)
    await asyncio.sleep(0.06)
    assert [await cache.get(key) for key in ("short", "never")] == [None, None]
    assert await cache.files_changed(["b.py", "nothing.py"]) == 1
    assert [key for key in ("one", "two", "three") if await cache.get(key)] == ["one", "three"]
    another = AnswerCache(folder, "another project")
    assert await another.files_changed(["a.py"]) == 0
    assert await cache.files_changed(["a.py"]) == 1
    assert await cache.clear() > 0
    assert await cache.get("three") is None
    another.close()
    cache.close()


async def test_the_same_question_is_answered_from_what_is_kept(kit: Kit) -> None:
    chain = kit.chain(kit.http())
    first, second = await outcome_of(chain), await outcome_of(chain)
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert (first.cached, second.cached, second.text) == (False, True, first.text)
    again = await outcome_of(kit.chain(kit.http()))
    assert again.cached  # type: ignore[union-attr]
    assert len(kit.api.asked) == 1
    asked = chain.usage.read()
    assert [one.cached for one in asked] == [False, True, True]
    assert asked[1].saved == asked[0].input + asked[0].output


async def test_two_processes_ask_once(kit: Kit) -> None:
    """Two chains with caches of their own are as two processes: nothing but the file joins them."""
    limits = Limits(pause=0.01, poll=0.02)
    chains = [kit.chain(kit.http("ok,ttft=0.3"), limits=limits) for _ in range(3)]
    outcomes = await asyncio.gather(*(outcome_of(chain) for chain in chains))
    assert sorted(one.cached for one in outcomes if isinstance(one, Done)) == [False, True, True]
    assert len(kit.api.asked) == 1


async def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    cache = AnswerCache(None)
    await cache.put("a", QUESTION, DONE)
    assert await cache.get("a") is None
    assert await cache.lease("a", "me")
    cache.close()
    assert await asyncio.to_thread(lambda: list(tmp_path.iterdir())) == []


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of files")
async def test_a_folder_that_cannot_be_used_is_no_harm(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    cache = AnswerCache(tmp_path / "file" / "answers")
    await cache.put("a", QUESTION, DONE)
    assert await cache.get("a") is None
    assert len(caplog.records) == 1
    cache.close()
