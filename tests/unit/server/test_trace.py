from __future__ import annotations

import json
import os
import resource
import stat
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from vt_lsp.server import trace
from vt_lsp.server.trace import Trace

if TYPE_CHECKING:
    from pathlib import Path

PING = b'{"jsonrpc":"2.0","method":"ping"}'


def lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def closed(record: Trace) -> None:
    record.close()
    record._thread.join(30)
    assert not record._thread.is_alive()


def test_a_record_is_private_appended_and_begins_with_what_runs(tmp_path: Path) -> None:
    file = tmp_path / "trace.jsonl"
    file.write_text("")
    file.chmod(0o644)
    for _ in range(2):
        record = Trace(file)
        record.record("client", PING)
        record.record("server", b'{"result":1,"id":1,"jsonrpc":"2.0"}')
        closed(record)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first, ping, answer, *again = lines(file)
    assert set(first) == {"at", "record", "versions", "platform"}
    assert {"vt-lsp", "python", "pygls"} <= set(first["versions"])
    assert (ping["from"], ping["message"]) == ("client", json.loads(PING))
    assert (answer["from"], answer["message"]["result"]) == ("server", 1)
    assert [set(line) for line in again] == [set(first), set(ping), set(answer)]
    assert first["at"] <= ping["at"] <= answer["at"]
    assert answer["at"].endswith("+00:00")


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"[" * 100_000, b"", b'{"a": 1}}', b'{"password": "hunter2hunter2"']
)
def test_what_is_no_json_is_recorded_as_text(tmp_path: Path, body: bytes) -> None:
    record = Trace(tmp_path / "trace.jsonl")
    record.record("client", body)
    record.record("client", PING)
    closed(record)
    _, odd, ping = lines(tmp_path / "trace.jsonl")
    assert isinstance(odd["message"], str)
    assert odd["message"][:1] == body[:1].decode(errors="backslashreplace")[:1]
    assert "hunter2" not in odd["message"]
    assert ping["message"] == json.loads(PING)


def test_deep_and_odd_json_does_not_end_the_record(tmp_path: Path) -> None:
    record = Trace(tmp_path / "trace.jsonl")
    for depth in (50, 400, 900, 5_000):
        record.record("client", b"[" * depth + b"]" * depth)
    record.record("client", b'{"a": NaN, "b": "\\ud800", "c": 1e999}')
    record.record("client", PING)
    closed(record)
    assert lines(tmp_path / "trace.jsonl")[-1]["message"] == json.loads(PING)


def test_the_limit_is_said_in_the_last_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "trace.jsonl"
    record = Trace(file, max_bytes=3_000)
    for _ in range(100):
        record.record("client", PING)
    closed(record)
    assert 2_500 < file.stat().st_size < 3_200
    assert "limit" in lines(file)[-1]["ended"]
    assert len(caplog.records) == 1
    before = file.stat().st_size
    record.record("client", PING)
    assert record._queue.empty()
    assert file.stat().st_size == before


def test_what_cannot_be_written_in_time_is_dropped_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer stands still: as many bytes wait as are allowed, and no message waits for it."""
    go, real = threading.Event(), trace._message

    def held(*arguments: Any) -> Any:
        go.wait()
        return real(*arguments)

    monkeypatch.setattr(trace, "_message", held)
    record = Trace(tmp_path / "trace.jsonl", max_waiting=3 * len(PING))
    for _ in range(10):
        record.record("client", PING)
    go.set()
    while record._given != record._written:  # ends with the four
        time.sleep(0.001)
    record.record("server", PING)
    closed(record)
    _, *four, dropped, last = lines(tmp_path / "trace.jsonl")
    assert len(four) == 4
    assert dropped["dropped"] == 6
    assert last["from"] == "server"


def test_what_was_dropped_last_is_counted_at_the_end(tmp_path: Path) -> None:
    record = Trace(tmp_path / "trace.jsonl", max_waiting=-1)
    for _ in range(3):
        record.record("client", PING)
    closed(record)
    assert lines(tmp_path / "trace.jsonl")[-1]["dropped"] == 3


@pytest.mark.parametrize("kind", ["a folder", "no such folder", "a pipe", "a device"])
def test_a_file_that_cannot_be_written_is_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    file = tmp_path / "pipe"
    os.mkfifo(file)
    files = {"a folder": tmp_path, "no such folder": tmp_path / "no" / "file", "a pipe": file}
    record = Trace(files.get(kind, type(tmp_path)("/dev/null")))
    for _ in range(3):
        record.record("client", PING)
    closed(record)
    assert [entry.levelname for entry in caplog.records] == ["WARNING"]
    assert "the record of the session ends" in caplog.text


def test_a_full_disk_ends_the_record(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A limit on the size of files stands for the disk: the write fails in the same place."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        record = Trace(tmp_path / "trace.jsonl")
        for _ in range(100):
            record.record("client", PING)
        closed(record)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [entry.levelname for entry in caplog.records] == ["WARNING"]
    assert record._queue.empty()
