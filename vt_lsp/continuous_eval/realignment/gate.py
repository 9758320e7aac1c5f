"""An edit is offered only after it was made in memory: the text still parses, and the drift is gone."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from vt_lsp.continuous_eval.drift_detector.document import Document, content
from vt_lsp.continuous_eval.drift_detector.judge import judge
from vt_lsp.models import CodeFacts, SpecFacts
from vt_lsp.workspace.discovery import kind_of
from vt_lsp.workspace.imagine import supposed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import Claim, Edit
    from vt_lsp.workspace.differences import Key
    from vt_lsp.workspace.scan import Facts

# The claim holds now; nothing is said of it any more; another drift shows, at the same place or in another document.
Proof = Literal["holds", "silent", "other"]


def applied(text: bytes, edits: Iterable[Edit]) -> bytes:
    """The text with all edits made; the offsets are those of the text as it was."""
    for edit in sorted(edits, key=lambda e: (e.place.start, e.place.end), reverse=True):
        text = text[: edit.place.start] + edit.new_text.encode("utf-8", "surrogateescape") + text[edit.place.end :]
    return text


def are_apart(edits: Sequence[Edit]) -> bool:
    """No two edits of one file touch the same bytes."""
    ordered = sorted(edits, key=lambda e: (e.place.path, e.place.start, e.place.end))
    return all(
        one.place.path != other.place.path or one.place.end <= other.place.start for one, other in pairwise(ordered)
    )


def proves(case: Case, edits: Sequence[Edit]) -> Proof | None:
    """What becomes of the drift when the edits are made; None where they are not to be offered.

    They are not where they overlap, change nothing, make a new syntax error, lose claims of other lines, or leave the
    drift.
    """
    if not edits or not are_apart(edits):
        return None
    texts = _edited(case, edits)
    if texts is None or any(not _still_parses(path, case.text(path) or b"", new) for path, new in texts.items()):
        return None
    facts = {path: case.read(path, new) for path, new in texts.items()}
    path = case.document.path
    new = _said(facts.get(path, case.document.facts))
    if new is None:
        return None
    lines = _lines([edit for edit in edits if edit.place.path == path], case.text(path) or b"", texts.get(path, b""))
    if path in facts and not _keeps_others(case.document.facts, new, lines):
        return None
    with supposed(case.index, facts) as changed:
        proof = _outcome(case, Document(path, new, case.index), [after for _, after in lines])
        return "other" if proof is not None and _breaks_others(case, facts, changed) else proof


def _breaks_others(case: Case, edited: Mapping[str, Facts], changed: Iterable[Key]) -> bool:
    """A claim of another document that holds would not hold any more."""
    documents: dict[str, Document] = {}
    for path, claim in case.holding(changed):
        facts = case.index.specs.get(path)
        if path in edited or path == case.document.path or facts is None:
            continue
        document = documents.setdefault(path, Document(path, facts, case.index))
        if judge(claim, document).state == "broken":
            return True
    return False


def _outcome(case: Case, document: Document, lines: list[tuple[int, int]]) -> Proof | None:
    """The verdicts on the claim itself and on the claims of the edited lines."""
    document.begin()
    same = [c for c in document.facts.claims if content(c) == content(case.claim)]
    before = sum(content(c) == content(case.claim) for c in case.document.facts.claims)
    if len(same) >= before:
        verdicts = [judge(claim, document) for claim in same]
        if any(v.report is not None and v.report.drift_type is case.drift.drift_type for v in verdicts):
            return None
        if any(v.state == "broken" for v in verdicts):
            return "other"
        if any(v.state == "holds" for v in verdicts):
            return "holds"
    known = Counter(content(c) for c in case.document.facts.claims)
    fresh = [c for c in document.facts.claims if _is_in(c, lines) and not known[content(c)]]
    states = [judge(claim, document) for claim in fresh]
    fingerprint = case.drift.fingerprint.partition("-")[0]
    if any(v.report is not None and v.report.fingerprint == fingerprint for v in states):
        return None
    if any(v.state == "broken" for v in states):
        return "other"
    return "holds" if any(v.state == "holds" for v in states) else "silent"


def _edited(case: Case, edits: Sequence[Edit]) -> dict[str, bytes] | None:
    """The new text of each file; None where one is not as the edits take it to be, or where nothing changes."""
    texts: dict[str, bytes] = {}
    for path in {edit.place.path for edit in edits}:
        own = [edit for edit in edits if edit.place.path == path]
        old = case.text(path)
        if old is None and any(edit.place.end for edit in own):
            return None
        if path.startswith(("/", "..")) or any(edit.place.end > len(old or b"") for edit in own):
            return None
        texts[path] = applied(old or b"", own)
        if texts[path] == old:
            return None
    return texts


def _still_parses(path: str, old: bytes, new: bytes) -> bool:
    """Python has no more syntax errors than before; of other files, their readers know no errors."""
    if kind_of(path) != "code":
        return True
    from vt_lsp.code.grammar import parser  # noqa: PLC0415 - the grammar loads when it is needed

    tree = parser().parse(new)
    return not tree.root_node.has_error or parser().parse(old).root_node.has_error


def _said(facts: Facts | None) -> SpecFacts | None:
    return facts.docs if isinstance(facts, CodeFacts) else facts


Span = tuple[int, int]


def _lines(edits: Sequence[Edit], old: bytes, new: bytes) -> list[tuple[Span, Span]]:
    """The spans of the lines that each edit changes, before and after."""
    found: list[tuple[Span, Span]] = []
    shift = 0
    for edit in sorted(edits, key=lambda e: (e.place.start, e.place.end)):
        width = len(edit.new_text.encode("utf-8", "surrogateescape"))
        start = edit.place.start + shift
        found.append((_whole_lines(old, edit.place.start, edit.place.end), _whole_lines(new, start, start + width)))
        shift += width - (edit.place.end - edit.place.start)
    return found


def _whole_lines(text: bytes, start: int, end: int) -> Span:
    stop = text.find(b"\n", end)
    return text.rfind(b"\n", 0, start) + 1, stop if stop >= 0 else len(text)


def _keeps_others(old: SpecFacts, new: SpecFacts, lines: Sequence[tuple[Span, Span]]) -> bool:
    """The lines that nobody edits claim as much as before, kind by kind."""
    before = Counter(c.kind for c in old.claims if not _is_in(c, [span for span, _ in lines]))
    after = Counter(c.kind for c in new.claims if not _is_in(c, [span for _, span in lines]))
    return all(after[kind] >= count for kind, count in before.items())


def _is_in(claim: Claim, spans: Iterable[Span]) -> bool:
    return any(start <= claim.end and claim.start <= end for start, end in spans)
