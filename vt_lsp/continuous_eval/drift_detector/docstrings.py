"""Docstrings: does the function take the parameters that they list, with these defaults; are the attributes there?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code.signature import parse_signature
from vt_lsp.continuous_eval.drift_detector.callables import is_closed, parameter, render, signature_of
from vt_lsp.continuous_eval.drift_detector.document import broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.members import member_names
from vt_lsp.continuous_eval.drift_detector.near import alike, is_slip
from vt_lsp.continuous_eval.drift_detector.signatures import compare_default
from vt_lsp.models import DriftType
from vt_lsp.workspace.resolver import Absent, Found, Open, class_member

if TYPE_CHECKING:
    from vt_lsp.code.signature import Signature
    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.models import Claim, Symbol, Verdict
    from vt_lsp.workspace.index import Index

_IMPLICIT = frozenset({"self", "cls", "mcs"})
_COMPUTED = re.compile(r"\d\s*(?:<<|\*\*?)\s*\d")
_DECORATED = frozenset({"f", "fn", "fun", "func", "function", "method", "callback", "handler", "wrapped"})
_NOT_JUDGED = frozenset({"overload", "abstract"})


def judge_docstring_parameter(claim: Claim, document: Document) -> Verdict:
    """An entry below ``Args:``, ``Parameters`` or behind ``:param``: a parameter of what the docstring stands in?"""
    index = document.index
    owner = _owner(claim, document)
    if owner is None:
        return unknown("not of the product, or defined more than once")
    name = claim.subject.lstrip("*")
    if name in _IMPLICIT:
        return holds(owner)
    signature = _signature(index, owner)
    if signature is None:
        return unknown("its parameters cannot be known")
    if parameter(signature, name) is not None:
        return holds(owner)
    if why := _may_take(claim, document, owner, signature):
        return unknown(why)
    return _no_such_parameter(claim, document, owner, signature)


def _owner(claim: Claim, document: Document) -> Found | None:
    index = document.index
    if document.path not in index.layout.primary:
        return None
    symbols = index.symbols(document.path, claim.owner)
    return Found(document.path, symbols[0]) if len(symbols) == 1 else None


def _signature(index: Index, owner: Found) -> Signature | None:
    """As the callable is written, whatever its decorators make of it; None where that is not all."""
    symbol = owner.symbol
    if symbol is None or _NOT_JUDGED.intersection(symbol.flags):
        return None
    if symbol.kind == "class":
        return signature_of(index, owner)
    return parse_signature(symbol.signature)


def _may_take(claim: Claim, document: Document, owner: Found, signature: Signature) -> str:
    """Why the name may be one of what the callable takes though its signature does not show it; "" for no reason."""
    index, symbol = document.index, owner.symbol
    if symbol is None or "other" in claim.hints:
        return "a list of what is handed on"
    if not is_closed(signature) or any(p.kind == "var-positional" for p in signature.parameters):
        return "its parameters are open"
    if "inner" in claim.hints:
        return "a function inside takes it"
    if symbol.kind == "class":
        return _of_class(claim, index, owner)
    if signature_of(index, owner) is None:
        return "a decorator may change its parameters"
    if [p.name for p in signature.parameters if p.name not in _IMPLICIT][:2] in ([n] for n in _DECORATED):
        return "a decorator's docstring may tell of the function that it takes"
    outer = index.symbols(owner.path, symbol.name.rpartition(".")[0])
    if any("protocol" in s.flags for s in outer):
        return "a protocol's method is written by others"
    return ""


def _of_class(claim: Claim, index: Index, owner: Found) -> str:
    symbol = owner.symbol
    assert symbol is not None
    name = claim.subject.lstrip("*")
    answer = class_member(index, owner, name)
    if not index.scan_done() or isinstance(answer, (Found, Open)):
        return "an attribute of the class, or its bases are not known"
    for method in index.members(owner.path, symbol.name):
        taken = parse_signature(method.signature) if method.signature else None
        if taken is not None and (parameter(taken, name) is not None or not is_closed(taken)):
            return "another method of the class takes it"
    return ""


def _no_such_parameter(claim: Claim, document: Document, owner: Found, signature: Signature) -> Verdict:
    symbol = owner.symbol
    assert symbol is not None
    name = claim.subject.lstrip("*")
    listed = {c.subject.lstrip("*") for c in document.claims_beside(claim)}
    names = [p.name for p in signature.parameters if p.name not in _IMPLICIT]
    fresh = [n for n in names if n not in listed]
    gone = [n for n in listed if n not in names]
    near = alike(name, fresh)
    if name[:1].isupper() and not near and not any(n[:1].isupper() for n in names):
        return unknown("a label between the entries, not a parameter")
    if not near and len(fresh) == len(gone) == 1:
        near = fresh
    label = symbol.name
    return broken(
        claim, document, DriftType.DOCSTRING_PARAMETER, f"`{label}` has no parameter `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near[:1], subject=name,
        actual=render(label.rpartition(".")[2], _bound(symbol, signature)),
        confidence=0.96 if near and is_slip(name, near[0]) else 0.92,
    )  # fmt: skip


def _bound(symbol: Symbol, signature: Signature) -> Signature:
    return signature.bound() if symbol.kind == "method" and "static" not in symbol.flags else signature


def judge_docstring_default(claim: Claim, document: Document) -> Verdict:
    """A default that a docstring gives for a parameter."""
    owner = _owner(claim, document)
    signature = _signature(document.index, owner) if owner is not None else None
    known = parameter(signature, claim.subject) if signature is not None else None
    if owner is None or owner.symbol is None or known is None:
        return unknown("its parameters cannot be known")
    if _is_said_loosely(claim.expected, known.default):
        return holds(owner)
    if claim.expected[:1] in "\"'" and _COMPUTED.search(known.default):
        return unknown("the text says in words what the code computes")
    label = f"`{claim.subject}` of `{owner.symbol.name}`"
    return compare_default(claim, document, owner, known.default, label)


def _is_said_loosely(written: str, actual: str) -> bool:
    """Prose writes ``'get'`` for ``"GET"`` and ``'load'`` for ``("load",)``."""
    text = written.strip("\"'").casefold()
    return text != written.casefold() and text in re.split(r"[\s,()\[\]{}\"']+", actual.casefold())


def judge_docstring_attribute(claim: Claim, document: Document) -> Verdict:
    """An entry below ``Attributes:``: has the class this attribute?"""
    owner = _owner(claim, document)
    if owner is None or owner.symbol is None or owner.symbol.kind != "class" or claim.subject.startswith("*"):
        return unknown("no class of the product, or what it hands on")
    answer = class_member(document.index, owner, claim.subject)
    if isinstance(answer, Found):
        return holds(answer)
    return _no_such_attribute(claim, document, owner) if isinstance(answer, Absent) else unknown(answer.why)


def _no_such_attribute(claim: Claim, document: Document, owner: Found) -> Verdict:
    index, name = document.index, claim.subject
    symbol = owner.symbol
    if symbol is None or not index.scan_done():
        return unknown("the first scan is running")
    signature = signature_of(index, owner)
    if signature is not None and (parameter(signature, name) is not None or not is_closed(signature)):
        return unknown("an argument of the class")
    near = alike(name, member_names(index, owner))
    return broken(
        claim, document, DriftType.MISSING_MEMBER, f"`{symbol.name}` has no attribute `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near[:1], confidence=0.92,
    )  # fmt: skip
