"""``--format sarif``: SARIF 2.1.0 (OASIS standard, errata 01), for code scanning services."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from vt_lsp import __version__
from vt_lsp.cli.formats.descriptions import DESCRIPTIONS
from vt_lsp.links import PROJECT_URL, help_uri
from vt_lsp.models import DriftType, Severity

if TYPE_CHECKING:
    from vt_lsp.cli.result import CheckResult
    from vt_lsp.models import DriftReport, NotAnalysed, Place

SCHEMA_URI: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT: Final = "vtLsp/v1"
_BASE: Final = "%SRCROOT%"
_LEVELS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "note",
}
_RULES: Final = tuple(DriftType)


def render(result: CheckResult) -> str:
    """One log with one run."""
    return json.dumps({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [_run(result)]}, indent=2) + "\n"


def _run(result: CheckResult) -> dict[str, Any]:
    run: dict[str, Any] = {
        "tool": {"driver": _driver()},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_BASE: {"description": {"text": "The root of the project."}}},
        "invocations": [_invocation(result)],
        "results": [_result(drift, result) for drift in result.drifts],
    }
    if result.revision:
        run["properties"] = {"revision": result.revision}
    return run


def _driver() -> dict[str, Any]:
    rules = [
        {
            "id": str(kind),
            "name": "".join(word.capitalize() for word in kind.split("-")),
            "shortDescription": {"text": DESCRIPTIONS[kind]},
            "fullDescription": {"text": DESCRIPTIONS[kind]},
            "help": {"text": f"How to fix or suppress it: {help_uri(kind)}"},
            "helpUri": help_uri(kind),
            "defaultConfiguration": {"level": "warning"},
        }
        for kind in _RULES
    ]
    return {"name": "vt-lsp", "version": __version__, "informationUri": PROJECT_URL, "rules": rules}


def _invocation(result: CheckResult) -> dict[str, Any]:
    notes = [_notification(item) for item in result.summary.not_analysed]
    invocation: dict[str, Any] = {"executionSuccessful": True, "toolExecutionNotifications": notes}
    if result.messages:
        invocation["toolConfigurationNotifications"] = [
            {"level": "warning", "message": {"text": message}} for message in result.messages
        ]
    return invocation


def _notification(item: NotAnalysed) -> dict[str, Any]:
    return {
        "level": "warning",
        "message": {"text": f"{item.path} was not analysed: {item.reason}"},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(item.path)}}],
    }


def _result(drift: DriftReport, result: CheckResult) -> dict[str, Any]:
    suggestion = f"\n{drift.suggestions[0]}" if drift.suggestions else ""
    found: dict[str, Any] = {
        "ruleId": str(drift.drift_type),
        "ruleIndex": _RULES.index(drift.drift_type),
        "level": _LEVELS[drift.severity],
        "message": {"text": f"{drift.details}{suggestion}"},
        "locations": [{"physicalLocation": _physical(drift.spec, result)}],
        "partialFingerprints": {_FINGERPRINT: drift.fingerprint},
        "rank": round(100 * min(1.0, max(0.0, drift.confidence)), 1),
    }
    if drift.code:
        found["relatedLocations"] = [
            {"id": 1, "physicalLocation": _physical(drift.code, result), "message": {"text": "what the code has"}}
        ]
    return found


def _physical(place: Place, result: CheckResult) -> dict[str, Any]:
    span = result.texts.span(place)
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    return {"artifactLocation": _artifact(place.path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    return {"uri": quote(path.encode("utf-8", "surrogateescape")), "uriBaseId": _BASE}
