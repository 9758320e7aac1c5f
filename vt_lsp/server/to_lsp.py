"""Our nouns as LSP's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.links import help_uri

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.models import DriftReport, Place

SOURCE = "vt-lsp"

_SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "information": lsp.DiagnosticSeverity.Information,
    "hint": lsp.DiagnosticSeverity.Hint,
}


def spec_diagnostic(drift: DriftReport, place: Callable[[Place], lsp.Location]) -> lsp.Diagnostic:
    """The drift as the spec's line shows it; ``place`` gives the location of a place."""
    related = []
    if drift.code is not None:
        related.append(lsp.DiagnosticRelatedInformation(place(drift.code), drift.actual or drift.details))
    return lsp.Diagnostic(
        range=place(drift.spec).range,
        message=_message(drift),
        severity=_SEVERITY[str(drift.severity)],
        source=SOURCE,
        code=str(drift.drift_type),
        code_description=lsp.CodeDescription(href=help_uri(str(drift.drift_type))),
        related_information=related or None,
        data=drift.fingerprint,
    )


def code_diagnostic(drift: DriftReport, place: Callable[[Place], lsp.Location]) -> lsp.Diagnostic:
    """The same drift as the code's line shows it: quieter, since the spec may be the one that is wrong."""
    if drift.code is None:
        raise ValueError("the drift has no code side")
    spec = place(drift.spec)
    severity = _SEVERITY[str(drift.severity)]
    quiet = max(severity, lsp.DiagnosticSeverity.Information, key=lambda level: level.value)
    return lsp.Diagnostic(
        range=place(drift.code).range,
        message=f"{drift.spec.path}:{spec.range.start.line + 1} says otherwise: {drift.details}",
        severity=quiet,
        source=SOURCE,
        code=str(drift.drift_type),
        code_description=lsp.CodeDescription(href=help_uri(str(drift.drift_type))),
        related_information=[lsp.DiagnosticRelatedInformation(spec, drift.written or "what the spec says")],
        data=drift.fingerprint,
    )


def _message(drift: DriftReport) -> str:
    if drift.broken_by is None:
        return drift.details
    commit = drift.broken_by
    return f"{drift.details}\nSince {commit.commit[:10]} ({commit.date[:10]}): {commit.subject}"
