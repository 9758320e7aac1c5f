"""``vt-lsp.showAlerts`` and what a person does with an alert; imported at the first of them."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from pygls.exceptions import JsonRpcInvalidParams

from vt_lsp.continuous_eval.alert_store import AlertStoreError, Filter, has_alerts, open_alerts
from vt_lsp.continuous_eval.alert_view import AlertRow, most_important, rows
from vt_lsp.wording import plural

if TYPE_CHECKING:
    from vt_lsp.models import Alert
    from vt_lsp.server.session import Folder, Session

Json = dict[str, Any]

_MOST = 500
_OPEN = ("open", "acknowledged")
_ACTIONS = ("open", "diff", "accept", "mute", "later", "acknowledge", "resolve")


async def show_alerts(session: Session, given: object = None) -> Json:
    """The alerts, the most important first: open ones, or with ``{all: true}`` those that were resolved too."""
    fields = given if isinstance(given, dict) else {}
    wanted = Filter(states=() if fields.get("all") is True else _OPEN, limit=_MOST)
    found: list[Json] = []
    for folder in session.folders:
        found += [_with_uri(session, folder, row) for row in await asyncio.to_thread(_read, folder.root, wanted)]
    number = sum(row["state"] == "open" for row in found)
    return {
        "alerts": found,
        "open": number,
        "title": f"vt-lsp: {plural(number, 'open alert')}",
        "markdown": _page(found),
    }


async def react_to_alert(session: Session, name: object = None, action: object = None) -> Json:
    """Do with an alert what a window would offer, or acknowledge or resolve it; gives the alerts that are open then."""
    if not isinstance(name, str) or action not in _ACTIONS:
        raise JsonRpcInvalidParams(f"vt-lsp.reactToAlert takes an id and one of {', '.join(_ACTIONS)}")
    for folder in session.folders:
        alert = await asyncio.to_thread(_find, folder.root, name)
        if alert is None:
            continue
        await session.alerts.act(folder, (alert,), str(action))
        return await show_alerts(session)
    raise JsonRpcInvalidParams(f"no alert has the id {name[:40]}")


def _find(root: str, name: str) -> Alert | None:
    if not has_alerts(Path(root)):
        return None
    try:
        with open_alerts(Path(root)) as store:
            return store.need(name)
    except AlertStoreError:
        return None


def _read(root: str, wanted: Filter) -> tuple[AlertRow, ...]:
    if not has_alerts(Path(root)):
        return ()
    try:
        with open_alerts(Path(root)) as store:
            _, found = store.find(wanted)
            return most_important(rows(found, store.state().reactions, datetime.now().astimezone()))
    except AlertStoreError as error:
        raise JsonRpcInvalidParams(str(error)) from error


def _with_uri(session: Session, folder: Folder, row: AlertRow) -> Json:
    path, line = row.context.get("path", ""), max(0, int(row.context.get("line", "1")) - 1)
    at = {"line": line, "character": 0}
    known: Json = msgspec.to_builtins(row)
    return {**known, "uri": session.uri_of(folder, path) if path else None, "range": {"start": at, "end": at}}


def _page(found: list[Json]) -> str:
    parts = ["# Alerts"]
    parts += [] if found else ["Nothing waits for you."]
    for row in found:
        place = f"[{row['context']['path']}:{row['range']['start']['line'] + 1}]({row['uri']}) " if row["uri"] else ""
        parts.append(f"## {row['priority']} · {row['severity']} · {_plain(row['message'])}")
        state = row["state"] + (f" ({row['how']})" if row["how"] else "")
        parts.append(f"{place}`{row['id']}`, rule `{row['rule']}`, {state}, since {row['timestamp'][:16]}")
        parts.append("\n".join(f"- {reason}" for reason in row["reasons"]))
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\*_[]<>#|~!&" else sign for sign in " ".join(text.split()))
