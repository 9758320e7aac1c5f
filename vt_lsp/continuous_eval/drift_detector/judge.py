"""Claim and index in, verdict out."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.adr_graph import judge_citation, judge_decision, judge_decision_link
from vt_lsp.continuous_eval.drift_detector.attributes import judge_attribute, judge_habit
from vt_lsp.continuous_eval.drift_detector.commands import judge_environment, judge_option, judge_target
from vt_lsp.continuous_eval.drift_detector.decisions import judge_choice
from vt_lsp.continuous_eval.drift_detector.definitions import (
    judge_class,
    judge_constant,
    judge_enum_member,
)
from vt_lsp.continuous_eval.drift_detector.docstrings import (
    judge_docstring_attribute,
    judge_docstring_default,
    judge_docstring_parameter,
)
from vt_lsp.continuous_eval.drift_detector.document import Document, unknown
from vt_lsp.continuous_eval.drift_detector.examples import judge_call, judge_import
from vt_lsp.continuous_eval.drift_detector.globs import judge_glob
from vt_lsp.continuous_eval.drift_detector.layers import judge_layer
from vt_lsp.continuous_eval.drift_detector.names import judge_name
from vt_lsp.continuous_eval.drift_detector.paths import judge_link, judge_path, judge_tree_entry
from vt_lsp.continuous_eval.drift_detector.requirements import (
    judge_artifact,
    judge_delta,
    judge_reference,
    judge_requirement,
    judge_status,
)
from vt_lsp.continuous_eval.drift_detector.routes import judge_operation, judge_route
from vt_lsp.continuous_eval.drift_detector.signatures import (
    judge_default,
    judge_function,
    judge_parameter,
    judge_row,
)
from vt_lsp.continuous_eval.drift_detector.undefined import judge_undefined
from vt_lsp.continuous_eval.drift_detector.versions import judge_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vt_lsp.models import Claim, Verdict

log = logging.getLogger(__name__)

_JUDGES: Mapping[str, Callable[[Claim, Document], Verdict]] = {
    "path": judge_path,
    "tree-entry": judge_tree_entry,
    "link": judge_link,
    "name": judge_name,
    "undefined": judge_undefined,
    "class": judge_class,
    "function": judge_function,
    "field": judge_row,
    "enum-member": judge_enum_member,
    "constant": judge_constant,
    "default": judge_default,
    "parameter": judge_parameter,
    "import": judge_import,
    "call": judge_call,
    "attribute": judge_attribute,
    "habit": judge_habit,
    "reference": judge_reference,
    "delta": judge_delta,
    "requirement": judge_requirement,
    "status": judge_status,
    "artifact": judge_artifact,
    "docstring-parameter": judge_docstring_parameter,
    "docstring-default": judge_docstring_default,
    "docstring-attribute": judge_docstring_attribute,
    "option": judge_option,
    "target": judge_target,
    "environment": judge_environment,
    "route": judge_route,
    "operation": judge_operation,
    "version": judge_version,
    "glob": judge_glob,
    "decision": judge_decision,
    "decision-link": judge_decision_link,
    "citation": judge_citation,
    "choice": judge_choice,
    "layer": judge_layer,
}


_OF_ANY_LANGUAGE = frozenset(
    {"path", "tree-entry", "link", "reference", "delta", "requirement", "status", "artifact", "target", "environment"}
)
_OTHER_LANGUAGE = re.compile(
    r"(?:^|/)(?:js|javascript|ts|typescript|node(?:js)?|java|kotlin|swift|ios|android|golang|rust|csharp|dotnet)/.*\.mdx?$"
)

_logged: set[tuple[str, type[Exception]]] = set()


def judge(claim: Claim, document: Document) -> Verdict:
    """Judge one claim; a judge that fails leaves this claim unknown and is logged, and the others go on."""
    if claim.kind not in _OF_ANY_LANGUAGE and _OTHER_LANGUAGE.search(document.path):
        return unknown("the document is about code in another language")
    try:
        return _JUDGES[claim.kind](document.dated(claim), document)
    except Exception as error:
        kind = (claim.kind, type(error))
        if kind not in _logged:
            _logged.add(kind)
            log.exception("judging a %s claim of %s failed; said once for this kind", claim.kind, document.path)
        return unknown("the check failed; see the log")
