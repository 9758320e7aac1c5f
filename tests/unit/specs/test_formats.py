"""What the readers of formats define: ids, places, status, tasks; in all line ends, with and without a BOM."""

from __future__ import annotations

import pytest

from vt_lsp.specs.formats import format_of
from vt_lsp.specs.markdown import MarkdownDocument, read

SPEC = """# Feature Specification: Cart

**Status**: Draft

### User Story 1 - Fill (Priority: P1)

1. **Given** a cart, **When** x, **Then** y
2. **Given** a list, **When** x, **Then** y

- **FR-001**: It MUST fill
- **FR-002a**: It MUST empty
* **SC-001**: Fast
"""
KIRO = """# Requirements

### Requirement 1: Fill

1. WHEN a THE Shop SHALL b
2. THE Shop SHALL c

#### More

1. THE Shop SHALL d

### Requirement 2

- 2.1 THE Shop SHALL e
"""
DELTA = """## ADDED Requirements

### Requirement: One
#### Scenario: x

## REMOVED Requirements

- `### Requirement: Two`

## RENAMED Requirements

- FROM: `### Requirement: Three`
- TO: `### Requirement: Four`
"""
STORY = """# Story 1.1: Cart

Status: ready-for-dev

## Acceptance Criteria

1. Given

**AC2: more**

## Tasks
"""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("specs/007-csv-export/spec.md", "spec-kit"),
        ("backend/specs/20250101-120000-x/contracts/a/b.md", "spec-kit"),
        ("specs/007-x/checklists/ux.md", "spec-kit"),
        (".kiro/specs/refund/requirements.md", "kiro"),
        ("docs/spec/tasks.md", "kiro"),
        ("openspec/specs/a/b/spec.md", "openspec"),
        ("openspec/changes/x/tasks.md", "openspec"),
        (".planning/phases/01-x/01-02-PLAN.md", "gsd"),
        ("_bmad-output/implementation-artifacts/1-2-x.md", "bmad"),
        ("docs/stories/1.2.login.md", "bmad"),
        ("docs/milestone-5.md", "milestones"),
        ("docs/seed-milestone-5.md", "milestones"),
        ("docs/design.md", ""),
        ("README.md", ""),
        (".planning/milestones/v1-ROADMAP.md", ""),
    ],
)
def test_the_place_tells_the_format(path: str, name: str) -> None:
    known = format_of(path)
    assert (known.name if known else "") == name


@pytest.mark.parametrize(
    ("path", "text", "ids"),
    [
        ("specs/001-cart/spec.md", SPEC, ["FR-001", "FR-002a", "SC-001", "US1", "US1/AC1", "US1/AC2"]),
        (".kiro/specs/cart/requirements.md", KIRO, ["1", "1.1", "1.2", "1.3", "2", "2.1"]),
        ("openspec/changes/x/specs/cart/spec.md", DELTA, ["One", "Three", "Two"]),
        ("_bmad-output/implementation-artifacts/1-1-cart.md", STORY, ["1", "2"]),
    ],
)
@pytest.mark.parametrize("head", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_ids_are_defined_at_their_places(path: str, text: str, ids: list[str], head: bytes, line_end: str) -> None:
    data = head + text.replace("\n", line_end).encode()
    facts = read(data, path)
    assert sorted(r.id for r in facts.requirements) == ids
    for requirement in facts.requirements:
        said = data[requirement.start : requirement.end].decode()
        if requirement.id[0].isalpha() and "US" not in requirement.id:
            assert said == requirement.id
        assert "\n" not in said
        assert said


def test_deltas_have_flags_and_a_new_name() -> None:
    found = {
        r.id: (r.flags, r.title) for r in read(DELTA.encode(), "openspec/changes/x/specs/cart/spec.md").requirements
    }
    assert found == {"One": (("added",), ""), "Two": (("removed",), ""), "Three": (("renamed",), "Four")}


@pytest.mark.parametrize(
    ("path", "text", "state"),
    [
        ("specs/001-cart/spec.md", SPEC, "draft"),
        ("_bmad-output/implementation-artifacts/1-1-cart.md", STORY, "ready-for-dev"),
        ("docs/milestone-1.md", "# Milestone 1\n\n- **Status:** In Progress\n", "in progress"),
        ("specs/001-cart/spec.md", "# Cart\n\nThe status of an order is: open or closed.\n", ""),
    ],
)
def test_the_status_that_a_document_gives_itself(path: str, text: str, state: str) -> None:
    found = read(text.encode(), path).state
    assert (found[0] if found else "") == state
    if found:
        assert text.encode()[found[1] : found[2]].decode().lower() == state


def test_ticks_of_a_checklist_are_no_finished_tasks() -> None:
    facts = read(b"# C\n\n- [x] CHK001 `src/a.py`?\n- [x] No `src/b.py`\n", "specs/001-x/checklists/a.md")
    assert [task.flags for task in facts.tasks] == [("checklist",), ("checklist",)]
    assert not [claim for claim in facts.claims if "task" in claim.hints]


@pytest.mark.parametrize(
    ("line", "made"),
    [
        ("- [x] T1 Create ExportJob model in src/x.py", [("ExportJob", "src/x.py")]),
        ("- [x] Implement `a_b()` and `CdEf` in `src/x.py`", [("a_b", "src/x.py"), ("CdEf", "src/x.py")]),
        ("- [x] Create `src/x.py` with an `Order` class", [("Order", "src/x.py")]),
        ("- [x] 实现 `src/x.py` 的 `MimoPool`", [("MimoPool", "src/x.py")]),
        ("## Task 1.1: Create WorkflowMemory class ✅", [("WorkflowMemory", "")]),
        ("- [ ] Create ExportJob model in src/x.py", []),
        ("- [x] Add tests for `ExportJob` in tests/x.py", []),
        ("- [x] Create ExportJob tests in tests/x.py", []),
        ("- [x] Implement WebSocket endpoint in src/x.py", []),
        ("- [x] Remove `ExportJob` from src/x.py", []),
        ("- [x]* Create ExportJob model in src/x.py", []),
    ],
)  # fmt: skip
def test_what_a_finished_task_made(line: str, made: list[tuple[str, str]]) -> None:
    claims = read(f"# Tasks\n\n{line}\n".encode(), "tasks.md").claims
    found = [(c.subject, c.owner) for c in claims if "made" in c.hints and "optional" not in c.hints]
    assert found == made


@pytest.mark.parametrize(
    "path", ["specs/001-cart/spec.md", ".kiro/specs/a/tasks.md", "openspec/changes/x/specs/a/spec.md"]
)
@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"### Requirement: \n- FROM:\n- TO: ``\n", b"- [x] " + b"create " * 50]
)
def test_bad_input_is_read_and_edits_equal_a_fresh_reading(path: str, data: bytes) -> None:
    document = MarkdownDocument(SPEC.encode(), path)
    assert document.edit(data) == read(data, path)
    assert document.edit(SPEC.encode()) == read(SPEC.encode(), path)
