"""The project's own commands: console scripts, and the targets of make, just, tox, nox, npm and Poe.

These files are small and few; all that they define in a repository is taken together, so that a folder's own Makefile
never makes a target of the root look missing.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vt_lsp.workspace.reading import Unreadable, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from vt_lsp.workspace.differences import Key

_LIMIT = 500_000  # bytes of one file
_MOST = 200  # files
_MAKEFILES = frozenset({"Makefile", "makefile", "GNUmakefile"})
_JUSTFILES = frozenset({"justfile", "Justfile", ".justfile"})
_OTHERS = frozenset({"pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "tox.toml", "noxfile.py", "package.json"})
_REQUIREMENTS_FILE = re.compile(r"requirements[\w.-]*\.(?:txt|in)")
_REQUIREMENT = re.compile(r"[ \t\"']*([A-Za-z][\w.-]*)[ \t]*(?:\[[^\]]*\])?[ \t]*\(?([<>=!~][^;#\"'\n]*)?")
_REQUIRES_PYTHON = re.compile(r"python_requires[ \t]*=[ \t]*[\"']?([<>=!~][^\"'\n#]*)")
_RULE = re.compile(r"^([^\s#:=][^#:=]*?)\s*&?::?(?![=:])", re.MULTILINE)
_OPEN_RULE = re.compile(r"^\s*-?s?include\b|^(?=[^\s#])[^:=\n]*[%$][^:=\n]*:(?!=)|\$\(eval\b", re.MULTILINE)
_RECIPE = re.compile(r"^@?([A-Za-z_][\w-]*)(?:[ \t][^:\n]*)?:(?!=)", re.MULTILINE)
_ALIAS = re.compile(r"^alias\s+([\w-]+)\s*:=", re.MULTILINE)
_OPEN_RECIPE = re.compile(r"^(?:import|mod)\b", re.MULTILINE)
_CONSOLE = re.compile(r"[\"']?([\w.-]+)\s*=\s*([\w.]+:[\w.]+)")
_WORD = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Project:
    """``scripts`` are console scripts and their entry points; ``targets`` the names by runner.

    Of tox and nox they are all words of their files, since names are put together there. A runner in ``is_open`` may
    have more targets than could be read: the file at the root includes others or makes rules of patterns, or there is
    none at the root. ``requirements`` are the version specifiers (PEP 440) of each distribution that some file
    requires, and of ``python``.
    """

    scripts: dict[str, str] = field(default_factory=dict)
    targets: dict[str, frozenset[str]] = field(default_factory=dict)
    is_open: frozenset[str] = frozenset()
    requirements: dict[str, frozenset[str]] = field(default_factory=dict)


def changed_keys(old: Project, new: Project) -> set[Key]:
    """The keys whose answers differ: ``("scripts",)`` and ``("targets", runner)``."""
    runners = old.targets.keys() | new.targets.keys() | old.is_open | new.is_open
    changed: set[Key] = {
        ("targets", name)
        for name in runners
        if old.targets.get(name) != new.targets.get(name) or (name in old.is_open) != (name in new.is_open)
    }
    if old.scripts != new.scripts:
        changed.add(("scripts",))
    names = old.requirements.keys() | new.requirements.keys()
    changed |= {("requires", n) for n in names if old.requirements.get(n) != new.requirements.get(n)}
    return changed


def is_project_file(path: str) -> bool:
    """The file may define commands or targets of the project."""
    base = path.rpartition("/")[2]
    if _REQUIREMENTS_FILE.fullmatch(base):
        return "node_modules/" not in path
    return base in _MAKEFILES | _JUSTFILES | _OTHERS and "node_modules/" not in path


class ProjectFiles:
    """What such files of one workspace define, read again only after one of them has changed."""

    def __init__(self, root: Path) -> None:
        """``root`` is the folder that paths are relative to."""
        self._root = root
        self._stamp: list[tuple[str, int, int]] | None = None
        self._project = Project()

    def read(self, files: Iterable[str]) -> Project:
        """What those among ``files`` define."""
        paths = sorted(filter(is_project_file, files))[:_MOST]
        stamp = []
        for path in paths:
            with suppress(OSError):
                found = os.stat(f"{self._root}/{path}")  # noqa: PTH116 - as in other_words
                stamp.append((path, found.st_mtime_ns, found.st_size))
        if stamp != self._stamp:
            self._project, self._stamp = read_project(self._texts(paths)), stamp
        return self._project

    def _texts(self, paths: list[str]) -> dict[str, str]:
        texts: dict[str, str] = {}
        for path in paths:
            with suppress(Unreadable):
                texts[path] = read_file(self._root, path, _LIMIT).decode("utf-8", "replace").replace("\r\n", "\n")
        return texts


def read_project(texts: dict[str, str]) -> Project:  # noqa: C901 - one kind of file a branch
    """What the files define, by path; a file that cannot be parsed leaves open what it may define."""
    found = _Found()
    for path, text in texts.items():
        folder, _, base = path.rpartition("/")
        found.is_root = not folder
        if base in _MAKEFILES:
            found.make(text)
        elif base in _JUSTFILES:
            found.add("just", (*_RECIPE.findall(text), *_ALIAS.findall(text)), is_open=bool(_OPEN_RECIPE.search(text)))
        elif base == "noxfile.py":
            found.add("nox", _WORD.findall(text))
        elif base in {"tox.ini", "tox.toml"}:
            found.add("tox", _WORD.findall(re.sub(r"[{},:\[\]]", " ", text)))
        elif base == "package.json":
            found.package(text)
        elif base == "pyproject.toml":
            found.pyproject(text)
        elif _REQUIREMENTS_FILE.fullmatch(base):
            for line in text.splitlines():
                found.require(line)
        else:
            if "console_scripts" in text:
                found.scripts |= dict(_CONSOLE.findall(text))
            for said in _REQUIRES_PYTHON.findall(text):
                found.require(f"python{said}")
    targets = {runner: frozenset(names) for runner, names in found.targets.items()}
    requirements = {name: frozenset(said) for name, said in found.requirements.items()}
    return Project(found.scripts, targets, frozenset(found.open | (targets.keys() - found.rooted)), requirements)


class _Found:
    def __init__(self) -> None:
        self.scripts: dict[str, str] = {}
        self.targets: dict[str, set[str]] = {}
        self.open: set[str] = set()
        self.rooted: set[str] = set()
        self.requirements: dict[str, set[str]] = {}
        self.is_root = False  # of the file that is read now

    def add(self, runner: str, names: Iterable[str], *, is_open: bool = False) -> None:
        self.targets.setdefault(runner, set()).update(names)
        if self.is_root:
            self.rooted.add(runner)
            self.open |= {runner} if is_open else set()

    def require(self, line: str) -> None:
        """One requirement as PEP 508 has it; one without a version says that any will do."""
        said = _REQUIREMENT.match(line)
        if said is not None:
            name = re.sub(r"[-_.]+", "-", said[1]).lower()
            self.requirements.setdefault(name, set()).add((said[2] or "").strip(" )"))

    def make(self, text: str) -> None:
        text = text.replace("\\\n", " ")
        self.add("make", " ".join(_RULE.findall(text)).split(), is_open=bool(_OPEN_RULE.search(text)))

    def package(self, text: str) -> None:
        try:
            scripts = json.loads(text).get("scripts", {})
            self.add("npm", scripts.keys())
        except (ValueError, AttributeError):
            self.add("npm", (), is_open=True)

    def pyproject(self, text: str) -> None:
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError:
            self.add("poe", (), is_open=True)
            return
        for keys in (("project", "scripts"), ("project", "gui-scripts"), ("tool", "poetry", "scripts")):
            for name, target in _table(data, keys).items():
                self.scripts[name] = target if isinstance(target, str) else ""
        self._requirements(data)
        poe = _table(data, ("tool", "poe"))
        if poe:
            self.add("poe", _table(poe, ("tasks",)), is_open="include" in poe or "include_script" in poe)
        if _table(data, ("tool", "tox")):
            self.add("tox", _WORD.findall(re.sub(r"[{},:\[\]]", " ", text)))

    def _requirements(self, data: dict[str, Any]) -> None:
        project = _table(data, ("project",))
        groups = [*_table(project, ("optional-dependencies",)).values(), *_table(data, ("dependency-groups",)).values()]
        for listed in (project.get("dependencies"), *groups):
            for line in _strings(listed):
                self.require(line)
        if isinstance(python := project.get("requires-python"), str):
            self.require(f"python{python}")
        poetry = _table(data, ("tool", "poetry"))
        others = [
            _table(group, ("dependencies",)) for group in _table(poetry, ("group",)).values() if isinstance(group, dict)
        ]
        for table in (_table(poetry, ("dependencies",)), *others):
            for name, value in table.items():
                said = value.get("version", "") if isinstance(value, dict) else value
                if isinstance(said, str):
                    # Caret and tilde have an upper bound, too, which nobody writes down elsewhere.
                    self.require(name + re.sub(r"(^|,)\s*[\^~](?!=)\s*", r"\1>=", said).replace("*", ""))


def _strings(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _table(data: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    for key in keys:
        data = data.get(key, {}) if isinstance(data, dict) else {}
    return data if isinstance(data, dict) else {}
