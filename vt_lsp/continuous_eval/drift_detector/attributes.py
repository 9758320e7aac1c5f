"""Attributes in examples, whose owner was inferred from imports and assignments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.bare_names import is_composed
from vt_lsp.continuous_eval.drift_detector.document import Document, broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.members import certain, near_in
from vt_lsp.continuous_eval.drift_detector.names import UNSURE
from vt_lsp.continuous_eval.drift_detector.near import is_slip
from vt_lsp.continuous_eval.drift_detector.successors import likely_first
from vt_lsp.models import Claim, DriftType, Role, Symbol, Verdict
from vt_lsp.workspace.history import PastDefinition
from vt_lsp.workspace.resolver import Absent, Found, Open, class_member, in_scope, member, resolve

if TYPE_CHECKING:
    from vt_lsp.workspace.index import Index

_ENTERED = (".__enter__()", ".__aenter__()")


def judge_attribute(claim: Claim, document: Document) -> Verdict:
    """``owner.subject`` in an example, where the owner was inferred from imports and assignments."""
    index = document.index
    if claim.role in (Role.HISTORICAL, Role.TEMPLATE) or UNSURE & set(claim.hints):
        return unknown("the text does not speak of now")
    owner = owner_value(index, claim.owner)
    if not isinstance(owner, Found):
        return unknown(owner.why if isinstance(owner, Open) else "the owner itself is missing: said once")
    if owner.symbol is not None and owner.symbol.kind != "class":
        return unknown("the type of the owner is not known")
    answer = certain(index, member(index, owner, claim.subject, claim.owner), claim.subject, claim.owner)
    if isinstance(answer, Found):
        return holds(answer)
    if "entered" in claim.hints and "()" not in claim.owner and _entered(index, f"{claim.owner}()") != owner:
        return unknown("what a context manager gives need not be the manager")
    if isinstance(answer, Open) or "optional" in claim.hints:
        return unknown(answer.why if isinstance(answer, Open) else "the example says that it may be missing")
    if claim.role is Role.PLANNED and claim.status != "done":
        return unknown("the text speaks of the future")
    near = likely_first(claim, document, answer.owner, claim.subject, near_in(index, answer))
    is_slip_or_old = any(is_slip(claim.subject, n) for n in near) or _was_there(claim, document, owner)
    cls = owner.symbol
    is_final = cls is not None and not index.is_base(cls.name) and "protocol" not in cls.flags
    is_exact = _is_made_here(index, claim.owner) or is_final
    if not is_slip_or_old and (why := _may_be_another(claim, document, owner, is_exact=is_exact)):
        return unknown(why)
    if claim.subject.startswith("_") and index.has_product_word(claim.subject):
        return unknown("a private name that the code knows")
    label = owner.symbol.name if owner.symbol else owner.module
    return broken(
        claim, document, DriftType.MISSING_MEMBER, f"`{label}` has no `{claim.subject}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near, written=f"{claim.owner}.{claim.subject}",
    )  # fmt: skip


def _was_there(claim: Claim, document: Document, owner: Found) -> bool:
    """Git remembers the name; what an example's own class uses of itself, in the file of its base."""
    past = document.index.past(claim.subject)
    is_own_class = "inherited" in claim.hints
    return bool(past) and (not is_own_class or (isinstance(past, PastDefinition) and past.path == owner.path))


def _may_be_another(claim: Claim, document: Document, owner: Found, *, is_exact: bool) -> str:
    """Why the attribute may be there after all; "" for no reason."""
    if "inherited" in claim.hints or not is_exact:
        return "the value may be of a subclass, which may have it"
    if owner.symbol is None and "carried" in claim.hints:
        return "another example imports the module, this one may call a variable so"
    return "an example adds it" if document.index.is_bound(f"@{claim.subject}") else ""


def judge_habit(claim: Claim, document: Document) -> Verdict:
    """``owner.subject`` where the example leaves out what the owner is, and other documents give the name to one class.

    The attribute must stand nowhere in the code, and be alike one that the class has.
    """
    index, name = document.index, claim.subject
    dotted = index.habit(claim.owner) if not document.imported_as(claim.owner) else ""
    if not dotted or claim.role is not Role.CURRENT or {*UNSURE, "optional", "example"} & set(claim.hints):
        return unknown("the example leaves out what this is")
    if not index.scan_done() or index.has_word(name) or index.stands_elsewhere(name):
        return unknown("the word stands in the code")
    owner = resolve(index, dotted)
    if not isinstance(owner, Found) or owner.symbol is None or owner.symbol.kind != "class":
        return unknown("the example leaves out what this is")
    answer = certain(index, class_member(index, owner, name, dotted), name, dotted)
    near = near_in(index, answer) if isinstance(answer, Absent) else []
    if not near or is_composed(index, name) or index.is_bound(name):
        return unknown("it may be made by another package, or by the reader")
    return broken(
        claim, document, DriftType.MISSING_MEMBER,
        f"`{owner.symbol.name}`, as documents call `{claim.owner}`, has no `{name}`; did it become `{near[0]}`?",
        target=owner, replacements=near, written=f"{claim.owner}.{name}", confidence=0.92,
    )  # fmt: skip


def _is_made_here(index: Index, owner: str) -> bool:
    """The value was made by calling the class itself; what a function says to return may be of a subclass."""
    made = owner
    for entered in _ENTERED:
        made = made.removesuffix(entered)
    if not made.endswith("()"):
        return True
    maker = resolve(index, made[:-2]) if "()" not in made[:-2] else None
    return isinstance(maker, Found) and maker.symbol is not None and maker.symbol.kind == "class"


def owner_value(index: Index, dotted: str) -> Found | Absent | Open:
    """A dotted owner; the suffix ``()`` stands for what a call of it returns."""
    for entered in _ENTERED:
        if dotted.endswith(entered):
            return _entered(index, dotted.removesuffix(entered))
    if not dotted.endswith("()"):
        return resolve(index, dotted)
    callee = resolve(index, dotted[:-2]) if not dotted[:-2].endswith("()") else owner_value(index, dotted[:-2])
    if not isinstance(callee, Found) or callee.symbol is None:
        return callee if not isinstance(callee, Found) else Open("a module is not called")
    if callee.symbol.kind == "class":
        return callee
    return _returned(index, callee, callee.symbol)


def _entered(index: Index, manager: str) -> Found | Absent | Open:
    """What ``with manager as x`` binds: what a generator-made manager yields, or what ``__enter__`` returns."""
    if manager.endswith("()"):
        made = resolve(index, manager[:-2]) if "()" not in manager[:-2] else owner_value(index, manager[:-2])
        if isinstance(made, Found) and made.symbol is not None and made.symbol.kind in ("function", "method"):
            names = {d.partition("(")[0].rpartition(".")[2] for d in made.symbol.decorators}
            if names & {"contextmanager", "asynccontextmanager"}:
                return _returned(index, made, made.symbol)
    owner = owner_value(index, manager)
    if not isinstance(owner, Found) or owner.symbol is None or owner.symbol.kind != "class":
        return owner if not isinstance(owner, Found) else Open("no class")
    for special in ("__enter__", "__aenter__"):
        enter = class_member(index, owner, special)
        if isinstance(enter, Found) and enter.symbol is not None:
            if enter.symbol.returns.strip("\"' ") in (owner.symbol.name, "Self", "typing.Self"):
                return owner
            return _returned(index, enter, enter.symbol)
    return Open("what its `__enter__` returns is not known")


def _returned(index: Index, callee: Found, symbol: Symbol) -> Found | Absent | Open:
    returns = symbol.returns.strip("\"' ")
    if any(d.rpartition(".")[2] in ("contextmanager", "asynccontextmanager") for d in symbol.decorators):
        head, _, inner = returns.partition("[")
        if head.rpartition(".")[2] in ("Iterator", "Generator", "AsyncIterator", "AsyncGenerator"):
            returns = inner.rstrip("]").partition(",")[0].strip("\"' ")
    elif symbol.decorators:
        return Open("the function is decorated")
    if returns in ("Self", "typing.Self") and callee.owner is not None:
        return Found(callee.path, callee.owner)
    if not returns or not all(part.isidentifier() for part in returns.split(".")):
        return Open("what it returns is not known")
    answer = in_scope(index, callee.path, returns)
    is_class = isinstance(answer, Found) and answer.symbol is not None and answer.symbol.kind == "class"
    return answer if is_class else Open("what it returns is not known")
