"""What holds, by document, section and requirement: the same numbers wherever they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vt_lsp.continuous_eval.compliance import Compliance, Count
from vt_lsp.engine import Engine
from vt_lsp.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SPEC = """\
# Basket

## Requirements

- **FR-001**: The basket MUST keep items, see `shop/basket.py`.
- **FR-002**: The basket MUST be paid with `Basket.put(money=1)`.
- **FR-003**: The basket MUST be pretty.
- **FR-004**: The basket MUST be fast.
"""
TASKS = """\
# Tasks

## Phase 1

- [x] T001 [US1] Create `shop/basket.py` for FR-001 _Requirements: FR-001_
- [ ] T002 Make it pretty _Requirements: FR-3_
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    root = tmp_path / "project"
    for name, text in {
        "shop/__init__.py": "",
        "shop/basket.py": "class Basket:\n    def put(self, item): ...\n",
        "specs/001-basket/spec.md": SPEC,
        "specs/001-basket/tasks.md": TASKS,
        "README.md": "# Shop\n\n`shop.basket.Basket.take()`, see [it](no.md). <!-- vt-lsp: ignore -->\n\n"
        "`shop.basket.Basket.put()`\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    engine = Engine(root, Settings(history=False), tmp_path / "cache")
    engine.scan()
    yield engine
    engine.dispose()


def documents(engine: Engine) -> dict[str, Compliance]:
    return {one.path: one for one in engine.compliance()}


def test_a_requirement_holds_is_broken_unknown_or_not_traced(engine: Engine) -> None:
    spec = documents(engine)["specs/001-basket/spec.md"]
    states = {one.requirement.id: (one.state, one.tasks_done, one.tasks_open) for one in spec.requirements}
    assert states == {
        "FR-001": ("holds", 1, 0),
        "FR-002": ("broken", 0, 0),
        "FR-003": ("unknown", 0, 1),
        "FR-004": ("not traced", 0, 0),
    }


def test_what_is_suppressed_counts_as_unknown_everywhere(engine: Engine) -> None:
    readme = documents(engine)["README.md"]
    assert (readme.count.holds, readme.count.broken) == (1, 0)
    assert readme.count.unknown >= 1


def test_documents_add_up_to_the_summary_and_sections_to_documents(engine: Engine) -> None:
    found, total = documents(engine), engine.summary()
    counts = [one.count for one in found.values()]
    summed = Count(*(sum(getattr(c, name) for c in counts) for name in ("holds", "broken", "unknown")))
    assert (summed.holds, summed.broken, summed.unknown) == (total.holds, total.broken, total.unknown)
    assert summed.compliance == total.compliance
    for one in found.values():
        assert [section.count for section in one.sections if section.level == 1] == [one.count]


def test_one_document_alone_is_counted_alike(engine: Engine) -> None:
    for path, one in documents(engine).items():
        assert engine.compliance_of(path) == one
    assert engine.compliance_of("no.md") is None
