"""Measure what is found when the code of real packages is changed below their documents, and write docs/accuracy.md.

usage: mutations.py FOLDER [--write] [--misses] [--limit N]

FOLDER holds unpacked source distributions, one a folder; each is copied and committed to git as it is, so that the
past of a name is known as in a project. Each mutation changes one thing in the code (the text alone: nothing is
imported or run), the engine looks again as it does after an edit, and the code is put back. A case is a
claim of a document or docstring that the change surely makes wrong: before it, the claim held and had resolved to the
symbol that is changed, and it says the very word that is. It is found if a drift of a fitting type that was not there
before stands on its lines.
"""

from __future__ import annotations

import argparse
import ast
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.marked import fill
from vt_lsp.engine import Engine
from vt_lsp.models import Role
from vt_lsp.settings import Settings
from vt_lsp.text import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.models import Claim, DriftReport

PAGE = Path(__file__).resolve().parent.parent / "docs" / "accuracy.md"
BEGIN, END = "<!-- mutations: made by scripts/mutations.py -->", "<!-- end of mutations -->"
SEED = 7
CODE_ROLES = frozenset({Role.CURRENT, Role.PLANNED})
UNSURE = frozenset({"past", "negated", "example", "optional"})
OPEN_BASES = frozenset({"__getattr__", "__getattribute__"})
CLOSED_BASES = frozenset({"object", "ABC", "Generic", "Protocol", "Exception", "Enum", "str", "int"})
# Of these alone it is sure that another name means another type: a class of the project may be an alias.
PLAIN_TYPES = frozenset({"int", "float", "str", "bool", "bytes", "list", "dict", "set", "tuple", "None", "Optional"})
Function = ast.FunctionDef | ast.AsyncFunctionDef

# The drift types that say of a changed thing what happened to it.
MISSING = frozenset({"missing-symbol", "renamed-symbol", "missing-member", "example-call", "example-import"})
FITTING = {
    "rename a parameter": frozenset({"signature-mismatch", "example-call", "docstring-parameter"}),
    "change a default": frozenset({"parameter-default", "signature-mismatch"}),
    "drop a method": MISSING,
    "rename a class": MISSING | {"base-class", "type-mismatch"},
    "change an annotation": frozenset({"type-mismatch", "signature-mismatch"}),
    "move a module": MISSING | {"moved-file", "missing-file", "broken-link", "tree-entry"},
}


@dataclass(frozen=True)
class Mutation:
    """New texts of some files (None: the file goes), and the claims that are wrong with them."""

    kind: str
    what: str
    files: dict[str, bytes | None]
    cases: tuple[tuple[str, Claim], ...]


@dataclass(frozen=True)
class Outcome:
    """One case: the drift types that stand at its place after the mutation."""

    mutation: str
    what: str
    place: str
    claim: str
    types: frozenset[str]
    why: str

    @property
    def is_found(self) -> bool:
        """A fitting type is among them."""
        return bool(self.types & FITTING[self.mutation])


class Package:
    """A package that was looked at once, and the claims that hold in it by what they resolved to."""

    def __init__(self, root: Path, cache: Path) -> None:
        self.root = root
        for command in (("init", "-q"), ("add", "-A", "-f"), ("commit", "-q", "-m", "as released")):
            identity = ("-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false")
            subprocess.run(["git", *identity, *command], cwd=root, check=True, capture_output=True)  # noqa: S603, S607
        self.engine = Engine(root, Settings(), cache)
        self.engine.scan()
        self.known = {drift.fingerprint for drift in self.engine.drifts()}
        self.texts = {path: self.engine.text(path) or b"" for path in self.engine.index.code}
        self.shared = _other_words(root) | _foreign_names(self)
        self.about: dict[tuple[str, str], list[tuple[str, Claim]]] = defaultdict(list)
        for path in sorted(self.engine.index.specs):
            for claim, verdict in self.engine.verdicts(path):
                if verdict.state == "holds" and verdict.target and _is_sure(claim):
                    self.about[verdict.target].append((path, claim))

    def is_sure(self, claim: Claim, name: str) -> bool:
        """A name without its owner may mean what a script, a configuration file or another package calls so too."""
        return claim.kind != "name" or "." in claim.subject or name not in self.shared

    def product(self) -> Iterator[tuple[str, bytes, ast.Module]]:
        """Files of the package itself that documents speak of, parsed."""
        named = {path for path, _ in self.about}
        for path in sorted(named & set(self.engine.index.layout.primary)):
            try:
                yield path, self.texts[path], ast.parse(self.texts[path])
            except (SyntaxError, ValueError):
                continue


def _other_words(root: Path) -> set[str]:
    """The words of all text files that are neither Python nor Markdown."""
    skipped = {".py", ".pyi", ".md", ".mdx", ".markdown", ".lock", ".png", ".svg", ".ipynb"}
    files = (p for p in root.rglob("*") if p.is_file() and p.suffix not in skipped and ".git" not in p.parts)
    return {word for file in files for word in re.findall(r"\w+", file.read_text(encoding="utf-8", errors="replace"))}


def _foreign_names(package: Package) -> set[str]:
    """Names that code or a document imports from elsewhere."""
    found: set[str] = set()
    index = package.engine.index
    for path in (*index.code, *index.specs):
        text = (package.engine.text(path) or b"").decode("utf-8", "replace")
        for module, names in re.findall(r"(?m)^[ >]*from[ \t]+(\w[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n]*)", text):
            if not index.is_own(module.partition(".")[0]):
                found.update(re.findall(r"\w+", names))
    return found


def _is_sure(claim: Claim) -> bool:
    return claim.role in CODE_ROLES and not UNSURE & set(claim.hints)


# ----------------------------------------------------------------------------------------------------------- mutations


def mutations(package: Package) -> Iterator[Mutation]:
    """All mutations of which some claim speaks."""
    for path, data, tree in package.product():
        places = Places(data)
        names = Counter(name for name, _ in _definitions(tree))
        for name, node in _definitions(tree):
            about = package.about.get((path, name), [])
            if names[name] > 1 or not about:
                continue
            if isinstance(node, ast.ClassDef):
                if "." not in name:
                    yield _renamed_class(package, path, name, about)
                continue
            yield from _of_function(path, data, places, (name, node), about)
            if name.count(".") == 1 and _is_closed(tree, name.partition(".")[0]) and not node.name.startswith("__"):
                yield _dropped(package, path, (name, node), about)
        yield from _annotated_fields(path, data, places, tree, package)
        yield from _moved(package, path)


class Places:
    """Byte offsets of the nodes of a parsed text."""

    def __init__(self, data: bytes) -> None:
        self._starts = [0, *(match.end() for match in re.finditer(rb"\r\n|\r|\n", data))]

    def at(self, line: int, column: int) -> int:
        """The offset of a line from 1 and a column in bytes."""
        return self._starts[line - 1] + column

    def span(self, node: ast.expr | ast.arg | ast.stmt) -> tuple[int, int]:
        """Where a node stands."""
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno or 0, node.end_col_offset or 0)


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.ClassDef | Function]]:
    waiting: list[tuple[str, ast.stmt]] = [("", node) for node in reversed(tree.body)]
    while waiting:
        prefix, node = waiting.pop()
        if isinstance(node, ast.ClassDef | Function):
            yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            waiting += [(f"{prefix}{node.name}.", inner) for inner in reversed(node.body)]


def _edited(data: bytes, edits: dict[tuple[int, int], bytes]) -> bytes:
    for (start, end), new in sorted(edits.items(), reverse=True):
        data = data[:start] + new + data[end:]
    return data


def _of_function(
    path: str, data: bytes, places: Places, defined: tuple[str, Function], about: list[tuple[str, Claim]]
) -> Iterator[Mutation]:
    name, node = defined
    arguments = node.args
    taken = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    parameters = [parameter for parameter in taken if parameter.arg not in {"self", "cls"}]
    defaults = dict(zip([*arguments.posonlyargs, *arguments.args][::-1], arguments.defaults[::-1], strict=False))
    defaults |= {a: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    for parameter in parameters:
        word = parameter.arg
        said = tuple(one for one in about if _names_parameter(one[1], word))
        if said and arguments.kwarg is None:
            edits = {_name_of(places, parameter): word.encode() + b"_renamed"}
            for used in [n for statement in node.body for n in ast.walk(statement)]:
                if isinstance(used, ast.Name) and used.id == word:
                    edits[places.span(used)] = word.encode() + b"_renamed"
            yield Mutation("rename a parameter", f"{name}({word})", {path: _edited(data, edits)}, said)
        default = defaults.get(parameter)
        new = _other_value(default)
        said = tuple(one for one in about if new and default and _states_default(one[1], word, default))
        if said and default is not None:
            text = _edited(data, {places.span(default): new.encode()})
            yield Mutation("change a default", f"{name}({word})", {path: text}, said)
        if parameter.annotation is not None:
            written = tuple(one for one in about if _states_annotation(one[1], word))
            if written:
                yield _retyped(path, data, places, parameter.annotation, f"{name}({word})", written)
    if node.returns is not None:
        written = tuple(one for one in about if one[1].kind == "function" and _is_plain(one[1].annotation))
        if written:
            yield _retyped(path, data, places, node.returns, f"{name} ->", written)


def _name_of(places: Places, parameter: ast.arg) -> tuple[int, int]:
    start = places.at(parameter.lineno, parameter.col_offset)
    return start, start + len(parameter.arg.encode())


def _written(signature: str) -> dict[str, tuple[str, str]]:
    """Of a signature as a document writes it: the annotation of each parameter and its default."""
    try:
        arguments = ast.parse(f"def f{signature}: ...").body[0].args  # type: ignore[attr-defined]
    except (SyntaxError, ValueError, AttributeError):
        return {}
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip([a.arg for a in plain][::-1], arguments.defaults[::-1], strict=False))
    defaults |= {a.arg: d for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None}
    return {
        a.arg: (
            ast.unparse(a.annotation) if a.annotation else "",
            ast.unparse(defaults[a.arg]) if a.arg in defaults else "",
        )
        for a in [*plain, *arguments.kwonlyargs]
    }


def _names_parameter(claim: Claim, word: str) -> bool:
    if claim.kind in {"docstring-parameter", "parameter"}:
        return claim.subject.lstrip("*") == word
    if claim.kind == "call":
        return claim.expected == word
    if claim.kind == "name":  # ``put(book)`` may show a call with a variable of that name
        return any(_written(claim.signature).get(word, ("", "")))
    return claim.kind == "function" and word in _written(claim.signature)


def _states_default(claim: Claim, word: str, default: ast.expr) -> bool:
    value = ast.unparse(default)
    if claim.kind in {"default", "docstring-default"}:
        said = claim.expected.strip("`'\" ")
        return claim.subject.rpartition(".")[2] == word and said == value.strip("'\"")
    return claim.kind == "function" and _written(claim.signature).get(word, ("", ""))[1] == value


def _states_annotation(claim: Claim, word: str) -> bool:
    if claim.kind == "parameter":
        return claim.subject == word and _is_plain(claim.annotation)
    return claim.kind == "function" and _is_plain(_written(claim.signature).get(word, ("", ""))[0])


def _is_plain(annotation: str) -> bool:
    return bool(annotation) and PLAIN_TYPES.issuperset(re.findall(r"\w+", annotation))


def _other_value(default: ast.expr | None) -> str:
    """A literal of the same type with another value; empty for what is no plain literal."""
    value = default.value if isinstance(default, ast.Constant) else ...
    if isinstance(value, bool):
        return repr(not value)
    if isinstance(value, int | float):
        return repr(value + 1)
    if isinstance(value, str):
        return repr(f"{value}_changed")
    return "42" if value is None else ""


def _retyped(  # noqa: PLR0913, PLR0917 - the place of one annotation
    path: str, data: bytes, places: Places, annotation: ast.expr, what: str, said: tuple[tuple[str, Claim], ...]
) -> Mutation:
    start, end = places.span(annotation)
    new = b"complex" if b"bytes" in data[start:end] else b"bytes"
    return Mutation("change an annotation", what, {path: _edited(data, {(start, end): new})}, said)


def _annotated_fields(path: str, data: bytes, places: Places, tree: ast.Module, package: Package) -> Iterator[Mutation]:
    for name, node in _definitions(tree):
        for field in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                word = f"{name}.{field.target.id}"
                said = tuple(one for one in package.about.get((path, word), ()) if _is_plain(one[1].annotation))
                if said:
                    yield _retyped(path, data, places, field.annotation, word, said)


def _is_closed(tree: ast.Module, name: str) -> bool:
    """What the class has can be read off the file: no bases that may have more, no ``__getattr__``."""
    for found, node in _definitions(tree):
        if found == name and isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases}
            methods = {inner.name for inner in node.body if isinstance(inner, Function)}
            return bases <= CLOSED_BASES and not methods & OPEN_BASES and not node.keywords
    return False


def _dropped(package: Package, path: str, defined: tuple[str, Function], about: list[tuple[str, Claim]]) -> Mutation:
    name, node = defined
    data = package.texts[path]
    places = Places(data)
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    end = places.at(node.end_lineno or 0, node.end_col_offset or 0)
    text = _edited(data, {(places.at(first, 0), end): b" " * node.col_offset + b"pass"})
    word = name.rpartition(".")[2]
    # A word without its class may mean whatever else has it.
    is_unique = sum(len(re.findall(rf"\b{word}\b".encode(), other)) for other in package.texts.values()) == 1
    said = tuple(
        (spec, claim)
        for spec, claim in about
        if word in re.findall(r"\w+", claim.subject)
        and not spec.endswith(".py")
        and (claim.kind != "name" or "." in claim.subject or is_unique)
        and package.is_sure(claim, word)
        and (claim.kind != "call" or not claim.expected)  # a call is said once
    )
    return Mutation("drop a method", name, {path: text}, said)


def _renamed_class(package: Package, path: str, name: str, about: list[tuple[str, Claim]]) -> Mutation:
    pattern = re.compile(rb"\b" + name.encode() + rb"\b")
    said = tuple(
        one
        for one in about
        if not one[0].endswith(".py")
        and name in re.findall(r"\w+", f"{one[1].subject} {one[1].expected if one[1].kind == 'import' else ''}")
        and one[1].kind in {"import", "name", "class"}
        and package.is_sure(one[1], name)
    )
    files: dict[str, bytes | None] = {
        file: pattern.sub(name.encode() + b"Renamed", data)
        for file, data in package.texts.items()
        if said and pattern.search(data)
    }
    return Mutation("rename a class", f"{path}: {name}", files, said)


def _moved(package: Package, path: str) -> Iterator[Mutation]:
    module = package.engine.index.module_name(path)
    if not module or "." not in module or path.endswith("__init__.py"):
        return
    parent, _, last = module.rpartition(".")
    said = [
        (spec, claim)
        for (file, _), about in package.about.items()
        if file == path
        for spec, claim in about
        if not spec.endswith(".py")
        and claim.kind in {"import", "path", "name"}
        and not (claim.kind == "import" and claim.expected)  # of an import the module is said once
        and (f"{claim.subject}.".startswith(f"{module}.") or (claim.kind == "path" and path.endswith(claim.subject)))
    ]
    if not said:
        return
    new_path = f"{path.removesuffix('.py')}_moved.py"
    dotted = re.compile(rb"\b" + re.escape(module.encode()) + rb"\b")
    relative = re.compile(rb"(from[ \t]+\.+(?:\w+\.)*)" + last.encode() + rb"(?=[ \t]+import\b)")
    named = re.compile(rb"(from[ \t]+(?:\.+|" + re.escape(parent.encode()) + rb")[ \t]+import[ \t(]+)" + last.encode())
    files: dict[str, bytes | None] = {}
    for file, data in package.texts.items():
        text = dotted.sub(f"{module}_moved".encode(), data)
        text = relative.sub(rb"\g<1>" + last.encode() + b"_moved", text)
        text = named.sub(rb"\g<1>" + f"{last}_moved as {last}".encode(), text)
        if text != data:
            files[file] = text
    files[new_path] = files.get(path) or package.texts[path]
    files[path] = None
    yield Mutation("move a module", module, files, tuple(said))


# ------------------------------------------------------------------------------------------------------------ measuring


def outcomes(package: Package, mutation: Mutation) -> Iterator[Outcome]:
    """Change the code, look, put it back."""
    engine = package.engine
    _put(package, mutation.files)
    fresh: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for drift in engine.drifts():
        if drift.fingerprint not in package.known:
            lines = LineIndex(engine.text(drift.spec.path) or b"")
            start, end = (lines.position(at, "utf-8")[0] for at in (drift.spec.start, drift.spec.end))
            fresh[drift.spec.path].append((start, end, str(drift.drift_type)))
    for path, claim in mutation.cases:
        facts = engine.spec_facts(path)
        same = next((c for c in facts.claims if _is_same(c, claim)), claim) if facts else claim
        lines = LineIndex(engine.text(path) or b"")
        first, last = (lines.position(at, "utf-8")[0] for at in (same.start, same.end))
        types = frozenset(kind for start, end, kind in fresh[path] if start <= last and end >= first)
        why = next((v.why or v.state for c, v in engine.verdicts(path) if c == same), "not read any more")
        yield Outcome(mutation.kind, mutation.what, f"{path}:{first + 1}", f"{claim.kind} {claim.subject}", types, why)
    _put(package, {path: package.texts.get(path) for path in mutation.files})


def _is_same(one: Claim, other: Claim) -> bool:
    """The claim, wherever the mutation of its own file moved it."""
    return (one.kind, one.subject, one.owner, one.expected) == (other.kind, other.subject, other.owner, other.expected)


def _put(package: Package, files: dict[str, bytes | None]) -> None:
    """Give files these texts, and look as after an edit; git is asked about what is missing now."""
    engine = package.engine
    comes_or_goes = any((data is None) != (path not in engine.index.code) for path, data in files.items())
    for path, data in files.items():
        file = package.root / path
        if data is None:
            file.unlink()
        else:
            file.write_bytes(data)
        engine.update(path, data, overlay=False)
    if comes_or_goes:
        for path in engine.set_listing(engine.discover()):
            engine.update(path, (package.root / path).read_bytes(), overlay=False)
    engine.check()
    engine.learn_past(engine.recall(engine.wishes(), 60.0))
    engine.check()


def sample(package: Package, limit: int) -> Iterator[Mutation]:
    """At most ``limit`` mutations of each kind, drawn with a fixed seed."""
    by_kind: dict[str, list[Mutation]] = defaultdict(list)
    for mutation in mutations(package):
        if mutation.cases:
            by_kind[mutation.kind].append(mutation)
    for kind in FITTING:
        found = by_kind[kind]
        yield from random.Random(SEED).sample(found, min(limit, len(found)))  # noqa: S311 - no secret


def measure(root: Path, limit: int) -> tuple[list[Outcome], int, int, list[str]]:
    """Outcomes, the number of mutations, of references that were decided, and what is found without a mutation."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "package"
        shutil.copytree(root, copy)
        package = Package(copy, Path(folder) / "cache")
        try:
            found = [f"{_place(package, d)} {d.drift_type} {d.details}" for d in package.engine.drifts()]
            summary = package.engine.summary()
            done: list[Outcome] = []
            count = 0
            for mutation in sample(package, limit):
                done += outcomes(package, mutation)
                count += 1
                left = {d.fingerprint for d in package.engine.drifts()} ^ package.known
                if left:
                    raise RuntimeError(f"{mutation.what}: putting the code back left other drift: {left}")
            return done, count, summary.holds + summary.broken, found
        finally:
            package.engine.dispose()


# -------------------------------------------------------------------------------------------------------------- report


def _place(package: Package, drift: DriftReport) -> str:
    lines = LineIndex(package.engine.text(drift.spec.path) or b"")
    return f"{drift.spec.path}:{lines.position(drift.spec.start, 'utf-8')[0] + 1}"


def table(found: dict[str, list[Outcome]]) -> str:
    """Recall by kind of mutation, in each package and in all."""
    names = list(found)
    head = ["mutation", "cases", "found", "recall", *names]
    lines = [f"| {' | '.join(head)} |", f"| --- | ---: | ---: | ---: |{' ---: |' * len(names)}"]
    for kind in (*FITTING, "**all**"):
        rows = {name: [o for o in done if kind in (o.mutation, "**all**")] for name, done in found.items()}
        every = [o for done in rows.values() for o in done]
        cells = [f"{sum(o.is_found for o in done)}/{len(done)}" if done else "" for done in rows.values()]
        hits = sum(o.is_found for o in every)
        share = f"{hits / len(every):.1%}" if every else ""
        lines.append(f"| {kind} | {len(every)} | {hits} | {share} | {' | '.join(cells)} |")
    return "\n".join(lines)


def by_claim(found: dict[str, list[Outcome]]) -> str:
    """Recall by the kind of claim."""
    groups: dict[str, list[Outcome]] = defaultdict(list)
    for done in found.values():
        for outcome in done:
            groups[outcome.claim.partition(" ")[0]].append(outcome)
    lines = ["| said by | cases | found | recall |", "| --- | ---: | ---: | ---: |"]
    for kind, group in sorted(groups.items()):
        hits = sum(o.is_found for o in group)
        lines.append(f"| {kind} | {len(group)} | {hits} | {hits / len(group):.1%} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and write where asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=60, help="mutations of one kind in one package")
    parser.add_argument("--misses", action="store_true", help="also write each case that was not found")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found: dict[str, list[Outcome]] = {}
    silent = [
        "| package | mutations | decided references | findings without a mutation |",
        "| --- | ---: | ---: | ---: |",
    ]
    for root in sorted(path for path in args.folder.iterdir() if path.is_dir()):
        done, count, decided, before = measure(root, args.limit)
        found[root.name] = done
        silent.append(f"| {root.name} | {count} | {decided} | {len(before)} |")
        for line in before:
            sys.stderr.write(f"{root.name}: without a mutation: {line}\n")
        for outcome in done if args.misses else ():
            if not outcome.is_found:
                sys.stderr.write(f"{root.name}: missed: {outcome}\n")
        sys.stderr.write(f"{root.name}: {count} mutations, {len(done)} cases\n")
    figures = "\n\n".join((table(found), by_claim(found), "\n".join(silent)))
    sys.stdout.write(figures + "\n")
    if args.write:
        fill(PAGE, BEGIN, END, f"\n\n{figures}\n\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
