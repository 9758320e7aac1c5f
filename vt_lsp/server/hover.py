"""Hover: on a claim, whether it holds and what the code has; on a symbol, which specs govern it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from vt_lsp.continuous_eval.compliance import count
from vt_lsp.links import help_uri
from vt_lsp.server import progress
from vt_lsp.server.claims import claim_at, is_spec, judged_about, worst_first
from vt_lsp.server.definition import target_range
from vt_lsp.server.pages import MARK
from vt_lsp.server.precedents import precedents_of
from vt_lsp.server.spots import spot_at
from vt_lsp.wording import plural

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.compliance import Judged
    from vt_lsp.engine import Engine
    from vt_lsp.models import Claim, DriftReport, Symbol, Verdict
    from vt_lsp.server.session import Folder, Session

MOST_LINES = 12


async def hover(session: Session, params: lsp.HoverParams) -> lsp.Hover | None:
    """What is known of the place at the cursor, and what was decided about it before."""
    home = session.home(params.text_document.uri)
    if home is None:
        return None
    folder, engine, path = home
    offset = session.texts.offset(engine, path, params.position, session.units)
    if offset is None:
        return None
    known = _known(session, folder, engine, path, offset)
    spot = spot_at(engine, path, offset)
    decided = await precedents_of(session, folder, spot) if spot is not None else ""
    if spot is None or not decided:
        return known
    if known is None:
        return _hover(session, engine, path, (spot.start, spot.end), decided)
    assert isinstance(known.contents, lsp.MarkupContent)
    both = f"{known.contents.value}\n\n---\n\n{decided}"
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, both), known.range)


def _known(session: Session, folder: Folder, engine: Engine, path: str, offset: int) -> lsp.Hover | None:
    if is_spec(path):
        return _on_claim(session, folder, engine, path, offset)
    symbol = engine.symbol_at(path, offset)
    return _on_symbol(session, folder, engine, path, symbol) if symbol is not None else None


def _on_claim(session: Session, folder: Folder, engine: Engine, path: str, offset: int) -> lsp.Hover | None:
    from vt_lsp.server.requirement_page import requirement_page  # noqa: PLC0415 - not before `initialize`
    from vt_lsp.workspace.traces import requirement_at  # noqa: PLC0415

    for drift in engine.drifts(path):
        if drift.spec.path == path and drift.spec.start <= offset <= drift.spec.end:
            text = _drift(session, folder, engine, drift)
            return _hover(session, engine, path, (drift.spec.start, drift.spec.end), text)
    named = requirement_at(engine.index, path, offset)
    if named is not None:
        where = (named[1].start, named[1].end)
        return _hover(session, engine, path, where, requirement_page(session, folder, engine, named[0]))
    found = claim_at(engine, path, offset)
    if found is None:
        told = progress.hover(session, folder, engine, path, offset)
        return _hover(session, engine, path, *told) if told is not None else None
    claim, verdict = found
    if verdict.state == "unknown" and not engine.is_complete:
        text = "Still indexing: whether this holds will be known soon."
    elif verdict.report is not None:
        text = _drift(session, folder, engine, _located(engine, path, claim, verdict.report))
    elif verdict.state == "holds":
        text = f"✓ Holds.{_target_link(session, folder, engine, verdict)}"
    else:
        return None  # unknown is silent
    return _hover(session, engine, path, (claim.start, claim.end), text)


def _on_symbol(session: Session, folder: Folder, engine: Engine, path: str, symbol: Symbol) -> lsp.Hover | None:
    about = judged_about(engine, path, symbol.name)
    if not about:
        return None
    if not engine.is_complete:
        text = "Still indexing: which specs speak of this will be known soon."
    else:
        text = _governed(session, folder, engine, symbol.name, about)
    last = symbol.name.rpartition(".")[2]
    return _hover(session, engine, path, (symbol.name_start, symbol.name_start + len(last.encode())), text)


def _drift(session: Session, folder: Folder, engine: Engine, drift: DriftReport) -> str:
    """The drift, without the sentence that a client shows above it anyhow."""
    tell = _evidence if session.client_says("hoverHasDiagnostics") else describe
    return tell(session, folder, engine, drift)


def describe(session: Session, folder: Folder, engine: Engine, drift: DriftReport) -> str:
    """One drift for people, in Markdown: what, the difference by meaning, since when, where, ways out."""
    return f"✗ **{drift.drift_type}**: {drift.details}\n\n{_evidence(session, folder, engine, drift)}"


def _evidence(session: Session, folder: Folder, engine: Engine, drift: DriftReport) -> str:
    from vt_lsp.continuous_eval.semantic_diff import render_markdown  # noqa: PLC0415 - not before `initialize`

    parts = []
    if drift.written or drift.actual:
        parts.append(render_markdown(drift.written, drift.actual))
    if (commit := drift.broken_by) is not None:
        parts.append(f"Since `{commit.commit[:10]}` ({commit.date[:10]}): {_plain(commit.subject)}")
    if drift.code is not None:
        where = session.texts.range(engine, drift.code, session.units).start.line + 1
        parts.append(f"Code: [{drift.code.path}:{where}]({session.uri_of(folder, drift.code.path)}#L{where})")
    # Ways out that are an edit are offered as quick fixes.
    parts.extend(f"- {told}" for told in drift.suggestions if not told.startswith("Change the spec to"))
    parts.append(_touched(session, engine, drift))
    parts.append(f"[What this means]({help_uri(str(drift.drift_type))}) · `{drift.fingerprint[:12]}`")
    return "\n\n".join(part for part in parts if part)


def _touched(session: Session, engine: Engine, drift: DriftReport) -> str:
    """What a change of the code would touch, where that was looked up."""
    from vt_lsp.continuous_eval.renaming import touched  # noqa: PLC0415 - not before `initialize`
    from vt_lsp.workspace.impact import as_words  # noqa: PLC0415 - the same

    targets = {target for way in session.ways.known(engine, drift) if (target := touched(way)) is not None}
    said = [
        f"Changing `{target[1]}` in the code touches {words}."
        for target in sorted(targets)
        if (found := session.ways.impact(engine, target)) is not None and (words := as_words(found))
    ]
    return " ".join(said)


def _governed(session: Session, folder: Folder, engine: Engine, name: str, about: list[Judged]) -> str:
    specs = plural(len({one.path for one in about}), "spec")
    lines = [f"`{name}`: {specs}, {count(about).label} claims hold"]
    for one in worst_first(about)[:MOST_LINES]:
        index = session.texts.lines(engine, one.path)
        line = index.position(one.claim.start, session.units)[0] + 1 if index is not None else 1
        link = f"[{one.path}:{line}]({session.uri_of(folder, one.path)}#L{line})"
        said = one.drift.details if one.drift is not None else f"`{_plain(one.claim.subject)}`"
        lines.append(f"- {MARK[one.state]} {link} {said}")
    if len(about) > MOST_LINES:
        lines.append(f"- … and {len(about) - MOST_LINES} more")
    return "\n".join([lines[0], "", *lines[1:]])


def _located(engine: Engine, path: str, claim: Claim, report: DriftReport) -> DriftReport:
    """The drift with its places and its history; the bare report where it is suppressed."""
    same = [drift for drift in engine.drifts(path) if drift.fingerprint.startswith(report.fingerprint)]
    return min(same, key=lambda drift: abs(drift.spec.start - claim.start), default=report)


def _target_link(session: Session, folder: Folder, engine: Engine, verdict: Verdict) -> str:
    target = target_range(session, folder, engine, verdict)
    if target is None or verdict.target is None:
        return ""
    line = target.range.start.line + 1
    return f" [{verdict.target[0]}:{line}]({target.uri}#L{line})"


def _hover(session: Session, engine: Engine, path: str, span: tuple[int, int], text: str) -> lsp.Hover:
    from vt_lsp.models import Place  # noqa: PLC0415

    where = session.texts.range(engine, Place(path, *span), session.units)
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text), where)


def _plain(text: str) -> str:
    return text.replace("`", "'").replace("\n", " ")
