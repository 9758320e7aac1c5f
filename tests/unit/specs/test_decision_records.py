"""What is read of a decision record, in the forms that people write them."""

from __future__ import annotations

import pytest

from vt_lsp.models import Role
from vt_lsp.specs.decision_records import DecisionRecord, read_record
from vt_lsp.specs.markdown import read

NYGARD = """# 12. Use rows

Date: 2024-02-03

## Status

Accepted

Supercedes [3. Use files](0003-use-files.md)

Amended by [14. Größe](0014-size.md)

## Context

Files are slow.

## Decision

We use rows.

### Details

More.

## Consequences

It is quicker.
"""
MADR = """---
status: "superseded by ADR-0123"
date: 2024-02-03
decision-makers: [Ann, "Bob"]
tags:
  - storage
  - speed
---

# Use rows

## Context and Problem Statement

Files are slow.

## Considered Options

* Files
* Rows

## Decision Outcome

Chosen option: "Rows", because they are quick.

### Confirmation

A test.
"""
MADR_2 = """# Use rows

* Status: accepted
* Deciders: Ann, Bob
* Date: 2024-02-03

## Considered Options

* [Files](#files)
* Rows

## Decision Outcome

Chosen option: "[Rows](#rows)", because.

## Links

* Supersedes [ADR-0003](0003-use-files.md)
"""


def record(text: str, path: str = "docs/adr/0012-use-rows.md") -> DecisionRecord:
    found = read_record(text, path)
    assert found is not None
    return found


def test_the_form_of_nygard() -> None:
    found = record(NYGARD)
    assert (found.id, found.number, found.title, found.style) == ("12", 12, "Use rows", "nygard")
    assert (found.status, found.date) == ("accepted", "2024-02-03")
    assert NYGARD.encode()[slice(*found.status_span)] == b"Accepted"
    assert [(link.relation, link.target, link.number) for link in found.links] == [
        ("supersedes", "0003-use-files.md", 3),
        ("amended-by", "0014-size.md", 14),
    ]
    assert all(NYGARD.encode()[link.start : link.end].decode() == link.target for link in found.links)
    assert found.context is not None
    assert found.context.text == "Files are slow."
    assert found.decision is not None
    assert found.decision.text == "We use rows.\n\n### Details\n\nMore."
    assert found.consequences is not None
    assert NYGARD.encode()[found.consequences.start : found.consequences.end].strip() == b"It is quicker."


def test_the_front_matter_of_madr() -> None:
    found = record(MADR, "docs/decisions/0012-use-rows.md")
    assert (found.status, found.style, found.title, found.chosen) == ("superseded", "madr", "Use rows", "Rows")
    assert (found.deciders, found.tags) == (("Ann", "Bob"), ("storage", "speed"))
    assert [(link.relation, link.number) for link in found.links] == [("superseded-by", 123)]
    assert [option.text for option in found.options] == ["Files", "Rows"]
    assert found.confirmation is not None
    assert found.confirmation.text == "A test."


def test_the_bullets_of_madr_2() -> None:
    found = record(MADR_2)
    assert (found.status, found.deciders, found.date, found.chosen) == (
        "accepted",
        ("Ann", "Bob"),
        "2024-02-03",
        "Rows",
    )
    assert [(link.relation, link.number) for link in found.links] == [("supersedes", 3)]


def test_a_record_of_log4brains_has_its_date_for_a_number() -> None:
    text = "# Use rows\n\n- Status: draft\n- Tags: storage, speed\n\n## Decision Outcome\n\nChosen option: Rows.\n"
    found = record(text, "docs/adr/20240203-use-rows.md")
    assert (found.id, found.number, found.style, found.status) == ("20240203-use-rows", None, "log4brains", "proposed")
    assert (found.tags, found.chosen) == (("storage", "speed"), "Rows")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Status: ACCEPTED (2024)", "accepted"),
        ("| Status | Accepted |", "accepted"),
        ("**Status**: ~~Proposed~~ Rejected", "rejected"),
        ("## Status\n\nAccepted, supersedes 3", "accepted"),
        ("## Status\n\nAccepted\n\nPartially superseded by 4", "accepted"),
        ("## Status\n\nAccepted. Superceded by 4", "superseded"),
        ("## Status\n\n2024-02-03: deprecated", "deprecated"),
        ("## Status\n\nWho knows", ""),
        ("The status: accepted.", ""),
    ],
)
def test_words_for_a_status(said: str, status: str) -> None:
    assert record(f"# 12. Use rows\n\n{said}\n\n## Decision\n\nRows.\n").status == status


@pytest.mark.parametrize(
    "path", ["docs/adr/README.md", "docs/adr/0000-template.md", "docs/guide.md", "docs/adr/index.md", "src/12-use.md"]
)
def test_what_is_no_record(path: str) -> None:
    assert read_record(NYGARD, path) is None


@pytest.mark.parametrize(
    ("status", "section", "role"),
    [
        ("Accepted", "Decision", Role.CURRENT),
        ("Accepted", "Confirmation", Role.CURRENT),
        ("Accepted", "Context", Role.HISTORICAL),
        ("Accepted", "Considered Options", Role.HISTORICAL),
        ("Accepted", "Consequences", Role.HISTORICAL),
        ("Accepted", "Decision Drivers", Role.HISTORICAL),
        ("Proposed", "Decision", Role.PLANNED),
        ("Superceded by 4", "Decision", Role.HISTORICAL),
        ("Rejected", "Decision", Role.HISTORICAL),
    ],
)
def test_only_what_an_accepted_record_decides_speaks_of_now(status: str, section: str, role: Role) -> None:
    text = f"# 12. Rows\n\n## Status\n\n{status}\n\n## {section}\n\n`x_y`\n"
    assert [c.role for c in read(text.encode(), "docs/adr/0012-rows.md").claims if c.kind == "name"] == [role]
    dated = read(text.encode(), "docs/adr/20240203-rows.md").claims
    assert [c.role for c in dated if c.kind == "name"] == [role]
