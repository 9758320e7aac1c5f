"""The ways out of one drift: all that the makers of edits know, those that prove themselves, ranked."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.realignment.code_imports import reexports
from vt_lsp.continuous_eval.realignment.code_members import member_additions
from vt_lsp.continuous_eval.realignment.code_names import declarations, renames
from vt_lsp.continuous_eval.realignment.code_parameters import parameter_changes
from vt_lsp.continuous_eval.realignment.code_stubs import missing_definitions, missing_files
from vt_lsp.continuous_eval.realignment.code_values import base_changes, value_changes
from vt_lsp.continuous_eval.realignment.gate import proves
from vt_lsp.continuous_eval.realignment.ranking import ranked
from vt_lsp.continuous_eval.realignment.spec_entries import (
    entry_removals,
    moved_tasks,
    record_links,
    requirement_changes,
    tree_changes,
    unlinked,
)
from vt_lsp.continuous_eval.realignment.spec_imports import moved_imports
from vt_lsp.continuous_eval.realignment.spec_signatures import bases, whole_signatures, without_argument

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import Realignment

log = logging.getLogger(__name__)

_MOST = 8  # ways that are offered for one drift
_OTHER = 0.6  # by which the confidence shrinks where another drift shows at the same place

_MAKERS: tuple[Callable[[Case], Iterator[Realignment]], ...] = (
    moved_imports,
    whole_signatures,
    bases,
    without_argument,
    tree_changes,
    moved_tasks,
    requirement_changes,
    record_links,
    entry_removals,
    unlinked,
    parameter_changes,
    value_changes,
    base_changes,
    member_additions,
    renames,
    declarations,
    reexports,
    missing_definitions,
    missing_files,
)


def realignments(case: Case, precedents: Mapping[str, int]) -> tuple[Realignment, ...]:
    """What may be done about a drift, best first; each of it was made in memory and cleared the drift.

    ``precedents`` tells how often drifts of this type were settled before by changing the ``spec`` and the ``code``.
    """
    offered: list[Realignment] = []
    for way in proposed(case):
        if any(way.edits == other.edits for other in offered):
            continue
        proof = proves(case, way.edits)
        if proof is None:
            continue
        offered.append(replace(way, safe=False, confidence=way.confidence * _OTHER) if proof == "other" else way)
    return ranked(offered, precedents)[:_MOST]


def proposed(case: Case) -> Iterator[Realignment]:
    """Edits that may clear the drift; nobody has tried them."""
    yield from case.drift.realignments
    for make in _MAKERS:
        try:
            yield from make(case)
        except Exception:
            log.exception("%s failed on %s", make.__name__, case.drift.fingerprint)
