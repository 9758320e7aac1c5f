"""Which way out comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vt_lsp.models import Realignment

_EFFORTS = ("word", "line", "lines", "file")
_ENOUGH = 2  # times that one side was chosen before that says anything
_PREFERRED = 0.75


def ranked(ways: Sequence[Realignment], precedents: Mapping[str, int]) -> tuple[Realignment, ...]:
    """The ways out in the order in which they are offered, at most one of them preferred.

    Safe and sure ones come first, then what costs less to look at. Where drifts of this type were settled on one side
    before (``precedents``: how often by changing the ``spec`` and the ``code``), ways of that side come before all
    others and say so.
    """
    side = habit(precedents)
    ordered = sorted(
        ways, key=lambda w: (w.target != side if side else False, not w.safe, -w.confidence, _EFFORTS.index(w.effort))
    )
    shown = [replace(way, reason=_with_habit(way, precedents)) if way.target == side else way for way in ordered]
    if shown and _is_preferred(shown[0], side):
        shown[0] = replace(shown[0], is_preferred=True)
    return tuple(shown)


def _is_preferred(way: Realignment, side: str) -> bool:
    """A single key may do it: the habit of the project, or surely right and in the words of the spec alone."""
    return way.target == (side or "spec") and (bool(side) or way.safe or way.confidence >= _PREFERRED)


def habit(precedents: Mapping[str, int]) -> str:
    """The side on which such drifts were settled before, ``""`` where that is not plain."""
    spec, code = precedents.get("spec", 0), precedents.get("code", 0)
    if max(spec, code) < _ENOUGH or max(spec, code) < _ENOUGH * min(spec, code):
        return ""
    return "spec" if spec > code else "code"


def _with_habit(way: Realignment, precedents: Mapping[str, int]) -> str:
    times = precedents[way.target]
    words = (
        f"the {way.target} was changed in {times} of {times + precedents.get(_other(way.target), 0)} such cases before"
    )
    return f"{way.reason}; {words}" if way.reason else words


def _other(side: str) -> str:
    return "code" if side == "spec" else "spec"
