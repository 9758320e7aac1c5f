"""Dotted names in backticks.

A name is judged by its anchor: absolute names (``pkg.mod.Name``) and members of a class that only this project can mean
are decided by the resolver.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.bare_names import (
    _CAMEL,
    is_composed,
    judge_absent_name,
    judge_bare,
    judge_member,
)
from vt_lsp.continuous_eval.drift_detector.document import Document, broken, unknown
from vt_lsp.continuous_eval.drift_detector.interfaces import is_interface
from vt_lsp.continuous_eval.drift_detector.made_up import COMMON, FILE_ENDINGS, is_placeholder
from vt_lsp.continuous_eval.drift_detector.members import absent_verdict, called, certain, near_in, walk
from vt_lsp.continuous_eval.drift_detector.near import is_plural, is_slip
from vt_lsp.continuous_eval.drift_detector.owners import candidates
from vt_lsp.continuous_eval.drift_detector.tasks import judge_made
from vt_lsp.models import Claim, DriftType, Role, Verdict
from vt_lsp.workspace.history import PastFile
from vt_lsp.workspace.resolver import Absent, Found, Open, resolve

if TYPE_CHECKING:
    from vt_lsp.workspace.index import Index

_VERSION = re.compile(r"v(?:\d+|X)")
_REFERENCES = frozenset({"directive", "xref"})  # markup that says that a definition is meant
UNSURE = frozenset({"past", "negated", "partial"})


def judge_name(claim: Claim, document: Document) -> Verdict:
    """A dotted or bare name in backticks."""
    if claim.role in (Role.HISTORICAL, Role.TEMPLATE) or UNSURE & set(claim.hints):
        return unknown("the text does not speak of now")
    if "made" in claim.hints and (verdict := judge_made(claim, document)) is not None:
        return verdict
    name = claim.subject
    parts = name.split(".")
    if len(parts) == 2 and parts[0] in ("", "self", "cls"):
        return judge_member(claim, document, parts[1])
    if len(parts) == 1 and "member" in claim.hints:
        verdict = judge_member(claim, document, name)
        return verdict if verdict.state != "unknown" else judge_bare(claim, document)
    if not all(part.isidentifier() for part in parts):
        return unknown("not a name")
    if len(parts) == 1:
        return judge_bare(claim, document)
    if any(map(_VERSION.fullmatch, parts[1:])):
        return unknown("a name in a registry, with its version")
    if parts[-1] in FILE_ENDINGS and not _REFERENCES & set(claim.hints):
        return unknown("a file or host name")
    if document.index.is_own(parts[0]) and not document.imports_from_outside(parts[0]):
        return _absolute(claim, document)
    return _member(claim, document)


def _absolute(claim: Claim, document: Document) -> Verdict:
    index = document.index
    prefix, _, last = claim.subject.rpartition(".")
    parts = claim.subject.split(".")
    answer = certain(index, resolve(index, claim.subject), last, prefix)
    if isinstance(answer, Found):
        return called(claim, document, answer)
    if isinstance(answer, Open):
        return unknown(answer.why)
    if not index.scan_done():
        return unknown("the first scan is running")
    if claim.role is Role.PLANNED and claim.status != "done":
        return unknown("the text speaks of the future")
    if why := _is_of_others(claim, document, answer):
        return unknown(why)
    below = [index.module_name(path) for path in index.defined_in(answer.missing)]
    is_loose = "described" in claim.hints or not _REFERENCES & set(claim.hints)
    if is_loose and any(module.startswith(answer.prefix + ".") for module in below):
        return unknown("a module below defines it: labels are often written so")
    near = near_in(index, answer)
    if "." not in answer.prefix and index.is_bound(parts[0]) and not _REFERENCES & set(claim.hints):
        return unknown(f"examples call a variable `{parts[0]}` too")
    sure = bool(_REFERENCES & set(claim.hints)) or any(p[:1].isupper() for p in parts[1:])
    sure = sure or ("call" in claim.hints and "." in answer.prefix)
    sure = sure or any(is_slip(answer.missing, n) for n in near)
    sure = sure or _was_module(index, answer)
    if not sure and (index.defined_in(answer.missing) or not index.past(answer.missing)):
        return unknown("only the package's name is ours: it may be a logger, a setting or a service")
    return _as_written(claim, absent_verdict(claim, document, answer, near))


def _is_of_others(claim: Claim, document: Document, answer: Absent) -> str:
    """Why the name may be nothing that the code must have, or need not be said of this claim; "" for no reason."""
    index, top = document.index, claim.subject.partition(".")[0]
    if index.is_external(top):
        return f"the code knows a `{top}` of another package too"
    if "xref" in claim.hints and index.is_described(claim.subject):
        return "a directive describes it: said there"
    if answer.missing not in _written(claim):
        return "what is around it is missing: said once"
    if "directive" in claim.hints and not index.past(answer.missing) and is_interface(document, claim.subject):
        return "an interface that many classes have, and none is named after"
    return ""


def _as_written(claim: Claim, verdict: Verdict) -> Verdict:
    """The verdict on a directive's name in the words that stand there: without what is around it."""
    around = claim.subject[: len(claim.subject) - (claim.end - claim.start)]
    if verdict.report is None or not around or "directive" not in claim.hints:
        return verdict
    report = verdict.report
    right = tuple(name.removeprefix(around) for name in report.replacements)
    return replace(verdict, report=replace(report, subject=claim.subject.removeprefix(around), replacements=right))


def _written(claim: Claim) -> list[str]:
    """The parts of a name that stand in the text: what a directive describes is written without what is around it."""
    if "directive" not in claim.hints:
        return claim.subject.split(".")
    return claim.subject[len(claim.subject) - (claim.end - claim.start) :].split(".")


def _was_module(index: Index, answer: Absent) -> bool:
    """Git remembers a module of that name in the package."""
    folder, _, base = answer.owner.path.rpartition("/")
    return base == "__init__.py" and isinstance(index.past(f"{folder}/{answer.missing}.py"), PastFile)


def _member(claim: Claim, document: Document) -> Verdict:
    """``Class.member`` and ``function.attribute`` without a module before it."""
    index = document.index
    first, *rest = claim.subject.split(".")
    owners = candidates(document, first)
    if not owners and _REFERENCES & set(claim.hints):
        return _misspelled_root(claim, document, first)
    if not owners:
        if first[:1].isupper() and len(rest) == 1:
            return judge_absent_name(claim, document, first)
        return unknown(f"`{first}` is no class or module of this project")
    answers = [certain(index, walk(index, owner, rest), rest[-1], first) for owner in owners]
    for answer in answers:
        if isinstance(answer, Found):
            return called(claim, document, answer)
    answer = answers[0]
    is_class = owners[0].symbol is not None and owners[0].symbol.kind == "class"
    if len(answers) != 1 or not isinstance(answer, Absent) or not is_class:
        return unknown(f"`{first}` is open, or there are several")
    return _no_member(claim, document, first, answer)


def _no_member(claim: Claim, document: Document, first: str, answer: Absent) -> Verdict:
    index = document.index
    if not index.scan_done() or claim.role is not Role.CURRENT:
        return unknown("the text does not speak of now, or the first scan is running")
    if (
        index.is_external(first)
        or document.imports_from_outside(first)
        or first in COMMON
        or index.is_bound(first)
        or is_placeholder(first)
    ):
        return unknown(f"another package or an example has a `{first}` too")
    if is_composed(index, answer.missing):
        return unknown("the code makes such names at run time")
    is_camel = _CAMEL.fullmatch(answer.missing) is not None
    if (is_camel or index.stands_elsewhere(first)) and index.stands_elsewhere(answer.missing):
        return unknown("a class of the same name in another language may be meant")
    return absent_verdict(claim, document, answer, near_in(index, answer))


def _misspelled_root(claim: Claim, document: Document, first: str) -> Verdict:
    """A cross-reference whose package is spelled wrongly: it says itself that it means a definition."""
    index = document.index
    for top in sorted(index.layout.tops):
        right = top + claim.subject[len(first) :]
        is_near = is_slip(first, top) or is_plural(first, top)
        if is_near and not index.is_external(first) and isinstance(resolve(index, right), Found):
            return broken(
                claim, document, DriftType.RENAMED_SYMBOL, f"There is no `{first}`; `{right}` is there",
                replacements=[right], actual=right,
            )  # fmt: skip
    return unknown(f"`{first}` is no module of this project")
