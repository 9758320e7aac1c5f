"""Clauses, opinions on them, and proposed changes."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING, Any

import pytest

from vt_lsp.claude_integration.clauses import clause_at
from vt_lsp.claude_integration.messages import Done
from vt_lsp.claude_integration.opinions import Opinion, Opinions, opinion_of
from vt_lsp.claude_integration.proposals import applied, diff, proposal
from vt_lsp.claude_integration.subjects import change, requirement
from vt_lsp.workspace.git import Git

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport

DESIGN = "docs/design.md"
LIST = """\
# Rules

1. Orders MUST have an id.
   It never changes.
2. Prices:
   - are decimals
   - MUST NOT be negative

A paragraph about
two lines.
"""


def put(engine: Engine, path: str, text: str) -> None:
    engine.update(path, text.encode(), overlay=True)
    engine.check()


@pytest.mark.parametrize(
    ("at", "clause"),
    [
        ("never", "1. Orders MUST have an id.\n   It never changes."),
        ("decimals", "   - are decimals"),
        ("negative", "   - MUST NOT be negative"),
        ("Prices", "2. Prices:\n   - are decimals\n   - MUST NOT be negative"),
        ("two lines", "A paragraph about\ntwo lines."),
    ],
)
def test_a_clause_is_the_smallest_piece_around_a_place(engine: Engine, at: str, clause: str) -> None:
    put(engine, DESIGN, LIST)
    span = clause_at(engine, DESIGN, LIST.index(at))
    assert span is not None
    assert LIST[slice(*span)] == clause


def test_a_heading_is_no_requirement(engine: Engine) -> None:
    put(engine, DESIGN, LIST)
    assert requirement(engine, DESIGN, 2) is None
    assert requirement(engine, "src/ordersvc/book.py", 2) is None


@pytest.fixture
def opinions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine) -> Opinions:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Opinions(engine.root)


def said(engine: Engine, symbol: str = "OrderBook.cancel") -> Opinion:
    found = requirement(engine, DESIGN, (engine.text(DESIGN) or b"").index(b"To look an order up"))
    assert found is not None
    data = {
        "verdict": "satisfied",
        "reason": "It\n does.",
        "evidence": [{"path": "src/ordersvc/book.py", "symbol": symbol}],
    }
    return opinion_of(engine, found, Done("", "cli", model="sonnet", data=data), 1.0)


def test_an_opinion_stays_while_both_sides_stay(engine: Engine, opinions: Opinions, tmp_path: Path) -> None:
    opinions.put(said(engine))
    ((one, start, _),) = opinions.current(engine, DESIGN)
    assert one.sentence == "Claude's opinion (sonnet): the code satisfies this. It does."
    assert (engine.text(DESIGN) or b"")[start:].startswith(b"To look an order up")
    assert [(again, at) for again, at, _ in Opinions(engine.root).current(engine, DESIGN)] == [(one, start)]
    (file,) = tmp_path.glob("state/vt-lsp/*/opinions.json")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    book = (engine.text("src/ordersvc/book.py") or b"").decode()
    put(engine, "src/ordersvc/book.py", book.replace("return self._open.get(order_id)", "return None"))
    assert len(opinions.current(engine, DESIGN)) == 1
    put(engine, "src/ordersvc/book.py", book.replace("if order_id not in self._open", "if False"))
    assert opinions.current(engine, DESIGN) == []
    put(engine, "src/ordersvc/book.py", book)
    assert opinions.current(engine, DESIGN) == []  # dropped is dropped


def test_an_opinion_goes_with_its_definition_and_with_its_words(engine: Engine, opinions: Opinions) -> None:
    opinions.put(said(engine))
    text = (engine.text(DESIGN) or b"").decode()
    put(engine, DESIGN, text.replace("To look an order up", "To find  an order"))
    assert opinions.current(engine, DESIGN) == []


def test_a_newer_opinion_takes_the_place_of_the_older(engine: Engine, opinions: Opinions) -> None:
    opinions.put(said(engine))
    opinions.put(said(engine, "OrderBook.find"))
    ((one, _, _),) = opinions.current(engine, DESIGN)
    assert [side.symbol for side in one.code] == ["OrderBook.find"]
    assert opinions.documents(["src/ordersvc/book.py"]) == {DESIGN}
    assert opinions.documents(["src/ordersvc/models.py"]) == frozenset()


def test_a_damaged_file_of_opinions_counts_as_none(engine: Engine, opinions: Opinions, tmp_path: Path) -> None:
    opinions.put(said(engine))
    (file,) = tmp_path.glob("state/vt-lsp/*/opinions.json")
    file.write_bytes(b"{not json")
    assert Opinions(engine.root).current(engine, DESIGN) == []


# ------------------------------------------------------------------------------------------------------------ proposals


def edits(*rows: tuple[str, str, str]) -> dict[str, Any]:
    return {"summary": "So.", "edits": [{"path": path, "old": old, "new": new} for path, old, new in rows]}


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (None, "No change"),
        ({"summary": "No.", "edits": []}, "No change"),
        (edits(("src/ordersvc/book.py", "MAX_OPEN_ORDERS = 250", "x")), "no document of this project"),
        (edits(("/etc/passwd.md", "root", "x")), "no document of this project"),
        (edits(("docs/new.md", "root", "x")), "no document of this project"),
        (edits((DESIGN, "OrderBook", "Book")), "times in"),
        (edits((DESIGN, "no such words", "x")), "stand 0 times"),
        (edits((DESIGN, "dry_run: bool", "x"), (DESIGN, "order: Order, dry_run", "y")), "overlap"),
    ],
)
def test_a_change_that_cannot_be_made_is_none(engine: Engine, drift: DriftReport, data: Any, says: str) -> None:
    found = proposal(engine, drift, "spec", data, lambda _path: True)
    assert not found.proven
    assert not found.edits
    assert says in found.problem


def test_a_file_that_may_not_leave_is_not_changed_either(engine: Engine, drift: DriftReport) -> None:
    data = edits((DESIGN, "dry_run: bool", "validate_only: bool"))
    assert not proposal(engine, drift, "spec", data, lambda path: path != DESIGN).edits


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_change_is_shown_as_a_diff_and_keeps_line_ends(engine: Engine, drift: DriftReport, newline: str) -> None:
    text = (engine.text(DESIGN) or b"").decode()
    put(engine, DESIGN, text.replace("\n", newline))
    old = "```python\nclass OrderBook:\n    def place(self, order: Order, dry_run"
    data = edits((DESIGN, old, old.replace("dry_run", "validate_only")))
    found = proposal(engine, drift, "spec", data, lambda _path: True)
    assert len(found.edits) == 1
    after = applied(engine.text(DESIGN) or b"", found.edits).decode()
    assert after == text.replace("dry_run", "validate_only").replace("\n", newline)
    shown = diff(engine, found.edits)
    assert shown.startswith(f"--- a/{DESIGN}\n+++ b/{DESIGN}\n@@")
    assert shown.count("\n+    def place(") == 1


def test_a_change_in_git_is_told_file_by_file(tmp_path: Path) -> None:
    git = Git(tmp_path)
    for name in ("a.py", "b c.md", ".env"):
        (tmp_path / name).write_text("one\n")
    for args in (["init", "-q"], ["add", "-A"], ["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "x"]):
        assert git.run(*args) is not None
    (tmp_path / "a.py").write_text("two\n")
    (tmp_path / ".env").write_text("KEY=secret\n")
    (tmp_path / "b c.md").unlink()
    found = change(git, "HEAD", lambda path: path != ".env")
    assert found is not None
    assert {one.path for one in found} == {"a.py", "b c.md"}
    assert "+two" in next(one.text for one in found if one.path == "a.py")
    for wrong in ("nonesuch", "--output=x", "-h", ""):
        assert change(git, wrong, lambda _path: True) is None
