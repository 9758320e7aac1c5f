from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.models import CodeFacts
from vt_lsp.workspace import pool as pool_module
from vt_lsp.workspace.pool import Pool
from vt_lsp.workspace.reading import key_of
from vt_lsp.workspace.worker import Answer, Request, read_frame, write_frame

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# A worker whose reader dies, hangs or chatters on certain files, as native code might.
FAULTY = """
import os, signal, sys, time
from vt_lsp.workspace import worker
answer = worker.answer
def faulty(root, path, encode):
    if "crash" in path:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "hang" in path:
        time.sleep(60)
    if "chatter" in path:
        print("words that are no frame")
    return answer(root, path, encode)
worker.answer = faulty
worker.main()
"""


def collect(pool: Pool, seconds: float = 30.0) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    end = time.monotonic() + seconds
    while pool.pending and time.monotonic() < end:
        answer = pool.next_answer(0.05)
        if answer is not None:
            found[answer.path] = answer
        elif pool.broken:
            break
    return found


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    return not is_alive(pid)


def test_facts_come_back_with_their_keys(tmp_path: Path) -> None:
    for n in range(10):
        (tmp_path / f"m{n}.py").write_text(f"class C{n}: ...\n")
    with Pool(2) as pool:
        pool.submit(tmp_path, [f"m{n}.py" for n in range(5)])
        pool.submit(tmp_path, [f"m{n}.py" for n in range(5, 10)])
        found = collect(pool)
    assert sorted(found) == [f"m{n}.py" for n in range(10)]
    facts = msgspec.msgpack.decode(found["m7.py"].facts, type=CodeFacts)
    assert [symbol.name for symbol in facts.symbols] == ["C7"]
    assert found["m7.py"].key == key_of("m7.py", b"class C7: ...\n")


def test_bad_files_have_a_reason_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_bytes(b"class (((\xff\xfe def ]]\n\n" * 50)
    (tmp_path / "binary.py").write_bytes(b"\0" * 100)
    (tmp_path / "good.py").write_text("x = 1\n")
    with Pool(1) as pool:
        pool.submit(tmp_path, ["gone.py", "binary.py", "broken.py", "good.py"])
        found = collect(pool)
    assert found["gone.py"].reason == "cannot be read: No such file or directory"
    assert found["binary.py"].reason == "a binary file"
    assert found["broken.py"].reason == ""
    assert found["good.py"].reason == ""


def test_a_file_that_crashes_the_reader_costs_only_itself(tmp_path: Path) -> None:
    names = ["a.py", "crash1.py", "b.py", "chatter.py", "c.py", "crash2.py"]
    for name in names:
        (tmp_path / name).write_text("x = 1\n")
    with Pool(1, command=[sys.executable, "-c", FAULTY]) as pool:
        pool.submit(tmp_path, names)
        pool.submit(tmp_path, ["crash1.py", "c.py"])
        found = collect(pool)
        assert pool.pending == 0
    reasons = {name: answer.reason for name, answer in found.items() if answer.reason}
    assert reasons == {"crash1.py": "the reader crashed", "crash2.py": "the reader crashed"}
    assert found["b.py"].facts
    assert found["c.py"].facts


def test_a_file_that_takes_for_ever_is_left_out(tmp_path: Path) -> None:
    for name in ("hang.py", "after.py"):
        (tmp_path / name).write_text("x = 1\n")
    with Pool(1, command=[sys.executable, "-c", FAULTY], patience=1.5) as pool:
        pool.submit(tmp_path, ["hang.py", "after.py"])
        found = collect(pool)
    assert found["hang.py"].reason == "the reader took longer than 1.5 s"
    assert found["after.py"].facts


def test_a_worker_killed_from_outside_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    with Pool(1) as pool:
        pool.submit(tmp_path, ["a.py"])
        collect(pool)
        (pid,) = pool.pids
        os.kill(pid, signal.SIGKILL)
        pool.submit(tmp_path, ["a.py"])
        first = collect(pool)
        pool.submit(tmp_path, ["a.py"])
        second = collect(pool)
        assert pool.pids != (pid,)
    assert set(first) == {"a.py"}  # read, or named as the one that was being read
    assert second["a.py"].facts


def test_workers_that_cannot_start_break_the_pool(tmp_path: Path) -> None:
    for command in ([sys.executable, "-c", "raise SystemExit(1)"], [str(tmp_path / "no-such-program")]):
        with Pool(2, command=command) as pool:
            pool.submit(tmp_path, ["a.py", "b.py"])
            assert collect(pool) == {}
            assert pool.broken
            assert pool.unread() == ["a.py", "b.py"]
            assert pool.pending == 0


def test_close_ends_the_processes_also_busy_ones(tmp_path: Path) -> None:
    (tmp_path / "hang.py").write_text("x = 1\n")
    pool = Pool(2, command=[sys.executable, "-c", FAULTY])
    pool.submit(tmp_path, ["hang.py"])
    pool.next_answer(1.0)
    pids = pool.pids
    assert len(pids) == 2
    start = time.monotonic()
    pool.close()
    assert time.monotonic() - start < 1.0
    assert not any(is_alive(pid) for pid in pids)
    assert pool.pids == ()


PARENT = """
import sys, time
from pathlib import Path
from vt_lsp.workspace import pool as pool_module
from vt_lsp.workspace.pool import Pool
pool = Pool(2)
pool.submit(Path("/"), ["none.py"])
while pool.pending:
    pool.next_answer(0.05)
while len(pool.pids) < 2:
    time.sleep(0.01)
print(*pool.pids, flush=True)
time.sleep(60)
"""


def test_workers_end_when_their_parent_is_killed() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    pids = [int(word) for word in parent.stdout.readline().split()]
    assert len(pids) == 2
    assert all(is_alive(pid) for pid in pids)
    parent.kill()
    parent.wait()
    assert all(wait_until_gone(pid) for pid in pids)
    parent.stdout.close()


def test_modules_of_the_workspace_are_never_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json", "msgspec", "tree_sitter", "signal", "sitecustomize", "usercustomize", "hashlib"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    monkeypatch.setenv("PYTHONHOME", "")
    with Pool(1) as pool:
        pool.submit(tmp_path, ["json.py"])
        found = collect(pool)
    assert found["json.py"].facts
    assert not (tmp_path / "ran").exists()


def test_frames_survive_the_pipe_and_broken_ones_end_it(tmp_path: Path) -> None:
    file = tmp_path / "frames"
    with file.open("wb") as stream:
        write_frame(stream, msgspec.msgpack.encode(Request("/r", ("a", "b"))))
        write_frame(stream, b"")
        stream.write(b"\0\0\0\x09abc")
    with file.open("rb") as stream:
        assert msgspec.msgpack.decode(read_frame(stream) or b"", type=Request) == Request("/r", ("a", "b"))
        assert read_frame(stream) == b""
        assert read_frame(stream) is None
        assert read_frame(stream) is None
    file.write_bytes(b"\xff\xff\xff\xffx")
    with file.open("rb") as stream:
        assert read_frame(stream) is None


def test_a_stray_frame_ends_a_worker_without_noise(tmp_path: Path) -> None:
    worker = [sys.executable, "-P", "-c", "from vt_lsp.workspace.worker import main; main()"]
    environment = pool_module._environment()
    ended = subprocess.run(
        worker, input=b"\0\0", capture_output=True, timeout=30, check=False, cwd=tmp_path, env=environment
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"\0\0\0\0", b"")
