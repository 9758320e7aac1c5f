"""What an owner has under a name, and the verdict on a name that was found, or surely is not there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.callables import is_closed, parameter, render, signature_of
from vt_lsp.continuous_eval.drift_detector.document import Document, broken, holds
from vt_lsp.continuous_eval.drift_detector.near import alike, is_slip
from vt_lsp.models import Claim, DriftType, Verdict
from vt_lsp.workspace.history import PastDefinition, PastFile
from vt_lsp.workspace.modules import SECONDARY
from vt_lsp.workspace.resolver import Absent, Found, Open, absolute, ancestors, class_member, member, resolve

if TYPE_CHECKING:
    from collections.abc import Collection

    from vt_lsp.workspace.index import Index

_KEYWORD = re.compile(r"(\w+)\s*=(?!=)")


def certain(index: Index, answer: Found | Absent | Open, name: str, prefix: str) -> Found | Absent | Open:
    """A class of ours that makes names at run time still makes none that stand nowhere in the code.

    One that forwards any name (``__getattr__``) does. A module may hand on those of another package; of it, git must
    remember the name as one of ours.
    """
    if isinstance(answer, Absent) and index.declared("hook", answer.missing):
        return Open(f"the code asks whether an object has `{name}`")
    inside = answer.inside if isinstance(answer, Open) else None
    if inside is None or not index.scan_done() or index.has_word(name):
        return answer
    if inside.symbol is None and (inside.module != prefix or past_of_ours(index, name) is None):
        return answer
    forwards = any(isinstance(class_member(index, inside, f), Found) for f in ("__getattr__", "__getattribute__"))
    return answer if forwards and inside.symbol is not None else Absent(inside, name, prefix)


def member_names(index: Index, owner: Found) -> set[str]:
    """Names that an owner has, inherited ones and submodules included."""
    if owner.symbol is None:
        names = {s.name for s in index.members(owner.path, "")} if owner.path else set()
        facts = index.facts(owner.path) if owner.path else None
        names.update(i.name for i in (facts.imports if facts else ()) if i.name != "*")
        for source in _star_sources(index, owner):
            names.update(s.name for s in index.members(source, "") if not s.name.startswith("_"))
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


def _star_sources(index: Index, owner: Found) -> list[str]:
    """Files of ours from which a module takes all names."""
    facts = index.facts(owner.path) if owner.path else None
    modules = [absolute(i, owner.module, owner.path) for i in (facts.imports if facts else ()) if i.name == "*"]
    return [path for module in modules if module for path in index.module(module)[:1]]


def past_of_ours(index: Index, name: str) -> PastDefinition | None:
    """Where the product itself once defined the name: not in an example, whose names come and go.

    None also where the file that defined it is there, and nobody could read it.
    """
    past = index.past(name)
    if not isinstance(past, PastDefinition) or SECONDARY.intersection(past.path.split("/")):
        return None
    return None if index.is_unread(past.path) else past


def successor_first(index: Index, name: str, near: list[str], names: Collection[str]) -> list[str]:
    """``near``, and before it the name among ``names`` that git saw take the place of ``name``."""
    past = index.past(name)
    if not isinstance(past, PastDefinition) or past.renamed_to not in names:
        return near
    return [past.renamed_to, *(n for n in near if n != past.renamed_to)]


def near_in(index: Index, answer: Absent) -> list[str]:
    """Names of the owner that the missing one may be a slip or an old spelling of."""
    return alike(answer.missing, [s.rpartition(".")[2] for s in member_names(index, answer.owner)])


def walk(index: Index, owner: Found, rest: list[str]) -> Found | Absent | Open:
    """Members of members; of a function, its parameters count as members."""
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


def absent_verdict(claim: Claim, document: Document, answer: Absent, near: list[str]) -> Verdict:
    """The report of a name that its owner surely has not."""
    index = document.index
    head, _, tail = claim.subject.rpartition(answer.missing)
    near = successor_first(index, answer.missing, near, member_names(index, answer.owner))
    elsewhere = _public_homes(index, answer.missing) if not near else []
    replacements = [f"{head}{n}{tail}" for n in near]
    if tail:  # what follows the wrong name must be there too
        replacements = [r for r in replacements if isinstance(resolve(index, r), Found)]
        replacements = replacements or _in_renamed_module(index, answer, tail.lstrip("."))
        elsewhere = _public_homes(index, claim.subject.rpartition(".")[2])
    replacements = replacements[:3] or elsewhere
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


def renamed_module(index: Index, answer: Absent) -> str:
    """The dotted name that the missing module of a package has now, by git; ``""`` where git saw no rename."""
    folder, _, base = answer.owner.path.rpartition("/")
    if answer.owner.symbol is not None or base != "__init__.py":
        return ""
    past = index.past(f"{folder}/{answer.missing}.py")
    return index.module_name(past.renamed_to) if isinstance(past, PastFile) and past.renamed_to else ""


def _in_renamed_module(index: Index, answer: Absent, name: str) -> list[str]:
    """The name in the module that took the place of the missing one, or what is called almost so there."""
    module = renamed_module(index, answer)
    found = resolve(index, module) if module and name.isidentifier() else None
    if not isinstance(found, Found):
        return []
    names = member_names(index, found)
    return [f"{module}.{n}" for n in ([name] if name in names else alike(name, names))]


def _public_homes(index: Index, name: str) -> list[str]:
    """Dotted names under which the product defines ``name`` at top level, if that is one place."""
    homes = [path for path in sorted(index.defined_in(name)) if index.symbols(path, name)]
    modules = [index.module_name(path) for path in homes]
    return [f"{modules[0]}.{name}"] if len(modules) == 1 and modules[0] else []


def called(claim: Claim, document: Document, found: Found) -> Verdict:
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
