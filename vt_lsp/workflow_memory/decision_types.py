"""What a decision is about, told from its words by a few rules that anybody can follow; a person may correct it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final, NamedTuple

from vt_lsp.models import DecisionType

# Beginnings of words that speak for a type; the first type wins a tie, so the narrower ones come first.
_WORDS: Final = {
    DecisionType.ROLLBACK: "rollback roll-back revert reverts reverted undo back-out",
    DecisionType.COMMIT_MESSAGE: "commit-message commit-messages conventional-commits changelog-entry",
    DecisionType.BRANCH_MANAGEMENT: "branch branches branching trunk-based gitflow rebase squash",
    DecisionType.SECURITY: (
        "security secure auth authentication authenticate authorisation authorization oauth jwt password passwords"
        " encrypt encrypted encryption secret secrets tls permission permissions vulnerability csrf xss sanitise"
        " sanitize credential credentials token tokens"
    ),
    DecisionType.ERROR_HANDLING: (
        "error errors exception exceptions retry retries retrying backoff back-off fallback timeout timeouts fail"
        " fails failure failures raise raises circuit-breaker graceful"
    ),
    DecisionType.PERFORMANCE: (
        "performance fast faster slow slower latency throughput cache caches cached caching lazy lazily batch"
        " batching memory-usage p50 p99 speed hot-path benchmark"
    ),
    DecisionType.TESTING: "test tests testing tested coverage mock mocks fixture fixtures pytest unittest e2e fuzz",
    DecisionType.DATA_MODEL: (
        "schema schemas table tables column columns migration migrations database databases entity entities"
        " serialise serialize serialisation serialization data-model foreign-key postgres postgresql sqlite mysql"
    ),
    DecisionType.NAMING: "naming rename renamed renames prefix suffix spelling snake-case camel-case terminology",
    DecisionType.DEPENDENCY: (
        "dependency dependencies library libraries package packages vendor vendored upgrade pin pinned third-party"
        " licence license"
    ),
    DecisionType.INTERFACE: (
        "api apis endpoint endpoints interface interfaces signature parameter parameters argument arguments rest"
        " graphql grpc protocol webhook cli public-api option options"
    ),
    DecisionType.TOOLING: (
        "linter lint formatter ruff black mypy eslint editor editors ide makefile build-system pre-commit tool"
        " tools tooling"
    ),
    DecisionType.DEPLOYMENT: "deploy deploys deployment deployments docker kubernetes container containers release",
    DecisionType.CONFIGURATION: "configuration configure config setting settings environment-variable toml yaml",
    DecisionType.DOCUMENTATION: "documentation docs readme docstring docstrings adr adrs",
    DecisionType.REFACTORING: "refactor refactoring simplify extract inline clean-up cleanup",
    DecisionType.ARCHITECTURE: (
        "architecture architectural module modules layer layers layering service services microservice"
        " microservices monolith component components event-driven hexagonal message-queue boundary boundaries"
        " decouple plugin plugins"
    ),
    DecisionType.FEATURE_CREATION: "feature features functionality user-story",
    DecisionType.PROCESS: "process review reviews reviewers meeting workflow policy team sprint approval approvals",
}
_TITLE_WEIGHT: Final = 2
_WORD: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_BY_WORD: Final = {
    part: (kind, word)
    for kind, words in _WORDS.items()
    for word in words.split()
    for part in {word, word.replace("-", " ")}
}
_ORDER: Final = {kind: place for place, kind in enumerate(_WORDS)}
_LONGEST: Final = 100_000  # characters that are looked at


class Classification(NamedTuple):
    """A type, and the words that speak for it."""

    decision_type: DecisionType
    because: tuple[str, ...]


def classify(title: str, text: str = "") -> Classification | None:
    """The type that most different words speak for, those of the title twice; None where no word says anything."""
    found: dict[DecisionType, dict[str, int]] = {}
    for part, weight in ((text, 1), (title, _TITLE_WEIGHT)):
        for word in _parts(part):
            if word in _BY_WORD:
                kind, name = _BY_WORD[word]
                found.setdefault(kind, {})[name] = weight
    if not found:
        return None
    best = min(found, key=lambda kind: (-sum(found[kind].values()), _ORDER[kind]))
    return Classification(best, tuple(sorted(found[best])))


def _parts(text: str) -> set[str]:
    """Words, and pairs of neighbours."""
    words = _WORD.findall(text[:_LONGEST].lower())
    return {*words, *(f"{one} {two}" for one, two in pairwise(words))}
