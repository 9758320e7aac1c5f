"""Commands, by the same names in every editor; each gives plain JSON, so that any client can show it."""

from __future__ import annotations

import asyncio
import platform
from typing import TYPE_CHECKING, Any

from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp import __version__
from vt_lsp.server.hover import describe
from vt_lsp.server.scan import scan_again

if TYPE_CHECKING:
    from vt_lsp.server.session import Folder, Session

_NOT_ANALYSED_SHOWN = 50


async def check_workspace(session: Session) -> dict[str, Any]:
    """Look at every folder again; gives the status once that is done. Can be cancelled."""
    await asyncio.gather(*(_check(session, folder) for folder in list(session.folders)))
    return session.status.now()


async def _check(session: Session, folder: Folder) -> None:
    if folder.engine is None and folder.state == "failed":
        session.restart(folder)
    else:
        await scan_again(session, folder)


def show_status(session: Session) -> dict[str, Any]:
    """The status with what is behind it: folders, settings that cannot be used, files left out; no file contents."""
    session.edits.flush()
    return {
        **session.status.now(),
        "version": __version__,
        "python": platform.python_version(),
        "recomputes": session.edits.recomputes,
        "warnings": list(session.server.warnings),
        "folders": [_folder_status(session, folder) for folder in session.folders],
    }


def show_compliance(session: Session, uri: str | None = None) -> dict[str, Any]:
    """How many claims hold: in one document, or in each folder."""
    if uri is None:
        return {"folders": [_counts(folder) for folder in session.folders if folder.engine is not None]}
    from vt_lsp.server.claims import count  # noqa: PLC0415

    home = session.home(uri)
    if home is None:
        return {"uri": uri, "holds": 0, "broken": 0, "unknown": 0, "compliance": 1.0}
    folder, engine, path = home
    verdicts = [verdict for _, verdict in engine.verdicts(path)]
    if not verdicts and (facts := engine.code_facts(path)) is not None:
        about = {
            (spec, claim.start, claim.end): verdict
            for symbol in facts.symbols
            for spec, claim, verdict in engine.claims_about(path, symbol.name)
        }
        verdicts = list(about.values())
    counted = count(verdicts)
    return {
        "uri": session.uri_of(folder, path),
        "holds": counted.holds,
        "broken": counted.broken,
        "unknown": len(verdicts) - counted.decided,
        "compliance": round(counted.holds / counted.decided, 4) if counted.decided else 1.0,
    }


def show_diff(session: Session, fingerprint: str) -> dict[str, Any]:
    """One drift in full, as Markdown, with what the spec says and what the code has."""
    session.edits.flush()
    for folder in session.folders:
        drift = folder.engine.find(fingerprint) if folder.engine is not None else None
        if folder.engine is not None and drift is not None:
            return {
                "fingerprint": drift.fingerprint,
                "markdown": describe(session, folder, folder.engine, drift),
                "written": drift.written,
                "actual": drift.actual,
            }
    raise JsonRpcInvalidParams(f"no drift has the fingerprint {fingerprint}")


def _folder_status(session: Session, folder: Folder) -> dict[str, Any]:
    return {
        "uri": folder.uri,
        "state": folder.state,
        "problem": folder.problem,
        "settings": list(session.configuration.messages.get(folder.uri, ())),
        **(_counts(folder) if folder.engine is not None else {}),
    }


def _counts(folder: Folder) -> dict[str, Any]:
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
