"""What time a document, a section or a block speaks of (spec-formats, section 10)."""

from __future__ import annotations

import re
from functools import lru_cache

from vt_lsp.models import Role
from vt_lsp.specs.decision_status import PATHS as _RECORD_PATH
from vt_lsp.specs.decision_status import read_status

_TEMPLATE_PATH = re.compile(
    r"(?:^|/)(?:\.specify/templates/|templates?/|\.(?:claude|cursor)/(?:commands|skills|agents)/|\.github/(?:prompts|chatmodes)/|skill\.md$|openspec/agents\.md$|"
    r"\.?_?bmad(?:-core)?/(?:core|bm[a-z]|cis|tea|_[^/]*|agents|agent-teams|checklists|tasks|utils|workflows)/|"
    r"[^/]*[-_.]template\.(?:md|markdown)$|template\.md$|pull_request_template|issue_template/)"
)
_HISTORICAL_PATH = re.compile(
    r"(?:^|/)(?:(?:changelogs?|change[-_]?log|changes|(?:version|release)?[-_]?history|news|releases?|rel(?:ease)?[-_]?notes?|whats?[-_]?new)"
    r"(?:[-_.][^/]*)?\.\w+$|[^/]*[-_](?:changelog|changes|history|news)\.\w+$|(?:changelogs?|releases?|rel(?:ease)?[-_]?notes?|whats?[-_]?new|newsfragments|news|history|blog|posts|_posts|"
    r"archived?|deprecated|superseded|migrations?|upgrad(?:e|ing)|backups?|"
    r"(?:[^/]*[-_])?(?:implemented|completed|finished|done|obsolete|old)(?:[-_](?:plans?|specs?|tasks?|changes|docs))?)/|"
    # Pieces of a changelog that is put together at a release (towncrier, scriv, reno).
    r"(?:changes|changelog\.d|changes\.d|changelog[-_]fragments|releasenotes/notes)/[^/]*\.\w+$|"
    r"(?:upgrad(?:e|ing)|migrat(?:e|ion|ing))(?:[-_. ][^/]*)?\.\w+$|[^/]*[-_](?:migration(?:[-_]guide)?|log)\.\w+$|"
    r"(?:breaking[-_]changes?|deprecations?|removed|removals|upgrade[-_]guides?|migrations?[-_]guides?)"
    r"(?:/|(?:[-_.]v?\d[^/]*)?\.\w+$)|"
    r"(?:updates|[^/]*announcements?|(?:[^/]*-)?notes|meetings?|minutes|journals?|dev-?log|retrospectives?|post-?mortems?)(?:/|\.\w+$)|"
    r"[^/]*_(?:complete|completed|summary|report|analysis)\.\w+$|(?:research|audits?|investigations?)(?:/|\.\w+$)|todo[-_][^/]*\.\w+$|specs/[^/]+/checklists/|"
    r"\.kiro/(?:.*/)?[^/]*[-_](?:complete|completed|summary|report|progress|applied|changes|issues|fix(?:es)?)\.\w+$|"
    r"_bmad-output/(?:test-artifacts|analysis|brainstorming|[^/]*research)/|"
    r"\.planning/(?:phases|milestones|research|quick|debug|todos|notes|reports?|spikes?|threads)/|[^/]*\d{4}[-_]?\d{2}[-_]?\d{2}[^/]*\.\w+$)"
)
# A folder of numbered proposals (`sep/sep-001.rst`, `neps/nep-0012-…`) is one of plans, but for decision records.
_PLANNED_PATH = re.compile(
    r"(?:^|/)(?!adrs?/)([a-z]{2,5})s?/\1[-_]?\d{3,}[^/]*\.\w+$|(?:^|/)(?:openspec/changes/|_bmad-output/(?:project-)?planning-artifacts/|proposals?/|rfcs?/|roadmap/|(?:[^/]*[-_])?plans?/|enhancements/|(?:roadmap|todo|proposal|future|"
    r"(?:[^/]*[-_])?(?:plan|proposal|roadmap|strategy)|rfc[-_]?\d[^/]*)\.\w+$)"
)
_ADR_PATH = re.compile(
    r"(?:^|/)(?:adrs?|adl|decisions?|(?:architecture[-_])?decision[-_](?:records?|log)|architecture[-_]decisions?)/|"
    r"(?:^|/)adr[-_]?\d+"
)
_FILE_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}-?(?=[^/]*$)")  # log4brains names its records by their dates
_RECORD_ROLES = {
    "accepted": Role.CURRENT, "proposed": Role.PLANNED, "rejected": Role.HISTORICAL, "deprecated": Role.HISTORICAL,
    "superseded": Role.HISTORICAL,
}  # fmt: skip
_NORMATIVE_HEADING = re.compile(r"(?:decision(?!\s+drivers?)|confirmation|validation|rules?|enforcement|compliance)\b")
_VERSION_HEADING = re.compile(
    r"\[?(?:version\s+)?v?\d+\.\d+\.\d+\S*\]?(?:$|\s*[-(/,\u2013\u2014].*)|\[?v\d+\.\d+\]?$|.{0,20}\(?\d{4}-\d{2}-\d{2}\)?$|"
    r".*\b(?:completed|done|finished)\s+(?:on\s+)?\d{4}-\d{2}-\d{2}.*"
)
# "Before you begin" and "Next steps" speak of now: words with another use must be the whole heading.
_HISTORICAL_HEADING = re.compile(
    r"(?:changelog|change\s+log|release\s+notes|what'?s\s+new|migrat(?:ion|ing)|upgrading|upgrade\s+guide|"
    r"deprecat(?:ed|ions?)|removed|removals|breaking\s+changes|legacy|historical\s+note|old\s+(?:api|behaviou?r|versions?|syntax))\b(?!-)|"
    r"(?:history|.*\b(?:removed|deleted)|(?:.*\b)?changes(?:\s+(?:in|since)\b.*)|changes|before(?:\s+v?\d.*)?|previous(?:ly|\s+\w+)?)$"
)
# What a story of BMAD notes while it is written and built tells of that time.
_STORY_HEADING = re.compile(
    r"dev\s+notes|dev\s+agent\s+record|previous\s+story|git\s+(?:intelligence|history)|completion\s+notes|debug\s+log|"
    r"senior\s+developer\s+review|qa\s+results|code\s+review\b"
)
_PLANNED_HEADING = re.compile(
    r"(?:planned|roadmap|upcoming|proposals?|proposed|ideas|open\s+questions|backlog|nice\s+to\s+have|not\s+yet)\b|"
    r"(?:future|what'?s\s+next|to-?\s?dos?|to-?\s?do\s+list)$|.*\bfuture\s+(?:work|improvements?|enhancements?|plans?|directions?|features)\b"
)
_ADR_PAST_HEADING = re.compile(
    r"context|(?:considered\s+)?(?:options|alternatives)|pros\s+and\s+cons|problem|(?:\w+\s+)?consequences|decision\s+drivers",
    re.IGNORECASE,
)
_PLANNED_TITLE = re.compile(
    r"\b(?:implementation\s+plan|milestones?|roadmap|proposal|rfc|project\s+plan|development\s+(?:plan|tasks)|"
    r"implementation\s+tasks|feature\s+plan)\b|\bplan$|\u8ba1\u5212|\u8def\u7ebf\u56fe"  # Chinese: plan, roadmap
)
_CALLS_ITSELF = re.compile(r"\b[Tt]his\s+(?:plan|proposal|roadmap)\b")
_STATUS = re.compile(
    r"(?im)^\W*status\W*[:\n]?\W*(superseded|rejected|deprecated|obsolete|withdrawn|proposed|draft|provisional|accepted|"
    r"approved|implemented|done|final)\b"
)
_PAST_STATUS = {"superseded", "rejected", "deprecated", "obsolete", "withdrawn"}
_FUTURE_STATUS = {"proposed", "draft", "provisional"}
# A report of one day: "Generated: 2025-04-27", "Date of analysis: …".
_DATED = re.compile(
    r"(?im)^\W*(?:generated|analy[sz]ed|reported|audited|date of \w+)(?:\s+(?:on|at))?\W{1,6}\d{4}-\d\d-\d\d"
)
_MATTER = re.compile(r"(---|\+\+\+)[ \t]*\n(.*?)\n\1", re.DOTALL)
_MATTER_STATUS = re.compile(
    r"(?im)^(?:status[ \t]*[:=][ \t]*[\"']?(?:(draft|proposed|wip)|(deprecated|superseded|archived))\b|"
    r"(draft)[ \t]*[:=][ \t]*true\b)"
)
_FILL_IN = re.compile(rb"\[[A-Z][A-Z0-9 _/-]{3,}\](?![(\[:])|\$ARGUMENTS|\{\{[A-Z_]{3,}\}\}")
_MAX_FILL_INS = 3


@lru_cache(maxsize=4096)
def role_of_path(path: str) -> Role:
    """The role that the place of a document (relative, with ``/``) gives it."""
    lower = path.lower()
    if _RECORD_PATH.search(lower):
        lower = _FILE_DATE.sub("", lower)
    if _TEMPLATE_PATH.search(lower):
        return Role.TEMPLATE
    if _HISTORICAL_PATH.search(lower):
        return Role.HISTORICAL
    if _PLANNED_PATH.search(lower):
        return Role.PLANNED
    return Role.CURRENT


def is_decision_record(path: str) -> bool:
    """Whether the place says that the document is an architecture decision record, or lies among them."""
    return _ADR_PATH.search(path.lower()) is not None


def section_level(path: str) -> int:
    """The level of the headings that divide a record into its parts; 0 for other documents."""
    return 2 if _RECORD_PATH.search(path.lower()) else 0


def role_of_document(path: str, title: str, data: bytes) -> Role:
    """The role of a whole document. ``title`` is its first heading of level one, plain; ``data`` its text."""
    role = role_of_path(path)
    if role is not Role.CURRENT:
        return role
    if len(_FILL_IN.findall(data)) > _MAX_FILL_INS:
        return Role.TEMPLATE
    if _RECORD_PATH.search(path.lower()) and (said := read_status(data[:20000].decode("utf-8", "replace"))):
        return _RECORD_ROLES.get(said.status, Role.CURRENT)
    head = data[:3000].decode("utf-8", "replace")
    matter = _MATTER.match(head)
    stated = _MATTER_STATUS.search(matter[2]) if matter else None
    if stated is not None:
        return Role.HISTORICAL if stated[2] else Role.PLANNED
    status = _STATUS.search(head)
    if status is not None:
        word = status[1].lower()
        if word in _PAST_STATUS:
            return Role.HISTORICAL
        if word in _FUTURE_STATUS:
            return Role.PLANNED
    if _HISTORICAL_HEADING.fullmatch(title.lower()) or _DATED.search(head[:600]):
        return Role.HISTORICAL
    is_plan = _PLANNED_TITLE.search(title.lower()) or _CALLS_ITSELF.search(head[:1200])
    return Role.PLANNED if is_plan else Role.CURRENT


@lru_cache(maxsize=4096)
def role_of_heading(title: str, *, decision_record: bool, is_part: bool = False) -> Role | None:
    """The role that a heading (plain title) gives its section, or None if it gives none."""
    lower = re.sub(r"^[\W\d_]+(?=[a-z])", "", title.lower()).strip()
    if (
        _HISTORICAL_HEADING.match(lower)
        or _STORY_HEADING.match(lower)
        or _VERSION_HEADING.fullmatch(title.lower().strip())
    ):
        return Role.HISTORICAL
    if _PLANNED_HEADING.match(lower):
        return Role.PLANNED
    if decision_record and (is_part or _ADR_PAST_HEADING.match(lower)):
        # Only what is decided, and how that is confirmed, speaks of now.
        return None if _NORMATIVE_HEADING.match(lower) else Role.HISTORICAL
    return None


def role_with_status(role: Role, status: str) -> Role:
    """What a status mark makes of the role around it: done is now, open is planned; history stays history."""
    if role in {Role.HISTORICAL, Role.TEMPLATE}:
        return role
    if status == "done":
        return Role.CURRENT
    return Role.PLANNED if status in {"open", "doing"} else role
