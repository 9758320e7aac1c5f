"""The first scan: what it shows early, how it is cancelled, and what it costs the others."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sample
from fake_editor import Connection, Editor, RpcError, fresh

from vt_lsp.code.python import read

if TYPE_CHECKING:
    from collections.abc import Callable

WATCHING = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}


# ------------------------------------------------------------------------------------- progress, cancel, loop, memory


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample.add_modules(sample.make(tmp_path_factory.mktemp("large")), 1500, functions=100, packages=30)


def progress(editor: Connection) -> list[str]:
    return [params["value"]["kind"] for params in editor.notifications("$/progress")]


def test_the_first_scan_shows_progress_and_its_own_document_first(large: Path) -> None:
    spec = large / "docs/design.md"
    with Editor(large, capabilities={"window": {"workDoneProgress": True}}) as editor:
        example = "\n```python\nfrom shop.book import OrderBook\n```\n"  # says where to look, before all is read
        editor.open(spec, sample.SPEC + example)
        editor.wait(lambda: editor.codes(spec), "the first drift of the open document")
        assert not editor.command("showStatus")["quiescent"]  # long before the scan has ended
        editor.settle()
        assert editor.codes(spec) == sample.DRIFT
        kinds = progress(editor)
        assert kinds[0] == "begin"
        assert kinds[-1] == "end"
        assert "report" in kinds


def test_the_first_scan_can_be_cancelled_and_taken_up_again(large: Path) -> None:
    with Editor(large, capabilities={"window": {"workDoneProgress": True}}) as editor:
        editor.wait(lambda: "begin" in progress(editor), "the progress bar")
        token = editor.notifications("$/progress")[0]["token"]
        editor.notify("window/workDoneProgress/cancel", {"token": token})
        editor.wait(lambda: "end" in progress(editor), "the end of the scan")
        status = editor.settle()
        assert status["health"] == "warning"
        assert "cancelled" in status["message"]
        editor.rescan()
        assert editor.settle()["health"] == "ok"
        assert editor.codes(large / "docs/design.md") == sample.DRIFT


def test_a_cancelled_command_is_answered_soon_and_ends_its_work(large: Path) -> None:
    with Editor(large) as editor:
        editor.settle()
        start = time.monotonic()
        editor.command("checkWorkspace")
        whole = time.monotonic() - start
        number = editor.ask("workspace/executeCommand", {"command": "vt-lsp.checkWorkspace", "arguments": []})
        start = time.monotonic()
        editor.notify("$/cancelRequest", {"id": number})
        with pytest.raises(RpcError) as error:
            editor.result(number)
        assert error.value.code == -32800
        assert time.monotonic() - start < whole / 4
        status = editor.settle()
        assert (status["drifts"], status["health"]) == (3, "ok")


def test_the_loop_is_never_held_up_by_the_scan(large: Path) -> None:
    """A loop that did a part of the scan itself would be held up for a part of the scan's time in the same run."""
    with Editor(large) as editor:
        gaps = []
        began = time.monotonic()
        status: list[Any] = []
        at = {"line": 0, "character": 0}
        while not status or not status[-1]["quiescent"]:
            start = time.monotonic()
            editor.request("textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": at})
            gaps.append(time.monotonic() - start)
            time.sleep(0.005)  # the pace of the ticker
            status = editor.notifications("vt-lsp/status")
        scan = time.monotonic() - began
        gaps.sort()
        assert gaps[int(len(gaps) * 0.99)] < scan / 25, (gaps[-5:], scan)
        assert gaps[-1] < scan / 8, (gaps[-5:], scan)


def longest_wait(editor: Editor, is_over: Callable[[], Any]) -> float:
    """Seconds that the slowest of many hovers took, asked until ``is_over``: how long the loop was held up."""
    longest = 0.0
    at = {"line": 0, "character": 0}
    while not is_over():
        start = time.monotonic()
        editor.request("textDocument/hover", {"textDocument": {"uri": "file:///x"}, "position": at})
        longest = max(longest, time.monotonic() - start)
        time.sleep(0.005)  # the pace of the ticker
    return longest


def test_a_large_file_does_not_hold_up_the_loop(root: Path) -> None:
    """Trap 2, with a file of 2 MB that comes and is written again; a spec waits for the constant at its end.

    A loop that read the file itself would be held up for all of the time that reading takes here, in the same run.
    """
    spec, big = root / "docs/design.md", root / "src/shop/big.py"
    method = "    def place(self, amount: int = 1, note: str = 'x') -> int:\n        return amount + len(note)\n\n"
    body = "".join(f"class Order{n}:\n    '''Order {n}.'''\n\n{method}" for n in range(16_000))
    assert len(body) > 2_000_000
    start = time.monotonic()
    read(body.encode(), "big.py")
    reading = time.monotonic() - start
    text = "# Big\n\nSee `src/shop/big.py`.\n\nThere is `MOST = 1`, and `Order7.place(amount)`.\n"
    spec.write_text(text, encoding="utf-8")
    with Editor(root, capabilities=WATCHING) as editor:
        editor.settle()
        for value, kind in ((2, 1), (1, 2), (3, 2)):
            big.write_text(f"{body}\nMOST = {value}\n")
            editor.tell(big, kind=kind)
            expected = [(5, "constant-value")] if value != 1 else []
            stall = longest_wait(editor, lambda expected=expected: editor.codes(spec) == expected)  # type: ignore[misc]
            assert stall < reading, (stall, reading)


def test_a_large_file_that_is_opened_and_closed_does_not_hold_up_the_loop(root: Path) -> None:
    """The same for the editor: opened, changed while it is read, saved and closed, closed without saving."""
    spec, big = root / "docs/design.md", root / "src/shop/big.py"
    method = "    def place(self, amount: int = 1, note: str = 'x') -> int:\n        return amount + len(note)\n\n"
    body = "".join(f"class Order{n}:\n    '''Order {n}.'''\n\n{method}" for n in range(16_000))
    spec.write_text("# Big\n\nSee `src/shop/big.py`.\n\nThere is `MOST = 1`, and `Order7.place(amount)`.\n")
    start = time.monotonic()
    read(body.encode(), "big.py")
    reading = time.monotonic() - start
    big.write_text(f"{body}\nMOST = 1\n")
    with Editor(root, capabilities=WATCHING) as editor:
        editor.settle()
        assert editor.codes(spec) == []

        def seen(value: int) -> float:
            expected = [(5, "constant-value")] if value != 1 else []
            return longest_wait(editor, lambda: editor.codes(spec) == expected)

        editor.open(big, f"{body}\nMOST = 2\n")
        editor.change(big, f"{body}\nMOST = 1\n")
        editor.change(big, f"{body}\nMOST = 3\n")
        assert seen(3) < reading
        assert editor.shown(big)
        editor.close(big)
        assert seen(1) < reading
        editor.open(big, f"{body}\nMOST = 4\n")
        assert seen(4) < reading
        big.write_text(f"{body}\nMOST = 4\n")
        editor.close(big)
        start = time.monotonic()
        assert longest_wait(editor, lambda: time.monotonic() > start + 0.5) < reading
        assert editor.codes(spec) == [(5, "constant-value")]
        assert fresh(editor) == editor.everything()


def resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
def test_memory_does_not_grow_with_edits(root: Path) -> None:
    spec, book = root / "docs/design.md", root / "src/shop/book.py"

    def edit(count: int) -> None:
        for n in range(count):
            path, text = ((spec, sample.SPEC), (book, sample.BOOK))[n % 2]
            editor.change(path, "\n" * (n % 5) + text)
            if n % 10 == 9:
                editor.command("showStatus")  # each tenth edit is computed for itself
        editor.settle()

    with Editor(root) as editor:
        editor.open(spec)
        editor.open(book)
        edit(1000)  # caches fill
        before = resident(editor.process.pid)
        edit(4000)
        growth = resident(editor.process.pid) - before
        assert growth * 5 < 10_240  # KiB, for the 20,000 edits of a long day


def test_what_specs_say_of_an_open_module_does_not_wait_for_the_scan(large: Path) -> None:
    spec, book = large / "docs/named.md", large / "src/shop/book.py"
    example = "```python\nfrom shop.book import OrderBook\n\nbook = OrderBook()\nbook.reopen()\n```\n"
    spec.write_text(f"# Use\n\n{example}")
    with Editor(large) as editor:
        editor.open(book)
        editor.wait(lambda: editor.codes(book), "the first drift of the open module")
        assert not editor.command("showStatus")["quiescent"]  # long before the scan has ended
        editor.settle()
        early = editor.everything()
    spec.unlink()
    assert spec.as_uri() in early


@pytest.mark.parametrize("is_told", [True, False])
def test_what_changes_while_the_first_scan_runs_is_seen(tmp_path: Path, is_told: bool) -> None:  # noqa: FBT001 - a case
    root = sample.add_modules(sample.make(tmp_path / "shop"), 300, functions=60)
    spec, new, gone = root / "docs/design.md", root / "docs/new.md", root / "docs/gone.md"
    gone.write_text("# Old\n\nUse `OrderBook.vanished()`.\n")
    with Editor(root, capabilities=WATCHING if is_told else None) as editor:
        editor.wait(
            lambda: editor.request("vt-lsp/specs", {})["folders"][0]["state"] in {"scanning", "ready"}, "the scan"
        )
        new.write_text("# New\n\nUse `OrderBook.vanished()`.\n")
        spec.write_text("# Design\n\nUse `OrderBook.missing()`.\n")
        gone.unlink()
        if is_told:
            for path, kind in ((new, 1), (spec, 2), (gone, 3)):
                editor.tell(path, kind=kind)
        for path in (new, spec):
            editor.wait(lambda path=path: editor.codes(path) == [(3, "missing-member")], path.name)  # type: ignore[misc]
        editor.wait(lambda: not editor.shown(gone), "the drift to go with its document")
        editor.settle()
        expected = fresh(editor)
        editor.wait(lambda: editor.everything() == expected, "what a fresh server shows")
