"""Verdicts of all claims, and which of them are due again when something changed.

With each verdict stand the keys that were asked of the index while it was found; a changed key makes just the claims
due that asked for it. Verdicts of claims that an edit of their document only moved are kept.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import count, islice
from typing import TYPE_CHECKING

from vt_lsp.continuous_eval.drift_detector.document import changed_aspects, content
from vt_lsp.continuous_eval.drift_detector.judge import judge
from vt_lsp.models import Claim, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from vt_lsp.continuous_eval.drift_detector.document import Document
    from vt_lsp.workspace.differences import Key
    from vt_lsp.workspace.index import Index

_UNJUDGED = Verdict("unknown", why="not looked at yet")


@dataclass(slots=True)
class _Page:
    """One document. Each claim has a number that stays while an edit only moves it; ``order`` is the claims' order."""

    document: Document
    order: list[int]
    verdicts: dict[int, Verdict] = field(default_factory=dict)
    keys: dict[int, frozenset[Key]] = field(default_factory=dict)
    due: set[int] = field(default_factory=set)

    def claims(self) -> dict[int, Claim]:
        """The claims by their numbers."""
        return dict(zip(self.order, self.document.facts.claims, strict=True))


class Ledger:
    """The verdicts of one workspace folder."""

    def __init__(self, index: Index) -> None:
        """``index`` answers the questions of the judges."""
        self._index = index
        self._numbers = count()
        self._pages: dict[str, _Page] = {}
        self._askers: defaultdict[Key, set[tuple[str, int]]] = defaultdict(set)
        self._about: dict[str, Counter[str]] = {}  # code file -> documents with verdicts on it
        self._due: dict[str, None] = {}  # an ordered set
        self._broken: dict[str, set[int]] = {}  # document -> its claims that are broken
        self._states: Counter[str] = Counter()
        self._holding: Counter[str] = Counter()  # document -> number of its claims that hold

    def set_document(self, document: Document | None, path: str) -> set[str]:
        """The document has this text now (None: it is gone); paths whose drifts may look different."""
        old = self._pages.pop(path, None)
        self._due.pop(path, None)
        touched = {path}
        kept = self._kept(old, document, path) if old is not None and document is not None else {}
        page = _Page(document, []) if document is not None else None
        for claim in document.facts.claims if document is not None else ():
            same = kept.get(content(claim))
            number = same.pop() if same else next(self._numbers)
            assert page is not None
            page.order.append(number)
            if old is not None and number in old.verdicts:
                page.verdicts[number], page.keys[number] = old.verdicts.pop(number), old.keys[number]
            else:
                page.verdicts[number], page.keys[number] = _UNJUDGED, frozenset()
                self._note(path, number, page)
                page.due.add(number)
        for number in list(old.verdicts) if old is not None else ():
            assert old is not None
            touched |= _code_side(old.verdicts[number])
            self._forget(path, number, old)
        if page is not None:
            self._pages[path] = page
            touched |= {side for i in self._broken.get(path, ()) for side in _code_side(page.verdicts[i])}
            if page.due:
                self._due[path] = None
        return touched

    @staticmethod
    def _kept(old: _Page, document: Document, path: str) -> dict[tuple[object, ...], list[int]]:
        """Numbers of the claims whose verdicts stay true, by the claims' content, last first."""
        changed = changed_aspects(old.document, document, path)
        kept: dict[tuple[object, ...], list[int]] = {}
        for number, claim in reversed(old.claims().items()):
            if number not in old.due and changed.isdisjoint(old.keys[number]):
                kept.setdefault(content(claim), []).append(number)
        return kept

    def _note(self, path: str, number: int, page: _Page) -> None:
        verdict = page.verdicts[number]
        for key in page.keys[number]:
            self._askers.setdefault(key, set()).add((path, number))
        for code in _code_side(verdict):
            self._about.setdefault(code, Counter())[path] += 1
        self._states[verdict.state] += 1
        self._holding[path] += verdict.state == "holds"
        if verdict.state == "broken":
            self._broken.setdefault(path, set()).add(number)

    def _forget(self, path: str, number: int, page: _Page) -> None:
        verdict = page.verdicts[number]
        for key in page.keys[number]:
            askers = self._askers[key]
            askers.discard((path, number))
            if not askers:
                del self._askers[key]
        for code in _code_side(verdict):
            documents = self._about[code]
            documents[path] -= 1
            if not documents[path]:
                del documents[path]
        self._states[verdict.state] -= 1
        self._holding[path] -= verdict.state == "holds"
        if verdict.state == "broken":
            self._broken[path].discard(number)

    def judge_anew(self, path: str) -> None:
        """All claims of the document are due."""
        page = self._pages.get(path)
        if page is not None and page.verdicts:
            page.due = set(page.order)
            self._due[path] = None

    def invalidate(self, changed: Iterable[Key]) -> None:
        """The answers to these questions may have changed."""
        for key in changed:
            for path, number in self._askers.get(key, ()):
                self._pages[path].due.add(number)
                self._due[path] = None

    @property
    def is_due(self) -> bool:
        """Some claim waits."""
        return bool(self._due)

    def are_due(self, paths: Iterable[str]) -> bool:
        """Some claim of these documents waits."""
        return not self._due.keys().isdisjoint(paths)

    def settle(self, deadline: float | None, first: Collection[str]) -> set[str]:
        """Judge what is due until ``deadline`` (of time.perf_counter), documents of ``first`` before others."""
        return self.settle_these([*first, *self._due], deadline)

    def settle_these(self, paths: Iterable[str], deadline: float | None) -> set[str]:
        """The same, for these documents alone."""
        touched: set[str] = set()
        for path in paths:
            if path not in self._due:
                continue
            for _ in self._settle_page(path, touched):
                if deadline is not None and time.perf_counter() > deadline:
                    return touched
            del self._due[path]
        return touched

    def _settle_page(self, path: str, touched: set[str]) -> Iterator[None]:
        page = self._pages[path]
        page.document.begin()
        claims = page.claims()
        while page.due:
            number = page.due.pop()
            before = page.verdicts[number]
            self._index.asked = set()
            after = judge(claims[number], page.document)
            self._forget(path, number, page)
            page.verdicts[number], page.keys[number] = after, frozenset(self._index.asked)
            self._note(path, number, page)
            if after != before:
                touched |= {path} | _code_side(before) | _code_side(after)
            yield

    # ------------------------------------------------------------------------------------------------------- answers

    def verdicts(self, path: str) -> Sequence[tuple[Claim, Verdict]]:
        """The claims of a document in order, each with its verdict."""
        page = self._pages.get(path)
        return [(claim, page.verdicts[number]) for number, claim in page.claims().items()] if page else []

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
        numbers = self._broken.get(spec)
        if not numbers:
            return []
        page = self._pages[spec]
        return [(claim, page.verdicts[number]) for number, claim in page.claims().items() if number in numbers]

    def holding(self, changed: Iterable[Key], most: int) -> list[tuple[str, Claim]]:
        """Claims that hold and asked one of these questions, each with its document; at most ``most``."""
        found: dict[str, set[int]] = {}
        for key in changed:
            for path, number in self._askers.get(key, ()):
                if self._pages[path].verdicts[number].state == "holds":
                    found.setdefault(path, set()).add(number)
        claims = (
            (path, claim)
            for path, numbers in sorted(found.items())
            for number, claim in self._pages[path].claims().items()
            if number in numbers
        )
        return list(islice(claims, most))

    def states(self) -> Counter[str]:
        """How many claims hold, are broken, are unknown."""
        return +self._states

    def claims(self) -> dict[str, tuple[int, int]]:
        """For each document, how many of its claims hold, and how many it has."""
        return {path: (self._holding[path], len(page.order)) for path, page in self._pages.items()}


def _code_side(verdict: Verdict) -> set[str]:
    if verdict.target is not None:
        return {verdict.target[0]}
    if verdict.report is not None and verdict.report.code is not None:
        return {verdict.report.code.path}
    return set()
