"""Decisions that stand in the repository, read when they are new or changed: ADRs, ``Decision:`` blocks, trailers.

A file that says its id is that decision wherever it lies; any other one is known by its name. So two clones that read
the same files have the same decisions, and a merge of two branches is a merge by id.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from vt_lsp.models import DecisionLink, DecisionStatus, LinkType, WorkflowDecision
from vt_lsp.workflow_memory.decision_tracker import type_of
from vt_lsp.workflow_memory.ids import make_id
from vt_lsp.workflow_memory.madr import read_adr, write_adr
from vt_lsp.workspace.git import Git
from vt_lsp.workspace.reading import Unreadable, read_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from vt_lsp.workflow_memory.madr import Reference
    from vt_lsp.workflow_memory.memory_store import MemoryStore

ADR_FOLDERS: Final = (
    "docs/adr", "docs/adrs", "doc/adr", "docs/decisions", "docs/architecture/decisions", "docs/architecture-decisions",
    "docs/architecture/adr", "adr", "adrs", "decisions",
)  # fmt: skip
_EXPORTED: Final = "docs/decisions"
_NO_ADR: Final = re.compile(r"^(readme|index|template|adr-template|0000-.*|.*-template)\.md$", re.IGNORECASE)
_RESEARCH: Final = ("specs", ".specify/specs")
_BLOCK: Final = re.compile(
    r"^[ \t>*-]*\**(Decision|Rationale|Alternatives considered|Alternatives)\**:\**[ \t]*(.*)$", re.IGNORECASE
)
_MOST_FILES: Final = 5_000
_MOST_COMMITS: Final = 20_000
_START: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Synced(NamedTuple):
    """What reading the repository brought: ids of news, and what could not be read."""

    changed: tuple[str, ...]
    problems: tuple[str, ...]


class _Read(NamedTuple):
    path: str
    digest: str
    decision: WorkflowDecision
    references: tuple[Reference, ...]


def may_decide(path: str) -> bool:
    """Whether a path below the root is read for decisions, by its name."""
    folder, _, name = path.rpartition("/")
    if name == "research.md":
        return folder.rpartition("/")[0] in _RESEARCH
    return folder in ADR_FOLDERS and name.endswith(".md") and not _NO_ADR.match(name)


def sync(root: Path, store: MemoryStore, folders: Sequence[str] = ADR_FOLDERS) -> Synced:
    """Take in what is new or changed in the repository at ``root`` since the last time; nothing there is written."""
    git, seen = Git(root), store.read_sources()
    changed: list[str] = []
    problems: list[str] = []
    found: list[_Read] = []
    names: dict[str, str] = {}  # file name and number of each ADR -> id
    for path in _adr_paths(root, folders):
        data = _bytes(root, path)
        digest = hashlib.blake2b(data, digest_size=12).hexdigest()
        if seen.get(path) == digest:
            for known in store.from_source(path)[:1]:
                _name(names, path, known.id)
            continue
        adr = read_adr(data.decode("utf-8", "replace"))
        if adr is None:
            problems.append(f"{path}: no decision can be read there")
            store.put_from(path, digest)  # said once, until it changes
            continue
        number = adr.id or _known_id(store, path)
        date = adr.date or _first_commit(git, path)
        number = number or make_id(date, f"adr:{PurePosixPath(path).name}")
        decision = msgspec.structs.replace(adr.decision, id=number, timestamp=date, source=path)
        if not decision.author:
            decision = msgspec.structs.replace(decision, author=_first_author(git, path))
        _name(names, path, number)
        found.append(_Read(path, digest, decision, adr.references))
    linked = _linked(found, names, store)
    for one in found:
        merged = _merged(linked.pop(one.decision.id), store)
        changed += store.put_from(one.path, one.digest, merged)
    if linked:
        changed += store.put(*linked.values(), reason="a link in an ADR")
    for source, digest, read in (*_research(root, seen), *_trailers(git, seen)):
        changed += store.put_from(source, digest, *((_merged(read, store),) if read is not None else ()))
    return Synced(tuple(dict.fromkeys(changed)), tuple(problems))


def export_adrs(root: Path, decisions: Iterable[WorkflowDecision], store: MemoryStore, folder: str = "") -> list[str]:
    """Write one ADR for each decision into ``folder`` below the root; paths of what was written.

    A decision that was read from a file, or exported before, is written to that file. Raises OSError.
    """
    written = []
    target = folder or next((one for one in ADR_FOLDERS if (root / one).is_dir()), _EXPORTED)
    (root / target).mkdir(parents=True, exist_ok=True)
    taken = {path.name[:4] for path in (root / target).glob("[0-9][0-9][0-9][0-9]-*.md")}
    number = max((int(one) for one in taken if one.isdigit()), default=0)
    for one in sorted(decisions, key=lambda d: (d.timestamp, d.id)):
        path = one.source if one.source.endswith(".md") and "#" not in one.source and not folder else ""
        if not path:
            known = _exported_file(root / target, one.id)
            number += known is None
            path = f"{target}/{known or f'{number:04}-{_slug(one.title or one.outcome)}.md'}"
        text = write_adr(one).encode("utf-8", "replace")
        full = root / path
        if not full.resolve().is_relative_to(root.resolve()) and not folder:
            continue
        if _bytes(root, path) != text:
            part = full.with_name(f".{full.name}.part")
            part.write_bytes(text)
            part.replace(full)
            written.append(path)
        exported = one if one.source else msgspec.structs.replace(one, source=path)
        store.put_from(path, hashlib.blake2b(text, digest_size=12).hexdigest(), exported, reason="written to")
    return written


def _exported_file(folder: Path, decision: str) -> str | None:
    needle = f"\nid: {decision}\n".encode()
    for path in sorted(folder.glob("*.md")):
        with suppress(OSError), path.open("rb") as file:
            if needle in file.read(4096):
                return path.name
    return None


def _slug(text: str) -> str:
    words = re.findall(r"[a-z0-9]+", text.lower())
    return "-".join(words)[:60].strip("-") or "decision"


# --------------------------------------------------------------------------------------------------------------- pieces


def _adr_paths(root: Path, folders: Sequence[str]) -> list[str]:
    found: list[str] = []
    for folder in folders:
        with suppress(OSError):
            names = sorted(entry.name for entry in os.scandir(root / folder) if entry.is_file(follow_symlinks=False))
            found += [f"{folder}/{name}" for name in names if name.endswith(".md") and not _NO_ADR.match(name)]
    return found[:_MOST_FILES]


def _bytes(root: Path, path: str) -> bytes:
    try:
        return read_file(root, path)
    except Unreadable:
        return b""


def _known_id(store: MemoryStore, path: str) -> str | None:
    known = store.from_source(path)
    return known[0].id if known else None


def _name(names: dict[str, str], path: str, decision: str) -> None:
    name = PurePosixPath(path).name
    names[name.lower()] = decision
    if (number := re.match(r"(?:adr[-_]?)?(\d{1,5})\b", name, re.IGNORECASE)) is not None:
        names.setdefault(str(int(number[1])), decision)


def _linked(found: list[_Read], names: dict[str, str], store: MemoryStore) -> dict[str, WorkflowDecision]:
    """The decisions with the links that the files speak of, also those of others that a file names."""
    result = {one.decision.id: one.decision for one in found}
    for one in found:
        for reference in one.references:
            target = reference.target
            other = names.get(str(int(target)) if target.isdigit() else target.lower(), target)
            source, aim = (other, one.decision.id) if reference.by else (one.decision.id, other)
            holder = result.get(source) or store.get(source)
            if holder is not None and aim.startswith("D-") and source != aim:
                links = tuple(dict.fromkeys((*holder.links, DecisionLink(reference.type, aim))))
                result[source] = msgspec.structs.replace(holder, links=links)
    for later in tuple(result.values()):
        for link in later.links if later.status is DecisionStatus.ACCEPTED else ():
            target_of = result.get(link.target) or store.get(link.target)
            if link.type is LinkType.SUPERSEDES and target_of and target_of.status is not DecisionStatus.SUPERSEDED:
                result[link.target] = msgspec.structs.replace(target_of, status=DecisionStatus.SUPERSEDED)
    return result


def _merged(read: WorkflowDecision, store: MemoryStore) -> WorkflowDecision:
    """What was read, with those fields of the known decision that its source does not speak of."""
    known = store.get(read.id)
    if known is None:
        return read
    kept = {
        name: getattr(known, name)
        for name in (
            "tags",
            "files",
            "symbols",
            "alternatives",
            "precedents",
            "author",
            "rationale",
            "accepted",
            "title",
        )
        if not getattr(read, name)
    }
    links = tuple(dict.fromkeys((*read.links, *known.links)))
    return msgspec.structs.replace(read, links=links, context={**known.context, **read.context}, **kept)


def _first_commit(git: Git, path: str) -> datetime:
    line = (git.run("log", "--follow", "--diff-filter=A", "--format=%aI", "-1", "--", path) or b"").decode().strip()
    with suppress(ValueError):
        return datetime.fromisoformat(line).astimezone(UTC)
    return _START


def _first_author(git: Git, path: str) -> str:
    line = git.run("log", "--follow", "--diff-filter=A", "--format=%aN", "-1", "--", path) or b""
    return line.decode("utf-8", "replace").strip()


def _research(root: Path, seen: dict[str, str]) -> Iterator[tuple[str, str, WorkflowDecision | None]]:
    """The ``Decision:`` blocks of research.md files, as spec-kit writes them below a heading each."""
    for folder in _RESEARCH:
        paths = sorted((root / folder).glob("*/research.md"))[:_MOST_FILES]
        for full in paths:
            path = full.relative_to(root).as_posix()
            data = _bytes(root, path)
            digest = hashlib.blake2b(data, digest_size=12).hexdigest()
            if seen.get(path) != digest:
                yield path, digest, None
                for title, block in research_blocks(data.decode("utf-8", "replace")):
                    yield from _from_block(path, title, block)


def _from_block(path: str, title: str, block: dict[str, str]) -> Iterator[tuple[str, str, WorkflowDecision]]:
    outcome, rationale = block["decision"], block.get("rationale", "")
    alternatives = block.get("alternatives considered", block.get("alternatives", ""))
    options = [re.sub(r"^[\s*+-]+", "", line) for line in alternatives.split("\n") if line.strip(" *+-")]
    source = f"{path}#{_slug(title)}"
    yield (
        source,
        "",
        WorkflowDecision(
            id=make_id(_START, source),
            timestamp=_START,
            decision_type=type_of(title, outcome, rationale),
            title=title,
            outcome=outcome,
            rationale=rationale,
            alternatives=tuple(options),
            files=(path,),
            source=source,
        ),
    )


def research_blocks(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The nearest heading and the parts of each block that decides something."""
    title, part = "", ""
    block: dict[str, str] = {}
    for line in [*text.replace("\r\n", "\n").split("\n"), "# "]:
        heading = re.match(r"#{1,6}(?:[ \t]+(.*))?$", line)
        entry = _BLOCK.match(line)
        if heading or (entry and entry[1].lower() == "decision"):
            if block.get("decision"):
                yield title or block["decision"], {key: value.strip() for key, value in block.items()}
            block, part = {}, ""
        if heading:
            title = (heading[1] or "").strip()
        elif entry and (block or entry[1].lower() == "decision"):
            part = entry[1].lower()
            block[part] = entry[2].strip()
        elif part:
            block[part] += f"\n{line}"


def _trailers(git: Git, seen: dict[str, str]) -> Iterator[tuple[str, str, WorkflowDecision | None]]:
    """The trailers ``Decision:`` of the commits that were made since the last look."""
    head = git.head()
    before = seen.get("git:trailers", "")
    if head is None or head == before:
        return
    known = before and git.run("merge-base", "--is-ancestor", before, head) is not None
    scope = f"{before}..{head}" if known else head
    form = "%H%x1f%aI%x1f%aN%x1f%s%x1f%b%x1f%(trailers:key=Decision,valueonly,unfold,separator=%x1e)%x00"
    out = git.run("log", f"--max-count={_MOST_COMMITS}", "--grep=^Decision:", f"--format={form}", scope) or b""
    for record in out.decode("utf-8", "replace").split("\0"):
        fields = record.strip("\n").split("\x1f")
        if len(fields) == 6:
            yield from _from_commit(*fields)
    yield "git:trailers", head, None


def _from_commit(*fields: str) -> Iterator[tuple[str, str, WorkflowDecision]]:
    commit, date, author, subject, body, trailers = fields
    for number, value in enumerate(trailers.split("\x1e")):
        outcome = value.strip()
        if outcome:
            source = f"commit:{commit}" + (f"#{number}" if number else "")
            moment = datetime.fromisoformat(date).astimezone(UTC)
            made = WorkflowDecision(
                id=make_id(moment, source),
                timestamp=moment,
                decision_type=type_of(outcome, subject, body),
                title=outcome if len(outcome) <= 100 else subject,
                outcome=outcome,
                rationale=body[: body.rfind("Decision:")].strip() if "Decision:" in body else body,
                context={"commit": subject},
                author=author,
                source=source,
            )
            yield source, "", made
