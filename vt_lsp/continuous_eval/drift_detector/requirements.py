"""Ids of requirements that nobody defines, requirements that no task names, and a status that the tasks belie."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.continuous_eval.drift_detector.document import HOLDS, Document, broken, unknown
from vt_lsp.continuous_eval.drift_detector.near import is_slip
from vt_lsp.continuous_eval.drift_detector.tasks import judge_made, judge_task_path
from vt_lsp.models import Claim, DriftType, Role, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vt_lsp.models import ClaimKind, Requirement, Task

_PREFIX = re.compile(r"[A-Za-z]+")
_DIGITS = re.compile(r"\d+")
_UNFINISHED = re.compile(
    r"draft|ready(?:[ -]for[ -](?:dev\w*|implementation))?|proposed|planned|planning|in[ -](?:progress|development)|"
    r"not[ -]started|todo|to do|pending|wip|backlog|open|drafted"
)
_STORY = re.compile(r"\b(?:user-story-|us)(\d+)\b")  # in the slug of a phase
_FINISHED = re.compile(r"implemented|done|completed?|finished|shipped|delivered")
# Left for later on purpose, or noted after the work: no contradiction to a finished one.
_LATER = re.compile(r"defer|optional|if needed|follow-?up|review|later|post-merge|out of scope|manual", re.IGNORECASE)
_HISTORY = frozenset({Role.HISTORICAL, Role.TEMPLATE})
_TELLING = 2  # requirements that tasks name, from which on a list of tasks is one that names them


def judge_reference(claim: Claim, document: Document) -> Verdict:
    """An id that a document of requirements must define."""
    if claim.role in _HISTORY:
        return unknown("the text does not speak of now")
    shape = _shape(claim.subject)
    known = document.once(("defined", claim.bases), lambda: _defined(claim, document))
    numbers = known.numbers.get(shape)
    if not numbers:
        return unknown("no document with ids of this form was read")
    if _number(claim.subject) in numbers:
        return HOLDS
    parent, dot, _ = claim.subject.rpartition(".")
    if dot and parent in known.ids and parent not in known.parents:
        return unknown("the requirement is there, its criteria have no numbers")
    if not document.index.scan_done():
        return unknown("the first scan is running")
    others = document.once(("referred", shape), lambda: _ids_of("reference", shape, document))
    wrong = document.once(("wrong", claim.bases, shape), lambda: {i for i in others if _number(i) not in numbers})
    if len(others) - len(wrong) <= len(wrong):
        return unknown("most ids of the document are not defined: it may number them in another way")
    where = next(path for path in claim.bases if document.index.requirements(path))
    return broken(
        claim, document, DriftType.UNKNOWN_REQUIREMENT, f"`{where}` defines no `{claim.subject}`",
        suggestions=[f"Name another requirement, or define `{claim.subject}` in `{where}`"],
        severity=Severity.WARNING,
    )  # fmt: skip


class _Ids(NamedTuple):
    """Ids that are defined, what stands before their last numbers, and their numbers by their shape."""

    ids: set[str]
    parents: set[str]
    numbers: dict[tuple[str, int], set[tuple[str, ...]]]


def _defined(claim: Claim, document: Document) -> _Ids:
    found = _Ids({r.id for path in claim.bases for r in document.index.requirements(path)}, set(), {})
    for name in found.ids:
        parts = name.split(".")
        found.parents.update(".".join(parts[:n]) for n in range(1, len(parts)))
        found.numbers.setdefault(_shape(name), set()).add(_number(name))
    return found


def _ids_of(kind: ClaimKind, shape: tuple[str, int], document: Document) -> set[str]:
    """The ids of one shape that the document's claims of a kind name."""
    return {c.subject for c in document.claims_of(kind) if _shape(c.subject) == shape}


@lru_cache(maxsize=8192)
def _shape(name: str) -> tuple[str, int]:
    """What ids of one kind have in common: the letters before the number, and how many numbers there are."""
    prefix = _PREFIX.match(name)
    return (prefix[0].upper() if prefix else "", name.count(".") + name.count("/"))


@lru_cache(maxsize=8192)
def _number(name: str) -> tuple[str, ...]:
    """The numbers of an id without leading zeros, and the letter at its end."""
    numbers = [str(int(digits)) for digits in _DIGITS.findall(name)]
    return (*numbers, name[-1] if name[-1:].islower() else "")


def judge_delta(claim: Claim, document: Document) -> Verdict:
    """A requirement that a change modifies, removes or renames must be one of the main spec."""
    index = document.index
    main, tasks = claim.bases
    names = {r.id for r in index.requirements(main)}
    if not names:
        return unknown("the main spec was not read, or has no requirements yet")
    if claim.subject in names or (claim.expected and claim.expected in names):
        return HOLDS
    if claim.role in _HISTORY:
        return unknown("the text does not speak of now")
    if not index.scan_done():
        return unknown("the first scan is running")
    if "removed" in claim.hints and _is_finished(index.tasks(tasks)):
        return unknown("the change is finished: the main spec may have lost it already")
    if claim.subject in _added(claim, document):
        return unknown("another change adds it")
    near = [n for n in sorted(names) if n.casefold() == claim.subject.casefold() or is_slip(claim.subject, n)]
    return broken(
        claim, document, DriftType.UNKNOWN_REQUIREMENT, f"`{main}` has no requirement `{claim.subject}`",
        replacements=near[:1],
        suggestions=[] if near else ["Name a requirement of the main spec, or add it as a new one"],
        severity=Severity.WARNING,
    )  # fmt: skip


def _added(claim: Claim, document: Document) -> set[str]:
    """What changes that are not archived add to the same spec, under the names that they give it."""
    index = document.index
    spec = claim.bases[0].partition("openspec/specs/")[2] or claim.bases[0].partition("openspec/")[2]
    found: set[str] = set()
    for path in index.specs_of("openspec"):
        if "/changes/" in path and "/archive/" not in path and path.endswith("/" + spec):
            found |= {r.title if "renamed" in r.flags else r.id for r in index.requirements(path) if _adds(r)}
    return found


def _adds(requirement: Requirement) -> bool:
    return bool({"added", "renamed"} & set(requirement.flags))


def judge_requirement(claim: Claim, document: Document) -> Verdict:
    """A requirement that no task names, where tasks name the others."""
    if claim.role in _HISTORY:
        return unknown("the text does not speak of now")
    if not document.index.scan_done():
        return unknown("the first scan is running")
    named = document.once(("named", claim.bases), lambda: _named_by_tasks(claim, document))
    if _traced(claim.subject) in named:
        return HOLDS
    shape = _shape(claim.subject)
    others = document.once(("asked for", shape), lambda: {_traced(i) for i in _ids_of("requirement", shape, document)})
    there = len(others & named)
    if there < _TELLING or there * 2 < len(others):
        return unknown("the tasks name few requirements of this kind")
    return broken(
        claim, document, DriftType.UNTRACED_REQUIREMENT, f"No task names `{claim.subject}`",
        suggestions=[f"Name `{claim.subject}` at the task that it is for, or add a task"], severity=Severity.HINT,
    )  # fmt: skip


def _named_by_tasks(claim: Claim, document: Document) -> set[tuple[str, tuple[str, ...]]]:
    tasks = [task for path in claim.bases for task in document.index.tasks(path)]
    named = {_traced(ref) for task in tasks for ref in task.refs}
    return named | {_traced(f"US{story}") for task in tasks for story in _STORY.findall(task.section)}


def _traced(name: str) -> tuple[str, tuple[str, ...]]:
    """A requirement as tasks name it: of a criterion, the requirement that it belongs to."""
    prefix = _shape(name)[0]
    return prefix, _number(name.partition(".")[0])


def judge_status(claim: Claim, document: Document) -> Verdict:
    """What a document says of its status, against its tasks."""
    index = document.index
    if claim.role in _HISTORY:
        return unknown("the text does not speak of now")
    tasks = [t for path in claim.bases for t in index.tasks(path) if "checklist" not in t.flags]
    if "change" in claim.hints:
        return _judge_change(claim, document, tasks)
    needed = [t for t in tasks if "optional" not in t.flags and t.status != "dropped"]
    still = [t for t in needed if t.status in {"open", "doing"}]
    if not needed:
        return unknown("it has no tasks that were read")
    if _UNFINISHED.fullmatch(claim.subject) and not still:
        return broken(
            claim, document, DriftType.STALE_STATUS,
            f"The status is `{claim.subject}`, but all {len(needed)} tasks are done",
            replacements=[claim.expected] if claim.expected else [], severity=Severity.INFORMATION,
        )  # fmt: skip
    still = [t for t in still if t.id and not _LATER.search(t.text)]
    if _FINISHED.fullmatch(claim.subject) and still:
        return broken(
            claim, document, DriftType.STALE_STATUS,
            f"The status is `{claim.subject}`, but {len(still)} of {len(needed)} tasks are not done",
            suggestions=["Tick the tasks that are done, or change the status"], severity=Severity.INFORMATION,
        )  # fmt: skip
    is_known = _UNFINISHED.fullmatch(claim.subject) or _FINISHED.fullmatch(claim.subject)
    return HOLDS if is_known else unknown("nothing is known of this status")


def _judge_change(claim: Claim, document: Document, tasks: list[Task]) -> Verdict:
    if not _is_finished(tasks):
        return HOLDS
    return broken(
        claim, document, DriftType.STALE_STATUS,
        f"All tasks of the change `{claim.subject}` are done, but it is not archived",
        suggestions=[f"openspec archive {claim.subject}"], severity=Severity.INFORMATION,
    )  # fmt: skip


def _is_finished(tasks: Iterable[Task]) -> bool:
    needed = [t for t in tasks if "optional" not in t.flags and t.status != "dropped"]
    return bool(needed) and all(t.status == "done" for t in needed)


def judge_artifact(claim: Claim, document: Document) -> Verdict:
    """A file, or a name in it, that a plan's front matter says must exist; plans with a summary are done."""
    if not document.index.has_path(claim.bases[0]):
        return unknown("the plan has no summary yet: it is not done")
    if "made" in claim.hints:
        return judge_made(claim, document) or unknown("little of what the plan names is here")
    return judge_task_path(claim, document, claim.subject)
