"""The program ``claude``: where it is, what it understands, and the one command line that is safe to give it.

Seen of version 2.1.330: it runs hooks from the settings of the folder that it is started in, sends requests with the
key to an address from them, starts programs of ``.mcp.json``, and reads files that a question names with ``@``. So it
is started in an empty folder, told to read no settings, and given an environment of which each variable is known.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vt_lsp.claude_integration.processes import output_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vt_lsp.claude_integration.messages import Prompt

NAME: Final = "claude"

# Without one of these it cannot be asked safely.
REQUIRED: Final = frozenset(
    {
        "--print", "--verbose", "--output-format", "--input-format", "--include-partial-messages", "--setting-sources",
        "--strict-mcp-config", "--disable-slash-commands", "--tools", "--system-prompt", "--model",
        "--no-session-persistence",
    }
)  # fmt: skip

_VARIABLES: Final = frozenset(
    {
        "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "XDG_CONFIG_HOME",
        "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR",
        "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX",
        "CLAUDE_CODE_USE_FOUNDRY", "CLAUDE_CODE_SKIP_BEDROCK_AUTH", "CLAUDE_CODE_SKIP_VERTEX_AUTH",
        "CLAUDE_CODE_GIT_BASH_PATH", "CLOUD_ML_REGION", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT",
        # Windows does not start programs without these.
        "SYSTEMROOT", "WINDIR", "SYSTEMDRIVE", "USERPROFILE", "USERNAME", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA",
        "COMSPEC", "PATHEXT",
    }
)  # fmt: skip
_PREFIXES: Final = ("ANTHROPIC_", "AWS_", "LC_")
# It looks into no text for names of files, sends nothing beside the question, and leaves trying again to us.
_FIXED: Final = {
    "CLAUDE_CODE_DISABLE_ATTACHMENTS": "1",
    "CLAUDE_CODE_DISABLE_FILE_MENTIONS": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_MAX_RETRIES": "0",
    "API_TIMEOUT_MS": "60000",
}
_PROBE_SECONDS: Final = 20.0
_FLAG: Final = re.compile(rb"(?<![\w-])--[a-z][a-z-]+")


@dataclass(frozen=True, slots=True)
class Program:
    """One file, and what it said of itself."""

    path: str
    stamp: tuple[int, int]  # of its last change in ns, and its size
    version: str
    flags: frozenset[str]

    @property
    def is_safe(self) -> bool:
        """Whether it knows all that keeps it from doing what the project says."""
        return self.flags >= REQUIRED


def find_program(root: Path, chosen: str, environment: Mapping[str, str]) -> Path | None:
    """The program the user ``chosen``, or else the first on PATH; never one inside the workspace ``root``."""
    inside = root.resolve()

    def is_ours(path: Path) -> bool:
        return path.is_absolute() and not any(one.is_relative_to(inside) for one in (path, path.resolve()))

    if chosen:
        path = Path(chosen).expanduser()
        return path.resolve() if is_ours(path) and path.is_file() and os.access(path, os.X_OK) else None
    home = Path(environment.get("HOME") or Path.home())
    named = environment.get("PATH", "").split(os.pathsep)
    folders = [*named, str(home / ".local" / "bin"), str(home / ".claude" / "local")]
    for folder in folders:
        if folder and is_ours(Path(folder)):
            # One folder at a time: Windows would look into the current one first, and a later one may hold ours.
            found = shutil.which(f"{NAME}.exe" if os.name == "nt" else NAME, path=folder)
            if found and is_ours(Path(found)):
                return Path(found).resolve()
    return None


def environment_for(root: Path, environment: Mapping[str, str], max_tokens: int) -> dict[str, str]:
    """The variables that the program gets; of PATH what lies outside of the workspace ``root``."""
    inside = root.resolve()
    kept = {
        name: value
        for name, value in environment.items()
        if name.upper() in _VARIABLES or name.upper().startswith(_PREFIXES)
    }
    if "PATH" in kept:
        folders = [Path(folder) for folder in kept["PATH"].split(os.pathsep) if folder]
        outside = [one for one in folders if one.is_absolute() and not one.resolve().is_relative_to(inside)]
        kept["PATH"] = os.pathsep.join(map(str, outside))
    return {**kept, **_FIXED, "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(max_tokens)}


def command_line(program: Program, prompt: Prompt, model: str, *, has_key: bool) -> tuple[str, ...]:
    """The whole command line; the question comes on stdin. ``has_key``: the login is a key of the environment."""
    command = [program.path, "--print", "--verbose", "--output-format", "stream-json", "--input-format", "stream-json"]
    command += ["--include-partial-messages", "--setting-sources", "", "--strict-mcp-config"]
    command += ["--disable-slash-commands", "--tools", "", "--no-session-persistence"]
    command += ["--system-prompt", prompt.system, "--model", model]
    if "--restricted" in program.flags:
        command.append("--restricted")
    if "--permission-prompts" in program.flags:
        command += ["--permission-prompts", "none"]
    if "--effort" in program.flags:
        command += ["--effort", prompt.effort]
    if has_key and "--bare" in program.flags:  # never looks for another login
        command.append("--bare")
    if prompt.schema:
        command += ["--json-schema", prompt.schema]
    return tuple(command)


def turn(text: str) -> bytes:
    """The line for stdin that asks ``text``."""
    content = [{"type": "text", "text": text}]
    message = {"role": "user", "content": content}
    line = {"type": "user", "message": message, "parent_tool_use_id": None, "session_id": ""}
    return json.dumps(line).encode() + b"\n"


def stamp_of(path: Path) -> tuple[int, int] | None:
    """The time of a file's last change in ns and its size; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


async def probe(path: Path, environment: Mapping[str, str], folder: Path, memory: Path | None) -> Program | None:
    """What the program at ``path`` says of itself, once for each change of the file; None if it does not answer.

    ``folder``: the empty one that it is started in. ``memory``: a file in which the answers are kept.
    """
    stamp = stamp_of(path)
    if stamp is None:
        return None
    if (known := _remembered(memory, str(path), stamp)) is not None:
        return known
    asked = [output_of((str(path), flag), environment, folder, _PROBE_SECONDS) for flag in ("--version", "--help")]
    version, usage = await asyncio.gather(*asked)
    if version is None or usage is None:
        return None
    flags = frozenset(flag.decode() for flag in _FLAG.findall(usage))
    program = Program(str(path), stamp, version.decode("utf-8", "replace").strip()[:80], flags)
    _remember(memory, program)
    return program


def _remembered(memory: Path | None, path: str, stamp: tuple[int, int]) -> Program | None:
    if memory is None:
        return None
    try:
        known = json.loads(memory.read_text("utf-8"))
        if (known["path"], *known["stamp"]) != (path, *stamp):
            return None
        return Program(path, stamp, str(known["version"]), frozenset(map(str, known["flags"])))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _remember(memory: Path | None, program: Program) -> None:
    if memory is None:
        return
    text = json.dumps({**asdict(program), "flags": sorted(program.flags)})
    fresh = memory.with_name(f"{memory.name}.{os.getpid()}")
    try:
        fresh.write_text(text, "utf-8")
        fresh.replace(memory)
    except OSError:
        fresh.unlink(missing_ok=True)
