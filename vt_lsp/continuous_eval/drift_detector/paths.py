"""Files, folders, trees and links that a document names."""

from __future__ import annotations

import re
from posixpath import join, normpath
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.document import HOLDS, Document, broken, unknown
from vt_lsp.continuous_eval.drift_detector.made_up import is_placeholder
from vt_lsp.continuous_eval.drift_detector.near import alike, is_plural, is_slip
from vt_lsp.continuous_eval.drift_detector.tasks import judge_task_path
from vt_lsp.models import Claim, DriftType, Place, Role, Severity, Verdict
from vt_lsp.workspace.history import PastFile
from vt_lsp.workspace.modules import SECONDARY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vt_lsp.workspace.index import Index

_LINKED = (".md", ".markdown", ".mdx", ".py", ".rst", ".toml", ".yaml", ".yml", ".json", ".txt", ".cfg", ".ini", ".sh")
_SITES = (
    "mkdocs.yml",
    "mkdocs.yaml",
    "conf.py",
    "docusaurus.config.js",
    "docusaurus.config.ts",
    "docs.json",
    "pydoc-markdown.yml",
)
_TREE_SAMPLE = 40  # entries by which a tree's root is found
_MIN_TREE_SHARE = 0.5
# Names that stand in every project: that they are here does not show that the tree is of this project.
_COMMON_NAMES = frozenset(
    "readme readme.md readme.rst license license.txt license.md pyproject.toml setup.py setup.cfg docs tests src "
    "index.md __init__.py main.py app.py mkdocs.yml conf.py makefile dockerfile .gitignore requirements.txt "
    ".github test tox.ini manage.py conftest.py changelog.md contributing.md package.json".split()
)
# Finished work that is kept as it was: changes of OpenSpec, phases of GSD.
_ARCHIVED = re.compile(
    r"(?:^|/)(?:archived?|(?:[^/]*[-_])?(?:implemented|completed|finished|done|obsolete|old)[-_](?:plans?|specs?|tasks?|"
    r"changes|docs))/|(?:^|/)\.planning/(?:phases|milestones)/",
    re.IGNORECASE,
)


def judge_path(claim: Claim, document: Document) -> Verdict:
    """A path in prose: at the root, beside the document, or the unique end of a longer path."""
    path = claim.subject.rstrip("/")
    if _is_included(claim, document) or _resolves(document, path):
        return HOLDS
    if "task" in claim.hints:
        return judge_task_path(claim, document, path)
    if "/" not in path or claim.role is not Role.CURRENT or {"past", "negated", "optional"} & set(claim.hints):
        return unknown("nothing says that this path is of this project, and of now")
    return _judge_absent(claim, document, path)


def _judge_absent(claim: Claim, document: Document, path: str) -> Verdict:
    index = document.index
    folder, _, base = path.rpartition("/")
    if path.endswith(".py") and _resolves(document, f"{path.removesuffix('.py')}/__init__.py"):
        return HOLDS  # the module has become a package
    if "include" in claim.hints:
        return _gone(claim, document, path, _moved_to(document, path), 0.97)
    if index.is_ignored(path):
        return unknown("git ignores it: it comes to be on each machine")
    home = _anchor(document, folder)
    if home is None:
        return _slip_in_folder(claim, document, path)
    moved = _moved_to(document, path)
    near = [n for n in index.listing_of(home) if is_slip(base, n) and _same_kind(base, n)]
    if near:
        return _gone(claim, document, path, [join(folder, n) for n in near], 0.92)
    for past in (index.past(path), index.past(join(home, base))):
        if isinstance(past, PastFile):
            now = past.renamed_to if past.renamed_to and index.has_path(past.renamed_to) else None
            return _gone(claim, document, path, [now] if now else moved, 0.97, _alike(index, home, folder, base))
    if _is_source(home, base) and "example" not in claim.hints:
        return _gone(claim, document, path, moved, 0.9, _alike(index, home, folder, base))
    return unknown("the folder is here, but nothing says that the file ever was")


def _slip_in_folder(claim: Claim, document: Document, path: str) -> Verdict:
    """``app/modls.py`` where folders of the project end in ``app`` and hold ``models.py``."""
    index = document.index
    folder, _, base = path.rpartition("/")
    ends = [
        p
        for p in index.paths_named(folder.rpartition("/")[2])
        if index.has_folder(p) and f"/{p}".endswith(f"/{folder}")
    ]
    near = {n for end in ends for n in index.listing_of(end) if is_slip(base, n) or is_plural(base, n)}
    if len(near) == 1 and all(_same_kind(base, n) for n in near):
        return _gone(claim, document, path, [join(folder, *near)], 0.92)
    return unknown(f"`{folder}` is no folder of this project")


def _same_kind(a: str, b: str) -> bool:
    return a.rpartition(".")[2] == b.rpartition(".")[2]


def _is_source(home: str, base: str) -> bool:
    return base.endswith(".py") and bool(home) and not SECONDARY.intersection(home.split("/"))


def _is_included(claim: Claim, document: Document) -> bool:
    """Include directives count from the document's folder or from any folder above it."""
    return _included_from(claim, document) is not None


def _resolves(document: Document, path: str) -> bool:
    index = document.index
    for start in (path, join(document.folder, path)):
        target = normpath(start)
        if not target.startswith(("..", "/")) and index.has_path(target):
            return True
    clean = normpath(path).lstrip("./")
    return any(p.endswith("/" + clean) or p == clean for p in index.paths_named(clean.rpartition("/")[2]))


def _anchor(document: Document, folder: str) -> str | None:
    """The folder of the project that a written folder means: at the root, beside the document, or a unique end."""
    index = document.index
    clean = normpath(folder).lstrip("./") if folder else ""
    if clean and index.has_folder(clean):
        return clean
    beside = normpath(join(document.folder, folder))
    if clean and not beside.startswith("..") and index.has_folder(beside):
        return beside
    if clean.count("/") >= 1:
        ends = [
            p for p in index.paths_named(clean.rpartition("/")[2]) if p.endswith("/" + clean) and index.has_folder(p)
        ]
        return ends[0] if len(ends) == 1 else None
    return None


def _moved_to(document: Document, path: str) -> list[str]:
    """Where a file of the same name, or the tail of the same path, stands now; only if that is one place."""
    index = document.index
    parts = path.split("/")
    same = [p for p in index.paths_named(parts[-1]) if not index.has_folder(p)]
    archive = "/".join([*parts[:-1], "archive"])
    archived = [n for n in index.listing_of(archive) if n.endswith(f"-{parts[-1]}")]  # OpenSpec dates what it archives
    if len(archived) == 1:
        return [f"{archive}/{archived[0]}"]
    for depth in range(len(parts) - 1, 1, -1):
        tail = "/" + "/".join(parts[-depth:])
        ends = [p for p in same if p.endswith(tail)]
        if len(ends) == 1:
            return ends
    return same if len(same) == 1 and parts[-1] not in ("__init__.py", "index.md", "README.md", "conftest.py") else []


def _alike(index: Index, home: str, folder: str, base: str) -> list[str]:
    """Files of the folder whose names have a word with the missing one in common: one of them may be meant."""
    stem, _, ending = base.rpartition(".")
    stems = [n.rpartition(".")[0] for n in index.listing_of(home) if n.endswith(f".{ending}")] if stem else []
    return [join(folder, f"{n}.{ending}") for n in alike(stem, stems)][:3]


def _gone(  # noqa: PLR0913, PLR0917 - a path, and what may be meant instead
    claim: Claim, document: Document, path: str, moved: list[str], confidence: float, near: Sequence[str] = ()
) -> Verdict:
    if moved:
        return broken(
            claim, document, DriftType.MOVED_FILE, f"`{path}` does not exist; `{moved[0]}` does",
            replacements=[_as_counted(claim, document, now) for now in moved], actual=moved[0], confidence=confidence,
            code=Place(moved[0], 0, 0),
        )  # fmt: skip
    return broken(
        claim, document, DriftType.MISSING_FILE, f"`{path}` does not exist", replacements=near,
        suggestions=[f"Create `{path}`, or remove it from the spec"], confidence=confidence,
    )  # fmt: skip


def _as_counted(claim: Claim, document: Document, path: str) -> str:
    """A path of the project as the document has to write it: from where it counts its other paths of this kind."""
    if "include" not in claim.hints and not claim.subject.startswith(("./", "../")):
        return path
    folder = document.folder
    for other in document.claims_of("path") if "include" in claim.hints else ():
        target = _included_from(other, document) if other.subject.startswith("..") else None
        if target is not None:
            folder = target
            break
    return _relative(path, folder)


def _included_from(claim: Claim, document: Document) -> str | None:
    """The folder from which the path of an include directive leads to a file; None for no folder."""
    folder = document.folder
    while "include" in claim.hints:
        target = normpath(join(folder, claim.subject.rstrip("/")))
        if not target.startswith("..") and document.index.has_path(target):
            return folder
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    return None


def judge_link(claim: Claim, document: Document) -> Verdict:
    """A Markdown link to a file of the repository, or to a heading."""
    index = document.index
    if not claim.subject:
        return _judge_anchor(claim, document, document.path)
    target = normpath(join(document.folder, claim.subject))
    if "absolute" in claim.hints or claim.subject.startswith("/"):
        target = claim.subject.lstrip("/")
        return HOLDS if index.has_path(target) else unknown("an absolute link: the site's root is not known")
    if target.startswith(".."):
        return unknown("the link leaves the project")
    if index.has_path(target):
        return _judge_anchor(claim, document, target) if claim.expected else HOLDS
    if not claim.subject.endswith(_LINKED) or claim.role is Role.TEMPLATE:
        return unknown("the target may be made when the site is built")
    if _ARCHIVED.search(document.path) or (claim.role is Role.PLANNED and not document.is_built()):
        return unknown("nobody mends what is archived, and a plan links to what shall be")
    if index.is_ignored(target):
        return unknown("git ignores it: it comes to be on each machine")
    if _is_of_site(document) and not _was_here(document, target):
        return unknown("the target may be made when the site is built")
    if _resolves(document, claim.subject):
        return unknown("the link counts from another folder")
    base = target.rpartition("/")[2]
    moved = [p for p in index.paths_named(base) if not index.has_folder(p)]
    severity = Severity.INFORMATION if claim.role is not Role.CURRENT else None
    return broken(
        claim, document, DriftType.BROKEN_LINK, f"The link's target `{claim.subject}` does not exist",
        replacements=[_relative(moved[0], document.folder)] if len(moved) == 1 else [], severity=severity,
    )  # fmt: skip


def _is_of_site(document: Document) -> bool:
    """The document is a page of a generated site, whose plugins make pages too."""
    return bool(document.folder) and any(document.index.paths_named(name) for name in _SITES)


def _was_here(document: Document, target: str) -> bool:
    """A page of that name stands elsewhere, or one is spelled alike beside it.

    That git remembers the path says little: pages that were written once are often made by a plugin later.
    """
    index = document.index
    folder, _, base = target.rpartition("/")
    elsewhere = [p for p in index.paths_named(base) if not index.has_folder(p)]
    if len(elsewhere) == 1 and base.lower() not in _COMMON_NAMES and elsewhere[0] != document.path:
        return True
    return any(is_slip(base, n) for n in index.listing_of(folder))


def _relative(path: str, folder: str) -> str:
    here, there = folder.split("/") if folder else [], path.split("/")
    common = 0
    while common < min(len(here), len(there) - 1) and here[common] == there[common]:
        common += 1
    return "/".join([".."] * (len(here) - common) + there[common:])


def _judge_anchor(claim: Claim, document: Document, target: str) -> Verdict:
    anchors = document.index.anchors(target)
    if anchors is None or not claim.expected:
        return HOLDS if anchors is not None or claim.subject else unknown("not read")
    wanted = _letters(claim.expected)
    if not wanted or wanted in {_letters(a) for a in anchors} or wanted in ("top", "start"):
        return HOLDS
    if wanted.startswith("l") and wanted[1:].isdigit():
        return HOLDS
    near = [a for a in anchors if is_slip(claim.expected, a)]
    if not near:
        return unknown("anchors are also made by plugins and HTML")
    return broken(
        claim, document, DriftType.BROKEN_LINK, f"No heading `#{claim.expected}` in `{target}`",
        replacements=[f"#{near[0]}"], confidence=0.9, subject=f"#{claim.expected}",
    )  # fmt: skip


def _letters(slug: str) -> str:
    return "".join(c for c in slug.casefold() if c.isalnum())


def judge_tree_entry(claim: Claim, document: Document) -> Verdict:
    """An entry of a directory tree, below the folder that the tree as a whole fits best."""
    index = document.index
    if claim.role in (Role.HISTORICAL, Role.TEMPLATE):
        return unknown("the text does not speak of now")
    if {"optional", "negated", "past", "example"} & set(claim.hints) or is_placeholder(
        claim.subject.rpartition("/")[2]
    ):
        return unknown("the tree itself says that this entry is optional")
    if claim.role is Role.PLANNED and claim.status != "done" and not document.is_begun():
        return unknown("a plan of which nothing says how far it is")
    base = _tree_base(claim, document)
    if base is None:
        return unknown("the tree fits no folder of this project")
    target = normpath(join(base, claim.subject))
    if target.startswith("..") or index.has_path(target):
        return HOLDS
    name = claim.subject.rstrip("/").rpartition("/")[2]
    if any(p.endswith("/" + claim.subject.rstrip("/")) for p in index.paths_named(name)):
        return unknown("another folder has this entry")
    parent = target.rpartition("/")[0]
    if parent and not index.has_folder(parent) and parent != base:
        return unknown("the folder itself is missing: said once")
    is_hidden_folder = claim.subject.endswith("/") and name.startswith(".")
    if index.is_ignored(target) or (is_hidden_folder and not index.past(target)):
        return unknown("git ignores it, or a run makes it: it comes to be on each machine")
    moved = [p for p in index.paths_named(name) if p.startswith(base) and not index.has_folder(p)]
    moved = moved if len(moved) == 1 and not name.startswith("__init__") else []
    past = index.past(target) if "/" in target else None
    if isinstance(past, PastFile) and past.renamed_to and index.has_path(past.renamed_to):
        moved = [past.renamed_to]
    is_remembered = isinstance(past, PastFile)
    details = f"The tree shows `{claim.subject}`, which does not exist"
    return broken(
        claim, document, DriftType.TREE_ENTRY, details + (f"; `{moved[0]}` does" if moved else ""),
        confidence=0.97 if is_remembered else 0.95,
        replacements=[], suggestions=[f"Create `{target}`, or remove the entry from the tree"],
        code=Place(moved[0], 0, 0) if moved else None, actual=moved[0] if moved else "",
    )  # fmt: skip


def _has_code(index: Index, folder: str) -> bool:
    return any(
        base.endswith(".py") or index.module_name(f"{folder}/{base}/__init__.py") for base in index.listing_of(folder)
    )


def _trees(claim: Claim, document: Document) -> dict[int, list[Claim]]:
    """The trees of the claim's section, each by the places of all of its entries: one section may show several."""
    trees: dict[int, list[Claim]] = {}
    tree: list[Claim] = []
    for entry in document.claims_beside(claim):
        if "first" in entry.hints:
            tree = []
        tree.append(entry)
        trees[entry.start] = tree
    return trees


def _tree_base(claim: Claim, document: Document) -> str | None:
    """The folder below which at least half of the entries of the claim's own tree exist."""
    trees = document.once(("trees", claim.section), lambda: _trees(claim, document))
    tree = trees.get(claim.start, [claim])
    about = ("base", tree[0].start, claim.owner, claim.role)
    return document.once(about, lambda: _base_of(tree, claim.owner, claim.role, document))


def _base_of(tree: list[Claim], owner: str, role: Role, document: Document) -> str | None:
    index = document.index
    entries = [c.subject for c in tree if not {"optional", "negated"} & set(c.hints)]
    sample = entries[:: max(1, len(entries) // _TREE_SAMPLE)]
    root = owner.strip("/")
    bases = ["", document.folder]
    if root and root != ".":
        last = root.rpartition("/")[2]
        named = [p for p in index.paths_named(last) if index.has_folder(p)]
        # Entries may be written with or without the root's own name.
        bases = [*named, *(p.rpartition("/")[0] for p in named), *bases]
    best, share = None, 0.0
    telling = [e for e in sample if e.rstrip("/").rpartition("/")[2].lower() not in _COMMON_NAMES] or sample
    for base in dict.fromkeys(bases):
        there = [entry for entry in telling if index.has_path(normpath(join(base, entry)))]
        hits = len(there)
        is_named = bool(root.strip(".")) and f"/{base}".endswith(f"/{root}") and _has_code(index, base)
        shows_code = sum(not entry.endswith(".md") for entry in there) > 1
        if (shows_code or is_named) and hits / len(telling) > share:
            best, share = base, hits / len(telling)
    needed = _MIN_TREE_SHARE if role is Role.CURRENT else 0.2
    return best if share >= needed else None
