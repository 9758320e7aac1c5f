"""How much later Neovim shows the first diagnostics than the server has them: a report, nothing is asserted.

    python -m tests.editors.neovim.measure [RUNS]

Both are timed in turns on a copy of the example project: a bare client from the start of the server to the first
diagnostics of the document, and Neovim from its own start until it shows them.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.editors.neovim.driver import EXAMPLE, INIT, environment, neovim, real_server

_RUNS = 7
_SHOW = """\
vim.cmd('filetype on')
vim.cmd.edit(vim.env.VT_FILE)
local shown = vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end, 1)
io.stdout:write(shown and 'shown' or 'nothing', '\\n')
io.stdout:flush()
os.exit(0)
"""


def of_neovim(folder: Path, root: Path) -> float:
    """Seconds from the start of Neovim to the diagnostics that it shows."""
    home = Path(tempfile.mkdtemp(dir=folder))
    env = environment(home, f"{folder}/bin{os.pathsep}{os.environ['PATH']}")
    env["VT_FILE"] = str(root / "docs/design.md")
    (home / "init.lua").write_text(INIT % "", encoding="utf-8")
    (home / "show.lua").write_text(_SHOW, encoding="utf-8")
    command = [neovim(), "--headless", "--clean", "-u", str(home / "init.lua"), "-l", str(home / "show.lua")]
    begun = time.monotonic()
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        took = time.monotonic() - begun
    if line.strip() != b"shown":
        raise RuntimeError("Neovim shows nothing")
    return took


def of_server(folder: Path, root: Path) -> float:
    """Seconds from the start of the server to the diagnostics that it sends for the same document."""
    home = Path(tempfile.mkdtemp(dir=folder))
    env = environment(home, f"{folder}/bin{os.pathsep}{os.environ['PATH']}")
    document = root / "docs/design.md"
    begun = time.monotonic()
    command = [str(folder / "bin/vt-lsp"), "server"]
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        capabilities = {"general": {"positionEncodings": ["utf-8"]}}
        folders = [{"uri": root.as_uri(), "name": "ordersvc"}]
        params = {
            "processId": None,
            "rootUri": root.as_uri(),
            "capabilities": capabilities,
            "workspaceFolders": folders,
        }
        _send(process, {"id": 1, "method": "initialize", "params": params})
        while _receive(process).get("id") != 1:
            pass
        _send(process, {"method": "initialized", "params": {}})
        text = {"uri": document.as_uri(), "languageId": "markdown", "version": 1, "text": document.read_text("utf-8")}
        _send(process, {"method": "textDocument/didOpen", "params": {"textDocument": text}})
        while not _has_news(_receive(process), document.as_uri()):
            pass
        took = time.monotonic() - begun
        process.kill()
    return took


def _has_news(message: dict[str, Any], uri: str) -> bool:
    is_published = message.get("method") == "textDocument/publishDiagnostics"
    return is_published and message["params"]["uri"] == uri and bool(message["params"]["diagnostics"])


def _send(process: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
    assert process.stdin is not None
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    process.stdin.flush()


def _receive(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    assert process.stdout is not None
    size = 0
    while line := process.stdout.readline().strip():
        name, _, value = line.partition(b":")
        size = int(value) if name.lower() == b"content-length" else size
    message: dict[str, Any] = json.loads(process.stdout.read(size))
    return message


def main() -> None:
    """Print the medians, and by how much they differ."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else _RUNS
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        real_server(folder / "bin")
        root = Path(shutil.copytree(EXAMPLE, folder / "ordersvc"))
        editor, server = [], []
        for _ in range(runs):
            editor.append(of_neovim(folder, root))
            server.append(of_server(folder, root))
    shown, sent = statistics.median(editor), statistics.median(server)
    sys.stdout.write(f"Neovim shows the first diagnostics after {shown:.2f} s, the server has them after {sent:.2f} s:")
    sys.stdout.write(f" {shown - sent:+.2f} s (medians of {runs}; target: at most 0.50 s)\n")


if __name__ == "__main__":
    main()
