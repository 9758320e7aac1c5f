"""One decision as a Markdown file and back: MADR 4 (https://adr.github.io/madr/), and what Nygard's form has.

Writing and reading again gives the same decision. What MADR has no place for (id, type, files, symbols, links) stands
in the front matter, whose values are JSON, which is YAML.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from vt_lsp.models import Acceptance, DecisionLink, DecisionStatus, DecisionType, LinkType, WorkflowDecision
from vt_lsp.workflow_memory.decision_tracker import type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADING: Final = re.compile(r"^(#{1,2})[ \t]+(.+?)[ \t#]*$")
_FENCE: Final = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_KEY: Final = re.compile(r"^([A-Za-z][\w-]*):(?:[ \t]+(.*))?$")
_NUMBERED: Final = re.compile(r"^(?:ADR[- ]?)?\d{1,5}[.:)]?\s*[-\u2013\u2014:]?\s*", re.IGNORECASE)
_DATE: Final = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})\b")
_CHOSEN: Final = re.compile(r"^Chosen option:\s*[\"“](.+?)[\"”]\s*(?:,?\s*(?:because|since)\b:?\s*)?", re.IGNORECASE)
_REFERENCE: Final = re.compile(
    r"\b(supersed(?:es|ed by|ed)|replaces?|replaced by|amends|amended by|relates to)\b[:\s]*(.*)", re.IGNORECASE
)
_TARGET: Final = re.compile(
    r"\[[^\]\n]*\]\(([^)\s#]+\.md)(?:#[^)]*)?\)|\b(?:ADR[- ]?)(\d{1,5})\b|\b(D-[0-9A-HJKMNP-TV-Z]{15})\b", re.IGNORECASE
)
_LISTS: Final = ("tags", "files", "symbols", "precedents")
_OWN_SECTIONS: Final = {
    "context and problem statement": "situation",
    "context": "situation",
    "considered options": "options",
    "considered alternatives": "options",
    "alternatives": "options",
    "decision outcome": "outcome",
    "decision": "outcome",
    "rationale": "rationale",
    "status": "status",
    "date": "date",
    "more information": "more",
}
_STATUSES: Final = {
    "rejected": DecisionStatus.REJECTED,
    "declined": DecisionStatus.REJECTED,
    "deprecated": DecisionStatus.DEPRECATED,
    "superseded": DecisionStatus.SUPERSEDED,
    "replaced": DecisionStatus.SUPERSEDED,
    "proposed": DecisionStatus.PROPOSED,
    "draft": DecisionStatus.PROPOSED,
    "pending": DecisionStatus.PROPOSED,
    "accepted": DecisionStatus.ACCEPTED,
    "approved": DecisionStatus.ACCEPTED,
    "implemented": DecisionStatus.ACCEPTED,
    "decided": DecisionStatus.ACCEPTED,
}


class Reference(NamedTuple):
    """What an ADR says of another: ``target`` is a file's name, a number, or an id; ``by`` turns it round."""

    type: LinkType
    target: str
    by: bool


class Adr(NamedTuple):
    """What one file says; ``id`` and ``date`` are None where it does not say them."""

    id: str | None
    date: datetime | None
    decision: WorkflowDecision
    references: tuple[Reference, ...]


# -------------------------------------------------------------------------------------------------------------- writing


def write_adr(decision: WorkflowDecision) -> str:
    """The file of one decision."""
    front: dict[str, object] = {
        "status": decision.status.value,
        "date": decision.timestamp.isoformat().replace("+00:00", "Z"),
        "decision-makers": [decision.author] if decision.author else [],
        "id": decision.id,
        "type": decision.decision_type.value,
        **{name: list(getattr(decision, name)) for name in _LISTS},
        "links": [f"{link.type} {link.target}" for link in decision.links],
        "confidence": decision.confidence if decision.confidence != 1.0 else None,
        "context": {key: text for key, text in decision.context.items() if key != "situation"},
        "accepted": msgspec.to_builtins(decision.accepted) if decision.accepted is not None else None,
    }
    lines = ["---", *(f"{key}: {_scalar(value)}" for key, value in front.items() if value not in ([], {}, None)), "---"]
    lines += ["", f"# {_one_line(decision.title or decision.outcome)}"]
    lines += _section("Context and Problem Statement", decision.context.get("situation", ""))
    if decision.alternatives:
        lines += ["", "## Considered Options", "", *(f"* {_one_line(one)}" for one in decision.alternatives)]
    lines += _section("Decision Outcome", decision.outcome)
    lines += _section("Rationale", decision.rationale)
    return "\n".join(lines) + "\n"


def _scalar(value: object) -> str:
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9][\w.:+-]*", value)
    return str(value) if plain else json.dumps(value, ensure_ascii=True)


def _section(title: str, text: str) -> list[str]:
    return ["", f"## {title}", "", *(_guarded(line) for line in text.split("\n"))] if text else []


def _guarded(line: str) -> str:
    """A line that would end the section is escaped, as Markdown does."""
    return f"\\{line}" if re.match(r"\\*(#{1,2}[ \t]|`{3}|~{3})", line) else line


def _one_line(text: str) -> str:
    return " ".join(text.split())


# -------------------------------------------------------------------------------------------------------------- reading


def read_adr(text: str) -> Adr | None:
    """What an ADR says; None for a text that has no title, no choice, or the marks of a merge conflict."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if re.search(r"^(<{7} |>{7} )", text, re.MULTILINE):
        return None
    front, body = _front_matter(text)
    title, sections, preamble = _sections(body)
    said = front.get("title")
    title = _NUMBERED.sub("", title or (said if isinstance(said, str) else "")).strip()
    outcome = sections.get("outcome", "")
    if not title or not (outcome or "status" in sections or "status" in front):
        return None
    chosen = _CHOSEN.match(outcome)
    rationale = sections.get("rationale", "")
    if chosen is not None:
        rationale = "\n\n".join(part for part in (outcome[chosen.end() :].strip(), rationale) if part)
        outcome = chosen[1]
    status_text = " ".join((_text(front.get("status")), sections.get("status", ""), _status_lines(preamble)))
    date = _moment(_text(front.get("date"))) or _moment(sections.get("date", "")) or _moment(preamble)
    decision = WorkflowDecision(
        id="",
        timestamp=date or datetime(1970, 1, 1, tzinfo=UTC),
        decision_type=_type(front, title, outcome, rationale),
        outcome=outcome or title,
        title=title if title != _one_line(outcome) or not _text(front.get("id")) else "",
        context=_context(front, sections.get("situation", "")),
        rationale=rationale,
        confidence=_number(front.get("confidence"), 1.0),
        status=_status(status_text),
        alternatives=tuple(_bullets(sections.get("options", ""))),
        links=tuple(_links(front.get("links"))),
        author=", ".join(_strings(front.get("decision-makers") or front.get("deciders") or front.get("author"))),
        accepted=_accepted(front.get("accepted")),
        tags=tuple(_strings(front.get("tags"))),
        files=tuple(_strings(front.get("files"))),
        symbols=tuple(_strings(front.get("symbols"))),
        precedents=tuple(_strings(front.get("precedents"))),
    )
    references = tuple(_references(f"{status_text}\n{preamble}\n{sections.get('more', '')}"))
    return Adr(_text(front.get("id")) or None, date, decision, references)


def _front_matter(text: str) -> tuple[dict[str, object], str]:
    """Keys with their values, and what follows; nested YAML that we do not write is passed over."""
    if not text.startswith("---\n"):
        return {}, text
    head, mark, body = text[4:].partition("\n---\n")
    if not mark:
        return {}, text
    found: dict[str, object] = {}
    key = ""
    for line in head.split("\n"):
        if (entry := _KEY.match(line)) is not None:
            key = entry[1].lower()
            found[key] = _value(entry[2] or "")
        elif key and (item := re.match(r"\s*-\s+(.*)", line)):
            known = found[key]
            found[key] = [*(known if isinstance(known, list) else []), _value(item[1])]
    return found, body


def _value(text: str) -> object:
    text = text.strip()
    if text[:1] in ('"', "[", "{"):
        with suppress(ValueError, RecursionError):
            return json.loads(text)
    if text.startswith("[") and text.endswith("]"):
        return [part.strip().strip("'\"") for part in text[1:-1].split(",") if part.strip()]
    return text.strip("'\"")


def _sections(body: str) -> tuple[str, dict[str, str], str]:
    """Title, the texts of the sections we know, and what stands before the first section."""
    title, name = "", "preamble"
    parts: dict[str, list[str]] = {"preamble": []}
    fence = ""
    for line in body.split("\n"):
        mark = _FENCE.match(line)
        if mark is not None:
            fence = "" if fence and mark[1].startswith(fence) else fence or mark[1]
        heading = _HEADING.match(line) if not fence else None
        if heading is not None and heading[1] == "#" and not title:
            title = heading[2]
        elif heading is not None:
            known = _OWN_SECTIONS.get(heading[2].lower().strip())
            name = known or f"other {heading[2]}"
            parts.setdefault(name, [])
        else:
            escaped = re.match(r"\\+(#{1,2}[ \t]|`{3}|~{3})", line)
            parts[name].append(line[1:] if escaped else line)
    texts = {key: "\n".join(lines).strip("\n") for key, lines in parts.items()}
    return title, texts, texts["preamble"]


def _status_lines(preamble: str) -> str:
    return " ".join(line for line in preamble.split("\n") if re.match(r"\W*status\b", line, re.IGNORECASE))


def _status(text: str) -> DecisionStatus:
    lowered = text.lower()
    if re.search(r"\bsuperseded by\b|\breplaced by\b", lowered):
        return DecisionStatus.SUPERSEDED
    places = {lowered.find(word): status for word, status in _STATUSES.items() if word in lowered}
    return places[min(places)] if places else DecisionStatus.ACCEPTED


def _references(text: str) -> Iterator[Reference]:
    kinds = {"supersede": LinkType.SUPERSEDES, "replace": LinkType.SUPERSEDES, "amend": LinkType.AMENDS}
    for found in _REFERENCE.finditer(text):
        verb = found[1].lower()
        kind = next((kind for start, kind in kinds.items() if verb.startswith(start)), LinkType.RELATES)
        is_turned = verb.endswith(" by") or verb == "superseded"
        for target in _TARGET.finditer(found[2].split("\n")[0]):
            name = target[1] or target[2] or target[3].upper()
            yield Reference(kind, name.rpartition("/")[2] if target[1] else name, is_turned)


def _links(value: object) -> Iterator[DecisionLink]:
    for text in _strings(value):
        kind, _, target = text.partition(" ")
        with suppress(ValueError):
            if target:
                yield DecisionLink(LinkType(kind), target)


def _bullets(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if (item := re.match(r"\s{0,3}(?:[*+-]|\d+\.)\s+(.+)", line)) is not None:
            yield item[1].strip()


def _type(front: dict[str, object], title: str, outcome: str, rationale: str) -> DecisionType:
    with suppress(ValueError):
        return DecisionType(_text(front.get("type")))
    return type_of(title, outcome, rationale)


def _context(front: dict[str, object], situation: str) -> dict[str, str]:
    given = front.get("context")
    found = {str(key): str(text) for key, text in given.items()} if isinstance(given, dict) else {}
    return ({"situation": situation} if situation else {}) | found


def _accepted(value: object) -> Acceptance | None:
    with suppress(msgspec.ValidationError):
        return msgspec.convert(value, Acceptance)
    return None


def _moment(text: str) -> datetime | None:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if (found := _DATE.search(text)) is not None:
        with suppress(ValueError):
            return datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=UTC)
    return None


def _strings(value: object) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value if one not in (None, "")]
    return [value] if isinstance(value, str) and value and "{" not in value else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object, otherwise: float) -> float:
    with suppress(TypeError, ValueError):
        return min(max(float(str(value)), 0.0), 1.0) if value is not None else otherwise
    return otherwise
