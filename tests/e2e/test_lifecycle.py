"""The server never outlives its editor and never leaves anything behind (trap 1)."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sample
from fake_editor import PATIENCE, Connection, Editor, Json, running, server_command, server_env

if TYPE_CHECKING:
    from collections.abc import Callable

LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")


def initialize(connection: Connection, process_id: int | None, folder: Path | None = None) -> Json:
    folders = [{"uri": folder.as_uri(), "name": folder.name}] if folder is not None else None
    params: Json = {"processId": process_id, "capabilities": {}, "workspaceFolders": folders}
    answer: Json = connection.request("initialize", params)
    connection.notify("initialized", {})
    return answer


def connect(process: subprocess.Popen[bytes]) -> Connection:
    assert process.stdin is not None
    assert process.stdout is not None
    return Connection(process.stdout, process.stdin)


def pipes(home: Path) -> Json:
    return {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "env": server_env(home)}


def start(command: list[str], home: Path, stderr: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, env=server_env(home))


def descendants(pid: int) -> set[int]:
    found: set[int] = set()
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):  # a child belongs to the thread that started it
        with contextlib.suppress(OSError):
            children = {int(child) for child in tasks.read_text().split()}
            found |= children.union(*map(descendants, children))
    return found


def seconds_until(condition: Callable[[], bool], limit: float = 20.0) -> float:
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < limit, "it never came"
        time.sleep(0.01)
    return time.monotonic() - start


def is_running(pid: int) -> bool:
    """Whether a process runs and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A repository that takes seconds to read, so that the session ends in the middle of the first scan."""
    return sample.add_modules(tmp_path / "large", 1500, functions=120, packages=30)


@LINUX
def test_closed_stdin_ends_a_busy_server_and_its_children(tmp_path: Path, large: Path) -> None:
    with running(**pipes(tmp_path)) as process:
        connection = connect(process)
        initialize(connection, os.getpid(), large)
        seconds_until(lambda: bool(descendants(process.pid)))  # the scan has workers
        family = descendants(process.pid)
        assert process.stdin is not None
        process.stdin.close()
        assert seconds_until(lambda: process.poll() is not None) < 2.0
        assert seconds_until(lambda: not any(map(is_running, family))) < 2.0
        assert process.returncode == 1


def test_dead_editor_ends_the_server_though_stdin_stays_open(tmp_path: Path) -> None:
    with (
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as editor,
        running(**pipes(tmp_path)) as process,
    ):
        initialize(connect(process), editor.pid)
        editor.kill()
        editor.wait()
        assert seconds_until(lambda: process.poll() is not None) < 5.0


@LINUX
def test_dead_parent_ends_the_server_though_stdin_stays_open(tmp_path: Path) -> None:
    launch = (
        "import subprocess, sys\n"
        "p = subprocess.Popen(sys.argv[1:])\n"
        "print(p.pid, file=sys.stderr, flush=True)\n"
        "p.wait()\n"
    )
    with start([sys.executable, "-c", launch, *server_command()], tmp_path, stderr=subprocess.PIPE) as parent:
        assert parent.stderr is not None
        server = int(parent.stderr.readline())
        connection = connect(parent)
        initialize(connection, None)
        parent.kill()
        assert seconds_until(lambda: not is_running(server)) < 5.0


def test_sigterm_ends_with_143(tmp_path: Path) -> None:
    with running(**pipes(tmp_path)) as process:
        initialize(connect(process), os.getpid())
        process.send_signal(signal.SIGTERM)
        assert seconds_until(lambda: process.poll() is not None) < 2.0
        assert process.returncode == 143


def test_sigterm_in_the_middle_of_a_scan_leaves_a_clean_database(tmp_path: Path, large: Path) -> None:
    with running(**pipes(tmp_path)) as process:
        initialize(connect(process), os.getpid(), large)
        seconds_until(lambda: any((tmp_path / "cache").rglob("*")))
        process.send_signal(signal.SIGTERM)
        assert seconds_until(lambda: process.poll() is not None) < 2.0
        assert process.returncode == 143
    logs = [file for file in (tmp_path / "cache").rglob("*-wal") if file.stat().st_size]
    assert logs == []
    with Editor(large, home=tmp_path) as editor:  # the cache is usable
        assert editor.settle()["health"] == "ok"


@LINUX
@pytest.mark.parametrize("way", ["shutdown and exit", "exit", "sigterm", "end of input", "killed client"])
@pytest.mark.parametrize("moment", ["workers read", "just opened"])
def test_closing_while_the_first_scan_runs_leaves_no_process(
    tmp_path: Path, large: Path, way: str, moment: str
) -> None:
    """Traps 1 and 18, in each way in which a session ends."""
    with running(**pipes(tmp_path)) as process:
        connection = connect(process)
        initialize(connection, os.getpid(), large)
        if moment == "workers read":
            seconds_until(lambda: bool(descendants(process.pid)))
        family = descendants(process.pid)
        assert process.stdin is not None
        assert process.stdout is not None
        if way == "shutdown and exit":
            assert connection.request("shutdown") is None
        start = time.monotonic()
        if way in {"shutdown and exit", "exit"}:
            connection.notify("exit")
        elif way == "sigterm":
            process.send_signal(signal.SIGTERM)
        else:
            process.stdin.close()
            if way == "killed client":  # nobody reads any more what the server still writes
                process.stdout.close()
        family |= descendants(process.pid)
        seconds_until(lambda: process.poll() is not None)
        seconds_until(lambda: not any(map(is_running, family)))
        assert time.monotonic() - start < 2.0
        assert process.returncode == {"shutdown and exit": 0, "sigterm": 143}.get(way, 1)


def test_a_process_of_another_namespace_does_not_end_the_server(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    with running(**pipes(tmp_path)) as process:
        connection = connect(process)
        initialize(connection, gone.pid)
        deadline = time.monotonic() + 2.5  # two looks of the watch
        while time.monotonic() < deadline:
            connection.request("workspace/executeCommand", {"command": "vt-lsp.showStatus"})
        assert process.poll() is None


def test_exit_codes(tmp_path: Path) -> None:
    with running(**pipes(tmp_path)) as process:
        connection = connect(process)
        initialize(connection, os.getpid())
        connection.notify("exit")
        assert process.wait(PATIENCE) == 1
    with running(**pipes(tmp_path)) as process:
        connection = connect(process)
        initialize(connection, os.getpid())
        assert connection.request("shutdown") is None
        connection.notify("exit")
        assert process.wait(PATIENCE) == 0


def test_exit_before_initialize_ends(tmp_path: Path) -> None:
    with running(**pipes(tmp_path)) as process:
        connect(process).notify("exit")
        assert process.wait(PATIENCE) == 1


def test_nothing_heavy_is_loaded_before_initialize_is_answered(tmp_path: Path) -> None:
    code = (
        "import sys, threading, vt_lsp.server.protocol as p\n"
        "send = p.Protocol._write\n"
        "def spy(self, body):\n"
        "    if b'capabilities' in body:\n"
        "        sys.stderr.write(' '.join(sorted({m.partition('.')[0] for m in sys.modules})) + chr(10))\n"
        "    send(self, body)\n"
        "p.Protocol._write = spy\n"
        "from vt_lsp.cli.main import main\n"
        "sys.exit(main(['server']))\n"
    )
    with start([sys.executable, "-c", code], tmp_path, stderr=subprocess.PIPE) as process:
        connection = connect(process)
        initialize(connection, os.getpid(), tmp_path)
        assert process.stderr is not None
        loaded = set(process.stderr.readline().decode().split())
        connection.request("shutdown")
        connection.notify("exit")
        process.wait(PATIENCE)
    assert "lsprotocol" in loaded
    heavy = {"tree_sitter", "tree_sitter_python", "sqlite3", "watchdog", "rich", "pathspec", "numpy", "tomllib"}
    assert loaded & heavy == set()


def test_whatever_prints_stays_out_of_the_protocol(tmp_path: Path) -> None:
    code = (
        "import os, sys, threading, time, warnings\n"
        "def noise():\n"
        "    while True:\n"
        "        print('print'); os.system('echo child'); os.write(1, b'bytes\\n'); warnings.warn('w')\n"
        "        time.sleep(0.005)\n"
        "from vt_lsp.server import process\n"
        "guard = process.guard_stdout\n"
        "def noisy():\n"
        "    out = guard(); threading.Thread(target=noise, daemon=True).start(); return out\n"
        "process.guard_stdout = noisy\n"
        "from vt_lsp.cli.main import main\n"
        "sys.exit(main(['server']))\n"
    )
    with start([sys.executable, "-c", code], tmp_path, stderr=subprocess.DEVNULL) as process:
        connection = connect(process)
        initialize(connection, os.getpid())
        for _ in range(200):
            connection.request("workspace/executeCommand", {"command": "vt-lsp.showStatus"})
        connection.request("shutdown")
        connection.notify("exit")
        assert process.wait(PATIENCE) == 0


def test_the_log_is_private_and_standard_error_quiet(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "server.log"
    arguments = server_command("--log-file", str(log), "--log-level", "debug")
    with start(arguments, tmp_path, stderr=subprocess.PIPE) as process:
        connection = connect(process)
        initialize(connection, os.getpid())
        connection.notify("textDocument/didOpen", {"textDocument": {"wrong": "shape"}})
        connection.request("shutdown")
        connection.notify("exit")
        process.wait(PATIENCE)
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert log.stat().st_mode & 0o777 == 0o600
    assert "Unable to deserialize" in log.read_text()
