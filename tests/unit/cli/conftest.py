"""A small project on disk, and drift in it, as the formats get it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from vt_lsp.cli.result import CheckResult, Texts, count_reported
from vt_lsp.models import (
    Commit,
    DriftReport,
    DriftType,
    Edit,
    NotAnalysed,
    Place,
    Realignment,
    Severity,
    Summary,
)

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "# Größe 📦\r\n\r\n`place(order, dry_run)` - legt an.\r\n\tSiehe 🚀 `lager.md`.\r\n"
CODE = "class Book:\n    def place(self, order, validate_only): ...\n"


@dataclass(frozen=True)
class Project:
    root: Path

    def place(self, path: str, words: str) -> Place:
        start = (self.root / path).read_bytes().index(words.encode())
        return Place(path, start, start + len(words.encode()))

    def result(self, *drifts: DriftReport, left_out: tuple[NotAnalysed, ...] = ()) -> CheckResult:
        return CheckResult(
            root=self.root,
            revision="a" * 40,
            duration_ms=12,
            summary=count_reported(Summary(1, 1, 4, 2, 2, 0, not_analysed=left_out), drifts),
            drifts=drifts,
            texts=Texts(lambda path: (self.root / path).read_bytes() if (self.root / path).is_file() else None),
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/übersicht 1.md").write_bytes(SPEC.encode())
    (tmp_path / "book.py").write_bytes(CODE.encode())
    return Project(tmp_path)


@pytest.fixture
def mismatch(project: Project) -> DriftReport:
    spec = project.place("docs/übersicht 1.md", "dry_run")
    return DriftReport(
        file_path=spec.path,
        spec_reference=f"{spec.path}#größe",
        drift_type=DriftType.SIGNATURE_MISMATCH,
        severity=Severity.WARNING,
        details="`Book.place` has no parameter `dry_run`: 100 % sure, or not",
        suggestions=("Write `validate_only`", "Add `dry_run`"),
        fingerprint="3f2a91bc00112233",
        spec=spec,
        code=project.place("book.py", "place"),
        confidence=0.98,
        subject="dry_run",
        replacements=("validate_only",),
        written="place(order, dry_run)",
        actual="place(order, validate_only)",
        broken_by=Commit("abc1234def5678abc1234def5678abc1234def56", "2026-01-02", "Rename \x1b[31mdry_run"),
        realignments=(Realignment("Write `validate_only`", "spec", (Edit(spec, "validate_only"),), safe=True),),
    )


@pytest.fixture
def broken_link(project: Project) -> DriftReport:
    spec = project.place("docs/übersicht 1.md", "lager.md")
    return DriftReport(
        file_path=spec.path,
        spec_reference=spec.path,
        drift_type=DriftType.BROKEN_LINK,
        severity=Severity.INFORMATION,
        details="`lager.md` does not exist",
        suggestions=(),
        fingerprint="99887766aabbccdd",
        spec=spec,
    )
