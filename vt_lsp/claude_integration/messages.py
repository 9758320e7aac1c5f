"""What is asked and what comes back: plain frozen values.

A stream of events ends with exactly one :class:`Done` or :class:`Failed`. :class:`Reset` says that what was shown so
far is void; another :class:`Started` follows it, or the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

Effort = Literal["low", "medium", "high"]


class Reason(StrEnum):
    """Why there is no answer, or not the best one."""

    NOT_INSTALLED = "not-installed"
    NOT_LOGGED_IN = "not-logged-in"
    FORBIDDEN = "forbidden"
    BILLING = "billing"
    MODEL = "model"
    TOO_LONG = "too-long"
    RATE_LIMIT = "rate-limit"
    OVERLOADED = "overloaded"
    SERVER = "server"
    CONNECTION = "connection"
    NO_ANSWER = "no-answer"  # the first word did not come in time
    STALLED = "stalled"  # nothing more came
    TOO_SLOW = "too-slow"  # the whole answer took too long
    UNREADABLE = "unreadable"  # what came is not the protocol
    REFUSED = "refused"
    CUT_OFF = "cut-off"  # longer than the answer may be
    EMPTY = "empty"
    BAD_SCHEMA = "bad-schema"  # a structured answer that does not fit its schema
    CRASHED = "crashed"
    OUTDATED = "outdated"  # the program does not know what it is told
    BUDGET = "budget"
    BUSY = "busy"
    REPLACED = "replaced"
    STOPPED = "stopped"
    UNTRUSTED = "untrusted"
    OFF = "off"
    INTERNAL = "internal"


# --------------------------------------------------------------------------------------------------------- the question


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of context, which is quoted to the model as data.

    ``path``: the file below the root that it was taken from ("" for what is no file's text, such as decisions);
    ``digest``: the hash of that whole file's bytes when it was read (:func:`vt_lsp.claude_integration.cache.digest`),
    by which a kept answer is known to be out of date; ``first_line`` and ``last_line`` count from 1.
    ``stable``: the same for most questions about this project, such as a map of it. Stable excerpts come first, so that
    the model's own cache of prompts has a prefix to find.
    """

    title: str
    text: str
    path: str = ""
    digest: str = ""
    first_line: int = 0
    last_line: int = 0
    stable: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What the project itself knows about the question, each as words for a person; "" where there is nothing."""

    claim: str = ""
    symbol: str = ""
    spec_place: str = ""  # docs/design.md:12
    code_place: str = ""
    difference: str = ""
    ways_out: tuple[str, ...] = ()
    decision: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One question.

    ``instructions`` are the template's words (what to do, in which form), ``question`` the person's own; ``schema`` is
    a JSON Schema (an object) that the answer must fit. ``place`` names what the question is about: a newer question
    with the same place replaces an older one that waits or runs; "" replaces none. Lower ``priority`` is served first:
    0 for what a person waits for. ``keep`` is how many seconds an answer may be given again; 0 neither looks for a kept
    answer nor keeps one. ``estimate`` is how many tokens the prompt was reckoned at, recorded beside what it was.
    """

    question: str
    instructions: str = ""
    context: tuple[Excerpt, ...] = ()
    facts: Facts = field(default_factory=Facts)
    template: str = ""
    version: str = ""
    schema: Mapping[str, Any] | None = None
    effort: Effort = "low"
    max_tokens: int = 1024
    keep: float = 7 * 86_400.0
    place: str = ""
    priority: int = 0
    estimate: int = 0


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question as it is sent: secrets are out, what is quoted is fenced.

    ``system`` is the same for every question; ``parts`` are the texts of the one message, in order, of which the first
    ``stable`` ones are the same for most questions, and the first ``quoted`` for all about one place.
    """

    system: str
    parts: tuple[str, ...]
    stable: int
    quoted: int
    schema: str
    effort: Effort
    max_tokens: int
    facts: Facts = field(default_factory=Facts)  # for the offline rules alone

    @property
    def text(self) -> str:
        """The one message, whole."""
        return "\n\n".join(self.parts)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prompt, and what a person may want to know before it is sent.

    ``sent`` are the files (with how many characters of each), ``left_out`` those that may not leave the machine,
    ``secrets`` how many places were masked.
    """

    prompt: Prompt
    sent: tuple[tuple[str, int], ...] = ()
    left_out: tuple[str, ...] = ()
    secrets: int = 0


# ----------------------------------------------------------------------------------------------------------- the answer


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; ``cost`` in US dollars, None when it does not say.

    ``window`` is how many tokens the model takes at once, 0 when it does not say.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_written: int = 0
    cost: float | None = None
    window: int = 0

    @property
    def prompt(self) -> int:
        """All tokens of the prompt, whatever they cost."""
        return self.input + self.cache_read + self.cache_written


@dataclass(frozen=True, slots=True)
class Started:
    """A provider begins to answer.

    ``note`` is one sentence for the person when it is not the one that was wanted, and why; else "".
    """

    provider: str
    model: str = ""
    note: str = ""
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Delta:
    """More text; "" from a provider says only that it is at work."""

    text: str


@dataclass(frozen=True, slots=True)
class Reset:
    """What was shown so far is void, for the reason that the sentence names."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer. ``text`` counts, not the sum of the deltas.

    ``data`` is the structured answer where a schema was asked for (None from the offline rules, which have none).
    ``by_model`` is False when the offline rules answered, ``complete`` when the text is cut off at its longest.
    ``first`` and ``seconds``: until the first text, and in all.
    """

    text: str
    provider: str
    model: str = ""
    data: Any = None
    usage: Usage = Usage()
    note: str = ""
    cached: bool = False
    by_model: bool = True
    complete: bool = True
    first: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer. ``sentence`` tells a person why and what to do; ``wait`` seconds, where that is known."""

    reason: Reason
    sentence: str
    wait: float | None = None
    provider: str = ""


Event = Started | Delta | Reset | Done | Failed


# -------------------------------------------------------------------------------------------------------- the providers


@dataclass(frozen=True, slots=True)
class Capabilities:
    """``remote``: what it is asked leaves the machine. ``structured``: it can answer in the form of a JSON Schema."""

    remote: bool = True
    structured: bool = True
    by_model: bool = True


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a provider can be asked, as one sentence, without asking it."""

    provider: str
    ready: bool
    sentence: str
    version: str = ""


class Provider(Protocol):
    """Something that answers. ``name`` is stable and stands in settings, statistics and the keys of kept answers."""

    @property
    def name(self) -> str:
        """Such as ``claude-cli``."""

    @property
    def identity(self) -> str:
        """What an answer depends on beside the prompt: the model asked for, the host."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""

    async def health(self) -> Health:
        """Whether it is there; starts no question and costs nothing."""

    async def warm(self, prompt: Prompt) -> None:
        """Make ready what can be for a question of the same kind as ``prompt``."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[Event, None]:
        """The answer as it comes; ends with Done or Failed and raises neither.

        Closing the generator, or cancelling the task that reads it, stops the work at once.
        """

    async def aclose(self) -> None:
        """Give back processes and connections."""
