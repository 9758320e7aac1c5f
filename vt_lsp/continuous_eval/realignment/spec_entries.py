"""Change the spec: the entry of a list, a table, a tree or a stub, or a link, goes or says where the thing is now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vt_lsp.models import DriftType, Edit, Place, Realignment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.continuous_eval.realignment.case import Case

_GONE = frozenset(
    {DriftType.MISSING_MEMBER, DriftType.MISSING_SYMBOL, DriftType.MISSING_FILE, DriftType.ENUM_MEMBER,
     DriftType.CLI_OPTION, DriftType.ENVIRONMENT_VARIABLE, DriftType.ROUTE}
)  # fmt: skip
_BULLET = re.compile(rb"[ \t]*(?:[-*+]|\d+[.)])[ \t]")
_BRANCH = re.compile(
    "^(?P<rule>[\u2502\u2503| \t\u00a0]*)(?P<corner>[\u251c\u2514\u2517\u2523\u2570+`|\\\\])[\u2500\u2501-]+"
)
_LAST = {"\u251c": "\u2514", "\u2523": "\u2517"}
_LINK = re.compile(rb"!?\[(?P<text>[^\[\]\n]*)\]\((?P<target>[^()\n]*)\)")
_DEFINITION = re.compile(rb"[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]")
_FIELD = re.compile(rb"[ \t]*\w+[ \t]*[:=][^\n]*")


def entry_removals(case: Case) -> Iterator[Realignment]:
    """The bullet, the row or the stub that names what is not there, with what belongs to it."""
    claim, text = case.claim, case.spec
    is_entry = case.drift.drift_type is DriftType.SIGNATURE_MISMATCH and claim.kind == "parameter"
    if not (case.drift.drift_type in _GONE or is_entry) or case.is_slip():
        return
    start, end = _line(text, claim.start)
    line, lead = text[start:end], text[start : claim.start]
    if line.lstrip().startswith(b"|") and not lead.strip(b" \t|*`["):
        what = "row"
    elif _BULLET.match(line) and not _BULLET.sub(b"", lead).strip(b" \t*`[xX]"):
        what, end = "entry", _block_end(text, start, end)
    elif "stub" in claim.hints and _DEFINITION.match(line):
        what, start, end = "stub", _decorators(text, start), _block_end(text, start, end)
    elif "stub" in claim.hints and _FIELD.fullmatch(line.rstrip()) and line.count(b"(") == line.count(b")"):
        what = "line"
    else:
        return
    yield Realignment(
        f"Remove the {what} of `{case.drift.subject}` from the spec", "spec",
        (Edit(Place(case.document.path, start, end), ""),), safe=False, confidence=0.45, kind="remove-entry",
        effort="line" if text.count(b"\n", start, end) == 1 else "lines",
    )  # fmt: skip


def _decorators(text: bytes, start: int) -> int:
    """Where the decorators above a definition begin."""
    while start:
        above = _line(text, start - 1)[0]
        if not text[above:start].lstrip().startswith(b"@"):
            break
        start = above
    return start


def _line(text: bytes, offset: int) -> tuple[int, int]:
    """The line at an offset, with its line end."""
    stop = text.find(b"\n", offset)
    return text.rfind(b"\n", 0, offset) + 1, stop + 1 if stop >= 0 else len(text)


def _block_end(text: bytes, start: int, end: int) -> int:
    """Behind the lines that are indented below a bullet or a definition."""
    indent = len(text[start:end]) - len(text[start:end].lstrip())
    while end < len(text):
        following = text[end : _line(text, end)[1]]
        if not following.strip() or len(following) - len(following.lstrip()) <= indent:
            break
        end += len(following)
    return end


def tree_changes(case: Case) -> Iterator[Realignment]:
    """The entry of a tree gets its new name where the file is in the same folder, or goes with all below it."""
    if case.drift.drift_type is not DriftType.TREE_ENTRY or case.claim.kind != "tree-entry":
        return
    claim, text, path = case.claim, case.spec, case.document.path
    name = claim.subject.rstrip("/").rpartition("/")[2]
    now = case.drift.actual
    target = next((s.split("`")[1] for s in case.drift.suggestions if s.startswith("Create `")), "")
    if now and target and now.rpartition("/")[0] == target.rpartition("/")[0]:
        edit = _renamed(text, claim.start, claim.end, name, now.rpartition("/")[2], path)
        if edit is not None:
            yield Realignment(
                f"Change the tree to `{now.rpartition('/')[2]}`", "spec", (edit,), safe=False,
                confidence=case.drift.confidence, kind="tree-entry",
            )  # fmt: skip
    removed = _removed(text, claim.start, path)
    if removed:
        yield Realignment(
            f"Remove `{claim.subject}` from the tree", "spec", tuple(removed), safe=False,
            confidence=0.8 if case.drift.confidence >= 0.97 else 0.7, kind="remove-entry", effort="line",
        )  # fmt: skip


def _renamed(text: bytes, start: int, end: int, old: str, new: str, path: str) -> Edit | None:  # noqa: PLR0913, PLR0917
    """The name, with the blanks before a comment so many fewer or more that comments stay in their column."""
    at = text.find(old.encode(), start, end)
    if at < 0:
        return None
    stop = at + len(old.encode())
    line_end = _line(text, at)[1]
    gap = re.match(rb"( {2,})(?=#|\xe2\x86\x90|<-|--)", text[stop:line_end])
    if gap is None:
        return Edit(Place(path, at, stop), new)
    width = max(1, len(gap[1]) - (len(new) - len(old)))
    return Edit(Place(path, at, stop + len(gap[1])), new + " " * width)


def _removed(text: bytes, offset: int, path: str) -> list[Edit]:
    """The line of the entry and the lines below it; the sibling before it becomes the last one where it was."""
    start, end = _line(text, offset)
    line = text[start:end].decode("utf-8", "surrogateescape")
    if line.count(",") and "#" not in line.partition(",")[0]:
        return []  # several names in one line
    drawn = _BRANCH.match(line)
    depth = len(drawn["rule"]) if drawn else len(line) - len(line.lstrip())
    stop = end
    while stop < len(text):
        following = text[stop : _line(text, stop)[1]]
        below = following.decode("utf-8", "surrogateescape")
        branch = _BRANCH.match(below)
        inner = len(branch["rule"]) if branch else len(below) - len(below.lstrip())
        if (
            not below.strip()
            or below.lstrip().startswith(("```", "~~~"))
            or inner <= depth
            or bool(drawn) != bool(branch)
        ):
            break
        stop += len(following)
    edits = [Edit(Place(path, start, stop), "")]
    if drawn and drawn["corner"] in "\u2514\u2517":
        before = _sibling(text, start, depth)
        if before is not None:
            edits.insert(0, Edit(Place(path, before[0], before[1]), before[2]))
    return edits


def _sibling(text: bytes, start: int, depth: int) -> tuple[int, int, str] | None:
    """The corner of the entry before, at the same depth, as the corner of a last entry; only of one without entries.

    The rules beside the entries below a folder would have to go too.
    """
    if not start:
        return None
    begin, end = _line(text, start - 1)
    line = text[begin:end].decode("utf-8", "surrogateescape")
    branch = _BRANCH.match(line)
    if branch is None or len(branch["rule"]) != depth or branch["corner"] not in _LAST:
        return None
    at = begin + len(branch["rule"].encode())
    return at, at + len(branch["corner"].encode()), _LAST[branch["corner"]]


def unlinked(case: Case) -> Iterator[Realignment]:
    """The words of a broken link stay, the link goes."""
    if case.drift.drift_type is not DriftType.BROKEN_LINK:
        return
    start, end = _line(case.spec, case.drift.spec.start)
    for match in _LINK.finditer(case.spec, start, end):
        if match.start() <= case.drift.spec.start <= match.end() and not match[0].startswith(b"!") and match["text"]:
            words = match["text"].decode("utf-8", "surrogateescape")
            yield Realignment(
                "Remove the link, keep its words", "spec",
                (Edit(Place(case.document.path, match.start(), match.end()), words),), safe=False, confidence=0.4,
                kind="remove-link",
            )  # fmt: skip


def moved_tasks(case: Case) -> Iterator[Realignment]:
    """The file that a finished task names is the one in which its name is now."""
    claim, text, now = case.claim, case.spec, case.drift.actual
    if case.drift.drift_type is not DriftType.TASK_MOVED or not claim.owner or not now:
        return
    start, end = _line(text, claim.start)
    at = text.find(claim.owner.encode(), start, end)
    if at >= 0:
        yield Realignment(
            f"Change the task to `{now}`", "spec",
            (Edit(Place(case.document.path, at, at + len(claim.owner.encode())), now),), safe=False,
            confidence=case.drift.confidence, kind="path",
        )  # fmt: skip


def requirement_changes(case: Case) -> Iterator[Realignment]:
    """A reference to a requirement that nobody defines goes out of its list."""
    if case.drift.drift_type is not DriftType.UNKNOWN_REQUIREMENT or case.claim.kind != "reference":
        return
    text, place = case.spec, case.drift.spec
    before, after = text[: place.start].rstrip(b" "), text[place.end :]
    if before.endswith(b","):
        start, end = len(before) - 1, place.end
    elif after.lstrip(b" ").startswith(b","):
        rest = after.lstrip(b" ")[1:].lstrip(b" ")
        start, end = place.start, len(text) - len(rest)
    else:
        return
    yield Realignment(
        f"Remove `{case.drift.subject}` from the list", "spec", (Edit(Place(place.path, start, end), ""),), safe=False,
        confidence=0.5, kind="remove-reference",
    )  # fmt: skip


def record_links(case: Case) -> Iterator[Realignment]:
    """The record that is said to supersede this one says so itself; an OpenAPI path is the one that is served."""
    if case.drift.drift_type is DriftType.ADR_GRAPH and case.drift.code is not None:
        words = next((s.split("`")[1] for s in case.drift.suggestions if s.startswith("Write `Supersedes")), "")
        path = case.drift.code.path
        facts, text = case.index.specs.get(path), case.text(path)
        if words and facts is not None and text is not None and facts.state is not None:
            end = _line(text, facts.state[2])[1]
            newline = "\r\n" if b"\r\n" in text[:4096] else "\n"
            yield Realignment(
                f"Write `{words}` in `{path}`", "spec", (Edit(Place(path, end, end), f"{newline}{words}{newline}"),),
                safe=False, confidence=0.8, kind="record-link", effort="line",
            )  # fmt: skip
    if case.drift.drift_type is DriftType.OPENAPI_OPERATION:
        yield from _served_path(case)


def _served_path(case: Case) -> Iterator[Realignment]:
    right = next((s.split("`")[1] for s in case.drift.suggestions if s.startswith("Change the path to `")), "")
    wrong = case.claim.subject.encode()
    at = case.spec.rfind(wrong, 0, case.claim.start)
    if right and at >= 0:
        yield Realignment(
            f"Change the path to `{right}`", "spec", (Edit(Place(case.document.path, at, at + len(wrong)), right),),
            safe=False, confidence=case.drift.confidence, kind="path",
        )  # fmt: skip
