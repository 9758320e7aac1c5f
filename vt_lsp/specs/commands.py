"""Command lines: which options, targets and environment variables they name, and of which command."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from vt_lsp.specs.literals import has_gap
from vt_lsp.specs.names import Said

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNERS = frozenset({"make", "just", "tox", "nox", "npm", "pnpm", "poe"})

_PART = re.compile(r"\s*(?:&&|\|\||[;|&]|\\$)\s*")
_WORD = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"']+")
_PROMPT = re.compile(r"^\s*(?:\([\w.-]+\)\s*)?(?:[$%>\u276f\u279c]\s+)?")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_ASSIGNED = re.compile(r"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=")
_OPTION = re.compile(r"(--[A-Za-z][\w-]*)(?==|$)")
_NAME = re.compile(r"[A-Za-z_][\w.-]*")
_TARGET = re.compile(r"[A-Za-z][\w.-]*")
# `uv run x`, `poetry run x`: the command is what follows.
_WRAPPERS = dict.fromkeys(("uv", "poetry", "pdm", "pipenv", "rye", "hatch", "pipx"), "run")
_WRAPPERS |= dict.fromkeys(("uvx", "sudo", "time", "nohup", "exec"), "")
_FLAGS = {"tox": ("-e",), "nox": ("-s", "--session", "--sessions")}
_OTHERS = frozenset(
    {"--", "-m", "python", "python3", "pip", "uv", "npm", "pytest", "uvicorn", "docker", "bash", "sh", "git"}
)
_PLACEHOLDER = re.compile(r"--(?:(?:some|your|my|other|more|the)-|(?:option|flag|arg|argument)s?\d*$|foo|bar|baz)")
_LONGEST = 2000  # characters of a line
_BARE = re.compile(r"(?:-\w(?:,\s*|/|\s+))?(--[A-Za-z][\w-]*)(?:[= ](?:<[^<>]*>|\[[^\[\]]*\]|[\w./:,-]+|\"[^\"]*\"))?")


@lru_cache(maxsize=4096)
def read_command_line(line: str) -> tuple[Said, ...]:
    """What a line of a shell names. ``bases`` of an option are the words of its command, of a target its runner."""
    if len(line) > _LONGEST or not line.strip() or line.lstrip().startswith(("#", "//")):
        return ()
    start = _PROMPT.match(line)
    at = start.end() if start is not None else 0
    found: list[Said] = []
    while at < len(line):
        end = _PART.search(line, at)
        stop = end.start() if end is not None else len(line)
        found += _one(line, at, stop)
        at = max(end.end(), at + 1) if end is not None else len(line)
    return tuple(found)


@lru_cache(maxsize=4096)
def read_option(text: str) -> tuple[Said, ...]:
    """An option that stands in backticks by itself: ``--dry-run``, ``-n, --dry-run``, ``--level=3``."""
    found = _BARE.fullmatch(text.strip())
    if found is None or _PLACEHOLDER.match(found[1]):
        return ()
    shift = len(text) - len(text.lstrip())
    hints = ("pair",) if found.start(1) else ()  # `-n/--name` shows an option; `--name` may shorten one
    return (Said("option", found[1], shift + found.start(1), shift + found.end(1), hints=hints),)


def _one(line: str, start: int, stop: int) -> Iterator[Said]:
    words = list(_WORD.finditer(line, start, stop))
    while words and _ASSIGNMENT.match(words[0][0]):
        word = words.pop(0)
        if assigned := _ASSIGNED.match(word[0]):
            yield _said("environment", assigned[1], word.start())
    if words and words[0][0] in {"export", "set", "setx"}:
        for word in words[1:]:
            assigned = _ASSIGNED.match(word[0])
            if assigned is not None:
                yield _said("environment", assigned[1], word.start())
        return
    words = _unwrapped(words)
    program = words[0][0] if words else ""
    if program in RUNNERS:
        if not has_gap(line[start:stop]):
            yield from _targets(program, words[1:])
    elif _NAME.fullmatch(program):
        yield from _options(words)


def _unwrapped(words: list[re.Match[str]]) -> list[re.Match[str]]:
    """The words of the command that a command runs; none where that cannot be told."""
    while words and words[0][0] in _WRAPPERS:
        follows = _WRAPPERS[words[0][0]]
        if follows and (len(words) < 2 or words[1][0] != follows):
            return []
        words = words[2 if follows else 1 :]
    return words


def _targets(runner: str, words: list[re.Match[str]]) -> Iterator[Said]:
    texts = [word[0] for word in words]
    if runner in {"npm", "pnpm"}:
        words, runner = words[1:2] if texts[:1] == ["run"] else [], "npm"
    elif runner in {"tox", "nox"}:
        flag = next((i for i, text in enumerate(texts) if text in _FLAGS[runner]), len(texts))
        words = words[flag + 1 : flag + 2]
    elif any(text.startswith("-") for text in texts):
        words = []  # another folder or file may be meant
    elif runner != "make":
        words = words[:1]
    for word in words:
        if word[0].startswith("#"):
            return
        if _TARGET.fullmatch(word[0]):
            yield Said("target", word[0], word.start(), word.end(), bases=(runner,))


def _options(words: list[re.Match[str]]) -> Iterator[Said]:
    program = [words[0][0]]
    rest = words[1:]
    if re.fullmatch(r"python[\d.]*|py", program[0]):
        if len(rest) < 2 or rest[0][0] != "-m":
            return
        program, rest = ["-m", rest[1][0]], rest[2:]
    hints: tuple[str, ...] = ()
    for number, word in enumerate(rest):
        if word[0] in _OTHERS or word[0].startswith("#"):
            return  # what follows is for another program
        found = _OPTION.match(word[0])
        if found is not None:
            if not _PLACEHOLDER.match(found[1]):
                yield _said("option", found[1], word.start(), tuple(program), hints)
        elif not re.fullmatch(r"[a-z][\w-]*", word[0]):
            continue
        elif len(program) == number + (2 if program[0] == "-m" else 1):
            program.append(word[0])
        else:
            hints = ("behind-word",)  # a value, or a command behind its options


def _said(kind: str, subject: str, start: int, bases: tuple[str, ...] = (), hints: tuple[str, ...] = ()) -> Said:
    return Said(kind, subject, start, start + len(subject), bases=bases, hints=hints)  # type: ignore[arg-type]
