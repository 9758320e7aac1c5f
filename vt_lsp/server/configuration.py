"""Settings from four doors: the project's file, the start options, the client's answers, and what it pushes.

Later ones win. A client that can be asked is asked, for each folder; one that cannot is believed when it pushes. Bad
values leave the default and are told once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from vt_lsp.server import logs

if TYPE_CHECKING:
    from vt_lsp.server.session import Folder, Session
    from vt_lsp.settings import Settings

log = logging.getLogger(__name__)

SECTION = "vt-lsp"
ANSWER_SECONDS = 0.3  # a client that takes longer is heard later: the first diagnostics do not wait for it


class Configuration:
    """What the client wants; the settings of a folder are in the folder."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._options: Mapping[str, Any] = {}
        self._pushed: Mapping[str, Any] | None = None
        self._pulled: dict[str, Mapping[str, Any]] = {}  # folder URI -> answer
        self._late: dict[str, asyncio.Task[Any]] = {}
        self.messages: dict[str, tuple[str, ...]] = {}  # folder URI -> what cannot be used

    # --------------------------------------------------------------------------------------------------------- values

    @property
    def diagnostics(self) -> str:
        """For which documents diagnostics are published: workspace, openFilesOnly or off."""
        return self._window("diagnostics", "workspace")

    @property
    def notifications(self) -> str:
        """When a message window is shown: off, onError, onWarning or always."""
        return self._window("notifications", "onError")

    def _window(self, name: str, default: str) -> str:
        settings = [folder.settings for folder in self._session.folders if folder.settings is not None]
        given = next((one for one in settings if name in one.given), settings[0] if settings else None)
        return default if given is None else str(getattr(given, name))

    # ---------------------------------------------------------------------------------------------------------- doors

    def start(self, options: object) -> None:
        """The start options, as the client sent them."""
        self._options = options if isinstance(options, Mapping) else {}

    async def load(self, folder: Folder) -> None:
        """Fill the settings of a folder; asks the client, but not for long."""
        if self._can_pull:
            asking = self._session.server.spawn(self._pull(folder))
            done, _ = await asyncio.wait([asking], timeout=ANSWER_SECONDS)
            if not done:
                self._late[folder.uri] = asking
                asking.add_done_callback(lambda task: self._came_late(folder, task))
        folder.settings = await asyncio.to_thread(self._read, folder)
        self._tell(folder)

    async def changed(self, body: object) -> None:
        """The client says that its settings have changed."""
        if not self._can_pull:
            self._pushed = body if isinstance(body, Mapping) else {}
        for folder in list(self._session.folders):
            if self._can_pull:
                await self._pull(folder)
            await self.apply(folder)

    async def apply(self, folder: Folder) -> None:
        """Put the settings that hold now into effect, without a restart of the server."""
        old = folder.settings
        new = await asyncio.to_thread(self._read, folder)
        folder.settings = new
        self._tell(folder)
        if old is None or old == new or folder not in self._session.folders:
            return
        if any(getattr(old, name) != getattr(new, name) for name in _of_claude(new)):
            self._session.end_chain(folder)
        if _without_window(old) == _without_window(new):
            await self._session.publisher.publish_all(folder)
            self._session.alerts.settings_changed(folder)
        else:
            self._session.restart(folder)

    # -------------------------------------------------------------------------------------------------------- reading

    @property
    def _can_pull(self) -> bool:
        workspace = self._session.server.client_capabilities.workspace
        return workspace is not None and bool(workspace.configuration)

    async def _pull(self, folder: Folder) -> None:
        item = lsp.ConfigurationItem(section=SECTION, scope_uri=folder.uri)
        try:
            answer = await self._session.server.workspace_configuration_async(lsp.ConfigurationParams([item]))
        except JsonRpcException as error:
            log.warning("the client does not tell its configuration: %s", error)
            return
        first = answer[0] if answer else None
        self._pulled[folder.uri] = first if isinstance(first, Mapping) else {}

    def _came_late(self, folder: Folder, task: asyncio.Task[Any]) -> None:
        self._late.pop(folder.uri, None)
        if not task.cancelled() and task.exception() is None:
            self._session.server.spawn(self.apply(folder))

    def _read(self, folder: Folder) -> Settings:
        # Not at start:
        from vt_lsp.settings import load_project_settings, load_user_settings, merge, parse_settings  # noqa: PLC0415

        settings, messages = load_project_settings(Path(folder.root))
        mine, more = load_user_settings()
        settings, problems = merge(settings, mine), [*messages, *more]
        is_untrusted = mine.untrusted_workspace
        for body in (self._options, self._pushed, self._pulled.get(folder.uri)):
            if body:
                given, messages = parse_settings(body)
                settings = merge(settings, given)
                problems.extend(messages)
                is_untrusted = is_untrusted or given.untrusted_workspace  # a default that comes later is no trust
        self.messages[folder.uri] = tuple(dict.fromkeys(problems))
        # In a workspace that is not trusted no program is run on it, not even git.
        return replace(settings, history=False, untrusted_workspace=True) if is_untrusted else settings

    def _tell(self, folder: Folder) -> None:
        settings = folder.settings
        if settings is not None and "log_level" in settings.given:
            logging.getLogger().setLevel(settings.log_level.upper())
        if settings is not None and settings.log_file:
            logs.write_to(Path(settings.log_file))
        wrong = []
        for message in self.messages.get(folder.uri, ()):
            log.warning("%s: %s", folder.root, message)
            if "unknown setting" not in message:  # a newer editor plug-in may know more than we do
                wrong.append(message)
        if wrong:
            text = f"vt-lsp: {'; '.join(wrong)}"
            self._session.server.show(lsp.MessageType.Warning, text, kind=text)


def _without_window(settings: Settings) -> dict[str, Any]:
    """The part that needs the folder to be looked at again."""
    beside = {"diagnostics", "notifications", "log_level", "log_file", "given", *_of_claude(settings)}
    names = (name for name in settings.__dataclass_fields__ if name not in beside and not name.startswith("alert"))
    return {name: getattr(settings, name) for name in names}


def _of_claude(settings: Settings) -> list[str]:
    return [name for name in settings.__dataclass_fields__ if name.startswith("claude_")]
