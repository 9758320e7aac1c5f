"""Names that an example uses and that nothing defines: a slip, or the old name of what it imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.bare_names import is_composed, slip_of
from vt_lsp.continuous_eval.drift_detector.document import broken, unknown
from vt_lsp.continuous_eval.drift_detector.made_up import is_placeholder
from vt_lsp.continuous_eval.drift_detector.near import is_slip
from vt_lsp.models import DriftType, Role
from vt_lsp.workspace.resolver import Found, resolve

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Verdict
    from vt_lsp.workspace.index import Index

_UNSURE = frozenset({"past", "negated", "optional", "example"})
_LONG = 5  # letters of a name that can be a slip
_MODULES = frozenset({"exceptions", "errors"})
_ERRORS = ("Error", "Exception", "Warning")


def judge_undefined(claim: Claim, document: Document) -> Verdict:
    """The import of such a name may be left out; it is wrong if it means one that stands beside it, or is a slip."""
    index, name = document.index, claim.subject
    if claim.role is not Role.CURRENT or _UNSURE & set(claim.hints) or not index.scan_done():
        return unknown("the text does not speak of now, or the first scan is running")
    if len(name) < _LONG or is_placeholder(name) or _is_known(index, name):
        return unknown("the example leaves out where this name comes from")
    meant = _meant(claim, index)
    right = meant.rpartition(".")[2] if meant else slip_of(claim, document, name)
    if not right or right.startswith("_"):
        return unknown("the example leaves out where this name comes from")
    where = f"; the example imports `{right}` and does not use it" if meant else f"; `{right}` is"
    return broken(
        claim, document, DriftType.RENAMED_SYMBOL, f"`{name}` is nowhere in the code{where}",
        replacements=[right], actual=right, confidence=0.95 if meant else 0.92,
    )  # fmt: skip


def _is_known(index: Index, name: str) -> bool:
    if index.defined_in(name) or index.has_word(name) or index.is_external(name) or index.is_bound(name):
        return True
    return index.stands_elsewhere(name) or is_composed(index, name)


def _meant(claim: Claim, index: Index) -> str:
    """The one import of ours that the example does not use and that the name is a slip of, or the error it raises."""
    imported = [t for t in claim.bases if index.is_own(t.partition(".")[0])]
    meant = [t for t in imported if is_slip(claim.subject, t.rpartition(".")[2])]
    if not meant and "raise" in claim.hints and claim.subject[:1].isupper():
        meant = [t for t in imported if _is_error(index, t)]
    return meant[0] if len(meant) == 1 and isinstance(resolve(index, meant[0]), Found) else ""


def _is_error(index: Index, dotted: str) -> bool:
    found = resolve(index, dotted)
    if not isinstance(found, Found) or found.symbol is None or found.symbol.kind != "class":
        return False
    module = dotted.rpartition(".")[0].rpartition(".")[2]
    return module in _MODULES or any(name.endswith(_ERRORS) for name in (found.symbol.name, *found.symbol.bases))
