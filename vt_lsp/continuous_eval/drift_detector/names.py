"""Names in backticks and attributes in examples.

A name is judged by its anchor. Absolute names (``pkg.mod.Name``) and members of a class that only this project can mean
are decided by the resolver. A bare name is held by its mere presence; its absence counts only together with a
second witness: a spelling so near that it can only be a slip, or git, which remembers its definition.
"""

from __future__ import annotations

import builtins
import re
import sys
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.callables import is_closed, parameter, render, signature_of
from vt_lsp.continuous_eval.drift_detector.document import HOLDS, Document, broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.near import alike, is_plural, is_slip
from vt_lsp.continuous_eval.drift_detector.owners import candidates, in_company, in_headings, owner_of
from vt_lsp.models import Claim, DriftType, Role, Symbol, Verdict
from vt_lsp.workspace.history import PastDefinition
from vt_lsp.workspace.modules import SECONDARY
from vt_lsp.workspace.resolver import Absent, Found, Open, ancestors, class_member, in_scope, member, resolve

if TYPE_CHECKING:
    from vt_lsp.workspace.index import Index

_UNSURE = frozenset({"past", "negated"})
_ENTERED = (".__enter__()", ".__aenter__()")
_KEYWORD = re.compile(r"(\w+)\s*=(?!=)")
_CAMEL = re.compile(r"[a-z]+[A-Z]\w*")
_AROUND = 2  # names before and after that may stand in the same sentence
_PLACEHOLDERS = ("my", "your", "foo", "bar", "baz", "example", "some", "spam", "dummy", "custom")
_MADE_UP = ("my", "your", "foo")  # words of a longer name
_PLACEHOLDER_ENDINGS = ("feature_name", "module_name", "function_name", "class_name", "package_name", "method_name")
_FILE_ENDINGS = frozenset(
    [
        "py",
        "pyi",
        "toml",
        "cfg",
        "ini",
        "yml",
        "yaml",
        "json",
        "md",
        "rst",
        "txt",
        "html",
        "css",
        "js",
        "ts",
        "sh",
        "com",
        "org",
        "io",
        "net",
        "dev",
        "lock",
        "db",
        "sqlite",
        "csv",
        "xml",
        "log",
        "ico",
        "png",
        "svg",
    ]
)
_COMMON = frozenset(dir(builtins)) | frozenset(sys.stdlib_module_names) | {"self", "cls"}


def judge_name(claim: Claim, document: Document) -> Verdict:
    """A dotted or bare name in backticks."""
    if claim.role in (Role.HISTORICAL, Role.TEMPLATE) or _UNSURE & set(claim.hints):
        return unknown("the text does not speak of now")
    name = claim.subject
    parts = name.split(".")
    if len(parts) == 2 and parts[0] in ("", "self", "cls"):
        return _of_context(claim, document, parts[1])
    if len(parts) == 1 and "member" in claim.hints:
        verdict = _of_context(claim, document, name)
        return verdict if verdict.state != "unknown" else _bare(claim, document)
    if not all(part.isidentifier() for part in parts):
        return unknown("not a name")
    if len(parts) == 1:
        return _bare(claim, document)
    if parts[-1] in _FILE_ENDINGS:
        return unknown("a file or host name")
    if document.index.is_own(parts[0]) and not document.imports_from_outside(parts[0]):
        return _absolute(claim, document)
    return _member(claim, document)


def is_placeholder(name: str) -> bool:
    """A made-up name that documents write where the reader puts a real one."""
    low = name.casefold()
    return (
        low.startswith(_PLACEHOLDERS)
        or low.endswith(_PLACEHOLDER_ENDINGS)
        or any(word.startswith(_MADE_UP) and not word.startswith(("mysql", "mypy")) for word in low.split("_"))
    )


# ------------------------------------------------------------------------------------------------------ absolute names


def _absolute(claim: Claim, document: Document) -> Verdict:
    index = document.index
    prefix, _, last = claim.subject.rpartition(".")
    parts = claim.subject.split(".")
    answer = certain(index, resolve(index, claim.subject), last, prefix)
    if isinstance(answer, Found):
        return _called(claim, document, answer)
    if isinstance(answer, Open):
        return unknown(answer.why)
    if not index.scan_done():
        return unknown("the first scan is running")
    if claim.role is Role.PLANNED and claim.status != "done":
        return unknown("the text speaks of the future")
    if index.is_external(parts[0]):
        return unknown(f"the code knows a `{parts[0]}` of another package too")
    near = _near_in(index, answer)
    if "." not in answer.prefix and index.is_bound(parts[0]) and not {"directive", "xref"} & set(claim.hints):
        return unknown(f"examples call a variable `{parts[0]}` too")
    sure = bool({"directive", "xref"} & set(claim.hints)) or any(p[:1].isupper() for p in parts[1:])
    sure = sure or ("call" in claim.hints and "." in answer.prefix)
    sure = sure or any(is_slip(answer.missing, n) for n in near)
    if not sure and (index.defined_in(answer.missing) or not index.past(answer.missing)):
        return unknown("only the package's name is ours: it may be a logger, a setting or a service")
    return _absent(claim, document, answer, near)


def certain(index: Index, answer: Found | Absent | Open, name: str, prefix: str) -> Found | Absent | Open:
    """A class of ours that makes names at run time still makes none that stand nowhere in the code."""
    if isinstance(answer, Open) and answer.inside is not None and index.scan_done() and not index.has_word(name):
        return Absent(answer.inside, name, prefix)
    return answer


def _near_in(index: Index, answer: Absent) -> list[str]:
    return alike(answer.missing, [s.rpartition(".")[2] for s in member_names(index, answer.owner)])


def member_names(index: Index, owner: Found) -> set[str]:
    """Names that an owner has, inherited ones and submodules included."""
    if owner.symbol is None:
        names = {s.name for s in index.members(owner.path, "")} if owner.path else set()
        facts = index.facts(owner.path) if owner.path else None
        names.update(i.name for i in (facts.imports if facts else ()) if i.name != "*")
        prefix = owner.module + "."
        names.update(
            m[len(prefix) :] for m in index.layout.modules if m.startswith(prefix) and "." not in m[len(prefix) :]
        )
        return names
    names = {s.name.rpartition(".")[2] for s in index.members(owner.path, owner.symbol.name)}
    for base in ancestors(index, owner):
        if isinstance(base, Found) and base.symbol is not None:
            names.update(s.name.rpartition(".")[2] for s in index.members(base.path, base.symbol.name))
    return names


def _absent(claim: Claim, document: Document, answer: Absent, near: list[str]) -> Verdict:
    index = document.index
    head, _, tail = claim.subject.rpartition(answer.missing)
    elsewhere = _public_homes(index, answer.missing) if not near else []
    replacements = [f"{head}{n}{tail}" for n in near[:3]] or elsewhere
    owner = answer.owner
    what = f"`{answer.prefix or (owner.symbol.name if owner.symbol else owner.module)}` has no `{answer.missing}`"
    slip = bool(near) and is_slip(answer.missing, near[0])
    kind = DriftType.MISSING_MEMBER if owner.symbol is not None else DriftType.MISSING_SYMBOL
    if slip or elsewhere:
        kind = DriftType.RENAMED_SYMBOL if owner.symbol is None else kind
    hint = f"; did it become `{replacements[0]}`?" if replacements else ""
    return broken(
        claim, document, kind, what + hint, target=owner, replacements=replacements,
        actual=replacements[0] if replacements else "", suggestions=[f"Add `{answer.missing}` to the code"],
        confidence=0.97 if slip else 0.93,
    )  # fmt: skip


def _public_homes(index: Index, name: str) -> list[str]:
    """Dotted names under which the product defines ``name`` at top level, if that is one place."""
    homes = [path for path in sorted(index.defined_in(name)) if index.symbols(path, name)]
    modules = [index.module_name(path) for path in homes]
    return [f"{modules[0]}.{name}"] if len(modules) == 1 and modules[0] else []


def _called(claim: Claim, document: Document, found: Found) -> Verdict:
    """The name is there; where the text also writes keyword arguments, the callable must take them."""
    if not claim.signature:
        return holds(found)
    signature = signature_of(document.index, found)
    if signature is None or not is_closed(signature):
        return holds(found)
    for keyword in filter(None, map(_KEYWORD.match, _arguments(claim.signature))):
        if parameter(signature, keyword[1]) is None:
            return _no_parameter(claim, document, found, keyword[1])
    return holds(found)


def _arguments(text: str) -> list[str]:
    """The top-level arguments of ``(a, b=(1, 2))``."""
    parts, depth, start = [], 0, 1
    for i, char in enumerate(text):
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        if (char == "," and depth == 1) or (char == ")" and depth == 0):
            parts.append(text[start:i].strip())
            start = i + 1
    return [p for p in parts if p]


def _no_parameter(claim: Claim, document: Document, found: Found, name: str) -> Verdict:
    signature = signature_of(document.index, found)
    names = [p.name for p in signature.parameters] if signature else []
    near = alike(name, names)
    label = claim.subject.rpartition(".")[2] if claim.kind == "name" else (found.symbol.name if found.symbol else "")
    return broken(
        claim, document, DriftType.SIGNATURE_MISMATCH, f"`{label}` has no parameter `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=found, replacements=near, subject=name,
        written=claim.signature and f"{label}{claim.signature}", actual=render(label, signature) if signature else "",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- members of a class


def _member(claim: Claim, document: Document) -> Verdict:
    """``Class.member`` and ``function.attribute`` without a module before it."""
    index = document.index
    first, *rest = claim.subject.split(".")
    owners = candidates(document, first)
    if not owners and {"directive", "xref"} & set(claim.hints):
        return _misspelled_root(claim, document, first)
    if not owners:
        if first[:1].isupper() and len(rest) == 1:
            return _bare_name(claim, document, first)
        return unknown(f"`{first}` is no class or module of this project")
    answers = [certain(index, _walk(index, owner, rest), rest[-1], first) for owner in owners]
    for answer in answers:
        if isinstance(answer, Found):
            return _called(claim, document, answer)
    absent = [a for a in answers if isinstance(a, Absent)]
    if len(absent) < len(answers) or len(owners) != 1 or owners[0].symbol is None or owners[0].symbol.kind != "class":
        return unknown(f"`{first}` is open, or there are several")
    if not index.scan_done() or claim.role is not Role.CURRENT:
        return unknown("the text does not speak of now, or the first scan is running")
    if index.is_external(first) or document.imports_from_outside(first) or first in _COMMON or index.is_bound(first):
        return unknown(f"another package or an example has a `{first}` too")
    answer = absent[0]
    if _is_composed(index, answer.missing):
        return unknown("the code makes such names at run time")
    if _CAMEL.fullmatch(answer.missing) and index.stands_elsewhere(answer.missing):
        return unknown("a class of the same name in another language may be meant")
    return _absent(claim, document, answer, _near_in(index, answer))


def _is_composed(index: Index, name: str) -> bool:
    """A beginning of the name stands in the code by itself, as in ``f"on_{event}"`` or ``"visit_" + kind``."""
    ends = [i + 1 for i, char in enumerate(name[:-1]) if char == "_" and i]
    return any(index.has_word(name[:end]) for end in ends)


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


def _walk(index: Index, owner: Found, rest: list[str]) -> Found | Absent | Open:
    answer: Found | Absent | Open = owner
    prefix = owner.symbol.name if owner.symbol else owner.module
    for part in rest:
        if not isinstance(answer, Found):
            return answer
        answer = _member_or_parameter(index, answer, part, prefix)
        prefix = f"{prefix}.{part}"
    return answer


def _member_or_parameter(index: Index, owner: Found, name: str, prefix: str) -> Found | Absent | Open:
    if owner.symbol is not None and owner.symbol.kind in ("function", "method"):
        signature = signature_of(index, owner)
        return owner if signature and parameter(signature, name) else Open("an attribute of a function")
    return member(index, owner, name, prefix)


def _of_context(claim: Claim, document: Document, name: str) -> Verdict:
    """``.member`` below a heading that names the class."""
    index = document.index
    owner = owner_of(claim, document) if name not in _FILE_ENDINGS else None
    if owner is None or owner.symbol is None or owner.symbol.kind != "class":
        return unknown("the heading names no class of this project")
    answer = certain(index, class_member(index, owner, name, owner.symbol.name), name, owner.symbol.name)
    if isinstance(answer, Found):
        return holds(answer)
    if isinstance(answer, Open):
        return unknown(answer.why)
    if not index.scan_done() or claim.role is not Role.CURRENT:
        return unknown("the text does not speak of now, or the first scan is running")
    members = member_names(index, owner)
    if not in_company(claim, document, lambda c: c.subject.strip(".") in members):
        return unknown("in running text another class may be meant")
    near = _near_in(index, answer)
    return broken(
        claim, document, DriftType.MISSING_MEMBER, f"`{owner.symbol.name}` has no `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near, subject=name, suggestions=[f"Add `{name}` to `{owner.symbol.name}`"],
    )  # fmt: skip


# --------------------------------------------------------------------------------------------------------- bare names


def _bare(claim: Claim, document: Document) -> Verdict:
    index = document.index
    name = claim.subject
    for depth in range(len(claim.context[:3])):
        owner = in_headings(claim, document, depth)
        if owner is None:
            continue
        answer = _walk(index, owner, [name])
        if isinstance(answer, Found):
            return _called(claim, document, answer)
        if owner.symbol is not None and owner.symbol.kind == "class":
            signature = signature_of(index, owner)
            if signature and parameter(signature, name):
                return holds(owner)
    found = candidates(document, name)
    if found:
        return _called(claim, document, found[0]) if len(found) == 1 else HOLDS
    if index.defined_in(name):
        return HOLDS
    if _is_listed_member(claim, document):
        verdict = _of_context(claim, document, name)
        if verdict.state != "unknown":
            return verdict
    return _bare_name(claim, document, name)


def _is_listed_member(claim: Claim, document: Document) -> bool:
    """A call at a bullet below a class's heading, where most of the section's other such bullets are its members."""
    listed = {"bullet", "call"}
    if not listed <= set(claim.hints) or document.index.has_word(claim.subject):
        return False
    owner = owner_of(claim, document)
    if owner is None or owner.symbol is None or owner.symbol.kind != "class":
        return False
    others = [
        c for c in document.claims_beside(claim)
        if c is not claim and c.context == claim.context and listed <= set(c.hints)
    ]  # fmt: skip
    members = sum(isinstance(class_member(document.index, owner, c.subject), Found) for c in others)
    return members > 1 and members * 2 > len(others)


def _bare_name(claim: Claim, document: Document, name: str) -> Verdict:
    """A name that the product does not define: silence, unless two witnesses speak against it."""
    index = document.index
    if name in _COMMON or is_placeholder(name) or len(name) < 5:
        return unknown("a common name")
    if not index.scan_done():
        return unknown("the first scan is running")
    if index.has_product_word(name):
        return unknown("the word stands in the code")
    if index.is_external(name) or index.is_bound(name) or document.imports_from_outside(name):
        return unknown("another package or an example has this name")
    if _is_composed(index, name):
        return unknown("the code makes such names at run time")
    if index.stands_elsewhere(name):
        return unknown("the word stands in a script, a template or a configuration file")
    if claim.role is not Role.CURRENT or "example" in claim.hints:
        return unknown("the text does not speak of the code, now")
    slip = _slip_of(claim, document, name) if not index.has_word(name) else None
    if slip:
        return broken(
            claim, document, DriftType.RENAMED_SYMBOL, f"`{name}` is nowhere in the code; `{slip}` is",
            replacements=[claim.subject.replace(name, slip, 1)], actual=slip, confidence=0.92,
        )  # fmt: skip
    return _remembered(claim, document, name)


def _slip_of(claim: Claim, document: Document, name: str) -> str | None:
    index = document.index
    if index.mentions(name) > 1:
        return None  # written in several documents: no slip of the pen
    near = [n for n in (*index.other_case(name), *index.near(name)) if is_slip(name, n)]
    is_word = name.islower() and "_" not in name and "call" not in claim.hints
    for candidate in near:
        if not is_word or index.mentions(candidate):
            return candidate
    return None


def _remembered(claim: Claim, document: Document, name: str) -> Verdict:
    index = document.index
    if name.startswith("_") or (name.islower() and "_" not in name and "call" not in claim.hints):
        return unknown("a plain word, or a private name")
    past = index.past(name)
    if not isinstance(past, PastDefinition) or SECONDARY.intersection(past.path.split("/")):
        return unknown("nothing says that this name was ever ours")
    near = alike(name, _neighbours(index, past.path) | set(index.near(name)))
    if _speaks_of_both(claim, document, near):
        return unknown("the text speaks of the old name and of the new one")
    return broken(
        claim, document, DriftType.MISSING_SYMBOL, f"The code no longer defines `{name}`; `{past.path}` did",
        replacements=near, confidence=0.9, suggestions=[f"Remove `{name}` from the spec"],
    )  # fmt: skip


def _speaks_of_both(claim: Claim, document: Document, replacements: list[str]) -> bool:
    """A likely new name stands a few names away: the text explains the change."""
    beside = document.claims_beside(claim)
    here = beside.index(claim)
    around = beside[max(0, here - _AROUND) : here + _AROUND + 1]
    return any(other.subject in replacements for other in around)


def _neighbours(index: Index, path: str) -> set[str]:
    """Names that the file, or its folder, defines now: a successor mostly stands where its predecessor stood."""
    folder = path.rpartition("/")[0]
    paths = [
        path,
        *(f"{folder}/{base}" if folder else base for base in index.listing_of(folder) if base.endswith(".py")),
    ]
    return {s.name for p in paths if p in index.layout.primary for s in index.members(p, "")}


# ------------------------------------------------------------------------------------------------ examples' attributes


def judge_attribute(claim: Claim, document: Document) -> Verdict:
    """``owner.subject`` in an example, where the owner was inferred from imports and assignments."""
    index = document.index
    if claim.role in (Role.HISTORICAL, Role.TEMPLATE) or _UNSURE & set(claim.hints):
        return unknown("the text does not speak of now")
    owner = owner_value(index, claim.owner)
    if not isinstance(owner, Found):
        return unknown(owner.why if isinstance(owner, Open) else "the owner itself is missing: said once")
    if owner.symbol is not None and owner.symbol.kind != "class":
        return unknown("the type of the owner is not known")
    answer = certain(index, member(index, owner, claim.subject, claim.owner), claim.subject, claim.owner)
    if isinstance(answer, Found):
        return holds(answer)
    if isinstance(answer, Open) or "optional" in claim.hints:
        return unknown(answer.why if isinstance(answer, Open) else "the example says that it may be missing")
    if claim.role is Role.PLANNED and claim.status != "done":
        return unknown("the text speaks of the future")
    near = _near_in(index, answer)
    if _is_of_subclass(claim, document, near):
        return unknown("a subclass may have it")
    label = owner.symbol.name if owner.symbol else owner.module
    return broken(
        claim, document, DriftType.MISSING_MEMBER, f"`{label}` has no `{claim.subject}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near, written=f"{claim.owner}.{claim.subject}",
    )  # fmt: skip


def _is_of_subclass(claim: Claim, document: Document, near: list[str]) -> bool:
    """The value may be of a subclass: what a call returns, or an example's own class that derives from ours."""
    index = document.index
    if "inherited" in claim.hints:
        return not any(is_slip(claim.subject, n) for n in near) and not index.past(claim.subject)
    return claim.owner.endswith("()") and index.has_product_word(claim.subject)


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
