"""One document while its claims are judged, and how a finding is put into a report."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar, cast

from msgspec.structs import replace

from vt_lsp.models import Claim, DriftReport, DriftType, Place, Role, Severity, SpecFacts, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from vt_lsp.models import ClaimKind
    from vt_lsp.workspace.differences import Key
    from vt_lsp.workspace.index import Index
    from vt_lsp.workspace.resolver import Found


T = TypeVar("T")

# The folder of one feature: spec-kit and cc-sdd, Kiro, OpenSpec's changes.
_FEATURE = re.compile(r"((?:.*/)?(?:specs|\.kiro/specs|openspec/changes)/[^/]+/)")
_STORY = re.compile(r"/(?:implementation-artifacts|stories)/")
_NAMES = frozenset({DriftType.MISSING_FILE, DriftType.MOVED_FILE, DriftType.MISSING_SYMBOL, DriftType.RENAMED_SYMBOL})
# Right in less than nine of ten findings in projects that nobody had looked at before (docs/accuracy.md).
_OFTEN_WRONG = frozenset({DriftType.MISSING_FILE, DriftType.MOVED_FILE, DriftType.TREE_ENTRY})
_REMEMBERED = 0.97  # the confidence that git's memory gives
_OF_FORMATS = frozenset({"reference", "status", "requirement"})
_WITH_TASKS = frozenset({"spec-kit", "kiro", "openapi"})
_NUMBERED = re.compile(r"(?:^|/)specs/[^/]*\d{3}|(?:^|/)\.kiro/specs/")


@dataclass(frozen=True)
class Document:
    """A document's path and facts; what is derived from the whole of it is asked through methods that note the key."""

    path: str
    facts: SpecFacts
    index: Index
    _shared: dict[Hashable, tuple[object, set[Key]]] = field(default_factory=dict, compare=False, repr=False)

    def begin(self) -> None:
        """The index may have changed: what :meth:`once` has found no longer counts."""
        self._shared.clear()

    def once(self, name: Hashable, make: Callable[[], T]) -> T:
        """What many claims ask together, found once in a pass; each of them notes the questions that it took.

        Without it, a list of which each entry looks at all others would cost the square of its length.
        """
        known = self._shared.get(name)
        if known is None:
            before, self.index.asked = self.index.asked, set()
            try:
                known = self._shared[name] = make(), self.index.asked
            finally:
                self.index.asked = before
        value, asked = known
        self.index.asked |= asked
        return cast("T", value)

    @property
    def folder(self) -> str:
        """The folder of the document, ``""`` for the root."""
        return self.path.rpartition("/")[0]

    def dated(self, claim: Claim) -> Claim:
        """The claim with the role that the state of its feature gives it.

        What a feature's documents say is a plan until all of its tasks are done (spec-formats, section 10).
        """
        if claim.role is not Role.CURRENT or claim.status:
            return claim
        if self.facts.format == "bmad" and claim.kind not in _OF_FORMATS and _STORY.search(self.path):
            return replace(
                claim, role=Role.HISTORICAL
            )  # but for its tasks, a story tells of the time when it was built
        return replace(claim, role=Role.PLANNED) if self.once("planned", self._is_planned) else claim

    def _is_planned(self) -> bool:
        tasks = next((found for path in self._task_lists if (found := self.index.tasks(path))), ())
        if self._task_lists and not tasks and self.facts.format in _WITH_TASKS and _NUMBERED.search(self.path):
            return True  # these formats write the tasks before the code
        return any(task.status in {"open", "doing"} and "optional" not in task.flags for task in tasks)

    def is_built(self) -> bool:
        """All tasks of the feature are done that the document belongs to: what it planned is there."""
        tasks = next((found for path in self._task_lists if (found := self.index.tasks(path))), ())
        needed = [task for task in tasks if "optional" not in task.flags and task.status != "dropped"]
        return bool(needed) and all(task.status == "done" for task in needed)

    def is_begun(self) -> bool:
        """The feature is built, or the document's own list of tasks tells how far it is."""
        return self.is_built() or bool(self.facts.tasks)

    @cached_property
    def _task_lists(self) -> tuple[str, ...]:
        """Where the task list of the feature may be that the document belongs to."""
        found = _FEATURE.match(self.path)
        folder = found[1] if found else f"{self.folder}/" if self.facts.format == "kiro" else ""
        return (f"{folder}tasks.md",) if folder else ()

    def imports_from_outside(self, name: str) -> bool:
        """An example of the document imports this name from a package that is not ours."""
        self.index.asked.add(("doc", self.path, "import"))
        return name in self._external

    def imported_as(self, name: str) -> frozenset[str]:
        """The modules of ours from which the document's examples import this name."""
        self.index.asked.add(("doc", self.path, "import"))
        return self._imported.get(name, frozenset())

    def claims_of(self, kind: ClaimKind) -> Sequence[Claim]:
        """All claims of this kind, section by section."""
        self.index.asked.add(("doc", self.path, kind))
        return self._by_kind.get(kind, ())

    def claims_beside(self, claim: Claim) -> list[Claim]:
        """The claims of the same kind in the same section, the claim itself among them."""
        self.index.asked.add(("doc", self.path, claim.kind, claim.section))
        return self._by_section.get(claim.kind, {}).get(claim.section, [])

    @cached_property
    def _by_section(self) -> dict[str, dict[str, list[Claim]]]:
        found: dict[str, dict[str, list[Claim]]] = {}
        for claim in self.facts.claims:
            found.setdefault(claim.kind, {}).setdefault(claim.section, []).append(claim)
        return found

    @cached_property
    def _by_kind(self) -> dict[str, list[Claim]]:
        return {
            kind: [claim for claims in by_section.values() for claim in claims]
            for kind, by_section in self._by_section.items()
        }

    @cached_property
    def _external(self) -> frozenset[str]:
        return frozenset(
            name
            for c in self.facts.claims
            if c.kind == "import" and not self.index.is_own(c.subject.partition(".")[0])
            for name in (c.expected or c.subject.partition(".")[0],)
        )

    @cached_property
    def _imported(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for c in self.facts.claims:
            if c.kind == "import" and c.expected and self.index.is_own(c.subject.partition(".")[0]):
                found.setdefault(c.expected, set()).add(c.subject)
        return {name: frozenset(modules) for name, modules in found.items()}

    @cached_property
    def aspects(self) -> dict[tuple[str, ...], list[tuple[object, ...]]]:
        """What the document says, without places, by the kind of claim, and by kind and section."""
        found: dict[tuple[str, ...], list[tuple[object, ...]]] = {}
        for claim in self.facts.claims:
            said = content(claim)
            found.setdefault((claim.kind,), []).append(said)
            found.setdefault((claim.kind, claim.section), []).append(said)
        return found


def content(claim: Claim) -> tuple[object, ...]:
    """A claim without its place."""
    c = claim
    return (
        c.kind, c.subject, c.role, c.owner, c.signature, c.annotation, c.expected, c.bases, c.context, c.section,
        c.status, c.hints,
    )  # fmt: skip


def changed_aspects(old: Document, new: Document, path: str) -> frozenset[Key]:
    """The keys of questions about a whole document that another text of it answers otherwise."""
    before, after = old.aspects, new.aspects
    return frozenset(
        ("doc", path, *aspect) for aspect in before.keys() | after.keys() if before.get(aspect) != after.get(aspect)
    )


HOLDS = Verdict("holds")


def unknown(why: str) -> Verdict:
    """Silence, with the reason for `explain`, the log and the statistics."""
    return Verdict("unknown", why=why)


def holds(found: Found | None = None) -> Verdict:
    """The claim is true; ``found`` is what it resolved to."""
    return Verdict("holds", _target(found))


def _target(found: Found | None) -> tuple[str, str] | None:
    if found is None or not found.path:
        return None
    return found.path, found.symbol.name if found.symbol else ""


def broken(  # noqa: PLR0913 - what a report may say; all but four by name
    claim: Claim,
    document: Document,
    drift_type: DriftType,
    details: str,
    *,
    target: Found | None = None,
    code: Place | None = None,
    replacements: Sequence[str] = (),
    suggestions: Sequence[str] = (),
    written: str = "",
    actual: str = "",
    confidence: float = 0.95,
    severity: Severity | None = None,
    subject: str = "",
) -> Verdict:
    """The claim is false. ``target`` is the code's side, whose place is looked up anew when it is shown."""
    reference = f"{document.path}#{claim.section}" if claim.section else document.path
    ways = [*(f"Change the spec to `{r}`" for r in replacements[:3]), *suggestions]
    report = DriftReport(
        file_path=document.path,
        spec_reference=reference,
        drift_type=drift_type,
        severity=severity or _severity(claim, document, drift_type, confidence),
        details=details,
        suggestions=tuple(ways),
        fingerprint=fingerprint(claim, document.path, drift_type),
        spec=Place(document.path, claim.start, claim.end),
        code=code,
        role=claim.role,
        confidence=confidence,
        subject=subject or claim.subject,
        replacements=tuple(replacements[:3]),
        written=written or claim.subject,
        actual=actual,
    )
    return Verdict("broken", _target(target), report)


def _is_kept(document: Document, drift_type: DriftType) -> bool:
    """The document is a decision record, which is not rewritten when a name that it decided on goes."""
    return document.facts.format == "decision-record" and drift_type in _NAMES


def _severity(claim: Claim, document: Document, drift_type: DriftType, confidence: float) -> Severity:
    """A hint where the type is often wrong, unless git remembers the file or the text says that the work is done."""
    if drift_type in _OFTEN_WRONG and confidence < _REMEMBERED and claim.status != "done":
        return Severity.HINT
    if drift_type is DriftType.VERSION_STATEMENT:
        return Severity.HINT
    return severity_of(claim, 0.0 if _is_kept(document, drift_type) else confidence)


def severity_of(claim: Claim, confidence: float) -> Severity:
    """A warning where the text speaks of now and the evidence is an anchor; information where a guess is part of it."""
    if claim.role is Role.PLANNED and claim.status != "done":
        return Severity.INFORMATION
    return Severity.WARNING if confidence >= 0.9 else Severity.INFORMATION


def fingerprint(claim: Claim, path: str, drift_type: DriftType) -> str:
    """Names a drift across edits: what is claimed and where, but no line."""
    parts = (
        drift_type, path, claim.kind, claim.section, claim.owner, claim.subject, claim.expected, claim.signature,
        claim.annotation,
    )  # fmt: skip
    return blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
