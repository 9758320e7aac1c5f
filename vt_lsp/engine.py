"""The composition root: one workspace folder, what it claims and what it has, kept fresh.

One thread owns an engine (the event loop in the server). Only :meth:`Engine.discover`, :meth:`Engine.batches`,
:meth:`Engine.recall` and :meth:`Engine.find_commits` may run in another thread: they change nothing.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import time
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.continuous_eval.compliance import Compliance, Judged, TaskList, compliance, judged, lists_for
from vt_lsp.continuous_eval.drift_detector.document import Document
from vt_lsp.continuous_eval.ledger import Ledger
from vt_lsp.continuous_eval.placing import (
    at_import,
    focused,
    said_once,
    unticked,
    with_signature,
    without_entry,
)
from vt_lsp.continuous_eval.suppression import is_ignored
from vt_lsp.models import (
    Acceptance,
    Claim,
    CodeFacts,
    Commit,
    DriftReport,
    NotAnalysed,
    Place,
    Role,
    Severity,
    SpecFacts,
    Summary,
    Symbol,
    Verdict,
)
from vt_lsp.workflow_memory.acceptance import Acceptances, accepted_form
from vt_lsp.workspace.discovery import Listing, discover, kind_of
from vt_lsp.workspace.git import Git
from vt_lsp.workspace.history import History, PastDefinition
from vt_lsp.workspace.ignore import would_ignore
from vt_lsp.workspace.index import EVERYTHING, Index
from vt_lsp.workspace.other_words import OtherWords, is_other
from vt_lsp.workspace.pool import NICE
from vt_lsp.workspace.project import Project, ProjectFiles, is_project_file
from vt_lsp.workspace.reading import CodeDocument, Unreadable, facts_of, key_of, read_file
from vt_lsp.workspace.scan import Batch, Facts, scan, scan_some
from vt_lsp.workspace.store import FactsStore, cache_directory
from vt_lsp.workspace.unsaved import Unsaved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.continuous_eval.rollback import Rollback, Steps
    from vt_lsp.models import Realignment
    from vt_lsp.settings import Settings
    from vt_lsp.specs.readers import SpecDocument
    from vt_lsp.workspace.differences import Key

log = logging.getLogger(__name__)

_TEXTS = 64  # texts of files that are not open, kept while their drifts are shown
_HOLDING = 200  # claims that are judged anew before an edit is offered
_DRAFTS = 4  # files of which another text is read in part
_PREFIX = 6  # characters of a fingerprint that are enough to name it


class Engine:
    """Drift of one workspace folder. Paths are relative to the root, with ``/``."""

    def __init__(self, root: Path, settings: Settings, cache_dir: Path | None = None) -> None:
        """``cache_dir`` is where facts are kept between starts; None chooses the user's cache directory."""
        self.root = root.resolve()
        self.settings = settings
        self.git = Git(self.root)
        self.index = Index(self._is_on_disk, settings.roots)
        self.index.load = self._load
        self.index.is_ignored_by_git = partial(would_ignore, self.root)
        self._ledger = Ledger(self.index)
        directory = cache_dir or cache_directory(self.root)
        self._store = FactsStore(directory) if directory is not None else None
        self._walked: Listing | None = None  # as on disk
        self._listing: Listing | None = None  # with what is new in an editor
        self._unsaved = Unsaved(self.root, settings.include, settings.exclude)
        self._analysed: frozenset[str] = frozenset()
        self._overlays: dict[str, bytes] = {}
        self._editing: dict[str, CodeDocument | SpecDocument] = {}
        self._drafts: dict[str, CodeDocument | SpecDocument] = {}  # files of which other texts were read last
        self._not_analysed: dict[str, str] = {}
        self._texts: dict[str, bytes] = {}
        self._commits: dict[str, Commit | None] = {}
        self._touched: set[str] = set()
        self._digests: dict[str, bytes] = {}  # of what was last read from disk, by an edit
        self._others = OtherWords(self.root)
        self._other_words: frozenset[str] = frozenset()  # as last read, not yet in the index
        self._projects = ProjectFiles(self.root)
        self._project = Project()  # the same
        self._is_settled = False  # everything was judged once
        self.changes = 0  # how often reports may have become others
        self.may_run_git = not settings.untrusted_workspace
        self.acceptances = Acceptances(self.root, may_run_git=self.may_run_git)
        self.needs_listing = False  # a file came or went that the listing does not know: discover again

    # ------------------------------------------------------------------------------------------------ the first scan

    def discover(self, cancelled: Callable[[], bool] = lambda: False) -> Listing:
        """Walk the folder; blocking, for any thread."""
        listing = discover(self.root, self.settings.include, self.settings.exclude, cancelled)
        if self.index.is_complete:
            self._other_words = self._others.read(_not_analysed(listing), cancelled)
            self._project = self._projects.read(listing.files)
        return listing

    def set_listing(self, listing: Listing) -> tuple[str, ...]:
        """A walk saw these files; the paths that are to be read because they are new."""
        self._unsaved.walked(listing, frozenset(self._overlays))
        self._walked = listing
        return self._list(listing)

    def _list(self, walked: Listing) -> tuple[str, ...]:
        listing = self._unsaved.added_to(walked)
        old, self._listing = self._listing, listing
        before, self._analysed = self._analysed, frozenset((*listing.code, *listing.specs))
        self.needs_listing = False
        if old is None:
            self.index.set_files(listing.files, listing.code)
        else:
            self._change_files(old.files, listing, before)
        if self.index.is_complete:
            self._invalidate(self.index.set_other_words(self._other_words) | {("ignored",)})
            self._invalidate(self.index.set_project(self._project))
        for path in (self._analysed - before) & self._overlays.keys():
            self._touched.add(path)
            self._set_facts(path, self._edit(path, self._overlays[path]))
        return tuple(path for path in (*listing.specs, *listing.code) if path not in before)

    def _change_files(self, old: frozenset[str], listing: Listing, before: frozenset[str]) -> None:
        for path in before - self._analysed:
            self._touched.add(path)
            self._set_facts(path, None)
        self._invalidate(self.index.change_files(old - listing.files, listing.files - old, set(listing.code)))

    def batches(
        self, listing: Listing, cancelled: Callable[[], bool] = lambda: False, niceness: int = NICE
    ) -> Iterator[Batch]:
        """Read all files, in another thread if need be; each batch goes to :meth:`apply`.

        ``niceness`` is by how much the readers give way to other processes.
        """
        others: frozenset[str] | None = None
        for batch in scan(listing, self._store, cancelled, tuple(self._overlays), niceness):
            yield batch
            if others is None and batch.done:  # what is open comes first; the others are read meanwhile
                others = self._others.read(_not_analysed(listing), cancelled)
        self._other_words = others if others is not None else self._others.read(_not_analysed(listing), cancelled)
        self._project = self._projects.read(listing.files)

    def apply(self, batch: Batch) -> None:
        """Take in what was read. What lies open in an editor, and what was read at need before, stays."""
        for path, facts in batch.facts:
            if path in self._overlays or not self._is_analysed(path):
                continue
            if not self.index.is_complete and path in self.index.code:
                continue
            self._texts.pop(path, None)
            self._set_facts(path, facts)
            self._not_analysed.pop(path, None)
        for item in batch.not_analysed:
            self._not_analysed[item.path] = item.reason

    def finish_scan(self) -> None:
        """All files are read: from now on absence proves something."""
        self.index.is_complete = True
        self.index.set_other_words(self._other_words)
        self.index.set_project(self._project)
        for path in self.index.specs:
            self._ledger.judge_anew(path)

    def scan(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> None:
        """The first scan and check from start to end, blocking: for the command line."""
        self.scan_files(progress)
        self.look_back()

    def scan_files(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> None:
        """The same, but git is not asked about what is open."""
        with _keeping_everything():
            listing = self.discover()
            batches = self.batches(listing, niceness=0)
            next(batches, None)  # readers come up while the index takes in what is there
            self.set_listing(listing)
            for batch in batches:
                self.apply(batch)
                progress(batch.done, batch.total)
            self.finish_scan()
            self.check()

    def scan_again(self, paths: Iterable[str]) -> None:
        """Walk again, and read those of ``paths`` and all that is new, blocking: when many files have changed."""
        with _keeping_everything():
            listing = self.discover()
            new = self.set_listing(listing)
            wanted = sorted(self._analysed.intersection(paths).union(new), key=lambda path: kind_of(path) != "spec")
            for batch in scan_some(listing, wanted, self._store, niceness=0):
                self.apply(batch)
            self.check()

    def check(self, budget: float | None = None) -> frozenset[str]:
        """Judge claims that are due, for at most ``budget`` seconds; the paths whose drifts may look different now."""
        deadline = time.perf_counter() + budget if budget is not None else None
        touched = self._touched | self._ledger.settle(deadline, tuple(self._overlays))
        self._touched = set()
        self.changes += bool(touched)
        if self.is_complete and not self._is_settled and not self.is_due:
            self._is_settled = True
            gc.freeze()  # what is known now stays: searching it for garbage took 0.1 s between two keystrokes
        return frozenset(touched)

    def check_early(self, specs: Sequence[str], budget: float) -> tuple[frozenset[str], bool]:
        """Judge these documents alone while the first scan runs; the paths touched, and whether it was all of it."""
        touched = self._ledger.settle_these(specs, time.perf_counter() + budget)
        return frozenset(touched), not self._ledger.are_due(specs)

    def naming_open_code(self, specs: Iterable[str]) -> list[str]:
        """Those of ``specs`` that name anything that a Python file defines which is open in the editor."""
        defined = {
            symbol.name
            for path in self._overlays
            if (facts := self.index.code.get(path)) is not None
            for symbol in facts.symbols
            if "." not in symbol.name
        }
        return [path for path in specs if defined and not defined.isdisjoint(_named(self.index.specs.get(path)))]

    @property
    def is_due(self) -> bool:
        """Claims wait to be judged."""
        return self._ledger.is_due

    @property
    def is_complete(self) -> bool:
        """The first scan has ended."""
        return self.index.is_complete

    @property
    def listing(self) -> Listing | None:
        """What lies in the folder, with new files that an editor has; None before the first walk."""
        return self._listing

    # ------------------------------------------------------------------------------------------------------- history

    def wishes(self) -> frozenset[str]:
        """Names and paths whose past would decide a claim."""
        return frozenset(self.index.wishes) if self.settings.history else frozenset()

    def recall(self, wishes: Iterable[str], budget: float) -> dict[str, object]:
        """Ask git for the past of names and paths, for at most ``budget`` seconds; blocking, for any thread."""
        history = History(self.git, self._store)
        names = [w for w in wishes if "/" not in w]
        paths = [w for w in wishes if "/" in w]
        found: dict[str, object] = dict.fromkeys(names + paths)
        if names:
            found.update(history.once_defined(names, budget=budget))
        if paths:
            found.update(history.once_existed(paths, budget=budget))
        return found

    def learn_past(self, found: Mapping[str, object]) -> None:
        """Take in what git knew. Call check() next."""
        self._invalidate(self.index.set_past(found))

    def ask_past_again(self) -> None:
        """HEAD names another commit: what git said counts until it is asked again, which look_back() does."""
        self._commits.clear()
        self.index.wishes |= self.index.known_past()

    def look_back(self, budget: float = 120.0) -> None:
        """Ask git about everything that is open, then which commits broke what; blocking, for the command line."""
        wishes = self.wishes()
        if wishes:
            self.learn_past(self.recall(wishes, budget))
            self.check()
        if self.is_past_open:
            self.learn_commits(self.find_commits(self.drifts(), budget))

    @property
    def is_past_open(self) -> bool:
        """Git has not been asked about everything yet."""
        return self.settings.history and (
            bool(self.index.wishes) or any(drift.fingerprint not in self._commits for drift in self.drifts())
        )

    def find_commits(self, drifts: Iterable[DriftReport], budget: float) -> dict[str, Commit | None]:
        """By fingerprint, the commit after which each drift was there; blocking, for any thread."""
        found: dict[str, Commit | None] = {}
        if self.git.head() is None:
            return dict.fromkeys((drift.fingerprint for drift in drifts), None)
        history = History(self.git, self._store)
        deadline = time.perf_counter() + budget
        for drift in drifts:
            if drift.fingerprint in self._commits or time.perf_counter() > deadline:
                continue
            found[drift.fingerprint] = None
            past = self.index._past.get(drift.subject)  # noqa: SLF001 - no question of a claim: no key is due
            if isinstance(past, PastDefinition):
                found[drift.fingerprint] = past.removed_in
            elif drift.code is not None and drift.subject.isidentifier():
                pattern = rf"(^|[^[:alnum:]_]){drift.subject}([^[:alnum:]_]|$)"
                found[drift.fingerprint] = history.when_gone(drift.code.path, pattern)
        return found

    def learn_commits(self, found: Mapping[str, Commit | None]) -> None:
        """Take in which commits broke what."""
        self._commits.update(found)

    # --------------------------------------------------------------------------------------------------------- edits

    def update(self, path: str, data: bytes | None, *, overlay: bool) -> None:
        """The text of one file has changed (None: it is gone); ``overlay``: in the editor. Call check() next."""
        self._texts.pop(path, None)
        if overlay and data is not None:
            self._overlays[path] = data
        elif path in self._overlays:
            return  # the editor's text counts until the editor gives it back
        if overlay and self._walked is not None and path not in self._files() and self._unsaved.opened(path):
            self._list(self._walked)
        if not self._is_analysed(path):
            is_listed = path in self._files()
            is_news = is_listed != (data is not None) or (
                is_listed and (is_other(path) or is_project_file(path) or path.endswith(".gitignore"))
            )
            self.needs_listing = self.needs_listing or is_news
            return
        if not overlay and data is not None and self._digests.get(path) == _digest(data):
            return  # two watchers told of one change
        self._touched.add(path)
        self.needs_listing = self.needs_listing or (kind_of(path) == "spec" and is_other(path))
        if data is None:
            self._editing.pop(path, None)
            self._set_facts(path, None)
            self.needs_listing = True
        elif overlay:
            self._set_facts(path, self._edit(path, data))
        else:
            self._set_facts(path, facts_of(path, data))
            self._digests[path] = _digest(data)

    def is_unsaved(self, path: str) -> bool:
        """The file is new: an editor has it, and no walk saw it on disk yet."""
        return path in self._unsaved

    def close(self, path: str) -> None:
        """The editor gave the file back: what lies on disk counts again. Call check() next."""
        if self.release(path):
            return
        try:
            self.update(path, read_file(self.root, path), overlay=False)
        except Unreadable:
            self.update(path, None, overlay=False)
        if self._walked is not None and self._unsaved.closed(path):
            self._list(self._walked)

    def release(self, path: str) -> bool:
        """The same, but what lies on disk is not read as facts: True where it is the text that the editor had."""
        text = self._overlays.pop(path, None)
        self._editing.pop(path, None)
        try:
            return text is None or text == read_file(self.root, path)
        except Unreadable:
            return False

    def is_kept_parsed(self, path: str) -> bool:
        """The next update of this open file parses what changed, and not all of it."""
        return path in self._editing or not self._is_analysed(path)

    @staticmethod
    def parse(path: str, data: bytes) -> CodeDocument | SpecDocument:
        """The text of an open file, for :meth:`keep_parsed`; blocking, for any thread."""
        from vt_lsp.specs.readers import open_document  # noqa: PLC0415 - grammars load when they are needed

        return CodeDocument(data, path) if kind_of(path) == "code" else open_document(data, path)

    def keep_parsed(self, path: str, document: CodeDocument | SpecDocument) -> None:
        """Updates of this open file start from here."""
        self._editing[path] = document

    def _edit(self, path: str, data: bytes) -> Facts:
        known = self._editing.get(path)
        if known is not None:
            return known.edit(data)
        self._editing[path] = fresh = self.parse(path, data)
        return fresh.facts

    def _set_facts(self, path: str, facts: Facts | None) -> None:
        self._digests.pop(path, None)
        if kind_of(path) == "code":
            self._invalidate(self.index.set_code(path, facts if isinstance(facts, CodeFacts) else None))
            self._touched |= self._ledger.specs_about(path)
            facts = facts.docs if isinstance(facts, CodeFacts) else None
            if facts is None and path not in self.index.specs:
                return
        spec = self._with_roles(path, facts) if isinstance(facts, SpecFacts) else None
        self._invalidate(self.index.set_spec(path, spec))
        self._touched |= self._ledger.set_document(Document(path, spec, self.index) if spec else None, path)

    def _invalidate(self, changed: set[Key]) -> None:
        if EVERYTHING in changed:
            for path, facts in self.index.specs.items():
                self._ledger.set_document(Document(path, facts, self.index), path)
                self._ledger.judge_anew(path)
        self._ledger.invalidate(changed)

    def _read(self, path: str, data: bytes) -> Facts:
        """What another text of a file would say, with the roles that the settings give it.

        Read in part where the file is open, or was asked about lately: a long document takes half a second in whole.
        """
        text = self.text(path)
        if text is None or not self._is_analysed(path):
            facts = facts_of(path, data)
        elif path in self._editing:
            facts = self._editing[path].edit(data)
            self._editing[path].edit(text)
        else:
            if path not in self._drafts:
                self._drafts = dict([*self._drafts.items()][1 - _DRAFTS :]) | {path: self.parse(path, text)}
            facts = self._drafts[path].edit(data)
        return self._with_roles(path, facts) if isinstance(facts, SpecFacts) else facts

    def _with_roles(self, path: str, facts: SpecFacts) -> SpecFacts:
        for pattern, role in self.settings.roles.items():
            if fnmatchcase(path, pattern):
                claims = tuple(msgspec.structs.replace(c, role=Role(role)) for c in facts.claims)
                return msgspec.structs.replace(facts, claims=claims)
        return facts

    # ------------------------------------------------------------------------------------------------------- answers

    def text(self, path: str) -> bytes | None:
        """The text that counts: the editor's, else the file's; None where there is none to read."""
        if path in self._overlays:
            return self._overlays[path]
        if path not in self._texts:
            if len(self._texts) >= _TEXTS:
                self._texts.clear()
            try:
                self._texts[path] = read_file(self.root, path)
            except Unreadable:
                return None
        return self._texts[path]

    def code_facts(self, path: str) -> CodeFacts | None:
        """What a Python file defines."""
        return self.index.code.get(path)

    def spec_facts(self, path: str) -> SpecFacts | None:
        """What a document claims."""
        return self.index.specs.get(path)

    def drifts(self, path: str | None = None) -> Sequence[DriftReport]:
        """All drifts, or those with a side in ``path``, sorted by place; suppressed ones are left out."""
        self.acceptances.refresh()
        found = [self._located(c, v) for c, v in self._ledger.broken(path)]
        shown = [drift for drift in _numbered(found) if self._is_shown(drift)]
        return said_once(sorted(shown, key=lambda d: (d.spec.path, d.spec.start, d.drift_type, d.fingerprint)))

    def paths_with_drifts(self) -> frozenset[str]:
        """All files that have a side of a drift."""
        return frozenset(place.path for drift in self.drifts() for place in (drift.spec, drift.code) if place)

    def verdicts(self, path: str) -> Sequence[tuple[Claim, Verdict]]:
        """The claims of one document, in order, with what is known of each."""
        return self._ledger.verdicts(path)

    def claims_about(self, path: str, symbol: str | None = None) -> Sequence[tuple[str, Claim, Verdict]]:
        """Who speaks of a code file, or of one symbol of it and its members: (document, claim, verdict)."""
        return [
            (spec, claim, verdict)
            for spec in sorted(self._ledger.specs_about(path))
            for claim, verdict in self._ledger.verdicts(spec)
            if verdict.target and verdict.target[0] == path and (symbol is None or _is_part(verdict.target[1], symbol))
        ]

    def place_of(self, verdict: Verdict) -> Place | None:
        """Where the code lies that a verdict speaks of: a name, or the beginning of a file."""
        if verdict.target is not None:
            return _name_in(verdict.target[0], self._definitions(verdict.target)[:1])
        return verdict.report.code if verdict.report is not None else None

    def symbol_at(self, path: str, offset: int) -> Symbol | None:
        """The innermost symbol whose definition covers the byte offset."""
        facts = self.index.code.get(path)
        inside = [s for s in facts.symbols if s.start <= offset < s.end] if facts else []
        return min(inside, key=lambda s: s.end - s.start, default=None)

    def find(self, fingerprint: str) -> DriftReport | None:
        """The drift with this fingerprint, or with a unique beginning of it of at least 6 characters.

        Of drifts that say the same in one section (told apart by a number behind the fingerprint) it is the first.
        """
        if len(fingerprint) < _PREFIX:
            return None
        found = [d for d in self.drifts() if d.fingerprint.startswith(fingerprint)]
        exact = [d for d in found if d.fingerprint == fingerprint]
        if exact or len({d.fingerprint.partition("-")[0] for d in found}) == 1:
            return (exact or found)[0]
        return None

    def case(self, drift: DriftReport) -> Case | None:
        """A drift of now with its claim, its document and what it resolved to; None where it is gone."""
        from vt_lsp.continuous_eval.realignment.case import Case  # noqa: PLC0415 - nobody edits before `initialize`

        fingerprint, _, number = drift.fingerprint.partition("-")
        found = [
            (claim, verdict)
            for claim, verdict in self._ledger.verdicts(drift.spec.path)
            if verdict.report is not None and verdict.report.fingerprint == fingerprint
        ]
        found.sort(key=lambda pair: pair[0].start)
        place = int(number or 1) - 1
        facts = self.index.specs.get(drift.spec.path)
        if place >= len(found) or facts is None:
            return None
        claim, verdict = found[place]
        document = Document(drift.spec.path, facts, self.index)
        holding = partial(self._ledger.holding, most=_HOLDING)
        return Case(drift, claim, document, self.text, self._read, holding, verdict.target)

    def realignments(self, drift: DriftReport) -> Sequence[Realignment]:
        """The ways out of a drift, best first, each tried in memory; empty where it is gone. Not for the edit path."""
        from vt_lsp.continuous_eval.realignment.ways import realignments  # noqa: PLC0415 - the same

        case = self.case(drift) if self.is_complete else None
        return realignments(case, self.acceptances.settled(drift.drift_type)) if case is not None else ()

    def way_back(self, drift: DriftReport) -> Rollback | None:
        """What git knows to bring the code back to what the claim says; blocking, for the command line."""
        from vt_lsp.continuous_eval.rollback import run  # noqa: PLC0415 - the same

        search = self.way_back_steps(drift)
        return run(search) if search is not None else None

    def way_back_steps(self, drift: DriftReport) -> Steps | None:
        """The same as jobs for any thread, between which others have their turn; None where nothing is to be asked."""
        from vt_lsp.continuous_eval.rollback import steps  # noqa: PLC0415 - the same

        case = self.case(drift) if self.is_complete and self.settings.history else None
        return steps(case, self.git, self._store) if case is not None else None

    def judged(self, path: str) -> list[Judged]:
        """The claims of one document in the order of the text, each with what is shown of it."""
        verdicts = self.verdicts(path)
        is_broken = any(verdict.state == "broken" for _, verdict in verdicts)
        shown = {d.fingerprint: d for d in self.drifts(path) if d.spec.path == path} if is_broken else {}
        return judged(path, verdicts, shown)

    def compliance(self) -> Iterator[Compliance]:
        """How much holds in each document that claims anything, by path; in sections and requirements too."""
        lists = self._task_lists()
        for path, facts in sorted(self.index.specs.items()):
            claims = self.judged(path)
            if claims or facts.requirements:
                yield compliance(path, facts, claims, lists_for(path, lists))

    def compliance_of(self, path: str) -> Compliance | None:
        """The same for one document; None where it is not read."""
        facts = self.index.specs.get(path)
        return compliance(path, facts, self.judged(path), lists_for(path, self._task_lists())) if facts else None

    def _task_lists(self) -> dict[str, TaskList]:
        specs = self.index.specs.items()
        return {path: TaskList(facts.tasks, self.judged(path)) for path, facts in specs if facts.tasks}

    def acceptable(self, drift: DriftReport) -> Acceptance:
        """What a person accepts who accepts this drift: claim and code as they are now."""
        return accepted_form(drift, self._symbols_of(drift))

    def symbol_of(self, drift: DriftReport) -> str:
        """The qualified name of what the drift's code side defines, or ""."""
        return next((symbol.name for symbol in self._symbols_of(drift)), "")

    def _symbols_of(self, drift: DriftReport) -> list[Symbol]:
        facts = self.index.code.get(drift.code.path) if drift.code is not None and drift.code.end else None
        here = [s for s in facts.symbols if drift.code and s.name_start == drift.code.start] if facts else []
        return [s for s in facts.symbols if here and s.name == here[0].name] if facts else []

    def claims(self) -> Mapping[str, tuple[int, int]]:
        """For each document, how many of its claims hold, and how many it has; without looking at any of them."""
        return self._ledger.claims()

    def summary(self) -> Summary:
        """The counts of everything that is judged now."""
        drifts = self.drifts()
        states = self._ledger.states()
        by_type: dict[str, int] = {}
        by_severity: dict[str, int] = {}
        for drift in drifts:
            by_type[drift.drift_type] = by_type.get(drift.drift_type, 0) + 1
            by_severity[drift.severity] = by_severity.get(drift.severity, 0) + 1
        left_out = {item.path: item.reason for item in (self._listing.not_analysed if self._listing else ())}
        left_out.update(self._not_analysed)
        return Summary(
            files=len(self._listing.code) if self._listing else 0,
            specs=len(self._listing.specs) if self._listing else 0,
            claims=sum(states.values()),
            holds=states["holds"],
            broken=len(drifts),
            unknown=sum(states.values()) - states["holds"] - len(drifts),  # what is suppressed says nothing
            by_type=by_type,
            by_severity=by_severity,
            not_analysed=tuple(NotAnalysed(p, r) for p, r in sorted(left_out.items())),
        )

    @property
    def store(self) -> FactsStore | None:
        """The cache on disk, for answers that hang on the history; None where there can be none."""
        return self._store

    def revision(self) -> str | None:
        """The git commit that HEAD names, or None."""
        return self.git.head()

    def dispose(self) -> None:
        """Close what lies on disk."""
        self.acceptances.close()
        if self._store is not None:
            self._store.close()
        gc.unfreeze()

    # ------------------------------------------------------------------------------------------------------- helpers

    def _files(self) -> frozenset[str]:
        return self._listing.files if self._listing else frozenset()

    def _is_analysed(self, path: str) -> bool:
        return path in self._analysed

    def _is_on_disk(self, path: str) -> bool:
        if path.startswith(("/", "..")):
            return False
        try:
            return (self.root / path).exists()
        except OSError:
            return True  # nobody may look: it may be there

    def _load(self, path: str) -> CodeFacts | None:
        """Facts that a claim of an open document needs before the scan has come to them."""
        try:
            data = read_file(self.root, path)
        except Unreadable:
            return None
        key = key_of(path, data)
        known = self._store.load([key]).get(key) if self._store is not None else None
        if known is not None:
            return msgspec.msgpack.decode(known, type=CodeFacts)
        facts = facts_of(path, data)
        return facts if isinstance(facts, CodeFacts) else None

    def _located(self, claim: Claim, verdict: Verdict) -> DriftReport:
        """The report with both places as the texts stand now."""
        report = verdict.report
        assert report is not None
        code = report.code
        if verdict.target is not None:
            code = _name_in(verdict.target[0], self._definitions(verdict.target)[-1:])
        drift = replace(
            report,
            spec=Place(report.file_path, claim.start, claim.end),
            code=code,
            severity=self._severity(report),
            broken_by=self._commits.get(report.fingerprint),
        )
        text, facts = self.text(report.file_path) or b"", self.index.specs.get(report.file_path)
        drift = without_entry(focused(drift, text), text)
        if code is not None:
            drift = at_import(drift, self.text(code.path) or b"", self.index.layout.names.get(code.path, ""))
        if claim.kind == "function" and "directive" in claim.hints:
            drift = with_signature(drift, Place(report.file_path, claim.start, claim.end), text)
        return unticked(drift, facts.tasks if facts is not None else (), text)

    def _definitions(self, target: tuple[str, str]) -> Sequence[Symbol]:
        path, name = target
        return self.index._table(path).get(name, ()) if name else ()  # noqa: SLF001 - no question of a claim

    def _severity(self, report: DriftReport) -> Severity:
        chosen = self.settings.severity.get(report.drift_type)
        return Severity(chosen) if chosen and chosen != "off" else report.severity

    def _is_shown(self, drift: DriftReport) -> bool:
        settings = self.settings
        if settings.select and drift.drift_type not in settings.select:
            return False
        if drift.drift_type in settings.ignore or settings.severity.get(drift.drift_type) == "off":
            return False
        if self.acceptances.names(drift.fingerprint) and self.acceptances.covers(self.acceptable(drift)):
            return False
        facts = self.index.specs.get(drift.spec.path)
        return not is_ignored(drift, facts.ignores if facts else (), self.text)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _name_in(path: str, found: Sequence[Symbol]) -> Place:
    """The name of the definition, or the beginning of the file without one."""
    if not found:
        return Place(path, 0, 0)
    start = found[0].name_start
    return Place(path, start, start + len(found[0].name.rpartition(".")[2].encode()))


def _named(facts: SpecFacts | None) -> set[str]:
    """The parts of all names that a document speaks of."""
    claims = facts.claims if facts is not None else ()
    return {part for claim in claims for name in (claim.subject, claim.owner) for part in name.split(".")}


def _not_analysed(listing: Listing) -> frozenset[str]:
    """Files whose words count, since no claims of names are read from them."""
    return listing.files.difference(listing.code, (path for path in listing.specs if not is_other(path)))


@contextmanager
def _keeping_everything() -> Iterator[None]:
    """No search for garbage: a scan makes next to none, and searching took a fifth of its time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _is_part(name: str, symbol: str) -> bool:
    return name == symbol or name.startswith(symbol + ".")


def _numbered(drifts: list[DriftReport]) -> Iterator[DriftReport]:
    """Equal fingerprints in one document (the same words twice in a section) are told apart by their order."""
    seen: dict[str, int] = {}
    for drift in sorted(drifts, key=lambda d: (d.spec.path, d.spec.start)):
        count = seen[drift.fingerprint] = seen.get(drift.fingerprint, 0) + 1
        yield drift if count == 1 else replace(drift, fingerprint=f"{drift.fingerprint}-{count}")
