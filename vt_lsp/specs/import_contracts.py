"""Contracts on imports that other tools keep: import-linter (``.importlinter``) and Tach (``tach.toml``).

Of import-linter: contracts of the types forbidden, layers and independence; imports over a third module are left to
the tool itself. Of Tach: what a module may depend on. Names with wildcards are passed over.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, NamedTuple

from vt_lsp.models import Claim, SpecFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FORMAT = "import-contracts"
PATHS = re.compile(r"(?:^|/)(?:\.importlinter|tach\.toml)$")

_SECTION = re.compile(r"\[([^\]\n]+)\]")
_KEY = re.compile(r"([A-Za-z_]\w*)[ \t]*[=:][ \t]*")
_MODULE = re.compile(r"[A-Za-z_][\w.]*")
_PLACE = re.compile(r"^[ \t]*path[ \t]*=[ \t]*[\"']([\w.]+)[\"']|[\"']([\w.]+)[\"']", re.MULTILINE)
_MOST = 300  # names of one kind in a contract, modules of a file
_FEW = 20  # containers of one contract
_TRUE = frozenset({"true", "yes", "on", "1"})


class _Value(NamedTuple):
    """One line of a value, and its first character."""

    text: str
    start: int


_Contract = dict[str, list[_Value]]


def read(data: bytes, path: str) -> SpecFacts:
    """The rules of a file; positions are bytes. A file that cannot be parsed has none."""
    text = data.decode("latin-1")  # each character is a byte, and the names of modules are ASCII
    found = _tach(data, text) if path.endswith(".toml") else _import_linter(text)
    unique = {(claim.start, claim.subject): claim for claim in found}
    return SpecFacts(tuple(unique[key] for key in sorted(unique)), format=FORMAT)


def _import_linter(text: str) -> Iterator[Claim]:
    sections = _sections(text)
    whole = sections.get("importlinter", {})
    hints = ("contract", *(("no-typing",) if _said(whole, "exclude_type_checking_imports") in _TRUE else ()))
    for name, contract in sections.items():
        if not name.startswith("importlinter:contract"):
            continue
        kind = _said(contract, "type")
        ignored = tuple(value.text for value in contract.get("ignore_imports", ()))
        if kind == "forbidden" and _said(contract, "as_packages") != "false":
            pairs = _forbidden(contract)
        elif kind == "layers":
            pairs = _layers(contract)
        elif kind == "independence":
            modules = [v for v in contract.get("modules", ())[:_MOST] if _MODULE.fullmatch(v.text)]
            pairs = ((v, v.text, tuple(o.text for o in modules if o is not v)) for v in modules)
        else:
            continue
        for at, subject, bases in pairs:
            if bases:
                yield Claim(
                    "layer", subject, at.start, at.start + len(at.text), bases=bases, expected="not", context=ignored,
                    hints=hints,
                )  # fmt: skip


def _sections(text: str) -> dict[str, _Contract]:
    """The sections of an INI file; values may go on in lines that are indented."""
    sections: dict[str, _Contract] = {}
    current: _Contract = {}
    values: list[_Value] = []
    start = 0
    for line in text.splitlines(keepends=True):
        stripped = line.strip()
        section, key = _SECTION.match(line), _KEY.match(line)
        if section is not None:
            current = sections.setdefault(section[1].strip(), {})
            values = []
        elif key is not None:
            values = current.setdefault(key[1], [])
            rest = line[key.end() :].strip()
            if rest:
                values.append(_Value(rest, start + key.end()))
        elif stripped and stripped[0] not in "#;" and line[0] in " \t":
            plain = re.split(r"\s[#;]", stripped, maxsplit=1)[0].rstrip()
            values.append(_Value(plain, start + line.index(stripped)))
        start += len(line)
    return sections


def _said(contract: _Contract, key: str) -> str:
    values = contract.get(key, ())
    return values[0].text.lower() if values else ""


def _forbidden(contract: _Contract) -> Iterator[tuple[_Value, str, tuple[str, ...]]]:
    sources = [v.text for v in contract.get("source_modules", ())[:_MOST] if _MODULE.fullmatch(v.text)]
    for target in contract.get("forbidden_modules", ())[:_MOST]:
        if _MODULE.fullmatch(target.text):
            for source in sources:
                yield target, source, (target.text,)


def _layers(contract: _Contract) -> Iterator[tuple[_Value, str, tuple[str, ...]]]:
    """A layer may import none above it, and of several in one line (``a | b``) none the other."""
    containers = [v.text for v in contract.get("containers", ())[:_FEW] if _MODULE.fullmatch(v.text)] or [""]
    above: list[str] = []
    for line in contract.get("layers", ())[:_MOST]:
        names = [_Value(m[0], line.start + m.start()) for m in _MODULE.finditer(line.text)]
        for container in containers:
            prefix = f"{container}." if container else ""
            for name in names:
                beside = [n.text for n in names if n is not name] if "|" in line.text else []
                yield name, prefix + name.text, tuple(prefix + other for other in (*above, *beside))
        above += (name.text for name in names)


def _tach(raw: bytes, text: str) -> Iterator[Claim]:
    try:
        data = tomllib.loads(raw.decode("utf-8", "replace").replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    modules = data.get("modules")
    modules = [m for m in modules if isinstance(m, dict)] if isinstance(modules, list) else []
    paths = list(_paths(modules))
    if len(paths) > _MOST or any(not _MODULE.fullmatch(path) for path in paths):
        return  # a glob may own what another module seems to own
    hints = ("contract", "tach", *(() if data.get("ignore_type_checking_imports") is False else ("no-typing",)))
    excluded = data.get("exclude")
    left_out = tuple(f"!{one}" for one in excluded if isinstance(one, str)) if isinstance(excluded, list) else ()
    free = {path for module in modules if module.get("utility") is True for path in _paths([module])}
    places: dict[str, tuple[int, int]] = {}
    for match in _PLACE.finditer(text):
        if match[1]:
            places[match[1]] = match.span(1)  # rather than where others name it
        else:
            places.setdefault(match[2], match.span(2))
    layered = not data.get("layers_explicit_depends_on")
    for module in modules:
        allowed = module.get("depends_on")
        if not isinstance(allowed, list) or module.get("unchecked") or (layered and "layer" in module):
            continue
        names = {
            n for n in (one.get("path") if isinstance(one, dict) else one for one in allowed) if isinstance(n, str)
        }
        if any(not _MODULE.fullmatch(name) for name in names):
            continue
        for path in _paths([module]):
            if path in places:
                yield Claim(
                    "layer", path, *places[path], bases=tuple(sorted(names | free - {path})), expected="only",
                    context=(*sorted(paths), *left_out), hints=hints,
                )  # fmt: skip


def _paths(modules: Iterable[dict[str, object]]) -> Iterator[str]:
    for module in modules:
        listed = module.get("paths", [])
        for path in (module.get("path"), *(listed if isinstance(listed, list) else ())):
            if isinstance(path, str) and path != "<root>":
                yield path
