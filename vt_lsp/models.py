"""The nouns that every room shares: plain frozen values, no logic, no input or output.

Values that are cached on disk (``Symbol``, ``Claim`` and what holds them) are msgspec structs: small, quick to decode,
and never unpickled. All offsets are bytes of the file's UTF-8 text as it lies on disk (no newline conversion, BOM
included); conversion to lines and columns happens at the edge, in :mod:`vt_lsp.text`.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  msgspec reads the annotations
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  the same
from enum import StrEnum
from typing import Literal

import msgspec


class Role(StrEnum):
    """What time a text speaks of (docs/architecture.md, "Temporal roles")."""

    CURRENT = "current"
    PLANNED = "planned"
    HISTORICAL = "historical"
    TEMPLATE = "template"


class Severity(StrEnum):
    """Severities as in LSP, most severe first."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"
    HINT = "hint"


class DriftType(StrEnum):
    """Stable codes; each has a page in docs/drift/."""

    MISSING_FILE = "missing-file"
    MOVED_FILE = "moved-file"
    TREE_ENTRY = "tree-entry"
    MISSING_SYMBOL = "missing-symbol"
    RENAMED_SYMBOL = "renamed-symbol"
    MISSING_MEMBER = "missing-member"
    SIGNATURE_MISMATCH = "signature-mismatch"
    PARAMETER_DEFAULT = "parameter-default"
    TYPE_MISMATCH = "type-mismatch"
    BASE_CLASS = "base-class"
    ENUM_MEMBER = "enum-member"
    CONSTANT_VALUE = "constant-value"
    EXAMPLE_IMPORT = "example-import"
    EXAMPLE_CALL = "example-call"
    BROKEN_LINK = "broken-link"
    TASK_NOT_DONE = "task-not-done"
    TASK_MOVED = "task-moved"
    STALE_STATUS = "stale-status"
    UNKNOWN_REQUIREMENT = "unknown-requirement"
    UNTRACED_REQUIREMENT = "untraced-requirement"
    DOCSTRING_PARAMETER = "docstring-parameter"
    CLI_OPTION = "cli-option"
    ENVIRONMENT_VARIABLE = "environment-variable"
    ROUTE = "route"
    OPENAPI_OPERATION = "openapi-operation"
    VERSION_STATEMENT = "version-statement"
    LAYER_VIOLATION = "layer-violation"
    DECISION_CONTRADICTED = "decision-contradicted"
    ADR_GRAPH = "adr-graph"


# ---------------------------------------------------------------------------------------------------------- code facts

SymbolKind = Literal[
    "class", "function", "method", "property", "field", "attribute", "enum-member", "constant", "variable", "alias"
]


class Symbol(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """One definition in one file.

    ``name`` is qualified inside the file (``Book.place``, ``outer.inner`` is never recorded: names inside functions
    are invisible). ``signature`` is the raw parameter list with parentheses, ``returns`` and ``annotation`` the raw
    annotation, ``value`` the raw right-hand side or default, cut at 200 bytes. ``flags`` holds any of: async, static,
    classmethod, overload, abstract, conditional, dataclass, enum, namedtuple, typeddict, protocol, open (members
    cannot be known: ``__getattr__``, class decorator that is not understood, ``setattr``), metaclass (has one),
    plain-metaclass (is one, and gives its classes no names but those it writes out).
    """

    name: str
    kind: SymbolKind
    start: int
    end: int
    name_start: int
    signature: str = ""
    returns: str = ""
    annotation: str = ""
    value: str = ""
    bases: tuple[str, ...] = ()
    decorators: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Import(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """One binding made by an import statement at module level (also inside ``if``/``try`` there).

    ``import a.b`` binds ``a`` (name ``a``, module ``a``, attribute empty); ``import a.b as c`` binds ``c`` to module
    ``a.b``; ``from ..m import x as y`` has level 2, module ``m``, attribute ``x``, name ``y``; a star import has
    attribute ``*`` and name ``*``. ``typing``: it stands below ``if TYPE_CHECKING``.
    """

    name: str
    module: str
    attribute: str = ""
    level: int = 0
    typing: bool = False


DeclaredKind = Literal["option", "environment", "route", "router", "mount", "command", "hook"]


class Declared(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """Something that code declares for the outside: a command-line option, an environment variable, a route.

    ``name`` is what people write (``--dry-run``, ``DATABASE_URL``, ``/orders/{order_id}``), ``owner`` the symbol or
    variable that it hangs on (the router of a route or a mount), ``detail`` what else is literal there (the HTTP
    methods, a default, a prefix), each as the reader of its kind says.
    """

    kind: DeclaredKind
    name: str
    start: int
    end: int
    owner: str = ""
    detail: str = ""


class CodeFacts(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What one Python file (or stub) defines.

    ``words`` holds every identifier-like word of the text (strings and comments too), joined by single spaces.
    ``exports`` is ``__all__`` or None. ``flags``: errors (syntax errors: absent names prove nothing), getattr (module
    ``__getattr__``), dynamic (``globals()``, ``exec``, computed ``__all__``, ``sys.modules`` tricks).
    """

    symbols: tuple[Symbol, ...] = ()
    imports: tuple[Import, ...] = ()
    exports: tuple[str, ...] | None = None
    flags: tuple[str, ...] = ()
    words: str = ""
    declared: tuple[Declared, ...] = ()
    docs: SpecFacts | None = None  # what the docstrings claim, where they claim something


# --------------------------------------------------------------------------------------------------------- spec claims

ClaimKind = Literal[
    "path",  # a file or folder in prose: subject is the path as written
    "tree-entry",  # subject is the entry's full path below the tree's root; owner is the root's name ("" for ".")
    "link",  # a Markdown link or image to a local target: subject is the target without anchor; expected the anchor
    "name",  # a name in backticks: subject is the dotted name; signature its arguments as written, with parentheses
    "undefined",  # a name that an example uses and nothing defines: bases are the imports that it does not use
    "habit",  # an attribute in an example of what it does not define: owner is the name, subject the attribute
    "class",  # a class stub in a fence: subject, bases
    "function",  # a function or method stub: subject ("f" or "C.m"), signature, annotation = return annotation
    "field",  # a field of a class stub, or a row of a fields table: owner, subject, annotation, expected = default
    "enum-member",  # owner is the enum, subject the member, expected its value or ""
    "constant",  # subject is the name, expected the value
    "default",  # subject is a parameter, field, setting or constant, expected its default; owner if known
    "parameter",  # a parameter row or bullet: owner is the callable if known, subject the parameter
    "import",  # an example's import: subject is the module; expected the imported name or "" for the module itself
    "call",  # an example's call: subject is the callee resolved through the example's imports, signature the arguments
    "attribute",  # an example's attribute access: owner is the inferred dotted class or module, subject the attribute
    "reference",  # the id of a requirement: bases are the documents one of which must define it
    "delta",  # an OpenSpec requirement that a change modifies, removes or renames (to expected): bases are spec, tasks
    "requirement",  # a requirement that some task should name: bases are the lists of tasks
    "status",  # what a document says of itself: bases are its lists of tasks, expected the word for a finished one
    "artifact",  # what a plan's front matter demands, a file or a name in the file owner: bases is the plan's summary
    "docstring-parameter",  # a parameter in a list of a docstring: owner is the symbol of the same file
    "docstring-default",  # the default that such a list gives: subject is the parameter, expected its default
    "docstring-attribute",  # an attribute in a list of a class's docstring
    "option",  # an option of a command line: subject is --name, bases the words of its command if it is known
    "target",  # a target of a task runner: bases is (the runner,)
    "environment",  # an environment variable that a command line sets
    "route",  # a route of a web service: subject is the path, bases the methods
    "version",  # a version that the project is said to need: subject is python or a distribution, expected the version
    "operation",  # the same, of an OpenAPI document: the span is the key that names the method
    "glob",  # the files that a rule for coding agents is for
    "decision",  # a decision record: subject is its id, owner its status, expected the words that say it
    "decision-link",  # a record names another: subject is that one's id, owner the relation, signature the own id
    "citation",  # a text names a record by its number: subject is the number
    "choice",  # what an accepted record chose: subject, instead of the libraries bases
    "layer",  # what modules may import: subject is the importing module, bases the others, expected "not" or "only"
]


class Claim(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """One thing that a spec says about the code, and the exact place where it says it.

    ``start``/``end`` span the words that would be wrong (``dry_run``, not the whole signature block where it can be
    told apart). ``context`` names what the enclosing headings and lead-in lines speak of, innermost first: the anchors
    by which a bare name finds its owner. ``section`` is the nearest heading's slug. ``status``: done, open, doing,
    dropped or "" (ticks, checkboxes, emoji). ``hints``: facts about the place that decide how sure a reader may be:
    call (written with parentheses), negated, past (was renamed, removed in …), optional, example, sentence, table,
    heading, bullet, stub, doctest, directive, first (of the entries of a tree),
    partial (a name cut short), xref (markup that means a definition), string (a dotted name in quotes),
    task (in a finished task), made (the task says to have made
    it; owner is the file).
    """

    kind: ClaimKind
    subject: str
    start: int
    end: int
    role: Role = Role.CURRENT
    owner: str = ""
    signature: str = ""
    annotation: str = ""
    expected: str = ""
    bases: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    section: str = ""
    status: str = ""
    hints: tuple[str, ...] = ()


class Task(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """One entry of a task list: a checkbox, or a heading or bullet with a mark of status.

    ``start``/``end`` span its first line without the list's mark; ``mark`` is the first byte of the box or emoji, -1
    without one. ``status``: done, open, doing, dropped. ``flags``: optional, parallel, heading, checklist (a tick
    there means reviewed, not built). ``refs`` are the requirements that it names, ``depends`` the tasks.
    """

    id: str
    text: str
    status: str
    start: int
    end: int
    mark: int = -1
    level: int = 0
    flags: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    section: str = ""


class Requirement(msgspec.Struct, frozen=True, gc=False, array_like=True, omit_defaults=True):
    """One requirement, criterion, story or property that others may name by its id.

    ``id`` is as references write it (``FR-001``, ``1.2``, ``US1``, an OpenSpec requirement's name). ``flags``: added,
    modified, removed, renamed (delta of a change), story, property, criterion.
    """

    id: str
    title: str
    start: int
    end: int
    flags: tuple[str, ...] = ()


class SpecFacts(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What one document claims, and what it binds itself.

    ``bound`` are names that the document's own examples define (classes, functions, variables, imports from other
    packages): never drift; ``@name`` is one that a decorator adds to something. ``anchors`` are the slugs a link may
    point to. ``ignores`` are inline suppressions: (first byte, last byte they cover, types or empty for all, reason).
    """

    claims: tuple[Claim, ...] = ()
    bound: tuple[str, ...] = ()
    anchors: tuple[str, ...] = ()
    ignores: tuple[tuple[int, int, tuple[str, ...], str], ...] = ()
    headings: tuple[tuple[int, str, int, int], ...] = ()  # level, title, first byte, last byte of the section
    format: str = ""  # the reader that knew the document's grammar (docs/formats/), "" for plain text
    tasks: tuple[Task, ...] = ()
    requirements: tuple[Requirement, ...] = ()
    state: tuple[str, int, int] | None = None  # what the document says of its own status, and where
    instances: tuple[tuple[str, str], ...] = ()  # names that examples give to an instance, and its dotted class


# ------------------------------------------------------------------------------------------------------------- verdicts

State = Literal["holds", "broken", "unknown"]


@dataclass(frozen=True, slots=True)
class Place:
    """A span of bytes in a file below the workspace root (POSIX separators)."""

    path: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit after which a claim no longer held."""

    commit: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the bytes of ``place`` by ``new_text``."""

    place: Place
    new_text: str


Effort = Literal["word", "line", "lines", "file"]


@dataclass(frozen=True, slots=True)
class Realignment:
    """A way out: change the spec, or change the code.

    The edits do not overlap; one of a file that is not there yet (place 0 to 0) makes the file. ``kind`` names what is
    done (docs/realignment.md), ``effort`` how much is to be looked at, ``reason`` says in words why it comes where it
    comes. ``symbol`` is the definition that the edits change (file and qualified name), ``renames`` its old and new
    name: callers are not among the edits.
    """

    title: str
    target: Literal["spec", "code"]
    edits: tuple[Edit, ...]
    safe: bool
    confidence: float = 1.0
    kind: str = "words"
    effort: Effort = "word"
    is_preferred: bool = False
    reason: str = ""
    symbol: tuple[str, str] | None = None
    renames: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DriftReport:
    """One place where the code no longer does what was written down.

    ``written`` is what the spec says and ``actual`` what the code has, in the same notation, for the semantic diff.
    ``subject`` is the wrong word, ``replacements`` the likely right ones, best first.
    """

    file_path: str
    spec_reference: str
    drift_type: DriftType
    severity: Severity
    details: str
    suggestions: tuple[str, ...]
    fingerprint: str
    spec: Place
    code: Place | None = None
    role: Role = Role.CURRENT
    confidence: float = 1.0
    subject: str = ""
    replacements: tuple[str, ...] = ()
    written: str = ""
    actual: str = ""
    broken_by: Commit | None = None
    realignments: tuple[Realignment, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the facts say of one claim; ``target`` is the file and qualified symbol that it resolved to."""

    state: State
    target: tuple[str, str] | None = None
    report: DriftReport | None = None
    why: str = ""  # why it is unknown, for `explain`, the log and the statistics


@dataclass(frozen=True, slots=True)
class NotAnalysed:
    """A file that was left out, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The counts of one check."""

    files: int
    specs: int
    claims: int
    holds: int
    broken: int
    unknown: int
    by_type: dict[str, int] = field(default_factory=dict)
    by_severity: dict[str, int] = field(default_factory=dict)
    not_analysed: tuple[NotAnalysed, ...] = ()

    @property
    def compliance(self) -> float:
        """Share of the decided claims that hold; 1.0 when none was decided."""
        decided = self.holds + self.broken
        return round(self.holds / decided, 4) if decided else 1.0


# --------------------------------------------------------------------------------------------------------------- alerts


class AlertType(StrEnum):
    """What happened. All but the second begin a state that ends again; the same word is the event's in a rule."""

    DRIFT_APPEARED = "drift-appeared"
    DRIFT_RESOLVED = "drift-resolved"
    DRIFT_AGED = "drift-aged"
    COMPLIANCE_FELL = "compliance-fell"
    DECISION_CONFLICT = "decision-conflict"
    PRECEDENT_CONTRADICTED = "precedent-contradicted"
    FORECAST_SLIPPED = "forecast-slipped"
    MONITOR_UNHEALTHY = "monitor-unhealthy"
    CLAUDE_UNAVAILABLE = "claude-unavailable"
    ARTEFACT_MISSING = "artefact-missing"


AlertState = Literal["open", "acknowledged", "muted", "resolved"]
Telling = Literal["", "window", "summary"]


class Alert(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that people may want to know, from when it was raised until it is resolved.

    ``fingerprint`` is the same whenever the same rule speaks of the same thing, ``subjects`` are the things that are
    not settled yet (fingerprints of drifts, paths, ids). ``context`` holds path, line, drift type and the like as
    words, ``actions`` what may be done. ``confidence`` lies between 0 and 1, ``reach`` counts claims, callers and open
    files that it concerns, ``count`` how often it came. ``telling`` says what it still waits for, ``told`` when a
    window told of it. Moments are aware and in UTC.
    """

    id: str
    timestamp: datetime
    alert_type: AlertType
    severity: Severity
    message: str
    context: Mapping[str, str] = {}
    actions: tuple[str, ...] = ()
    rule: str = ""
    fingerprint: str = ""
    subjects: tuple[str, ...] = ()
    confidence: float = 1.0
    reach: int = 1
    count: int = 1
    state: AlertState = "open"
    seen: datetime | None = None
    telling: Telling = ""
    told: datetime | None = None
    not_before: datetime | None = None
    escalated: bool = False
    resolved: datetime | None = None
    resolved_by: str = ""
    how: str = ""


# ------------------------------------------------------------------------------------------------------------ decisions


class DecisionType(StrEnum):
    """What a decision is about. The last seven are those that Velocitytree knows beside ours."""

    ARCHITECTURE = "architecture"
    DEPENDENCY = "dependency"
    INTERFACE = "interface"
    NAMING = "naming"
    DATA_MODEL = "data-model"
    ERROR_HANDLING = "error-handling"
    PERFORMANCE = "performance"
    SECURITY = "security"
    TESTING = "testing"
    PROCESS = "process"
    ACCEPTED_DRIFT = "accepted-drift"
    REJECTED_DRIFT = "rejected-drift"
    ROLLBACK = "rollback"
    TOOLING = "tooling"
    FEATURE_CREATION = "feature-creation"
    BRANCH_MANAGEMENT = "branch-management"
    COMMIT_MESSAGE = "commit-message"
    REFACTORING = "refactoring"
    DOCUMENTATION = "documentation"
    DEPLOYMENT = "deployment"
    CONFIGURATION = "configuration"


class DecisionStatus(StrEnum):
    """Where a decision stands; proposed and accepted ones are active."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEPRECATED = "deprecated"
    SUPERSEDED = "superseded"


class LinkType(StrEnum):
    """How a decision relates to an earlier one."""

    SUPERSEDES = "supersedes"
    AMENDS = "amends"
    RELATES = "relates"
    CONTRADICTS = "contradicts"
    APPLIES = "applies"


class DecisionLink(msgspec.Struct, frozen=True):
    """This decision ``type``s the decision with the id ``target``, which need not be known here (yet)."""

    type: LinkType
    target: str


class Acceptance(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was accepted: the drift, and the fingerprints of the claim's words and of the code as they were then."""

    drift: str
    claim: str
    code: str = ""


class WorkflowDecision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One decision as it stands now; how it came to be is in its events.

    ``title`` names the question or the choice in one line, ``context`` holds the circumstances as words by topic (key
    ``situation`` for free text), ``outcome`` is what was chosen, ``rationale`` why, ``confidence`` from 0 to 1.
    ``precedents`` are ids of decisions that led to this one. ``files`` are paths below the root, ``symbols`` qualified
    names. ``source`` is where it was read (an ADR's path, ``commit:<hash>``), "" when recorded here.
    ``timestamp`` is aware and in UTC.
    """

    id: str
    timestamp: datetime
    decision_type: DecisionType
    outcome: str
    title: str = ""
    context: Mapping[str, str] = {}
    rationale: str = ""
    confidence: float = 1.0
    precedents: tuple[str, ...] = ()
    status: DecisionStatus = DecisionStatus.ACCEPTED
    tags: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    links: tuple[DecisionLink, ...] = ()
    author: str = ""
    accepted: Acceptance | None = None
    source: str = ""


EventKind = Literal["recorded", "changed", "outcome"]


class DecisionEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change of one decision; never changed itself.

    ``sequence`` grows with every event of a database, also when the clock goes back. ``changes`` are the fields that
    changed with their JSON before and after ("null" before the first).
    """

    sequence: int
    decision: str
    timestamp: datetime
    kind: EventKind
    author: str = ""
    changes: tuple[tuple[str, str, str], ...] = ()
    reason: str = ""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a decision: whether it went well (None: cannot be said yet), with figures and a note."""

    id: str
    decision: str
    timestamp: datetime
    success: bool | None = None
    metrics: Mapping[str, float] = {}
    note: str = ""
    author: str = ""
