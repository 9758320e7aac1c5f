from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workflow_memory.made import decision
from vt_lsp.models import Acceptance, DecisionLink, DecisionStatus, DecisionType, LinkType
from vt_lsp.workflow_memory.madr import Reference, read_adr, write_adr

MADR = """---
status: accepted
date: 2025-06-01
decision-makers: [Ada, Bo]
---
# 3. Use SQLite for the memory

## Context and Problem Statement

Where do decisions live?

## Considered Options

* SQLite
* A folder of files

## Decision Outcome

Chosen option: "SQLite", because it survives power cuts.

### Consequences

* Good, because it is everywhere.

## More Information

Supersedes [ADR 1](0001-use-files.md).
"""

NYGARD = """# 12. Queue for mail

Date: 2024-02-03

## Status

Superseded by [13. No queue](0013-no-queue.md)

## Context

Mail is slow.

## Decision

We will send mail through a queue.
"""


def test_madr_is_read() -> None:
    adr = read_adr(MADR)
    assert adr is not None
    assert adr.id is None
    assert adr.date == datetime(2025, 6, 1, tzinfo=UTC)
    read = adr.decision
    assert (read.title, read.outcome) == ("Use SQLite for the memory", "SQLite")
    assert read.rationale.startswith("it survives power cuts.")
    assert read.alternatives == ("SQLite", "A folder of files")
    assert read.author == "Ada, Bo"
    assert read.context == {"situation": "Where do decisions live?"}
    assert read.decision_type == DecisionType.DATA_MODEL
    assert adr.references == (Reference(LinkType.SUPERSEDES, "0001-use-files.md", by=False),)


def test_nygard_s_form_is_read() -> None:
    adr = read_adr(NYGARD)
    assert adr is not None
    assert adr.decision.status is DecisionStatus.SUPERSEDED
    assert adr.decision.outcome == "We will send mail through a queue."
    assert adr.references == (Reference(LinkType.SUPERSEDES, "0013-no-queue.md", by=True),)


@pytest.mark.parametrize(
    "text",
    ["", "---\n", "# Only a title\n", "words\n", "<<<<<<< HEAD\n" + MADR + ">>>>>>> other\n", "---\nstatus: [\n---\n"],
)
def test_what_is_no_adr_is_none(text: str) -> None:
    assert read_adr(text) is None


def test_everything_comes_back() -> None:
    written = decision(
        decision_type=DecisionType.ACCEPTED_DRIFT,
        status=DecisionStatus.PROPOSED,
        outcome="Two lines\n## with a heading\n```\n# in a fence\n```",
        rationale="\\## escaped\n# and a title",
        tags=("a: b", "#c"),
        files=("src/ä.py",),
        symbols=("A.b",),
        alternatives=("one", "- two"),
        links=(DecisionLink(LinkType.AMENDS, "D-1"),),
        precedents=("D-2",),
        context={"situation": "Now\n\nthen", "team": "x: {y}"},
        accepted=Acceptance("a", "b", "c"),
        confidence=0.25,
        author="Ada: the first",
    )
    adr = read_adr(write_adr(written))
    assert adr is not None
    assert adr.id == written.id
    assert adr.date == written.timestamp
    same = {name: getattr(written, name) for name in written.__struct_fields__ if name not in {"id", "source"}}
    assert {name: getattr(adr.decision, name) for name in same} == same


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=80).map(
    lambda text: text.strip("\n")
)


@given(outcome=WORDS, rationale=WORDS, tag=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_any_words_come_back(outcome: str, rationale: str, tag: str) -> None:
    written = decision(outcome=outcome or "x", rationale=rationale, tags=(tag,))
    adr = read_adr(write_adr(written))
    assert adr is not None
    assert (adr.decision.outcome, adr.decision.rationale, adr.decision.tags) == (
        written.outcome,
        written.rationale,
        written.tags,
    )


@given(st.text())
def test_any_text_is_read_without_complaint(text: str) -> None:
    read_adr(f"---\n{text}\n---\n# t\n{text}")
