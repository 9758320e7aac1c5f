"""Alerts in the editor: evaluations come in, windows and lines of the log go out, and the actions of windows are done.

What is told and when is decided in :mod:`vt_lsp.continuous_eval.alert_system`; here are its clock and its channels.
Nothing is imported or opened before the first evaluation, which is after ``initialize`` and the first scan.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.models import AlertType, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from vt_lsp.continuous_eval.alert_state import Notification, Policy, ReactionKind, Step
    from vt_lsp.continuous_eval.alert_store import AlertStore
    from vt_lsp.continuous_eval.evaluation import Evaluation
    from vt_lsp.models import Alert
    from vt_lsp.server.session import Folder, Session

    Work = Callable[[AlertStore, datetime, Policy], Step]

log = logging.getLogger(__name__)

CHANGED = "vt-lsp/alertsChanged"
RETRY_SECONDS = 30.0
LEAST_SECONDS = 0.5  # between two looks at the clock
DAY_SECONDS = 86_400.0

TITLES = {
    "open": "Open",
    "diff": "Show difference",
    "accept": "Accept and record",
    "mute": "Mute this rule here",
    "later": "Later",
}
_SHOW_ALL = "Show alerts"
LEVELS = {
    Severity.ERROR: lsp.MessageType.Error,
    Severity.WARNING: lsp.MessageType.Warning,
    Severity.INFORMATION: lsp.MessageType.Info,
    Severity.HINT: lsp.MessageType.Info,
}


class Alerts:
    """The alerts of all folders of a session. Owned by the event loop."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[str, Work] = {}  # root -> the newest evaluation that is not taken in
        self._locks: dict[str, asyncio.Lock] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._windows: dict[str, frozenset[str]] = {}  # requests that are open -> ids of their alerts
        self._claude: dict[str, str] = {}  # root -> why Claude cannot be asked
        self._forecast: dict[str, float] = {}  # root -> when the forecasts were made

    # -------------------------------------------------------------------------------------------------------- coming in

    def evaluated(self, folder: Folder, evaluation: Evaluation) -> None:
        """A folder was evaluated."""
        from vt_lsp.continuous_eval.alert_input import observation, reach_of  # noqa: PLC0415 - not before `initialize`

        engine = folder.engine
        if engine is None:
            return
        open_paths = [path for _, path in self._session.open_documents(folder)]
        found = observation(evaluation, engine.text, partial(reach_of, engine, open_paths))
        self._waiting[folder.root] = lambda store, now, policy: store.observe(found, now, policy)
        self._session.server.spawn(self._take_in(folder))
        loop = asyncio.get_running_loop()
        if loop.time() - self._forecast.get(folder.root, float("-inf")) > DAY_SECONDS:
            self._forecast[folder.root] = loop.time()
            self._session.server.spawn(self._look_ahead(folder))

    def claude_is(self, folder: Folder, why_not: str) -> None:
        """Claude could be asked about a folder (""), or could not, and why; nothing happens while that is as it was."""
        if self._claude.get(folder.root, "") == why_not:
            return
        self._claude[folder.root] = why_not
        self._session.server.spawn(self._claude_turned(folder, why_not))

    async def _claude_turned(self, folder: Folder, why_not: str) -> None:
        from vt_lsp.continuous_eval.alert_input import claude_event  # noqa: PLC0415 - not before `initialize`

        found = {AlertType.CLAUDE_UNAVAILABLE: (claude_event(why_not),) if why_not else ()}
        await self.do(folder, lambda store, now, policy: store.notice(found, now, policy))

    async def _take_in(self, folder: Folder) -> None:
        work = self._waiting.pop(folder.root, None)
        if work is not None and await self.do(folder, work) is None:
            self._waiting.setdefault(folder.root, work)  # unless a newer one, which says it all, has come
            self._wake(folder, RETRY_SECONDS)

    async def _look_ahead(self, folder: Folder) -> None:
        """Once a day: have forecasts slipped, do decisions contradict each other?"""
        from vt_lsp.server.alert_sources import conflicts, expectations  # noqa: PLC0415 - not before `initialize`

        found = await conflicts(folder)
        if found is not None:
            await self.do(folder, lambda store, now, policy: store.notice(found, now, policy))
        outlooks = await expectations(folder)
        if outlooks:
            await self.do(folder, lambda store, now, policy: store.expect(outlooks, now, policy))

    async def do(self, folder: Folder, work: Work) -> Step | None:
        """One step beside the loop, and what follows from it; None where the history cannot be written now."""
        from vt_lsp.continuous_eval.alert_state import Policy  # noqa: PLC0415 - not before `initialize`
        from vt_lsp.continuous_eval.alert_store import AlertStoreError, open_alerts  # noqa: PLC0415
        from vt_lsp.continuous_eval.alert_system import wake_at  # noqa: PLC0415

        settings = folder.settings
        if settings is None:
            return None
        policy, now = Policy.of(settings), datetime.now().astimezone()

        def in_thread() -> Step:
            with open_alerts(Path(folder.root)) as store:
                done = work(store, now, policy)
                store.prune(now, settings.alerts_keep_days)
                return done

        async with self._locks.setdefault(folder.root, asyncio.Lock()):
            try:
                done = await asyncio.to_thread(in_thread)
            except AlertStoreError as error:
                self._session.server.show(lsp.MessageType.Warning, f"vt-lsp: {error}", kind="alerts cannot be kept")
                return None
        due = wake_at(done.state, policy, now)
        if due is not None:
            self._wake(folder, (due - now).total_seconds())
        self._tell(folder, done)
        return done

    def _wake(self, folder: Folder, seconds: float) -> None:
        if (timer := self._timers.pop(folder.root, None)) is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[folder.root] = loop.call_later(max(seconds, LEAST_SECONDS), self._tick, folder)

    def _tick(self, folder: Folder) -> None:
        if folder in self._session.folders:
            self._session.server.spawn(self._ticked(folder))

    async def _ticked(self, folder: Folder) -> None:
        from vt_lsp.continuous_eval.alert_state import Ticked  # noqa: PLC0415 - not before `initialize`

        if folder.root in self._waiting:
            await self._take_in(folder)
        else:
            await self.do(folder, lambda store, now, policy: store.step(Ticked(), now, policy))

    def settings_changed(self, folder: Folder) -> None:
        """Rules, quiet hours and the like may be others."""
        if folder.root in self._timers:
            self._wake(folder, 0)

    # -------------------------------------------------------------------------------------------------------- going out

    def _tell(self, folder: Folder, done: Step) -> None:
        gone = set(done.withdrawn)
        for request, ids in self._windows.items():
            if ids <= gone:  # a client that can, takes the window away
                self._session.server.protocol.notify(lsp.CANCEL_REQUEST, lsp.CancelParams(id=request))
        for alert in done.changed:
            if alert.id in gone:
                log.info("settled: %s (%s)", alert.message, alert.how)
        for notification in done.notifications:
            if notification.channel == "log":
                log.info("%s", notification.text)
            else:
                self._session.server.spawn(self._ask(folder, notification))
        if done.turned:
            self._session.server.protocol.notify(CHANGED, {"uri": folder.uri})
            if folder.settings is not None and (folder.settings.alerts_file or folder.settings.alerts_webhook):
                self._session.server.spawn(self._deliver(folder, done))

    async def _deliver(self, folder: Folder, done: Step) -> None:
        from vt_lsp.continuous_eval.alert_channels import deliver  # noqa: PLC0415 - only where a channel is on
        from vt_lsp.continuous_eval.alert_view import rows  # noqa: PLC0415

        settings = folder.settings
        assert settings is not None
        wanted = [alert for alert in done.turned if alert.state != "muted"]
        found = rows(wanted, done.state.reactions, datetime.now().astimezone())
        for problem in await asyncio.to_thread(deliver, settings, Path(folder.root), found):
            log.warning("%s", problem)

    async def _ask(self, folder: Folder, notification: Notification) -> None:
        """Open a window and do what the user chooses in it."""
        alerts = notification.alerts
        offered = list(alerts[0].actions) if len(alerts) == 1 else ["later"]
        titles = [TITLES[action] for action in offered]
        items = [lsp.MessageActionItem(title) for title in (titles if len(alerts) == 1 else [_SHOW_ALL, *titles])]
        params = lsp.ShowMessageRequestParams(
            type=LEVELS[notification.severity], message=f"vt-lsp: {notification.text}", actions=items
        )
        request = str(uuid.uuid4())
        self._windows[request] = frozenset(alert.id for alert in alerts)
        try:
            answer = await self._session.server.protocol.send_request_async(
                lsp.WINDOW_SHOW_MESSAGE_REQUEST, params, msg_id=request
            )
        except JsonRpcException as error:
            if error.code != lsp.LSPErrorCodes.RequestCancelled.value:
                log.warning("the client opens no window: %s", error)
            return
        finally:
            self._windows.pop(request, None)
        title = answer.title if answer is not None else None
        if title == _SHOW_ALL:
            await self._show_all()
        elif title in titles:
            await self.act(folder, alerts, offered[titles.index(title)])

    async def _show_all(self) -> None:
        from vt_lsp.server import alert_commands, results  # noqa: PLC0415 - when it is asked for

        results.show_page(self._session, "showAlerts", await alert_commands.show_alerts(self._session))

    async def act(self, folder: Folder, alerts: tuple[Alert, ...], action: str) -> None:
        """Do what a person chose, and remember that it was chosen."""
        from vt_lsp.continuous_eval.alert_state import Reacted  # noqa: PLC0415 - when it is asked for

        kinds: dict[str, ReactionKind] = {"open": "open", "diff": "open", "accept": "act"}
        kind: ReactionKind = kinds.get(action, action)  # type: ignore[arg-type]  # the others are reactions themselves
        try:
            how = await self._done(folder, alerts[0], action)
        except JsonRpcException as error:
            self._session.server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Warning, f"vt-lsp: {error}"))
            return
        given = Reacted(tuple(alert.id for alert in alerts), kind, "user", how)
        await self.do(folder, lambda store, now, policy: store.step(given, now, policy))

    async def _done(self, folder: Folder, alert: Alert, action: str) -> str:
        """What an action does outside of the alerts; gives how it is told in the history."""
        from vt_lsp.server import commands, results  # noqa: PLC0415 - when it is asked for

        drift = alert.context.get("drift", "")
        match action:
            case "open":
                await self._open(folder, alert)
                return "opened"
            case "diff":
                results.show_page(self._session, "showDiff", await commands.show_diff(self._session, drift))
                return "the difference was shown"
            case "accept":
                from vt_lsp.server import decisions  # noqa: PLC0415 - not before the first use

                await decisions.accept_drift(self._session, drift, f"accepted at alert {alert.id}")
                return "accepted and recorded"
            case _:
                return ""

    async def _open(self, folder: Folder, alert: Alert) -> None:
        path, line = alert.context.get("path", ""), max(0, int(alert.context.get("line", "1")) - 1)
        uri = self._session.uri_of(folder, path)
        window = self._session.server.client_capabilities.window
        if window is None or window.show_document is None or not window.show_document.support:
            text = f"vt-lsp: {path}:{line + 1}: {alert.message}"
            self._session.server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, text))
            return
        at = lsp.Range(lsp.Position(line, 0), lsp.Position(line, 0))
        await self._session.server.window_show_document_async(
            lsp.ShowDocumentParams(uri, take_focus=True, selection=at)
        )
