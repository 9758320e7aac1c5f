"""What goes out with a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vt_lsp.claude_integration.streaming import Asked as Question
from vt_lsp.claude_integration.streaming import Contexts, Decision, Place
from vt_lsp.claude_integration.tokens import calibrated, estimate
from vt_lsp.claude_integration.usage import Asked
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from vt_lsp.models import DriftReport


def contexts(engine: Engine) -> Contexts:
    return Contexts(engine, lambda _path: True)


def at(drift: DriftReport) -> Place:
    return Place(drift.spec.path, drift.spec.start, drift.spec.end)


def test_a_drift_comes_with_its_clause_its_definition_and_who_uses_it(engine: Engine, drift: DriftReport) -> None:
    decision = Decision("d1", "Dry runs", "Validate only", "accepted", "2026-01-02", ("same symbol",))
    context = contexts(engine).build(Question("Why?", at(drift), decisions=(decision,)), 8000)
    assert [part.kind for part in context.parts][:2] == ["map", "definitions"]
    (told,) = context.of("drift")
    assert "no parameter `dry_run`" in told.text
    (clause,) = context.of("spec")
    assert clause.path == "docs/design.md"
    assert "## The order book" in clause.text
    assert clause.text.splitlines()[0] == "## The order book"
    place = context.of("definitions")[0]
    assert place.text.startswith("    def place(self, order: Order, validate_only: bool = False)")
    assert place.text.endswith("* price)")
    assert (place.path, place.first_line) == ("src/ordersvc/book.py", 21)
    (users,) = context.of("neighbours")
    assert "OrderBook.place uses src/ordersvc/events.py: def publish(" in users.text
    assert "Validate only (fits: same symbol)" in context.of("precedents")[0].text


def test_the_map_has_signatures_and_no_bodies(engine: Engine, drift: DriftReport) -> None:
    context = contexts(engine).build(Question("Why?", at(drift)), 8000)
    text = "\n".join(one.text for one in context.of("map", "place-map"))
    assert "src/ordersvc/book.py:\n" in text
    assert '    def cancel(self, order_id: str, *, reason: str = "") -> Order\n' in text
    assert "cancelled = replace" not in text
    assert set(context.mapped) <= set(engine.index.code)


def test_nothing_of_the_map_is_said_twice(engine: Engine, drift: DriftReport) -> None:
    context = contexts(engine).build(Question("Why?", at(drift)), 1600)
    first, second = ("\n".join(one.text for one in context.of(kind)) for kind in ("map", "place-map"))
    said = [line for line in second.splitlines() if line.startswith("    def") and line in first.splitlines()]
    assert said == []


@pytest.mark.parametrize("budget", [300, 700, 1500, 4000, 8000])
def test_a_context_keeps_within_its_budget(engine: Engine, budget: int) -> None:
    made = contexts(engine)
    for drift in engine.drifts():
        context = made.build(Question("Why?", at(drift)), budget)
        assert context.tokens <= budget
        assert sum(estimate(one.text) for one in context.excerpts) <= budget


def test_two_questions_about_one_document_begin_alike(engine: Engine) -> None:
    made = contexts(engine)
    drifts = [one for one in engine.drifts() if one.spec.path == "docs/design.md"]
    maps = {made.build(Question("Why?", at(one)), 4000).of("map")[0].text for one in drifts}
    assert len(maps) == 1
    assert made.build(Question("Why?", at(drifts[0])), 4000).of("map")[0].stable


def test_files_that_may_not_leave_do_not_appear(engine: Engine, drift: DriftReport) -> None:
    made = Contexts(engine, lambda path: path != "src/ordersvc/book.py")
    context = made.build(Question("Why?", at(drift)), 8000)
    assert "src/ordersvc/book.py" not in context.mapped
    assert all(one.path != "src/ordersvc/book.py" for one in context.excerpts)
    assert "class OrderBook" not in "\n".join(one.text for one in context.of("map", "place-map", "neighbours"))
    held = Contexts(engine, lambda path: path != "docs/design.md").build(Question("Why?", at(drift)), 8000)
    assert not held.of("spec")


def test_an_edit_is_seen_by_the_next_question(engine: Engine, drift: DriftReport) -> None:
    made = contexts(engine)
    made.build(Question("Why?", at(drift)), 4000)
    assert made.is_current
    data = engine.text("src/ordersvc/book.py") or b""
    engine.update("src/ordersvc/book.py", data + b"\ndef brand_new(one: int) -> int: ...\n", overlay=True)
    engine.check()
    assert not made.is_current
    context = made.build(Question("What is brand_new?", Place("src/ordersvc/book.py")), 4000)
    assert "def brand_new(one: int) -> int" in "\n".join(one.text for one in context.excerpts)


def test_a_question_leaves_what_claims_asked_as_it_was(engine: Engine, drift: DriftReport) -> None:
    before = set(engine.index.asked), set(engine.index.wishes)
    contexts(engine).build(Question("Where is OrdrBook?", at(drift)), 4000)
    assert (engine.index.asked, engine.index.wishes) == before


def test_a_misspelt_name_leads_to_the_right_definition(tmp_path: Path) -> None:
    files = {f"shop/m{n}.py": f"def helper_{n}(value: int) -> int:\n    return value\n" for n in range(200)}
    files["shop/__init__.py"] = ""
    files["shop/far.py"] = "class StampingVisitor:\n    def on_signature(self) -> None: ...\n"
    files["README.md"] = "# Shop\n\nInherit `VisitorStamping` and be happy.\n"
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    engine = Engine(tmp_path, Settings(history=False), tmp_path.parent / "cache")
    engine.scan()
    context = contexts(engine).build(Question("What now?", Place("README.md", 10, 10)), 600)
    assert "class StampingVisitor" in "\n".join(one.text for one in context.excerpts)
    engine.dispose()


def test_an_empty_project_has_an_empty_context(tmp_path: Path) -> None:
    engine = Engine(tmp_path, Settings(history=False), tmp_path.parent / "cache")
    engine.scan()
    assert contexts(engine).build(Question("Why?"), 4000).parts == ()
    engine.dispose()


def test_an_estimate_is_never_far_below() -> None:
    assert estimate("def place(self, order: Order) -> Fill:\n" * 100) >= 4000 / 3.5
    assert estimate('{"a": 1, "b": [2, 3], "c": "d"}' * 50) >= 31 * 50 / 1.4
    assert estimate("中文字符" * 100) >= 400
    assert estimate("") == 0


def test_what_was_reported_sets_the_estimate_right() -> None:
    def asked(estimate: int, reported: int, **more: Any) -> Asked:
        return Asked(0.0, model="claude-sonnet-5-5", estimate=estimate, cache_read=reported, **more)

    assert calibrated([], "sonnet") == 1.0
    assert calibrated([asked(1000, 500), *[asked(1000, 700)] * 40], "sonnet") == pytest.approx(0.7, abs=0.01)
    assert calibrated([asked(1000, 700)], "opus") == 1.0
    assert calibrated([asked(0, 50), asked(10, 0), asked(10, 20, cached=True)], "sonnet") == 1.0
    assert calibrated([asked(1, 1_000_000)] * 9, "sonnet") == 2.0
