"""URIs to paths and back, as pure functions; the platform is an argument, so that each is tested on any."""

from __future__ import annotations

import re
import sys
import unicodedata
from urllib.parse import quote, unquote_to_bytes

_DRIVE = re.compile(r"^/?([A-Za-z])[:|](?=/|$)")
_SAFE = "/-._~!$&'()*+,;=:@"


def to_path(uri: str, platform: str = sys.platform) -> str | None:
    """The absolute path, with ``/``, that a ``file`` URI names; None for other schemes.

    Percent-encoding is undone once, ``#`` and ``?`` belong to the name (editors that mean them so encode nothing),
    a drive letter is lower case, and a host becomes a UNC path.
    """
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() != "file":
        return None
    host = ""
    if rest.startswith("//"):
        host, slash, tail = rest[2:].partition("/")
        rest = slash + tail
    path = unquote_to_bytes(rest).decode("utf-8", "surrogateescape")
    host = unquote_to_bytes(host).decode("utf-8", "surrogateescape")
    if "\0" in path or "\0" in host:
        return None
    if platform == "win32":
        path = path.replace("\\", "/")
        if drive := _DRIVE.match(path):
            return f"{drive[1].lower()}:{path[drive.end() :] or '/'}"
    elif platform == "darwin":
        path = unicodedata.normalize("NFC", path)  # its file systems take both for one name
    if host and host.lower() != "localhost":
        if platform == "win32" and (drive := _DRIVE.match(host)):  # file://c:/x, seen from careless clients
            return f"{drive[1].lower()}:{path}"
        return f"//{host.lower()}{path}"
    return path or "/"


def from_path(path: str) -> str:
    """The ``file`` URI of an absolute path with ``/``."""
    encoded = quote(path.encode("utf-8", "surrogateescape"), safe=_SAFE)
    if path.startswith("//"):
        return f"file:{encoded}"
    return f"file://{encoded}" if path.startswith("/") else f"file:///{encoded}"


def below(folder_uri: str, path: str) -> str:
    """The URI of a relative ``path``, in the spelling that the client used for its folder."""
    return f"{folder_uri.rstrip('/')}/{quote(path.encode('utf-8', 'surrogateescape'), safe=_SAFE)}"


def uri_key(uri: str, platform: str = sys.platform) -> str:
    """One key for all spellings of one document."""
    path = to_path(uri, platform)
    return uri if path is None else path


def relative(path: str, root: str) -> str | None:
    """``path`` below ``root``, "" for the root itself, None outside; both absolute, with ``/``."""
    base = root.rstrip("/")
    if path.rstrip("/") == base:
        return ""
    return path[len(base) + 1 :] if path.startswith(f"{base}/") else None
