"""Which paths a project's ``.gitignore`` files leave out, without starting git.

Each folder may hold rules of its own; the deepest file that says something about a path wins, as in gitignore(5).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SPECIAL = re.compile(r"[*?\[\\!]")
_UNCOMMITTED = frozenset({".git", ".venv", "venv", ".env", "node_modules", "__pycache__", ".DS_Store"})
_LIMIT = 1_000_000  # bytes read of one file of rules


class Rules:
    """The patterns of one ``.gitignore``, tested against paths relative to the folder ``base``.

    Most names match no pattern at all, so patterns that end with a plain name or a plain suffix are tried only on paths
    that end so.
    """

    __slots__ = ("_all", "_names", "_others", "_prefix", "_start", "_suffixes")

    def __init__(self, lines: Iterable[str], base: str = "", prefix: str = "") -> None:
        """Take the lines of the file; those that are no valid patterns are dropped, as git does.

        ``base`` is the folder of the rules, relative to the root; ``prefix`` the root, relative to the rules' folder,
        when they stand above it. Both are empty or end with ``/``.
        """
        self._start, self._prefix = len(base), prefix
        names: set[str] = set()
        suffixes: list[str] = []
        every: list[_Pattern] = []
        others: list[_Pattern] = []
        for line in lines:
            pattern = _compiled(line)
            if pattern is None:
                continue
            every.append(pattern)
            last = line.rstrip().removeprefix("!").rstrip("/").rpartition("/")[2]
            if not _SPECIAL.search(last):
                names.add(last)
            elif last.startswith("*") and not _SPECIAL.search(last[1:]) and len(last) > 1:
                suffixes.append(last[1:])
            else:
                others.append(pattern)
        # The last pattern that matches wins, so they are tried from the end.
        self._all, self._others = every[::-1], others[::-1]
        self._names, self._suffixes = frozenset(names), tuple(suffixes)

    def decide(self, path: str, name: str) -> bool | None:
        """True: ignored, False: taken back in by ``!``, None: not spoken of. ``path`` of a folder ends with ``/``."""
        likely = name in self._names or name.endswith(self._suffixes)
        patterns = self._all if likely else self._others
        if patterns:
            own = self._prefix + path[self._start :]
            for include, regex in patterns:
                if _names_itself(regex, own):
                    return include
        return None


_Pattern = tuple[bool, re.Pattern[str]]


@lru_cache(maxsize=4096)  # the same files of rules are read for each path that is asked about
def _compiled(line: str) -> _Pattern | None:
    from pathspec import GitIgnoreSpec  # noqa: PLC0415  workers import this module, and need none of it

    try:
        patterns = GitIgnoreSpec.from_lines([line]).patterns
    except ValueError:
        return None
    for pattern in patterns:  # none for an empty line
        if pattern.include is not None and pattern.regex is not None:
            return pattern.include, pattern.regex
    return None


def _names_itself(regex: re.Pattern[str], path: str) -> bool:
    """Whether the expression names ``path`` and not merely a folder above it.

    pathspec's expressions also match what lies below a folder, which a walk that enters no ignored folder never needs,
    and which would let ``!*/`` take back every file. Its group ``ps_d`` is the ``/`` that ends a folder's name.
    """
    match = regex.search(path)
    if match is None:
        return False
    if "ps_d" not in regex.groupindex:
        return not (path.endswith("/") and match.end() == len(path))  # "a/**" speaks of what is in "a", not of "a"
    if match["ps_d"] is None:
        return True
    return path.endswith("/") and (match.end("ps_d") == len(path) or regex.pattern == "(?P<ps_d>/)")


@dataclass(frozen=True, slots=True)
class IgnoreStack:
    """The rules that hold in one folder, outermost first."""

    layers: tuple[Rules, ...] = ()

    def within(self, rules: Rules | None) -> IgnoreStack:
        """The stack inside a folder that has ``rules``, or none."""
        return self if rules is None else IgnoreStack((*self.layers, rules))

    def ignores(self, path: str, name: str) -> bool:
        """Whether ``path`` (a folder: with ``/`` at its end), called ``name``, is left out."""
        for layer in reversed(self.layers):
            decided = layer.decide(path, name)
            if decided is not None:
                return decided
        return False


def rules_of(file: Path, base: str = "", prefix: str = "") -> Rules | None:
    """The rules in ``file`` (see :class:`Rules`); None where there is no such file or it cannot be read."""
    try:
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            text = stream.read(_LIMIT).decode("utf-8", "replace")
    except OSError:
        return None
    return Rules(text.removeprefix("\ufeff").splitlines(), base, prefix)


def outer_rules(root: Path) -> IgnoreStack:
    """What the repository around ``root`` says: ``.git/info/exclude`` and the ``.gitignore`` files above the root.

    A root that is itself ignored was opened on purpose: then nothing of the outside counts.
    """
    top = next((folder for folder in (root, *root.parents) if os.path.lexists(folder / ".git")), None)
    if top is None:
        return IgnoreStack()
    below = root.relative_to(top).parts
    sources = [(_exclude_file(top / ".git"), below)]
    sources += [(top.joinpath(*below[:n], ".gitignore"), below[n:]) for n in range(len(below))]
    found: list[Rules] = []
    for file, parts in sources:
        rules = rules_of(file, prefix="".join(f"{part}/" for part in parts))
        if rules is None:
            continue
        plain = rules_of(file)
        steps = ["/".join(parts[: n + 1]) + "/" for n in range(len(parts))]
        if plain and any(plain.decide(step, step.rstrip("/").rpartition("/")[2]) for step in steps):
            return IgnoreStack()
        found.append(rules)
    return IgnoreStack(tuple(found))


def _exclude_file(git: Path) -> Path:
    """``info/exclude`` of a repository; ``.git`` of a linked work tree is a file that names its folder."""
    folder = git
    try:
        if git.is_file():
            folder = git.parent / git.read_text("utf-8", "replace")[:4096].removeprefix("gitdir:").strip()
            common = folder / "commondir"
            if common.is_file():
                folder /= common.read_text("utf-8", "replace")[:4096].strip()
    except (OSError, ValueError):
        return git / "info" / "exclude"
    return folder / "info" / "exclude"


def would_ignore(root: Path, path: str) -> bool:
    """Whether git would ignore something at ``path`` (relative, with ``/``), be it there or not, or a folder above it.

    Names that nobody commits count as ignored where no rule speaks of them.
    """
    stack, base = outer_rules(root), ""
    names = path.strip("/").split("/")
    if not _UNCOMMITTED.isdisjoint(names):
        return True
    for name in names:
        stack = stack.within(rules_of(root / base / ".gitignore", base))
        if stack.ignores(f"{base}{name}/", name) or stack.ignores(f"{base}{name}", name):
            return True
        base = f"{base}{name}/"
    return False
