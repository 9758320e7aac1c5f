"""Verdicts of all claims, and which of them are due again when something changed.

With each verdict stand the keys that were asked of the index while it was found; a changed key makes just the claims
due that asked for it. Verdicts of claims that an edit of their document only moved are kept.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.judge import judge
from vt_lsp.models import Claim, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.workspace.index import Index, Key

_UNJUDGED = Verdict("unknown", why="not looked at yet")


@dataclass(slots=True)
class _Page:
    """One document: a verdict for each claim, and the keys that it rests on."""

    document: Document
    verdicts: list[Verdict]
    keys: list[frozenset[Key]]
    due: set[int] = field(default_factory=set)


class Ledger:
    """The verdicts of one workspace folder."""

    def __init__(self, index: Index) -> None:
        """``index`` answers the questions of the judges."""
        self._index = index
        self._pages: dict[str, _Page] = {}
        self._askers: dict[Key, set[tuple[str, int]]] = {}
        self._about: dict[str, Counter[str]] = {}  # code file -> documents with verdicts on it
        self._due: dict[str, None] = {}  # an ordered set
        self._broken: dict[str, set[int]] = {}  # document -> its claims that are broken
        self._states: Counter[str] = Counter()

    def set_document(self, document: Document | None, path: str) -> set[str]:
        """The document has this text now (None: it is gone); paths whose drifts may look different."""
        old = self._pages.pop(path, None)
        touched = {path}
        kept: dict[tuple[object, ...], list[int]] = {}
        if old is not None:
            for i, claim in enumerate(old.document.facts.claims):
                self._forget(path, i, old)
                touched |= _code_side(old.verdicts[i])
                if i not in old.due and ("doc", path) not in old.keys[i]:
                    kept.setdefault(_content(claim), []).append(i)
        self._due.pop(path, None)
        if document is None:
            return touched
        page = _Page(document, [], [])
        self._pages[path] = page
        for i, claim in enumerate(document.facts.claims):
            same = kept.get(_content(claim))
            if old is not None and same:
                self._enter(path, i, page, old.verdicts[same[0]], old.keys[same[0]])
            else:
                self._enter(path, i, page, _UNJUDGED, frozenset())
                page.due.add(i)
        if page.due:
            self._due[path] = None
        return touched

    def _enter(self, path: str, i: int, page: _Page, verdict: Verdict, keys: frozenset[Key]) -> None:
        page.verdicts.append(verdict)
        page.keys.append(keys)
        self._note(path, i, verdict, keys)

    def _note(self, path: str, i: int, verdict: Verdict, keys: frozenset[Key]) -> None:
        for key in keys:
            self._askers.setdefault(key, set()).add((path, i))
        for code in _code_side(verdict):
            self._about.setdefault(code, Counter())[path] += 1
        self._states[verdict.state] += 1
        if verdict.state == "broken":
            self._broken.setdefault(path, set()).add(i)

    def _forget(self, path: str, i: int, page: _Page) -> None:
        for key in page.keys[i]:
            askers = self._askers[key]
            askers.discard((path, i))
            if not askers:
                del self._askers[key]
        for code in _code_side(page.verdicts[i]):
            documents = self._about[code]
            documents[path] -= 1
            if not documents[path]:
                del documents[path]
        self._states[page.verdicts[i].state] -= 1
        if page.verdicts[i].state == "broken":
            self._broken[path].discard(i)

    def judge_anew(self, path: str) -> None:
        """All claims of the document are due."""
        page = self._pages.get(path)
        if page is not None and page.verdicts:
            page.due = set(range(len(page.verdicts)))
            self._due[path] = None

    def invalidate(self, changed: Iterable[Key]) -> None:
        """The answers to these questions may have changed."""
        for key in changed:
            for path, i in self._askers.get(key, ()):
                self._pages[path].due.add(i)
                self._due[path] = None

    @property
    def is_due(self) -> bool:
        """Some claim waits."""
        return bool(self._due)

    def settle(self, deadline: float | None, first: Collection[str]) -> set[str]:
        """Judge what is due until ``deadline`` (of time.perf_counter), documents of ``first`` before others."""
        touched: set[str] = set()
        for path in [*(p for p in first if p in self._due), *self._due]:
            if path not in self._due:
                continue
            for _ in self._settle_page(path, touched):
                if deadline is not None and time.perf_counter() > deadline:
                    return touched
            del self._due[path]
        return touched

    def _settle_page(self, path: str, touched: set[str]) -> Iterator[None]:
        page = self._pages[path]
        while page.due:
            i = page.due.pop()
            before = page.verdicts[i]
            self._index.asked = set()
            after = judge(page.document.facts.claims[i], page.document)
            self._forget(path, i, page)
            page.verdicts[i] = after
            page.keys[i] = frozenset(self._index.asked)
            self._note(path, i, after, page.keys[i])
            if after != before:
                touched |= {path} | _code_side(before) | _code_side(after)
            yield

    # ------------------------------------------------------------------------------------------------------- answers

    def verdicts(self, path: str) -> Sequence[tuple[Claim, Verdict]]:
        """The claims of a document in order, each with its verdict."""
        page = self._pages.get(path)
        return list(zip(page.document.facts.claims, page.verdicts, strict=True)) if page else []

    def specs_about(self, path: str) -> set[str]:
        """Documents with verdicts whose code side lies in a file."""
        return set(self._about.get(path, ()))

    def broken(self, path: str | None = None) -> list[tuple[Claim, Verdict]]:
        """Broken claims, all or those with a side in ``path``."""
        if path is None:
            return [pair for spec in self._pages for pair in self._broken_in(spec)]
        own = self._broken_in(path) if path in self._pages else []
        others = [
            (claim, verdict)
            for spec in sorted(self.specs_about(path) - {path})
            for claim, verdict in self._broken_in(spec)
            if path in _code_side(verdict)
        ]
        return [*own, *others]

    def _broken_in(self, spec: str) -> list[tuple[Claim, Verdict]]:
        page = self._pages[spec]
        claims = page.document.facts.claims
        return [(claims[i], page.verdicts[i]) for i in sorted(self._broken.get(spec, ()))]

    def states(self) -> Counter[str]:
        """How many claims hold, are broken, are unknown."""
        return +self._states


def _content(claim: Claim) -> tuple[object, ...]:
    """A claim without its place."""
    c = claim
    return (
        c.kind, c.subject, c.role, c.owner, c.signature, c.annotation, c.expected, c.bases, c.context, c.section,
        c.status, c.hints,
    )  # fmt: skip


def _code_side(verdict: Verdict) -> set[str]:
    if verdict.target is not None:
        return {verdict.target[0]}
    if verdict.report is not None and verdict.report.code is not None:
        return {verdict.report.code.path}
    return set()
