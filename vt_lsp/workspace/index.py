"""Everything the project's files say, in memory, and what changed when a file changed.

The index is owned by one thread. While a claim is judged, every question asked of the index is noted as a *key*; an
update answers with the keys whose answers may have changed, so that only claims that asked are judged again.

Keys: ``("module", dotted)``, ``("below", package)`` which modules it has, ``("imported", top)`` who imports from it,
``("top", path, name)`` a top-level name of a file with all its members (name ``*``: its imports, exports and flags),
``("name", name)`` where in the product a name is defined, ``("aside", name)``
whether a test or tool defines it, ``("base", name)`` whether a class derives from it, ``("word", word)``
whether a word stands anywhere in the code, ``("near", word)`` names spelled alike, ``("reordered", words)`` names of
the same words, ``("longer", word)`` names that go on behind it, ``("habit", name)`` what examples call so,
``("described", dotted)`` whether a directive describes it, ``("path", base name)``,
``("external", name)``, ``("bound", name)``, ``("other", word)`` whether a file that is not Python has a word,
``("ignored",)`` what git ignores, ``("spec", path)``, ``("tasks", path)``, ``("requirements", path)``,
``("state", path)``, ``("format", name)``, ``("declared", kind, name)`` with the name ``*`` for any, ``("scripts",)``,
``("targets", runner)``, ``("requires", distribution)``, ``("routes",)`` what the project routes, ``("scan",)``
whether all files are read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from vt_lsp.models import CodeFacts, Declared, DeclaredKind, Requirement, SpecFacts, Symbol, Task
from vt_lsp.workspace.declarations import Declarations, traced
from vt_lsp.workspace.differences import (
    Key,
    base_names,
    changed_tops,
    defined_names,
    described,
    differing_words,
    example_names,
    mentioned,
    words_of,
)
from vt_lsp.workspace.modules import Layout, is_project_file, layout, source_roots
from vt_lsp.workspace.project import Project, changed_keys
from vt_lsp.workspace.routes import RouteTable, join_routes

Exists = Callable[[str], bool]

EVERYTHING: Key = ("everything",)  # an answer to any question may have changed
_ROUTES: Key = ("routes",)
_ROUTING = frozenset({"route", "router", "mount"})

_HABIT = 3  # documents in which a name stands for the same class
_NEAR = 2  # edits between two spellings that may be one name
_NO_CODE = CodeFacts()


class Index:
    """Facts of one workspace folder, with the keys of every question and every change."""

    def __init__(self, exists: Exists = lambda _: False, extra_roots: tuple[str, ...] = ()) -> None:
        """``exists`` tells whether a relative path exists on disk though the listing left it out (ignored files)."""
        self.asked: set[Key] = set()
        self.is_complete = False
        self.code: dict[str, CodeFacts] = {}
        self.specs: dict[str, SpecFacts] = {}
        self.layout = Layout({}, frozenset(), frozenset(), frozenset(), {})
        self.load: Callable[[str], CodeFacts | None] = lambda _: None
        self.is_ignored_by_git: Callable[[str], bool] = lambda _: False
        self._exists_on_disk = exists
        self._extra_roots = extra_roots
        self._files: set[str] = set()
        self._folders: Counter[str] = Counter()
        self._by_base: dict[str, set[str]] = {}
        self._children: dict[str, set[str]] = {}  # base names below each folder; made when asked for
        self._members: dict[str, dict[str, list[Symbol]]] = {}
        self._owned: dict[str, dict[str, list[Symbol]]] = {}
        self._names: dict[str, set[str]] = {}
        self._folded: dict[str, set[str]] = {}
        self._words: Counter[str] = Counter()  # of the product
        self._side_words: Counter[str] = Counter()  # of tests, examples and tools
        self._aside: Counter[str] = Counter()  # names that tests, examples and tools define
        self._bases: Counter[str] = Counter()  # names that some class derives from
        self._external: Counter[str] = Counter()
        self._bound: Counter[str] = Counter()
        self._habits: dict[str, Counter[str]] = {}  # of what class examples make what they call so
        self._mentions: Counter[str] = Counter()
        self._described: Counter[str] = Counter()  # full names that directives describe
        self._past: dict[str, object] = {}
        self.wishes: set[str] = set()  # names whose history nobody has looked up yet
        self._other_words: frozenset[str] = frozenset()  # of text files that are not Python
        self._declared = Declarations()
        self._project = Project()
        self._routes: RouteTable | None = None
        self._near: dict[str, tuple[str, ...]] = {}
        self._choices: list[str] | None = None

    # ------------------------------------------------------------------------------------------------------ files

    def set_files(self, files: Iterable[str], code: Iterable[str]) -> None:
        """Start with these files; ``code`` are the Python files among them that are to be read."""
        within: Counter[str] = Counter()
        for path in files:
            folder, _, base = path.rpartition("/")
            self._files.add(path)
            self._by_base.setdefault(base, set()).add(path)
            within[folder] += 1
        for folder, number in within.items():
            for above in (*_parents(folder), folder) if folder else ():
                self._folders[above] += number
                self._by_base.setdefault(above.rpartition("/")[2], set()).add(above)
        self._children.clear()
        self._code_paths = set(code)
        self._relayout()

    def change_files(self, gone: Iterable[str], come: Iterable[str], code: Container[str]) -> set[Key]:
        """Files have gone and come, of the latter ``code`` are to be read; the keys that changed."""
        changed: set[Key] = set()
        removed, added = self._files.intersection(gone), set(come) - self._files
        for path in removed:
            changed |= self._path_keys(path)
            self._remove_path(path)
        for path in added:
            changed |= self._path_keys(path)
            self._add_path(path)
        self._children.clear()
        no_code, new_code = removed & self._code_paths, {path for path in added if path in code}
        if no_code or new_code or any(map(is_project_file, removed | added)):
            changed |= self._change_code_paths(new_code, no_code)
        return changed

    def _remove_path(self, path: str) -> None:
        self._files.discard(path)
        self._by_base[path.rpartition("/")[2]].discard(path)
        for folder in _parents(path):
            self._folders[folder] -= 1
            if not self._folders[folder]:
                del self._folders[folder]
                self._by_base[folder.rpartition("/")[2]].discard(folder)

    def _add_path(self, path: str) -> None:
        self._files.add(path)
        self._by_base.setdefault(path.rpartition("/")[2], set()).add(path)
        for folder in _parents(path):
            self._folders[folder] += 1
            self._by_base.setdefault(folder.rpartition("/")[2], set()).add(folder)

    @staticmethod
    def _path_keys(path: str) -> set[Key]:
        return {("path", part) for part in path.split("/")}

    def _change_code_paths(self, added: set[str], removed: set[str]) -> set[Key]:
        before = self.layout
        self._code_paths = (self._code_paths | added) - removed
        self._relayout()
        after = self.layout
        self._routes = None
        changed: set[Key] = {_ROUTES}
        changed |= {
            ("module", name)
            for name in before.modules.keys() | after.modules.keys() | before.namespaces | after.namespaces
            if before.modules.get(name) != after.modules.get(name)
            or (name in before.namespaces) != (name in after.namespaces)
        }
        changed.update(("module", top) for top in before.tops ^ after.tops)
        changed |= _below(before.names, after.names)
        if before.tops != after.tops or (before.primary ^ after.primary) - added - removed:
            # What counts as the product has shifted: names and external imports of every file are counted anew.
            self._recount()
            changed.add(EVERYTHING)
        return changed

    def _relayout(self) -> None:
        self.layout = layout(self._code_paths, source_roots(self._files, self._extra_roots))

    def _recount(self) -> None:
        self._names.clear()
        self._folded.clear()
        self._external.clear()
        self._bases.clear()
        self._words.clear()
        self._side_words.clear()
        self._aside.clear()
        self._near.clear()
        self._choices = None
        for path, facts in self.code.items():
            self._count_names(path, facts)
            self._external.update(self._external_names(facts))
            self._bases.update(base_names(facts))
            self._word_counts(path).update(facts.words.split())

    # ------------------------------------------------------------------------------------------------------- facts

    def set_code(self, path: str, facts: CodeFacts | None) -> set[Key]:
        """Replace what one Python file defines (None: nothing is known of it); the keys that changed."""
        old = self.code.get(path, _NO_CODE)
        new = facts if facts is not None else _NO_CODE
        if old is new:
            return set()
        if facts is None:
            self.code.pop(path, None)
        else:
            self.code[path] = facts
        self._members.pop(path, None)
        self._owned.pop(path, None)
        declared = self._declared.change(path, old.declared, new.declared)
        if old.imports != new.imports or any(key[1] in _ROUTING for key in declared):
            self._routes = None
            declared.add(_ROUTES)
        if not self.is_complete and not old.words:
            # The first scan: every claim is judged again at its end, so keys are not needed.
            self._word_counts(path).update(new.words.split())
            self._external.update(self._external_names(new))
            self._bases.update(base_names(new))
            self._count_names(path, new)
            self._choices = None
            self._near.clear()
            return set()
        tops = changed_tops(path, old, new)
        changed = set(tops) | declared
        if old.words != new.words:
            changed |= self._change_counts(self._word_counts(path), "word", *differing_words(old.words, new.words))
        if tops:  # imports or symbols are others
            imported, before = self._external_names(new), self._external_names(old)
            changed |= self._change_counts(self._external, "external", before, imported)
            changed |= self._change_counts(self._bases, "base", base_names(old), base_names(new))
            changed.update(("imported", i.module.partition(".")[0]) for i in {*old.imports} ^ {*new.imports})
            changed |= self._change_names(path, old, new, tops)
        return changed

    def set_spec(self, path: str, facts: SpecFacts | None) -> set[Key]:
        """Replace what one document says (None: it is gone); the keys that changed."""
        old = self.specs.get(path, SpecFacts())
        if facts is None:
            self.specs.pop(path, None)
        else:
            self.specs[path] = facts
        new = facts or SpecFacts()
        changed = self._change_counts(self._bound, "bound", example_names(old), example_names(new))
        changed |= self._change_mentions(mentioned(old), mentioned(new))
        changed |= self._change_habits(old.instances, new.instances)
        changed |= self._change_counts(self._described, "described", described(old), described(new))
        if old.anchors != new.anchors:
            changed.add(("spec", path))
        return changed | traced(path, old, new)

    def _change_habits(self, old: Iterable[tuple[str, str]], new: Iterable[tuple[str, str]]) -> set[Key]:
        before, after = set(old), set(new)
        for name, made in before ^ after:
            self._habits.setdefault(name, Counter())[made] += 1 if (name, made) in after else -1
        return {("habit", name) for name, _ in before ^ after}

    def _change_mentions(self, old: set[str], new: set[str]) -> set[Key]:
        self._mentions.update(new - old)
        self._mentions.subtract(old - new)
        return {("mentions", name) for name in new ^ old}

    def set_past(self, found: Mapping[str, object]) -> set[Key]:
        """What git history says of names (None: never defined); the keys that changed."""
        self._past.update(found)
        self.wishes -= found.keys()
        return {("past", name) for name in found}

    def known_past(self) -> set[str]:
        """Names and paths whose past was looked up."""
        return set(self._past)

    def set_other_words(self, words: frozenset[str]) -> set[Key]:
        """The words of text files that are not Python; the keys that changed."""
        old, self._other_words = self._other_words, words
        return {("other", word) for word in old ^ words}

    def set_project(self, project: Project) -> set[Key]:
        """The project's own commands and targets; the keys that changed."""
        old, self._project = self._project, project
        return changed_keys(old, project)

    @staticmethod
    def _change_counts(counts: Counter[str], kind: str, old: set[str], new: set[str]) -> set[Key]:
        changed: set[Key] = set()
        for name in new - old:
            counts[name] += 1
            if counts[name] == 1:
                changed.add((kind, name))
        for name in old - new:
            counts[name] -= 1
            if not counts[name]:
                del counts[name]
                changed.add((kind, name))
        return changed

    def _word_counts(self, path: str) -> Counter[str]:
        return self._words if path in self.layout.primary else self._side_words

    def _external_names(self, facts: CodeFacts) -> set[str]:
        tops = self.layout.tops
        return {i.name for i in facts.imports if not i.level and i.module.partition(".")[0] not in tops}

    def _change_names(self, path: str, old: CodeFacts, new: CodeFacts, tops: set[Key]) -> set[Key]:
        before, after = defined_names(old), defined_names(new)
        if path not in self.layout.primary:
            return self._change_counts(self._aside, "aside", before, after)
        changed: set[Key] = set()
        for name in after - before:
            changed |= self._name_changed(name, self._names.setdefault(name, set()).add, path)
        for name in before - after:
            changed |= self._name_changed(name, self._names[name].discard, path)
        # A name that stays may have another signature or kind.
        changed.update(("name", name) for name in after & before & {key[2] for key in tops})
        return changed

    def _name_changed(self, name: str, change: Callable[[str], None], path: str) -> set[Key]:
        existed = bool(self._names[name])
        change(path)
        changed: set[Key] = {("name", name)}
        if existed == bool(self._names[name]):
            return changed
        if existed:
            del self._names[name]
            self._folded[name.casefold()].discard(name)
        else:
            self._folded.setdefault(name.casefold(), set()).add(name)
        self._choices = None
        for word in [w for w in self._near if abs(len(w) - len(name)) <= _NEAR and OSA.distance(w, name) <= _NEAR]:
            del self._near[word]
            changed.add(("near", word))
        folded = name.casefold()
        changed.add(("folded", folded))
        changed.update(("longer", folded[:i]) for i, char in enumerate(folded) if char == "_")
        changed.add(("reordered", " ".join(words_of(name))))
        return changed

    def _count_names(self, path: str, facts: CodeFacts) -> None:
        if path not in self.layout.primary:
            self._aside.update(defined_names(facts))
            return
        for name in defined_names(facts):
            known = self._names.get(name)
            if known is None:
                self._names[name] = {path}
                self._folded.setdefault(name.casefold(), set()).add(name)
            else:
                known.add(path)

    # --------------------------------------------------------------------------------------------------- questions

    def module(self, name: str) -> tuple[str, ...]:
        """Files of a dotted module, preferred first; empty where there is none."""
        self.asked.add(("module", name))
        return self.layout.modules.get(name, ())

    def module_name(self, path: str) -> str:
        """The dotted name under which a file is imported; empty for a script."""
        name = self.layout.names.get(path, "")
        if name:
            self.asked.add(("module", name))
        return name

    def modules_below(self, name: str) -> list[tuple[str, str]]:
        """The product's modules of a package, itself among them: (dotted name, path), sorted."""
        self.asked.add(("below", name))
        inside, names = name + ".", self.layout.names
        return sorted(
            (own, path)
            for path, own in names.items()
            if (own == name or own.startswith(inside)) and path in self.layout.primary
        )

    def importers(self, module: str) -> list[str]:
        """Files of the product that import a module of another project, or one below it, sorted."""
        self.asked.add(("imported", module.partition(".")[0]))
        inside = module + "."
        return sorted(
            path
            for path, facts in self.code.items()
            if path in self.layout.primary
            and any(not i.level and (i.module == module or i.module.startswith(inside)) for i in facts.imports)
        )

    def is_namespace(self, name: str) -> bool:
        """A folder that only groups modules (PEP 420)."""
        self.asked.add(("module", name))
        return name in self.layout.namespaces

    def is_own(self, top: str) -> bool:
        """The first component of a dotted name belongs to the product."""
        self.asked.add(("module", top))
        return top in self.layout.tops

    def facts(self, path: str) -> CodeFacts | None:
        """Imports, exports and flags of a file, read at need while the first scan runs."""
        self.asked.add(("top", path, "*"))
        known = self.code.get(path)
        if known is None and not self.is_complete:
            known = self.load(path)
            if known is not None:
                self.set_code(path, known)
        return known

    def is_unread(self, path: str) -> bool:
        """The file is there, but nobody could read it: nothing is known of what it defines."""
        self.asked.add(("top", path, "*"))
        return path in self._code_paths and path not in self.code

    def symbols(self, path: str, name: str) -> list[Symbol]:
        """Definitions of a qualified name in a file; several where overloads or branches define it."""
        self.asked.add(("top", path, name.partition(".")[0]))
        return self._table(path).get(name, [])

    def members(self, path: str, owner: str) -> list[Symbol]:
        """Direct members of a class, or the top-level definitions of a module for the empty owner."""
        self.asked.add(("top", path, owner.partition(".")[0] or "*"))
        owned = self._owned.get(path)
        if owned is None:
            owned = self._owned[path] = {}
            for name, found in self._table(path).items():
                owned.setdefault(name.rpartition(".")[0], []).append(found[0])
        return owned.get(owner, [])

    def _table(self, path: str) -> dict[str, list[Symbol]]:
        table = self._members.get(path)
        if table is None:
            facts = self.facts(path)
            table = {}
            for symbol in facts.symbols if facts else ():
                table.setdefault(symbol.name, []).append(symbol)
            self._members[path] = table
        return table

    def defined_in(self, name: str) -> frozenset[str]:
        """Files of the product that define a name, at top level or in a class."""
        self.asked.add(("name", name))
        return frozenset(self._names.get(name, ()))

    def names_beginning(self, text: str) -> Iterator[tuple[str, set[str]]]:
        """Names of the product that begin so in any case, with the files that define them; for completion only."""
        folded = text.casefold()
        for key, names in self._folded.items():
            if key.startswith(folded):
                for name in names:
                    if text.startswith("_") or not name.startswith("_"):
                        yield name, self._names[name]

    def is_base(self, name: str) -> bool:
        """Some class of the project derives from a class of this name."""
        self.asked.add(("base", name))
        return name in self._bases

    def is_defined_aside(self, name: str) -> bool:
        """A test, an example or a tool of the project defines this name."""
        self.asked.add(("aside", name))
        return name in self._aside

    def has_word(self, word: str) -> bool:
        """The word stands somewhere in the code: in the product, a test, a string or a comment."""
        self.asked.add(("word", word))
        return word in self._words or word in self._side_words

    def has_product_word(self, word: str) -> bool:
        """The word stands in the product's own code."""
        self.asked.add(("word", word))
        return word in self._words

    def stands_elsewhere(self, word: str) -> bool:
        """The word stands in a text file that is not Python (a script, a template, a configuration file)."""
        self.asked.add(("other", word))
        return word in self._other_words

    def mentions(self, name: str) -> int:
        """Number of documents that write this name in backticks, or import this module."""
        self.asked.add(("mentions", name))
        return self._mentions[name]

    def past(self, name: str) -> object | None:
        """Where the product once defined this name, or None; a name not yet looked up becomes a wish."""
        self.asked.add(("past", name))
        if name not in self._past:
            self.wishes.add(name)
        return self._past.get(name)

    def is_external(self, name: str) -> bool:
        """Some file imports this name from outside the project."""
        self.asked.add(("external", name))
        return name in self._external

    def is_bound(self, name: str) -> bool:
        """Some document's example defines this name itself."""
        self.asked.add(("bound", name))
        return name in self._bound

    def habit(self, name: str) -> str:
        """The dotted class of which nearly all documents that give this name to an instance make it; "" for none."""
        self.asked.add(("habit", name))
        made = self._habits.get(name)
        if not made:
            return ""
        dotted, count = made.most_common(1)[0]
        return dotted if count >= _HABIT and count * 10 >= sum(made.values()) * 9 else ""

    def is_described(self, dotted: str) -> bool:
        """A directive of some document describes the full name: references lead there, whatever the code has."""
        self.asked.add(("described", dotted))
        return dotted in self._described

    def other_case(self, name: str) -> list[str]:
        """Names of the product that differ from ``name`` in case only."""
        self.asked.add(("folded", name.casefold()))
        return sorted(self._folded.get(name.casefold(), set()) - {name})

    def near(self, name: str) -> tuple[str, ...]:
        """Names of the product at most two edits away (optimal string alignment), nearest first."""
        self.asked.add(("near", name))
        known = self._near.get(name)
        if known is None:
            if self._choices is None:
                self._choices = [n for n in self._names if len(n) > 3]
            rows: list[Any] = extract(name, self._choices, scorer=OSA.distance, score_cutoff=_NEAR, limit=8)
            known = self._near[name] = tuple(n for n, _, _ in sorted(rows, key=lambda r: (r[1], r[0])) if n != name)
        return known

    def longer(self, name: str) -> set[str]:
        """Names of the product that go on behind this one and an underscore, in any case."""
        self.asked.add(("longer", name.casefold()))
        return {longer for longer, _ in self.names_beginning(f"{name}_")}

    def reordered(self, name: str) -> list[str]:
        """Names of the product that are made of the same words in another order."""
        words = words_of(name)
        self.asked.add(("reordered", " ".join(words)))
        if len(words) == 1:
            return []
        return sorted(n for n in self._names if len(n) == len(name) and n != name and words_of(n) == words)

    def has_path(self, path: str) -> bool:
        """A file or folder stands at this relative path."""
        self.asked.add(("path", path.rstrip("/").rpartition("/")[2]))
        clean = path.rstrip("/")
        return clean in self._files or clean in self._folders or self._exists_on_disk(clean)

    def is_ignored(self, path: str) -> bool:
        """What stood at this relative path would be ignored by git: it comes to be on each user's machine."""
        self.asked.add(("ignored",))
        return self.is_ignored_by_git(path)

    def has_folder(self, path: str) -> bool:
        """A folder stands at this relative path; the empty path is the root."""
        self.asked.add(("path", path.rstrip("/").rpartition("/")[2]))
        return not path or path.rstrip("/") in self._folders

    def paths_named(self, base: str) -> list[str]:
        """All files and folders with this base name, sorted."""
        self.asked.add(("path", base))
        return sorted(self._by_base.get(base, ()))

    def listing_of(self, folder: str) -> list[str]:
        """Base names directly below a folder; asked only for suggestions."""
        self.asked.add(("path", folder.rstrip("/").rpartition("/")[2]))
        if not self._children:
            for path in (*self._files, *self._folders):
                parent, _, base = path.rpartition("/")
                self._children.setdefault(parent, set()).add(base)
        return sorted(self._children.get(folder.rstrip("/"), ()))

    def anchors(self, spec: str) -> tuple[str, ...] | None:
        """Slugs that a link into this document may use; None where the document was not read."""
        self.asked.add(("spec", spec))
        facts = self.specs.get(spec)
        return facts.anchors if facts else None

    def tasks(self, spec: str) -> tuple[Task, ...]:
        """The task list of a document; empty where there is none."""
        self.asked.add(("tasks", spec))
        facts = self.specs.get(spec)
        return facts.tasks if facts else ()

    def requirements(self, spec: str) -> tuple[Requirement, ...]:
        """The requirements that a document defines."""
        self.asked.add(("requirements", spec))
        facts = self.specs.get(spec)
        return facts.requirements if facts else ()

    def state(self, spec: str) -> str:
        """What a document says of its own status, "" for nothing."""
        self.asked.add(("state", spec))
        facts = self.specs.get(spec)
        return facts.state[0] if facts and facts.state else ""

    def specs_of(self, format_name: str) -> list[str]:
        """All documents of a format, sorted."""
        self.asked.add(("format", format_name))
        return sorted(path for path, facts in self.specs.items() if facts.format == format_name)

    def declared(self, kind: DeclaredKind, name: str) -> list[tuple[str, Declared]]:
        """Where the code declares this option, variable or route: (path, what stands there)."""
        self.asked.add(("declared", kind, name))
        return self._declared.named(kind, name)

    def all_declared(self, kind: DeclaredKind) -> list[tuple[str, Declared]]:
        """Everything of a kind that the code declares, by path and place."""
        self.asked.add(("declared", kind, "*"))
        return self._declared.all(kind)

    def routes(self) -> RouteTable:
        """All routes of the project, joined along mounts and prefixes; made anew after an edit that may change them."""
        if self._routes is None:
            asked, self.asked = self.asked, set()
            self._routes = join_routes(self)
            self.asked = asked
        self.asked.add(_ROUTES)
        return self._routes

    def script(self, name: str) -> str:
        """The entry point (``module:function``) of a console script that the project installs, or ""."""
        self.asked.add(("scripts",))
        return self._project.scripts.get(name, "")

    def requirements_of(self, name: str) -> frozenset[str]:
        """The version specifiers that the project's metadata give a distribution, or ``python``."""
        self.asked.add(("requires", name))
        return self._project.requirements.get(name, frozenset())

    def has_scripts(self) -> bool:
        """The project installs a command."""
        self.asked.add(("scripts",))
        return bool(self._project.scripts)

    def targets(self, runner: str) -> frozenset[str]:
        """The names that a task runner knows; empty where there are none, or more than can be read."""
        self.asked.add(("targets", runner))
        return frozenset() if runner in self._project.is_open else self._project.targets.get(runner, frozenset())

    def scan_done(self) -> bool:
        """Absence proves nothing before all files are read."""
        self.asked.add(("scan",))
        return self.is_complete


def _below(before: Mapping[str, str], after: Mapping[str, str]) -> set[Key]:
    """The keys of all packages that a file has come to or left, by the files' dotted names."""
    changed: set[Key] = set()
    for path in before.keys() | after.keys():
        if before.get(path) == after.get(path):
            continue
        for name in (before.get(path, ""), after.get(path, "")):
            while name:
                changed.add(("below", name))
                name = name.rpartition(".")[0]  # noqa: PLW2901 - climbs to the parents
    return changed


def _parents(path: str) -> list[str]:
    parts = path.split("/")[:-1]
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]
