"""What finished tasks say that they made: files, classes, functions (drift-kinds, kind 1).

A list of tasks may be about another repository, or written for folders that the project never had. So the list as a
whole must fit: at least half of the other things that its finished tasks name are there.
"""

from __future__ import annotations

import re
from posixpath import normpath
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.document import HOLDS, Document, broken, holds, unknown
from vt_lsp.continuous_eval.drift_detector.made_up import is_placeholder
from vt_lsp.continuous_eval.drift_detector.near import alike
from vt_lsp.models import Claim, DriftType, Place, Role, Severity, Verdict
from vt_lsp.workspace.history import PastFile
from vt_lsp.workspace.resolver import Found

if TYPE_CHECKING:
    from vt_lsp.models import ClaimKind
    from vt_lsp.workspace.index import Index

_SAMPLE = 40  # claims by which a list is known
_ENOUGH = 0.5
_UNSURE = frozenset({"past", "negated", "optional", "example", "partial", "command", "include"})
# Files that people write; what a run leaves behind (logs, data, images, lock files) is often not kept.
_WRITTEN = re.compile(
    r"\.(?:py|pyi|md|mdx|rst|toml|cfg|ini|ya?ml|json|tsx?|jsx?|vue|svelte|css|scss|html?|sh|sql|j2|jinja2?|proto|graphql|"
    r"dockerfile|go|rs|java|kt|rb)$"
)
_OUTPUT = re.compile(r"(?:^|/)(?:logs?|outputs?|results?|reports?|dist|build|tmp|temp|data|cache|coverage|snapshots?)/")
_EVERYWHERE = frozenset({"__init__.py", "index.md", "readme.md", "conftest.py", "index.ts", "index.tsx", "main.py"})
_PLAIN = 6  # letters below which a function's name is too common to be followed


def judge_task_path(claim: Claim, document: Document, path: str) -> Verdict:
    """A file or folder that a finished task names and that stands at none of the places it may mean."""
    index = document.index
    if claim.role is not Role.CURRENT or _UNSURE & set(claim.hints):
        return unknown("the task does not say that this is there now")
    if "/" not in path or not _WRITTEN.search(path.lower()) or _OUTPUT.search(path):
        return unknown("a bare name, or a file that a run leaves behind")
    if place(index, document, path) is not None:
        return HOLDS
    if not index.scan_done():
        return unknown("the first scan is running")
    if not isinstance(index.past(path), PastFile):  # what git remembers is surely of this project
        if not _has_root(index, document, path):
            return unknown(f"`{path.partition('/')[0]}` is no folder of this project")
        if not _fits(claim, document):
            return unknown("little of what the finished tasks name is here: the list may be about another project")
    if index.is_ignored(path):
        return unknown("git ignores it: it comes to be on each machine")
    return _judge_absent(claim, document, path)


def _judge_absent(claim: Claim, document: Document, path: str) -> Verdict:
    index = document.index
    past = index.past(path)
    if not isinstance(past, PastFile) and (whole := _below_sub_project(index, path)):
        past = index.past(whole)
    renamed = past.renamed_to if isinstance(past, PastFile) else None
    moved = renamed if renamed and index.has_path(renamed) else _moved(index, path)
    if moved and claim.start > _first(claim, document):
        return unknown("it moved: said once in a document")
    if moved:
        return broken(
            claim, document, DriftType.TASK_MOVED, f"{_said(claim)}, but `{path}` is `{moved}` now",
            replacements=[moved], actual=moved, code=Place(moved, 0, 0), severity=Severity.INFORMATION,
        )  # fmt: skip
    if isinstance(past, PastFile):
        return unknown("it was done: what came later took the file away")
    return broken(
        claim, document, DriftType.TASK_NOT_DONE, f"{_said(claim)}, but `{path}` does not exist",
        suggestions=[*_untick(claim), f"Create `{path}`"], severity=Severity.WARNING,
    )  # fmt: skip


def _said(claim: Claim) -> str:
    return "The plan is done" if claim.kind == "artifact" else "The task is ticked"


def _untick(claim: Claim) -> tuple[str, ...]:
    return () if claim.kind == "artifact" else ("Untick the task",)


def place(index: Index, document: Document, path: str) -> str | None:
    """Where a path of a task lies: at the root, beside the document, below a sub-project, or above the root."""
    clean = normpath(path).removeprefix("./").rstrip("/")
    if clean.startswith(".."):
        return None
    for start in (clean, f"{document.folder}/{clean}"):
        if index.has_path(start):
            return start
    ends = [p for p in index.paths_named(clean.rpartition("/")[2]) if p.endswith("/" + clean)]
    if ends:
        return min(ends, key=lambda p: (p.count("/"), p))
    first, _, rest = clean.partition("/")
    # Written from above the root: the first folder is the project itself, or one that its layout did not get.
    if "/" in rest and not index.has_folder(first) and index.has_path(rest):
        return rest
    return None


def _first(claim: Claim, document: Document) -> int:
    """The first byte at which the document's finished tasks name the same file."""
    first = document.once(("first", claim.kind), lambda: _first_places(claim.kind, document))
    return first.get(claim.subject, claim.start)


def _first_places(kind: ClaimKind, document: Document) -> dict[str, int]:
    found: dict[str, int] = {}
    for c in document.claims_of(kind):
        if _counts(c):
            found[c.subject] = min(c.start, found.get(c.subject, c.start))
    return found


def _counts(claim: Claim) -> bool:
    """A claim on a file that a finished task or plan surely makes."""
    is_done = "task" in claim.hints or (claim.kind == "artifact" and "made" not in claim.hints)
    return is_done and "/" in claim.subject and not _UNSURE & set(claim.hints)


def _below_sub_project(index: Index, path: str) -> str | None:
    """The path from the root, where its folder is the end of one folder of the project."""
    folder, _, base = path.rpartition("/")
    ends = [p for p in index.paths_named(folder.rpartition("/")[2]) if index.has_folder(p) and p.endswith("/" + folder)]
    return f"{ends[0]}/{base}" if len(ends) == 1 else None


def _has_root(index: Index, document: Document, path: str) -> bool:
    """Some folder of the path is one of the project, from its beginning on."""
    first = normpath(path).partition("/")[0]
    return (
        index.has_folder(first)
        or index.has_folder(f"{document.folder}/{first}")
        or any(index.has_folder(p) for p in index.paths_named(first))
    )


def _fits(claim: Claim, document: Document) -> bool:
    """At least half of the other files that the document's finished tasks name are here, here or moved."""
    index = document.index
    known = document.once(("files", claim.kind), lambda: _sample_of_files(claim.kind, document))
    sample = [path for path in known if path != claim.subject.rstrip("/")]
    missing = [path for path in sample if not known[path]]
    if sample and len(missing) <= len(sample) * _ENOUGH:
        return True
    # Nothing of the list is here, but all of its folders are.
    return all(index.has_folder(normpath(p).rpartition("/")[0]) for p in (claim.subject, *missing))


def _sample_of_files(kind: ClaimKind, document: Document) -> dict[str, bool]:
    """Some of the files that the document's finished tasks name, and whether they are here or moved."""
    index = document.index
    named = sorted({c.subject.rstrip("/") for c in document.claims_of(kind) if _counts(c)})
    sample = named[:: max(1, len(named) // _SAMPLE)]
    return {p: place(index, document, p) is not None or _moved(index, p) is not None for p in sample}


def _moved(index: Index, path: str) -> str | None:
    """Where the file stands now: as a package of its name, or the one file of that name that can be the same."""
    folder, _, base = path.rpartition("/")
    stem, _, suffix = base.rpartition(".")
    package = f"{folder}/{stem}/__init__.py"
    if suffix == "py" and index.has_path(package):
        return package
    if base.lower() in _EVERYWHERE:
        return None
    same = [p for p in index.paths_named(base) if not index.has_folder(p)]
    # Names such as `service.py` stand in many folders: the folders that were written must be there too, in order.
    if len(same) > 1 or not _is_rare(stem):
        same = [p for p in same if _is_within(folder.split("/"), p.split("/")[:-1])]
    return same[0] if len(same) == 1 else None


def _is_rare(stem: str) -> bool:
    return "_" in stem.strip("_") or "-" in stem or any(c.isupper() for c in stem[1:])


def _is_within(folders: list[str], others: list[str]) -> bool:
    rest = iter(others)
    return all(folder in rest for folder in folders)


def judge_made(claim: Claim, document: Document) -> Verdict | None:
    """A class or function that a finished task says to have made; None where another judge knows more."""
    index = document.index
    last = claim.subject.rpartition(".")[2]
    if claim.role is not Role.CURRENT or _UNSURE & set(claim.hints) or is_placeholder(last):
        return unknown("the task does not say that this is there now")
    file = place(index, document, claim.owner) if claim.owner else None
    known = _looked_up(claim, index, last, file)
    if known is not None:
        return known
    places = {p for p in index.defined_in(last) if not file or file.endswith(".py") or p.startswith(file + "/")}
    if places and (not file or index.has_folder(file)):
        return HOLDS
    if not index.scan_done() or not _is_telling(last):
        return unknown("the first scan is running, or a common name")
    if len(places) == 1 and file:
        there = next(iter(places))
        return broken(
            claim, document, DriftType.TASK_MOVED, f"{_said(claim)}, but `{last}` is in `{there}`, not in `{file}`",
            actual=there, severity=Severity.INFORMATION, code=Place(there, 0, 0), subject=claim.subject,
            suggestions=[f"Change the spec to `{there}`"],
        )  # fmt: skip
    if places:
        return unknown("several files define it")
    return _judge_unmade(claim, document, last, file)


def _looked_up(claim: Claim, index: Index, last: str, file: str | None) -> Verdict | None:
    """What the file itself says of the name; None where it surely does not know it."""
    if file is None:
        return unknown("the task's file is not there: said once") if claim.owner else None
    if not file.endswith((".py", ".pyi")):
        return None if index.has_folder(file) else unknown("not a file of Python")
    found = index.symbols(file, claim.subject) or index.symbols(file, last)
    if found:
        return holds(Found(file, found[0]))
    facts = index.facts(file)
    if facts is None or "errors" in facts.flags:
        return unknown("the file could not be read")
    if any(i.name == last for i in facts.imports) or f" {last} " in f" {facts.words} ":
        return unknown("the word stands in the file")
    return None


def _judge_unmade(claim: Claim, document: Document, name: str, file: str | None) -> Verdict | None:
    index = document.index
    if index.has_word(name) or index.stands_elsewhere(name) or index.has_word(name.lower()):
        return unknown("the word stands in the project")
    if index.is_external(name) or index.is_bound(name) or index.is_defined_aside(name):
        return unknown("another package or an example has this name")
    known = document.once(("made", claim.kind), lambda: _sample_of_names(claim.kind, document))
    others = [subject for subject in known if subject != claim.subject]
    there = sum(known[subject] for subject in others)
    if there < len(others) * _ENOUGH or (not file and there < 2):
        return None
    near = alike(name, {s.name for s in index.members(file, "")} if file else set(index.near(name)))
    where = f" in `{file}`" if file else ""
    return broken(
        claim, document, DriftType.TASK_NOT_DONE, f"{_said(claim)}, but there is no `{name}`{where}",
        replacements=near[:1], suggestions=[*_untick(claim), f"Define `{name}`{where}"],
    )  # fmt: skip


def _sample_of_names(kind: ClaimKind, document: Document) -> dict[str, bool]:
    """Some of what the document's finished tasks made, and whether the product defines it."""
    made = (c.subject for c in document.claims_of(kind) if "made" in c.hints and not _UNSURE & set(c.hints))
    named = list(dict.fromkeys(made))
    sample = named[:: max(1, len(named) // _SAMPLE)]
    return {subject: bool(document.index.defined_in(subject.rpartition(".")[2])) for subject in sample}


def _is_telling(name: str) -> bool:
    return name[:1].isupper() or ("_" in name.strip("_") and len(name) > _PLAIN)
