"""Imports and calls in the examples of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from vt_lsp.code.signature import Signature, bind
from vt_lsp.continuous_eval.drift_detector.attributes import judge_attribute, owner_value
from vt_lsp.continuous_eval.drift_detector.bare_names import WIDELY
from vt_lsp.continuous_eval.drift_detector.callables import is_closed, parameter, render, signature_of
from vt_lsp.continuous_eval.drift_detector.document import Document, broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.made_up import is_placeholder
from vt_lsp.continuous_eval.drift_detector.members import certain, member_names, renamed_module, successor_first
from vt_lsp.continuous_eval.drift_detector.near import alike, is_slip
from vt_lsp.models import Claim, DriftType, Role, Verdict
from vt_lsp.workspace.history import PastFile
from vt_lsp.workspace.resolver import Absent, Found, Open, member, resolve, resolve_module

if TYPE_CHECKING:
    from vt_lsp.workspace.index import Index

_TELLING = 5  # letters of a name that say something as a part of another one
_UNSURE = frozenset({"past", "negated", "optional"})


def _speaks_of_now(claim: Claim) -> bool:
    if claim.role in (Role.HISTORICAL, Role.TEMPLATE) or _UNSURE & set(claim.hints):
        return False
    return claim.role is Role.CURRENT or claim.status == "done"


def judge_import(claim: Claim, document: Document) -> Verdict:
    """``import subject`` or ``from subject import expected``."""
    index = document.index
    top = claim.subject.partition(".")[0]
    if not index.is_own(top):
        return _misspelled_top(claim, document, top)
    module = resolve_module(index, claim.subject)
    if not isinstance(module, Found):
        if isinstance(module, Open) and "directive" in claim.hints and (gone := _gone_module(claim, document)):
            return gone
        if claim.expected or isinstance(module, Open):
            return unknown(module.why if isinstance(module, Open) else "the module itself is missing: said once")
        return _missing_module(claim, document, module)
    if not claim.expected or claim.expected == "*":
        return holds(module)
    answer = certain(index, member(index, module, claim.expected, claim.subject), claim.expected, claim.subject)
    if isinstance(answer, Found):
        return holds(answer)
    if isinstance(answer, Open):
        return unknown(answer.why)
    if not _speaks_of_now(claim) or is_placeholder(claim.expected) or index.is_bound(claim.expected):
        return unknown("the text does not speak of now, or of a made-up name")
    return _missing_name(claim, document, answer)


def _misspelled_top(claim: Claim, document: Document, top: str) -> Verdict:
    index = document.index
    near = [t for t in index.layout.tops if is_slip(top, t)]
    if len(near) != 1 or claim.expected or index.is_external(top) or not _speaks_of_now(claim) or not index.scan_done():
        return unknown(f"`{top}` is not of this project")
    right = near[0] + claim.subject[len(top) :]
    if "." not in right or not isinstance(resolve(index, right), Found):
        return unknown(f"`{top}` is not of this project")
    return broken(
        claim, document, DriftType.EXAMPLE_IMPORT, f"No module `{top}`; `{right}` is there", replacements=[right],
        actual=right,
    )  # fmt: skip


def _gone_module(claim: Claim, document: Document) -> Verdict | None:
    """A module that a directive names, and whose file git saw go, though its package makes names at run time."""
    index = document.index
    top, _, rest = claim.subject.partition(".")
    home = next(iter(index.module(top)), "").removesuffix("__init__.py")
    path = f"{home}{rest.replace('.', '/')}.py"
    if not home or not rest or not index.scan_done() or not _speaks_of_now(claim) or index.has_path(path):
        return None
    past = index.past(path)
    if not isinstance(past, PastFile):
        return None
    now = index.module_name(past.renamed_to) if past.renamed_to else ""
    return broken(
        claim, document, DriftType.MISSING_SYMBOL,
        f"No module `{claim.subject}`" + (f"; it is `{now}` now" if now else f"; `{path}` is gone"),
        replacements=[now] if now else [], actual=now,
    )  # fmt: skip


def _missing_module(claim: Claim, document: Document, answer: Absent) -> Verdict:
    index = document.index
    names = _imported_from(claim.subject, document)
    if not _speaks_of_now(claim) or (names and all(is_placeholder(n) or index.is_bound(n) for n in names)):
        return unknown("the text does not speak of now, or of a made-up name")
    if _is_installed_aside(document, answer):
        return unknown("many documents import it, and it never was here: another distribution adds it")
    head, _, tail = claim.subject.rpartition(answer.missing)
    near = [n for n in _submodules(index, answer) if not tail or index.module(f"{head}{n}{tail}")]
    replacements = [f"{head}{n}{tail}" for n in near]
    renamed = renamed_module(index, answer) if not tail else ""
    last = claim.subject.rpartition(".")[2]
    same = sorted(m for m in index.layout.modules if m.endswith(f".{last}") and m.startswith(f"{answer.owner.module}."))
    replacements = [*same, *replacements] if len(same) == 1 else replacements
    homes = {index.module_name(path) for name in names for path in index.defined_in(name) if index.symbols(path, name)}
    if len(homes) == 1:
        replacements = list(dict.fromkeys([*homes, *replacements]))
    replacements = list(dict.fromkeys([*([renamed] if renamed else []), *replacements]))
    return broken(
        claim, document, DriftType.MISSING_SYMBOL if "directive" in claim.hints else DriftType.EXAMPLE_IMPORT,
        f"No module `{claim.subject}`" + (f"; did it become `{replacements[0]}`?" if replacements else ""),
        target=answer.owner, replacements=replacements, actual=replacements[0] if replacements else "",
    )  # fmt: skip


def _submodules(index: Index, answer: Absent) -> list[str]:
    """Modules beside the missing one that are spelled alike, or of whose name it is the longer or shorter form."""
    inside = f"{answer.owner.module}."
    names = {m.removeprefix(inside) for m in index.layout.modules if m.startswith(inside)}
    beside = {n for n in names if "." not in n}
    near, wrong = alike(answer.missing, beside), answer.missing
    longer = sorted(
        n for n in beside if min(len(n), len(wrong)) >= _TELLING and (wrong.endswith(n) or n.endswith(wrong))
    )
    return list(dict.fromkeys([*near, *longer]))


def _imported_from(module: str, document: Document) -> list[str]:
    """The names that the document's examples import from a module."""

    def by_module() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for c in document.claims_of("import"):
            if c.expected:
                found.setdefault(c.subject, []).append(c.expected)
        return found

    return document.once("imports", by_module).get(module, [])


def _is_installed_aside(document: Document, answer: Absent) -> bool:
    """Plugins install modules into a package of ours; what was ours and went is remembered by git."""
    index, owner = document.index, answer.owner
    if index.mentions(f"{owner.module}.{answer.missing}") < WIDELY:
        return False
    place = f"{owner.path.rpartition('/')[0]}/{answer.missing}"
    return not (index.past(place) or index.past(f"{place}.py"))


def _missing_name(claim: Claim, document: Document, answer: Absent) -> Verdict:
    index = document.index
    names = member_names(index, answer.owner)
    near = successor_first(index, claim.expected, alike(claim.expected, names), names)
    slips = [n for n in near if is_slip(claim.expected, n)]
    homes = sorted(
        {
            index.module_name(path)
            for path in index.defined_in(claim.expected)
            if index.symbols(path, claim.expected) and path in index.layout.primary
        }
        - {""}
    )
    where = f"; `{homes[0]}` has it" if len(homes) == 1 and not slips else ""
    where = where or (f"; did it become `{near[0]}`?" if near else "")
    moved = [f"from {homes[0]} import {claim.expected}"] if len(homes) == 1 and not slips else []
    return broken(
        claim, document, DriftType.EXAMPLE_IMPORT, f"`{claim.subject}` has no `{claim.expected}`{where}",
        target=answer.owner, replacements=slips or ([] if moved else near), suggestions=moved, subject=claim.expected,
        written=f"from {claim.subject} import {claim.expected}",
    )  # fmt: skip


def judge_call(claim: Claim, document: Document) -> Verdict:
    """A call in an example: one claim for the callee and its positional arguments, one for each keyword."""
    index = document.index
    callee = _callee(claim, document)
    if isinstance(callee, Absent) and not claim.expected:
        return _missing_callee(claim, document)
    if not isinstance(callee, Found):
        return unknown(callee.why if isinstance(callee, Open) else "the callee itself is missing: said once")
    if not _speaks_of_now(claim):
        return unknown("the text does not speak of now")
    signature = signature_of(index, callee)
    if signature is None:
        return unknown("its parameters are not known")
    if claim.expected:
        return _judge_keyword(claim, document, callee, signature)
    positional, _, rest = claim.signature.partition(";")
    names, star, double = _split_arguments(rest)
    count = int(positional or 0) - _is_unbound(claim, document, callee)
    problems = bind(signature, max(count, 0), names, has_star=star, has_double_star=double)
    if any(p.kind == "unknown-keyword" for p in problems):
        return unknown("the keyword itself is reported")
    serious = [p for p in problems if p.kind in ("too-many-positional", "missing-required")]
    if not serious:
        return holds(callee)
    label = claim.subject.rpartition(".")[2]
    return broken(
        claim, document, DriftType.EXAMPLE_CALL, f"`{label}` {_say(serious[0].kind, serious[0].name, signature)}",
        target=callee, written=f"{label}({_written(int(positional or 0), names)})", actual=render(label, signature),
        suggestions=[f"Call it as `{render(label, signature)}`"], confidence=0.92,
    )  # fmt: skip


def _missing_callee(claim: Claim, document: Document) -> Verdict:
    """``book.lend()`` where books cannot be lent: an attribute that is missing, unless an import has said so."""
    owner, _, name = claim.subject.rpartition(".")
    if name in _imported_from(owner, document):
        return unknown("the import says that it is missing")
    return judge_attribute(replace(claim, owner=owner, subject=name), document)


def _callee(claim: Claim, document: Document) -> Found | Absent | Open:
    index = document.index
    head, _, last = claim.subject.rpartition(".")
    if "()" not in claim.subject:
        return resolve(index, claim.subject)
    owner = owner_value(index, head)
    return member(index, owner, last, head) if isinstance(owner, Found) else owner


def _is_unbound(claim: Claim, document: Document, callee: Found) -> bool:
    """``Book.lend(book, 3)``: a method called on its class, with the object as the first argument."""
    symbol = callee.symbol
    if symbol is None or symbol.kind != "method" or {"static", "classmethod"} & set(symbol.flags):
        return False
    if "instance" in claim.hints:
        return False
    head = claim.subject.rpartition(".")[0]
    owner = resolve(document.index, head) if head and not head.endswith("()") else None
    return isinstance(owner, Found) and owner.symbol is not None and owner.symbol.kind == "class"


def _split_arguments(text: str) -> tuple[tuple[str, ...], bool, bool]:
    parts = [p for p in text.replace(",", ";").split(";") if p]
    return tuple(p for p in parts if p not in ("*", "**")), "*" in parts, "**" in parts


def _say(kind: str, name: str, signature: Signature) -> str:
    if kind == "missing-required":
        return f"needs an argument for `{name}`"
    taken = sum(p.kind in ("positional-only", "positional-or-keyword") for p in signature.parameters)
    return f"takes at most {taken} positional argument{'s' if taken != 1 else ''}"


def _written(positional: int, keywords: tuple[str, ...]) -> str:
    return ", ".join(["…"] * positional + [f"{k}=…" for k in keywords])


def _candidates(claim: Claim, document: Document, signature: Signature) -> list[str]:
    """Parameters that a wrong keyword may mean: alike ones, or else the only one that the examples do not pass."""
    about = ("calls", claim.section, claim.subject)
    calls = document.once(about, lambda: [c for c in document.claims_beside(claim) if c.subject == claim.subject])
    passed = {c.expected for c in calls}
    before = [c for c in calls if not c.expected and c.start <= claim.start]
    filled = int(before[-1].signature.partition(";")[0] or 0) if before else 0
    left = [p.name for p in signature.parameters[filled:] if p.name not in passed]
    return alike(claim.expected, left)


def _misspelled_keyword(claim: Claim, document: Document, callee: Found) -> Verdict | None:
    """A keyword that is handed on, stands nowhere in the code, and lacks just an underscore of one that does."""
    index, name = document.index, claim.expected
    if len(name) < _TELLING or not index.scan_done() or index.has_word(name) or index.mentions(name):
        return None
    variants = [f"{name[:i]}_{name[i:]}" for i in range(2, len(name) - 1) if "_" not in name[i - 1 : i + 1]]
    near = [variant for variant in variants if index.has_product_word(variant)]
    if len(near) != 1:
        return None
    label = claim.subject.rpartition(".")[2]
    return broken(
        claim, document, DriftType.EXAMPLE_CALL,
        f"`{label}` hands on `{name}`, which nothing in the code takes; did it become `{near[0]}`?",
        target=callee, replacements=near, subject=name, written=f"{label}({name}=…)", confidence=0.9,
    )  # fmt: skip


def _judge_keyword(claim: Claim, document: Document, callee: Found, signature: Signature) -> Verdict:
    known = parameter(signature, claim.expected)
    if known is not None and known.kind not in ("var-positional", "var-keyword", "positional-only"):
        return holds(callee)
    if not is_closed(signature):
        return _misspelled_keyword(claim, document, callee) or unknown("it takes any keyword")
    near = _candidates(claim, document, signature)
    label = claim.subject.rpartition(".")[2]
    return broken(
        claim, document, DriftType.EXAMPLE_CALL, f"`{label}` has no parameter `{claim.expected}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=callee, replacements=near, subject=claim.expected, written=f"{label}({claim.expected}=…)",
        actual=render(label, signature),
    )  # fmt: skip
