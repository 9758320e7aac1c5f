"""What was asked and what it cost: one line of JSON for each question, in the user's state directory.

Nothing of the questions themselves stands in it. Several processes append at the same time; a line that cannot be read
is passed over.
"""

from __future__ import annotations

import logging
import os
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

import msgspec
import platformdirs

from vt_lsp.workspace.store import make_private

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

log = logging.getLogger(__name__)

_FILE: Final = "usage.jsonl"
_MOST_BYTES: Final = 4 << 20  # then the file is put aside, and the one put aside before is dropped


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question, or what a person made of an answer (``kind``).

    ``at``: seconds since 1970. ``outcome``: ``done`` or the reason of the failure. ``first`` and ``seconds``: until the
    first text and in all. ``cost`` in US dollars. ``estimate``: tokens that the prompt was reckoned at. ``saved``: the
    tokens that a kept answer had cost.
    """

    at: float
    kind: Literal["question", "accepted", "dismissed"] = "question"
    template: str = ""
    version: str = ""
    provider: str = ""
    model: str = ""
    outcome: str = "done"
    cached: bool = False
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_written: int = 0
    cost: float = 0.0
    first: float = 0.0
    seconds: float = 0.0
    estimate: int = 0
    saved: int = 0


class UsageLog:
    """The lines in ``directory``; None keeps nothing. Does not raise: a figure that is lost is no harm."""

    def __init__(self, directory: Path | None, clock: Callable[[], float] = time.time) -> None:
        """Open nothing yet."""
        self._file = directory / _FILE if directory is not None else None
        self._clock = clock
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Asked)
        self._read_to = 0
        self._inode = 0
        self._costs: list[tuple[float, float]] = []
        self._said = False

    def record(self, asked: Asked) -> None:
        """Append a line."""
        if self._file is None:
            return
        try:
            make_private(self._file.parent)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self._file, flags, 0o600)
            try:
                os.write(descriptor, self._encoder.encode(asked) + b"\n")  # one write: lines of two do not mix
                size = os.fstat(descriptor).st_size
            finally:
                os.close(descriptor)
            if size > _MOST_BYTES:
                self._file.replace(self._file.with_suffix(".old.jsonl"))
        except OSError as error:
            if not self._said:
                self._said = True
                log.warning("the statistics of Claude cannot be kept: %s", error)

    def judged(self, template: str, version: str, *, accepted: bool) -> None:
        """A person applied a proposal, or dismissed it."""
        self.record(Asked(self._clock(), "accepted" if accepted else "dismissed", template, version))

    def read(self, since: float = 0.0) -> list[Asked]:
        """All lines from ``since`` (seconds since 1970) on, oldest first."""
        if self._file is None:
            return []
        lines: list[bytes] = []
        for file in (self._file.with_suffix(".old.jsonl"), self._file):
            try:
                lines += file.read_bytes().splitlines()
            except OSError:
                continue
        return [one for one in self._decoded(lines) if one.at >= since]

    def spent_today(self) -> float:
        """US dollars since midnight, by all processes of the user; reads only what is new."""
        if self._file is None:
            return 0.0
        try:
            with self._file.open("rb") as stream:
                status = os.fstat(stream.fileno())
                if status.st_ino != self._inode or status.st_size < self._read_to:
                    self._inode, self._read_to = status.st_ino, 0  # the costs of the former file stay known
                stream.seek(self._read_to)
                data = stream.read(_MOST_BYTES * 2)
        except OSError:
            return 0.0
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        midnight = self._midnight()
        self._costs += [(one.at, one.cost) for one in self._decoded(whole.splitlines()) if one.cost and not one.cached]
        self._costs = [(at, cost) for at, cost in self._costs if at >= midnight]
        return sum(cost for _, cost in self._costs)

    def _midnight(self) -> float:
        now = datetime.fromtimestamp(self._clock()).astimezone()
        return now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def _decoded(self, lines: Iterable[bytes]) -> list[Asked]:
        found = []
        for line in lines:
            try:
                found.append(self._decoder.decode(line))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        return found


def usage_log() -> UsageLog:
    """What the user asked, in all projects."""
    return UsageLog(platformdirs.user_state_path("vt-lsp", appauthor=False) / "claude")


class Statistics(msgspec.Struct, frozen=True):
    """The figures of a time; tokens are those that providers counted, ``saved`` those that kept answers had cost.

    ``first_p50``, ``first_p95``, ``first_mean``: seconds until the first shown text, of what a model answered anew;
    ``shown_mean`` of all that was answered, kept answers among it.
    """

    questions: int
    answered: int
    hits: int
    offline: int
    failures: dict[str, int]
    prompt_tokens: int
    output_tokens: int
    read_from_prompt_cache: int
    saved_tokens: int
    cost: float
    first_p50: float
    first_p95: float
    first_mean: float
    shown_mean: float
    templates: dict[str, TemplateFigures]

    @property
    def hit_rate(self) -> float:
        """The share of the answered questions to which an answer was kept."""
        return self.hits / self.answered if self.answered else 0.0


class TemplateFigures(msgspec.Struct, frozen=True):
    """What one version of a template did."""

    questions: int
    hits: int
    prompt_tokens_mean: float
    accepted: int
    dismissed: int


def statistics(entries: Iterable[Asked]) -> Statistics:
    """The figures of some entries."""
    every = list(entries)
    asked = [one for one in every if one.kind == "question"]
    done = [one for one in asked if one.outcome == "done"]
    anew = [one for one in done if not one.cached]
    first = sorted(one.first for one in anew)
    failures: dict[str, int] = {}
    for one in asked:
        if one.outcome != "done":
            failures[one.outcome] = failures.get(one.outcome, 0) + 1
    return Statistics(
        questions=len(asked),
        answered=len(done),
        hits=sum(one.cached for one in done),
        offline=sum(one.provider == "offline" or one.outcome != "done" for one in asked),
        failures=failures,
        prompt_tokens=sum(one.input + one.cache_read + one.cache_written for one in anew),
        output_tokens=sum(one.output for one in anew),
        read_from_prompt_cache=sum(one.cache_read for one in anew),
        saved_tokens=sum(one.saved for one in done),
        cost=round(sum(one.cost for one in anew), 6),
        first_p50=_at(first, 0.5),
        first_p95=_at(first, 0.95),
        first_mean=_mean(first),
        shown_mean=_mean([one.first for one in done]),
        templates=_templates(every),
    )


def _templates(entries: list[Asked]) -> dict[str, TemplateFigures]:
    names = sorted({f"{one.template} {one.version}".strip() for one in entries if one.template})
    found = {}
    for name in names:
        of_it = [one for one in entries if f"{one.template} {one.version}".strip() == name]
        asked = [one for one in of_it if one.kind == "question"]
        sizes = [float(one.input + one.cache_read + one.cache_written) for one in asked if not one.cached]
        found[name] = TemplateFigures(
            len(asked),
            sum(one.cached for one in asked),
            _mean([size for size in sizes if size]),
            sum(one.kind == "accepted" for one in of_it),
            sum(one.kind == "dismissed" for one in of_it),
        )
    return found


def days_ago(days: float, now: float) -> float:
    """The time so many days before ``now``, in seconds since 1970."""
    return now - timedelta(days=days).total_seconds()


def _at(ordered: list[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 4) if ordered else 0.0


def _mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 4) if values else 0.0
