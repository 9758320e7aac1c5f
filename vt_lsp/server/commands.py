"""Commands, by the same names in every editor; each gives plain JSON, so that any client can show it."""

from __future__ import annotations

import asyncio
import platform
from collections import Counter
from typing import TYPE_CHECKING, Any, cast

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp import __version__
from vt_lsp.server import pages
from vt_lsp.server.claims import is_spec, judged, judged_about, worst_first
from vt_lsp.server.hover import describe
from vt_lsp.server.scan import scan_again
from vt_lsp.server.spec_view import Turns, counted, fields, measured, specs

if TYPE_CHECKING:
    from vt_lsp.continuous_eval.compliance import Judged
    from vt_lsp.engine import Engine
    from vt_lsp.server.session import Folder, Session

    Home = tuple[Folder, Engine, str]

Json = dict[str, Any]

_NOT_ANALYSED_SHOWN = 50
_FAR = (1 << 31) - 1  # the largest number of LSP; positions are clamped into the text


async def check_workspace(session: Session) -> Json:
    """Look at every folder again; gives the status once that is done. Can be cancelled."""
    await asyncio.gather(*(_check(session, folder) for folder in list(session.folders)))
    return show_status(session)


async def _check(session: Session, folder: Folder) -> None:
    if folder.engine is None and folder.state == "failed":
        session.restart(folder)
    else:
        await scan_again(session, folder)


def show_status(session: Session) -> Json:
    """The status with what is behind it: folders, settings that cannot be used, files left out; no file contents."""
    session.edits.flush()
    answer = {
        **session.status.now(),
        "version": __version__,
        "python": platform.python_version(),
        "recomputes": session.edits.recomputes,
        "warnings": list(session.server.warnings),
        "folders": [_folder_status(session, folder) for folder in session.folders],
    }
    return _with_page(answer, pages.status(answer))


async def show_compliance(session: Session, uri: object = None, position: object = None) -> Json:
    """How many claims hold: in each folder, in one document, in one of its sections, or about one symbol."""
    if uri is None:
        found_in = {one["uri"]: one for one in (await specs(session, None))["folders"]}
        known = [folder for folder in session.folders if folder.engine is not None]
        answer: Json = {"folders": [{**_counts(one), **_rows(found_in.get(one.uri))} for one in known]}
        return _with_page(answer, pages.folders(answer))
    if not isinstance(uri, str):
        raise JsonRpcInvalidParams("vt-lsp.showCompliance takes a URI and a position, or nothing")
    at = None if position is None else position_of(position)
    home = session.home(uri)
    parts: Json = {}
    if home is None:
        found, name = list[Json](), uri
    else:
        found, name = await _claims_at(session, home, at)
        uri = session.uri_of(home[0], home[2])
        parts = _parts(session, home) if at is None and is_spec(home[2]) else {}
    answer = {"uri": uri, **measured(Counter(row["state"] for row in found)), **parts, "claims": found}
    return _with_page(answer, pages.compliance(name, answer))


def _parts(session: Session, home: Home) -> Json:
    """What holds in each section and of each requirement of a document."""
    _, engine, path = home
    one, index = engine.compliance_of(path), session.texts.lines(engine, path)
    if one is None or index is None:
        return {}

    def at(start: int) -> Json:
        line, character = index.position(start, session.units)
        return {"line": line, "character": character}

    return {
        "sections": [
            {"title": s.title, "level": s.level, "start": at(s.start), **counted(s.count)} for s in one.sections
        ],
        "requirements": [
            {
                "id": traced.requirement.id,
                "title": traced.requirement.title,
                "start": at(traced.requirement.start),
                "state": traced.state,
                **counted(traced.count),
                "tasks_done": traced.tasks_done,
                "tasks_open": traced.tasks_open,
            }
            for traced in one.requirements
        ],
    }


async def _claims_at(session: Session, home: Home, at: lsp.Position | None) -> tuple[list[Json], str]:
    from vt_lsp.server.claim_rows import ClaimRows  # noqa: PLC0415 - not before `initialize`

    folder, engine, path = home
    offset = session.texts.offset(engine, path, at, session.units) if at is not None else None
    if is_spec(path):
        found, name = _of_spec(engine, path, offset)
    else:
        symbol = engine.symbol_at(path, offset) if offset is not None else None
        found = judged_about(engine, path, symbol.name if symbol is not None else None)
        name = f"{path}: {symbol.name}" if symbol is not None else path
        found = [one for one in found if one.state != "unknown"]
    rows, turns = ClaimRows(session, folder, engine), Turns()
    shown: list[Json] = []
    for one in worst_first(found):
        shown.append(rows.claim(one.path, one))
        await turns.take()
    return shown, name


def _of_spec(engine: Engine, path: str, offset: int | None) -> tuple[list[Judged], str]:
    facts, found = engine.spec_facts(path), judged(engine, path)
    headings = facts.headings if facts is not None and offset is not None else ()
    around = [heading for heading in headings if heading[2] <= (offset or 0) < heading[3]]
    if not around:
        return found, path
    _, title, start, end = max(around, key=lambda heading: heading[2])
    return [one for one in found if start <= one.claim.start < end], f"{path}: {title}"


def position_of(given: object) -> lsp.Position:
    """A position that a client gave; what is none is refused."""
    line, character = (fields(given).get(name) for name in ("line", "character"))
    if not _is_count(line) or not _is_count(character):
        raise JsonRpcInvalidParams("a position has a line and a character, both from 0")
    return lsp.Position(min(cast("int", line), _FAR), min(cast("int", character), _FAR))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


async def show_diff(session: Session, fingerprint: object = None) -> Json:
    """One drift in full, as Markdown: what the spec says, what the code has, what it touches, and what broke it."""
    if not isinstance(fingerprint, str):
        raise JsonRpcInvalidParams("vt-lsp.showDiff takes the fingerprint of a drift")
    session.edits.flush()
    for folder in session.folders:
        drift = folder.engine.find(fingerprint) if folder.engine is not None else None
        if folder.engine is not None and drift is not None:
            engine = folder.engine
            back = await session.ways.find_way_back(engine, drift)
            title = f"{drift.spec.path}: {drift.details}".replace("\n", " ")
            answer = {"fingerprint": drift.fingerprint, "written": drift.written, "actual": drift.actual}
            answer |= {"broken_by_diff": back.diff if back is not None else ""}
            page = describe(session, folder, engine, drift) + pages.broken_by(back)
            return _with_page(answer, (title, page))
    raise JsonRpcInvalidParams(f"no drift has the fingerprint {fingerprint}")


def _with_page(answer: Json, page: tuple[str, str]) -> Json:
    title, markdown = page
    return {**answer, "title": title, "markdown": markdown}


def _folder_status(session: Session, folder: Folder) -> Json:
    return {
        "uri": folder.uri,
        "state": folder.state,
        "problem": folder.problem,
        "trusted": folder.settings is None or not folder.settings.untrusted_workspace,
        "settings": list(session.configuration.messages.get(folder.uri, ())),
        **(_counts(folder) if folder.engine is not None else {}),
    }


def _rows(found: Json | None) -> Json:
    """The documents of a folder, as the tree of specs has them."""
    return {"name": found["name"], "by_spec": found["specs"]} if found is not None else {"name": "", "by_spec": []}


def _counts(folder: Folder) -> Json:
    if folder.engine is None:
        raise ValueError("the folder cannot be asked yet")
    total = folder.engine.summary()
    return {
        "uri": folder.uri,
        "files": total.files,
        "specs": total.specs,
        "claims": total.claims,
        "holds": total.holds,
        "broken": total.broken,
        "unknown": total.unknown,
        "compliance": total.compliance,
        "not_analysed": [{"path": one.path, "reason": one.reason} for one in total.not_analysed[:_NOT_ANALYSED_SHOWN]],
    }
