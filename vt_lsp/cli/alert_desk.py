"""Alerts of a monitor without an editor: into the history, onto the terminal if asked, and to the other channels."""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
import threading
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from vt_lsp.cli.errors import UsageError
from vt_lsp.cli.formats.excerpt import clean
from vt_lsp.continuous_eval.alert_channels import deliver
from vt_lsp.continuous_eval.alert_input import observation
from vt_lsp.continuous_eval.alert_state import Policy, Ticked
from vt_lsp.continuous_eval.alert_store import AlertStoreError, open_alerts
from vt_lsp.continuous_eval.alert_system import wake_at
from vt_lsp.continuous_eval.alert_view import rows
from vt_lsp.settings import parse_settings
from vt_lsp.workspace.reading import Unreadable, read_file

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from pathlib import Path

    from vt_lsp.continuous_eval.alert_state import Notification, Step
    from vt_lsp.continuous_eval.alert_store import AlertStore
    from vt_lsp.continuous_eval.evaluation import Evaluation
    from vt_lsp.settings import Settings

log = logging.getLogger(__name__)

_LEAST_SECONDS = 0.5
_RETRY_SECONDS = 30.0


def with_channels(settings: Settings, options: argparse.Namespace) -> Settings:
    """The settings with the channels that the command line names: it is the user who writes it."""
    given = {"alerts.file": options.alerts_file, "alerts.webhook": options.alerts_webhook}
    read, messages = parse_settings({key: value for key, value in given.items() if value})
    if messages:
        raise UsageError("; ".join(messages))
    return dataclasses.replace(settings, alerts_file=read.alerts_file, alerts_webhook=read.alerts_webhook)


class AlertDesk:
    """Takes evaluations in and tells of alerts; a timer wakes it when something is due."""

    def __init__(self, root: Path, settings: Settings, options: argparse.Namespace) -> None:
        self._root = root
        self._settings = with_channels(settings, options)
        self._form: str = options.format
        policy = Policy.of(self._settings)
        # What is not written here waits for an editor.
        self._policy = policy if options.alerts else dataclasses.replace(policy, do_not_disturb=True)
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def evaluated(self, evaluation: Evaluation) -> None:
        """The project was evaluated."""
        found = observation(evaluation, self._text)
        self._do(lambda store, now: store.observe(found, now, self._policy))

    def _text(self, path: str) -> bytes | None:
        try:
            return read_file(self._root, path)
        except Unreadable:
            return None

    def _do(self, work: Callable[[AlertStore, datetime], Step]) -> None:
        with self._lock:
            now = datetime.now().astimezone()
            try:
                with open_alerts(self._root) as store:
                    done = work(store, now)
                    store.prune(now, self._settings.alerts_keep_days)
            except AlertStoreError as error:
                log.warning("%s", error)
                self._wake(_RETRY_SECONDS, work)
                return
            for notification in done.notifications:
                if notification.channel == "window":
                    self._write(notification)
            wanted = rows([one for one in done.turned if one.state != "muted"], done.state.reactions, now)
            for problem in deliver(self._settings, self._root, wanted):
                log.warning("%s", problem)
            due = wake_at(done.state, self._policy, now)
            if due is not None:
                self._wake((due - now).total_seconds(), lambda store, then: store.step(Ticked(), then, self._policy))

    def _wake(self, seconds: float, work: Callable[[AlertStore, datetime], Step]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(max(seconds, _LEAST_SECONDS), self._do, (work,))
        self._timer.daemon = True
        self._timer.start()

    def _write(self, notification: Notification) -> None:
        if self._form == "json":
            alerts = msgspec.to_builtins(rows(notification.alerts, {}, datetime.now().astimezone()))
            line = json.dumps({"version": 1, "root": str(self._root), "alerts": alerts})
        else:
            line = "\n          ".join(clean(text) for text in f"alert     {notification.text}".split("\n"))
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
