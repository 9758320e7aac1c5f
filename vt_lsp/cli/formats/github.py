"""``--format github``: workflow commands that GitHub Actions turns into annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vt_lsp.models import Severity

if TYPE_CHECKING:
    from vt_lsp.cli.result import CheckResult
    from vt_lsp.models import DriftReport

_COMMANDS: Final = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
    Severity.HINT: "notice",
}


def render(result: CheckResult) -> str:
    """One line for each drift; paths start at the current directory, as GitHub expects."""
    return "".join(f"{_command(drift, result)}\n" for drift in result.drifts)


def _command(drift: DriftReport, result: CheckResult) -> str:
    span = result.texts.span(drift.spec)
    properties = {
        "file": f"{result.prefix}{drift.spec.path}",
        "line": str(span.line),
        "col": str(span.column),
        "endLine": str(span.end_line),
        "endColumn": str(span.end_column),
        "title": f"vt-lsp {drift.drift_type}",
    }
    listed = ",".join(f"{name}={escape_property(value)}" for name, value in properties.items())
    return f"::{_COMMANDS[drift.severity]} {listed}::{escape_data(_message(drift, result))}"


def _message(drift: DriftReport, result: CheckResult) -> str:
    lines = [drift.details]
    if drift.code:
        lines.append(f"code: {result.prefix}{drift.code.path}:{result.texts.span(drift.code).line}")
    lines.extend(f"-> {suggestion}" for suggestion in drift.suggestions[:1])
    return "\n".join(lines)


def escape_data(text: str) -> str:
    """Escapes of a workflow command's message (actions/toolkit, packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Escapes of a workflow command's property (same source)."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
