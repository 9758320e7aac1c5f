"""A name alone in backticks.

It is held by its mere presence; its absence counts only together with a second witness: a spelling so near that it can
only be a slip, or git, which remembers its definition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.callables import parameter, signature_of
from vt_lsp.continuous_eval.drift_detector.document import HOLDS, Document, broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.made_up import COMMON, FILE_ENDINGS, is_placeholder
from vt_lsp.continuous_eval.drift_detector.members import called, certain, member_names, near_in, past_of_ours, walk
from vt_lsp.continuous_eval.drift_detector.near import alike, is_plural, is_slip
from vt_lsp.continuous_eval.drift_detector.owners import candidates, in_company, in_headings, owner_of
from vt_lsp.models import Claim, DriftType, Role, Verdict
from vt_lsp.workspace.resolver import Found, Open, class_member, resolve

if TYPE_CHECKING:
    from vt_lsp.workspace.index import Index

_CAMEL = re.compile(r"[a-z]+[A-Z]\w*")
_COMPANY = 4  # described names of one file
_LONG_WORD = 7  # letters of a plain word that is no name by itself, but a slip of one
WIDELY = 3  # documents that still name what the code has lost: more likely moved out than forgotten
_AROUND = 2  # names before and after that may stand in the same sentence


def judge_bare(claim: Claim, document: Document) -> Verdict:
    """A name alone: of what the headings name, or anywhere in the product."""
    index = document.index
    name = claim.subject
    for depth in range(len(claim.context[:3])):
        owner = in_headings(claim, document, depth)
        if owner is None:
            continue
        answer = walk(index, owner, [name])
        if isinstance(answer, Found):
            return called(claim, document, answer)
        if owner.symbol is not None and owner.symbol.kind == "class":
            signature = signature_of(index, owner)
            if signature and parameter(signature, name):
                return holds(owner)
    found = candidates(document, name)
    if found:
        is_only = len(found) == 1 and index.defined_in(name) <= {found[0].path}
        return called(claim, document, found[0]) if is_only else holds(found[0]) if len(found) == 1 else HOLDS
    if index.defined_in(name):
        return HOLDS
    if _is_listed_member(claim, document):
        verdict = judge_member(claim, document, name)
        if verdict.state != "unknown":
            return verdict
    return judge_absent_name(claim, document, name)


def judge_member(claim: Claim, document: Document, name: str) -> Verdict:
    """``.member`` below a heading that names the class."""
    index = document.index
    owner = owner_of(claim, document) if name not in FILE_ENDINGS else None
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
    near = near_in(index, answer)
    return broken(
        claim, document, DriftType.MISSING_MEMBER, f"`{owner.symbol.name}` has no `{name}`"
        + (f"; did it become `{near[0]}`?" if near else ""),
        target=owner, replacements=near, subject=name, suggestions=[f"Add `{name}` to `{owner.symbol.name}`"],
    )  # fmt: skip


def _is_listed_member(claim: Claim, document: Document) -> bool:
    """A call at a bullet below a class's heading, where most of the section's other such bullets are its members."""
    listed = {"bullet", "call"}
    if not listed <= set(claim.hints) or document.index.has_word(claim.subject):
        return False
    owner = owner_of(claim, document)
    if owner is None or owner.symbol is None or owner.symbol.kind != "class":
        return False

    def there() -> list[bool]:
        beside = document.claims_beside(claim)
        calls = [c.subject for c in beside if c.context == claim.context and listed <= set(c.hints)]
        return [isinstance(class_member(document.index, owner, name), Found) for name in calls]

    known = document.once(("listed", claim.section, claim.context, owner.path, owner.symbol.name), there)
    return sum(known) > 1 and sum(known) * 2 > len(known) - 1  # the claim itself is none


def judge_absent_name(claim: Claim, document: Document, name: str) -> Verdict:
    """A name that the product does not define: silence, unless two witnesses speak against it."""
    index = document.index
    if name in COMMON or is_placeholder(name) or len(name) < 5:
        return unknown("a common name")
    if not index.scan_done():
        return unknown("the first scan is running")
    if index.has_product_word(name):
        return unknown("the word stands in the code")
    if index.is_external(name) or index.is_bound(name) or document.imports_from_outside(name):
        return unknown("another package or an example has this name")
    if index.is_defined_aside(name):
        return unknown("a test, an example or a tool defines it")
    if is_composed(index, name):
        return unknown("the code makes such names at run time")
    if index.stands_elsewhere(name):
        return unknown("the word stands in a script, a template or a configuration file")
    return _gone_or_misspelled(claim, document, name)


def _gone_or_misspelled(claim: Claim, document: Document, name: str) -> Verdict:
    index = document.index
    if claim.role is not Role.CURRENT or "example" in claim.hints:
        return unknown("the text does not speak of the code, now")
    slip = slip_of(claim, document, name) if not index.has_word(name) else None
    if slip:
        return broken(
            claim, document, DriftType.RENAMED_SYMBOL, f"`{name}` is nowhere in the code; `{slip}` is",
            replacements=[claim.subject.replace(name, slip, 1)], actual=slip, confidence=0.92,
        )  # fmt: skip
    return _remembered(claim, document, name)


def is_composed(index: Index, name: str) -> bool:
    """A beginning of the name stands in the code by itself, as in ``f"on_{event}"`` or ``"visit_" + kind``."""
    ends = [i + 1 for i, char in enumerate(name[:-1]) if char == "_" and i]
    return any(index.has_word(name[:end]) for end in ends)


def slip_of(claim: Claim, document: Document, name: str) -> str | None:
    """The name of ours that ``name``, which the code does not know, is a slip of the pen for."""
    index = document.index
    if index.mentions(name) > 1 and "directive" not in claim.hints:
        return None  # written in several documents: no slip of the pen
    if "named" in claim.hints or name.startswith("_"):
        return None  # what the reader is told to call something, or a name of an example's own
    near = [n for n in (*index.other_case(name), *index.near(name)) if is_slip(name, n)]
    near += [n for n in index.near(name) if name.isupper() and is_plural(name, n)] or _of_same_words(claim, index, name)
    is_word = name.islower() and "_" not in name.strip("_") and "call" not in claim.hints
    for candidate in near:
        is_told = not is_word or index.mentions(candidate) or _is_public(index, candidate)
        if not candidate.startswith("_") and (is_told or _has_lost_a_letter(name, candidate)):
            return candidate
    return None


def _has_lost_a_letter(word: str, right: str) -> bool:
    """A long word with a letter too few, too many or at its neighbour's place: English words differ otherwise."""
    if min(len(word), len(right)) < _LONG_WORD or word[0] != right[0]:
        return False
    return len(word) != len(right) or sorted(word) == sorted(right)


def _is_public(index: Index, name: str) -> bool:
    """One of the product's packages itself offers the name."""
    return any(isinstance(resolve(index, f"{top}.{name}"), Found) for top in sorted(index.layout.tops))


def _of_same_words(claim: Claim, index: Index, name: str) -> list[str]:
    """The one name made of the same words, in another order or, where a definition is meant, with an ending more."""
    found = [n for n in index.reordered(name) if index.defined_in(n)]
    if not found and "xref" in claim.hints and name[:1].isupper():
        found = [n for n in (f"{name}Error", f"{name}Exception") if index.defined_in(n)]
    return found if len(found) == 1 else []


def _remembered(claim: Claim, document: Document, name: str) -> Verdict:
    index = document.index
    if name.startswith("_") or (name.islower() and "_" not in name and "call" not in claim.hints):
        return unknown("a plain word, or a private name")
    if longer := _longer_parameter(claim, document, name):
        return broken(
            claim, document, DriftType.RENAMED_SYMBOL, f"nothing takes an argument `{name}`; did it become `{longer}`?",
            replacements=[longer], actual=longer, confidence=0.9,
        )  # fmt: skip
    if verdict := _lost_by_company(claim, document, name):
        return verdict
    past = past_of_ours(index, name)
    if past is None:
        return unknown("nothing says that this name was ever ours, or its file could not be read")
    is_news = past.removed_in is None  # not committed yet: no text speaks of it already
    if index.mentions(name) >= WIDELY and not is_news:
        return unknown("many documents speak of it: it may have moved to a package of its own")
    if document.path.rpartition("/")[2] not in past.spoken_of and not is_news:
        return unknown("the text was written after the code had lost the name: it means another one")
    successor = past.renamed_to if index.defined_in(past.renamed_to) else ""
    near = alike(name, _neighbours(index, past.path) | set(index.near(name)))
    near = list(dict.fromkeys([successor, *near])) if successor else near
    if not is_news and _speaks_of_both(claim, document, near):
        return unknown("the text speaks of the old name and of the new one")
    if successor:
        return broken(
            claim, document, DriftType.RENAMED_SYMBOL, f"The code calls `{name}` `{successor}` now",
            replacements=[claim.subject.replace(name, successor, 1)], actual=successor, confidence=0.95,
        )  # fmt: skip
    return broken(
        claim, document, DriftType.MISSING_SYMBOL, f"The code no longer defines `{name}`; it was in `{past.path}`",
        replacements=[claim.subject.replace(name, n, 1) for n in near], confidence=0.9,
        suggestions=[f"Remove `{name}` from the spec"],
    )  # fmt: skip


def _longer_parameter(claim: Claim, document: Document, name: str) -> str:
    """What the text calls an argument, and no code knows: the one name of ours that only goes on after it."""
    index = document.index
    if "argument" not in claim.hints or index.has_word(name) or len(name) < _LONG_WORD or "_" not in name:
        return ""
    longer = index.longer(name)
    return longer.pop() if len(longer) == 1 else ""


def _lost_by_company(claim: Claim, document: Document, name: str) -> Verdict | None:
    """A directive describes it among names most of which one file defines, and the code does not know this one."""
    index = document.index
    if "directive" not in claim.hints or "custom" in claim.hints or index.has_word(name) or name.startswith("_"):
        return None

    def homes() -> dict[str, int]:
        counts: dict[str, int] = {}
        described = {c.subject for c in document.claims_of("name") if "directive" in c.hints and "." not in c.subject}
        for other in described:
            for path in index.defined_in(other):
                counts[path] = counts.get(path, 0) + bool(index.symbols(path, other))
        return {path: count for path, count in counts.items() if count >= _COMPANY and count * 2 > len(described)}

    common = document.once("homes of directives", homes)
    if len(common) != 1:
        return None
    path = next(iter(common))
    near = alike(name, {s.name for s in index.members(path, "")})
    return broken(
        claim, document, DriftType.MISSING_SYMBOL, f"`{path}` has no `{name}`, unlike most that are described here"
        + (f"; did it become `{near[0]}`?" if near else ""), target=Found(path, None), replacements=near,
        confidence=0.9, suggestions=[f"Remove `{name}` from the spec"],
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
