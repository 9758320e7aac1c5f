"""When did the claim hold last, which commit broke it, and what would bring just that piece of the code back.

The search asks for the texts of one revision after the other and does no input itself, so that a server can let others
have their turn in between, and give up at any time.
"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import msgspec

from vt_lsp.continuous_eval.drift_detector.document import Document, content
from vt_lsp.continuous_eval.drift_detector.judge import judge
from vt_lsp.continuous_eval.realignment.gate import proves
from vt_lsp.models import CodeFacts, Commit, Edit, Place, Realignment
from vt_lsp.workspace.history import PastDefinition
from vt_lsp.workspace.imagine import supposed
from vt_lsp.workspace.patches import patched, unified
from vt_lsp.workspace.revisions import revisions, texts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.workspace.git import Git
    from vt_lsp.workspace.revisions import Revision
    from vt_lsp.workspace.scan import Facts
    from vt_lsp.workspace.store import FactsStore

    Texts = Mapping[str, bytes]
    Search = Generator[Revision, Texts, "Breakage | None"]
    Steps = Generator[Callable[[], Any], Any, "Rollback | None"]

_MOST_HUNKS: Final = 40
_MOST_LINES: Final = 20_000
_SURE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Breakage:
    """The claim held in ``held`` and no longer in ``broken`` (None: in no commit yet); the code's text then."""

    held: Commit
    broken: Commit | None
    before: bytes


@dataclass(frozen=True, slots=True)
class Rollback:
    """A way back: the edit of the code that makes the claim hold again, and the diff of what had broken it."""

    breakage: Breakage
    way: Realignment
    diff: str


def steps(case: Case, git: Git, store: FactsStore | None) -> Steps:
    """The whole search as jobs for any thread: run each that is yielded, and send what it gives.

    Answers are kept in ``store`` under the commit that HEAD names. No text may change before the last step.
    """
    path = code_path(case)
    head = (yield git.head) if path is not None else None
    if path is None or head is None:
        return None
    key = _key(head, path, case)
    breakage = yield partial(_recall, store, key)
    if not isinstance(breakage, Breakage):
        found = yield partial(revisions, git, tuple(dict.fromkeys((case.document.path, path))))
        looking = search(case, path, found)
        try:
            asked = next(looking)
            while True:
                asked = looking.send((yield partial(texts_of, git, asked)))
        except StopIteration as ended:
            breakage = ended.value
        if breakage is None:
            return None
        yield partial(_remember, store, key, breakage)
    return way_back(case, path, breakage)


def run(search: Steps) -> Rollback | None:
    """Do all steps here and now; blocking, for the command line."""
    try:
        job = next(search)
        while True:
            job = search.send(job())
    except StopIteration as ended:
        found: Rollback | None = ended.value
        return found


def _key(head: str, path: str, case: Case) -> bytes:
    text = f"rollback\0{head}\0{case.document.path}\0{path}\0{case.drift.fingerprint}"
    return hashlib.blake2b(text.encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _recall(store: FactsStore | None, key: bytes) -> Breakage | None:
    kept = store.load([key]).get(key) if store is not None else None
    try:
        return msgspec.msgpack.decode(kept, type=Breakage) if kept is not None else None
    except msgspec.MsgspecError:
        return None


def _remember(store: FactsStore | None, key: bytes, found: Breakage) -> None:
    if store is not None:
        store.save([(key, msgspec.msgpack.encode(found))])


def code_path(case: Case) -> str | None:
    """The file that once did what the claim says, if it is still there."""
    drift = case.drift
    path = case.target[0] if case.target is not None else drift.code.path if drift.code is not None else None
    if path is None:
        past = case.index._past.get(drift.subject)  # noqa: SLF001 - no question of a claim: no key is due
        path = past.path if isinstance(past, PastDefinition) else None
    return path if path in case.index.code else None


def search(case: Case, path: str, past: Sequence[Revision]) -> Search:
    """Between which two of the ``past`` revisions (newest first) the claim broke; yields those whose texts it needs.

    First it goes back in growing steps until the claim holds, then it halves. A text that never held gives None.
    """
    low, high, step = -1, None, 1  # at low it is broken, at high it holds; -1 is now
    held: dict[int, Texts] = {}
    probed = 0
    while high is None and probed < len(past):
        texts = yield past[probed]
        if _holds(case, texts):
            high, held[probed] = probed, texts
        else:
            low = probed
            if probed == len(past) - 1:
                return None
            probed, step = min(probed + step, len(past) - 1), 2 * step
    while high is not None and high - low > 1:
        middle = (low + high) // 2
        texts = yield past[middle]
        if _holds(case, texts):
            high, held[middle] = middle, texts
        else:
            low = middle
    if high is None:
        return None
    broken = past[low].commit if low >= 0 else None
    return Breakage(past[high].commit, broken, held[high].get(path, b""))


def _holds(case: Case, texts: Texts) -> bool:
    """The document of then makes the claim, and the code of then does it; all else is taken as it is now."""
    spec = case.document.path
    facts: dict[str, Facts | None] = {path: case.read(path, text) for path, text in texts.items()}
    said = facts.get(spec)
    said = said.docs if isinstance(said, CodeFacts) else said
    if said is None:
        return False
    wanted = content(case.claim)
    claims = [claim for claim in said.claims if content(claim) == wanted]
    if not claims:
        return False
    with supposed(case.index, facts):
        document = Document(spec, said, case.index)
        document.begin()
        return any(judge(claim, document).state == "holds" for claim in claims)


def way_back(case: Case, path: str, breakage: Breakage) -> Rollback | None:
    """The smallest piece of the code's text of then that makes the claim hold again; None where none alone does."""
    now = case.text(path)
    if now is None:
        return None
    edits = next((hunk for hunk in _hunks(path, now, breakage.before) if proves(case, hunk) == "holds"), None)
    if edits is None:
        return None
    by = f"`{breakage.broken.commit[:10]}`" if breakage.broken is not None else "the last change"
    way = Realignment(
        f"Bring back what {by} took away",
        "code",
        edits,
        safe=False,
        confidence=_SURE,
        kind="rollback",
        effort="lines",
        reason=f"The claim held until {said_of(breakage)}.",
        symbol=case.target if case.target is not None and case.target[1] else None,
    )
    return Rollback(breakage, way, unified(path, patched(now, edits), now))


def said_of(breakage: Breakage) -> str:
    """The commit that broke it, in words."""
    if breakage.broken is None:
        return "a change that is not committed"
    one = breakage.broken
    return f"{one.commit[:10]} ({one.date}: {one.subject})"


def _hunks(path: str, now: bytes, before: bytes) -> Iterator[tuple[Edit, ...]]:
    """The differences one by one, smallest first, then all that stand in one piece of code together."""
    new, old = now.splitlines(keepends=True), before.splitlines(keepends=True)
    if max(len(new), len(old)) > _MOST_LINES:
        return
    starts = [0]
    for line in new:
        starts.append(starts[-1] + len(line))
    edits = []
    for tag, i1, i2, j1, j2 in _differences(new, old):
        if tag != "equal":
            words = b"".join(old[j1:j2]).decode("utf-8", "surrogateescape")
            edits.append(Edit(Place(path, starts[i1], starts[i2]), words))
    if len(edits) > _MOST_HUNKS:
        return
    for edit in sorted(edits, key=lambda one: (one.place.end - one.place.start) + len(one.new_text)):
        yield (edit,)
    yield from ((one, other) for one, other in pairwise(edits))


def _differences(new: list[bytes], old: list[bytes]) -> Iterator[tuple[str, int, int, int, int]]:
    """The differences of two lists of lines; what is equal at both ends costs nothing."""
    head = 0
    while head < min(len(new), len(old)) and new[head] == old[head]:
        head += 1
    tail = 0
    while tail < min(len(new), len(old)) - head and new[-1 - tail] == old[-1 - tail]:
        tail += 1
    matcher = difflib.SequenceMatcher(
        None, new[head : len(new) - tail], old[head : len(old) - tail], autojunk=len(new) > 1000
    )
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        yield tag, i1 + head, i2 + head, j1 + head, j2 + head
