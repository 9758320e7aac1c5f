"""The channels beside the editor: a file of JSON lines, and a webhook. Both are off until the user names them.

The only file of the package that speaks to the network, and only with the one address that the user's own settings
name: a workspace cannot set it. A redirect is not followed: the address is meant as it is written.
"""

from __future__ import annotations

import os
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vt_lsp.continuous_eval.alert_view import AlertRow
    from vt_lsp.settings import Settings

FORMAT_VERSION: Final = 1
_TIMEOUT: Final = 5.0  # seconds
_PAUSES: Final = (0.0, 1.0, 4.0)  # seconds before each attempt

_encode = msgspec.json.Encoder().encode


def deliver(
    settings: Settings, root: Path, found: Sequence[AlertRow], sleep: Callable[[float], object] = time.sleep
) -> tuple[str, ...]:
    """Give alerts that are new or another to the channels that are on; one line for each that does not take them.

    Blocking, for any thread.
    """
    problems = []
    if found and settings.alerts_file:
        problems.append(append(Path(settings.alerts_file).expanduser(), root, found))
    if found and settings.alerts_webhook:
        problems.append(post(settings.alerts_webhook, root, found, sleep))
    return tuple(problem for problem in problems if problem)


def append(file: Path, root: Path, found: Sequence[AlertRow]) -> str:
    """Add a line for each alert, all in one write; what is wrong, or ""."""
    lines = b"".join(
        _encode({"version": FORMAT_VERSION, "root": root.as_posix(), "alert": row}) + b"\n" for row in found
    )
    try:
        handle = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab", buffering=0) as out:
            out.write(lines)
    except OSError as error:
        return f"alerts cannot be written to {file}: {error.strerror or error}"
    return ""


def post(url: str, root: Path, found: Sequence[AlertRow], sleep: Callable[[float], object] = time.sleep) -> str:
    """Send the alerts as one JSON document, three times at most; what is wrong, or ""."""
    body = _encode({"version": FORMAT_VERSION, "root": root.as_posix(), "alerts": list(found)})
    problem = ""
    for pause in _PAUSES:
        sleep(pause)
        problem, is_final = _post(url, body)
        if not problem or is_final:
            break
    return problem


def _post(url: str, body: bytes) -> tuple[str, bool]:
    """What is wrong, or "", and whether another attempt would give the same."""
    place = urlsplit(url)
    shown = f"{place.scheme}://{place.hostname}"  # the rest may be a secret
    if place.scheme not in {"http", "https"}:
        return "the address of the webhook is neither http nor https", True
    request = urllib.request.Request(  # noqa: S310 - of these two kinds alone
        url, body, {"Content-Type": "application/json", "User-Agent": "vt-lsp"}, method="POST"
    )
    try:
        with _opener().open(request, timeout=_TIMEOUT):
            return "", True
    except urllib.error.HTTPError as error:
        error.close()
        is_final = error.code < HTTPStatus.INTERNAL_SERVER_ERROR and error.code != HTTPStatus.TOO_MANY_REQUESTS
        return f"the webhook at {shown} answered {error.code}", is_final
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return f"the webhook at {shown} cannot be reached: {reason}", False


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any) -> None:  # noqa: ANN401 - as the base has it
        return None


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(_StayHere)
