"""The example project in a real Emacs with eglot, set up as ``docs/editors/emacs.md`` says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.editors.emacs.emacs import Emacs, descendants, is_alive, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]
PAGE = REPOSITORY / "docs/editors/emacs.md"
BACK, UP_TO, OTHER = "\x1b,", "\x18\x06", "\x18o"
DIAGNOSTICS = """
(mapcar (lambda (d) (list (line-number-at-pos (flymake-diagnostic-beg d))
                          (buffer-substring-no-properties (flymake-diagnostic-beg d) (flymake-diagnostic-end d))
                          (flymake-diagnostic-text d)
                          (symbol-name (flymake-diagnostic-type d))))
        (flymake-diagnostics))
"""
HERE = """
(list (buffer-name) (line-number-at-pos (window-point))
      (save-excursion (goto-char (window-point))
                      (buffer-substring-no-properties (line-beginning-position) (line-end-position))))
"""
IN_DESIGN = {
    "tree-entry": (13, "storage.py"),
    "type-mismatch": (26, "float | None"),
    "enum-member": (36, "REFUNDED"),
    "constant-value": (41, "100"),
    "signature-mismatch": (45, "dry_run"),
    "missing-member": (50, "OrderBook.reopen"),
    "example-call": (60, "retries"),
    "base-class": (72, "KeyError"),
    "parameter-default": (82, "30.0"),
}
EXIT_SECONDS = 2.0  # how soon nothing of the server may be left

pytestmark = pytest.mark.skipif(bool(reason := missing()), reason=reason or "-")


def block(heading: str) -> str:
    """The first Lisp block below a heading of the page."""
    section = PAGE.read_text(encoding="utf-8").split(f"\n## {heading}\n")[1]
    found = re.search(r"^( *)```elisp\n(.*?)^ *```", section, re.DOTALL | re.MULTILINE)
    assert found, f"no Lisp below {heading}"
    return found[2]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example, under version control, as Emacs finds a project by that."""
    root = shutil.copytree(REPOSITORY / "examples/ordersvc", tmp_path / "ordersvc")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return root


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder for ``PATH`` with the command ``vt-lsp`` of these sources."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "vt-lsp"
    start = f"PYTHONPATH={shlex.quote(str(REPOSITORY))} exec {shlex.quote(sys.executable)} -P -m vt_lsp"
    command.write_text(f'#!/bin/sh\n{start} "$@"\n')
    command.chmod(0o755)
    return folder


@pytest.fixture
def emacs(tmp_path: Path, path: Path) -> Iterator[Emacs]:
    with Emacs(tmp_path / "home", block("Set-up") + block("Commands"), path) as editor:
        yield editor


def visit(emacs: Emacs, file: Path) -> None:
    emacs.keys(f"{UP_TO}\x01\x0b{file}\r")
    emacs.wait(f'(equal (buffer-file-name) "{file}")', f"{file.name} is not shown")


def open_in_server(emacs: Emacs, file: Path) -> None:
    visit(emacs, file)
    emacs.wait("(and (fboundp 'eglot-managed-p) (eglot-managed-p))", f"eglot does not manage {file.name}")


def goto(emacs: Emacs, text: str, *, back: int = 1) -> None:
    """Move the cursor to ``back`` characters before the end of the first ``text``."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    look = f'(goto-char (point-min)) (search-forward "{quoted}") (backward-char {back}) (point)'
    emacs.ask(f"(with-selected-window (selected-window) {look})")


def text_in(buffer: str, pattern: str) -> str:
    """The expression for the text of a buffer, once it is there and has something that matches."""
    text = "(buffer-substring-no-properties (point-min) (point-max))"
    found = f'(save-excursion (goto-char (point-min)) (re-search-forward "{pattern}" nil t))'
    return f'(and (get-buffer "{buffer}") (with-current-buffer "{buffer}" (and {found} {text})))'


def kinds(emacs: Emacs) -> dict[str, tuple[int, str, str, str]]:
    """What is shown in this buffer, by the drift's type: line, underlined text, message, kind."""
    found = {}
    for line, text, message, kind in emacs.ask(DIAGNOSTICS) or ():
        code = re.match(r"vt-lsp \[(.*?)\]: ", message)
        assert code, f"a diagnostic that is not ours: {message}"
        found[code[1]] = (line, text, message, kind)
    return found


def wait_for_count(emacs: Emacs, count: int, message: str) -> None:
    emacs.wait(f"(and (= (length (flymake-diagnostics)) {count}) t)", message)


def wait_for_line(emacs: Emacs, file: str, text: str, message: str) -> None:
    emacs.wait(
        f'(let ((here {HERE})) (and (equal (car here) "{file}") (string-match-p "{text}" (nth 2 here)) t))', message
    )


def act(emacs: Emacs, title: str) -> None:
    """Choose the quick fix that starts with ``title`` in eglot's own menu."""
    emacs.command("eglot-code-actions")
    emacs.wait("(and (active-minibuffer-window) t)", "no menu of quick fixes")
    emacs.keys(f"{title}\t\r")


def gone(pids: set[int]) -> bool:
    end = time.monotonic() + EXIT_SECONDS
    while time.monotonic() < end and any(map(is_alive, pids)):
        time.sleep(0.02)
    return not any(map(is_alive, pids))


def server_processes(emacs: Emacs) -> set[int]:
    pid = emacs.ask("(process-id (jsonrpc--process (eglot-current-server)))")
    return {pid} | descendants(pid)


def test_the_journey_of_a_newcomer(emacs: Emacs, project: Path) -> None:
    open_in_server(emacs, project / "docs/design.md")
    wait_for_count(emacs, len(IN_DESIGN), "not all drift of the document is shown")
    shown = kinds(emacs)
    assert {kind: found[:2] for kind, found in shown.items()} == IN_DESIGN, "lines and underlined texts"
    kept = {kind: found[3] for kind, found in shown.items()}
    assert kept.pop("tree-entry") == "eglot-note", "a type that is often wrong is a hint"
    assert set(kept.values()) == {"eglot-warning"}, "drift in a document is a warning"
    elsewhere = emacs.ask("(mapcar #'car flymake-list-only-diagnostics)")
    assert str(project / "src/ordersvc/events.py") in elsewhere, "drift in files that are not open"

    goto(emacs, "def place")
    emacs.command("eldoc")
    said = emacs.wait(text_in("*eldoc*", "signature-mismatch"), "the hover is not shown")
    assert "`OrderBook.place`: no parameter `dry_run`" in said, "the hover says what is wrong"
    assert "src/ordersvc/book.py:21" in said, "the hover names the code's place"

    goto(emacs, "dry_run")
    emacs.keys("\x1b.")
    wait_for_line(emacs, "book.py", "def place(self", "M-. on what is underlined does not go to the code")
    emacs.wait("(eglot-managed-p)", "the code is not managed by the same server")
    wait_for_count(emacs, 3, "not all drift of the code is shown")
    in_code = kinds(emacs)
    assert in_code["signature-mismatch"][:2] == (21, "place"), "drift on the code's side"
    assert "docs/design.md:45" in in_code["signature-mismatch"][2], "it names the document's place"
    assert in_code["signature-mismatch"][3] == "eglot-note", "drift in code is a note"
    assert emacs.ask("(hash-table-count eglot--servers-by-project)") == 1, "one server for both languages"

    emacs.keys("\x1b?")
    found = emacs.wait(text_in("*xref*", "def place"), "M-? lists nothing")
    for place in ("README.md\n11: fill = book.place", "docs/design.md\n45:     def place"):
        assert place in found, "M-? lists the documents that speak of the symbol"
    emacs.keys(f"{OTHER}\x181{BACK}{BACK}")  # M-? has left a mark, too
    wait_for_line(emacs, "design.md", "def place(self", "M-, does not go back to the document")

    goto(emacs, "MAX_OPEN_ORDERS = 100")
    act(emacs, "Change the spec")
    wait_for_line(emacs, "design.md", "`MAX_OPEN_ORDERS = 250` are open", "the quick fix does not change the document")
    wait_for_count(emacs, len(IN_DESIGN) - 1, "the drift stays after its quick fix")
    assert "constant-value" not in kinds(emacs), "the mended drift is gone"


def test_drift_goes_and_comes_while_typing(emacs: Emacs, project: Path) -> None:
    open_in_server(emacs, project / "src/ordersvc/book.py")
    wait_for_count(emacs, 3, "not all drift of the code is shown")
    open_in_server(emacs, project / "docs/design.md")
    wait_for_count(emacs, len(IN_DESIGN), "not all drift of the document is shown")
    goto(emacs, "MAX_OPEN_ORDERS = 100", back=0)
    emacs.keys("\x7f\x7f\x7f250")
    wait_for_count(emacs, len(IN_DESIGN) - 1, "the drift does not go while typing")
    assert "constant-value" not in kinds(emacs)
    emacs.keys("\x18bbook.py\r")
    emacs.wait('(equal (buffer-name) "book.py")', "the other buffer is not shown")
    wait_for_count(emacs, 2, "the drift does not go on the code's side")
    goto(emacs, "MAX_OPEN_ORDERS = 250", back=0)
    emacs.keys("0")
    wait_for_count(emacs, 3, "the drift does not come while typing in the code")
    assert kinds(emacs)["constant-value"][:2] == (12, "MAX_OPEN_ORDERS")
    emacs.keys("\x18bdesign.md\r")
    emacs.wait('(equal (buffer-name) "design.md")', "the document is not shown")
    wait_for_count(emacs, len(IN_DESIGN), "the drift does not come on the document's side")
    line, text, message, _ = kinds(emacs)["constant-value"]
    assert (line, text) == (41, "250")
    assert "`MAX_OPEN_ORDERS` is `2500`, not `250`" in message
    assert (project / "docs/design.md").read_bytes() == (REPOSITORY / "examples/ordersvc/docs/design.md").read_bytes()


def test_the_status_is_shown_by_the_server(emacs: Emacs, project: Path) -> None:
    open_in_server(emacs, project / "docs/design.md")
    wait_for_count(emacs, len(IN_DESIGN), "not all drift of the document is shown")
    for command, words in (("showStatus", "10"), ("showCompliance", "51")):
        emacs.ask('(let ((inhibit-read-only t)) (with-current-buffer "*Messages*" (erase-buffer)) t)')
        emacs.command("vt-lsp")
        emacs.wait("(and (active-minibuffer-window) t)", "the command does not ask")
        emacs.keys(f"{command}\r")
        said = emacs.wait(text_in("*Messages*", "Server reports"), f"{command} shows nothing")
        assert words in said, f"{command} says how it is"


def test_settings_of_the_project_folder(emacs: Emacs, project: Path) -> None:
    (project / ".dir-locals.el").write_text(block("Settings"))
    open_in_server(emacs, project / "docs/design.md")
    wait_for_count(emacs, len(IN_DESIGN) - 1, "the setting is not heard")
    assert "tree-entry" not in kinds(emacs)
    assert not emacs.ask("(seq-filter #'cdr flymake-list-only-diagnostics)"), "only open files have diagnostics"


def test_ranges_and_edits_are_exact(emacs: Emacs, project: Path) -> None:
    spec = project / "docs/wide.md"
    lines = [
        "# é😀 Wide",
        "",
        "\té😀",
        "",
        "é😀\té😀 At most `MAX_OPEN_ORDERS = 100` 😀, `OrderBook.reopen()` 😀é",
        "",
        "| 😀 | é |",
        "| --- | --- |",
        "| é😀 `OrderBook.close_all()` | 😀 |",
        "",
    ]
    spec.write_bytes("\r\n".join(lines).encode())
    open_in_server(emacs, spec)
    wait_for_count(emacs, 3, "not all drift is shown")
    shown = sorted(found[:2] for found in map(tuple, emacs.ask(DIAGNOSTICS)))
    assert shown == [(5, "100"), (5, "OrderBook.reopen"), (9, "OrderBook.close_all")], (
        "the ranges behind wide characters"
    )
    goto(emacs, "= 100")
    act(emacs, "Change the spec")
    wait_for_line(emacs, "wide.md", "`MAX_OPEN_ORDERS = 250` 😀, ", "the quick fix is not exact")
    wait_for_count(emacs, 2, "the drift stays")
    goto(emacs, "close_all")
    act(emacs, "Ignore this")
    wait_for_count(emacs, 1, "the ignored drift stays")
    emacs.keys("\x18\x13")
    emacs.wait("(and (not (buffer-modified-p)) t)", "the file is not saved")
    lines[4] = lines[4].replace("100", "250")
    lines[8] = "| é😀 `OrderBook.close_all()` | 😀 <!-- vt-lsp: ignore[missing-member] --> |"
    assert spec.read_bytes() == "\r\n".join(lines).encode(), "every other byte is as it was"


def test_beside_another_python_server(tmp_path: Path, path: Path, project: Path) -> None:
    with Emacs(tmp_path / "home", block("Beside another Python server"), path) as emacs:
        open_in_server(emacs, project / "docs/design.md")
        wait_for_count(emacs, len(IN_DESIGN), "not all drift of the document is shown")
        goto(emacs, "def place")
        emacs.keys("\x1b.")
        wait_for_line(emacs, "book.py", "def place(self", "M-. does not go to the code")
        goto(emacs, "MAX_OPEN_ORDERS = 250", back=0)
        emacs.keys("\x7f\x7f\x7f100\x18\x13")
        emacs.wait("(and (not (buffer-modified-p)) t)", "the file is not saved")
        emacs.keys("\x18bdesign.md\r")
        wait_for_count(emacs, len(IN_DESIGN) - 1, "the drift does not follow the saved code")
        assert "constant-value" not in kinds(emacs)


@pytest.mark.parametrize("way", ["shutdown", "quit", "kill"])
def test_no_process_is_left(emacs: Emacs, project: Path, way: str) -> None:
    open_in_server(emacs, project / "docs/design.md")
    if way == "shutdown":
        wait_for_count(emacs, len(IN_DESIGN), "not all drift of the document is shown")
    ours = server_processes(emacs)
    assert ours, "no server was started"
    if way == "shutdown":
        emacs.command("eglot-shutdown")
        emacs.wait("(not (eglot-managed-p))", "eglot does not let go")
    elif way == "quit":
        emacs.keys("\x18\x03")
    else:
        emacs.kill()
    assert gone(ours), f"left behind: {[pid for pid in ours if is_alive(pid)]}"


def test_a_missing_server_is_said(tmp_path: Path, project: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with Emacs(tmp_path / "home", block("Set-up").replace('"vt-lsp"', '"vt-lsp-is-not-here"'), empty) as emacs:
        visit(emacs, project / "docs/design.md")
        emacs.wait(text_in("*Messages*", "vt-lsp-is-not-here"), "nothing is said of a server that is missing")
        assert not emacs.ask("(eglot-managed-p)")
