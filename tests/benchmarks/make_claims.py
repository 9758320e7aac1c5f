"""Markdown documents about the real symbols of a project: what its own documents would say, were they Markdown.

They are derived from the files with the package's own reader, in a fixed order, so that two runs write the same bytes.
A few claims are made wrong on purpose, so that there is drift to publish.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from vt_lsp.code.python import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from vt_lsp.models import CodeFacts, Symbol

FOLDER = "docs-generated"
WRONG_EVERY = 40  # every so many callables, the document tells a parameter that the code has not
CLASSES, METHODS, FUNCTIONS, FIELDS = 1, 1, 2, 3  # at most so many of each are spoken of
MOST_DOCUMENTS = 700
_SKIPPED = ("/locale/", "/migrations/")


def write_claims(root: Path, package: str) -> tuple[str, ...]:
    """Write documents about ``package`` below ``root``; their paths, relative to it."""
    written = []
    said = 0
    for file in sorted((root / package).rglob("*.py")):
        path = file.relative_to(root).as_posix()
        if any(part in path for part in _SKIPPED):
            continue
        text, said = _page(path, read(file.read_bytes(), path), said)
        if text:
            name = f"{FOLDER}/{path.removesuffix('.py')}.md"
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, "utf-8")
            written.append(name)
        if len(written) == MOST_DOCUMENTS:
            break
    return tuple(written)


def _page(path: str, facts: CodeFacts, said: int) -> tuple[str, int]:
    """One document, and how many callables all documents so far speak of."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    parts = [f"# {module}\n\nThe module `{module}` is the file `{path}`.\n"]
    classes = sorted(_public(facts.symbols, "class"), key=lambda s: s.start - s.end)[:CLASSES]  # the longest
    functions = list(islice(_public(facts.symbols, "function"), FUNCTIONS))
    constants = [s for s in islice(_public(facts.symbols, "constant"), FIELDS) if _is_short(s.value)]
    parts += [f"`{s.name} = {s.value}` is a constant of `{module}`.\n" for s in constants]
    for symbol in functions:
        said += 1
        parts.append(_callable(module, symbol, is_wrong=said % WRONG_EVERY == 0))
    for symbol in classes:
        methods = list(islice(_members(facts, symbol.name, "method"), METHODS))
        parts.append(_class(module, symbol, methods, list(islice(_members(facts, symbol.name, "field"), FIELDS))))
        for method in methods:
            said += 1
            parts.append(_callable(module, method, is_wrong=said % WRONG_EVERY == 0))
    return ("\n".join(parts), said) if len(parts) > 1 else ("", said)


def _class(module: str, symbol: Symbol, methods: list[Symbol], fields: list[Symbol]) -> str:
    bases = ", ".join(base for base in symbol.bases if base.isidentifier())
    lines = [f"class {symbol.name}({bases}):" if bases else f"class {symbol.name}:"]
    lines += [f"    {f.name.rpartition('.')[2]}{_annotation(f)}" for f in fields if f.annotation and _is_short(f.value)]
    lines += [
        f"    {'async ' * ('async' in m.flags)}def {m.name.rpartition('.')[2]}{_flat(m.signature)}: ..."
        for m in methods
        if not {"static", "classmethod", "overload"} & set(m.flags)
    ]
    stub = "\n".join([*lines, "    ..."] if len(lines) == 1 else lines)
    return (
        f"## {symbol.name}\n\nThe class `{module}.{symbol.name}`:\n\n```python\n{stub}\n```\n\n"
        f"```python\nfrom {module} import {symbol.name}\n```\n"
    )


def _callable(module: str, symbol: Symbol, *, is_wrong: bool) -> str:
    """A function or method in running text, with its signature and a default."""
    inner = [p for p in _parameters(symbol.signature) if p not in {"self", "cls"}]
    told = [*inner[:1], "dry_run=False", *inner[1:]] if is_wrong else inner
    text = f"### {symbol.name}()\n\n`{symbol.name}({', '.join(told)})` belongs to `{module}`.\n"
    for parameter in told:
        name, equals, default = parameter.partition("=")
        if equals and _is_short(default) and name.isidentifier():
            text += f"`{name}` defaults to `{default}`.\n"
            break
    return text


def _public(symbols: Iterable[Symbol], kind: str) -> Iterator[Symbol]:
    return (s for s in symbols if s.kind == kind and "." not in s.name and not s.name.startswith("_"))


def _members(facts: CodeFacts, owner: str, kind: str) -> Iterator[Symbol]:
    prefix = owner + "."
    return (
        s
        for s in facts.symbols
        if s.kind == kind and s.name.startswith(prefix) and not s.name.removeprefix(prefix).startswith("_")
        and "." not in s.name.removeprefix(prefix)
    )  # fmt: skip


def _parameters(signature: str) -> list[str]:
    """The parameters as written; none where a comma inside a default or an annotation would be cut."""
    flat = _flat(signature)[1:-1].rstrip(", ")
    if not flat or any(mark in flat for mark in "([{:#"):
        return []
    return [part.strip() for part in flat.split(",")]


def _annotation(symbol: Symbol) -> str:
    return f": {symbol.annotation}" + (f" = {symbol.value}" if symbol.value else "")


def _flat(signature: str) -> str:
    return " ".join(signature.split()).replace("( ", "(").replace(", )", ")").replace(" )", ")")


def _is_short(value: str) -> bool:
    return len(value) <= 40 and not any(mark in value for mark in "`\n|#")
