"""What a tree of specs asks for: ``vt-lsp/specs``, ``vt-lsp/claims``, ``vt-lsp/drifts``.

These are requests of our own. All answers are plain JSON; positions are ranges as in LSP, in the agreed encoding. Long
answers are made in slices, between which others have their turn.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.continuous_eval.compliance import Count
from vt_lsp.server import progress
from vt_lsp.server.claims import is_spec, judged
from vt_lsp.server.precedents import add_decisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vt_lsp.continuous_eval.compliance import Judged
    from vt_lsp.engine import Engine
    from vt_lsp.server.claim_rows import ClaimRows
    from vt_lsp.server.session import Folder, Session

SPECS = "vt-lsp/specs"
CLAIMS = "vt-lsp/claims"
DRIFTS = "vt-lsp/drifts"
TURN_SECONDS = 0.01
_STATES = ("holds", "broken", "unknown")

Json = dict[str, Any]


def fields(params: object) -> Json:
    """The parameters of a request of our own; pygls makes a named tuple of an object, and None is no parameters."""
    if params is None:
        return {}
    if isinstance(params, dict):
        return params
    if hasattr(params, "_asdict"):
        return dict(params._asdict())
    raise JsonRpcInvalidParams("the parameters are to be an object")


class Turns:
    """Lets others have their turn in the middle of long work on the loop."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    async def take(self) -> None:
        """Give way, if this turn was long enough."""
        if time.monotonic() - self._began > TURN_SECONDS:
            await asyncio.sleep(0)
            self._began = time.monotonic()


# --------------------------------------------------------------------------------------------------------------- specs


async def specs(session: Session, params: object) -> Json:
    """All folders with their specs that claim anything, and how many claims hold in each."""
    fields(params)
    session.edits.flush()
    return {"folders": [await _folder(session, folder) for folder in sorted(session.folders, key=lambda f: f.root)]}


async def _folder(session: Session, folder: Folder) -> Json:
    rows, total, turns = [], Counter[str](), Turns()
    engine, listing = folder.engine, folder.listing
    for path in sorted(listing.specs) if engine is not None and listing is not None else ():
        assert engine is not None
        is_mine = session.is_owner(folder, path)
        states = Counter[str](one.state for one in judged(engine, path)) if is_mine else Counter[str]()
        tasks = progress.row(session, folder, engine, path) if is_mine else None
        if states or tasks:
            total += states
            told = {} if tasks is None else {"progress": tasks}
            rows.append({"uri": session.uri_of(folder, path), "path": path, **measured(states), **told})
        await turns.take()
    name = folder.name or folder.root.rpartition("/")[2]
    return {
        "uri": folder.uri,
        "name": name,
        "state": folder.state,
        **measured(total),
        "specs": rows,
    }


def counts(states: Counter[str]) -> Json:
    """How many hold, are broken, are unknown."""
    return {state: states[state] for state in _STATES}


def measured(states: Counter[str]) -> Json:
    """The same, with the share that holds of what is decided."""
    return counted(Count(**counts(states)))


def counted(count: Count) -> Json:
    """A count as it is sent."""
    return {"holds": count.holds, "broken": count.broken, "unknown": count.unknown, "compliance": count.compliance}


# -------------------------------------------------------------------------------------------------------------- claims


async def claims(session: Session, params: object) -> Json:
    """The claims of one document, in the tree of its headings."""
    uri = fields(params).get("uri")
    if not isinstance(uri, str):
        raise JsonRpcInvalidParams(f"{CLAIMS} takes the uri of a document")
    home = session.home(uri)
    if home is None or not is_spec(home[2]):
        return {"uri": uri, "claims": [], "sections": []}
    from vt_lsp.server.claim_rows import ClaimRows  # noqa: PLC0415 - not before `initialize`

    folder, engine, path = home
    rows = ClaimRows(session, folder, engine)
    root = await _tree(engine, path, rows)
    await add_decisions(folder, path, root)
    return {"uri": session.uri_of(folder, path), **root}


async def _tree(engine: Engine, path: str, rows: ClaimRows) -> Json:
    facts, turns = engine.spec_facts(path), Turns()
    headings = sorted(facts.headings if facts is not None else (), key=lambda heading: heading[2])
    starts = [heading[2] for heading in headings]
    root: Json = {"claims": [], "sections": []}
    stack = [(0, root, Counter[str]())]

    def close(level: int) -> None:
        """Sections of this level and below it have ended: their counts are known."""
        while len(stack) > 1 and stack[-1][0] >= level:
            _, section, states = stack.pop()
            section.update(counts(states))
            if states:
                stack[-1][1]["sections"].append(section)
                stack[-1][2].update(states)

    todo = iter(headings)
    for one, begun in _with_sections(judged(engine, path), starts):
        for level, title, start, _ in (next(todo) for _ in range(begun)):
            close(level)
            section = {"title": title or "…", "level": level, "range": rows.heading(path, start)}
            stack.append((level, {**section, "claims": [], "sections": []}, Counter()))
        stack[-1][1]["claims"].append(rows.claim(path, one))
        stack[-1][2][one.state] += 1
        await turns.take()
    close(0)
    return root


def _with_sections(claimed: Sequence[Judged], starts: Sequence[int]) -> Iterable[tuple[Judged, int]]:
    """Each claim in the order of the text, with how many headings stand between it and the one before."""
    passed = 0
    for one in sorted(claimed, key=lambda one: one.claim.start):
        begun = 0
        while passed + begun < len(starts) and starts[passed + begun] <= one.claim.start:
            begun += 1
        passed += begun
        yield one, begun


# -------------------------------------------------------------------------------------------------------------- drifts


async def drifts(session: Session, params: object) -> Json:
    """All drifts of all folders, sorted by path and position."""
    fields(params)
    session.edits.flush()
    from vt_lsp.server.claim_rows import ClaimRows  # noqa: PLC0415 - not before `initialize`

    found: list[Json] = []
    turns = Turns()
    for folder in sorted(session.folders, key=lambda folder: folder.root):
        if (engine := folder.engine) is None:
            continue
        rows = ClaimRows(session, folder, engine)
        for drift in engine.drifts():
            if session.is_owner(folder, drift.spec.path):
                found.append(rows.drift(drift))
            await turns.take()
    return {"drifts": found}
