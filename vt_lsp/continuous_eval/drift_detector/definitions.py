"""Stubs: classes, fields, enum members, constants that a spec writes as Python or as a table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.code.meaning import same_annotation, same_value
from vt_lsp.continuous_eval.drift_detector.document import HOLDS, Document, broken, holds, severity_of, unknown
from vt_lsp.continuous_eval.drift_detector.members import certain, member_names, past_of_ours
from vt_lsp.continuous_eval.drift_detector.near import alike, is_slip
from vt_lsp.continuous_eval.drift_detector.owners import candidates, in_company, lookup, owner_of
from vt_lsp.continuous_eval.drift_detector.successors import likely_first
from vt_lsp.models import Claim, DriftType, Role, Severity, Verdict
from vt_lsp.workspace.resolver import Absent, Found, Open, ancestors, class_member

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.workspace.index import Index

_NEUTRAL_BASES = frozenset({"object", "ABC", "Generic", "Protocol", "Enum", "BaseModel", "NamedTuple", "TypedDict"})
_EMPTY = frozenset({"[]", "{}", "()", "set()", "list()", "dict()", "tuple()"})
_SAMPLE = 40  # constants by which a block is known
_FITTING = 0.4  # of a stub's members
_DESIGN = re.compile(
    r"(?:^|[/_.-])(?:design|architecture|specs?|specification|data[-_]?model|milestone[^/]*)(?:$|[/_.-])"
)

_COLUMN = re.compile(r"(?:\w+\.)*(?:Column|mapped_column)\(")
_INTERFACE = re.compile(r"^I(?=[A-Z][a-z])|(?:Protocol|Interface)$")
_GUIDE = re.compile(r"(?:^|/)(?:quickstart|tutorial|getting[-_]started|usage|examples?)[^/]*\.\w+$")


def is_about_code(claim: Claim, document: Document) -> bool:
    """The stub can be about the project's code: no user code of an example, no past, no template.

    A class that derives from, or is decorated with, something of this project (hint ``from:package``) is what a user
    of the project writes.
    """
    if claim.role in (Role.HISTORICAL, Role.TEMPLATE) or {"past", "negated", "example", "optional"} & set(claim.hints):
        return False
    sources = [hint.removeprefix("from:") for hint in claim.hints if hint.startswith("from:")]
    return not any(document.index.is_own(source.partition(".")[0]) for source in sources)


def judge_class(claim: Claim, document: Document) -> Verdict:
    """A class stub: is there such a class, and does it have these bases?"""
    if not is_about_code(claim, document):
        return unknown("an example, or not about now")
    found = lookup(document, claim.subject)
    if found is None:
        return missing_definition(claim, document, "class")
    if found.symbol is None or found.symbol.kind != "class":
        return unknown(f"`{claim.subject}` is no class in the code")
    shown = {c.bases for c in document.claims_of("class") if c.subject == claim.subject}
    if "stub" in claim.hints and (len(shown) > 1 or not fits(document, found, claim.subject)):
        return unknown("another class of that name is meant, or the document shows several")
    lacking = [base for base in claim.bases if _has_base(document.index, found, base) is False]
    if not lacking:
        return holds(found)
    actual = ", ".join(b for b in found.symbol.bases if "=" not in b) or "no base"
    return broken(
        claim, document, DriftType.BASE_CLASS, f"`{claim.subject}` is no `{lacking[0]}`: its bases are {actual}",
        target=found, written=f"class {claim.subject}({', '.join(claim.bases)})",
        actual=f"class {claim.subject}({', '.join(found.symbol.bases)})", severity=_of_existing(claim, 0.95),
        suggestions=[f"Derive `{claim.subject}` from `{lacking[0]}`"],
    )  # fmt: skip


def fits(document: Document, owner: Found, name: str) -> bool:
    """The stub of that name means this class: a fair share of the stub's members is there.

    A document's own ``User`` and a ``User`` of the code may have nothing but the name in common; another base counts
    against them as a member does.
    """
    if owner.symbol is None:
        return False
    written = document.once("stubs", lambda: _members_of_stubs(document)).get(name, set())
    there = written & member_names(document.index, owner)
    strange = any(
        _derives(document.index, owner, bare_base(base)) is False
        for c in document.claims_of("class")
        if c.subject == name
        for base in c.bases
    )
    return not written or len(there) >= _FITTING * (len(written) + strange)


def _members_of_stubs(document: Document) -> dict[str, set[str]]:
    """What the document's stubs and tables say to be members, by their owners."""
    found: dict[str, set[str]] = {}
    for c in (*document.claims_of("field"), *document.claims_of("enum-member"), *document.claims_of("function")):
        head, _, last = c.subject.rpartition(".")
        for owner in {c.owner, head}:
            found.setdefault(owner, set()).add(last)
    return found


def _of_existing(claim: Claim, confidence: float) -> Severity:
    """Where the class exists, even a plan speaks of now: what differs from it is a contradiction."""
    return Severity.WARNING if confidence >= 0.9 else severity_of(claim, confidence)


def _has_base(index: Index, found: Found, base: str) -> bool | None:
    wanted = bare_base(base)
    if "=" in base or wanted in _NEUTRAL_BASES or not wanted.isidentifier():
        return None
    if not wanted.strip("_")[:1].isupper():
        return None  # `class Limiter(max_depth)`: documents write a constructor's parameters so
    return _derives(index, found, wanted)


def bare_base(base: str) -> str:
    """The last name of a base class, without its module and its arguments."""
    return base.partition("[")[0].strip().rpartition(".")[2]


def _derives(index: Index, found: Found, wanted: str) -> bool | None:
    chain = ancestors(index, found)
    classes = [found, *(b for b in chain if isinstance(b, Found))]
    written = {bare_base(b) for c in classes if c.symbol for b in c.symbol.bases}
    names = written | {c.symbol.name.rpartition(".")[2] for c in classes if c.symbol}
    if wanted in names:
        return True
    return None if any(isinstance(b, Open) for b in chain) else False


def missing_definition(claim: Claim, document: Document, what: str) -> Verdict:
    """A stub of something that the product does not define under that name."""
    index = document.index
    name = claim.subject.rpartition(".")[2]
    if candidates(document, claim.subject) or index.defined_in(name):
        return unknown("several definitions have this name")
    if not index.scan_done():
        return unknown("the first scan is running")
    if index.has_word(name) or index.is_external(name) or index.is_defined_aside(name):
        return unknown("the word stands in the code")
    if claim.role is Role.PLANNED and claim.status != "done":
        return unknown("planned, not missing")
    if index.defined_in(_INTERFACE.sub("", name)):
        return unknown("an interface in the design, which a class of the bare name is in the code")
    similar = () if name.startswith("_") else (*index.other_case(name), *index.near(name))
    near = [n for n in similar if is_slip(name, n)]
    past = past_of_ours(index, name)
    if past is not None and index.defined_in(past.renamed_to):
        near = [past.renamed_to]
    in_design = _is_design(document, claim)
    outer = [context for context in claim.context if context != name]
    is_titled = past is not None and name in claim.context and all(lookup(document, context) for context in outer)
    if what == "function" and not in_design and not is_titled:
        near = []  # functions of examples often are called almost like ours
    if not near and not is_titled and not in_design:
        return unknown("nothing says that this is about the project rather than the reader's own code")
    return broken(
        claim, document, DriftType.RENAMED_SYMBOL if near else DriftType.MISSING_SYMBOL,
        f"The {what} `{claim.subject}` is nowhere in the code" + (f"; did it become `{near[0]}`?" if near else ""),
        replacements=near, suggestions=[f"Write the {what} `{claim.subject}`"], confidence=0.92,
    )  # fmt: skip


def _states_values(claim: Claim, document: Document) -> bool:
    """A block of constants tells what the code has, not what to write: in a design, or where most others hold."""
    if is_design(document):
        return True
    known = document.once(("values", claim.section), lambda: _agreeing(document.claims_beside(claim), document))
    others = [agrees for other, agrees in known if other.subject != claim.subject]
    return any(others) and sum(others) * 2 >= len(others)


def _agreeing(written: Sequence[Claim], document: Document) -> list[tuple[Claim, bool]]:
    """Some of the constants, and of each whether the code has the value that is written."""
    found: list[tuple[Claim, bool]] = []
    for other in written[:: max(1, len(written) // _SAMPLE)]:
        known = lookup(document, other.subject)
        value = known.symbol.value if known is not None and known.symbol is not None else ""
        found.append((other, bool(value) and same_value(other.expected, value) is True))
    return found


def is_design(document: Document) -> bool:
    """The document is named like a design or a specification."""
    path = document.path.lower()
    return _DESIGN.search(path) is not None and not _GUIDE.search(path)


def _is_design(document: Document, claim: Claim) -> bool:
    """A design document: named like one, and at least half of its stubs are in the code."""
    if "stub" not in claim.hints or not is_design(document):
        return False
    return document.once("design", lambda: _has_its_stubs(document))


def _has_its_stubs(document: Document) -> bool:
    written = (*document.claims_of("class"), *document.claims_of("function"))
    stubs = [c for c in written if "stub" in c.hints and "." not in c.subject]
    there = sum(bool(document.index.defined_in(c.subject)) for c in stubs)
    return there * 2 >= len(stubs) and there > 0


def judge_field(claim: Claim, document: Document) -> Verdict:
    """A field of a class stub, or a row of a table of fields."""
    if not is_about_code(claim, document):
        return unknown("an example, or not about now")
    owner = owner_of(claim, document)
    if owner is None or owner.symbol is None or owner.symbol.kind != "class":
        return unknown("no class of the project is meant")
    if claim.owner and "stub" in claim.hints and not fits(document, owner, claim.owner):
        return unknown("another class of that name is meant")
    answer = class_member(document.index, owner, claim.subject)
    answer = certain(document.index, answer, claim.subject, owner.symbol.name)
    if isinstance(answer, Open):
        return unknown(answer.why)
    if isinstance(answer, Absent):
        return _missing_field(claim, document, owner)
    return compare_field(claim, document, owner, answer)


def _missing_field(claim: Claim, document: Document, owner: Found) -> Verdict:
    index = document.index
    cls = owner.symbol
    if cls is None or not index.scan_done():
        return unknown("the first scan is running")
    if "table" in claim.hints or "bullet" in claim.hints:
        facts = index.facts(owner.path)
        if facts is None or f" {claim.subject} " in f" {facts.words} ":
            return unknown("the word stands in the class's file: a parameter, a key or an option")
        if not in_company(claim, document, lambda c: c.subject in member_names(index, owner)):
            return unknown("the list is about something else")
    near = likely_first(claim, document, owner, claim.subject, alike(claim.subject, member_names(index, owner)))
    annotation = f": {claim.annotation}" if claim.annotation else ""
    return broken(
        claim, document, DriftType.MISSING_MEMBER, f"`{cls.name}` has no `{claim.subject}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near, written=f"{claim.subject}{annotation}", severity=_of_existing(claim, 0.95),
        suggestions=[f"Add `{claim.subject}{annotation}` to `{cls.name}`"],
    )  # fmt: skip


def compare_field(claim: Claim, document: Document, owner: Found, found: Found) -> Verdict:
    """Type and default of a field that is there, against what the spec says of them."""
    symbol = found.symbol
    if symbol is None or symbol.kind not in ("field", "attribute", "property"):
        return holds(found)
    name = f"{owner.symbol.name}.{claim.subject}" if owner.symbol else claim.subject
    annotation = symbol.returns if symbol.kind == "property" else symbol.annotation
    # A column says by its arguments whether it may be null.
    is_optional = "None" in (claim.expected, symbol.value) or _COLUMN.match(symbol.value) is not None
    if (
        claim.annotation
        and annotation
        and other_type(claim, annotation)
        and not (is_optional and same_but_for_none(claim.annotation, annotation))
    ):
        return broken(
            claim, document, DriftType.TYPE_MISMATCH, f"`{name}` is `{annotation}`, not `{claim.annotation}`",
            target=found, written=f"{claim.subject}: {claim.annotation}", actual=f"{claim.subject}: {annotation}",
            subject=claim.annotation, severity=_of_existing(claim, 0.95), replacements=[annotation],
            suggestions=[f"Change the code to `{claim.annotation}`"],
        )  # fmt: skip
    if claim.expected and symbol.value and symbol.kind == "field" and other_default(claim.expected, symbol.value):
        return _other_default(claim, document, found, name, symbol.value)
    return holds(found)


def other_type(claim: Claim, actual: str) -> bool:
    """The written type surely is another one; tables and bullets mostly leave ``| None`` out."""
    if same_annotation(claim.annotation, actual) is not False:
        return False
    parts = _alternatives(actual)
    if "Any" in parts:
        return False
    if not {"table", "bullet", "sentence"} & set(claim.hints):
        return True
    # Tables and bullets name the usual type and leave the others out.
    if same_annotation(f"{claim.annotation} | None", actual) is not False:
        return False
    return all(same_annotation(claim.annotation, part) is False for part in parts)


def _alternatives(annotation: str) -> list[str]:
    """The members of ``A | B[C | D] | None``."""
    parts, depth = [""], 0
    for char in annotation:
        depth += (char in "[(") - (char in "])")
        if char == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def same_but_for_none(written: str, actual: str) -> bool:
    """The types differ in ``| None`` only, which a default of None says too (implicit in old annotations)."""
    return same_annotation(f"Optional[{written}]", f"Optional[{actual}]") is not False


def other_default(written: str, actual: str) -> bool:
    """The defaults surely differ; ``None`` often stands for an empty container that is made in the body."""
    is_stand_in = "None" in (written, actual) and bool(_EMPTY & {written, actual})
    return same_value(written, actual) is False and not is_stand_in


def _other_default(claim: Claim, document: Document, found: Found, name: str, actual: str) -> Verdict:
    return broken(
        claim, document, DriftType.PARAMETER_DEFAULT, f"`{name}` defaults to `{actual}`, not `{claim.expected}`",
        target=found, written=f"{claim.subject} = {claim.expected}", actual=f"{claim.subject} = {actual}",
        subject=claim.expected, replacements=[actual], severity=_of_existing(claim, 0.95),
        suggestions=[f"Change the code to `{claim.expected}`"],
    )  # fmt: skip


def judge_enum_member(claim: Claim, document: Document) -> Verdict:
    """A member of an enum, and its value."""
    if not is_about_code(claim, document):
        return unknown("an example, or not about now")
    owner = owner_of(claim, document)
    if owner is None or owner.symbol is None or owner.symbol.kind != "class":
        return unknown("no enum of the project is meant")
    if claim.owner and not fits(document, owner, claim.owner):
        return unknown("another enum of that name is meant")
    answer = class_member(document.index, owner, claim.subject)
    if isinstance(answer, Open) or not document.index.scan_done():
        return unknown(answer.why if isinstance(answer, Open) else "the first scan is running")
    label = owner.symbol.name
    if isinstance(answer, Absent):
        names = member_names(document.index, owner)
        near = likely_first(claim, document, owner, claim.subject, alike(claim.subject, names))
        return broken(
            claim, document, DriftType.ENUM_MEMBER, f"`{label}` has no member `{claim.subject}`", target=owner,
            replacements=near, severity=_of_existing(claim, 0.95), suggestions=[f"Add `{claim.subject}` to `{label}`"],
        )  # fmt: skip
    makes_values = isinstance(class_member(document.index, owner, "__new__"), Found)
    value = answer.symbol.value if answer.symbol and not makes_values else ""
    if claim.expected and value and same_value(claim.expected, value) is False:
        return broken(
            claim, document, DriftType.ENUM_MEMBER, f"`{label}.{claim.subject}` is `{value}`, not `{claim.expected}`",
            target=answer, written=f"{claim.subject} = {claim.expected}", actual=f"{claim.subject} = {value}",
            replacements=[value], subject=claim.expected, severity=_of_existing(claim, 0.95),
        )  # fmt: skip
    return holds(answer)


def judge_constant(claim: Claim, document: Document) -> Verdict:
    """A module constant or class attribute with its value."""
    if not is_about_code(claim, document):
        return unknown("an example, or not about now")
    found = lookup(document, claim.subject)
    if found is None or found.symbol is None or found.symbol.kind not in ("constant", "variable", "attribute", "field"):
        return unknown("no constant of the project is meant")
    if "conditional" in found.symbol.flags or len(document.index.symbols(found.path, found.symbol.name)) > 1:
        return unknown("it is set in several branches")
    is_same = claim.expected.strip("\"'") == found.symbol.value.strip("\"'")  # generated pages quote twice
    if not claim.expected or not found.symbol.value or is_same:
        return holds(found) if claim.expected else HOLDS
    if same_value(claim.expected, found.symbol.value) is not False:
        return holds(found) if claim.expected else HOLDS
    if "inline" in claim.hints and claim.expected in ("True", "False", "None"):
        return unknown("may be an instruction: set it so")
    if "stub" in claim.hints and not (claim.subject.isupper() and _states_values(claim, document)):
        return unknown("a variable of an example, or a setting that the reader is to change")
    return broken(
        claim, document, DriftType.CONSTANT_VALUE,
        f"`{claim.subject}` is `{found.symbol.value}`, not `{claim.expected}`", target=found,
        written=f"{claim.subject} = {claim.expected}", actual=f"{claim.subject} = {found.symbol.value}",
        replacements=[found.symbol.value], subject=claim.expected,
    )  # fmt: skip
