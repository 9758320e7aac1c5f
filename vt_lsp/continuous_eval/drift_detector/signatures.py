"""Functions, parameters and defaults: stubs, bullets, tables and sentences."""

from __future__ import annotations

from rapidfuzz.distance import OSA

from vt_lsp.code.meaning import same_annotation, same_value
from vt_lsp.code.signature import Parameter, Signature, parse_signature
from vt_lsp.continuous_eval.drift_detector.callables import is_closed, parameter, render, signature_of
from vt_lsp.continuous_eval.drift_detector.definitions import (
    fits,
    is_about_code,
    is_design,
    judge_constant,
    judge_field,
    missing_definition,
    other_default,
    other_type,
    same_but_for_none,
)
from vt_lsp.continuous_eval.drift_detector.described import against_own_signature, described
from vt_lsp.continuous_eval.drift_detector.document import Document, broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.members import member_names
from vt_lsp.continuous_eval.drift_detector.near import alike, is_slip
from vt_lsp.continuous_eval.drift_detector.owners import in_company, lookup, owner_of
from vt_lsp.continuous_eval.drift_detector.successors import likely_first
from vt_lsp.models import Claim, DriftType, Role, Severity, Verdict
from vt_lsp.workspace.resolver import Absent, Found, Open, class_member

_WHOLE = 3  # parameters of a signature that is written out
_LATER = 2  # parameters that may have come since
_IMPLICIT = frozenset({"self", "cls", "mcs"})
_LITERALS = frozenset({"True", "False", "None"})
_ANY = frozenset({"args", "arguments", "a", "_", "varargs", "rest", "params"})  # says nothing of what is taken


def judge_function(claim: Claim, document: Document) -> Verdict:
    """A function or method stub: is it there, and does it take these parameters?"""
    if not is_about_code(claim, document):
        return unknown("an example, or not about now")
    owner_name, _, name = claim.subject.rpartition(".")
    is_described = "directive" in claim.hints and "." in claim.subject
    found = described(claim, document) if is_described else _function(claim, document, owner_name, name)
    if isinstance(found, Verdict):
        return found
    if found.symbol is not None and any(
        "overload" in s.flags for s in document.index.symbols(found.path, found.symbol.name)
    ):
        return holds(found)  # the stub may be one of the overloads
    actual = signature_of(document.index, found)
    wanted = parse_signature(claim.signature, claim.annotation) if claim.signature else None
    if actual is None or wanted is None:
        return holds(found)
    wanted = _without_self(wanted)
    if not owner_name and not _is_meant(claim, document, wanted, actual):
        return unknown("an example's own function may be meant")
    difference = _difference(wanted, actual, claim)
    if difference is None:
        return holds(found)
    kind, words, wrong, right = difference
    return broken(
        claim, document, kind, f"`{claim.subject}`: {words}", target=found, subject=wrong,
        written=render(name, wanted), actual=render(name, actual), replacements=[right] if wrong and right else [],
        severity=Severity.WARNING, suggestions=[f"Change the spec to `{render(name, actual)}`"],
    )  # fmt: skip


def _is_meant(claim: Claim, document: Document, wanted: Signature, actual: Signature) -> bool:
    """A stub of a function means the one of that name if a heading or the kind of document says so, or if it fits."""
    name = claim.subject
    if name in claim.context or is_design(document) or document.imported_as(name) or "signature-only" in claim.hints:
        return True
    shared = {p.name for p in wanted.parameters} & {p.name for p in actual.parameters}
    return bool(shared) and len(shared) * 2 >= len(wanted.parameters)


def _function(claim: Claim, document: Document, owner_name: str, name: str) -> Found | Verdict:
    index = document.index
    if not owner_name:
        if name.startswith("__"):
            return unknown("a name that many classes and modules have")
        if {"method", "property", "classmethod", "staticmethod"} & set(claim.hints):
            return _method_of_heading(claim, document, name)
        found = lookup(document, name)
        if found is None and claim.context:
            return _of_heading(claim, document, name)
        return found if found is not None else missing_definition(claim, document, "function")
    owner = lookup(document, owner_name)
    if owner is None or owner.symbol is None or owner.symbol.kind != "class":
        return unknown("the class itself is not known: said once")
    if not fits(document, owner, owner_name):
        return unknown("another class of that name is meant")
    answer = class_member(index, owner, name)
    if isinstance(answer, Found):
        return answer
    if isinstance(answer, Open):
        return unknown(answer.why)
    return _missing_method(claim, document, owner, name)


def _method_of_heading(claim: Claim, document: Document, name: str) -> Found | Verdict:
    """A stub with ``self`` outside a class: a method of a class that a heading names, or of none that we know."""
    lacking: Found | None = None
    for context in claim.context:
        owner = lookup(document, context)
        if owner is not None and owner.symbol is not None and owner.symbol.kind == "class":
            answer = class_member(document.index, owner, name)
            if isinstance(answer, Found):
                return answer
            if lacking is None and isinstance(answer, Absent) and _lists_methods(document, owner, context):
                lacking = owner
    if lacking is not None:
        return _missing_method(claim, document, lacking, name)
    return unknown("no heading names the class of this method")


def _lists_methods(document: Document, owner: Found, heading: str) -> bool:
    """Below the heading most stubs are methods that the class has."""

    def shown() -> set[str]:
        stubs = (c for c in document.claims_of("function") if "method" in c.hints and heading in c.context)
        return {c.subject.rpartition(".")[2] for c in stubs}

    names = document.once(("shown methods", heading), shown)
    there = names & member_names(document.index, owner)
    return len(there) > 1 and len(there) * 2 > len(names)


def _of_heading(claim: Claim, document: Document, name: str) -> Found | Verdict:
    owner = owner_of(claim, document)
    if owner is not None and owner.symbol is not None and owner.symbol.kind == "class":
        answer = class_member(document.index, owner, name)
        if isinstance(answer, Found):
            return answer
        if isinstance(answer, Absent) and "signature-only" in claim.hints and not document.index.has_word(name):
            return _missing_method(claim, document, owner, name)
    return missing_definition(claim, document, "function")


def _missing_method(claim: Claim, document: Document, owner: Found, name: str) -> Verdict:
    index = document.index
    cls = owner.symbol
    if cls is None or not index.scan_done():
        return unknown("the first scan is running")
    if claim.role is Role.PLANNED and claim.status != "done":
        return unknown("planned, not missing")
    near = likely_first(claim, document, owner, name, alike(name, member_names(index, owner)))
    return broken(
        claim, document, DriftType.MISSING_MEMBER, f"`{cls.name}` has no `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near, subject=name, suggestions=[f"Add `{name}` to `{cls.name}`"],
        written=f"{name}{claim.signature}",
    )  # fmt: skip


def _without_self(signature: Signature) -> Signature:
    rest = signature.parameters
    if rest and rest[0].name in _IMPLICIT:
        return Signature(rest[1:], signature.returns, signature.is_partial)
    return signature


Difference = tuple[DriftType, str, str, str]  # type, words, wrong word, right word


def _difference(wanted: Signature, actual: Signature, claim: Claim) -> Difference | None:
    """The first thing in which the code's signature is not the written one."""
    for p in wanted.parameters:
        if p.kind in ("var-positional", "var-keyword"):
            continue
        known = parameter(actual, p.name)
        if known is None and (is_closed(actual) or _is_replaced(p, wanted, actual)):
            return _unknown_parameter(p, wanted, actual)
        is_plain = "directive" in claim.hints and not claim.subject.rpartition(".")[2][:1].isupper()
        if known is None and is_plain and (more := _many(wanted, actual)):
            return DriftType.SIGNATURE_MISMATCH, f"the code takes any number of `{more}`", "", more
        if known is not None and (found := _parameter_difference(p, known)):
            return found
    return (
        _surplus(wanted, actual)
        or _grown(wanted, actual, claim)
        or _order(wanted, actual)
        or _returns(wanted, actual, claim)
    )


def _is_replaced(p: Parameter, wanted: Signature, actual: Signature) -> bool:
    """Both signatures take any keyword, and in the place of ``p`` the code needs a parameter that the text lacks."""
    if not any(q.kind == "var-keyword" for q in wanted.parameters):
        return False
    place = wanted.parameters.index(p)
    other = actual.parameters[place] if place < len(actual.parameters) else None
    known = {q.name for q in wanted.parameters}
    return other is not None and other.kind == "positional-or-keyword" and not other.default and other.name not in known


def _many(wanted: Signature, actual: Signature) -> str:
    """The code's ``*names`` where the written signature has no stars: it is from before them."""
    if wanted.is_partial or any(p.kind.startswith("var-") for p in wanted.parameters):
        return ""
    return next((p.name for p in actual.parameters if p.kind == "var-positional" and p.name not in _ANY), "")


def _unknown_parameter(p: Parameter, wanted: Signature, actual: Signature) -> Difference:
    known = {q.name for q in wanted.parameters}
    fresh = [q.name for q in actual.parameters if q.name not in known]
    near = alike(p.name, fresh) or (fresh if len(fresh) == 1 else [])
    words = f"no parameter `{p.name}`" + (f"; did it become `{near[0]}`?" if near else "")
    return DriftType.SIGNATURE_MISMATCH, words, p.name, near[0] if near else ""


def _parameter_difference(p: Parameter, known: Parameter) -> Difference | None:
    if p.default and not known.default and known.kind not in ("var-positional", "var-keyword"):
        return DriftType.PARAMETER_DEFAULT, f"`{p.name}` has no default in the code", p.default, ""
    if p.default and known.default and other_default(p.default, known.default):
        words = f"`{p.name}` defaults to `{known.default}`, not `{p.default}`"
        return DriftType.PARAMETER_DEFAULT, words, p.default, known.default
    if p.default.isidentifier() and (is_slip(p.default, known.default) or _is_misspelled_literal(p, known)):
        words = f"`{p.name}` defaults to `{known.default}`, not `{p.default}`"
        return DriftType.PARAMETER_DEFAULT, words, p.default, known.default
    is_optional = "None" in (p.default, known.default)
    if is_optional and p.annotation and known.annotation and same_but_for_none(p.annotation, known.annotation):
        return None
    if p.annotation and known.annotation and same_annotation(p.annotation, known.annotation) is False:
        words = f"`{p.name}` is `{known.annotation}`, not `{p.annotation}`"
        return DriftType.TYPE_MISMATCH, words, p.annotation, known.annotation
    return None


def _is_misspelled_literal(p: Parameter, known: Parameter) -> bool:
    """``Flse`` for ``False``: no constant of Python, and one letter from the one that is there."""
    if p.default in _LITERALS or known.default not in _LITERALS:
        return False
    return OSA.distance(p.default, known.default, score_cutoff=1) <= 1


def _surplus(wanted: Signature, actual: Signature) -> Difference | None:
    """A parameter that the spec's whole signature lacks: only one that every caller must pass by position.

    Generated reference pages leave keyword-only parameters out.
    """
    if wanted.is_partial or any(p.kind.startswith("var-") for p in wanted.parameters):
        return None
    known = {p.name for p in wanted.parameters}
    for p in actual.parameters:
        if p.name not in known and not p.default and p.kind in ("positional-only", "positional-or-keyword"):
            return DriftType.SIGNATURE_MISMATCH, f"the code also needs `{p.name}`", "", p.name
    return None


def _grown(wanted: Signature, actual: Signature, claim: Claim) -> Difference | None:
    """A parameter that came later: only where a directive gives the whole signature, and all of it but one or two."""
    written = {p.name for p in wanted.parameters if not p.kind.startswith("var-")}
    if "directive" not in claim.hints or wanted.is_partial or len(written) < _WHOLE:
        return None
    if not _stars(wanted) <= _stars(actual):
        return None  # the text's ``**options`` stand for what the code names
    known = [p for p in actual.parameters if not p.kind.startswith("var-")]
    fresh = [p for p in known if p.name not in written and not p.name.startswith("_")]
    if not 0 < len(fresh) <= _LATER or not written <= {p.name for p in known} | _IMPLICIT:
        return None
    words = " and ".join(f"`{p.name}`" for p in fresh)
    return DriftType.SIGNATURE_MISMATCH, f"the code also takes {words}", "", fresh[0].name


def _stars(signature: Signature) -> set[str]:
    return {p.kind for p in signature.parameters if p.kind.startswith("var-")}


def _order(wanted: Signature, actual: Signature) -> Difference | None:
    """Positional parameters in another order."""
    names = [p.name for p in wanted.parameters if p.kind == "positional-or-keyword"]
    there = [p.name for p in actual.parameters if p.kind == "positional-or-keyword" and p.name in names]
    both = [n for n in names if n in there]
    if both == there:
        return None
    return DriftType.SIGNATURE_MISMATCH, f"the parameters come in the order {', '.join(there)}", both[0], ""


def _returns(wanted: Signature, actual: Signature, claim: Claim) -> Difference | None:
    if wanted.returns and actual.returns and same_annotation(wanted.returns, actual.returns) is False:
        words = f"it returns `{actual.returns}`, not `{wanted.returns}`"
        return DriftType.TYPE_MISMATCH, words, claim.annotation, actual.returns
    return None


def judge_parameter(claim: Claim, document: Document) -> Verdict:
    """A row or bullet that names a parameter of the callable in the heading."""
    if not is_about_code(claim, document):
        return unknown("an example, or not about now")
    index = document.index
    owner = owner_of(claim, document)
    if owner is None or owner.symbol is None:
        verdict = against_own_signature(claim, document) if "field" in claim.hints else None
        return verdict or unknown("no callable of the project is meant")
    if owner.symbol.kind == "function" and _shows_method(claim, document):
        return unknown("the heading means a method of a class that is not named")
    name = claim.subject.lstrip("*").rstrip("()")
    if not name.islower() or "call" in claim.hints:
        return unknown("not spelled like a parameter")
    signature = signature_of(index, owner)
    known = parameter(signature, name) if signature else None
    if known is not None and signature is not None:
        return _compare_parameter(claim, document, owner, known)
    is_class = owner.symbol.kind == "class"
    attribute = class_member(index, owner, name) if is_class else None
    if isinstance(attribute, Found):
        return holds(attribute)
    if signature is None or not is_closed(signature) or isinstance(attribute, Open):
        return unknown("its parameters are open")
    return _no_such_parameter(claim, document, owner, signature)


def _no_such_parameter(claim: Claim, document: Document, owner: Found, signature: Signature) -> Verdict:
    index = document.index
    name = claim.subject.lstrip("*").rstrip("()")
    facts = index.facts(owner.path)
    if not index.scan_done() or claim.role is not Role.CURRENT or facts is None or owner.symbol is None:
        return unknown("the text does not speak of now, or the first scan is running")
    members = sorted(member_names(index, owner)) if owner.symbol.kind == "class" else []
    names = [p.name for p in signature.parameters] + members
    near = alike(name, names)
    if not in_company(claim, document, lambda c: c.subject.lstrip("*") in names):
        return unknown("the list is about something else")
    if f" {name} " in f" {facts.words} " and not any(is_slip(name, n) for n in near):
        return unknown("the word stands in the callable's file: another callable may be meant")
    label = owner.symbol.name
    return broken(
        claim, document, DriftType.SIGNATURE_MISMATCH, f"`{label}` has no parameter `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near, subject=name, actual=render(label, signature),
        confidence=0.92 if near or "table" in claim.hints else 0.9,
    )  # fmt: skip


def _shows_method(claim: Claim, document: Document) -> bool:
    """The list stands below a stub that takes ``self``."""
    methods = document.once(
        "methods", lambda: {c.section for c in document.claims_of("function") if "method" in c.hints}
    )
    return claim.section in methods


def judge_row(claim: Claim, document: Document) -> Verdict:
    """A field; a row or bullet below a class may also mean a parameter of its constructor."""
    if "setting" in claim.hints and not claim.owner and claim.subject.isupper():
        return judge_constant(claim, document)
    verdict = judge_field(claim, document)
    if verdict.state == "broken" or not {"table", "bullet"} & set(claim.hints) or not is_about_code(claim, document):
        return verdict
    owner = owner_of(claim, document)
    signature = signature_of(document.index, owner) if owner is not None else None
    known = parameter(signature, claim.subject) if signature else None
    if owner is None or known is None:
        return verdict
    compared = _compare_parameter(claim, document, owner, known)
    return verdict if verdict.state == "holds" and compared.state != "broken" else compared


def _compare_parameter(claim: Claim, document: Document, owner: Found, known: Parameter) -> Verdict:
    label = owner.symbol.name if owner.symbol else ""
    if claim.annotation and known.annotation and other_type(claim, known.annotation):
        return broken(
            claim, document, DriftType.TYPE_MISMATCH,
            f"`{known.name}` of `{label}` is `{known.annotation}`, not `{claim.annotation}`", target=owner,
            written=f"{known.name}: {claim.annotation}", actual=f"{known.name}: {known.annotation}",
            subject=claim.annotation, replacements=[known.annotation],
        )  # fmt: skip
    if claim.expected:
        return compare_default(claim, document, owner, known.default, f"`{known.name}` of `{label}`")
    return holds(owner)


def compare_default(claim: Claim, document: Document, owner: Found, actual: str, label: str) -> Verdict:
    """The default that a claim expects, and the code's ``actual`` one, by meaning; ``label`` names whose it is."""
    value = _constant_behind(document, owner, actual)
    if not value or value == "..." or same_value("None", value) is True:
        return holds(owner)  # the real default is chosen in the body
    if same_value(claim.expected, value) is not False or _is_class_default(claim, document, owner):
        return holds(owner)
    return broken(
        claim, document, DriftType.PARAMETER_DEFAULT, f"{label} defaults to `{value}`, not `{claim.expected}`",
        target=owner, subject=claim.expected, replacements=[value],
        written=f"{claim.subject} = {claim.expected}", actual=f"{claim.subject} = {value}",
        suggestions=[f"Change the code's default to `{claim.expected}`"],
    )  # fmt: skip


def _is_class_default(claim: Claim, document: Document, owner: Found) -> bool:
    """The class sets the attribute of that name to what the text says, or to what cannot be told."""
    if owner.symbol is None or owner.symbol.kind != "class":
        return False
    found = class_member(document.index, owner, claim.subject)
    is_set = isinstance(found, Found) and found.symbol is not None and found.symbol.kind in ("field", "attribute")
    value = found.symbol.value if is_set and isinstance(found, Found) and found.symbol else ""
    return bool(value) and not value.isidentifier() and same_value(claim.expected, value) is not False


def _constant_behind(document: Document, owner: Found, actual: str) -> str:
    """A default that names a constant of the same file is that constant's value."""
    if not actual.isidentifier() or actual in ("None", "True", "False"):
        return actual
    symbols = document.index.symbols(owner.path, actual)
    if len(symbols) == 1 and symbols[0].kind == "constant" and "conditional" not in symbols[0].flags:
        return symbols[0].value
    return ""


def judge_default(claim: Claim, document: Document) -> Verdict:
    """A sentence such as "`x` defaults to `5`": a parameter, field or constant of what the heading names."""
    if not is_about_code(claim, document) or not claim.expected:
        return unknown("an example, or not about now")
    index = document.index
    names = [claim.owner] if claim.owner else list(claim.context[:2])
    for name in names:
        owner = lookup(document, name)
        if owner is None or owner.symbol is None:
            continue
        signature = signature_of(index, owner)
        known = parameter(signature, claim.subject) if signature else None
        if known is not None and known.default:
            return compare_default(claim, document, owner, known.default, f"`{claim.subject}` of `{owner.symbol.name}`")
        if owner.symbol.kind == "class":
            found = class_member(index, owner, claim.subject)
            if isinstance(found, Found) and found.symbol is not None and found.symbol.kind in ("field", "attribute"):
                return _compare_attribute(claim, document, owner, found)
    if claim.subject.isupper() or "." in claim.subject:
        return judge_constant(claim, document)
    return unknown("nothing says whose default this is")


def _compare_attribute(claim: Claim, document: Document, owner: Found, found: Found) -> Verdict:
    symbol = found.symbol
    if symbol is None or not symbol.value:
        return holds(found)
    if symbol.kind == "attribute" and not _is_set_once(document, found):
        return holds(found)
    label = f"`{claim.subject}` of `{owner.symbol.name}`" if owner.symbol else f"`{claim.subject}`"
    return compare_default(claim, document, found, symbol.value, label)


def _is_set_once(document: Document, found: Found) -> bool:
    """An attribute that is set in several places has no default."""
    return found.symbol is not None and len(document.index.symbols(found.path, found.symbol.name)) == 1
