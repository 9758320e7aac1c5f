"""What lies in a workspace: one walk, which finds the Python files and the specs by itself.

Every file is listed, since specs speak of images and scripts too; only Python and Markdown files and OpenAPI documents
that are the project's own work are picked for reading: nothing ignored, vendored, generated, or belonging to another
repository.
"""

from __future__ import annotations

import functools
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from vt_lsp.models import NotAnalysed
from vt_lsp.workspace.ignore import IgnoreStack, Rules, outer_rules, rules_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_CODE = (".py", ".pyi")
# Where OpenAPI documents lie; the reader looks at the first bytes before it believes it.
_OPENAPI = re.compile(
    r"(?:^|/)(?:[^/]*(?:openapi|swagger)[^/]*|(?:[^/]*[-_.])?api(?:[-_.](?:spec|contract|schema|v\d)[^/]*)?|"
    r"(?:contracts|openapi|swagger)/(?:[^/]+/){0,2}[^/]+)\.(?:ya?ml|json)$"
)
_SPECS = (".md", ".markdown", ".mdx", ".rst", ".rest", ".mdc", ".cursorrules", ".importlinter")
_SPEC_NAMES = frozenset({"tach.toml"})
# Django, CPython and others write reStructuredText into text files; lists of requirements lie beside it.
_RST_TEXT = re.compile(r"(?:^|/)docs?/(?:.*/)?(?!requirements|constraints|robots|license|spelling|wordlist)[^/]+\.txt$")

_NEVER = frozenset(
    {
        *(".git", ".hg", ".svn", ".jj", ".bzr", "CVS"),
        *("node_modules", "bower_components", "__pycache__", "__pypackages__"),
        *(".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", ".eggs", ".cache", ".direnv"),
        *(".pixi", ".ipynb_checkpoints", ".idea", ".yarn", ".pnpm-store", ".gradle", ".terraform", ".ty_cache"),
        *("site-packages", "_build", "htmlcov", "_site"),
    }
)  # fmt: skip
_VENDORED = frozenset(
    {"vendor", "third_party", "third-party", "_vendor", "vendored", "_vendored", "extern", "externals", "deps"}
)
_HIDDEN_ANALYSED = frozenset({".kiro", ".specify", ".spec-workflow", ".planning", ".github", ".ci"})
# Of the folders of coding agents only the rules speak of the project: commands, skills and the like are templates.
_AGENT_FOLDERS = frozenset({".claude", ".cursor"})
_AGENT_FILES = frozenset({"CLAUDE.md"})
_TEST_FOLDERS = frozenset({"tests", "test", "testing"})
_TEST_DATA = frozenset(
    {"data", "fixtures", "testdata", "test_data", "test-data", "snapshots", "__snapshots__", "cassettes"}
)
_ALWAYS_TEST_DATA = frozenset({"testdata", "__snapshots__"})
_BUILT = frozenset({"build", "dist"})
_BUILD_MARKS = re.compile(r"(lib|lib\..*|bdist\..*|temp\..*|scripts-.*|html|doctrees|.*\.whl|.*\.tar\.gz|.*\.min\.js)")
# Forms for issues and pull requests speak to contributors, not of the code.
_TEMPLATE = re.compile(r"(?i)(issue|pull_request|pr|merge_request)_template")

# Languages that documentation is translated to, as folder names and file suffixes (ISO 639-1).
_LANGUAGE = re.compile(
    r"(?:ar|az|be|bg|bn|ca|cs|da|de|el|es|et|fa|fi|fr|he|hi|hr|hu|hy|id|it|ja|ka|kk|ko|lt|lv|ms|nb|nl|no|pl|pt|ro|ru|sk|sl"
    r"|sr|sv|sw|ta|te|th|tr|uk|ur|uz|vi|yo|zh|cn|jp|kr)(?:[-_][A-Za-z]{2,8})?"
)
_VERSION = re.compile(r"v?\d+(?:\.\d+)*(?:\.x)?|version[-_].+", re.IGNORECASE)
_MOVING = frozenset({"latest", "edge", "current", "main", "master", "dev", "next", "stable"})
_ENGLISH = re.compile(r"en(?:[-_][A-Za-z]{2})?")
_TRANSLATIONS = frozenset({"i18n", "l10n", "translations", "locale", "locales"})
_TRANSLATED_FILE = re.compile(rf"(?P<name>.+?)[._-](?:{_LANGUAGE.pattern})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Listing:
    """What one walk saw. Paths are relative to ``root``, with ``/``.

    ``files`` and ``folders`` hold everything seen, also what is not analysed; ``code`` and ``specs`` are sorted.
    ``unlisted`` are folders that exist but were not entered: of what lies below them nothing is known.
    """

    root: Path
    files: frozenset[str]
    folders: frozenset[str]
    code: tuple[str, ...]
    specs: tuple[str, ...]
    not_analysed: tuple[NotAnalysed, ...]
    unlisted: frozenset[str] = frozenset()


def kind_of(path: str) -> Literal["code", "spec"] | None:
    """What a file would be read as, by its path alone."""
    lowered = path.lower()
    if lowered.endswith(_CODE):
        return "code"
    if lowered.endswith(_SPECS) or lowered.rpartition("/")[2] in _SPEC_NAMES:
        return "spec"
    return "spec" if _RST_TEXT.search(lowered) or is_openapi_place(lowered) else None


def is_openapi_place(path: str) -> bool:
    """The path (in lower case) is one that OpenAPI documents have."""
    return path.endswith((".yaml", ".yml", ".json")) and _OPENAPI.search(path) is not None


def discover(
    root: Path,
    include: tuple[str, ...] = (),
    exclude: tuple[str, ...] = (),
    cancelled: Callable[[], bool] = lambda: False,
) -> Listing:
    """Walk ``root`` once.

    ``include`` and ``exclude`` are patterns in the syntax of gitignore(5): what ``exclude`` names is listed but not
    analysed; what ``include`` names is analysed although a rule of this module or of the project would leave it out.
    When ``cancelled()`` turns true, what was seen so far comes back.
    """
    return _Walk(root, Rules(include), Rules(exclude), tuple(_literal_prefix(p) for p in include)).run(cancelled)


def would_pick(root: Path, path: str, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> bool:
    """Whether a walk would pick a file for reading, were it there; its folders are looked at, and nothing else."""
    walk = _Walk(root, Rules(include), Rules(exclude), tuple(_literal_prefix(p) for p in include))
    *parents, name = path.split("/")
    folder = _Folder("", outer_rules(root))
    rules = folder.rules
    for number, parent in enumerate([*parents, None]):
        try:
            names = {entry.name for entry in os.scandir(root / folder.path)}
        except OSError:
            names = set()  # an editor makes it when it saves
        if number and not folder.included and walk._is_foreign(folder, names):  # noqa: SLF001 - of this module
            return False
        if ".gitignore" in names:
            rules = rules.within(rules_of(root / folder.path / ".gitignore", folder.path))
        if parent is not None:
            inner = f"{folder.path}{parent}/"
            is_link = (root / inner).is_symlink()
            child = None if is_link else walk._child(inner, parent, folder, rules)  # noqa: SLF001 - the same
            if child is None:
                return False
            folder = child
    walk._add_file(path, name, folder, rules)  # noqa: SLF001 - the same
    return path in walk.code or path in walk.specs


@dataclass(frozen=True, slots=True)
class _Folder:
    """One folder that waits for its turn, and what its parents say of it. ``path`` is empty or ends with ``/``."""

    path: str
    rules: IgnoreStack
    foreign: bool = False  # vendored, hidden or ignored: listed, and read only where a setting asks for it
    excluded: bool = False
    included: bool = False


@dataclass(slots=True)
class _Walk:
    root: Path
    include: Rules
    exclude: Rules
    prefixes: tuple[str, ...]
    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    code: list[str] = field(default_factory=list)
    specs: list[str] = field(default_factory=list)
    chosen: set[str] = field(default_factory=set)  # specs that a setting asks for
    left_out: list[NotAnalysed] = field(default_factory=list)

    def run(self, cancelled: Callable[[], bool]) -> Listing:
        waiting = [_Folder("", outer_rules(self.root))]
        while waiting and not cancelled():
            folder = waiting.pop()
            waiting.extend(self._enter(folder))
        specs = [path for path in _without_copies(self.specs, self.chosen) if not self._is_alias(path)]
        return Listing(
            root=self.root,
            files=frozenset(self.files),
            folders=frozenset(self.folders),
            code=tuple(sorted(self.code)),
            specs=tuple(sorted(specs)),
            not_analysed=tuple(sorted(self.left_out, key=lambda item: item.path)),
            unlisted=frozenset(self.unlisted),
        )

    def _enter(self, folder: _Folder) -> Iterator[_Folder]:
        """List one folder; yield those of its folders that are to be entered."""
        try:
            with os.scandir(f"{self.root}/{folder.path}") as found:
                entries = list(found)
        except FileNotFoundError:
            return  # deleted while walking
        except OSError as error:
            self._close(folder.path, error.strerror or "unreadable folder")
            return
        names = {entry.name for entry in entries}
        if folder.path and not folder.included and self._is_foreign(folder, names):
            return
        if ".gitignore" in names:
            rules = folder.rules.within(rules_of(self.root / folder.path / ".gitignore", folder.path))
        else:
            rules = folder.rules
        for entry in entries:
            child = self._take(entry, folder, rules)
            if child is not None:
                yield child

    def _take(self, entry: os.DirEntry[str], folder: _Folder, rules: IgnoreStack) -> _Folder | None:
        """Note one entry; a folder comes back when it is to be entered."""
        path = folder.path + entry.name
        if not _is_text(path):
            self.left_out.append(NotAnalysed(_printable(path), "the file's name is not UTF-8"))
            return None
        is_link = entry.is_symlink()
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
        except OSError:  # a link to itself
            is_folder = is_file = False
        if is_file:
            self._add_file(path, entry.name, folder, rules)
            if is_link:
                self._check_link(path)
        elif is_folder:
            self.folders.add(path)
            child = None if is_link else self._child(path + "/", entry.name, folder, rules)
            if is_link:
                self._close(path, "symbolic link to a folder")
            elif child is None:
                self.unlisted.add(path)
            return child
        elif is_link and kind_of(path):
            self.left_out.append(NotAnalysed(path, "broken symbolic link"))
        return None

    def _is_foreign(self, folder: _Folder, names: set[str]) -> bool:
        """Whether what a folder holds shows that it is not the project's own work; then it is closed."""
        if ".git" in names:
            self._close(folder.path, "nested repository")
            return True
        name = folder.path[:-1].rpartition("/")[2]
        if "pyvenv.cfg" in names or "CACHEDIR.TAG" in names or (name in _BUILT and _looks_built(names)):
            self.unlisted.add(folder.path[:-1])
            return True
        return False

    def _close(self, path: str, reason: str) -> None:
        self.left_out.append(NotAnalysed(path or ".", reason))
        self.unlisted.add(path.rstrip("/"))

    def _child(self, path: str, name: str, parent: _Folder, rules: IgnoreStack) -> _Folder | None:
        """The folder to enter, or None."""
        included = parent.included or bool(self.include.decide(path, name))
        wanted = included or any(prefix.startswith(path) for prefix in self.prefixes)
        ignored = rules.ignores(path, name)
        if not wanted and (ignored or name in _NEVER or name.endswith((".egg-info", ".dist-info"))):
            return None
        return _Folder(
            path,
            rules,
            foreign=parent.foreign or ignored or name in _NEVER or name in _VENDORED or _is_hidden(name, parent.path),
            excluded=parent.excluded or bool(self.exclude.decide(path, name)),
            included=included,
        )

    def _add_file(self, path: str, name: str, folder: _Folder, rules: IgnoreStack) -> None:
        self.files.add(path)
        kind = kind_of(path)
        if kind is None or folder.excluded or self.exclude.decide(path, name):
            return
        if folder.included or self.include.decide(path, name):
            self.chosen.add(path)
        elif folder.foreign or rules.ignores(path, name) or _is_no_part(path, name, kind):
            return
        (self.code if kind == "code" else self.specs).append(path)

    def _check_link(self, path: str) -> None:
        """Read no file that lies outside the workspace, whatever its name here."""
        for picked in (self.code, self.specs):
            if picked and picked[-1] == path and not self._leads_inside(path):
                picked.pop()
                self.left_out.append(NotAnalysed(path, "symbolic link that leads outside the workspace"))

    def _leads_inside(self, path: str) -> bool:
        try:
            return (self.root / path).resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError):
            return False

    def _is_alias(self, path: str) -> bool:
        """A link to a document that is read under its own name (CLAUDE.md -> AGENTS.md): one report is enough."""
        if path in self.chosen or not os.path.islink(f"{self.root}/{path}"):  # noqa: PTH114 - asked of every spec
            return False
        try:
            target = (self.root / path).resolve().relative_to(self.root.resolve()).as_posix()
        except (OSError, RuntimeError, ValueError):
            return True
        return target != path and target in self.specs


def _looks_built(names: set[str]) -> bool:
    """Whether a folder called ``build`` or ``dist`` holds what build tools put there, and nothing written by hand."""
    if any(_BUILD_MARKS.fullmatch(name) for name in names):
        return True
    return not any(name.endswith((*_CODE, *_SPECS)) or name == "CMakeLists.txt" for name in names)


def _is_hidden(name: str, parent: str) -> bool:
    """``parent`` is the path of the folder around it, which ends with ``/``."""
    if _base(parent) in _AGENT_FOLDERS:
        return name != "rules"
    return name.startswith(".") and name not in _HIDDEN_ANALYSED | _AGENT_FOLDERS


def _base(folder: str) -> str:
    return folder[:-1].rpartition("/")[2]


def _is_no_part(path: str, name: str, kind: str) -> bool:
    """The file lies where the project's own work lies, and is none of it."""
    if _base(path[: -len(name)]) in _AGENT_FOLDERS:
        return name not in _AGENT_FILES
    return kind == "spec" and _is_no_document(path)


def _is_no_document(path: str) -> bool:
    return _is_test_data(path) or _TEMPLATE.search(path) is not None


def _is_test_data(path: str) -> bool:
    folders = path.split("/")[:-1]
    if not _ALWAYS_TEST_DATA.isdisjoint(folders):
        return True
    first = next((n for n, name in enumerate(folders) if name in _TEST_FOLDERS), None)
    return first is not None and not _TEST_DATA.isdisjoint(folders[first:])


def _without_copies(specs: Iterable[str], chosen: set[str]) -> Iterator[str]:
    """Drop documents whose original is there too: translations, and what is kept for older versions.

    They repeat its claims, often those of an older state.
    """
    found = set(specs)
    folders = {"/".join(parts[:n]) for parts in map(_folders, found) for n in range(1, len(parts) + 1)}
    english = {
        "/".join(parts[:n]) for parts in map(_folders, found) for n, p in enumerate(parts) if _ENGLISH.fullmatch(p)
    }
    for path in found:
        is_copy = (
            _is_translated_folder(path, english, found)
            or _is_translated_file(path, found)
            or _is_of_other_version(path, folders)
        )
        if path in chosen or not is_copy:
            yield path


def _folders(path: str) -> list[str]:
    return path.split("/")[:-1]


def _is_translated_folder(path: str, english: set[str], found: set[str]) -> bool:
    """``docs/de/page.md`` beside ``docs/en/…`` or beside ``docs/page.md``, or ``i18n/de/…``."""
    parts = path.split("/")
    for n, part in enumerate(parts[:-1]):
        if _LANGUAGE.fullmatch(part):
            original = "/".join((*parts[:n], *parts[n + 1 :]))
            is_told = "/".join(parts[:n]) in english or (n > 0 and parts[n - 1] in _TRANSLATIONS)
            if is_told or (n > 0 and original in found):
                return True
    return False


def _is_of_other_version(path: str, folders: set[str]) -> bool:
    """``docs/v2/servers/page.md`` beside ``docs/servers`` or ``docs/v3``: kept for those who still use version 2."""
    parts = path.split("/")
    for n, part in enumerate(parts[:-1]):
        if part.endswith("versioned_docs"):  # Docusaurus keeps the released versions there
            return True
        if n and _VERSION.fullmatch(part):
            parent = "/".join(parts[:n])
            has_twin = n + 1 < len(parts) - 1 and f"{parent}/{parts[n + 1]}" in folders
            if has_twin or _newest(parent, folders) != part:
                return True
    return False


@functools.lru_cache(maxsize=64)
def _newest_of(names: frozenset[str]) -> str:
    """The folder that speaks of now among those of several versions."""
    moving = sorted(names & _MOVING)
    return moving[0] if moving else max((n for n in names if _VERSION.fullmatch(n)), key=_version_order)


def _newest(parent: str, folders: set[str]) -> str:
    return _newest_of(frozenset(f[len(parent) + 1 :] for f in folders if f.rpartition("/")[0] == parent))


def _version_order(name: str) -> tuple[tuple[int, ...], str]:
    return tuple(int(number) for number in re.findall(r"\d+", name)), name


def _is_translated_file(path: str, found: set[str]) -> bool:
    """``README.zh-CN.md`` or ``README_de.md`` beside ``README.md``."""
    stem, dot, suffix = path.rpartition(".")
    match = _TRANSLATED_FILE.fullmatch(stem)
    if match is None:
        return False
    return any(f"{match['name']}{original}{dot}{suffix}" in found for original in ("", ".en", "_en", "-en"))


def _literal_prefix(pattern: str) -> str:
    """The part of a pattern before its first wildcard."""
    return re.split(r"[*?\[]", pattern.removeprefix("/"), maxsplit=1)[0]


def _is_text(path: str) -> bool:
    if path.isascii():
        return True
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _printable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "replace")
