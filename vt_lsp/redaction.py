"""What must not leave the machine with a record of a session.

Secrets, told by the name of their key, by their shape, and by what they are assigned to; and the home directory, which
holds the user's name. A secret that is typed letter by letter has none of these, and stays.

``detect-secrets`` knows more shapes, but it answers yes or no for a line, brings ``requests`` along, and can ask the
issuer whether a key works. Here are the shapes that source code and documents carry, each with its source.
"""

from __future__ import annotations

import re
from pathlib import PurePath, PureWindowsPath
from typing import Any, Final
from urllib.parse import quote

LEFT_OUT: Final = "[left out]"

# RFC 7468, OpenSSH, OpenPGP: what stands between the two lines, or looks like it when the second is missing.
_PRIVATE_KEY: Final = (
    r"-----BEGIN [A-Z ]+-----(?P<secret>(?:(?!-----)[\s\S])+(?=-----END)|(?:(?!-----)[\w+/=\s\\:,.()-])+)"
)
# A word that must be in the text, which is soon found out, and the shape; the group, if there is one, is what is left
# out. A shape begins with a letter of its own, not with a boundary: so it is searched for as fast as a word.
_SHAPES: Final = tuple(
    (word, re.compile(shape))
    for word, shape in (
        # Anthropic `sk-ant-…` and OpenAI `sk-…`, `sk-proj-…`: gitleaks, rules anthropic-api-key and openai-api-key
        ("sk-", r"sk-(?<!\wsk-)(?=[\w-]{0,200}\d)[\w-]{16,}"),
        # GitHub: docs.github.com, "About authentication to GitHub", token formats
        ("gh", r"gh[opsur]_[A-Za-z0-9]{20,}"),
        ("github_pat_", r"github_pat_\w{20,}"),
        # GitLab: docs.gitlab.com, "GitLab token overview", token prefixes
        ("gl", r"gl(?:pat|dt|rt|soat|ft|imt|ptt|cbt|agent|oas)-[\w-]{16,}"),
        # AWS: docs.aws.amazon.com, "IAM identifiers", unique ID prefixes
        ("IA", r"A[KSB]IA[A-Z0-9]{12,}"),
        ("ACCA", r"ACCA[A-Z0-9]{12,}"),
        # Google API key: detect-secrets' and gitleaks' rule gcp-api-key
        ("AIza", r"AIza[\w-]{30,}"),
        # Slack: api.slack.com, "Token types"; incoming webhooks
        ("xox", r"xox[abceoprs]-[\w-]{8,}"),
        ("hooks.slack.com", r"hooks\.slack\.com/services/(?P<secret>[\w/-]{16,})"),
        # Stripe: docs.stripe.com, "API keys"
        ("k_live_", r"[rs]k_live_\w{16,}"),
        # PyPI, npm, Hugging Face: the registries' own documents on their tokens
        ("pypi-", r"pypi-[\w-]{16,}"),
        ("npm_", r"npm_[A-Za-z0-9]{30,}"),
        ("hf_", r"hf_[A-Za-z0-9]{30,}"),
        # JSON Web Token: RFC 7519; its header is an object, so base64url makes it begin with eyJ
        ("eyJ", r"eyJ[\w-]{8,600}\.[\w-]{8,}(?:\.[\w-]*)?"),
        ("PRIVATE KEY", _PRIVATE_KEY),
        # User information in an address: RFC 3986, 3.2.1
        ("://", r"://[^\s/?#@:\"'`]*:(?P<secret>[^\s/?#@\"'`]+)@"),
        # Credentials of HTTP: RFC 7617 and RFC 6750
        ("earer ", r"earer\s{1,4}(?P<secret>(?=[\w.~+/-]{0,200}\d)[\w.~+/-]{16,}=*)"),
        ("asic ", r"asic\s{1,4}(?P<secret>(?=[\w.~+/-]{0,200}\d)[\w.~+/-]{16,}=*)"),
    )
)

# Names: detect-secrets' keyword plugin, and what HTTP and its libraries call theirs.
_NAMES: Final = (
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "credential",
    "cookie",
    "authorization",
    "bearer",
    "apikey",
    "accesskey",
    "privatekey",
    "authkey",
)
# Keys of the protocol (LSP 3.18) that only sound like it; a test compares them with all keys of the protocol.
_PROTOCOL_KEYS: Final = frozenset(
    "workDoneToken partialResultToken semanticTokens semanticTokensProvider tokenTypes tokenModifiers"
    " overlappingTokenSupport multilineTokenSupport augmentsSyntaxTokens".split()
)
_PROGRESS: Final = frozenset({"$/progress", "window/workDoneProgress/create", "window/workDoneProgress/cancel"})

_NAME = re.compile("|".join(name.replace("key", "[-_ ]?key") for name in _NAMES))  # in lower case
# What follows the name in NAME = "value", NAME: str = 'value', "name": "value", name("value"), and in NAME=value where
# the value looks made up. Every repetition has a bound, so that no text takes longer than its length deserves.
_VALUE = re.compile(
    r"[\w-]{0,40}\\?[\"'`\]]{0,3}[ \t]{0,20}(?::[\w.\[\]| \t]{1,60}?)?(?::=|=>|[:=(])[ \t]{0,20}[\[(]?[ \t]{0,20}"
    r"(?:[rbfRBF]{0,2}\\?(?P<quote>\"\"\"|'''|[\"'`])(?P<secret>(?:(?!(?P=quote))[^\n\\]|\\.){8,20000})"
    r"|(?P<bare>(?=[^\s\d]{0,80}\d)(?=\S{0,80}[A-Za-z])[\w+/=~-]{16,}+)(?![.(\[]))"
)
_LITERAL = re.compile(r"(?P<quote>[\"'])(?P<secret>(?:(?!(?P=quote))[^\s\\]|\\.){8,})(?P=quote)")

_MIN_LEARNED = 8
_MAX_LEARNED = 200


def sounds_secret(key: str) -> bool:
    """Whether a value under ``key`` is left out whatever it is."""
    if key in _PROTOCOL_KEYS or "/" in key:  # tables of addresses and globs have these as keys
        return False
    plain = re.sub(r"[-_. ]", "", key).lower()
    return any(name in plain for name in _NAMES)


def masked(secret: str) -> str:
    """:data:`LEFT_OUT`, filled up with stars to the length and the lines of ``secret``: positions still fit."""
    stars = re.sub(r"[^\r\n]", "*", secret)
    first_line = len(stars) - len(stars.lstrip("*"))
    return LEFT_OUT + stars[len(LEFT_OUT) :] if first_line >= len(LEFT_OUT) else stars


class Redactor:
    """Takes secrets out of the messages of one session; remembers those it has seen, since answers repeat them.

    ``home``: the user's home directory, which becomes ``~``.
    """

    def __init__(self, home: PurePath) -> None:
        self._home = _home_pattern(home)
        self._learned: dict[str, None] = {}

    def message(self, source: str, data: Any) -> Any:  # noqa: ANN401 - JSON
        """A message without its secrets; ``source`` is ``client`` or ``server``. Raises RecursionError."""
        keeps_token = isinstance(data, dict) and data.get("method") in _PROGRESS
        return self._value(source, data, keeps_token=keeps_token)

    def text(self, source: str, text: str) -> str:
        """A string without its secrets; what the server says of a secret-looking name is taken as a quotation of it."""
        for word, shape in _SHAPES:
            if word in text:
                text = shape.sub(self._mask, text)
        if names := [found.end() for found in _NAME.finditer(_lower(text))]:
            text = self._assigned(text, names)
            if source == "server":
                text = _LITERAL.sub(self._mask, text)
        for value in self._learned:
            if value in text and (source == "server" or _looks_made_up(value)):
                text = text.replace(value, masked(value))
        return self._home.sub("~", text) if self._home else text

    def _assigned(self, text: str, names: list[int]) -> str:
        """``text`` without the values behind the names that end at ``names``; its length stays."""
        parts, at = [], 0
        for end in names:
            if end >= at and (found := _VALUE.match(text, end)):
                parts += [text[at:end], self._mask(found)]
                at = found.end()
        return "".join((*parts, text[at:]))

    def _value(self, source: str, value: Any, *, keeps_token: bool = False) -> Any:  # noqa: ANN401
        if isinstance(value, str):
            return self.text(source, value)
        if isinstance(value, list):
            return [self._value(source, item) for item in value]
        if not isinstance(value, dict):
            return value
        out: dict[str, Any] = {}
        for key, item in value.items():
            if keeps_token and key in {"params", "token"}:
                out[key] = self._value(source, item, keeps_token=key == "params")
            elif item is None or isinstance(item, bool) or not sounds_secret(key):
                out[self.text(source, key)] = self._value(source, item)
            else:
                self._learn_all(item)
                out[key] = LEFT_OUT
        return out

    def _mask(self, found: re.Match[str]) -> str:
        groups = found.groupdict()
        name = next((name for name in ("secret", "bare") if groups.get(name)), 0)
        start, end = found.start(name) - found.start(), found.end(name) - found.start()
        self._learn(found[name])
        return found[0][:start] + masked(found[name]) + found[0][end:]

    def _learn_all(self, value: object) -> None:
        if isinstance(value, str):
            self._learn(value)
        elif isinstance(value, list | dict):
            for item in value.values() if isinstance(value, dict) else value:
                self._learn_all(item)

    def _learn(self, value: str) -> None:
        is_known = value.startswith(LEFT_OUT) or value in self._learned
        if len(value) >= _MIN_LEARNED and not is_known and not re.search(r"\s", value):
            self._learned[value] = None
            if len(self._learned) > _MAX_LEARNED:
                del self._learned[next(iter(self._learned))]


def _lower(text: str) -> str:
    """In lower case and of the same length: only the Turkish I with its dot would grow."""
    return text.replace("\u0130", "I").lower()


def _looks_made_up(value: str) -> bool:
    return any(char.isdigit() for char in value) and any(char.isalpha() for char in value)


def _home_pattern(home: PurePath) -> re.Pattern[str] | None:
    """The spellings of the home directory: a path, one with the other slashes, and the path of an address."""
    path = str(home)
    if len(home.parts) < 2:
        return None
    spellings = {path, path.replace("\\", "/"), quote(path.replace("\\", "/")), path.replace("\\", "\\\\")}
    if isinstance(home, PureWindowsPath):
        tail = quote(home.as_posix()[2:])
        spellings |= {f"/{drive}{colon}{tail}" for drive in home.drive[:1] for colon in (":", "%3A", "%3a")}
    flags = re.IGNORECASE if isinstance(home, PureWindowsPath) else 0
    longest_first = [(re.escape(one[0]), re.escape(one[1:])) for one in sorted(spellings, key=len, reverse=True)]
    # The look behind comes second: a pattern that begins with a letter is searched for as fast as a word.
    within = "|".join(rf"{first}(?<![\w.~-]{first}){rest}" for first, rest in longest_first)
    return re.compile(rf"(?:{within})(?![\w.-])", flags)
