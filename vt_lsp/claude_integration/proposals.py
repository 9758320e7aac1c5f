"""What Claude proposes to change: from a structured answer to edits that are checked, shown and applied by a person.

Nothing here writes. An edit names the lines that it replaces; they must stand in the file exactly once, in a file of
the side that was to be changed, and the whole must pass the gate that our own realignments pass.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from vt_lsp.models import Edit, Place
from vt_lsp.workspace.discovery import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vt_lsp.engine import Engine
    from vt_lsp.models import DriftReport

_MOST: Final = 12
_TARGETS: Final = {"spec": "document", "code": "Python file"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that is offered; ``problem`` says why it is not to be applied, "" where it may be.

    ``proven``: the drift is gone with it, no syntax error and no other drift comes.
    """

    summary: str
    edits: tuple[Edit, ...] = ()
    problem: str = ""
    proven: bool = False


def proposal(engine: Engine, drift: DriftReport, target: str, data: Any, allows: Callable[[str], bool]) -> Proposal:  # noqa: ANN401 - JSON
    """What a structured answer proposes for a drift; ``data`` fits the template's schema, or is None."""
    if not isinstance(data, dict):
        return Proposal("", problem="No change was proposed.")
    summary = str(data.get("summary", ""))
    edits: list[Edit] = []
    for row in list(data.get("edits", ()))[:_MOST]:
        found = _edit(engine, target, row, allows)
        if isinstance(found, str):
            return Proposal(summary, problem=found)
        edits.append(found)
    if not edits:
        return Proposal(summary, problem="No change was proposed.")
    edits.sort(key=lambda edit: (edit.place.path, edit.place.start))
    for one, other in pairwise(edits):
        if one.place.path == other.place.path and one.place.end > other.place.start:
            return Proposal(summary, problem="Two of the proposed changes overlap.")
    proof = proven(engine, drift, edits)
    return Proposal(summary, tuple(edits), "" if proof.is_good else proof.problem, proof.is_good)


def _edit(engine: Engine, target: str, row: Mapping[str, Any], allows: Callable[[str], bool]) -> Edit | str:
    """One replacement, or why it cannot be made."""
    path, old, new = (str(row.get(key, "")) for key in ("path", "old", "new"))
    kind = kind_of(path)
    is_analysed = engine.code_facts(path) is not None or engine.spec_facts(path) is not None
    if kind != target or not is_analysed or not allows(path):
        return f"A change was proposed in `{path}`, which is no {_TARGETS[target]} of this project."
    data = engine.text(path) or b""
    found = data.replace(b"\r\n", b"\n") if b"\r\n" in data and "\r\n" not in old else data
    needle = old.encode("utf-8", "surrogatepass")
    if not needle or found.count(needle) != 1:
        return f"The lines to be replaced stand {found.count(needle) if needle else 0} times in `{path}`, not once."
    if found is not data:
        needle, new = needle.replace(b"\n", b"\r\n"), new.replace("\n", "\r\n")
    start = data.find(needle)
    return Edit(Place(path, start, start + len(needle)), new) if start >= 0 else f"`{path}` has mixed line ends."


@dataclass(frozen=True, slots=True)
class Proof:
    """What the gate says of edits."""

    is_good: bool
    problem: str = ""


def proven(engine: Engine, drift: DriftReport, edits: Sequence[Edit]) -> Proof:
    """Whether the drift is gone after the edits, without a new syntax error or drift; nothing is written."""
    from vt_lsp.continuous_eval.realignment.gate import proves  # noqa: PLC0415 - not before the first proposal

    case = engine.case(drift)
    if case is None:
        return Proof(False, "The drift is no longer there.")
    if proves(case, tuple(edits)) is None:
        return Proof(False, "The change was checked and does not settle the drift, or breaks something else.")
    return Proof(True)


def applied(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The text of one file with its edits made."""
    for edit in sorted(edits, key=lambda one: -one.place.start):
        data = data[: edit.place.start] + edit.new_text.encode("utf-8", "surrogatepass") + data[edit.place.end :]
    return data


def diff(engine: Engine, edits: Sequence[Edit]) -> str:
    """The change of all files as a unified diff."""
    parts: list[str] = []
    for path in dict.fromkeys(edit.place.path for edit in edits):
        before = engine.text(path) or b""
        after = applied(before, [edit for edit in edits if edit.place.path == path])
        old, new = (text.decode("utf-8", "replace").splitlines(keepends=True) for text in (before, after))
        rows = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
        parts += [row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows]
    return "".join(parts)
