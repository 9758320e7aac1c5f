"""``--format json``: one document, held by ``vt_lsp/schemas/check.schema.json``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vt_lsp.cli.result import Before, CheckResult, Texts
    from vt_lsp.continuous_eval.compliance import Compliance, Count
    from vt_lsp.models import DriftReport, Place, Realignment

FORMAT_VERSION = 1


def render(result: CheckResult) -> str:
    """The document as text, ASCII only, so that no terminal or pipe can garble it."""
    return json.dumps(document(result), indent=2) + "\n"


def document(result: CheckResult) -> dict[str, Any]:
    """The document as plain values."""
    summary = {
        name: getattr(result.summary, name)
        for name in ("files", "specs", "claims", "holds", "broken", "unknown", "compliance", "by_type", "by_severity")
    }
    summary["not_analysed"] = [asdict(item) for item in result.summary.not_analysed]
    return {
        "version": FORMAT_VERSION,
        "root": str(result.root),
        "revision": result.revision,
        "duration_ms": result.duration_ms,
        "summary": summary,
        "drifts": [_drift(drift, result.texts) for drift in result.drifts],
        **({"compared": [_compared(before, result) for before in result.before]} if result.before else {}),
        **({} if result.compliance is None else {"documents": [_document(d, result.texts) for d in result.compliance]}),
    }


def _compared(before: Before, result: CheckResult) -> dict[str, Any]:
    now = result.summary.compliance
    return {"with": before.name, "before": before.compliance, "now": now, "fell": now < before.compliance}


def _document(one: Compliance, texts: Texts) -> dict[str, Any]:
    lines = texts.lines(one.path)

    def line(start: int) -> int:
        return lines.position(start, "utf-32")[0] + 1

    return {
        "path": one.path,
        **_count(one.count),
        "sections": [
            {"title": s.title, "level": s.level, "line": line(s.start), **_count(s.count)} for s in one.sections
        ],
        "requirements": [
            {
                "id": traced.requirement.id,
                "title": traced.requirement.title,
                "line": line(traced.requirement.start),
                "state": traced.state,
                **_count(traced.count),
                "tasks_done": traced.tasks_done,
                "tasks_open": traced.tasks_open,
            }
            for traced in one.requirements
        ],
    }


def _count(count: Count) -> dict[str, Any]:
    return {**asdict(count), "compliance": count.compliance}


def _drift(drift: DriftReport, texts: Texts) -> dict[str, Any]:
    return {
        "fingerprint": drift.fingerprint,
        "file_path": drift.file_path,
        "spec_reference": drift.spec_reference,
        "drift_type": str(drift.drift_type),
        "severity": str(drift.severity),
        "details": drift.details,
        "suggestions": list(drift.suggestions),
        "spec": _place(drift.spec, texts),
        "code": _place(drift.code, texts) if drift.code else None,
        "role": str(drift.role),
        "confidence": round(drift.confidence, 4),
        "subject": drift.subject,
        "written": drift.written,
        "actual": drift.actual,
        "broken_by": asdict(drift.broken_by) if drift.broken_by else None,
        "realignments": [_realignment(way, texts) for way in drift.realignments],
    }


def _place(place: Place, texts: Texts) -> dict[str, Any]:
    return {"path": place.path, **asdict(texts.span(place))}


def _realignment(way: Realignment, texts: Texts) -> dict[str, Any]:
    edits = [{**_place(edit.place, texts), "new_text": edit.new_text} for edit in way.edits]
    return {
        "title": way.title,
        "target": way.target,
        "safe": way.safe,
        "confidence": round(way.confidence, 4),
        "edits": edits,
    }
