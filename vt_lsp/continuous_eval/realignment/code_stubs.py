"""Change the code: what is nowhere, as a stub with the words of the spec that raises ``NotImplementedError``."""

from __future__ import annotations

import builtins
import re
from typing import TYPE_CHECKING

from vt_lsp.code.signature import parse_signature
from vt_lsp.continuous_eval.realignment.code_imports import imported
from vt_lsp.continuous_eval.realignment.source import Source
from vt_lsp.models import DriftType, Edit, Place, Realignment
from vt_lsp.workspace.history import PastDefinition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vt_lsp.continuous_eval.realignment.case import Case
    from vt_lsp.models import Claim

_NAME = re.compile(r"[^\W\d]\w*(?:\.\w+)*")
_STRING = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_MARKS = re.compile(r"[`*]|\[([^\]]*)\]\([^)]*\)")
_LEAD = re.compile(r"[\s\-*+|`\u2500-\u257f\u2714\u2705\[\]xX]*|\s*\d+[.)]\s+[`*]*")
_SAID = re.compile(r"[\w()`*.]*(?:\s*(?:#|:|\u2014|\u2013|\|)|\s+-)\s+(\w.*)")
_FEWEST = 2  # words that say more than the name
_LONGEST = 88  # columns of a docstring's line
_MISSING = frozenset(
    {DriftType.MISSING_SYMBOL, DriftType.RENAMED_SYMBOL, DriftType.TASK_NOT_DONE, DriftType.EXAMPLE_IMPORT}
)
_DEFINING = frozenset({"class", "function", "name", "artifact", "import"})
_MADE = (".py", ".pyi", ".md", ".rst", ".txt", ".toml", ".yaml", ".yml", ".json", ".cfg", ".ini", ".sql")


def function_stub(source: Source, claim: Claim, name: str, *, is_method: bool) -> str:
    """``def name(…) -> …`` with what the spec says; without indentation, lines divided by a line feed alone."""
    signature = parse_signature(claim.signature) if claim.signature else None
    parameters = claim.signature[1:-1].strip() if signature is not None and not signature.is_partial else ""
    parameters = ", ".join(part.strip() for part in parameters.split("\n") if part.strip()).replace(",,", ",")
    if claim.kind != "function" and any(not part.strip().partition("=")[0].strip().isidentifier() for part in
                                        parameters.split(",") if part.strip()):  # fmt: skip
        parameters = ""  # arguments of an example are no parameters
    first = parameters.partition(",")[0].strip()
    static = "staticmethod" in claim.hints
    if is_method and first not in ("self", "cls") and not static:
        receiver = "cls" if "classmethod" in claim.hints else "self"
        parameters = f"{receiver}, {parameters}" if parameters else receiver
    decorator = next((f"@{h}\n" for h in ("staticmethod", "classmethod", "property") if h in claim.hints), "")
    returns = f" -> {claim.annotation}" if claim.annotation and claim.kind == "function" else ""
    keyword = "async def" if "async" in claim.hints else "def"
    indent = source.unit
    return (
        f"{decorator}{keyword} {name}({parameters}){returns}:\n"
        f'{indent}"""{sentence(name)}"""\n{indent}raise NotImplementedError'
    )


def sentence(name: str) -> str:
    """A name as words: what a docstring says where the spec says nothing."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|_", " ", name.strip("_")).split()
    return " ".join(words).capitalize() + "."


def typed_imports(case: Case, source: Source, line: str) -> list[Edit] | None:
    """The imports that the names in a new line want; None where one cannot be told.

    Parameters and the name itself are no free names; only annotations and defaults are looked at.
    """
    edits: list[Edit] = []
    for name in dict.fromkeys(_free_names(line)):
        found = imported(case, source, name)
        if found is None:
            return None
        edits += found
    return edits


def _free_names(line: str) -> list[str]:
    """The names that annotations and defaults of a field or of a ``def`` line use."""
    head = next((part for part in line.split("\n") if not part.startswith("@")), "")
    pieces: list[str] = []
    if "def " in head:
        inner = head[head.index("(") : head.rindex(":")]
        body, _, returns = inner.rpartition("->") if "->" in inner else (inner, "", "")
        signature = parse_signature(body.strip())
        for p in signature.parameters if signature else ():
            pieces += [p.annotation, p.default]
        pieces.append(returns)
    else:
        left, _, value = head.partition("=")
        pieces += [left.partition(":")[2], value]
    names = [m[0].partition(".")[0] for piece in pieces for m in _NAME.finditer(_STRING.sub("", piece))]
    return [n for n in names if not hasattr(builtins, n) and n not in ("self", "cls")]


def missing_definitions(case: Case) -> Iterator[Realignment]:
    """The class, function or constant that is nowhere, at the end of the file where it belongs."""
    claim = case.claim
    if case.drift.drift_type not in _MISSING or claim.kind not in _DEFINING:
        return
    home, name = _home(case)
    text = case.text(home) if home else None
    if home is None or text is None or not name.isidentifier() or case.index.symbols(home, name) or case.is_slip():
        return
    source = Source(home, text)
    stub = _definition(source, case, name)
    if not stub:
        return
    needed = typed_imports(case, source, stub) if claim.kind == "function" else []
    if needed is None:
        return
    newline, body = source.newline, source.data.rstrip()
    gap = newline * 3 if body else ""
    code = newline.join(stub.split("\n"))
    edit = source.edit(len(body), len(source.data), f"{gap}{code}{newline}")
    yield Realignment(
        f"Write `{name}` in `{home}`", "code", (*needed, edit), safe=False,
        confidence=0.6 if claim.kind in ("class", "function") else 0.4, kind="create-stub", effort="lines",
        symbol=(home, name),
    )  # fmt: skip


def _home(case: Case) -> tuple[str | None, str]:
    """Where the missing name would be defined: the file or module that the text names, or that had it."""
    claim, index = case.claim, case.index
    head, _, name = claim.subject.rpartition(".")
    if claim.kind == "import":
        return (case.target[0], claim.expected) if case.target is not None and not case.target[1] else (None, "")
    if claim.owner.endswith(".py"):
        return claim.owner, name
    if case.target is not None and not case.target[1]:
        return case.target[0], name
    if head:
        return next(iter(index.module(head)), None), name
    past = index._past.get(name)  # noqa: SLF001 - no question of a claim: no key is due
    if isinstance(past, PastDefinition) and past.path in index.code:
        return past.path, name
    beside = [c for c in case.document.claims_of(claim.kind) if c.section == claim.section and c is not claim]
    homes = [path for c in beside for path in index.defined_in(c.subject.rpartition(".")[2])]
    return (max(sorted(set(homes)), key=homes.count), name) if homes else (None, name)


def _definition(source: Source, case: Case, name: str) -> str:
    claim, indent = case.claim, source.unit
    words = said_of(case, name)
    if not name[:1].isupper() and (claim.kind == "function" or "call" in claim.hints or claim.signature):
        return function_stub(source, claim, name, is_method=False).replace(sentence(name), words)
    if name.isupper():
        return ""  # of a constant the value must be known
    if claim.kind == "import" and not name[:1].isupper() and _is_called(case):
        return function_stub(source, claim, name, is_method=False)
    if claim.kind == "class" or name[:1].isupper():
        if claim.kind == "function":
            stub = function_stub(source, claim, "__init__", is_method=True).split("\n")
            lines = "\n".join(f"{indent}{line}" for line in stub if '"""' not in line)
            return f'class {name}:\n{indent}"""{words}"""\n\n{lines}'
        bases = f"({', '.join(claim.bases)})" if claim.bases and claim.kind == "class" else ""
        known = [imported(case, source, b.partition("[")[0].partition(".")[0]) for b in claim.bases]
        bases = "" if any(k is None or k for k in known) else bases
        return f'class {name}{bases}:\n{indent}"""{words}"""{_fields(case, indent)}'
    return ""


def _is_called(case: Case) -> bool:
    """Examples of the document call what they import."""
    callee = f"{case.claim.subject}.{case.claim.expected}"
    return any(c.subject == callee for c in case.document.claims_of("call"))


def _fields(case: Case, indent: str) -> str:
    """The fields that the spec gives the class, where their types need no import."""
    own = [c for c in case.document.claims_of("field") if c.owner == case.claim.subject and c.annotation]
    lines = [
        f"{indent}{c.subject}: {c.annotation}" + (f" = {c.expected}" if c.expected else "")
        for c in own
        if not _free_names(f"{c.subject}: {c.annotation}") and "\n" not in c.expected
    ]
    return "".join(["\n", *(f"\n{line}" for line in lines)]) if lines else ""


def said_of(case: Case, name: str) -> str:
    """What the entry of a list, a table or a tree says behind the name that it begins with, as a docstring's line."""
    text = case.spec
    start, end = text.rfind(b"\n", 0, case.claim.start) + 1, text.find(b"\n", case.claim.end)
    lead = text[start : case.claim.start].decode("utf-8", "replace")
    found = _SAID.match(text[case.claim.end : end if end >= 0 else len(text)].decode("utf-8", "replace"))
    if found is None or not _LEAD.fullmatch(lead):
        return sentence(name)
    words = re.split(r"(?<=[.!?])\s|\s\|", _MARKS.sub(lambda m: m[1] or "", found[1]))[0].strip(" |\r")
    if len(words.split()) < _FEWEST or len(words) > _LONGEST or '"""' in words or "\\" in words:
        return sentence(name)
    return words[:1].upper() + words[1:] + ("" if words[-1:] in ".!?" else ".")


def missing_files(case: Case) -> Iterator[Realignment]:
    """The file that is not there, with a docstring or a heading of the spec's words."""
    if case.drift.drift_type not in (DriftType.MISSING_FILE, DriftType.TREE_ENTRY, DriftType.TASK_NOT_DONE):
        return
    path = _missing_path(case)
    if path is None or case.text(path) is not None or case.index.has_path(path):
        return
    base = path.rpartition("/")[2]
    words = said_of(case, base.partition(".")[0].strip("_") or base)
    if base.endswith((".py", ".pyi")):
        text = f'"""{words}"""\n'
    elif base.endswith(".md"):
        text = f"# {words.rstrip('.')}\n"
    else:
        text = ""
    yield Realignment(
        f"Create `{path}`", "code", (Edit(Place(path, 0, 0), text),), safe=False, confidence=0.5, kind="create-file",
        effort="file", symbol=(path, ""),
    )  # fmt: skip


def _missing_path(case: Case) -> str | None:
    """The path of the file below the root, as the suggestion of the drift or its subject has it."""
    for suggestion in case.drift.suggestions:
        if suggestion.startswith("Create `"):
            path = suggestion.split("`")[1]
            break
    else:
        path = case.claim.subject
    path = path.removeprefix("./")
    is_file = path.endswith(_MADE) and "/" not in path.rpartition("/")[2]
    return path if is_file and not path.startswith(("/", "..", "~")) and "*" not in path else None
